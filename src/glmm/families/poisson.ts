import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import { exp } from '../../numeric/exponential.ts';
import type { Extras, RowDerivatives, RowOrder } from '../family-kernel.ts';
import { SummingKernel } from './response-kernel.ts';

/**
 * Poisson counts with log link, S the sum of a pseudo-row's counts and mu = exp(eta), which is that of its rows together:
 *
 *     l = S (eta - log S) - (mu - S)      r = S - mu      W = W' = W'' = mu
 *
 * l is what is lost against mu = S, whose log likelihood is the constant: no digit of large counts goes into their size.
 */
export class PoissonKernel extends SummingKernel {
  readonly hasSecond = true;
  /** log S as it is rounded, and its exponential, by which that rounding is of the second order; 0 where there is none. */
  private readonly saturated: Float64Array;
  private readonly saturatedMean: Float64Array;

  constructor(evidence: FamilyEvidence) {
    super(evidence, []);
    this.saturated = new Float64Array(evidence.rows);
    this.saturatedMean = new Float64Array(evidence.rows);
  }

  override load(values: Float64Array, at: number): void {
    super.load(values, at);
    const { rows, saturated, saturatedMean } = this;
    for (let i = 0; i < rows; i++) {
      const S = values[at + i];
      saturated[i] = S > 0 ? Math.log(S) : 0;
      saturatedMean[i] = S > 0 ? exp(saturated[i]) : 0;
    }
  }

  evaluateSums(of: Int32Array, eta: Float64Array, _extras: Extras, order: RowOrder, out: RowDerivatives): void {
    const { rows, mass, values, at, saturated, saturatedMean } = this;
    const { l, r, w } = out;
    for (let i = 0; i < rows; i++) {
      const s = of[i];
      const e = eta[i];
      const S = values[at + i];
      const mu = mass[i] * exp(e);
      l[s] += S * (e - saturated[i]) - (mu - saturatedMean[i]);
      r[s] += S - mu;
      w[s] += mu;
    }
    if (order > 1) out.w1.set(w);
    if (order > 2) out.w2.set(w);
  }

  starts(): Extras[] {
    return [new Float64Array(0)];
  }

  means(eta: Float64Array): Float64Array {
    return eta.map(Math.exp);
  }
}
