import { dot } from '../numeric/dense.ts';
import type { CrossedState } from './crossed-state.ts';

/** Z'P r by factor (levels x q), and sum t t' of each. Also fills changeOfS. */
export function projectedResponse(state: CrossedState): { byFactor: Float64Array[]; products: Float64Array[] } {
  const { order, parts, B, u, M, v, solution, changeOfS } = state;
  const { q, levels, pointers, touched, border } = order;
  const byFactor = parts.map((part, f) => {
    const other = order.others.find((entry) => entry.factor === f);
    const t = new Float64Array((other ? other.levels : levels) * part.q);
    if (other) {
      for (let i = 0; i < t.length; i++) {
        t[i] = v[other.offset + i] - dot(M, (other.offset + i) * border, solution, 0, border);
      }
      return t;
    }
    for (let i = 0; i < levels; i++) {
      const width = pointers[i + 1] - pointers[i];
      for (let a = 0; a < q; a++) {
        let sum = u[i * q + a];
        const at = pointers[i] * q + a * width;
        for (let c = 0; c < width; c++) sum -= B[at + c] * solution[touched[pointers[i] + c]];
        t[i * q + a] = sum;
      }
    }
    return t;
  });
  const products = parts.map((part, f) => {
    const t = byFactor[f];
    const out = new Float64Array(part.q * part.q);
    for (let i = 0; i < t.length; i += part.q) {
      for (let a = 0; a < part.q; a++) for (let b = 0; b < part.q; b++) out[a * part.q + b] += t[i + a] * t[i + b];
    }
    return out;
  });
  parts.forEach((part, f) => {
    for (const { slot, column } of part.terms) {
      let e = slot.basis;
      for (let a = 0; a < slot.q; a++) {
        for (let b = 0; b <= a; b++) {
          changeOfS[e++] = -(a === b ? 1 : 2) * products[f][(column + a) * part.q + column + b];
        }
      }
    }
  });
  return { byFactor, products };
}

/** Z'V^-1 X by factor (levels x q x p), from the Cholesky factor of Omega and Xi for P. */
export function fixedEffectColumns({ order, parts, p, B, M, xi, omega }: CrossedState): Float64Array[] {
  const { q, levels, pointers, touched, border, zColumns } = order;
  // D = L2 (I + L2'M_zz L2)^-1 L2'M_zx = -Xi_zx (X'V^-1 X), the latter from the last block of the Cholesky factor.
  const information = new Float64Array(p * p);
  for (let a = 0; a < p; a++) {
    for (let b = 0; b < p; b++) {
      for (let l = 0; l <= Math.min(a, b); l++) {
        information[a * p + b] +=
          omega[(zColumns + a) * border + zColumns + l] * omega[(zColumns + b) * border + zColumns + l];
      }
    }
  }
  const D = new Float64Array(border * p); // rows of X: the identity with its sign turned, so that B D is what is taken off
  for (let i = 0; i < zColumns; i++) {
    for (let a = 0; a < p; a++) {
      let sum = 0;
      for (let b = 0; b < p; b++) sum -= xi[i * border + zColumns + b] * information[b * p + a];
      D[i * p + a] = sum;
    }
  }
  for (let a = 0; a < p; a++) D[(zColumns + a) * p + a] = -1;
  return parts.map((part, f) => {
    const other = order.others.find((entry) => entry.factor === f);
    const rows = (other ? other.levels : levels) * part.q;
    const G = new Float64Array(rows * p);
    for (let row = 0; row < rows; row++) {
      if (other) {
        const from = (other.offset + row) * border;
        for (let l = 0; l < border; l++) {
          const m = M[from + l];
          if (m !== 0) for (let k = 0; k < p; k++) G[row * p + k] -= m * D[l * p + k];
        }
        continue;
      }
      const i = Math.floor(row / q);
      const width = pointers[i + 1] - pointers[i];
      const at = pointers[i] * q + (row % q) * width;
      for (let c = 0; c < width; c++) {
        const l = touched[pointers[i] + c];
        for (let k = 0; k < p; k++) G[row * p + k] -= B[at + c] * D[l * p + k];
      }
    }
    return G;
  });
}

/** X'V^-1 V_e V^-1 X = sum over levels of (Z_i'V^-1 X)' E_e (Z_i'V^-1 X). */
export function informationChanges(state: CrossedState): void {
  const { parts, p, changeOfInformation: H } = state;
  H.fill(0);
  fixedEffectColumns(state).forEach((G, f) => {
    const { q, terms } = parts[f];
    for (let from = 0; from < G.length; from += q * p) {
      for (const { slot, column } of terms) {
        let e = slot.basis;
        for (let a = 0; a < slot.q; a++) {
          for (let b = 0; b <= a; b++, e++) {
            const ra = from + (column + a) * p;
            const rb = from + (column + b) * p;
            for (let k = 0; k < p; k++) {
              for (let l = 0; l < p; l++) {
                H[(e * p + k) * p + l] +=
                  a === b ? G[ra + k] * G[ra + l] : G[ra + k] * G[rb + l] + G[rb + k] * G[ra + l];
              }
            }
          }
        }
      }
    }
  });
}

/**
 * (E_e s)'Z'P Z(E_f t) for all pairs of basis elements and of vectors s, t over the columns of Z (by factor: levels x q):
 * a square matrix over (vector, element), elements innermost.
 */
export function projectedForms(state: CrossedState, vectors: readonly (readonly Float64Array[])[]): Float64Array {
  const { order, bases, E } = state;
  const { q, levels, zColumns } = order;
  const border = zColumns + state.p;
  const sides = vectors.flatMap((vector) => elementSides(state, vector));
  const size = vectors.length * bases;
  const out = new Float64Array(size * size);
  for (let e = 0; e < size; e++) {
    for (let f = 0; f <= e; f++) {
      const x = sides[e];
      const y = sides[f];
      const xOther = order.others.find((entry) => entry.factor === x.factor);
      const yOther = order.others.find((entry) => entry.factor === y.factor);
      let sum = 0;
      if (yOther) sum = dot(x.c, yOther.offset, y.vector, 0, y.vector.length);
      else if (xOther) sum = dot(y.c, xOther.offset, x.vector, 0, x.vector.length);
      else {
        for (let i = 0; i < levels; i++) {
          for (let l = 0; l < q; l++) {
            let left = 0;
            let right = 0;
            for (let a = 0; a < q; a++) {
              left += E[(i * q + l) * q + a] * x.vector[i * q + a];
              right += E[(i * q + l) * q + a] * y.vector[i * q + a];
            }
            sum += left * right;
          }
        }
      }
      sum -= dot(x.c, 0, y.xc, 0, border);
      out[e * size + f] = sum;
      out[f * size + e] = sum;
    }
  }
  return out;
}

/** E_e t with its products with the border, c = W'V1^-1 Z E_e t and Xi c. */
interface ElementSide {
  readonly vector: Float64Array;
  readonly factor: number;
  readonly c: Float64Array;
  readonly xc: Float64Array;
}

function elementSides({ order, parts, bases, B, M, xi }: CrossedState, t: readonly Float64Array[]): ElementSide[] {
  const { q, levels, pointers, touched, border } = order;
  const sides: ElementSide[] = new Array(bases);
  parts.forEach((part, f) => {
    const other = order.others.find((entry) => entry.factor === f);
    for (const { slot, column } of part.terms) {
      let e = slot.basis;
      for (let a = 0; a < slot.q; a++) {
        for (let b = 0; b <= a; b++, e++) {
          const source = t[f];
          const vector = new Float64Array(source.length);
          for (let i = 0; i < source.length; i += part.q) {
            vector[i + column + a] += source[i + column + b];
            if (a !== b) vector[i + column + b] += source[i + column + a];
          }
          const c = new Float64Array(border);
          if (other) {
            for (let l = 0; l < border; l++) c[l] = dot(M, l * border + other.offset, vector, 0, vector.length);
          } else {
            for (let i = 0; i < levels; i++) {
              const width = pointers[i + 1] - pointers[i];
              for (let k = 0; k < q; k++) {
                const x = vector[i * q + k];
                if (x === 0) continue;
                const at = pointers[i] * q + k * width;
                for (let w = 0; w < width; w++) c[touched[pointers[i] + w]] += B[at + w] * x;
              }
            }
          }
          const xc = new Float64Array(border);
          for (let l = 0; l < border; l++) xc[l] = dot(xi, l * border, c, 0, border);
          sides[e] = { vector, factor: f, c, xc };
        }
      }
    }
  });
  return sides;
}

/** sum_ef W_ef X'V^-1 V_e P V_f V^-1 X, p x p, while Xi is that of P. */
export function weightedProjections(state: CrossedState, W: Float64Array): Float64Array {
  const { p, bases } = state;
  const columns = fixedEffectColumns(state);
  const vectors = Array.from({ length: p }, (_, k) =>
    columns.map((G) => Float64Array.from({ length: G.length / p }, (_, row) => G[row * p + k])),
  );
  const forms = projectedForms(state, vectors);
  const size = p * bases;
  const out = new Float64Array(p * p);
  for (let k = 0; k < p; k++) {
    for (let l = 0; l < p; l++) {
      for (let e = 0; e < bases; e++) {
        for (let f = 0; f < bases; f++) {
          out[k * p + l] += W[e * bases + f] * forms[(k * bases + e) * size + l * bases + f];
        }
      }
    }
  }
  return out;
}
