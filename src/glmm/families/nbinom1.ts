import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import { exp } from '../../numeric/exponential.ts';
import { log1pQuotient, log1pQuotientCurvature, log1pQuotientSlope } from '../../numeric/log1p-quotient.ts';
import { RisingFactorial } from '../../numeric/rising-factorial.ts';
import type { Extras, RowDerivatives, RowOrder } from '../family-kernel.ts';
import { ResponseKernel } from './response-kernel.ts';

/** A variance above the mean that a search can begin with, at the least. */
const LEAST_START = 0.05;

/**
 * Negative binomial counts of variance mu (1 + phi), log link, in a form that is Poisson's at phi = 0. Of a pseudo-row with
 * count y and weight n, c = log1p(phi) / phi, R the logarithm of the rising factorial at nu = phi / mu with its derivatives
 * R', ... by nu, so that sum_{k<y} log(mu + k phi) = y eta + R and d nu / d eta = -nu:
 *
 *     l / n   = y eta + R - y log1p(phi) - mu c        r / n    = y - nu R' - mu c
 *     W / n   = mu c - nu R' - nu^2 R''                W' / n   = mu c + nu R' + 3 nu^2 R'' + nu^3 R'''
 *     W'' / n = mu c - nu R' - 7 nu^2 R'' - 6 nu^3 R''' - nu^4 R''''
 *
 * and d nu / d phi = 1 / mu. log y! is in the constant.
 */
export class LinearNegativeBinomialKernel extends ResponseKernel {
  readonly hasSecond = true;
  private readonly rising = new RisingFactorial();

  constructor(evidence: FamilyEvidence) {
    super(evidence, [0]);
  }

  evaluate(eta: Float64Array, extras: Extras, order: RowOrder, out: RowDerivatives): void {
    const { rows, mass, values, at, rising } = this;
    const { l, r, w, w1, w2, lE, rE, wE, lEE, rEE, wEE, w1E } = out;
    const phi = extras[0];
    const L = Math.log1p(phi);
    const share = 1 / (1 + phi);
    const c = log1pQuotient(phi, L);
    const c1 = log1pQuotientSlope(phi, share, c);
    const c2 = log1pQuotientCurvature(phi, share, c1);
    for (let i = 0; i < rows; i++) {
      const x = eta[i];
      const n = mass[i];
      const y = values[at + i];
      const mu = exp(x);
      const muc = mu * c;
      if (y === 0) {
        l[i] = r[i] = -n * muc;
        w[i] = w1[i] = w2[i] = n * muc;
        if (order === 1) continue;
        lE[i] = rE[i] = -n * mu * c1;
        wE[i] = n * mu * c1;
        if (order === 2) continue;
        lEE[i] = rEE[i] = -n * mu * c2;
        wEE[i] = n * mu * c2;
        w1E[i] = n * mu * c1;
        continue;
      }
      const g = 1 / mu;
      const nu = phi * g;
      rising.fix(nu);
      rising.evaluate(y, order + 1);
      const { first, second } = rising;
      const t1 = nu * first;
      const t2 = nu * nu * second;
      l[i] = n * (y * (x - L) + rising.value - muc);
      r[i] = n * (rising.inverses - muc);
      w[i] = n * (muc - t1 - t2);
      if (order === 1) continue;
      const { third, fourth } = rising;
      const t3 = nu * nu * nu * third;
      const muc1 = mu * c1;
      w1[i] = n * (muc + t1 + 3 * t2 + t3);
      lE[i] = n * (g * first - y * share - muc1);
      rE[i] = -n * (g * (first + nu * second) + muc1);
      wE[i] = n * (muc1 - g * (first + 3 * nu * second + nu * nu * third));
      if (order === 2) continue;
      const t4 = nu * nu * nu * nu * fourth;
      const muc2 = mu * c2;
      w2[i] = n * (muc - t1 - 7 * t2 - 6 * t3 - t4);
      lEE[i] = n * (g * g * second + y * share * share - muc2);
      rEE[i] = -n * (g * g * (2 * second + nu * third) + muc2);
      wEE[i] = n * (muc2 - g * g * (4 * second + 5 * nu * third + nu * nu * fourth));
      w1E[i] = n * (g * (first + 7 * nu * second + 6 * nu * nu * third + nu * nu * nu * fourth) + muc1);
    }
  }

  /** The moment estimate sum w (y - mu)^2 / sum w mu - 1; and Poisson's. */
  starts(eta: Float64Array): Extras[] {
    const { rows, mass, values, at } = this;
    let squares = 0;
    let means = 0;
    for (let i = 0; i < rows; i++) {
      const mu = Math.exp(eta[i]);
      squares += mass[i] * (values[at + i] - mu) * (values[at + i] - mu);
      means += mass[i] * mu;
    }
    const moment = squares / means - 1;
    return [Float64Array.of(moment > LEAST_START ? moment : LEAST_START), Float64Array.of(0)];
  }

  means(eta: Float64Array): Float64Array {
    return eta.map(Math.exp);
  }
}
