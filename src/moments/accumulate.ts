import { subsetRecipe } from '../formula/recipe.ts';
import { subsetDesign } from '../formula/subset.ts';
import type { Design } from '../types/design.ts';
import { nameUnion } from '../types/parameters.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { DenseResponses } from '../types/responses.ts';
import { collapseRows, strataMeans } from './collapse.ts';
import { hasBlocks } from './covariance-blocks.ts';
import { addDenseResponse } from './dense.ts';
import { type Projector, projectDesign } from './design-moments.ts';
import { emptyResponseMoments, type MomentBatch, type ResponseMoments } from './moments.ts';
import { hasPilot, PilotDesign } from './pilot-design.ts';

/** Responses from which on it pays to look for strata. */
const WORTH_COLLAPSING = 4;
/** Responses from which on a QR of the rows that they share costs nothing beside what each of them takes. */
const WORTH_PROJECTING = 64;

/** A batch with the design that it came from and the rows kept of it (null: all), for fitted values and residuals. */
export interface DenseBatch extends MomentBatch {
  readonly whole: Design;
  readonly keep: Int32Array | null;
}

/** Responses of one design on the same rows, with space for their moments. */
export interface DenseGroup {
  /** Null where few responses share the rows: their design comes from that of all rows. */
  readonly projector: Projector | null;
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
  let pilot: PilotDesign | null = null;
  for (const { keep, members } of groupByRows(design, responses)) {
    const own = keep !== null || responses.weights !== undefined;
    if (own && members.length < WORTH_PROJECTING && !hasBlocks(design) && hasPilot(design)) {
      pilot ??= new PilotDesign(design);
      const group = pilotGroup(pilot, design, responses, keep, members);
      if (group) {
        yield group;
        continue;
      }
    }
    yield projectedGroup(design, responses, whole, keep, members);
  }
}

/** Responses of a design that follows from that of all rows; null where it does not. */
function pilotGroup(
  pilot: PilotDesign,
  design: Design,
  responses: DenseResponses,
  keep: Int32Array | null,
  members: readonly number[],
): DenseGroup | null {
  pilot.read(responses, members[0]);
  const own = pilot.own(
    keep ? keep.length : design.n,
    (responses.weights ?? design.weights) !== undefined,
    members.length,
  );
  if (!own) return null;
  return {
    projector: null,
    collapsed: false,
    batch: {
      design: own.moments,
      responses: own.responses,
      index: new Int32Array(members),
      whole: design,
      keep,
    },
    read: (at, y) => readRows(design, responses, keep, members[at], y),
    form(at, out, k) {
      pilot.read(responses, members[at]);
      pilot.respond(own, out, k);
    },
  };
}

/** Responses of a design that is made of its rows. */
function projectedGroup(
  design: Design,
  responses: DenseResponses,
  whole: ModelRecipe | null,
  keep: Int32Array | null,
  members: readonly number[],
): DenseGroup {
  const { rows: stride, weights } = responses;
  const rowsOf = keep ? subsetDesign(design, keep) : design;
  const own = weights ? ownWeights(rowsOf, weights, members[0] * stride) : undefined;
  // Many rows of few kinds (a categorical design) are cheaper as means of their strata.
  const strata =
    own || members.length < WORTH_COLLAPSING || hasBlocks(design)
      ? null
      : collapseRows(rowsOf, Math.floor(rowsOf.n / 8));
  const projector = projectDesign(rowsOf, strata, own);
  const y = new Float64Array(rowsOf.n);
  const workspace = new Float64Array(projector.m);
  const read = (at: number, into: Float64Array): number => readRows(design, responses, keep, members[at], into);
  const form = (at: number, out: ResponseMoments, k: number): void => {
    out.expressed[k] = read(at, y);
    if (strata) {
      const { mean, within } = strataMeans(strata, y, rowsOf.weights ?? null);
      addDenseResponse(projector, mean, within, out, k, workspace);
    } else if (rowsOf.n > 0) addDenseResponse(projector, y, 0, out, k, workspace);
  };
  const recipe = subsetRecipe(whole, design, rowsOf);
  const batch = {
    design: projector.moments,
    responses: emptyResponseMoments(projector.moments, members.length),
    index: new Int32Array(members),
    whole: design,
    keep,
    ...(recipe === whole || recipe === null ? {} : { recipe }),
  };
  return { projector, collapsed: strata !== null, batch, read, form };
}

/** Reads response k on the rows of a design that are kept into `y`; returns how many values are not zero. */
export function readRows(
  design: Design,
  { rows: stride, values }: DenseResponses,
  keep: Int32Array | null,
  k: number,
  y: Float64Array,
): number {
  const from = k * stride;
  let expressed = 0;
  for (let i = 0; i < y.length; i++) {
    y[i] = values[from + design.rows[keep ? keep[i] : i]];
    if (y[i] !== 0) expressed++;
  }
  return expressed;
}

/** Responses by the rows that they have; each apart where it has weights of its own. */
export function groupByRows(
  design: Design,
  { rows: stride, names, values, weights }: DenseResponses,
): { readonly keep: Int32Array | null; readonly members: number[] }[] {
  const { n, rows } = design;
  const groups: { keep: Int32Array | null; members: number[] }[] = [];
  const places = new Map<string, number>();
  // The rows that are missing, sixteen to a character.
  const pattern = new Uint16Array(Math.ceil(n / 16));
  for (let k = 0; k < names.length; k++) {
    pattern.fill(0);
    let missing = 0;
    for (let i = 0; i < n; i++) {
      const at = k * stride + rows[i];
      if (!Number.isNaN(values[at]) && !(weights && !(weights[at] > 0))) continue;
      pattern[i >> 4] |= 1 << (i & 15);
      missing++;
    }
    // Weights of its own make every response a design of its own.
    if (!weights) {
      const key = missing === 0 ? '' : patternText(pattern);
      const place = places.get(key);
      if (place !== undefined) {
        groups[place].members.push(k);
        continue;
      }
      places.set(key, groups.length);
    }
    groups.push({ keep: missing === 0 ? null : rowsBut(pattern, n - missing), members: [k] });
  }
  return groups;
}

/** A pattern as a key, in parts that a call can take. */
function patternText(pattern: Uint16Array): string {
  let text = '';
  for (let at = 0; at < pattern.length; at += 4096) text += String.fromCharCode(...pattern.subarray(at, at + 4096));
  return text;
}

/** The rows, so many of them, that a pattern leaves. */
function rowsBut(pattern: Uint16Array, count: number): Int32Array {
  const keep = new Int32Array(count);
  for (let i = 0, at = 0; at < count; i++) if ((pattern[i >> 4] & (1 << (i & 15))) === 0) keep[at++] = i;
  return keep;
}

/** Weights of one response on the rows of its design, times the design's prior weights. */
export function ownWeights(design: Design, weights: Float64Array, from: number): Float64Array {
  return Float64Array.from(design.rows, (row, i) => weights[from + row] * (design.weights ? design.weights[i] : 1));
}

/** Names of all coefficients over some designs, each where it first fits in. */
export function coefficientUnion(designs: Iterable<{ readonly coefficients: readonly string[] }>): string[] {
  return nameUnion(Array.from(designs, ({ coefficients }) => coefficients));
}
