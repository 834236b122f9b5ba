import { type BlockSweep, sandwich, traceOfProduct } from './block-derivatives.ts';
import type { ExpectedInformation } from './objective.ts';

/**
 * Expected information of a block objective at its last evaluated point (REML). Type by type, with A = Z_i'V_i^-1 Z_i,
 * B = Z_i'V_i^-1 X, c = B C B' and H_e = sum B'E_e B:
 *
 *     tr(P V_e)                     = sum tr((A - c) E_e)
 *     tr(P V_e P V_f)               = sum tr(A E_e A E_f) - 2 tr(A E_e c E_f) + tr(C H_e C H_f)
 *     X'V^-1 V_e P V_f V^-1 X       = sum (E_e B)'A (E_f B) - H_e C H_f
 */
export function blockExpectedInformation(sweep: BlockSweep): ExpectedInformation {
  const { q, p, types, basis, covariance: C, changeOfInformation: H } = sweep;
  const bases = basis.length;
  const traces = new Float64Array(bases);
  const information = new Float64Array(bases * bases);
  const blocks = Array.from(types.count, (_, type) => typeBlocks(sweep, type));
  blocks.forEach(({ A, c }, type) => {
    const weight = types.count[type];
    for (let e = 0; e < bases; e++) {
      const { a, b } = basis[e];
      traces[e] += weight * (a === b ? 1 : 2) * (A[a * q + b] - c[a * q + b]);
      for (let f = 0; f <= e; f++) {
        const { a: a2, b: b2 } = basis[f];
        information[e * bases + f] += weight * (sandwich(A, A, q, a, b, a2, b2) - 2 * sandwich(A, c, q, a, b, a2, b2));
      }
    }
  });
  const CH = new Float64Array(bases * p * p);
  for (let e = 0; e < bases; e++) {
    for (let k = 0; k < p; k++) {
      for (let l = 0; l < p; l++) {
        let sum = 0;
        for (let m = 0; m < p; m++) sum += C[k * p + m] * H[(e * p + m) * p + l];
        CH[(e * p + k) * p + l] = sum;
      }
    }
  }
  for (let e = 0; e < bases; e++) {
    for (let f = 0; f <= e; f++) {
      information[e * bases + f] += traceOfProduct(CH, e * p * p, CH, f * p * p, p);
      information[f * bases + e] = information[e * bases + f];
    }
  }

  function adjustment(W: Float64Array): Float64Array {
    const out = new Float64Array(p * p);
    const X = new Float64Array(bases * q * p); // E_e B
    const Y = new Float64Array(q * p); // A sum_f W_ef E_f B
    blocks.forEach(({ A, B }, type) => {
      const weight = types.count[type];
      X.fill(0);
      basis.forEach(({ a, b }, e) => {
        for (let k = 0; k < p; k++) {
          X[(e * q + a) * p + k] = B[b * p + k];
          if (a !== b) X[(e * q + b) * p + k] = B[a * p + k];
        }
      });
      for (let e = 0; e < bases; e++) {
        Y.fill(0);
        for (let f = 0; f < bases; f++) {
          const w = weight * W[e * bases + f];
          for (let i = 0; i < q; i++) {
            for (let j = 0; j < q; j++) {
              for (let k = 0; k < p; k++) Y[i * p + k] += w * A[i * q + j] * X[(f * q + j) * p + k];
            }
          }
        }
        for (let i = 0; i < q; i++) {
          for (let k = 0; k < p; k++) {
            const x = X[(e * q + i) * p + k];
            if (x !== 0) for (let l = 0; l < p; l++) out[k * p + l] += x * Y[i * p + l];
          }
        }
      }
    });
    for (let e = 0; e < bases; e++) {
      for (let f = 0; f < bases; f++) {
        const w = W[e * bases + f];
        for (let k = 0; k < p; k++) {
          for (let l = 0; l < p; l++) {
            let sum = 0;
            for (let m = 0; m < p; m++) sum += H[(e * p + k) * p + m] * CH[(f * p + m) * p + l];
            out[k * p + l] -= w * sum;
          }
        }
      }
    }
    return out;
  }
  return { traces, information, adjustment };
}

/** A, B and c of a type. */
function typeBlocks({ q, p, E, Y, covariance: C }: BlockSweep, type: number) {
  const R = type * q * q;
  const N = type * q * p;
  const A = new Float64Array(q * q);
  const B = new Float64Array(q * p);
  const c = new Float64Array(q * q);
  for (let i = 0; i < q; i++) {
    for (let l = 0; l < q; l++) {
      const value = E[R + l * q + i];
      for (let j = 0; j < q; j++) A[i * q + j] += value * E[R + l * q + j];
      for (let a = 0; a < p; a++) B[i * p + a] += value * Y[N + l * p + a];
    }
  }
  for (let i = 0; i < q; i++) {
    for (let a = 0; a < p; a++) {
      let sum = 0;
      for (let b = 0; b < p; b++) sum += B[i * p + b] * C[b * p + a];
      for (let j = 0; j < q; j++) c[i * q + j] += sum * B[j * p + a];
    }
  }
  return { A, B, c };
}
