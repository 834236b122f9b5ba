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
import { EffectColumns, type EffectPlan } from './effect-columns.ts';
import type { FamilyKernel, RowDerivatives, RowOrder } from './family-kernel.ts';
import { StratumSums } from './stratum-sums.ts';

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
/** Linear predictors that every family has a likelihood at. */
const IN_RANGE = 20;
const HALVINGS = 40;

export class LaplaceModes extends EffectColumns {
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
  private readonly predictor: Float64Array;
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

  constructor(evidence: FamilyEvidence, kernel: FamilyKernel, plan: EffectPlan = {}) {
    super(evidence, plan);
    const { strata } = this;
    const { count } = strata;
    const { columns, components, rows, rowsFrom } = this.plan;
    const numbers = (length: number) => new Float64Array(length);
    this.evidence = evidence;
    this.eta = numbers(evidence.rows);
    this.predictor = numbers(count);
    this.sums = new StratumSums(kernel, strata);
    this.rows = this.sums.sums;
    [this.u, this.good, this.accepted, this.step] = Array.from({ length: 4 }, () => numbers(columns));
    [this.value, this.best, this.share, this.decrements] = Array.from({ length: 4 }, () => numbers(components));
    [this.stride, this.length] = [numbers(components), numbers(components)];
    this.halvings = new Int32Array(components);
    this.state = new Uint8Array(components);
    this.componentOf = new Int32Array(count);
    for (let c = 0; c < components; c++) {
      for (let j = rowsFrom[c]; j < rowsFrom[c + 1]; j++) this.componentOf[rows[j]] = c;
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
    if (this.beginWithin() && this.search(extras, order)) return true;
    this.u.set(this.good);
    return false;
  }

  /** Effects that bring linear predictors into range, by least squares; false where all are. */
  private beginWithin(): boolean {
    const { u, fixed, step, plan } = this;
    const { r, w } = this.rows;
    let out = false;
    for (let i = 0; i < fixed.length; i++) {
      r[i] = Math.max(-IN_RANGE, Math.min(IN_RANGE, fixed[i])) - fixed[i];
      w[i] = 1;
      if (r[i] !== 0) out = true;
    }
    if (!out) return false;
    u.fill(0);
    for (let c = 0; c < plan.components; c++) {
      const [from, to] = [plan.columnsFrom[c], plan.columnsFrom[c + 1]];
      if (Number.isNaN(this.factorAt(c, w, false))) return false;
      this.newtonStep(c, from, to);
      for (let j = from; j < to; j++) u[j] = step[j];
    }
    return true;
  }

  private search(extras: Float64Array, order: RowOrder): boolean {
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
        let logDet = this.factorAt(c, this.rows.w, false);
        const definite = !Number.isNaN(logDet);
        if (state[c] === 1) {
          if (!definite) return false;
          this.logDet += logDet;
          state[c] = 2;
          left--;
          continue;
        }
        if (!definite) logDet = this.factorAt(c, this.rows.w, true);
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

  /** The share of a step that moves no linear predictor too far; more than the whole after steps that are alike. */
  private shareOf(component: number): number {
    const { a, step, plan, predictor, stride, length } = this;
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
      most = Math.max(most, change / Math.max(LARGEST_STEP, LARGEST_SHARE * Math.abs(predictor[i])));
    }
    const alike = longest < LARGEST_STEP && longest > ALIKE * length[component] && length[component] > ALIKE * longest;
    stride[component] = alike ? Math.min(2 * stride[component], LONGEST_STRIDE) : 1;
    length[component] = longest;
    return most > 1 ? 1 / most : stride[component];
  }
}
