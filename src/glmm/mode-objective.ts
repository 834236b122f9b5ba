import type { FamilyEffects, FamilyEvidence } from '../moments/family-evidence.ts';
import { median } from '../numeric/order-statistics.ts';
import { differenceHessian } from './difference-hessian.ts';
import type { ModeTerm } from './effect-columns.ts';
import type { FamilyKernel, Remainder, RowOrder } from './family-kernel.ts';
import {
  columnSizes,
  type FamilyObjective,
  LARGEST_DEVIATION,
  LARGEST_LOG_DISPERSION,
  shiftedColumns,
  typicalChange,
  typicalSizes,
} from './family-objective.ts';
import { LaplaceModes } from './laplace-modes.ts';
import { effectVariance, positiveDiagonals, termModes } from './term-modes.ts';

/** Steps of differences in a factor: of the size of its row, and of that of a linear predictor at the least. */
const FACTOR_STEP = 20;
const SMALLEST_STEP = 0.04;
/** Numbers this close, of themselves, are the same in another unit. */
const SAME = 1e-14;

/**
 * What criteria at the modes of `LaplaceModes` share. Parameters: beta, theta (the terms' Cholesky factors of their covariances,
 * lower triangles by columns, of any sign: a criterion is even in a factor's column, so that zero is no bound of it), extras.
 * Gradients are exact; where second derivatives would be dear, or are unknown, they are differences of them.
 */
export abstract class ModeObjective implements FamilyObjective {
  readonly p: number;
  readonly m: number;
  readonly d: number;
  readonly least: Float64Array;
  readonly most: Float64Array;
  readonly size: Float64Array;
  readonly origin: Float64Array;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  readonly diagonals: Uint8Array;
  abstract readonly costlyHessian: boolean;

  protected readonly evidence: FamilyEvidence;
  protected readonly kernel: FamilyKernel;
  readonly mode: LaplaceModes;
  protected readonly extras: Float64Array;
  protected readonly remainder: Remainder;
  /** Whether the elements of H^-1 at the point evaluated last are there. */
  protected inverted = false;
  /** Where it was evaluated last. */
  protected readonly point: Float64Array;
  private readonly steps: Float64Array;
  private readonly mass: number;

  constructor(evidence: FamilyEvidence, kernel: FamilyKernel, plan: { split?: boolean; collapse?: boolean } = {}) {
    this.evidence = evidence;
    this.kernel = kernel;
    this.mode = new LaplaceModes(evidence, kernel, plan);
    const { p, m } = this.mode;
    const d = kernel.extras;
    this.p = p;
    this.m = m;
    this.d = d;
    const n = p + m + d;
    this.least = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
    this.least.set(kernel.least, p + m);
    this.most = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    if (evidence.family !== 'cumulative') {
      for (let e = 0; e < d; e++) if (kernel.least[e] !== 0) this.most[p + m + e] = LARGEST_LOG_DISPERSION;
    }
    this.origin = this.least.map((least) => (Number.isFinite(least) ? 1 : Number.POSITIVE_INFINITY));
    this.size = parameterSizes(evidence, n);
    this.diagonals = new Uint8Array(m);
    for (const { q, theta } of this.mode.terms) {
      for (let c = 0, at = theta; c < q; at += q - c, c++) this.diagonals[at] = 1;
    }
    this.bound();
    this.gradient = new Float64Array(n);
    this.hessian = new Float64Array(n * n);
    this.extras = new Float64Array(d);
    this.remainder = { value: 0, first: new Float64Array(d), second: new Float64Array(d * d) };
    this.point = new Float64Array(n);
    this.steps = new Float64Array(n);
    this.mass = evidence.mass.reduce((sum, mass) => sum + mass, 0);
  }

  /** Bounds factors by the largest deviation; by zero where an earlier term has the same effects, or a column is zero: the data say nothing of them. */
  private bound(): void {
    const { p, least, most, size } = this;
    const { effects, rows } = this.evidence;
    this.mode.terms.forEach(({ q, theta }, t) => {
      const { z } = effects[t];
      const twice = effects.slice(0, t).some((earlier) => sameEffects(earlier, effects[t]));
      const typical = typicalSizes(z, q);
      const empty = Array.from({ length: q }, (_, c) => twice || columnIsZero(z, q, c));
      for (let c = 0, j = p + theta; c < q; c++) {
        for (let r = c; r < q; r++, j++) {
          most[j] = rows === 0 || empty[r] || empty[c] ? 0 : LARGEST_DEVIATION * Math.max(size[j], typical[r]);
          least[j] = -most[j];
        }
      }
    });
  }

  get eta(): Float64Array {
    return this.mode.eta;
  }

  load(values: Float64Array, at: number): void {
    this.kernel.load(values, at);
    this.mode.forget();
  }

  evaluate(parameters: Float64Array, order: 0 | 1 | 2): number {
    if (order < 2 || !this.costlyHessian) return this.evaluateExactly(parameters, order);
    factorSteps(this.mode.terms, parameters.subarray(this.p), this.size, this.steps, this.p);
    const aids = { size: this.steps, modes: this.mode.u };
    return differenceHessian(this, (point) => this.evaluateExactly(point, 1), parameters, aids);
  }

  private evaluateExactly(parameters: Float64Array, order: 0 | 1 | 2): number {
    const { mode, kernel, extras, remainder, p, m, least, most } = this;
    for (let j = 0; j < least.length; j++) {
      if (!(parameters[j] >= least[j] && parameters[j] <= most[j])) return Number.NaN;
    }
    this.inverted = false;
    this.point.set(parameters);
    for (let e = 0; e < extras.length; e++) extras[e] = parameters[p + m + e];
    this.approach(parameters);
    const rows = (order + 1) as RowOrder;
    if (!mode.find(parameters, extras, rows)) return Number.NaN;
    kernel.remainder(extras, rows, remainder);
    if (order > 0) {
      this.gradient.fill(0);
      if (this.evidence.family === 'nbinom2') this.placeOrigin(extras[0]);
    }
    return this.integrate(order);
  }

  /** May bring the modes nearer to those of a point. */
  protected approach(_parameters: Float64Array): void {}

  /** The criterion at the modes just found, its gradient from `order` 1 on, and its Hessian with 2, which dear ones are not asked for. */
  protected abstract integrate(order: 0 | 1 | 2): number;

  /** Where 1/size turns from what the mean hides to what it shows, as of one random term. */
  private placeOrigin(nu: number): void {
    const { w } = this.mode.rows;
    let total = 0;
    for (let i = 0; i < w.length; i++) total += w[i];
    this.origin[this.p + this.m] = Math.max(this.mass / total - nu, 1e-3 * nu);
  }

  theta(parameters: Float64Array): Float64Array {
    return positiveDiagonals(this.mode.terms, parameters.subarray(this.p, this.p + this.m));
  }

  parametersOf(beta: Float64Array, theta: Float64Array, extras: Float64Array): Float64Array {
    const { p, m, least, most } = this;
    const point = Float64Array.of(...beta, ...theta, ...extras);
    for (let j = p; j < p + m; j++) point[j] = Math.min(most[j], Math.max(least[j], point[j]));
    return point;
  }

  fixedInformation(shift?: Float64Array): Float64Array {
    const { p, mode } = this;
    const { count: n } = mode.strata;
    const x = shiftedColumns(mode.strata.x, shift);
    const { w } = mode.rows;
    const information = new Float64Array(p * p);
    const column = new Float64Array(n);
    const At = new Float64Array(n);
    const t = new Float64Array(mode.plan.columns);
    for (let j = 0; j < p; j++) {
      // W (x - A H^-1 A'W x) for column j.
      for (let i = 0; i < n; i++) column[i] = w[i] * x[i * p + j];
      mode.solveTransposed(column, t);
      mode.addEffects(t, At);
      for (let i = 0; i < n; i++) {
        const value = column[i] - w[i] * At[i];
        for (let k = 0; k < p; k++) information[j * p + k] += value * x[i * p + k];
      }
    }
    return information;
  }

  effectVariance(levels: ArrayLike<number>, z: readonly ArrayLike<number>[]): number {
    return effectVariance(this.mode, this.point.subarray(this.p), levels, z);
  }

  modes(
    turns?: readonly (Float64Array | null)[],
  ): { readonly estimate: Float64Array; readonly standardError: Float64Array }[] {
    if (!this.inverted) this.mode.factor.invert();
    this.inverted = true;
    return termModes(this.mode, this.point.subarray(this.p), turns);
  }

  medianInformation(): number {
    const gamma = this.point[this.p] ** 2;
    return gamma > 0 ? median(this.modes()[0].standardError.map((error) => 1 / error ** 2 - 1 / gamma)) : Number.NaN;
  }

  typicalChange(step: Float64Array): number {
    return typicalChange(this.evidence.x, step);
  }
}

/**
 * Steps of differences in parameters of such sizes, into `steps`: those of a factor go by the size of its row, the effect's
 * standard deviation, where that is small. Factors stand at `from` among the steps.
 */
export function factorSteps(
  terms: readonly ModeTerm[],
  factors: Float64Array,
  size: Float64Array,
  steps: Float64Array,
  from: number,
): void {
  steps.set(size);
  for (const { q, theta } of terms) {
    for (let r = 0; r < q; r++) {
      let square = 0;
      for (let c = 0, at = theta + r; c <= r; c++, at += q - c) square += factors[at] ** 2;
      const own = FACTOR_STEP * Math.sqrt(square);
      for (let c = 0, at = from + theta + r; c <= r; c++, at += q - c) {
        steps[at] = Math.min(size[at], Math.max(own, SMALLEST_STEP * size[at]));
      }
    }
  }
}

function columnIsZero(z: Float64Array, q: number, c: number): boolean {
  for (let e = c; e < z.length; e += q) if (z[e] !== 0) return false;
  return true;
}

/** Whether two terms have the same columns, in whatever unit, and levels of the same rows. */
function sameEffects(a: FamilyEffects, b: FamilyEffects): boolean {
  if (a.z.length !== b.z.length) return false;
  const first = a.z.findIndex((value) => value !== 0);
  const unit = first < 0 ? 1 : b.z[first] / a.z[first];
  if (a.z.some((value, e) => Math.abs(value * unit - b.z[e]) > SAME * Math.abs(b.z[e]))) return false;
  const places = new Map<number, number>();
  const others = new Map<number, number>();
  return a.codes.every((code, i) => {
    const other = b.codes[i];
    if (!places.has(code)) places.set(code, other);
    if (!others.has(other)) others.set(other, code);
    return places.get(code) === other && others.get(other) === code;
  });
}

/** Changes that move linear predictors by one, about: of beta and theta by their columns. */
function parameterSizes({ x, effects, rows }: FamilyEvidence, length: number): Float64Array {
  const sizes = [...columnSizes(x, x.length / rows)];
  for (const { z } of effects) {
    const q = z.length / rows;
    const ofColumns = columnSizes(z, q);
    for (let c = 0; c < q; c++) sizes.push(...ofColumns.subarray(c));
  }
  return Float64Array.from({ length }, (_, j) => sizes[j] ?? 1);
}
