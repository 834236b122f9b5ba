/** Families of generalised models and their links: names and what goes with them. */

export const FAMILIES = ['binomial', 'poisson', 'nbinom2', 'nbinom1', 'Gamma', 'beta', 'cumulative'] as const;
export type FamilyName = (typeof FAMILIES)[number];

export const LINKS = ['logit', 'probit', 'cloglog', 'log'] as const;
export type LinkName = (typeof LINKS)[number];

/** Links of each family; the first is its default. */
export const LINKS_OF: Readonly<Record<FamilyName, readonly LinkName[]>> = {
  binomial: ['logit', 'probit', 'cloglog'],
  poisson: ['log'],
  nbinom2: ['log'],
  nbinom1: ['log'],
  Gamma: ['log'],
  beta: ['logit'],
  cumulative: ['logit', 'probit', 'cloglog'],
};

/**
 * What a family calls its dispersion. Variances: `size` mu + mu^2 / size, `phi` mu (1 + phi), `shape` mu^2 / shape,
 * `precision` mu (1 - mu) / (1 + precision).
 */
export const DISPERSION_OF = {
  nbinom2: 'size',
  nbinom1: 'phi',
  Gamma: 'shape',
  beta: 'precision',
} as const satisfies Partial<Record<FamilyName, string>>;
export type DispersionName = (typeof DISPERSION_OF)[keyof typeof DISPERSION_OF];

/** Families of counts, which have exposures: `offset(log(total))`. */
export function isCounts(family: FamilyName): boolean {
  return family === 'poisson' || family === 'nbinom2' || family === 'nbinom1';
}

/** The family of a run's responses and its link. */
export interface FamilyChoice {
  readonly family: FamilyName;
  readonly link: LinkName;
}

/** `poisson`, `binomial(probit)`: a family, with its link where that is not the default; `gaussian` for null. */
export function familyText(choice: FamilyChoice | null): string {
  if (choice === null) return 'gaussian';
  const { family, link } = choice;
  return link === LINKS_OF[family][0] ? family : `${family}(${link})`;
}
