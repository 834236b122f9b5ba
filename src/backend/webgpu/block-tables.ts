import type { DesignMoments } from '../../moments/moments.ts';
import type { BlockObjective } from '../cpu/block-objective.ts';
import type { CovarianceFitter } from '../cpu/covariance-engine.ts';

/** Columns of a level and coefficients up to which the kernel's arrays stay in a thread. */
export const MAXIMUM_COLUMNS = 4;
export const MAXIMUM_COEFFICIENTS = 8;

/**
 * Bound on types x starts x q (q + p)^2, about an eighth of the operations of an evaluation. A thread does about 100
 * evaluations one after another and no chunk is shorter than one thread: beyond this it nears the watchdogs of drivers.
 */
const MAXIMUM_WORK = 2 ** 17;

/** What kernels/block-search.wgsl reads of a design, in the kernel's layout. */
export interface BlockTables {
  /** Columns of a level. */
  readonly q: number;
  readonly p: number;
  /** Free elements of the factor. */
  readonly parameters: number;
  readonly types: number;
  readonly starts: number;
  /** Whether a type has several levels. */
  readonly scatter: boolean;
  /** Values a response: what lies outside all blocks, then mean and scatter of each type. */
  readonly rows: number;
  readonly design: Float32Array<ArrayBuffer>;
  readonly d: number;
  /** Element of the concatenated square factors of the terms that each parameter stands for. */
  readonly places: Int32Array;
  /** A factor of the device times this is one of the host. */
  readonly unit: number;
}

/** Why the device does not search a design; null when it does. */
export function beyondBlockSearch({ p, terms, factors }: DesignMoments): string | null {
  if (factors.length !== 1 || terms.length === 0) return `${factors.length} grouping factors`;
  if (factors[0].q > MAXIMUM_COLUMNS) {
    return `${factors[0].q} random effects a level, more than the ${MAXIMUM_COLUMNS} that the device takes`;
  }
  if (p === 0) return 'no fixed effects';
  if (p > MAXIMUM_COEFFICIENTS) {
    return `${p} fixed effects, more than the ${MAXIMUM_COEFFICIENTS} that the device takes`;
  }
  return null;
}

/** Whether a thread would be busy with one response for longer than a dispatch may last. */
export function exceedsDispatch({ types, starts, q, p }: BlockTables): boolean {
  return types * starts * q * (q + p) ** 2 > MAXIMUM_WORK;
}

/** The tables, with factors in the fitter's unit, so that they are of order one on the device whatever the weights. */
export function blockTables(
  design: DesignMoments,
  objective: BlockObjective,
  { unit, starts, tiny }: Pick<CovarianceFitter, 'unit' | 'starts' | 'tiny'>,
): BlockTables {
  const { p, terms } = design;
  const { q, d, slots, types } = objective;
  const rowOf: number[] = [];
  const columnOf: number[] = [];
  const termOf: number[] = [];
  const places: number[] = [];
  terms.forEach((term, t) => {
    for (let c = 0; c < term.q; c++) {
      for (let r = c; r < term.q; r++) {
        rowOf.push(term.column + r);
        columnOf.push(term.column + c);
        termOf.push(t);
        places.push(slots[t].square + r * term.q + c);
      }
    }
  });
  // In all but tiny designs the first start is good enough: what it leaves uncertified, the host tries from the others.
  const sizes = tiny ? starts : starts.slice(0, 1);
  const startValues = sizes.flatMap((size) => rowOf.map((row, k) => (row === columnOf[k] ? size[termOf[k]] : 0)));
  const values = [...rowOf, ...columnOf, ...startValues, ...types.restXx];
  const kinds = types.count.length;
  const table = new Float32Array(values.length + kinds * (1 + q * q + q * p));
  table.set(values);
  let at = values.length;
  for (let type = 0; type < kinds; type++) {
    table[at++] = types.count[type];
    for (let i = 0; i < q * q; i++) table[at++] = types.R[type * q * q + i] * unit;
    for (let i = 0; i < q * p; i++) table[at++] = types.N[type * q * p + i];
  }
  const scatter = types.count.some((count) => count > 1);
  return {
    q,
    p,
    parameters: places.length,
    types: kinds,
    starts: sizes.length,
    scatter,
    rows: 1 + p + kinds * (q + (scatter ? (q * (q + 1)) / 2 : 0)),
    design: table,
    d,
    places: Int32Array.from(places),
    unit,
  };
}

/** The uniform `Shape` of a dispatch. */
export function blockShape({ types, starts, d }: BlockTables, models: number, stride: number): ArrayBuffer {
  const bytes = new ArrayBuffer(32);
  new Uint32Array(bytes).set([models, stride, types, starts]);
  new Float32Array(bytes).set([d], 4);
  return bytes;
}

/**
 * Reads the factor of model `at` (concatenated squares) from a read-back of rows of `stride` words.
 *
 * @returns evaluations, negative where the device found nothing to start from
 */
export function readFactor(
  words: Uint32Array,
  floats: Float32Array,
  { parameters, places, unit }: BlockTables,
  stride: number,
  at: number,
  factor: Float64Array,
): number {
  const packed = words[parameters * stride + at];
  factor.fill(0);
  let found = packed >>> 16 === 0;
  for (let k = 0; k < parameters; k++) {
    const value = floats[k * stride + at];
    found &&= Number.isFinite(value);
    factor[places[k]] = value * unit;
  }
  const evaluations = packed & 0xffff;
  return found ? evaluations : -1 - evaluations;
}
