/**
 * Adaptive Gauss-Hermite quadrature for one random term with one column (Q. Liu and D. A. Pierce, "A note on Gauss-Hermite
 * quadrature", Biometrika 81 (1994)): nodes z_k of the standard normal density with weights p_k, about the mode u of each level and
 * scaled by H = 1 + sum a_i^2 W_i there, a_i = theta z_i:
 *
 *     f = sum_levels [ log H - 2 log sum_k e_k ]      e_k = p_k exp( sum l_i(u_k) - u_k^2/2 + z_k^2/2 )      u_k = u + z_k / sqrt(H)
 *
 * One node is Laplace's approximation. Since e_k is at most p_k exp(z_k^2/2), about one, times its value at the mode, sums are
 * formed relative to that. Its gradient is exact: with weights e_k / sum e, score S_k = sum a_i r_i(u_k) - u_k of u, K = sum a^3 W',
 *
 *     c = -1/(2H) - sum_k w_k S_k z_k / (2 H^(3/2))        T = (sum_k w_k S_k + c K) / H
 *     d log L/dbeta  = sum x_i ( sum_k w_k r_i(u_k) + c a_i^2 W'_i - T a_i W_i )
 *     d log L/dtheta = sum_k w_k u_k sum z_i r_i(u_k) + c sum z_i a_i (a_i W'_i u + 2 W_i) + T sum z_i (r_i - a_i W_i u)
 *     d log L/dphi   = sum_k w_k dl/dphi(u_k) + c sum a_i^2 dW_i/dphi + T sum a_i dr_i/dphi
 *
 * where what has no k is at the mode: c stands for what H changes, T for what the mode does.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { gaussHermite } from '../numeric/gauss-hermite.ts';
import type { Quadrature } from '../numeric/gauss-legendre.ts';
import { type FamilyKernel, type RowDerivatives, rowDerivatives } from './family-kernel.ts';
import { ModeObjective } from './mode-objective.ts';

export class QuadratureObjective extends ModeObjective {
  readonly costlyHessian = true;
  private readonly rule: Quadrature;
  /** Column of H of each pseudo-row. */
  private readonly level: Int32Array;
  /** Derivatives and predictors at a node. */
  private readonly node: RowDerivatives;
  private readonly predictor: Float64Array;
  /** sum_k e_k r_i(u_k) by pseudo-row. */
  private readonly score: Float64Array;
  /** By level: H, sum l at the mode, e_k, and sums over nodes of e, e S, e S z, e u_k sum z r. */
  private readonly H: Float64Array;
  private readonly height: Float64Array;
  private readonly e: Float64Array;
  private readonly total: Float64Array;
  private readonly first: Float64Array;
  private readonly second: Float64Array;
  private readonly slope: Float64Array;
  private readonly zr: Float64Array;
  /** sum_k e_k dl/dphi by level, extra by extra. */
  private readonly extra: Float64Array;

  /** @param nodes at least one */
  constructor(evidence: FamilyEvidence, kernel: FamilyKernel, nodes: number) {
    // Nodes move the rows of a stratum apart: what is summed over them differs from node to node.
    super(evidence, kernel, { collapse: false });
    const { plan } = this.mode;
    if (this.m !== 1) throw new RangeError('quadrature is for one random term with one column');
    const { rows } = evidence;
    this.rule = gaussHermite(nodes);
    this.level = Int32Array.from({ length: rows }, (_, i) => plan.cellColumn[plan.cellOf[i]]);
    this.node = rowDerivatives(rows, kernel.extras);
    this.predictor = new Float64Array(rows);
    this.score = new Float64Array(rows);
    const byLevel = () => new Float64Array(plan.columns);
    [this.H, this.height, this.e, this.total] = [byLevel(), byLevel(), byLevel(), byLevel()];
    [this.first, this.second, this.slope, this.zr] = [byLevel(), byLevel(), byLevel(), byLevel()];
    this.extra = new Float64Array(plan.columns * kernel.extras);
  }

  protected integrate(order: 0 | 1 | 2): number {
    const { mode, remainder, rule, level, H, height, total, score } = this;
    const { plan, factor, u, rows } = mode;
    for (let g = 0; g < H.length; g++) {
      H[g] = factor.values[plan.at[g]] ** 2;
      height[g] = -0.5 * u[g] * u[g];
    }
    for (let i = 0; i < level.length; i++) height[level[i]] += rows.l[i];
    total.fill(0);
    if (order > 0) for (const sums of [score, this.first, this.second, this.slope, this.extra]) sums.fill(0);
    for (let k = 0; k < rule.nodes.length; k++) this.addNode(rule.nodes[k], rule.weights[k], order);
    if (order > 0) this.differentiate();
    let value = -2 * (mode.penalised + remainder.value) + mode.logDet;
    for (let g = 0; g < total.length; g++) value -= 2 * Math.log(total[g]);
    return value;
  }

  private addNode(z: number, weight: number, order: 0 | 1 | 2): void {
    const { mode, kernel, extras, level, node, predictor, H, height, e, total, score, zr, d } = this;
    const { a, u } = mode;
    const n = level.length;
    for (let i = 0; i < n; i++) predictor[i] = mode.eta[i] + (a[i] * z) / Math.sqrt(H[level[i]]);
    kernel.evaluate(predictor, extras, order > 0 && d > 0 ? 2 : 1, node);
    const { l, r, lE } = node;
    for (let g = 0; g < e.length; g++) e[g] = -0.5 * (u[g] + z / Math.sqrt(H[g])) ** 2 - height[g];
    for (let i = 0; i < n; i++) e[level[i]] += l[i];
    for (let g = 0; g < e.length; g++) {
      e[g] = weight * Math.exp(e[g] + 0.5 * z * z);
      total[g] += e[g];
    }
    if (order === 0) return;
    zr.fill(0);
    for (let i = 0; i < n; i++) {
      zr[level[i]] += mode.z[i] * r[i];
      score[i] += e[level[i]] * r[i];
    }
    const theta = this.point[this.p];
    for (let g = 0; g < e.length; g++) {
      const at = u[g] + z / Math.sqrt(H[g]);
      const S = theta * zr[g] - at;
      this.first[g] += e[g] * S;
      this.second[g] += e[g] * S * z;
      this.slope[g] += e[g] * at * zr[g];
    }
    for (let j = 0; j < d; j++) {
      const from = j * e.length;
      for (let i = 0; i < n; i++) this.extra[from + level[i]] += e[level[i]] * lE[j * n + i];
    }
  }

  private differentiate(): void {
    const { mode, evidence, gradient, remainder, level, score, H, total, first, second, slope, extra, zr, p, m, d } =
      this;
    const { a, z, u } = mode;
    const { r, w, w1, rE, wE } = mode.rows;
    const { x } = evidence;
    const n = level.length;
    const levels = H.length;
    // c and T take the places of the sums that they are made of.
    const K = zr.fill(0);
    for (let i = 0; i < n; i++) K[level[i]] += a[i] ** 3 * w1[i];
    for (let g = 0; g < levels; g++) {
      const c = -0.5 / H[g] - (0.5 * second[g]) / (total[g] * H[g] ** 1.5);
      first[g] = (first[g] / total[g] + c * K[g]) / H[g];
      second[g] = c;
      gradient[p] -= (2 * slope[g]) / total[g];
    }
    for (let i = 0; i < n; i++) {
      const g = level[i];
      const c = second[g];
      const T = first[g];
      const own = -2 * (score[i] / total[g] + c * a[i] * a[i] * w1[i] - T * a[i] * w[i]);
      for (let j = 0; j < p; j++) gradient[j] += own * x[i * p + j];
      gradient[p] -= 2 * z[i] * (c * a[i] * (a[i] * w1[i] * u[g] + 2 * w[i]) + T * (r[i] - a[i] * w[i] * u[g]));
    }
    for (let j = 0; j < d; j++) {
      let sum = remainder.first[j];
      for (let g = 0; g < levels; g++) sum += extra[j * levels + g] / total[g];
      for (let i = 0, at = j * n; i < n; i++, at++) {
        const g = level[i];
        sum += second[g] * a[i] * a[i] * wE[at] + first[g] * a[i] * rE[at];
      }
      gradient[p + m + j] = -2 * sum;
    }
  }
}
