/** Pseudo-rows of generalised models as the kernels see them (shaders/glmm/scalar-objective.wgsl). */
import { columnSizes } from '../../glmm/family-objective.ts';
import { type LevelStrata, levelStrata } from '../../glmm/level-strata.ts';
import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import type { DesignMoments } from '../../moments/moments.ts';

/** What all models of a design have in common. */
export interface FamilyLayout {
  readonly evidence: FamilyEvidence;
  readonly p: number;
  /** 1 with a random term. */
  readonly random: number;
  readonly levels: number;
  readonly strata: number;
  /** First stratum of each level, first pseudo-row of each stratum, with the ends. */
  readonly structure: Uint32Array<ArrayBuffer>;
  /** Pseudo-rows in the order of the kernels. */
  readonly order: Int32Array;
  /** First pseudo-row of each stratum, and the end. */
  readonly rowStart: Int32Array;
  /** log sum of mass exp(offset) over each stratum. */
  readonly exposure: Float64Array;
  readonly design: Float32Array<ArrayBuffer>;
  /** Raw coefficients are `toRaw` (p x p) times those of the kernels; a raw variance is `unit` times theirs. */
  readonly toRaw: Float64Array;
  readonly unit: number;
  /** Raw coefficients nearest to adding one to every linear predictor, and what they add to each pseudo-row. */
  readonly ones: Float64Array;
  readonly onesEta: Float64Array;
}

export function familyLayout({ r, p, n, family: evidence }: DesignMoments): FamilyLayout {
  if (!evidence) throw new RangeError('the design has no family');
  const { rows, x, effects, offset, mass, counts } = evidence;
  const { levels, strata, levelStart, rowStart, order, x: stratumX, z } = structureOf(evidence);
  const toRaw = new Float64Array(p * p);
  const column = new Float64Array(p);
  for (let j = 0; j < p; j++) {
    upperSolve(r, unitVector(p, j, Math.sqrt(n)), column);
    for (let i = 0; i < p; i++) toRaw[i * p + j] = column[i];
  }
  const size = effects.length > 0 ? columnSizes(effects[0].z, 1)[0] : 1;
  const width = p + 1;
  const design = new Float32Array(strata * width + 2 * rows + counts.length + 1);
  for (let s = 0; s < strata; s++) {
    design[s * width] = z[s] * size;
    for (let j = 0; j < p; j++) {
      let sum = 0;
      for (let i = 0; i < p; i++) sum += stratumX[s * p + i] * toRaw[i * p + j];
      design[s * width + 1 + j] = sum;
    }
  }
  const exposure = strataExposure(evidence, rowStart, order);
  for (let s = 0; s < strata; s++) {
    for (let i = rowStart[s]; i < rowStart[s + 1]; i++) {
      design[strata * width + 2 * i] = Math.exp(offset[order[i]] - exposure[s]);
      design[strata * width + 2 * i + 1] = mass[order[i]];
    }
  }
  design.set(counts, strata * width + 2 * rows);
  design[design.length - 1] = mass.reduce((sum, value) => sum + value, 0);
  const ones = nearestToOne(evidence, toRaw, p);
  return {
    ...{ evidence, p, random: effects.length, levels, strata, order, design, toRaw, unit: size * size, ones },
    ...{ rowStart, exposure },
    structure: Uint32Array.from([...levelStart, ...rowStart]),
    onesEta: Float64Array.from({ length: rows }, (_, i) => rowTimes(x, i, ones)),
  };
}

/** log sum mass exp(offset) by stratum, about one of its offsets. */
function strataExposure({ offset, mass }: FamilyEvidence, rowStart: Int32Array, order: Int32Array): Float64Array {
  return Float64Array.from({ length: rowStart.length - 1 }, (_, s) => {
    const rows = order.subarray(rowStart[s], rowStart[s + 1]);
    const about = offset[rows[0]];
    return about + Math.log(rows.reduce((sum, row) => sum + mass[row] * Math.exp(offset[row] - about), 0));
  });
}

/** Strata by level; without a random term each is a level of its own, so that lanes share them. */
function structureOf(evidence: FamilyEvidence): LevelStrata {
  const found = levelStrata(evidence);
  if (evidence.effects.length > 0) return found;
  const { strata } = found;
  return { ...found, levels: strata, levelStart: Int32Array.from({ length: strata + 1 }, (_, s) => s) };
}

/** Least squares of 1 on the columns of x, over the pseudo-rows. */
function nearestToOne({ rows, x }: FamilyEvidence, toRaw: Float64Array, p: number): Float64Array {
  // In the kernels' coordinates, which are nearly orthogonal, by a few steps of Gauss and Seidel's method.
  const q = new Float64Array(rows * p);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < p; j++) {
      for (let k = 0; k < p; k++) q[i * p + j] += x[i * p + k] * toRaw[k * p + j];
    }
  }
  const rest = new Float64Array(rows).fill(1);
  const found = new Float64Array(p);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let j = 0; j < p; j++) {
      let [product, square] = [0, 0];
      for (let i = 0; i < rows; i++) {
        product += q[i * p + j] * rest[i];
        square += q[i * p + j] ** 2;
      }
      const change = square > 0 ? product / square : 0;
      found[j] += change;
      for (let i = 0; i < rows; i++) rest[i] -= change * q[i * p + j];
    }
  }
  return Float64Array.from({ length: p }, (_, i) => rowTimes(toRaw, i, found));
}

/** Any point near the data will do. */
const SWEEPS = 20;

function rowTimes(matrix: Float64Array, row: number, vector: Float64Array): number {
  const p = vector.length;
  let sum = 0;
  for (let k = 0; k < p; k++) sum += matrix[row * p + k] * vector[k];
  return sum;
}

/** R^-1 v of an upper triangular R, row-major. */
function upperSolve(r: Float64Array, v: Float64Array, out: Float64Array): void {
  const p = v.length;
  for (let i = p - 1; i >= 0; i--) {
    let sum = v[i];
    for (let j = i + 1; j < p; j++) sum -= r[i * p + j] * out[j];
    out[i] = sum / r[i * p + i];
  }
}

function unitVector(p: number, j: number, value: number): Float64Array {
  const vector = new Float64Array(p);
  vector[j] = value;
  return vector;
}

/**
 * Writes a response's numbers, which stand in `values` from `at` on, into a column of rows of `stride`. False for a response that
 * the host looks at alone.
 */
export type FamilyWriter = (
  values: Float64Array,
  at: number,
  out: Float32Array,
  column: number,
  stride: number,
) => boolean;

/** Rows of f32 of a response, as its writer makes them. */
export function responseRows({ strata, evidence: { family, rows, counts } }: FamilyLayout): number {
  return family === 'nbinom2' ? 2 + 2 * strata + rows + counts.length : 1 + 2 * rows;
}

/**
 * Writes where the origin of the coefficients lies along `ones`, then of each pseudo-row its statistic, and its predictor there
 * less the saturated one. `least` is the information of all rows together below which minima are several.
 */
export function deviationWriter(layout: FamilyLayout, least: number): FamilyWriter {
  const { evidence, order, onesEta } = layout;
  const { family, rows, offset, mass } = evidence;
  let exposure = 0;
  let trials = 0;
  let level = 0;
  for (let i = 0; i < rows; i++) {
    exposure += mass[i] * Math.exp(offset[i]);
    trials += mass[i];
    level += mass[i] * offset[i];
  }
  const binomial = family === 'binomial';
  return (values, at, out, column, stride) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += values[at + i];
    const information = binomial ? sum * (1 - sum / trials) : sum;
    if (!(information > least)) return false;
    // The device says it back, so that both must have the same.
    const c = Math.fround(binomial ? Math.log(sum / (trials - sum)) - level / trials : Math.log(sum / exposure));
    if (!Number.isFinite(c)) return false;
    out[column] = c;
    for (let i = 0; i < rows; i++) {
      const row = order[i];
      const y = values[at + row];
      const odds = binomial ? y / (mass[row] - y) : y;
      const saturated = odds > 0 && odds < Number.POSITIVE_INFINITY ? Math.log(odds) : 0;
      out[(2 * i + 1) * stride + column] = y;
      out[(2 * i + 2) * stride + column] = offset[row] + c * onesEta[row] - saturated;
    }
    return true;
  };
}

/**
 * Writes a response of a negative binomial: where the origin of the coefficients lies along `ones`, sum v (v - 1) over its counts;
 * of each stratum its counts S, and its predictor there less log S; of each pseudo-row its counts less those that S gives it by
 * its exposure; how many cells have each count of the tail or a larger one.
 */
export function countsWriter(layout: FamilyLayout, least: number): FamilyWriter {
  const { evidence, order, onesEta, rowStart, strata, exposure } = layout;
  const { rows, offset, mass, counts } = evidence;
  let total = 0;
  for (let i = 0; i < rows; i++) total += mass[i] * Math.exp(offset[i]);
  const share = new Float64Array(rows);
  for (let s = 0; s < strata; s++) {
    for (let i = rowStart[s]; i < rowStart[s + 1]; i++) {
      share[i] = mass[order[i]] * Math.exp(offset[order[i]] - exposure[s]);
    }
  }
  return (values, at, out, column, stride) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += values[at + i];
    const c = Math.fround(Math.log(sum / total));
    if (!(sum > least && Number.isFinite(c))) return false;
    const tail = at + rows + 1;
    let squares = 0;
    let cells = 0;
    for (let j = counts.length - 1; j >= 0; j--) {
      const M = values[tail + j];
      cells += M;
      squares += M * counts[j] * (counts[j] - 1);
      out[(2 + 2 * strata + rows + j) * stride + column] = cells;
    }
    out[column] = c;
    out[stride + column] = squares;
    for (let s = 0; s < strata; s++) {
      let S = 0;
      for (let i = rowStart[s]; i < rowStart[s + 1]; i++) S += values[at + order[i]];
      out[(2 + 2 * s) * stride + column] = S;
      out[(3 + 2 * s) * stride + column] = exposure[s] + c * onesEta[order[rowStart[s]]] - (S > 0 ? Math.log(S) : 0);
      for (let i = rowStart[s]; i < rowStart[s + 1]; i++) {
        out[(2 + 2 * strata + i) * stride + column] = values[at + order[i]] - S * share[i];
      }
    }
    return true;
  };
}
