/**
 * Whether moments that come from a file are what this program writes: every part of its kind, sizes that agree, numbers that a
 * data set can have. A file whose checksum is right may still have been edited.
 */
import type { ModelRecipe } from '../types/recipe.ts';
import { blocksFault } from './check-blocks.ts';
import { familyFault } from './check-family.ts';
import type { CrossMoments, DesignMoments, FactorMoments, MomentBatch, Moments, TermMoments } from './moments.ts';
import { isRecipe } from './recipe-shape.ts';

type Arrays = Float64Array | Int32Array | Uint8Array;

/** How far a product of columns of length 1 may be off. */
const ROUNDING = 1e-6;
/** Natural logarithm of the largest weight that is taken, with room to spare. */
const LARGEST_LOG_WEIGHT = 200;

/** What does not fit; null when all does. */
export function inconsistency(moments: Moments): string | null {
  const { names, batches, coefficients, notes, genes, splits, formula, recipe } = moments;
  if (!isTexts(names) || !Array.isArray(batches)) return 'the header is incomplete';
  if (!isTexts(coefficients) || typeof formula !== 'string') return 'the header is incomplete';
  if (!isTexts(notes)) return 'the notes are damaged';
  if (batches.some(({ design }) => (design.blocks === undefined) !== (batches[0].design.blocks === undefined))) {
    return 'designs with a structured covariance stand beside others';
  }
  if (batches.some(({ design }) => design.family?.family !== batches[0].design.family?.family)) {
    return 'designs of different families stand beside each other';
  }
  for (const list of [genes, splits]) {
    if (list !== undefined && (!isTexts(list) || list.length !== names.length)) return 'a list of names is damaged';
  }
  for (const batch of batches) {
    const fault = batchFault(batch, moments) ?? recipeFault(batch.recipe);
    if (fault) return fault;
  }
  return recipeFault(recipe);
}

function batchFault({ design, responses, index }: MomentBatch, { names, coefficients }: Moments): string | null {
  const { p, q, n, r, xtxCentred, logDetW } = design;
  if (![p, q, n].every(isCount)) return 'the sizes of a design are damaged';
  const { count } = responses;
  if (!isCount(count)) return 'the number of responses is damaged';
  const fault = structureFault(design, coefficients) ?? blocksFault(design) ?? familyFault(design, responses);
  if (fault) return fault;
  const gaussian = design.family ? 0 : count;
  const sizes: [Arrays, number, 'f8' | 'i4' | 'u1'][] = [
    [index, count, 'i4'],
    [responses.qty, gaussian * p, 'f8'],
    [responses.ztr, gaussian * q, 'f8'],
    [responses.rss, gaussian, 'f8'],
    [responses.mean, count, 'f8'],
    [responses.constant, count, 'u1'],
    [responses.expressed, count, 'i4'],
    ...(design.blocks ? [[responses.blocks, count * design.blocks.width, 'f8'] as [Arrays, number, 'f8']] : []),
    [r, p * p, 'f8'],
    [xtxCentred, p * p, 'f8'],
    ...design.factors.flatMap((factor): [Arrays, number, 'f8'][] => [
      [factor.ztz, factor.levels.length * factor.q ** 2, 'f8'],
      [factor.ztx, factor.levels.length * factor.q * p, 'f8'],
    ]),
    ...design.terms.flatMap((term): [Arrays, number, 'f8'][] => [
      [term.transform, term.q ** 2, 'f8'],
      [term.meanSquare, term.q ** 2, 'f8'],
    ]),
    ...design.crosses.flatMap((cross): [Arrays, number, 'f8' | 'i4'][] => [
      [cross.pointers, design.factors[cross.a].levels.length + 1, 'i4'],
      [cross.values, cross.columns.length * design.factors[cross.a].q * design.factors[cross.b].q, 'f8'],
    ]),
  ];
  if (!sizes.every(([array, size, kind]) => isArray(array, kind) && array.length === size)) {
    return 'an array does not have the size it should have';
  }
  if (index.some((m) => m < 0 || m >= names.length)) return 'a response has no name';
  if (!(Math.abs(logDetW) <= LARGEST_LOG_WEIGHT * Math.max(1, n))) return 'the weights are out of range';
  const factors = [...design.factors, ...(design.blocks?.subjects ? [design.blocks.subjects.factor] : [])];
  const numbers = [r, xtxCentred, ...factors.flatMap(({ ztz, ztx }) => [ztz, ztx])];
  if (!numbers.every((values) => values.every(Number.isFinite))) return 'the design holds values that are no numbers';
  for (let k = 0; k < p; k++) if (r[k * p + k] === 0) return 'the design is singular';
  if (factors.some((factor) => exceedsItself(factor, p))) return 'the random effects are out of range';
  if (responses.rss.some((value) => value < 0)) return 'a residual sum of squares is negative';
  return null;
}

/** Terms, factors and crosses that point at each other. */
function structureFault(design: DesignMoments, all: readonly string[]): string | null {
  const { p, q, terms, factors, crosses, coefficients, assign, termLabels } = design;
  if (!isTexts(coefficients) || coefficients.length !== p) return `the coefficients are not those of p = ${p}`;
  if (!coefficients.every((name) => all.includes(name))) return 'a coefficient is not in the list of all';
  if (assign !== undefined && !(Array.isArray(assign) && assign.length === p && assign.every(isCount))) {
    return 'the terms of the coefficients are damaged';
  }
  if (termLabels !== undefined && !isTexts(termLabels)) return 'the labels of the terms are damaged';
  if (![terms, factors, crosses].every(Array.isArray)) return 'the random terms are damaged';
  const wrongFactor = (factor: FactorMoments) =>
    !isTexts(factor.levels) || !isCount(factor.q) || !isCount(factor.offset) || typeof factor.group !== 'string';
  if (factors.some(wrongFactor)) return 'a grouping factor is damaged';
  const columns = factors.reduce((sum, { levels, q: own }) => sum + levels.length * own, 0);
  if (columns !== q) return `${columns} random effects, but q = ${q}`;
  const wrongTerm = (term: TermMoments) =>
    !isTexts(term.names) ||
    !isCount(term.q) ||
    term.names.length !== term.q ||
    typeof term.group !== 'string' ||
    factors[term.factor] === undefined ||
    !isCount(term.column) ||
    term.column + term.q > factors[term.factor].q;
  if (terms.some(wrongTerm)) return 'a random term is damaged';
  return crosses.some((cross) => crossIsWrong(cross, factors)) ? 'a pair of grouping factors is damaged' : null;
}

function crossIsWrong({ a, b, pointers, columns }: CrossMoments, factors: readonly FactorMoments[]): boolean {
  if (factors[a] === undefined || factors[b] === undefined) return true;
  if (!isArray(pointers, 'i4') || !isArray(columns, 'i4')) return true;
  if (pointers[0] !== 0 || pointers[pointers.length - 1] !== columns.length) return true;
  if (pointers.some((pointer, i) => i > 0 && pointer < pointers[i - 1])) return true;
  return columns.some((level) => level < 0 || level >= factors[b].levels.length);
}

/** Whether products of a column of Z with the orthonormal basis of X are larger than the column allows (Cauchy and Schwarz). */
function exceedsItself({ q, levels, ztz, ztx }: FactorMoments, p: number): boolean {
  for (let row = 0; row < levels.length * q; row++) {
    const most = Math.sqrt(ztz[row * q + (row % q)]) * (1 + ROUNDING);
    for (let k = 0; k < p; k++) if (!(Math.abs(ztx[row * p + k]) <= most + ROUNDING)) return true;
  }
  return false;
}

function recipeFault(recipe: ModelRecipe | undefined): string | null {
  return recipe === undefined || isRecipe(recipe) ? null : 'how the design was made from its table is damaged';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isArray(value: unknown, kind: 'f8' | 'i4' | 'u1'): boolean {
  return value instanceof { f8: Float64Array, i4: Int32Array, u1: Uint8Array }[kind];
}
