/**
 * The covariance of the rows of one block and how it moves with the parameters t:
 *
 *     V = S K S + sum_terms Z G Z',   S = diag(exp(s + D tau)),   K between rows of one subject only
 *
 * with D the columns of scales, K a structure's correlations, G = F F' with F lower triangular, or sd sd' times a structure's
 * correlations; Z G Z' between rows of one level only.
 */
import type { BlockEffects, CovarianceBlock } from '../../moments/covariance-blocks.ts';
import { choleskyInPlace } from '../../numeric/cholesky.ts';
import {
  type CovarianceParameters,
  correlationsAt,
  parametersOf,
  type TermCovariance,
} from './covariance-parameters.ts';

export class BlockCovariance {
  readonly size: number;
  /** Parameters that V depends on; `changes` has their derivatives in this order. */
  readonly places: Int32Array;
  /** How many of these, the first ones, have a diagonal derivative: standard deviations of independent rows. */
  readonly diagonal: number;
  /** size x size. */
  readonly V: Float64Array;
  /** S K S, without the random terms; size x size. */
  readonly R: Float64Array;
  /** places x size x size. */
  readonly changes: Float64Array;
  private readonly parameters: CovarianceParameters;
  private readonly block: CovarianceBlock;
  /** Distinct positions, and which of them each row has: subjects that a random effect joins have the same visits. */
  private readonly positions: Float64Array;
  private readonly slots: Int32Array;
  /** Pairs (a, b) of rows of one subject, one behind the other: K and R are zero elsewhere. */
  private readonly pairs: Int32Array;
  /** Over the distinct positions. */
  private readonly K: Float64Array;
  private readonly dK: Float64Array;
  private weighted: Float64Array;
  private readonly deviations: Float64Array;
  private readonly terms: readonly TermBlock[];
  private readonly scalePlaces: Int32Array;

  constructor(parameters: CovarianceParameters, block: CovarianceBlock) {
    const { size } = block;
    this.size = size;
    this.parameters = parameters;
    this.block = block;
    this.places = parametersOf(parameters, block);
    this.scalePlaces = this.places.filter((k) => k < parameters.scales);
    const square = size * size;
    this.V = new Float64Array(square);
    this.R = new Float64Array(square);
    this.positions = Float64Array.from(new Set(block.positions));
    const slot = new Map(Array.from(this.positions, (position, i) => [position, i]));
    this.slots = Int32Array.from(block.positions, (position) => slot.get(position) ?? 0);
    // Without a structure all rows are of one subject and position, and independent.
    const independent = ['diag', null].includes(parameters.layout.structure);
    this.diagonal = independent ? this.scalePlaces.length : 0;
    this.pairs = samePairs(independent ? block.subjects.map((_, a) => a) : block.subjects);
    const distinct = this.positions.length ** 2;
    this.K = new Float64Array(distinct);
    this.weighted = new Float64Array(distinct);
    this.changes = new Float64Array(this.places.length * square);
    this.dK = new Float64Array(parameters.structure.parameters * distinct);
    this.deviations = new Float64Array(size);
    this.terms = parameters.terms.map((term, t) => new TermBlock(term, size, block.effects[t]));
  }

  /** V at t; `shift` is added to all log standard deviations. With `changes` the derivatives too. */
  form(t: Float64Array, shift: number, withChanges: boolean): void {
    const { size, V, R, K, dK, deviations, block, parameters, changes, places, positions, slots, pairs } = this;
    const { blockStructure: structure, scales } = parameters;
    const at = correlationsAt(parameters, block.group);
    const m = positions.length;
    structure.evaluate(t, at, positions, m, K, withChanges ? dK : null);
    for (let a = 0; a < size; a++) {
      let log = shift;
      for (let c = 0; c < scales; c++) log += block.scales[a * scales + c] * t[c];
      deviations[a] = Math.exp(log);
    }
    for (let i = 0; i < pairs.length; i += 2) {
      const [a, b] = [pairs[i], pairs[i + 1]];
      R[a * size + b] = deviations[a] * deviations[b] * K[slots[a] * m + slots[b]];
    }
    V.set(R);
    for (const term of this.terms) term.addTo(t, V);
    if (!withChanges) return;
    const square = size * size;
    places.forEach((k, e) => {
      const to = e * square;
      if (k < scales) {
        for (let i = 0; i < pairs.length; i += 2) {
          const [a, b] = [pairs[i], pairs[i + 1]];
          const slope = block.scales[a * scales + k] + block.scales[b * scales + k];
          changes[to + a * size + b] = slope * R[a * size + b];
        }
      } else if (k >= at && k < at + structure.parameters) {
        const from = (k - at) * m * m;
        for (let i = 0; i < pairs.length; i += 2) {
          const [a, b] = [pairs[i], pairs[i + 1]];
          changes[to + a * size + b] = deviations[a] * deviations[b] * dK[from + slots[a] * m + slots[b]];
        }
      } else {
        for (const term of this.terms) if (term.holds(k)) term.change(t, k, changes, to);
      }
    });
  }

  /** What blocks have in common whose structure has one second derivative, see {@link shareCurvature}. */
  get curvatureKey(): string {
    return `${this.block.group};${this.positions}`;
  }

  /** Leaves the structure's own second derivative to another one with the same key. */
  shareCurvature(other: BlockCovariance): void {
    this.weighted = other.weighted;
  }

  /** Before the first block with a key adds its curvature. */
  beginCurvature(): void {
    this.weighted.fill(0);
  }

  /** Adds the structure's own part for all blocks that share it. */
  endCurvature(t: Float64Array, out: Float64Array): void {
    const { blockStructure: structure, count } = this.parameters;
    const at = correlationsAt(this.parameters, this.block.group);
    if (structure.parameters === 0) return;
    const { positions, weighted } = this;
    structure.addCurvature(t, at, positions, positions.length, weighted, out, at * count + at, count);
  }

  /**
   * Adds sum_ab Y_ab d2V_ab / dt_k dt_l to a matrix over all parameters, at the point of the last `form` with changes; Y symmetric.
   * The part of second derivatives of correlations comes with {@link endCurvature}.
   */
  addCurvature(t: Float64Array, Y: Float64Array, out: Float64Array): void {
    const { size, block, parameters, deviations, R, dK, weighted, scalePlaces, positions, slots, pairs } = this;
    const { blockStructure: structure, scales, count } = parameters;
    const at = correlationsAt(parameters, block.group);
    const m = positions.length;
    for (let i = 0; i < pairs.length; i += 2) {
      const [a, b] = [pairs[i], pairs[i + 1]];
      weighted[slots[a] * m + slots[b]] += Y[a * size + b] * deviations[a] * deviations[b];
    }
    for (const k of scalePlaces) {
      for (const l of scalePlaces) {
        if (l > k) continue;
        let sum = 0;
        for (let i = 0; i < pairs.length; i += 2) {
          const [a, b] = [pairs[i], pairs[i + 1]];
          const slopes = block.scales[a * scales + k] + block.scales[b * scales + k];
          if (slopes === 0) continue;
          sum +=
            Y[a * size + b] * R[a * size + b] * slopes * (block.scales[a * scales + l] + block.scales[b * scales + l]);
        }
        out[k * count + l] += sum;
        if (l < k) out[l * count + k] += sum;
      }
      for (let e = 0; e < structure.parameters; e++) {
        let sum = 0;
        for (let i = 0; i < pairs.length; i += 2) {
          const [a, b] = [pairs[i], pairs[i + 1]];
          const slopes = block.scales[a * scales + k] + block.scales[b * scales + k];
          if (slopes === 0) continue;
          const change = dK[(e * m + slots[a]) * m + slots[b]];
          sum += Y[a * size + b] * deviations[a] * deviations[b] * change * slopes;
        }
        out[k * count + at + e] += sum;
        out[(at + e) * count + k] += sum;
      }
    }
    for (const term of this.terms) term.addCurvature(t, Y, out, count);
  }
}

/** Pairs of rows of one subject, (a, b) and (b, a), one behind the other. */
function samePairs(subjects: Int32Array): Int32Array {
  const pairs: number[] = [];
  for (let a = 0; a < subjects.length; a++) {
    for (let b = 0; b < subjects.length; b++) if (subjects[a] === subjects[b]) pairs.push(a, b);
  }
  return Int32Array.from(pairs);
}

/** One random term in a block. */
export class TermBlock {
  private readonly term: TermCovariance;
  private readonly size: number;
  private readonly z: Float64Array;
  private readonly levels: Int32Array;
  private readonly positions: Float64Array;
  private readonly G: Float64Array;
  private readonly K: Float64Array;
  private readonly dK: Float64Array;
  private readonly dG: Float64Array;
  /** sum_ab Y_ab z_a z_b' over rows of one level. */
  private readonly W: Float64Array;

  constructor(term: TermCovariance, size: number, { z, levels }: BlockEffects) {
    const { q } = term;
    this.term = term;
    this.size = size;
    this.z = z;
    this.levels = levels;
    this.positions = Float64Array.from({ length: q }, (_, i) => i);
    this.G = new Float64Array(q * q);
    this.K = new Float64Array(q * q);
    this.dG = new Float64Array(q * q);
    this.W = new Float64Array(q * q);
    this.dK = new Float64Array((term.structure?.parameters ?? 0) * q * q);
  }

  holds(k: number): boolean {
    return k >= this.term.offset && k < this.term.offset + this.term.parameters;
  }

  /** Adds Z G Z' to V. */
  addTo(t: Float64Array, V: Float64Array): void {
    termCovariance(this.term, t, this.G, this.K);
    this.addProduct(this.G, V, 0);
  }

  /** F of G = F F', lower triangular, NaN where it has none; `addTo` has been called at t. */
  root(t: Float64Array): Float64Array {
    const { q, structure, offset } = this.term;
    const F = structure ? this.G.slice() : new Float64Array(q * q);
    if (structure) {
      if (Number.isNaN(choleskyInPlace(F, q))) return F.fill(Number.NaN);
      for (let a = 0; a < q; a++) F.fill(0, a * q + a + 1, (a + 1) * q);
    } else for (let a = 0; a < q; a++) for (let b = 0; b <= a; b++) F[a * q + b] = t[offset + (a * (a + 1)) / 2 + b];
    return F;
  }

  /** Z (dG/dt_k) Z' into `out` from `to` on; `addTo` has been called at t. */
  change(t: Float64Array, k: number, out: Float64Array, to: number): void {
    this.fillChange(t, k - this.term.offset);
    out.fill(0, to, to + this.size * this.size);
    this.addProduct(this.dG, out, to);
  }

  /** dG / dt of parameter e of the term into dG. */
  private fillChange(t: Float64Array, e: number): void {
    const { term, dG, G, dK } = this;
    const { q, structure, offset, deviations } = term;
    dG.fill(0);
    if (!structure) {
      // E F' + F E' with E of one element (i, j).
      const i = rowOfElement(e);
      const j = e - (i * (i + 1)) / 2;
      for (let b = j; b < q; b++) {
        const value = t[offset + (b * (b + 1)) / 2 + j];
        dG[i * q + b] += value;
        dG[b * q + i] += value;
      }
      return;
    }
    if (e < deviations) {
      for (let a = 0; a < q; a++) {
        for (let b = 0; b < q; b++) {
          const slope = deviations === 1 ? 2 : (a === e ? 1 : 0) + (b === e ? 1 : 0);
          dG[a * q + b] = slope * G[a * q + b];
        }
      }
      return;
    }
    structure.evaluate(t, offset + deviations, this.positions, q, this.K, dK);
    const from = (e - deviations) * q * q;
    for (let a = 0; a < q; a++) {
      for (let b = 0; b < q; b++) dG[a * q + b] = deviation(term, t, a) * deviation(term, t, b) * dK[from + a * q + b];
    }
  }

  private addProduct(G: Float64Array, out: Float64Array, to: number): void {
    const { size, z, levels, term } = this;
    const { q } = term;
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) {
        if (levels[a] !== levels[b]) continue;
        let sum = 0;
        for (let c = 0; c < q; c++) {
          for (let e = 0; e < q; e++) sum += z[a * q + c] * G[c * q + e] * z[b * q + e];
        }
        out[to + a * size + b] += sum;
      }
    }
  }

  addCurvature(t: Float64Array, Y: Float64Array, out: Float64Array, stride: number): void {
    const { size, z, levels, term, W, G, dK, positions } = this;
    const { q, structure, offset, deviations } = term;
    W.fill(0);
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) {
        if (levels[a] !== levels[b]) continue;
        const y = Y[a * size + b];
        for (let c = 0; c < q; c++) for (let e = 0; e < q; e++) W[c * q + e] += y * z[a * q + c] * z[b * q + e];
      }
    }
    if (!structure) {
      // d2G / dF_ij dF_kj = e_i e_k' + e_k e_i'
      for (let i = 0; i < q; i++) {
        for (let k = 0; k < q; k++) {
          for (let j = 0; j <= Math.min(i, k); j++) {
            out[(offset + (i * (i + 1)) / 2 + j) * stride + offset + (k * (k + 1)) / 2 + j] += 2 * W[i * q + k];
          }
        }
      }
      return;
    }
    const slope = (e: number, a: number) => (deviations === 1 || a === e ? 1 : 0);
    const at = offset + deviations;
    if (structure.parameters > 0) structure.evaluate(t, at, positions, q, this.K, dK);
    for (let e = 0; e < deviations; e++) {
      for (let f = 0; f < deviations; f++) {
        let sum = 0;
        for (let a = 0; a < q; a++) {
          for (let b = 0; b < q; b++) {
            const slopes = (slope(e, a) + slope(e, b)) * (slope(f, a) + slope(f, b));
            if (slopes !== 0) sum += W[a * q + b] * G[a * q + b] * slopes;
          }
        }
        out[(offset + e) * stride + offset + f] += sum;
      }
      for (let f = 0; f < structure.parameters; f++) {
        let sum = 0;
        for (let a = 0; a < q; a++) {
          for (let b = 0; b < q; b++) {
            const scale = deviation(term, t, a) * deviation(term, t, b) * (slope(e, a) + slope(e, b));
            sum += W[a * q + b] * dK[f * q * q + a * q + b] * scale;
          }
        }
        out[(offset + e) * stride + at + f] += sum;
        out[(at + f) * stride + offset + e] += sum;
      }
    }
    if (structure.parameters === 0) return;
    for (let a = 0; a < q; a++) {
      for (let b = 0; b < q; b++) W[a * q + b] *= deviation(term, t, a) * deviation(term, t, b);
    }
    structure.addCurvature(t, at, positions, q, W, out, at * stride + at, stride);
  }
}

/** G of a random term at t into `G` (q x q); `K` is space. */
export function termCovariance(term: TermCovariance, t: Float64Array, G: Float64Array, K: Float64Array): void {
  const { q, structure, offset, deviations } = term;
  if (structure) {
    const positions = Float64Array.from({ length: q }, (_, i) => i);
    structure.evaluate(t, offset + deviations, positions, q, K, null);
    for (let a = 0; a < q; a++) {
      for (let b = 0; b < q; b++) G[a * q + b] = deviation(term, t, a) * deviation(term, t, b) * K[a * q + b];
    }
    return;
  }
  for (let a = 0; a < q; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let j = 0; j <= b; j++) {
        sum += t[offset + (a * (a + 1)) / 2 + j] * t[offset + (b * (b + 1)) / 2 + j];
      }
      G[a * q + b] = sum;
      G[b * q + a] = sum;
    }
  }
}

/** Standard deviation of effect a of a structured term. */
function deviation({ offset, deviations }: TermCovariance, t: Float64Array, a: number): number {
  return Math.exp(t[offset + (deviations === 1 ? 0 : a)]);
}

/** Row of element e of a lower triangle by rows. */
export function rowOfElement(e: number): number {
  let i = 0;
  while (((i + 1) * (i + 2)) / 2 <= e) i++;
  return i;
}
