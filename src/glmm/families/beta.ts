import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import { binet } from '../../numeric/distributions/binet.ts';
import { exp, log1p } from '../../numeric/exponential.ts';
import { digamma, pentagamma, tetragamma, trigamma } from '../../numeric/polygamma.ts';
import type { Extras, RowDerivatives, RowOrder } from '../family-kernel.ts';
import { ResponseKernel } from './response-kernel.ts';

const LOG_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Steps towards the first precision, the largest one, and where they end. */
const STEPS = 50;
const LARGEST_STEP = 2;
const SMALL_STEP = 1e-3;

/**
 * Responses in (0, 1) of mean mu = logit^-1(eta) and precision s, a = s mu, b = s (1 - mu); the extra is t = log s. Of a
 * pseudo-row with weights n and sums L_1 = sum w log y, L_2 = sum w log(1 - y):
 *
 *     l = n (log Gamma(s) - log Gamma(a) - log Gamma(b)) + (a - 1) L_1 + (b - 1) L_2
 *
 * With v = mu (1 - mu) and its derivatives v', v'', v''' by eta, G_k those of l by mu, G_0 = s (n (psi(b) - psi(a)) + L_1 - L_2),
 * G_k = -n s^(k+1) (psi_k(a) -+ psi_k(b)):
 *
 *     r   = G_0 v                                     W  = -(G_1 v^2 + G_0 v')
 *     W'  = -(G_2 v^3 + 3 G_1 v v' + G_0 v'')         W'' = -(G_3 v^4 + 6 G_2 v^2 v' + G_1 (3 v'^2 + 4 v v'') + G_0 v''')
 */
export class BetaKernel extends ResponseKernel {
  readonly hasSecond = true;

  constructor(evidence: FamilyEvidence) {
    super(evidence, [Number.NEGATIVE_INFINITY]);
  }

  evaluate(eta: Float64Array, extras: Extras, order: RowOrder, out: RowDerivatives): void {
    const { rows, mass, values, at } = this;
    const { l, r, w, w1, w2, lE, rE, wE, lEE, rEE, wEE, w1E } = out;
    const s = Math.exp(extras[0]);
    // What belongs to s alone, of a unit weight.
    const own = 0.5 * extras[0] - LOG_SQRT_TWO_PI + binet(s);
    const ownSlope = order > 1 ? digamma(s) : 0;
    const ownCurvature = order > 2 ? trigamma(s) : 0;
    for (let i = 0; i < rows; i++) {
      const x = eta[i];
      const n = mass[i];
      const L1 = values[at + i];
      const L2 = values[at + rows + i];
      const e = exp(-Math.abs(x));
      const major = 1 / (1 + e);
      const minor = e * major;
      const mu = x > 0 ? major : minor;
      const q = x > 0 ? minor : major;
      const log = log1p(e, major);
      const logMu = x > 0 ? -log : x - log;
      const logQ = x > 0 ? -x - log : -log;
      const a = s * mu;
      const b = s * q;
      const ns2 = n * s * s;
      const v = mu * q;
      const skew = q - mu;
      const v1 = v * skew;
      const psiA = digamma(a);
      const psiB = digamma(b);
      const psi1A = trigamma(a);
      const psi1B = trigamma(b);
      const G0 = s * (n * (psiB - psiA) + L1 - L2);
      const G1 = -ns2 * (psi1A + psi1B);
      l[i] =
        n * (own + 0.5 * (logMu + logQ) - binet(a) - binet(b)) +
        (a * (L1 - n * logMu) + b * (L2 - n * logQ)) -
        (L1 + L2);
      r[i] = G0 * v;
      w[i] = -(G1 * v * v + G0 * v1);
      if (order === 1) continue;

      const psi2A = tetragamma(a);
      const psi2B = tetragamma(b);
      const ns3 = ns2 * s;
      const v2 = v1 * skew - 2 * v * v;
      // Derivatives by t, which multiply a and b alike.
      const E1 = q * psi1B - mu * psi1A;
      const F2 = mu * psi2A + q * psi2B;
      const G2 = -ns3 * (psi2A - psi2B);
      const G0t = G0 + ns2 * E1;
      const G1t = 2 * G1 - ns3 * F2;
      const slope = s * (n * (ownSlope - mu * psiA - q * psiB) + mu * L1 + q * L2);
      w1[i] = -(G2 * v * v * v + 3 * G1 * v * v1 + G0 * v2);
      lE[i] = slope;
      rE[i] = G0t * v;
      wE[i] = -(G1t * v * v + G0t * v1);
      if (order === 2) continue;

      const psi3A = pentagamma(a);
      const psi3B = pentagamma(b);
      const ns4 = ns3 * s;
      const v3 = v2 * skew - 6 * v * v1;
      const G3 = -ns4 * (psi3A + psi3B);
      const G0tt = G0 + 3 * ns2 * E1 + ns3 * (q * q * psi2B - mu * mu * psi2A);
      const G1tt = 4 * G1 - 5 * ns3 * F2 - ns4 * (mu * mu * psi3A + q * q * psi3B);
      const G2t = 3 * G2 - ns4 * (mu * psi3A - q * psi3B);
      w2[i] = -(G3 * v * v * v * v + 6 * G2 * v * v * v1 + G1 * (3 * v1 * v1 + 4 * v * v2) + G0 * v3);
      lEE[i] = slope + ns2 * (ownCurvature - mu * mu * psi1A - q * q * psi1B);
      rEE[i] = G0tt * v;
      wEE[i] = -(G1tt * v * v + G0tt * v1);
      w1E[i] = -(G2t * v * v * v + 3 * G1t * v * v1 + G0t * v2);
    }
  }

  /** The precision that is most likely at these means: l is concave in s. */
  starts(eta: Float64Array): Extras[] {
    const { rows, mass, values, at } = this;
    let t = 0;
    for (let step = 0; step < STEPS; step++) {
      const s = Math.exp(t);
      let slope = 0;
      let curvature = 0;
      for (let i = 0; i < rows; i++) {
        const n = mass[i];
        const mu = 1 / (1 + Math.exp(-eta[i]));
        const q = 1 / (1 + Math.exp(eta[i]));
        slope +=
          n * (digamma(s) - mu * digamma(s * mu) - q * digamma(s * q)) +
          mu * values[at + i] +
          q * values[at + rows + i];
        curvature += n * (trigamma(s) - mu * mu * trigamma(s * mu) - q * q * trigamma(s * q));
      }
      const bend = slope + s * curvature;
      const change = bend < 0 ? -slope / bend : Math.sign(slope) * LARGEST_STEP;
      const bounded = Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, change));
      t += bounded;
      if (!(Math.abs(bounded) > SMALL_STEP)) break;
    }
    return [Float64Array.of(t)];
  }

  means(eta: Float64Array): Float64Array {
    return eta.map((x) => 1 / (1 + Math.exp(-x)));
  }
}
