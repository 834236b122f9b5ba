/** What is compared: formulas, each with some structures of residuals or under some families of its responses. */
import { FitError } from '../errors.ts';
import { NO_STRUCTURE, structureTexts } from '../formula/residual.ts';
import type { DataOptions } from '../prepare/data-options.ts';
import { familyOf } from '../prepare/family-responses.ts';
import { type FamilyChoice, type FamilyName, familyText } from '../types/family.ts';

/** A formula, the covariance of the residuals beside it, and the family of the responses; null for gaussian ones. */
export interface ComparedModel {
  readonly formula: string;
  readonly residual: string | undefined;
  readonly family: FamilyChoice | null;
}

type ModelOptions = Pick<DataOptions, 'structures' | 'residual' | 'families' | 'family' | 'link' | 'weights'>;

/**
 * Models to compare: each formula with each structure of residuals, or with the one of the run (undefined for none), under each
 * family, or under the one of the run.
 *
 * @throws FormulaError for what is no structure; OptionError for families whose likelihoods cannot be compared
 */
export function comparedModels(formulas: readonly string[], options: ModelOptions): ComparedModel[] {
  const { structures, residual, families, weights } = options;
  const residuals =
    structures === undefined
      ? [residual]
      : structureTexts(structures, residual).map((text) => (text === NO_STRUCTURE ? undefined : text));
  const choices = families === undefined ? [familyOf(options)] : familyChoices(families);
  requireComparable(choices, weights !== undefined);
  return formulas.flatMap((formula) =>
    residuals.flatMap((text) => choices.map((family) => ({ formula, residual: text, family }))),
  );
}

/** Options that name families; words of a command line are not checked yet. */
interface FamilyWords {
  readonly families?: string | undefined;
  readonly family?: string | undefined;
  readonly link?: string | undefined;
}

/** The options with the first of several families as that of the run, whose responses are those of all of them. */
export function withFamilies<T extends FamilyWords>(options: T): T {
  const { families } = options;
  if (families === undefined) return options;
  const other = (['family', 'link'] as const).find((option) => options[option] !== undefined);
  if (other !== undefined) {
    throw new FitError('OptionError', `“families” names families with their links, and “${other}” is given beside it`, {
      option: other,
      remedy: 'Put all of them into “families”, as in binomial(probit),binomial(cloglog).',
    });
  }
  const first = familyChoices(families).find((choice) => choice !== null);
  return first ? { ...options, ...first } : options;
}

/** @throws OptionError for several families of one model */
export function refuseFamilies({ families }: Pick<DataOptions, 'families'>): void {
  if (families === undefined) return;
  throw new FitError(
    'OptionError',
    '“families” are for comparisons and cross-validation: here one model is taken apart',
    {
      option: 'families',
      remedy: 'Name its “family”.',
    },
  );
}

/** `poisson`, `binomial(probit)`, and R's `binomial(link = "probit")`. */
const ENTRY = /^([\w.]+)\s*(?:\(\s*(?:link\s*=\s*)?["']?(\w*)["']?\s*\))?$/;

/** The families that a list names, each once. */
function familyChoices(list: string): (FamilyChoice | null)[] {
  const choices = list.split(',').map((text) => {
    const [, family, link] = ENTRY.exec(text.trim()) ?? [];
    const found = family === undefined ? undefined : familyOf({ family, link: link || undefined } as ModelOptions); // familyOf checks both
    if (found !== undefined && !(found === null && link)) return found;
    throw new FitError('OptionError', `“families: ${list}”: '${text.trim()}' is no family`, {
      option: 'families',
      remedy: 'Write poisson,nbinom2,nbinom1, or a family with its link: binomial,binomial(probit).',
    });
  });
  return choices.filter((choice, k) => choices.findIndex((other) => familyText(other) === familyText(choice)) === k);
}

const COUNTS = 'probabilities of counts';
const VALUES = 'densities of values on a continuous scale';

/** What the likelihoods of a family are of. */
const LIKELIHOODS: Readonly<Record<FamilyName | 'gaussian', string>> = {
  gaussian: VALUES,
  Gamma: VALUES,
  beta: VALUES,
  poisson: COUNTS,
  nbinom2: COUNTS,
  nbinom1: COUNTS,
  binomial: 'probabilities of successes among trials',
  cumulative: 'probabilities of categories',
};

/** @throws OptionError where likelihoods are not of the same thing */
function requireComparable(choices: readonly (FamilyChoice | null)[], weighted: boolean): void {
  const names = choices.map((choice) => choice?.family ?? 'gaussian');
  const [first] = names;
  const other = names.find((name) => LIKELIHOODS[name] !== LIKELIHOODS[first]);
  if (other !== undefined) {
    const transformed = names.includes('gaussian')
      ? '; of the logarithms of counts a gaussian model has the density of other responses'
      : '';
    throw new FitError(
      'OptionError',
      `${first} and ${other} cannot be compared: likelihoods of ${first} are ${LIKELIHOODS[first]}, those of ${other} ${LIKELIHOODS[other]}${transformed}`,
      {
        option: 'families',
        remedy:
          'Compare poisson, nbinom2 and nbinom1; gaussian, Gamma and beta; or links of one family, as in binomial,binomial(probit).',
      },
    );
  }
  const apart = names.find((name) => name !== 'gaussian');
  if (weighted && apart !== undefined && names.includes('gaussian')) {
    throw new FitError(
      'OptionError',
      `“weights” are precisions to gaussian models and rows repeated to ${apart}: their likelihoods are of different data`,
      { option: 'weights', remedy: 'Leave the weights or gaussian out.' },
    );
  }
}
