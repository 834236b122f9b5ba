import { subsetRecipe } from '../formula/recipe.ts';
import { subsetDesign } from '../formula/subset.ts';
import type { Design } from '../types/design.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { DenseResponses } from '../types/responses.ts';
import { collapseRows, strataMeans } from './collapse.ts';
import { addDenseResponse } from './dense.ts';
import { type Projector, projectDesign } from './design-moments.ts';
import { emptyResponseMoments, type MomentBatch, type ResponseMoments } from './moments.ts';

/** Responses from which on it pays to look for strata. */
const WORTH_COLLAPSING = 4;

/** A batch with the design that it came from and the rows kept of it (null: all), for fitted values and residuals. */
export interface DenseBatch extends MomentBatch {
  readonly whole: Design;
  readonly keep: Int32Array | null;
}

/** Responses of one design on the same rows, with space for their moments. */
export interface DenseGroup {
  readonly projector: Projector;
  /** Whether the rows are joined into strata before they meet the projector. */
  readonly collapsed: boolean;
  readonly batch: DenseBatch;
  /** Reads response `at` of the group on the rows of the design into `y`; returns how many values are not zero. */
  read(at: number, y: Float64Array): number;
  /** Forms the moments of response `at` in float64 in row `k` of `out`, whose `ztr` is zero there. */
  form(at: number, out: ResponseMoments, k: number): void;
}

/**
 * Moments of responses held in memory. Responses without missing values and weights of their own share one batch;
 * others are grouped by the rows they have, each group with its own design on those rows. `whole` is the recipe of the
 * design.
 */
export function accumulateDense(
  design: Design,
  responses: DenseResponses,
  whole: ModelRecipe | null = null,
): DenseBatch[] {
  const batches: DenseBatch[] = [];
  for (const { batch, form } of denseGroups(design, responses, whole)) {
    for (let k = 0; k < batch.responses.count; k++) form(k, batch.responses, k);
    batches.push(batch);
  }
  return batches;
}

/** The groups of {@link accumulateDense}, one at a time: of many designs, the projectors do not fit beside each other. */
export function* denseGroups(
  design: Design,
  responses: DenseResponses,
  whole: ModelRecipe | null = null,
): Generator<DenseGroup> {
  const { rows: stride, values, weights } = responses;
  for (const { keep, members } of groupByRows(design, responses)) {
    const rowsOf = keep ? subsetDesign(design, keep) : design;
    const index = Int32Array.from(members);
    const own = weights ? ownWeights(rowsOf, weights, members[0] * stride) : undefined;
    // Many rows of few kinds (a categorical design) are cheaper as means of their strata.
    const strata = own || members.length < WORTH_COLLAPSING ? null : collapseRows(rowsOf, Math.floor(rowsOf.n / 8));
    const projector = projectDesign(rowsOf, strata, own);
    const moments = emptyResponseMoments(projector.moments, members.length);
    const y = new Float64Array(rowsOf.n);
    const workspace = new Float64Array(projector.m);
    const read = (at: number, into: Float64Array): number => {
      const from = members[at] * stride;
      let expressed = 0;
      for (let i = 0; i < rowsOf.n; i++) {
        into[i] = values[from + rowsOf.rows[i]];
        if (into[i] !== 0) expressed++;
      }
      return expressed;
    };
    const form = (at: number, out: ResponseMoments, k: number): void => {
      out.expressed[k] = read(at, y);
      if (strata) {
        const { mean, within } = strataMeans(strata, y, rowsOf.weights ?? null);
        addDenseResponse(projector, mean, within, out, k, workspace);
      } else if (rowsOf.n > 0) addDenseResponse(projector, y, 0, out, k, workspace);
    };
    const recipe = subsetRecipe(whole, design, rowsOf);
    const apart = recipe === whole || recipe === null ? {} : { recipe };
    const batch = { design: projector.moments, responses: moments, index, whole: design, keep, ...apart };
    yield { projector, collapsed: strata !== null, batch, read, form };
  }
}

/** Responses by the rows that they have; each apart where it has weights of its own. */
function groupByRows(
  design: Design,
  { rows: stride, names, values, weights }: DenseResponses,
): { readonly keep: Int32Array | null; readonly members: number[] }[] {
  const groups = new Map<string, { keep: Int32Array | null; members: number[] }>();
  for (let k = 0; k < names.length; k++) {
    const missing: number[] = [];
    for (let i = 0; i < design.n; i++) {
      const at = k * stride + design.rows[i];
      if (Number.isNaN(values[at]) || (weights && !(weights[at] > 0))) missing.push(i);
    }
    // Weights of its own make every response a design of its own.
    const key = (weights ? `${k}:` : '') + missing.join();
    const group = groups.get(key);
    if (group) group.members.push(k);
    else groups.set(key, { keep: missing.length === 0 ? null : complement(missing, design.n), members: [k] });
  }
  return [...groups.values()];
}

function complement(missing: readonly number[], n: number): Int32Array {
  const keep = new Int32Array(n - missing.length);
  let at = 0;
  let next = 0;
  for (let i = 0; i < n; i++) {
    if (next < missing.length && missing[next] === i) next++;
    else keep[at++] = i;
  }
  return keep;
}

/** Weights of one response on the rows of its design, times the design's prior weights. */
function ownWeights(design: Design, weights: Float64Array, from: number): Float64Array {
  return Float64Array.from(design.rows, (row, i) => weights[from + row] * (design.weights ? design.weights[i] : 1));
}

/** Names of all coefficients over some designs, each where it first fits in. */
export function coefficientUnion(designs: Iterable<{ readonly coefficients: readonly string[] }>): string[] {
  const names: string[] = [];
  const known = new Set<string>();
  for (const { coefficients } of designs) {
    let after = -1;
    for (const name of coefficients) {
      if (known.has(name)) {
        after = names.indexOf(name);
        continue;
      }
      known.add(name);
      names.splice(++after, 0, name);
    }
  }
  return names;
}
