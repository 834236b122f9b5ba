import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import { exp } from '../../numeric/exponential.ts';
import type { Extras, RowDerivatives, RowOrder } from '../family-kernel.ts';
import { ResponseKernel } from './response-kernel.ts';

/**
 * Poisson counts with log link, S the sum of a pseudo-row's counts and mu = exp(eta), which is that of its rows together:
 *
 *     l = S eta - mu      r = S - mu      W = W' = W'' = mu
 */
export class PoissonKernel extends ResponseKernel {
  readonly hasSecond = true;

  constructor(evidence: FamilyEvidence) {
    super(evidence, []);
  }

  evaluate(eta: Float64Array, _extras: Extras, order: RowOrder, out: RowDerivatives): void {
    const { rows, mass, values, at } = this;
    const { l, r, w } = out;
    for (let i = 0; i < rows; i++) {
      const e = eta[i];
      const S = values[at + i];
      const mu = mass[i] * exp(e);
      l[i] = S * e - mu;
      r[i] = S - mu;
      w[i] = mu;
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
