/**
 * Cholesky factor of H = I + A'WA on planned fronts (`level-fronts.ts`), component by component: H = L L', log|H|, H^-1 v, and
 * the elements of H^-1 between columns of one front, which are all that leverages need (K. Takahashi, J. Fagan and M.-S. Chin,
 * "Formation of a sparse bus impedance matrix", 1973): with K = L_c L_p^-1 of a front's pivots p and the columns c below,
 *
 *     (H^-1)_cp = -(H^-1)_cc K        (H^-1)_pp = (L_p L_p')^-1 - K'(H^-1)_cp        from the last front to the first.
 */
import { backwardSolve, choleskyInPlace, forwardSolve, inverseFromCholesky } from '../numeric/cholesky.ts';
import { choleskyLarge, dot, inverseLarge } from '../numeric/dense.ts';
import type { LevelFronts } from './level-fronts.ts';

/** Pivots from which the kernels of large matrices are faster. */
const LARGE = 96;

export class LevelFactor {
  /** Lower triangles of H, then of L, front by front. */
  readonly values: Float64Array;
  /** Those of H^-1 after `invert`. */
  readonly inverse: Float64Array;
  private readonly plan: LevelFronts;
  private readonly diagonal: Int32Array;
  private readonly pivots: Float64Array;
  private readonly pivotInverse: Float64Array;
  private readonly work: Float64Array;
  private readonly K: Float64Array;

  constructor(plan: LevelFronts) {
    this.plan = plan;
    const { k, w, at, stride, pivot } = plan;
    this.values = new Float64Array(plan.values);
    this.inverse = new Float64Array(plan.values);
    this.diagonal = new Int32Array(plan.columns);
    let most = 0;
    let below = 0;
    for (let s = 0; s < plan.fronts; s++) {
      most = Math.max(most, k[s]);
      below = Math.max(below, k[s] * w[s]);
      for (let c = 0; c < k[s]; c++) this.diagonal[pivot[s] + c] = at[s] + c * (stride[s] + 1);
    }
    this.pivots = new Float64Array(most * most);
    this.pivotInverse = new Float64Array(most * most);
    this.work = new Float64Array(most >= LARGE ? most * most : 0);
    this.K = new Float64Array(below);
  }

  /** Sets H of a component to the identity; its blocks are added to `values` then. */
  identity(component: number): void {
    const { frontsFrom, columnsFrom, at, fronts } = this.plan;
    const from = frontsFrom[component];
    const to = frontsFrom[component + 1];
    this.values.fill(0, at[from], to < fronts ? at[to] : this.values.length);
    const end = columnsFrom[component + 1];
    for (let c = columnsFrom[component]; c < end; c++) this.values[this.diagonal[c]] = 1;
  }

  /** Factors a component in place; returns its log|H|, NaN where H is not positive definite. */
  factor(component: number): number {
    const { frontsFrom } = this.plan;
    let logDet = 0;
    for (let s = frontsFrom[component]; s < frontsFrom[component + 1]; s++) {
      const part = this.factorPivots(s);
      if (Number.isNaN(part)) return part;
      logDet += part;
      if (this.plan.w[s] > 0) this.updateParent(s);
    }
    return logDet;
  }

  private factorPivots(s: number): number {
    const { values, plan } = this;
    const k = plan.k[s];
    const at = plan.at[s];
    const stride = plan.stride[s];
    let logDet = 0;
    if (k >= LARGE && stride === k) {
      const block = values.subarray(at, at + k * k);
      if (!choleskyLarge(block, k)) return Number.NaN;
      for (let i = 0; i < k; i++) logDet += 2 * Math.log(block[i * k + i]);
    } else {
      logDet = choleskyInPlace(values, k, at, stride);
    }
    const end = k + plan.w[s];
    for (let i = k; i < end; i++) forwardSolve(values, k, values, at + i * stride, 1, at, stride);
    return logDet;
  }

  /** Adds the Schur complement of the pivots to the parent's front. */
  private updateParent(s: number): void {
    const { values, plan } = this;
    const { relative } = plan;
    const k = plan.k[s];
    const w = plan.w[s];
    const stride = plan.stride[s];
    const first = plan.at[s] + k * stride;
    const to = plan.at[plan.parent[s]];
    const step = plan.stride[plan.parent[s]];
    const rel = plan.belowAt[s];
    const own = stride > k;
    for (let c = 0; c < w; c++) {
      const row = first + c * stride;
      const target = to + relative[rel + c] * step;
      if (k === 1 && !own) {
        const value = values[row];
        for (let d = 0; d <= c; d++) values[target + relative[rel + d]] -= value * values[first + d];
        continue;
      }
      for (let d = 0; d <= c; d++) {
        const update = dot(values, row, values, first + d * stride, k);
        values[target + relative[rel + d]] += own ? values[row + k + d] - update : -update;
      }
    }
  }

  /** x = H^-1 x over the columns of a component. */
  solve(component: number, x: Float64Array): void {
    const { values, plan } = this;
    const { frontsFrom, below, pivot } = plan;
    const from = frontsFrom[component];
    const to = frontsFrom[component + 1];
    for (let s = from; s < to; s++) {
      const k = plan.k[s];
      const stride = plan.stride[s];
      const p = pivot[s];
      forwardSolve(values, k, x, p, 1, plan.at[s], stride);
      const row = plan.at[s] + k * stride;
      for (let c = 0; c < plan.w[s]; c++) {
        x[below[plan.belowAt[s] + c]] -= dot(values, row + c * stride, x, p, k);
      }
    }
    for (let s = to - 1; s >= from; s--) {
      const k = plan.k[s];
      const stride = plan.stride[s];
      const p = pivot[s];
      const first = plan.at[s] + k * stride;
      for (let c = 0; c < plan.w[s]; c++) {
        const value = x[below[plan.belowAt[s] + c]];
        for (let i = 0, row = first + c * stride; i < k; i++) x[p + i] -= values[row + i] * value;
      }
      backwardSolve(values, k, x, p, 1, plan.at[s], stride);
    }
  }

  /** The elements of H^-1 within fronts, of all components, into `inverse`. */
  invert(): void {
    for (let s = this.plan.fronts - 1; s >= 0; s--) {
      this.invertPivots(s);
      if (this.plan.w[s] > 0) this.invertBelow(s);
    }
  }

  /** (L_p L_p')^-1 in the place of the pivots; L_p stays in `pivots`. */
  private invertPivots(s: number): void {
    const { values, inverse, plan, pivots, pivotInverse } = this;
    const k = plan.k[s];
    const at = plan.at[s];
    const stride = plan.stride[s];
    if (k === 1) {
      pivots[0] = values[at];
      inverse[at] = 1 / (values[at] * values[at]);
      return;
    }
    for (let i = 0; i < k; i++) for (let j = 0; j <= i; j++) pivots[i * k + j] = values[at + i * stride + j];
    if (k >= LARGE) inverseLarge(pivots, k, pivotInverse, this.work);
    else inverseFromCholesky(pivots, k, pivotInverse);
    for (let i = 0; i < k; i++) for (let j = 0; j <= i; j++) inverse[at + i * stride + j] = pivotInverse[i * k + j];
  }

  private invertBelow(s: number): void {
    const { values, inverse, plan, K } = this;
    const { relative } = plan;
    const k = plan.k[s];
    const w = plan.w[s];
    const at = plan.at[s];
    const stride = plan.stride[s];
    const first = at + k * stride;
    const rel = plan.belowAt[s];
    const above = plan.at[plan.parent[s]];
    const step = plan.stride[plan.parent[s]];
    for (let c = 0; c < w; c++) {
      for (let i = 0; i < k; i++) {
        K[c * k + i] = values[first + c * stride + i];
        inverse[first + c * stride + i] = 0;
      }
      backwardSolve(this.pivots, k, K, c * k);
    }
    for (let c = 0; c < w; c++) {
      const from = above + relative[rel + c] * step;
      const row = first + c * stride;
      for (let d = 0; d <= c; d++) {
        const value = inverse[from + relative[rel + d]];
        if (stride > k) inverse[row + k + d] = value;
        const other = first + d * stride;
        for (let i = 0; i < k; i++) inverse[row + i] -= value * K[d * k + i];
        if (d < c) for (let i = 0; i < k; i++) inverse[other + i] -= value * K[c * k + i];
      }
    }
    for (let i = 0; i < k; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let c = 0; c < w; c++) sum += K[c * k + i] * inverse[first + c * stride + j];
        inverse[at + i * stride + j] -= sum;
      }
    }
  }
}
