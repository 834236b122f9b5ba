/**
 * Binomial counts: k successes of m trials (a pseudo-row's mass),
 *
 *     l = k log F(eta) + (m - k) log Q(eta),  Q = 1 - F
 *
 * the binomial coefficients in the constant. Of the logit link
 *
 *     r = k q - (m - k) p      W = m p q      W' = W (q - p)      W'' = W ((q - p)^2 - 2 p q)
 *
 * and of the others sums of the derivatives of both tails.
 */
import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import { GumbelLowerTail, NormalUpperTail } from '../../numeric/distributions/log-tails.ts';
import { normalProbability } from '../../numeric/distributions/normal.ts';
import { exp, log1p } from '../../numeric/exponential.ts';
import type { Extras, FamilyKernel, RowDerivatives, RowOrder } from '../family-kernel.ts';
import { ResponseKernel } from './response-kernel.ts';

/** The kernel of a binomial evidence's link. */
export function openBinomial(evidence: FamilyEvidence): FamilyKernel {
  if (evidence.link === 'probit') return new BinomialProbit(evidence);
  return evidence.link === 'cloglog' ? new BinomialCloglog(evidence) : new BinomialLogit(evidence);
}

abstract class BinomialKernel extends ResponseKernel {
  readonly hasSecond = true;

  constructor(evidence: FamilyEvidence) {
    super(evidence, []);
  }

  starts(): Extras[] {
    return [new Float64Array(0)];
  }
}

class BinomialLogit extends BinomialKernel {
  evaluate(eta: Float64Array, _extras: Extras, order: RowOrder, out: RowDerivatives): void {
    const { rows, mass, values, at } = this;
    const { l, r, w, w1, w2 } = out;
    for (let i = 0; i < rows; i++) {
      const x = eta[i];
      const k = values[at + i];
      const m = mass[i];
      const e = exp(-Math.abs(x));
      const major = 1 / (1 + e);
      const minor = e * major;
      const p = x > 0 ? major : minor;
      const q = x > 0 ? minor : major;
      const W = m * major * minor;
      l[i] = (x > 0 ? (k - m) * x : k * x) - m * log1p(e, major);
      r[i] = k * q - (m - k) * p;
      w[i] = W;
      if (order === 1) continue;
      w1[i] = W * (q - p);
      if (order > 2) w2[i] = W * ((q - p) * (q - p) - 2 * p * q);
    }
  }

  means(eta: Float64Array): Float64Array {
    return eta.map((x) => 1 / (1 + Math.exp(-x)));
  }
}

class BinomialProbit extends BinomialKernel {
  private readonly tail = new NormalUpperTail();

  evaluate(eta: Float64Array, _extras: Extras, order: RowOrder, out: RowDerivatives): void {
    const { rows, mass, values, at, tail } = this;
    const { l, r, w, w1, w2 } = out;
    for (let i = 0; i < rows; i++) {
      const x = eta[i];
      const k = values[at + i];
      const failures = mass[i] - k;
      let value = 0;
      let d1 = 0;
      let d2 = 0;
      let d3 = 0;
      let d4 = 0;
      if (k !== 0) {
        tail.evaluate(-x, order);
        value = k * tail.value;
        d1 = -k * tail.d1;
        d2 = k * tail.d2;
        d3 = -k * tail.d3;
        d4 = k * tail.d4;
      }
      if (failures !== 0) {
        tail.evaluate(x, order);
        value += failures * tail.value;
        d1 += failures * tail.d1;
        d2 += failures * tail.d2;
        d3 += failures * tail.d3;
        d4 += failures * tail.d4;
      }
      l[i] = value;
      r[i] = d1;
      w[i] = -d2;
      if (order === 1) continue;
      w1[i] = -d3;
      w2[i] = -d4;
    }
  }

  means(eta: Float64Array): Float64Array {
    return eta.map(normalProbability);
  }
}

class BinomialCloglog extends BinomialKernel {
  private readonly tail = new GumbelLowerTail();

  evaluate(eta: Float64Array, _extras: Extras, order: RowOrder, out: RowDerivatives): void {
    const { rows, mass, values, at, tail } = this;
    const { l, r, w, w1, w2 } = out;
    for (let i = 0; i < rows; i++) {
      const x = eta[i];
      const k = values[at + i];
      // Finite, so that it vanishes where there are no failures.
      const u = Math.min(exp(x), Number.MAX_VALUE);
      // log Q and its derivatives are all -u.
      const failures = (mass[i] - k) * u;
      if (k === 0) {
        l[i] = r[i] = -failures;
        w[i] = w1[i] = w2[i] = failures;
        continue;
      }
      tail.evaluate(x, order, u);
      l[i] = k * tail.value - failures;
      r[i] = k * tail.d1 - failures;
      w[i] = failures - k * tail.d2;
      if (order === 1) continue;
      w1[i] = failures - k * tail.d3;
      w2[i] = failures - k * tail.d4;
    }
  }

  means(eta: Float64Array): Float64Array {
    return eta.map((x) => -Math.expm1(-Math.exp(x)));
  }
}
