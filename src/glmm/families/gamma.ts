import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import { ReciprocalBinet } from '../../numeric/reciprocal-binet.ts';
import type { Extras, Remainder, RowDerivatives, RowOrder } from '../family-kernel.ts';
import { ResponseKernel } from './response-kernel.ts';

const LOG_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Mean deviance of responses that lie on their means. */
const LEAST_DEVIANCE = 1e-12;

/**
 * Gamma responses of mean exp(eta) and shape s, log link; the extra is log s. Of a pseudo-row with weights n and mean Y / n of
 * y exp(-o), delta = log(Y / n) - eta:
 *
 *     l = -s n (expm1(delta) - delta)     r = s n expm1(delta)     W = W'' = s n exp(delta)     W' = -W
 *
 * all proportional to s. With T_1 = sum w (log y - o), T_2 = sum w log y, N = sum n there stands beside the pseudo-rows
 *
 *     N (log(s) / 2 - log(2 pi) / 2 - binet(s)) + s (T_1 - sum n log(Y / n)) - T_2
 */
export class GammaKernel extends ResponseKernel {
  readonly hasSecond = true;
  /** log(Y / n) of each pseudo-row. */
  private readonly level: Float64Array;
  private readonly total: number;
  /** T_1 - sum n log(Y / n), at most 0: what varies within pseudo-rows. */
  private within = 0;
  private readonly binet = new ReciprocalBinet();

  constructor(evidence: FamilyEvidence) {
    super(evidence, [Number.NEGATIVE_INFINITY]);
    this.level = new Float64Array(evidence.rows);
    this.total = evidence.mass.reduce((sum, n) => sum + n, 0);
  }

  override load(values: Float64Array, at: number): void {
    super.load(values, at);
    const { rows, mass, level } = this;
    let within = values[this.end + 1];
    for (let i = 0; i < rows; i++) {
      level[i] = mass[i] > 0 ? Math.log(values[at + i] / mass[i]) : 0;
      within -= mass[i] * level[i];
    }
    this.within = within;
  }

  evaluate(eta: Float64Array, extras: Extras, order: RowOrder, out: RowDerivatives): void {
    const { rows, mass, level } = this;
    const { l, r, w, w1, w2, lE, rE, wE, lEE, rEE, wEE, w1E } = out;
    const s = Math.exp(extras[0]);
    for (let i = 0; i < rows; i++) {
      const delta = level[i] - eta[i];
      const excess = Math.expm1(delta);
      const sn = s * mass[i];
      l[i] = -sn * (excess - delta);
      r[i] = sn * excess;
      w[i] = sn * (1 + excess);
    }
    if (order === 1) return;
    for (let i = 0; i < rows; i++) w1[i] = -w[i];
    lE.set(l);
    rE.set(r);
    wE.set(w);
    if (order === 2) return;
    w2.set(w);
    lEE.set(l);
    rEE.set(r);
    wEE.set(w);
    w1E.set(w1);
  }

  override remainder(extras: Extras, order: RowOrder, out: Remainder): void {
    const { values, end, total, within, binet } = this;
    const s = Math.exp(extras[0]);
    const nu = 1 / s;
    binet.fill(nu, order - 1);
    const b = binet.d;
    out.value = values[end] - values[end + 2] + s * within + total * (0.5 * extras[0] - LOG_SQRT_TWO_PI - b[0]);
    if (order === 1) return;
    // d nu / d log s = -nu.
    out.first[0] = s * within + total * (0.5 + nu * b[1]);
    out.second[0] = order === 2 ? 0 : s * within - total * nu * (b[1] + nu * b[2]);
  }

  /** Where log s - psi(s) is half the mean deviance d, by Minka's approximation; a little off the optimum at most. */
  starts(eta: Float64Array): Extras[] {
    const { rows, mass, level, total } = this;
    let deviance = -this.within;
    for (let i = 0; i < rows; i++) {
      const delta = level[i] - eta[i];
      deviance += mass[i] * (Math.expm1(delta) - delta);
    }
    const d = Math.max(deviance / total, LEAST_DEVIANCE);
    return [Float64Array.of(Math.log((3 - d + Math.sqrt((d - 3) * (d - 3) + 24 * d)) / (12 * d)))];
  }

  means(eta: Float64Array): Float64Array {
    return eta.map(Math.exp);
  }
}
