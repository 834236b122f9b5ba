/**
 * Second derivatives of Laplace's criterion for any random terms, by connected components of H with dense matrices of their
 * columns, and the slopes of the modes. Of stratum i and parameter j, with e_j its derivative of eta at fixed u (x of a
 * coefficient, z_r u_c of a factor's L_rc, 0 of phi):
 *
 *     G_j = A'(w e_j) - A_j'r, -A'r_phi of phi      u_j = -H^-1 G_j            (slope of the mode)
 *     eta_j = e_j + A u_j      r_j = -w eta_j + [r_phi]      w_j = W' eta_j + [W_phi]
 *     H_j = sum w_j a a' + w (a_j a' + a a_j')      a_j = z_r at the column c of L_rc, 0 of others
 *
 * [..] of phi alone. With h, t, tau = A t, s = h W' and m = s - 2 r - w tau as the gradient has them (`laplace-objective.ts`), by
 * the product rule, and by t'H for what moves the second derivatives of the mode, which are never formed:
 *
 *     kappa_j = a_j'H^-1 a       sigma_j = -w (a_j't) + 2 W' kappa_j, h W'_phi - tau W_phi of phi      q = h W'' - tau W'
 *     f_jk = sum { eta_k (q eta_j + sigma_j + 2 w e_j, -2 r_phi of phi) + eta_j sigma_k
 *                  + m a_j'u_k + (m + 2 r) a_k'u_j + 2 w a_j'H^-1 a_k
 *                  + [a_k't r_phi + 2 W_phi kappa_k,  h W_phiphi + tau r_phiphi - 2 l_phiphi of both] }  -  tr H^-1 H_j H^-1 H_k
 *
 * The slopes extrapolate the modes to the next point of a search, too.
 */
import type { LaplaceModes } from './laplace-modes.ts';

/** Multiplications by parameter, per pseudo-row, from which on differences of gradients are cheaper. */
const CHEAP = 300;
/** Modes are extrapolated by at most this, in standard deviations of their distribution. */
const FARTHEST = 2;

/** What the gradient leaves, by stratum: leverages h, A t and m; and t by column of H. */
export interface GradientParts {
  readonly h: Float64Array;
  readonly At: Float64Array;
  readonly m: Float64Array;
  readonly t: Float64Array;
}

/** Numbers of parameters: coefficients, elements of factors, extras (0 or 1). */
interface Sizes {
  readonly p: number;
  readonly m: number;
  readonly d: number;
}

export class LaplaceCurvature {
  private readonly mode: LaplaceModes;
  private readonly p: number;
  private readonly d: number;
  private readonly n: number;
  /** Of a factor's element: its column among those of a stratum, and that of the effect it multiplies. */
  private readonly column: Int32Array;
  private readonly effect: Int32Array;
  /** Slopes of the modes, parameters x columns of H, with the point and the modes that they belong to. */
  private readonly slopes: Float64Array;
  private readonly anchor: Float64Array;
  private readonly anchorModes: Float64Array;
  private anchored = false;
  /** Of a component: H^-1; H_j, and H_j H^-1, parameters x columns x columns. */
  private readonly inverse: Float64Array;
  private readonly H: Float64Array;
  private readonly HInverse: Float64Array;
  private readonly unit: Float64Array;
  /** Of a stratum: columns within the component, H^-1 a there; e, eta_j, z, kappa and sigma by parameter. */
  private readonly place: Int32Array;
  private readonly C: Float64Array;
  private readonly e: Float64Array;
  private readonly along: Float64Array;
  private readonly z: Float64Array;
  private readonly sigma: Float64Array;

  constructor(mode: LaplaceModes, { p, m, d }: Sizes) {
    const { plan, terms } = mode;
    const n = p + m + d;
    this.mode = mode;
    this.p = p;
    this.d = d;
    this.n = n;
    const elements = terms.flatMap(({ q, offset }) =>
      Array.from({ length: q }, (_, c) => Array.from({ length: q - c }, (_, r) => [offset + c, offset + c + r])).flat(),
    );
    this.column = Int32Array.from(elements, ([c]) => c);
    this.effect = Int32Array.from(elements, ([, r]) => r);
    const numbers = (length: number) => new Float64Array(length);
    this.slopes = numbers(n * plan.columns);
    this.anchor = numbers(n);
    this.anchorModes = numbers(plan.columns);
    const most = Math.max(...componentColumns(mode));
    this.inverse = numbers(most * most);
    this.H = numbers(n * most * most);
    this.HInverse = numbers(n * most * most);
    this.unit = numbers(plan.columns);
    this.place = new Int32Array(plan.width);
    this.C = numbers(plan.width);
    [this.e, this.along, this.z, this.sigma] = Array.from({ length: 4 }, () => numbers(n));
  }

  /** Whether that takes no longer than differences of the gradient do on so many pseudo-rows. */
  static isCheap(mode: LaplaceModes, rows: number): boolean {
    const { width } = mode.plan;
    const dense = componentColumns(mode).reduce((sum, k) => sum + k * k * k, 0);
    return dense + mode.strata.count * width * width <= CHEAP * rows;
  }

  forget(): void {
    this.anchored = false;
  }

  /** Extrapolates the modes in `mode.u` from the point filled last to another. */
  follow(parameters: Float64Array): void {
    const { mode, n, slopes, anchor, anchorModes, anchored } = this;
    if (!anchored) return;
    const { u, plan } = mode;
    u.fill(0);
    for (let j = 0; j < n; j++) {
      const change = parameters[j] - anchor[j];
      if (change !== 0) for (let c = 0, at = j * u.length; c < u.length; c++) u[c] += change * slopes[at++];
    }
    for (let component = 0; component < plan.components; component++) {
      const from = plan.columnsFrom[component];
      const to = plan.columnsFrom[component + 1];
      let longest = 0;
      for (let c = from; c < to; c++) longest = Math.max(longest, Math.abs(u[c]));
      const share = longest > FARTHEST ? FARTHEST / longest : 1;
      for (let c = from; c < to; c++) u[c] = anchorModes[c] + share * u[c];
    }
  }

  /** The Hessian at the modes of a point, into `hessian`, whose derivatives by phi twice beside the pseudo-rows are `remainder`. */
  fill(point: Float64Array, parts: GradientParts, remainder: Float64Array, hessian: Float64Array): void {
    const { mode, n, d, anchor, anchorModes } = this;
    hessian.fill(0);
    if (d > 0) hessian[n * n - 1] = -2 * remainder[0];
    for (let component = 0; component < mode.plan.components; component++) this.addComponent(component, parts, hessian);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) hessian[j * n + i] = hessian[i * n + j];
    anchor.set(point);
    anchorModes.set(mode.u);
    this.anchored = true;
  }

  private addComponent(component: number, parts: GradientParts, hessian: Float64Array): void {
    const { mode, n, H, HInverse, inverse } = this;
    const { plan } = mode;
    const from = plan.columnsFrom[component];
    const k = plan.columnsFrom[component + 1] - from;
    this.invert(component, from, k);
    this.slopesOf(component, from, k);
    H.fill(0, 0, n * k * k);
    for (let j = plan.rowsFrom[component]; j < plan.rowsFrom[component + 1]; j++) {
      this.addStratum(plan.rows[j], from, k, parts, hessian);
    }
    HInverse.fill(0, 0, n * k * k);
    for (let j = 0; j < n * k; j++) {
      for (let b = 0; b < k; b++) {
        const value = H[j * k + b];
        // Levels that share no row.
        if (value === 0) continue;
        for (let c = 0; c < k; c++) HInverse[j * k + c] += value * inverse[b * k + c];
      }
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let trace = 0;
        for (let a = 0; a < k; a++) {
          const row = (i * k + a) * k;
          for (let b = 0, at = j * k * k + a; b < k; b++, at += k) trace += HInverse[row + b] * HInverse[at];
        }
        hessian[i * n + j] -= trace;
      }
    }
  }

  /** H^-1 of a component, from its factor. */
  private invert(component: number, from: number, k: number): void {
    const { mode, unit, inverse } = this;
    for (let j = 0; j < k; j++) {
      unit.fill(0, from, from + k);
      unit[from + j] = 1;
      mode.factor.solve(component, unit);
      for (let i = 0; i < k; i++) inverse[j * k + i] = unit[from + i];
    }
  }

  /** u_j = -H^-1 G_j over a component. */
  private slopesOf(component: number, from: number, k: number): void {
    const { mode, n, p, d, column, slopes, inverse, place, e, z, along } = this;
    const { plan, a, u, rows } = mode;
    const { width, columns } = plan;
    for (let j = 0; j < n; j++) slopes.fill(0, j * columns + from, j * columns + from + k);
    for (let j = plan.rowsFrom[component]; j < plan.rowsFrom[component + 1]; j++) {
      const i = plan.rows[j];
      this.locate(i, from);
      this.partials(i, u, from);
      for (let l = 0; l < n; l++) along[l] = -rows.w[i] * e[l];
      if (d > 0) along[n - 1] = rows.rE[i];
      for (let c = 0; c < width; c++) {
        const ac = a[i * width + c];
        for (let l = 0, at = from + place[c]; l < n; l++, at += columns) slopes[at] += along[l] * ac;
      }
      for (let l = p; l < n - d; l++) slopes[l * columns + from + place[column[l - p]]] += z[l] * rows.r[i];
    }
    const { unit } = this;
    for (let j = 0; j < n; j++) {
      const at = j * columns + from;
      for (let r = 0; r < k; r++) {
        let sum = 0;
        for (let c = 0; c < k; c++) sum += inverse[r * k + c] * slopes[at + c];
        unit[from + r] = sum;
      }
      for (let r = 0; r < k; r++) slopes[at + r] = unit[from + r];
    }
  }

  /** Where the columns of a stratum stand in its component. */
  private locate(i: number, from: number): void {
    const { cellOf, cellColumn, factors } = this.mode.plan;
    const F = factors.length;
    for (let f = 0, at = 0; f < F; f++) {
      const first = cellColumn[cellOf[i] * F + f] - from;
      for (let c = 0; c < factors[f].q; c++) this.place[at++] = first + c;
    }
  }

  /** e_j of a stratum, and z of the effects that the elements of factors multiply. */
  private partials(i: number, u: Float64Array, from: number): void {
    const { mode, n, p, d, column, effect, place, e, z } = this;
    const { x } = mode.strata;
    const { width } = mode.plan;
    for (let j = 0; j < p; j++) e[j] = x[i * p + j];
    for (let j = p; j < n - d; j++) {
      z[j] = mode.z[i * width + effect[j - p]];
      e[j] = z[j] * u[from + place[column[j - p]]];
    }
  }

  /** What a stratum adds to the Hessian but for traces, and to H_j. */
  private addStratum(i: number, from: number, k: number, parts: GradientParts, hessian: Float64Array): void {
    const { mode, n, p, d, column, place, inverse, slopes, C, e, along, z, sigma, H } = this;
    const { a, u, rows, plan } = mode;
    const { width, columns } = plan;
    const elements = n - d;
    const h = parts.h[i];
    const tau = parts.At[i];
    const m = parts.m[i];
    const r = rows.r[i];
    const w = rows.w[i];
    const w1 = rows.w1[i];
    const rE = d > 0 ? rows.rE[i] : 0;
    const wE = d > 0 ? rows.wE[i] : 0;
    this.locate(i, from);
    this.partials(i, u, from);
    const row = i * width;
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let b = 0; b < width; b++) sum += inverse[place[c] * k + place[b]] * a[row + b];
      C[c] = sum;
    }
    for (let j = 0; j < n; j++) {
      let sum = j < elements ? e[j] : 0;
      for (let c = 0, at = j * columns + from; c < width; c++) sum += a[row + c] * slopes[at + place[c]];
      along[j] = sum;
      sigma[j] = 0;
    }
    for (let j = p; j < elements; j++) {
      const c = column[j - p];
      sigma[j] = z[j] * (2 * w1 * C[c] - w * parts.t[from + place[c]]);
    }
    if (d > 0) sigma[n - 1] = h * rows.w1E[i] - tau * wE;

    const q = h * rows.w2[i] - tau * w1;
    for (let j = 0; j < n; j++) {
      const own = q * along[j] + sigma[j] + (j < elements ? 2 * w * e[j] : -2 * rE);
      const factor = j >= p && j < elements;
      const at = factor ? from + place[column[j - p]] : 0;
      const mz = factor ? m * z[j] : 0;
      for (let l = 0; l <= j; l++) {
        let sum = along[l] * own + along[j] * sigma[l];
        if (factor) sum += mz * slopes[l * columns + at];
        if (l >= p && l < elements) {
          const c = from + place[column[l - p]];
          sum += (m + 2 * r) * z[l] * slopes[j * columns + c];
          if (factor) sum += 2 * w * z[j] * z[l] * inverse[(at - from) * k + c - from];
          else sum += z[l] * (parts.t[c] * rE + 2 * wE * C[column[l - p]]);
        }
        hessian[j * n + l] += sum;
      }
    }
    if (d > 0) hessian[n * n - 1] += h * rows.wEE[i] + tau * rows.rEE[i] - 2 * rows.lEE[i];

    for (let j = 0; j < n; j++) {
      const first = j * k * k;
      const wj = w1 * along[j] + (j < elements ? 0 : wE);
      for (let c = 0; c < width; c++) {
        const scaled = wj * a[row + c];
        for (let b = 0, at = first + place[c] * k; b < width; b++) H[at + place[b]] += scaled * a[row + b];
      }
      if (j < p || j >= elements) continue;
      const own = place[column[j - p]];
      for (let c = 0; c < width; c++) {
        const value = w * z[j] * a[row + c];
        H[first + own * k + place[c]] += value;
        H[first + place[c] * k + own] += value;
      }
    }
  }
}

/** Columns of H of each component. */
function componentColumns(mode: LaplaceModes): number[] {
  const { components, columnsFrom } = mode.plan;
  return Array.from({ length: components }, (_, c) => columnsFrom[c + 1] - columnsFrom[c]);
}
