/**
 * Modes of the random effects of a generalised model, for any random terms: the maximum over u of
 *
 *     sum l_i(eta_i) - u'u / 2        eta = X beta + A u + offset        A = Z L_theta
 *
 * by Newton's method with H = I + A'WA, each connected component of levels with steps of its own (`level-fronts.ts`). Steps are
 * halved where they do not increase the penalised log likelihood. Where H is not positive definite on the way, rows with
 * negative W are left out of it; at the mode it must be.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { dot } from '../numeric/dense.ts';
import { triangleSize } from '../types/parameters.ts';
import { type FamilyKernel, type RowDerivatives, rowDerivatives } from './family-kernel.ts';
import { LevelFactor } from './level-factor.ts';
import { type LevelFronts, levelFronts } from './level-fronts.ts';

/** Decrement g'H^-1 g below which one full step more ends the search: its square is what Newton's step leaves. */
const LAST_STEP = 1e-11;
/** Decrement below which a difference of penalised log likelihoods is rounding. */
const NOISE = 1e-10;
/** Steps of such a decrement are taken without asking the likelihood: sums of large counts round off more than they gain. */
const BLIND = 1e-6;
/** Largest change of a linear predictor in one step, in link units; of one far out this part of it. */
const LARGEST_STEP = 4;
const LARGEST_SHARE = 0.5;
/** Steps this alike are those of an exponential far above its data, each about one unit long: the next may be twice as long. */
const ALIKE = 0.7;
const LONGEST_STRIDE = 1024;
const ITERATIONS = 100;
const HALVINGS = 40;

/** A random term: columns, place among the columns of a pseudo-row, place in theta. */
export interface ModeTerm {
  readonly q: number;
  readonly offset: number;
  readonly theta: number;
  readonly levels: number;
  /** First column of H of each level. */
  readonly columns: Int32Array;
}

export class LaplaceModes {
  readonly plan: LevelFronts;
  readonly factor: LevelFactor;
  /** In the order of the evidence. */
  readonly terms: readonly ModeTerm[];
  readonly p: number;
  readonly m: number;
  /** rows x width: columns of Z and of A that belong to a pseudo-row. */
  readonly z: Float64Array;
  readonly a: Float64Array;
  readonly eta: Float64Array;
  /** Of order 1 after a search of order 0, else of order 2. */
  readonly rows: RowDerivatives;
  /** Modes by column of H: a search begins from what stands here. */
  readonly u: Float64Array;
  /** sum l - u'u / 2 without the kernel's remainder, and log|H|, after a search. */
  penalised = 0;
  logDet = 0;

  private readonly evidence: FamilyEvidence;
  private readonly kernel: FamilyKernel;
  private readonly fixed: Float64Array;
  private readonly good: Float64Array;
  private readonly accepted: Float64Array;
  private readonly step: Float64Array;
  /** By component. */
  private readonly value: Float64Array;
  private readonly best: Float64Array;
  private readonly share: Float64Array;
  private readonly decrements: Float64Array;
  /** Of the last steps: how much longer than Newton's, and the largest change of a linear predictor. */
  private readonly stride: Float64Array;
  private readonly length: Float64Array;
  private readonly halvings: Int32Array;
  /** 0 searching, 1 on the last step, 2 done. */
  private readonly state: Uint8Array;
  private readonly componentOf: Int32Array;

  constructor(evidence: FamilyEvidence, kernel: FamilyKernel, split = true) {
    const { rows, effects, x } = evidence;
    const plan = levelFronts(effects, rows, split);
    this.evidence = evidence;
    this.kernel = kernel;
    this.plan = plan;
    this.factor = new LevelFactor(plan);
    this.p = x.length / rows;
    const terms: ModeTerm[] = new Array(effects.length);
    for (const group of plan.factors) {
      for (const { term, q, offset } of group.terms) {
        const columns = group.first.map((column) => column + offset);
        terms[term] = { q, offset: group.offset + offset, theta: 0, levels: group.levels, columns };
      }
    }
    let theta = 0;
    this.terms = terms.map((term) => {
      theta += triangleSize(term.q);
      return { ...term, theta: theta - triangleSize(term.q) };
    });
    this.m = theta;
    const numbers = (length: number) => new Float64Array(length);
    this.z = numbers(rows * plan.width);
    this.terms.forEach(({ q, offset }, t) => {
      for (let i = 0; i < rows; i++) {
        for (let c = 0; c < q; c++) this.z[i * plan.width + offset + c] = effects[t].z[i * q + c];
      }
    });
    this.a = numbers(rows * plan.width);
    this.eta = numbers(rows);
    this.fixed = numbers(rows);
    this.rows = rowDerivatives(rows, kernel.extras);
    [this.u, this.good, this.accepted, this.step] = Array.from({ length: 4 }, () => numbers(plan.columns));
    [this.value, this.best, this.share, this.decrements] = Array.from({ length: 4 }, () => numbers(plan.components));
    [this.stride, this.length] = [numbers(plan.components), numbers(plan.components)];
    this.halvings = new Int32Array(plan.components);
    this.state = new Uint8Array(plan.components);
    this.componentOf = new Int32Array(rows);
    for (let c = 0; c < plan.components; c++) {
      for (let j = plan.rowsFrom[c]; j < plan.rowsFrom[c + 1]; j++) this.componentOf[plan.rows[j]] = c;
    }
  }

  /** Begins anew at zero. */
  forget(): void {
    this.u.fill(0);
  }

  /**
   * The modes at some parameters: `u`, `eta`, `rows`, the factor of H, `penalised` and `logDet`. False where there are none; `u`
   * is then as before.
   */
  find(parameters: Float64Array, extras: Float64Array, order: 0 | 1): boolean {
    this.prepare(parameters);
    this.good.set(this.u);
    if (this.search(extras, order)) return true;
    // Modes of a far point may be no place to begin: once more from zero.
    this.u.fill(0);
    if (this.good.some((value) => value !== 0) && this.search(extras, order)) return true;
    this.u.set(this.good);
    return false;
  }

  /** X beta + offset, and the rows of A. */
  private prepare(parameters: Float64Array): void {
    const { p, a, z, fixed } = this;
    const { x, offset, rows } = this.evidence;
    const { width } = this.plan;
    for (let i = 0; i < rows; i++) fixed[i] = offset[i] + dot(x, i * p, parameters, 0, p);
    for (const { q, offset: at, theta } of this.terms) {
      for (let i = 0; i < rows; i++) {
        const row = i * width + at;
        let t = p + theta;
        for (let c = 0; c < q; c++) {
          let sum = 0;
          for (let r = c; r < q; r++) sum += z[row + r] * parameters[t++];
          a[row + c] = sum;
        }
      }
    }
  }

  private search(extras: Float64Array, order: 0 | 1): boolean {
    const { u, accepted, step, state, best, value, halvings, share, decrements, plan } = this;
    state.fill(0);
    halvings.fill(0);
    best.fill(Number.NEGATIVE_INFINITY);
    decrements.fill(Number.POSITIVE_INFINITY);
    this.stride.fill(1);
    this.length.fill(0);
    this.logDet = 0;
    let left = plan.components;
    for (let iteration = 0; left > 0; iteration++) {
      if (iteration === ITERATIONS) return false;
      // The derivatives that the gradient needs are formed once, where every component is at its mode or a step away.
      const last = order === 1 && !state.includes(0);
      this.penalise(extras, last ? 2 : 1);
      for (let c = 0; c < plan.components; c++) {
        if (state[c] === 2) continue;
        const from = plan.pivot[plan.frontsFrom[c]];
        const to = this.columnsEnd(c);
        const noise = 1e-11 * (1 + Math.abs(best[c]));
        const asked = state[c] === 0 && !(decrements[c] < BLIND);
        if (!Number.isFinite(value[c]) || (asked && value[c] < best[c] - noise)) {
          if (best[c] === Number.NEGATIVE_INFINITY || ++halvings[c] > HALVINGS) return false;
          share[c] /= 2;
          for (let j = from; j < to; j++) u[j] = accepted[j] + share[c] * step[j];
          continue;
        }
        best[c] = value[c];
        halvings[c] = 0;
        for (let j = from; j < to; j++) accepted[j] = u[j];
        let logDet = this.factorAt(c, false);
        const definite = !Number.isNaN(logDet);
        if (state[c] === 1) {
          if (!definite) return false;
          this.logDet += logDet;
          state[c] = 2;
          left--;
          continue;
        }
        if (!definite) logDet = this.factorAt(c, true);
        if (Number.isNaN(logDet)) return false;
        const decrement = this.newtonStep(c, from, to);
        if (!(decrement >= 0)) return false;
        decrements[c] = decrement;
        if (decrement < LAST_STEP) {
          if (!definite) return false;
          state[c] = 1;
        }
        share[c] = decrement < NOISE ? 1 : this.shareOf(c);
        for (let j = from; j < to; j++) u[j] = accepted[j] + share[c] * step[j];
      }
    }
    this.penalised = this.total();
    return true;
  }

  /** The penalised log likelihood; carries what sums of large counts round off, since the remainder takes most of it away. */
  private total(): number {
    const { u } = this;
    const { l } = this.rows;
    let sum = 0;
    let lost = 0;
    for (let i = 0; i < l.length; i++) {
      const next = sum + l[i];
      lost += Math.abs(sum) >= Math.abs(l[i]) ? sum - next + l[i] : l[i] - next + sum;
      sum = next;
    }
    for (let j = 0; j < u.length; j++) lost -= (u[j] * u[j]) / 2;
    return sum + lost;
  }

  private columnsEnd(component: number): number {
    const last = this.plan.frontsFrom[component + 1] - 1;
    return this.plan.pivot[last] + this.plan.k[last];
  }

  /** Linear predictors and derivatives at u, and the penalised log likelihood of each component. */
  private penalise(extras: Float64Array, order: 1 | 2): void {
    const { eta, fixed, u, value, componentOf, plan } = this;
    const n = this.evidence.rows;
    this.addEffects(u, eta, fixed);
    this.kernel.evaluate(eta, extras, order, this.rows);
    const { l } = this.rows;
    for (let c = 0, j = 0; c < plan.components; c++) {
      let sum = 0;
      for (const end = this.columnsEnd(c); j < end; j++) sum += u[j] * u[j];
      value[c] = -sum / 2;
    }
    for (let i = 0; i < n; i++) value[componentOf[i]] += l[i];
  }

  /** out = base + A v by pseudo-row; without base A v alone. */
  addEffects(v: Float64Array, out: Float64Array, base?: Float64Array): void {
    const { a, plan } = this;
    const { cellOf, cellColumn, width, factors } = plan;
    const F = factors.length;
    const n = this.evidence.rows;
    for (let i = 0; i < n; i++) {
      let sum = base ? base[i] : 0;
      const cell = cellOf[i] * F;
      for (let f = 0, at = i * width; f < F; f++) {
        const column = cellColumn[cell + f];
        const { q } = factors[f];
        for (let c = 0; c < q; c++) sum += a[at++] * v[column + c];
      }
      out[i] = sum;
    }
  }

  /** Forms and factors H of a component. */
  private factorAt(component: number, nonNegative: boolean): number {
    const { a, plan, factor } = this;
    const { cellOf, cellBlock, cellStride, width, factors, rows, rowsFrom } = plan;
    const { w } = this.rows;
    const { values } = factor;
    const F = factors.length;
    const pairs = (F * (F + 1)) / 2;
    factor.identity(component);
    for (let j = rowsFrom[component]; j < rowsFrom[component + 1]; j++) {
      const i = rows[j];
      const weight = w[i];
      if (nonNegative && weight < 0) continue;
      const cell = cellOf[i];
      let block = cell * pairs;
      for (let f = 0; f < F; f++) {
        const { q, offset } = factors[f];
        const row = i * width + offset;
        for (let g = 0; g <= f; g++, block++) {
          const at = cellBlock[block];
          const stride = cellStride[cell * F + g];
          const columns = factors[g].q;
          const other = i * width + factors[g].offset;
          for (let r = 0; r < q; r++) {
            const scaled = weight * a[row + r];
            const end = f === g ? r + 1 : columns;
            for (let c = 0; c < end; c++) values[at + r * stride + c] += scaled * a[other + c];
          }
        }
      }
    }
    return factor.factor(component);
  }

  /** H^-1 (A'r - u) of a component into `step`; returns the decrement. */
  private newtonStep(component: number, from: number, to: number): number {
    const { u, step, factor } = this;
    for (let j = from; j < to; j++) step[j] = -u[j];
    this.addTransposed(component, this.rows.r, step);
    // Of the gradient its product with the step is wanted: kept where the trial point will stand.
    for (let j = from; j < to; j++) u[j] = step[j];
    factor.solve(component, step);
    let decrement = 0;
    for (let j = from; j < to; j++) decrement += u[j] * step[j];
    return decrement;
  }

  /** out = H^-1 A'v. */
  solveTransposed(v: Float64Array, out: Float64Array): void {
    out.fill(0);
    for (let c = 0; c < this.plan.components; c++) {
      this.addTransposed(c, v, out);
      this.factor.solve(c, out);
    }
  }

  /** out += A'v over the rows of a component. */
  private addTransposed(component: number, v: Float64Array, out: Float64Array): void {
    const { a, plan } = this;
    const { cellOf, cellColumn, width, factors, rows, rowsFrom } = plan;
    const F = factors.length;
    for (let j = rowsFrom[component]; j < rowsFrom[component + 1]; j++) {
      const i = rows[j];
      const cell = cellOf[i] * F;
      for (let f = 0, at = i * width; f < F; f++) {
        const column = cellColumn[cell + f];
        const { q } = factors[f];
        for (let c = 0; c < q; c++) out[column + c] += a[at++] * v[i];
      }
    }
  }

  /** The share of a step that moves no linear predictor too far; more than the whole after steps that are alike. */
  private shareOf(component: number): number {
    const { a, step, plan, eta, stride, length } = this;
    const { cellOf, cellColumn, width, factors, rows, rowsFrom } = plan;
    const F = factors.length;
    let most = 0;
    let longest = 0;
    for (let j = rowsFrom[component]; j < rowsFrom[component + 1]; j++) {
      const i = rows[j];
      let sum = 0;
      for (let f = 0, at = i * width; f < F; f++) {
        const column = cellColumn[cellOf[i] * F + f];
        for (let c = 0; c < factors[f].q; c++) sum += a[at++] * step[column + c];
      }
      const change = Math.abs(sum);
      longest = Math.max(longest, change);
      most = Math.max(most, change / Math.max(LARGEST_STEP, LARGEST_SHARE * Math.abs(eta[i])));
    }
    const alike = longest < LARGEST_STEP && longest > ALIKE * length[component] && length[component] > ALIKE * longest;
    stride[component] = alike ? Math.min(2 * stride[component], LONGEST_STRIDE) : 1;
    length[component] = longest;
    return most > 1 ? 1 / most : stride[component];
  }
}
