/**
 * Modes of the random effects of a generalised model, for any random terms: the maximum over u of
 *
 *     sum l_i(eta_i) - u'u / 2        eta = X beta + A u + offset        A = Z L_theta
 *
 * by Newton's method with H = I + A'WA, each connected component of levels with steps of its own (`level-fronts.ts`). X, A and
 * the derivatives stand by stratum (`row-strata.ts`): pseudo-rows of one differ in offsets alone. Steps are
 * halved where they do not increase the penalised log likelihood. Where H is not positive definite on the way, rows with
 * negative W are left out of it; at the mode it must be.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { dot } from '../numeric/dense.ts';
import { triangleSize } from '../types/parameters.ts';
import type { FamilyKernel, RowDerivatives, RowOrder } from './family-kernel.ts';
import { LevelFactor } from './level-factor.ts';
import { type LevelFronts, levelFronts } from './level-fronts.ts';
import { type RowStrata, rowStrata } from './row-strata.ts';
import { StratumSums } from './stratum-sums.ts';

/** Decrement g'H^-1 g below which one full step more ends the search: its square is what Newton's step leaves. */
const LAST_STEP = 1e-11;
/** Decrement below which a difference of penalised log likelihoods is rounding. */
const NOISE = 1e-10;
/** Steps of such a decrement are taken without asking the likelihood: sums of large counts round off more than they gain. */
const BLIND = 1e-6;
/** Largest change of a linear predictor in one step, in link units. */
const LARGEST_STEP = 4;
const ITERATIONS = 100;
const HALVINGS = 40;

/** A random term: columns, place among the columns of a stratum, place in theta. */
export interface ModeTerm {
  readonly q: number;
  readonly offset: number;
  readonly theta: number;
  readonly levels: number;
  /** First column of H of each level. */
  readonly columns: Int32Array;
}

export class LaplaceModes {
  readonly strata: RowStrata;
  /** Its rows are the strata. */
  readonly plan: LevelFronts;
  readonly factor: LevelFactor;
  /** In the order of the evidence. */
  readonly terms: readonly ModeTerm[];
  readonly p: number;
  readonly m: number;
  /** strata x width: columns of Z and of A that belong to a stratum. */
  readonly z: Float64Array;
  readonly a: Float64Array;
  /** By pseudo-row. */
  readonly eta: Float64Array;
  /** Sums over the pseudo-rows of each stratum, after a search of the order that it was asked for. */
  readonly rows: RowDerivatives;
  /** Modes by column of H: a search begins from what stands here. */
  readonly u: Float64Array;
  /** sum l - u'u / 2 without the kernel's remainder, and log|H|, after a search. */
  penalised = 0;
  logDet = 0;

  private readonly evidence: FamilyEvidence;
  private readonly sums: StratumSums;
  private readonly fixed: Float64Array;
  private readonly predictor: Float64Array;
  private readonly good: Float64Array;
  private readonly accepted: Float64Array;
  private readonly step: Float64Array;
  /** By component. */
  private readonly value: Float64Array;
  private readonly best: Float64Array;
  private readonly share: Float64Array;
  private readonly decrements: Float64Array;
  private readonly halvings: Int32Array;
  /** 0 searching, 1 on the last step, 2 done. */
  private readonly state: Uint8Array;
  private readonly componentOf: Int32Array;

  /** @param split and collapse false for one component of all levels, and for strata of one pseudo-row each */
  constructor(evidence: FamilyEvidence, kernel: FamilyKernel, { split = true, collapse = true } = {}) {
    const strata = rowStrata(evidence, collapse);
    const { effects, count } = strata;
    const plan = levelFronts(effects, count, split);
    this.evidence = evidence;
    this.strata = strata;
    this.plan = plan;
    this.factor = new LevelFactor(plan);
    this.p = strata.x.length / count;
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
    this.z = numbers(count * plan.width);
    this.terms.forEach(({ q, offset }, t) => {
      for (let i = 0; i < count; i++) {
        for (let c = 0; c < q; c++) this.z[i * plan.width + offset + c] = effects[t].z[i * q + c];
      }
    });
    this.a = numbers(count * plan.width);
    this.eta = numbers(evidence.rows);
    this.fixed = numbers(count);
    this.predictor = numbers(count);
    this.sums = new StratumSums(kernel, strata);
    this.rows = this.sums.sums;
    [this.u, this.good, this.accepted, this.step] = Array.from({ length: 4 }, () => numbers(plan.columns));
    [this.value, this.best, this.share, this.decrements] = Array.from({ length: 4 }, () => numbers(plan.components));
    this.halvings = new Int32Array(plan.components);
    this.state = new Uint8Array(plan.components);
    this.componentOf = new Int32Array(count);
    for (let c = 0; c < plan.components; c++) {
      for (let j = plan.rowsFrom[c]; j < plan.rowsFrom[c + 1]; j++) this.componentOf[plan.rows[j]] = c;
    }
  }

  /** Begins anew at zero. */
  forget(): void {
    this.u.fill(0);
  }

  /**
   * The modes at some parameters: `u`, `eta`, `rows` of some order, the factor of H, `penalised` and `logDet`. False where there
   * are none; `u` is then as before.
   */
  find(parameters: Float64Array, extras: Float64Array, order: RowOrder): boolean {
    this.prepare(parameters);
    this.good.set(this.u);
    if (this.search(extras, order)) return true;
    // Modes of a far point may be no place to begin: once more from zero.
    this.u.fill(0);
    if (this.good.some((value) => value !== 0) && this.search(extras, order)) return true;
    this.u.set(this.good);
    return false;
  }

  /** X beta, and the rows of A. */
  private prepare(parameters: Float64Array): void {
    const { p, a, z, fixed } = this;
    const { x, count } = this.strata;
    const { width } = this.plan;
    for (let i = 0; i < count; i++) fixed[i] = dot(x, i * p, parameters, 0, p);
    for (const { q, offset: at, theta } of this.terms) {
      for (let i = 0; i < count; i++) {
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

  private search(extras: Float64Array, order: RowOrder): boolean {
    const { u, accepted, step, state, best, value, halvings, share, decrements, plan } = this;
    state.fill(0);
    halvings.fill(0);
    best.fill(Number.NEGATIVE_INFINITY);
    decrements.fill(Number.POSITIVE_INFINITY);
    this.logDet = 0;
    let left = plan.components;
    for (let iteration = 0; left > 0; iteration++) {
      if (iteration === ITERATIONS) return false;
      // The derivatives that the gradient needs are formed once, where every component is at its mode or a step away.
      const last = !state.includes(0);
      this.penalise(extras, last ? order : 1);
      for (let c = 0; c < plan.components; c++) {
        if (state[c] === 2) continue;
        const from = plan.columnsFrom[c];
        const to = plan.columnsFrom[c + 1];
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

  /** Linear predictors and derivatives at u, and the penalised log likelihood of each component. */
  private penalise(extras: Float64Array, order: RowOrder): void {
    const { eta, fixed, predictor, u, value, componentOf, plan, strata, sums } = this;
    const { offset } = this.evidence;
    const { of } = strata;
    this.addEffects(u, predictor, fixed);
    for (let i = 0; i < eta.length; i++) eta[i] = offset[i] + predictor[of[i]];
    sums.evaluate(eta, extras, order);
    const { l } = sums.sums;
    for (let c = 0, j = 0; c < plan.components; c++) {
      let sum = 0;
      for (const end = plan.columnsFrom[c + 1]; j < end; j++) sum += u[j] * u[j];
      value[c] = -sum / 2;
    }
    for (let i = 0; i < l.length; i++) value[componentOf[i]] += l[i];
  }

  /** out = base + A v by stratum; without base A v alone. */
  addEffects(v: Float64Array, out: Float64Array, base?: Float64Array): void {
    const { a, plan } = this;
    const { cellOf, cellColumn, width, factors } = plan;
    const F = factors.length;
    for (let i = 0; i < out.length; i++) {
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

  /** out += A'v over the strata of a component. */
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

  /** The share of a step that moves no linear predictor too far. */
  private shareOf(component: number): number {
    const { a, step, plan } = this;
    const { cellOf, cellColumn, width, factors, rows, rowsFrom } = plan;
    const F = factors.length;
    let most = 0;
    for (let j = rowsFrom[component]; j < rowsFrom[component + 1]; j++) {
      const i = rows[j];
      let sum = 0;
      for (let f = 0, at = i * width; f < F; f++) {
        const column = cellColumn[cellOf[i] * F + f];
        for (let c = 0; c < factors[f].q; c++) sum += a[at++] * step[column + c];
      }
      most = Math.max(most, Math.abs(sum));
    }
    return most > LARGEST_STEP ? LARGEST_STEP / most : 1;
  }
}
