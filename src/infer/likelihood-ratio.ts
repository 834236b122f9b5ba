/**
 * Likelihood-ratio tests of nested mixed models. A variance that is zero in the smaller model lies on the edge of its
 * range, where the ratio is not chi-squared: the reference is then a mixture (see `boundaryMixture`) where one is known in
 * closed form, and plain chi-squared, which errs on the safe side, where none is.
 */

import { FitError } from '../errors.ts';
import {
  boundaryMixture,
  type ChiSquaredShare,
  upperTailChiSquared,
  upperTailMixture,
} from '../numeric/distributions/chi-squared.ts';
import type { FitResult } from '../types/fit-result.ts';
import { type FitTable, STATUSES } from '../types/fit-table.ts';
import { randomTermText } from '../types/parameters.ts';
import { parametersOf } from './information-criteria.ts';

/**
 * What the random terms of the larger model have more. `interior`: nothing, or covariances between effects that both have;
 * `one effect`: one random effect joins a term that has `effects` of them (0: a new term); `several`: anything else.
 */
export type RandomDifference =
  | { readonly kind: 'interior' }
  | { readonly kind: 'one effect'; readonly effects: number }
  | { readonly kind: 'several' };

/** A random term of the larger model with the numbers of effects of those terms of the smaller one that lie inside it. */
export interface TermComparison {
  readonly effects: number;
  readonly inside: readonly number[];
}

export function randomDifference(terms: readonly TermComparison[]): RandomDifference {
  let found: RandomDifference = { kind: 'interior' };
  let changed = 0;
  for (const { effects, inside } of terms) {
    const total = inside.reduce((sum, q) => sum + q, 0);
    if (total === effects) {
      if (inside.length > 1) changed++; // covariances only
      continue;
    }
    changed++;
    const single = inside.length <= 1 && total === effects - 1;
    found = single && found.kind === 'interior' ? { kind: 'one effect', effects: total } : { kind: 'several' };
  }
  return found.kind === 'one effect' && changed > 1 ? { kind: 'several' } : found;
}

/** Distribution that a likelihood ratio is held against. */
export interface RatioReference {
  readonly shares: readonly ChiSquaredShare[];
  /** `chisq(2)`, `0.5 chisq(0) + 0.5 chisq(1)`; with `, conservative` where the true tail is smaller. */
  readonly label: string;
}

/**
 * The reference of a ratio with `df` further parameters, `fixed` of them coefficients. `boundary` false gives plain
 * chi-squared throughout, as `anova` and `ranova` of R have it.
 */
export function ratioReference(
  df: number,
  fixed: number,
  difference: RandomDifference,
  boundary = true,
): RatioReference {
  const plain = [{ df, weight: 1 }];
  if (!boundary || difference.kind === 'interior') return { shares: plain, label: `chisq(${df})` };
  if (difference.kind === 'several') return { shares: plain, label: `chisq(${df}), conservative` };
  const shares = boundaryMixture(difference.effects, fixed);
  return { shares, label: shares.map((share) => `${share.weight} chisq(${share.df})`).join(' + ') };
}

/** p and log10 p of a ratio under its reference. */
export function ratioTail(chisq: number, { shares }: RatioReference): { readonly p: number; readonly log10P: number } {
  return shares.length === 1 ? upperTailChiSquared(chisq, shares[0].df) : upperTailMixture(chisq, shares);
}

/** Tests of all responses of two runs, columnar. NaN where one of the two models has no fit. */
export interface LikelihoodRatioTest {
  readonly responses: readonly string[];
  readonly chisq: Float64Array;
  readonly df: Int32Array;
  readonly pValue: Float64Array;
  readonly log10P: Float64Array;
  readonly reference: readonly string[];
}

/**
 * Likelihood-ratio test of two runs over the same responses, the smaller model first. Which coefficients and random
 * effects lie inside which is told by their names.
 *
 * @throws OptionError for runs of other responses or methods, for REML fits whose fixed effects differ, and for models that
 * are not nested.
 */
export function likelihoodRatioTest(
  small: FitResult,
  large: FitResult,
  options: { readonly boundary?: boolean } = {},
): LikelihoodRatioTest {
  const [a, b] = [small.table, large.table];
  requireComparable(a, b);
  const difference = nestedTerms(a, b);
  const chisq = new Float64Array(a.models).fill(Number.NaN);
  const df = new Int32Array(a.models);
  const pValue = new Float64Array(a.models).fill(Number.NaN);
  const log10P = new Float64Array(a.models).fill(Number.NaN);
  const reference = new Array<string>(a.models).fill('');
  for (let m = 0; m < a.models; m++) {
    if (!hasLikelihood(a, m) || !hasLikelihood(b, m)) continue;
    if (a.nobs[m] !== b.nobs[m]) {
      throw misuse(`'${a.responses[m]}' has ${a.nobs[m]} rows in one run and ${b.nobs[m]} in the other`, {
        remedy: 'Fit both models to the same rows; compare() sees to that.',
      });
    }
    df[m] = parametersOf(b, m) - parametersOf(a, m);
    if (df[m] <= 0) continue;
    const held = ratioReference(df[m], b.rank[m] - a.rank[m], difference, options.boundary);
    chisq[m] = Math.max(0, a.criterion[m] - b.criterion[m]);
    const tail = ratioTail(chisq[m], held);
    pValue[m] = tail.p;
    log10P[m] = tail.log10P;
    reference[m] = held.label;
  }
  return { responses: a.responses, chisq, df, pValue, log10P, reference };
}

/** Whether a model has a criterion to compare: of separated coefficients too, where it is its infimum. */
function hasLikelihood({ status, converged }: FitTable, m: number): boolean {
  const name = STATUSES[status[m]];
  return name === 'ok' || (name === 'separated' && converged[m] === 1);
}

function requireComparable(a: FitTable, b: FitTable): void {
  const same =
    a.models === b.models && a.responses.every((name, m) => name === b.responses[m] && a.splits?.[m] === b.splits?.[m]);
  if (!same) throw misuse('the two runs have other responses', { remedy: 'Fit both to the same data.' });
  if (a.method !== b.method) {
    throw misuse(`one run is fitted by ${a.method}, the other by ${b.method}`, { remedy: 'Fit both by ML.' });
  }
  const missing = a.coefficients.names.filter((name) => !b.coefficients.names.includes(name));
  if (missing.length > 0) {
    throw misuse(`the models are not nested: the larger one lacks ${missing.join(', ')}`, {
      remedy: 'Give the smaller model first; compare() also finds models that are nested under other names.',
    });
  }
  if (a.method === 'REML' && a.coefficients.names.length < b.coefficients.names.length) {
    throw misuse('restricted likelihoods of models with different fixed effects cannot be compared', {
      remedy: "Fit both with method: 'ML'.",
    });
  }
}

/** Every term of the smaller model inside one of the larger, by names. */
function nestedTerms(a: FitTable, b: FitTable): RandomDifference {
  const inside: number[][] = b.terms.map(() => []);
  for (const { group, names } of a.terms) {
    const at = b.terms.findIndex((term) => term.group === group && names.every((name) => term.names.includes(name)));
    if (at < 0) {
      throw misuse(
        `the models are not nested: the larger one has no term that holds ${randomTermText({ group, names })}`,
        {
          remedy: 'Give the smaller model first.',
        },
      );
    }
    inside[at].push(names.length);
  }
  return randomDifference(b.terms.map(({ names }, t) => ({ effects: names.length, inside: inside[t] })));
}

function misuse(message: string, fields: { readonly remedy: string }): FitError {
  return new FitError('OptionError', message, fields);
}
