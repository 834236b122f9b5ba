import type { Adjustment } from '../infer/adjust.ts';
import { adjustPValues } from '../infer/adjust.ts';
import { type RandomDifference, ratioReference, ratioTail } from '../infer/likelihood-ratio.ts';
import { CERTIFICATE } from '../lmm/screen.ts';
import type { Design } from '../types/design.ts';
import { type FamilyChoice, familyText } from '../types/family.ts';
import type { ModelFamily } from './model-family.ts';
import type { ModelFits } from './model-fits.ts';
import { nestedDifference } from './nested-covariances.ts';

/** Two models of which one lies inside the other. */
export interface NestedPair {
  /** Indices of the models. */
  readonly small: number;
  readonly large: number;
}

/** Tests of one pair over all responses, columnar. */
export interface RatioTests extends NestedPair {
  readonly chisq: Float64Array;
  /** 0 where there is no test. */
  readonly df: Int32Array;
  readonly pValue: Float64Array;
  readonly log10P: Float64Array;
  readonly adjustedP: Float64Array;
  readonly reference: readonly (string | null)[];
}

/** A model: its design on each part of the rows, and the family of its responses. */
export interface ModelDesigns {
  readonly designs: readonly Design[];
  readonly family: FamilyChoice | null;
}

/** Whether model a lies inside model b on every part. */
export function isNested(a: ModelDesigns, b: ModelDesigns): boolean {
  return a.designs.every((_, s) => modelDifference(a, b, s) !== null);
}

/**
 * What the larger model has more on part s; null where the smaller is not inside. Poisson's model is that of a negative binomial
 * with the dispersion at the edge of its range.
 */
function modelDifference(small: ModelDesigns, large: ModelDesigns, s: number): RandomDifference | null {
  const dispersion = familyText(small.family) !== familyText(large.family);
  if (dispersion && !isLimitOf(small.family, large.family)) return null;
  const difference = nestedDifference(small.designs[s], large.designs[s]);
  if (!difference || !dispersion) return difference;
  return difference.kind === 'interior' ? { kind: 'one effect', effects: 0 } : { kind: 'several' };
}

function isLimitOf(small: FamilyChoice | null, large: FamilyChoice | null): boolean {
  return small?.family === 'poisson' && (large?.family === 'nbinom2' || large?.family === 'nbinom1');
}

/**
 * The nested pairs among some models with no model between them: for a chain, neighbours. Models that are the same one
 * under two formulas are returned apart.
 */
export function nestedPairs(models: readonly ModelDesigns[]): {
  readonly pairs: NestedPair[];
  readonly equal: NestedPair[];
} {
  const inside = models.map((a, i) => models.map((b, j) => i !== j && isNested(a, b)));
  const equal: NestedPair[] = [];
  const pairs: NestedPair[] = [];
  models.forEach((_, small) => {
    models.forEach((__, large) => {
      if (!inside[small][large]) return;
      if (inside[large][small]) {
        if (small < large) equal.push({ small, large });
        return;
      }
      const between = models.some(
        (___, k) => inside[small][k] && inside[k][large] && !inside[k][small] && !inside[large][k],
      );
      if (!between) pairs.push({ small, large });
    });
  });
  return { pairs, equal };
}

export interface RatioTestOptions {
  readonly adjust: Adjustment;
  /** Split of each response, where p-values are adjusted by split. */
  readonly families: Int32Array | undefined;
  /** Mixtures for variances on their bound; false holds every ratio against plain chi-squared. */
  readonly boundary: boolean;
}

/** Likelihood-ratio tests of a pair of models. */
export function testRatio(
  { parts }: Pick<ModelFamily, 'parts'>,
  pair: NestedPair,
  designs: readonly [ModelDesigns, ModelDesigns],
  [small, large]: readonly [ModelFits, ModelFits],
  options: RatioTestOptions,
): RatioTests {
  const models = small.models;
  const chisq = new Float64Array(models).fill(Number.NaN);
  const df = new Int32Array(models);
  const pValue = new Float64Array(models).fill(Number.NaN);
  const log10P = new Float64Array(models).fill(Number.NaN);
  const reference = new Array<string | null>(models).fill(null);
  let model = 0;
  parts.forEach(({ keep }, s) => {
    const difference = modelDifference(...designs, s);
    const end = model + keep.length;
    if (!difference) {
      model = end;
      return;
    }
    for (; model < end; model++) {
      const ratio = small.criterion[model] - large.criterion[model];
      const extra = large.parameters[model] - small.parameters[model];
      if (!Number.isFinite(ratio) || extra <= 0) continue;
      // Of one effect that joins others: those with it, and its variance. All else lies inside its range.
      const inside = difference.kind === 'one effect' ? extra - difference.effects - 1 : extra;
      const held = ratioReference(extra, inside, difference, options.boundary);
      chisq[model] = isRounding(ratio, large, model) ? 0 : Math.max(0, ratio);
      df[model] = extra;
      const tail = ratioTail(chisq[model], held);
      pValue[model] = tail.p;
      log10P[model] = tail.log10P;
      reference[model] = held.label;
    }
  });
  return {
    ...pair,
    chisq,
    df,
    pValue,
    log10P,
    adjustedP: adjustPValues(pValue, options.adjust, options.families),
    reference,
  };
}

/** Rounding of a criterion, of its size. */
const ROUNDING = 1e-12;

/** Whether searches that end at one point explain a ratio of models of a family: p is 1 there, and may be a half just above it. */
function isRounding(ratio: number, { family, criterion }: ModelFits, model: number): boolean {
  return family !== null && ratio <= 2 * CERTIFICATE + ROUNDING * Math.abs(criterion[model]);
}
