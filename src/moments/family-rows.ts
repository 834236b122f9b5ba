/**
 * Pseudo-rows of a design under a family (`family-evidence.ts` says what they are), and where each row of the design puts its
 * value. Rows that differ in nothing but their offsets are one pseudo-row where the likelihood allows it:
 *
 *     poisson    sum_i w_i (y_i eta_i - exp(eta_i)) = S (t + O) - exp(t + O) + sum_i w_i y_i (o_i - O),   O = log sum w exp(o),  S = sum w y
 *     Gamma      y exp(-o) has the same shape and the mean exp(t)
 *     nbinom2    as nodes (`offset-nodes.ts`)
 *
 * with t the linear predictor without the offset.
 */
import { FitError } from '../errors.ts';
import type { Design } from '../types/design.ts';
import type { FamilyName, LinkName } from '../types/family.ts';
import { collapseRows, type Strata } from './collapse.ts';
import { hasBlocks } from './covariance-blocks.ts';
import { projectDesign } from './design-moments.ts';
import type { FamilyEffects, FamilyEvidence } from './family-evidence.ts';
import { infiniteOffset, type RowNamer } from './family-values.ts';
import type { DesignMoments } from './moments.ts';
import { offsetPanels } from './offset-nodes.ts';

/** What the responses of a generalised model are distributed as. */
export interface ResponseFamily {
  readonly family: FamilyName;
  readonly link: LinkName;
  /**
   * Of a binomial response its trials by row of the table, the values being successes. Without them values are proportions, and
   * the weights of the rows their trials: 0 and 1 need none.
   */
  readonly trials?: Float64Array | null;
  /** Labels of the categories 1..J of an ordinal response. */
  readonly categories?: readonly string[];
}

/** The evidence of a design but for what depends on its responses. */
export type FamilyFrame = Omit<FamilyEvidence, 'statistics' | 'counts' | 'categories' | 'width'>;

export interface FamilyRows {
  readonly frame: FamilyFrame;
  /** First pseudo-row that row i adds to; the shares of its value that it and the next ones get lie at `pointers[i] .. pointers[i + 1]`. */
  readonly first: Int32Array;
  readonly pointers: Int32Array;
  /** Weights, where nothing is interpolated. */
  readonly share: Float64Array;
  /** What a value is multiplied with in the constant, weights included; null for 0. */
  readonly shift: Float64Array | null;
}

/** Values, rows times responses, up to which offsets are kept as they are: nodes save nothing there. */
const EXACT_VALUES = 1 << 14;

/** Whether a run of so many rows and responses keeps the offsets of nbinom2 as they are. */
export function keepsOffsets(rows: number, responses: number): boolean {
  return rows * responses <= EXACT_VALUES;
}

/**
 * The pseudo-rows of a design for families whose responses share them: all but nbinom1. `weights` replace the design's own.
 *
 * @param responses number of responses of the whole run
 * @param whole number of rows of the whole run, where these are part of them
 */
export function familyRows(
  design: Design,
  { family, link, trials }: Pick<ResponseFamily, 'family' | 'link' | 'trials'>,
  responses: number,
  weights: Float64Array | undefined = design.weights,
  whole = design.n,
): FamilyRows {
  if (family === 'nbinom2') return nodeRows(design, link, keepsOffsets(whole, responses), weights);
  const merges = family === 'poisson' || family === 'Gamma';
  const strata = strataOf(design, !merges);
  const { of, representative } = strata;
  const rows = representative.length;
  const { n, offset } = design;
  const first = of;
  const pointers = Int32Array.from({ length: n + 1 }, (_, i) => i);
  const share = Float64Array.from({ length: n }, (_, i) => weights?.[i] ?? 1);
  const mass = new Float64Array(rows);
  for (let i = 0; i < n; i++) mass[of[i]] += share[i] * (trials ? trials[design.rows[i]] : 1);
  let offsets: Float64Array = new Float64Array(rows);
  let shift: Float64Array | null = null;
  if (family === 'poisson') {
    offsets = logExposure(strata, offset, share);
    mass.fill(1);
    shift = share.map((w, i) => w * ((offset?.[i] ?? 0) - offsets[of[i]]));
  } else if (family === 'Gamma') {
    if (offset) for (let i = 0; i < n; i++) share[i] *= Math.exp(-offset[i]);
  } else if (offset) offsets = Float64Array.from(representative, (i) => offset[i]);
  return { frame: frameOf(design, family, link, representative, offsets, mass), first, pointers, share, shift };
}

/** Pseudo-rows of nbinom2: the offsets of each stratum, or nodes. */
function nodeRows(design: Design, link: LinkName, exact: boolean, weights: Float64Array | undefined): FamilyRows {
  const { n } = design;
  const offset = design.offset ?? new Float64Array(n);
  const { of, representative } = strataOf(design, false);
  const first = new Int32Array(n);
  const pointers = new Int32Array(n + 1);
  const points: number[] = [];
  const representatives: number[] = [];
  const panels = membersOf(of, representative.length).flatMap((rows) => offsetPanels(offset, rows, exact));
  for (const { points: own, rows } of panels) {
    for (const i of rows) {
      first[i] = points.length;
      pointers[i + 1] = own.length;
    }
    points.push(...own);
    representatives.push(...Array.from(own, () => rows[0]));
  }
  for (let i = 0; i < n; i++) pointers[i + 1] += pointers[i];
  const share = new Float64Array(pointers[n]);
  const mass = new Float64Array(points.length);
  for (const { points: own, rows, basis } of panels) {
    rows.forEach((i, k) => {
      const w = weights?.[i] ?? 1;
      for (let j = 0; j < own.length; j++) {
        const value = basis ? w * basis[k * own.length + j] : w;
        share[pointers[i] + j] = value;
        mass[first[i] + j] += value;
      }
    });
  }
  const frame = frameOf(design, 'nbinom2', link, Int32Array.from(representatives), Float64Array.from(points), mass);
  return { frame, first, pointers, share, shift: null };
}

/**
 * What belongs to a design whatever the family of its responses. Offsets take no part in it, so that rows collapse without them.
 *
 * @throws DataError for an offset that is not finite; OptionError for a structured covariance
 */
export function familyDesign(
  design: Design,
  named: RowNamer,
  weights?: Float64Array,
  transforms?: readonly Float64Array[],
): DesignMoments {
  if (hasBlocks(design)) {
    throw new FitError('OptionError', 'structured covariances are of models with normal residuals', {
      option: 'residual',
      remedy: 'Leave “residual”, “dispersion” and structures of random terms out, or “family”.',
    });
  }
  design.offset?.forEach((value, i) => {
    if (!Number.isFinite(value)) throw infiniteOffset(value, named(i));
  });
  const { offset: _, ...bare } = design;
  // Weights of a response's own would belong to the strata.
  const strata = weights === design.weights ? collapseRows(bare, Math.floor(design.n / 8)) : null;
  return projectDesign(bare, strata, weights, transforms).moments;
}

/** Rows with the same columns of x and z and the same levels, weights apart. */
export function strataOf(design: Design, withOffset: boolean): Strata {
  const { weights: _, offset, ...bare } = design;
  const strata = collapseRows(withOffset && offset ? { ...bare, offset } : bare, Number.POSITIVE_INFINITY);
  if (strata) return strata;
  throw new RangeError('strata without a limit are never too many');
}

/** Rows of each stratum. */
function membersOf(of: Int32Array, strata: number): Int32Array[] {
  const starts = new Int32Array(strata + 1);
  for (const s of of) starts[s + 1]++;
  for (let s = 0; s < strata; s++) starts[s + 1] += starts[s];
  const next = starts.slice(0, strata);
  const order = new Int32Array(of.length);
  of.forEach((s, i) => {
    order[next[s]++] = i;
  });
  return Array.from({ length: strata }, (_, s) => order.subarray(starts[s], starts[s + 1]));
}

/** log sum w exp(o) of each stratum, about the offset of one row, so that no offset is too large. */
function logExposure({ of, representative }: Strata, offset: Float64Array | undefined, w: Float64Array): Float64Array {
  const most = Float64Array.from(representative, (i) => offset?.[i] ?? 0);
  offset?.forEach((o, i) => {
    most[of[i]] = Math.max(most[of[i]], o);
  });
  const sums = new Float64Array(most.length);
  of.forEach((s, i) => {
    sums[s] += w[i] * Math.exp((offset?.[i] ?? 0) - most[s]);
  });
  return sums.map((sum, s) => most[s] + Math.log(sum));
}

/** The columns of pseudo-rows, each as a row of the design has them. */
export function frameOf(
  { n, fixed, random }: Design,
  family: FamilyName,
  link: LinkName,
  representative: Int32Array,
  offset: Float64Array,
  mass: Float64Array,
): FamilyFrame {
  const byRow = (columns: Float64Array, width: number): Float64Array => {
    const out = new Float64Array(representative.length * width);
    representative.forEach((i, r) => {
      for (let k = 0; k < width; k++) out[r * width + k] = columns[k * n + i];
    });
    return out;
  };
  const effects = random.map(({ names, z, codes }): FamilyEffects => {
    return { z: byRow(z, names.length), codes: Int32Array.from(representative, (i) => codes[i]) };
  });
  return { family, link, rows: representative.length, x: byRow(fixed.x, fixed.names.length), offset, mass, effects };
}

/** The evidence that a frame makes for responses with some counts in their tail, or some categories. */
export function familyEvidence(
  frame: FamilyFrame,
  { counts = new Float64Array(0), categories = [] }: Partial<Pick<FamilyEvidence, 'counts' | 'categories'>> = {},
): FamilyEvidence {
  const { family } = frame;
  const statistics = statisticsOf(family, categories.length);
  return { ...frame, statistics, counts, categories, width: statistics * frame.rows + 1 + tailOf(family, counts) };
}

/** Statistics of a pseudo-row. */
export function statisticsOf(family: FamilyName, categories: number): number {
  if (family === 'cumulative') return categories;
  return family === 'beta' ? 2 : 1;
}

/** Numbers behind a response's constant. */
export function tailOf(family: FamilyName, counts: Float64Array): number {
  return family === 'Gamma' ? 2 : counts.length;
}
