/**
 * Second derivatives of a criterion by differences of its exact gradient, of the fourth order: central ones,
 *
 *     (8 (g(h) - g(-h)) - (g(2h) - g(-2h))) / 12h,
 *
 * and forward ones where a parameter is within two steps of its least value. Steps move linear predictors by a thousandth, less
 * for factors that are themselves small: truncation and rounding are then both near 1e-10.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';

/** What is differentiated. */
export interface GradientCriterion {
  readonly p: number;
  readonly m: number;
  readonly least: Float64Array;
  readonly gradient: Float64Array;
  evaluate(parameters: Float64Array, order: 0 | 1): number;
}

/** A random term's columns and place in theta. */
interface Term {
  readonly q: number;
  readonly theta: number;
}

/** Steps in units of the linear predictor; that of a factor is a hundredth of its row's size within bounds. */
const STEP = 1e-3;
const FACTOR_STEP = 1e-2;
const SMALLEST_STEP = 2e-5;
/** Size that a bounded extra is given at least. */
const SMALLEST_EXTRA = 1e-4;
const SHORTENINGS = 6;

/** Points in steps, their weights in the difference (twelfths), and weights of the modes at the centre and the points before. */
interface Stencil {
  readonly at: readonly number[];
  readonly weights: readonly number[];
  readonly centre: number;
  readonly modes: readonly (readonly number[])[];
}

const CENTRAL = stencil([1, -1, 2, -2], [8, -8, -1, 1], 0);
const FORWARD = stencil([1, 2, 3, 4], [48, -36, 16, -3], -25);

/** A stencil whose modes are extrapolated by the polynomial through those that are known (Lagrange). */
function stencil(at: readonly number[], weights: readonly number[], centre: number): Stencil {
  const modes = at.map((x, i) => {
    const known = [0, ...at.slice(0, i)];
    return known.map((a) => known.reduce((product, b) => (a === b ? product : (product * (x - b)) / (a - b)), 1));
  });
  return { at, weights, centre, modes };
}

export class DifferenceHessian {
  private readonly criterion: GradientCriterion;
  private readonly modes: Float64Array;
  private readonly terms: readonly Term[];
  private readonly scales: Float64Array;
  private readonly point: Float64Array;
  private readonly centre: Float64Array;
  private readonly known: Float64Array[];

  /** `modes` are what an evaluation begins from and leaves behind. */
  constructor(criterion: GradientCriterion, modes: Float64Array, terms: readonly Term[], evidence: FamilyEvidence) {
    const size = criterion.gradient.length;
    this.criterion = criterion;
    this.modes = modes;
    this.terms = terms;
    this.scales = columnScales(evidence, terms);
    this.point = new Float64Array(size);
    this.centre = new Float64Array(size);
    this.known = Array.from({ length: 5 }, () => new Float64Array(modes.length));
  }

  /** The criterion with its gradient; fills `hessian` (row-major), with NaN where no step gives a difference. */
  evaluate(parameters: Float64Array, hessian: Float64Array): number {
    const { criterion, centre, known, modes } = this;
    const size = centre.length;
    const value = criterion.evaluate(parameters, 1);
    if (Number.isNaN(value)) return value;
    centre.set(criterion.gradient);
    known[0].set(modes);
    for (let j = 0; j < size; j++) {
      let h = this.stepOf(parameters, j);
      for (let i = 0; i < SHORTENINGS && !this.differentiate(parameters, j, h, hessian); i++) h /= 4;
    }
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) {
        const mean = (hessian[i * size + j] + hessian[j * size + i]) / 2;
        hessian[i * size + j] = mean;
        hessian[j * size + i] = mean;
      }
    }
    // What is read after an evaluation belongs to its own point.
    modes.set(known[0]);
    return criterion.evaluate(parameters, 1);
  }

  /** Row j; false, and NaN, where a point has no criterion. */
  private differentiate(parameters: Float64Array, j: number, h: number, hessian: Float64Array): boolean {
    const { criterion, centre, known, modes, point } = this;
    const size = centre.length;
    const {
      at,
      weights,
      centre: own,
      modes: extrapolation,
    } = parameters[j] - 2 * h < criterion.least[j] ? FORWARD : CENTRAL;
    const row = j * size;
    for (let i = 0; i < size; i++) hessian[row + i] = (own * centre[i]) / (12 * h);
    point.set(parameters);
    for (let s = 0; s < at.length; s++) {
      modes.fill(0);
      extrapolation[s].forEach((weight, k) => {
        const u = known[k];
        for (let i = 0; i < u.length; i++) modes[i] += weight * u[i];
      });
      point[j] = parameters[j] + at[s] * h;
      if (Number.isNaN(criterion.evaluate(point, 1))) {
        hessian.fill(Number.NaN, row, row + size);
        return false;
      }
      known[s + 1].set(modes);
      const weight = weights[s] / (12 * h);
      for (let i = 0; i < size; i++) hessian[row + i] += weight * criterion.gradient[i];
    }
    return true;
  }

  private stepOf(parameters: Float64Array, j: number): number {
    const { p, m, least } = this.criterion;
    if (j < p) return STEP * this.scales[j];
    if (j >= p + m) {
      return Number.isFinite(least[j]) ? STEP * Math.max(Math.abs(parameters[j]), SMALLEST_EXTRA) : STEP;
    }
    const { size, scale } = this.rowOf(parameters, j);
    return Math.min(Math.max(FACTOR_STEP * size, SMALLEST_STEP * scale), STEP * scale);
  }

  /** Size of the row of a factor that parameter j stands in: the effect's standard deviation; and its scale. */
  private rowOf(parameters: Float64Array, j: number): { size: number; scale: number } {
    const { p } = this.criterion;
    for (const { q, theta } of this.terms) {
      for (let c = 0, at = p + theta; c < q; c++) {
        for (let r = c; r < q; r++, at++) {
          if (at !== j) continue;
          let square = 0;
          for (let l = 0, column = p + theta; l <= r; l++, column += q - l + 1)
            square += parameters[column + r - l] ** 2;
          return { size: Math.sqrt(square), scale: this.scales[j] };
        }
      }
    }
    return { size: 0, scale: 1 };
  }
}

/** Changes of beta and theta that move linear predictors by one, about. */
function columnScales({ rows, x, effects }: FamilyEvidence, terms: readonly Term[]): Float64Array {
  const p = x.length / rows;
  const ofColumn = (values: Float64Array, column: number, columns: number) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += values[i * columns + column] ** 2;
    return sum > 0 ? Math.sqrt(rows / sum) : 1;
  };
  const scales = Array.from({ length: p }, (_, j) => ofColumn(x, j, p));
  terms.forEach(({ q }, t) => {
    for (let c = 0; c < q; c++) for (let r = c; r < q; r++) scales.push(ofColumn(effects[t].z, r, q));
  });
  return Float64Array.from(scales);
}
