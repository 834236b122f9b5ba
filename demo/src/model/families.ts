/** Families of responses in words: what each is for, what its coefficients are, and which settings go with it. Pure. */

import { LINKS_OF } from 'webgpu-lmm/steps';
import type { DataSummary } from '../protocol/protocol.ts';
import type { FamilyName, LinkName, Settings } from '../protocol/settings.ts';
import { exposureOf, withExposure, withoutExposure } from './exposure.ts';
import { formulaNames } from './formula-names.ts';

/** What a family is chosen for, in the list of them. */
export const FAMILY_WORDS: Readonly<Record<FamilyName, string>> = {
  gaussian: 'measured values (normal)',
  binomial: 'yes or no, or k of m (binomial)',
  poisson: 'counts (Poisson)',
  nbinom2: 'counts that vary more (negative binomial, variance μ + μ²/size)',
  nbinom1: 'counts that vary more (negative binomial, variance in proportion to μ)',
  Gamma: 'positive amounts: costs, times (Gamma)',
  beta: 'shares between 0 and 1 (beta)',
  cumulative: 'grades in order (proportional odds)',
};

/** The same without what stands in brackets. */
export function familyNoun(family: FamilyName): string {
  return FAMILY_WORDS[family].replace(/,? (or k of m )?\(.*/, '');
}

export const LINK_WORDS: Readonly<Record<LinkName, string>> = {
  logit: 'log odds (logit)',
  probit: 'normal scores (probit)',
  cloglog: 'log hazard (cloglog)',
  log: 'log mean',
};

/** Links of a family, its default first. */
export function linksOf(family: FamilyName): readonly LinkName[] {
  return family === 'gaussian' ? [] : LINKS_OF[family];
}

export function isCountFamily(family: FamilyName): boolean {
  return family === 'poisson' || family === 'nbinom1' || family === 'nbinom2';
}

/** What a coefficient is on its own scale, and once it is exponentiated (null where that means nothing). */
export interface EffectScale {
  readonly unit: string;
  readonly ratio: string | null;
  /** What the intercept is: a mean, or its place on the scale of the link. */
  readonly level: string;
}

export function familyScale(family: FamilyName, link: LinkName): EffectScale {
  if (link === 'probit') return { unit: 'normal scores', ratio: null, level: 'normal score' };
  if (link === 'cloglog') return { unit: 'log hazard', ratio: 'Hazard ratio', level: 'log hazard' };
  if (link === 'log') {
    const what = isCountFamily(family) ? 'rates' : 'means';
    return {
      unit: `log ratio of ${what}`,
      ratio: `Ratio of ${what}`,
      level: isCountFamily(family) ? 'log rate' : 'log mean',
    };
  }
  if (family === 'cumulative') return { unit: 'log odds of a higher grade', ratio: 'Odds ratio', level: 'log odds' };
  const level = family === 'beta' ? 'log odds of the mean share' : 'log odds';
  return { unit: level, ratio: 'Odds ratio', level };
}

/** The settings that change when another family is chosen: what the new one does not have is left out, what it needs comes in. */
export function withFamily(
  family: FamilyName,
  settings: Settings,
  {
    kind,
    looksLikeCounts,
    reading,
  }: Pick<DataSummary, 'kind' | 'looksLikeCounts'> & Partial<Pick<DataSummary, 'reading'>>,
): Partial<Settings> {
  const isGaussian = family === 'gaussian';
  const counts = isCountFamily(family);
  const several = kind !== 'table';
  const { offset, weights, ddf, formula } = settings;
  const watched = reading?.exposure ?? '';
  const exposed = watched === '' || formulaNames(formula).has(watched) ? '' : watched;
  const linear = isGaussian
    ? { nagq: 1, reml: false }
    : {
        residual: '',
        dispersion: '',
        information: 'default' as const,
        moderate: '' as const,
        normalize: 'none' as const,
        totals: '',
        transform: 'none' as const,
        method: 'REML' as const,
        ...(weights === 'voom' ? { weights: '' } : {}),
        ...(ddf === 'kenward-roger' || ddf === 'satterthwaite' ? { ddf: 'auto' as const } : {}),
      };
  return {
    ...linear,
    family,
    link: '',
    ...(family === 'binomial' ? {} : { trials: '' }),
    // Rows with more counts in all have more of each.
    ...(counts && several && offset === '' ? { offset: 'library' } : {}),
    ...(!counts && offset === 'library' ? { offset: '' } : {}),
    ...(!counts && exposureOf(formula) !== '' ? { formula: withoutExposure(formula) } : {}),
    // Rows that were watched for longer have more.
    ...(counts && !several && exposed !== '' ? { formula: withExposure(formula, exposed) } : {}),
    ...(isGaussian && settings.family !== 'gaussian' && several && looksLikeCounts === true
      ? { normalize: 'log1p-cp10k' as const }
      : {}),
  };
}
