/**
 * Coefficients to begin with: a generalised linear model without random effects, by iteratively reweighted least squares with
 * the observed information. A family's likelihood far from its data is flat or steep beyond use, so that the level of all
 * linear predictors comes first: along d, the coefficients that are nearest to adding 1 to each, R = sum r and V = sum W give
 * the step log(1 + R / V), exact for a log link, and close to Newton's R / V where that is small.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { backwardSolve, choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import type { Extras, FamilyKernel, RowDerivatives } from './family-kernel.ts';
import { rowDerivatives } from './family-kernel.ts';

const LEVELLING = 3;
/** What log(1 + R / V) is taken for where nearly all is below. */
const LOWEST_LEVEL = -3;
const MAXIMAL_STEPS = 25;
/** A gain after which what is left, about its square, is a tenth of a standard error: close enough for a start. */
const CLOSE = 0.1;
/** Longest step of a linear predictor. */
const LONGEST = 4;

export class FamilyStart {
  readonly beta: Float64Array;
  readonly eta: Float64Array;
  private readonly kernel: FamilyKernel;
  private readonly evidence: FamilyEvidence;
  private readonly derivatives: RowDerivatives;
  private readonly step: Float64Array;
  private readonly information: Float64Array;
  private readonly moved: Float64Array;
  private value = 0;

  constructor(evidence: FamilyEvidence, kernel: FamilyKernel) {
    const { rows, x } = evidence;
    const p = rows === 0 ? 0 : x.length / rows;
    this.evidence = evidence;
    this.kernel = kernel;
    this.derivatives = rowDerivatives(rows, kernel.extras);
    this.beta = new Float64Array(p);
    this.eta = new Float64Array(rows);
    this.step = new Float64Array(p);
    this.information = new Float64Array(p * p);
    this.moved = new Float64Array(rows);
  }

  /** Finds `beta`, with `eta` its linear predictors, of the response that the kernel has. */
  find(): void {
    const { beta, eta, evidence, kernel, step } = this;
    beta.fill(0);
    eta.set(evidence.offset);
    const { least } = kernel;
    // A limit of the family is the simplest to begin with.
    const extras = kernel.starts(eta)[0].map((value, e) => (Number.isFinite(least[e]) ? least[e] : value));
    this.evaluate(eta, extras);
    for (let round = 0; round < LEVELLING; round++) {
      const { r, w } = this.derivatives;
      let R = 0;
      let V = 0;
      for (let i = 0; i < eta.length; i++) {
        R += r[i];
        V += w[i];
      }
      if (!(V > 0)) break;
      const level = R / V > -0.95 ? Math.log1p(R / V) : LOWEST_LEVEL;
      if (Math.abs(level) < 0.1 || !this.solve(w)) break;
      for (let k = 0; k < step.length; k++) step[k] *= level;
      if (!this.move(extras)) break;
    }
    for (let round = 0; round < MAXIMAL_STEPS; round++) {
      if (!this.solve(this.derivatives.r)) return;
      const gain = this.gain;
      if (!this.move(extras) || gain < CLOSE) return;
    }
  }

  /** Sum of W where the search ended. */
  get totalInformation(): number {
    let total = 0;
    for (const w of this.derivatives.w) total += w;
    return total;
  }

  private gain = 0;

  /** step = (X'WX)^-1 X'v, and its gain v'X step / 2. */
  private solve(v: Float64Array): boolean {
    const { evidence, information: a, step, derivatives } = this;
    const { x } = evidence;
    const p = step.length;
    const { w } = derivatives;
    // Sums in variables of their own: p is small.
    for (let j = 0; j < p; j++) {
      let slope = 0;
      for (let i = 0, at = j; i < v.length; i++, at += p) slope += v[i] * x[at];
      step[j] = slope;
      for (let k = 0; k <= j; k++) {
        let sum = 0;
        for (let i = 0, at = 0; i < v.length; i++, at += p) {
          const weight = w[i];
          if (weight > 0) sum += weight * x[at + j] * x[at + k];
        }
        a[j * p + k] = sum;
      }
    }
    // A little more than nothing in directions that the data have lost.
    for (let j = 0; j < p; j++) a[j * p + j] *= 1 + 1e-10;
    if (Number.isNaN(choleskyInPlace(a, p))) return false;
    forwardSolve(a, p, step);
    let gain = 0;
    for (let j = 0; j < p; j++) gain += step[j] * step[j];
    this.gain = gain / 2;
    backwardSolve(a, p, step);
    return true;
  }

  /** Takes the step, or a part of it that does not lower the likelihood. */
  private move(extras: Extras): boolean {
    const { beta, eta, step, moved, evidence } = this;
    const { x } = evidence;
    const p = step.length;
    let longest = 0;
    for (let i = 0; i < eta.length; i++) {
      let sum = 0;
      for (let k = 0; k < p; k++) sum += x[i * p + k] * step[k];
      moved[i] = sum;
      longest = Math.max(longest, Math.abs(sum));
    }
    if (!Number.isFinite(longest)) return false;
    const before = this.value;
    let scale = Math.min(1, LONGEST / longest);
    for (let i = 0; i < eta.length; i++) eta[i] += scale * moved[i];
    for (let tries = 0; ; tries++) {
      this.evaluate(eta, extras);
      if (this.value >= before - 1e-10 * Math.abs(before)) break;
      const next = tries < 12 ? scale / 3 : 0;
      for (let i = 0; i < eta.length; i++) eta[i] += (next - scale) * moved[i];
      scale = next;
      if (next === 0) {
        this.evaluate(eta, extras);
        return false;
      }
    }
    for (let k = 0; k < p; k++) beta[k] += scale * step[k];
    return true;
  }

  private evaluate(eta: Float64Array, extras: Extras): void {
    const { kernel, derivatives } = this;
    kernel.evaluate(eta, extras, 1, derivatives);
    let total = 0;
    for (let i = 0; i < eta.length; i++) total += derivatives.l[i];
    this.value = total;
  }
}
