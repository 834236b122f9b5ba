/**
 * Sums over the blocks of a frame by elements of its V, which meet dV/dt once. With v_k the packed lower triangle of dV/dt_k,
 * O and F symmetric matrices of a block and B = O Q, c = O e of a subject:
 *
 *     sum_P tr(V_k O V_l F) = v_k' G v_l                 G over pairs of elements, both orders of each in it
 *     sum_P sum_ab (O V_k O)_ab S_ab = sum_cd v_k[cd] U_cd,  U_cd = sum_i B_ic B_id' + B_id B_ic' (half of that for c = d)
 */
import type { BlockCovariance } from './block-covariance.ts';
import { packed } from './matrix-products.ts';

export class ElementSums {
  /** Elements of V. */
  readonly elements: number;
  private readonly types: number;
  /** elements x elements, lower triangle. */
  readonly G: Float64Array;
  /** elements x p(p+1)/2 packed triangles, and elements x p. */
  readonly U: Float64Array;
  readonly Ue: Float64Array;
  private readonly product: Float64Array;

  constructor(types: number, p: number) {
    this.types = types;
    this.elements = (types * (types + 1)) / 2;
    this.G = new Float64Array(this.elements * this.elements);
    this.U = new Float64Array((this.elements * p * (p + 1)) / 2);
    this.Ue = new Float64Array(this.elements * p);
    this.product = new Float64Array(this.elements);
  }

  /** Adds a block's part of G; `places` has the element of the frame of each of its own. */
  addQuadratic(O: Float64Array, F: Float64Array, m: number, places: Int32Array): void {
    const { G, elements } = this;
    let alpha = 0;
    for (let a = 0; a < m; a++) {
      for (let b = 0; b <= a; b++, alpha++) {
        const row = places[alpha];
        let beta = 0;
        for (let c = 0; c <= a; c++) {
          for (let d = 0; d <= c; d++, beta++) {
            if (beta > alpha) break;
            let value =
              O[b * m + c] * F[d * m + a] +
              O[b * m + d] * F[c * m + a] +
              O[a * m + c] * F[d * m + b] +
              O[a * m + d] * F[c * m + b];
            if (a === b) value *= 0.5;
            if (c === d) value *= 0.5;
            const column = places[beta];
            G[row >= column ? row * elements + column : column * elements + row] += value;
          }
        }
      }
    }
  }

  /** v_k'G v_l of the matrices dV/dt (each types x types) into a symmetric matrix, at rows and columns `places`. */
  contract(changes: Float64Array, places: Int32Array, out: Float64Array, stride: number): void {
    const { types, elements, G, product } = this;
    const square = types * types;
    for (let k = 0; k < places.length; k++) {
      product.fill(0);
      let alpha = 0;
      for (let a = 0; a < types; a++) {
        for (let b = 0; b <= a; b++, alpha++) {
          const value = changes[k * square + a * types + b];
          if (value === 0) continue;
          for (let beta = 0; beta <= alpha; beta++) product[beta] += value * G[alpha * elements + beta];
          for (let beta = alpha + 1; beta < elements; beta++) product[beta] += value * G[beta * elements + alpha];
        }
      }
      for (let l = 0; l <= k; l++) {
        let sum = 0;
        let beta = 0;
        for (let c = 0; c < types; c++) {
          for (let d = 0; d <= c; d++, beta++) {
            const value = changes[l * square + c * types + d];
            if (value !== 0) sum += value * product[beta];
          }
        }
        out[places[k] * stride + places[l]] += sum;
        if (l < k) out[places[l] * stride + places[k]] += sum;
      }
    }
  }

  /** sum_kl W_kl v_k v_l' over the parameters at `places`, elements x elements. */
  weigh(changes: Float64Array, places: Int32Array, W: Float64Array, stride: number): Float64Array {
    const { types, elements, product } = this;
    const square = types * types;
    const out = new Float64Array(elements * elements);
    for (let k = 0; k < places.length; k++) {
      product.fill(0);
      for (let l = 0; l < places.length; l++) {
        const w = W[places[k] * stride + places[l]];
        let beta = 0;
        for (let c = 0; c < types; c++) {
          for (let d = 0; d <= c; d++, beta++) product[beta] += w * changes[l * square + c * types + d];
        }
      }
      let alpha = 0;
      for (let a = 0; a < types; a++) {
        for (let b = 0; b <= a; b++, alpha++) {
          const value = changes[k * square + a * types + b];
          if (value === 0) continue;
          for (let beta = 0; beta < elements; beta++) out[alpha * elements + beta] += value * product[beta];
        }
      }
    }
    return out;
  }
}

/**
 * Adds O s O of symmetric m x m matrices s, `width` of them at once, packed by pairs with both orders in those off the diagonal
 * (pairs x width), to elements of a frame in the same form.
 */
export function addSurrounded(
  O: Float64Array,
  s: Float64Array,
  m: number,
  width: number,
  places: Int32Array,
  half: Float64Array,
  out: Float64Array,
): void {
  if (starts.length < m) [starts, weights] = [new Int32Array(m), new Float64Array(m)];
  // half[c, b] = sum_a O_ca s_ab
  half.fill(0, 0, m * m * width);
  for (let c = 0; c < m; c++) {
    for (let b = 0; b < m; b++) {
      for (let a = 0; a < m; a++) {
        starts[a] = packed(a, b) * width;
        weights[a] = (a === b ? 1 : 0.5) * O[c * m + a];
      }
      addRows(half, (c * m + b) * width, s, m, width);
    }
  }
  let pair = 0;
  for (let c = 0; c < m; c++) {
    for (let d = 0; d <= c; d++, pair++) {
      for (let b = 0; b < m; b++) {
        starts[b] = (c * m + b) * width;
        weights[b] = (c === d ? 1 : 2) * O[b * m + d];
      }
      addRows(out, places[pair] * width, half, m, width);
    }
  }
}

/** Where rows to be added begin, and their weights. */
let [starts, weights] = [new Int32Array(0), new Float64Array(0)];

/** Adds `count` weighted rows of `width` numbers to one, four at a time: reading and writing the sum is what it costs. */
function addRows(out: Float64Array, to: number, rows: Float64Array, count: number, width: number): void {
  let k = 0;
  for (; k + 3 < count; k += 4) {
    const [w0, w1, w2, w3] = [weights[k], weights[k + 1], weights[k + 2], weights[k + 3]];
    const [r0, r1, r2, r3] = [starts[k], starts[k + 1], starts[k + 2], starts[k + 3]];
    for (let j = 0; j < width; j++) {
      out[to + j] += w0 * rows[r0 + j] + w1 * rows[r1 + j] + (w2 * rows[r2 + j] + w3 * rows[r3 + j]);
    }
  }
  for (; k < count; k++) {
    const [weight, from] = [weights[k], starts[k]];
    for (let j = 0; j < width; j++) out[to + j] += weight * rows[from + j];
  }
}

/** Subtracts dV/dt_k times U from M^k (packed triangles; unless that is null) and times Ue from m_k. */
export function subtractChanges(
  { places, changes, size }: Pick<BlockCovariance, 'places' | 'changes' | 'size'>,
  U: Float64Array,
  Ue: Float64Array,
  p: number,
  crossed: Float64Array,
  triangles: Float64Array | null,
): void {
  const triangle = (p * (p + 1)) / 2;
  for (let e = 0; e < places.length; e++) {
    const k = places[e];
    let element = 0;
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++, element++) {
        const value = changes[(e * size + a) * size + b];
        if (value === 0) continue;
        for (let i = 0; i < p; i++) crossed[k * p + i] -= value * Ue[element * p + i];
        if (!triangles) continue;
        for (let i = 0; i < triangle; i++) triangles[k * triangle + i] -= value * U[element * triangle + i];
      }
    }
  }
}

/** Adds a subject's part of U and Ue: B is m x p, c has length m. */
export function addRowProducts(
  B: Float64Array,
  c: Float64Array,
  m: number,
  p: number,
  places: Int32Array,
  U: Float64Array | null,
  Ue: Float64Array,
): void {
  const triangle = (p * (p + 1)) / 2;
  let pair = 0;
  for (let a = 0; a < m; a++) {
    for (let b = 0; b <= a; b++, pair++) {
      const [ra, rb] = [a * p, b * p];
      const toE = places[pair] * p;
      if (a === b) for (let i = 0; i < p; i++) Ue[toE + i] += B[ra + i] * c[a];
      else for (let i = 0; i < p; i++) Ue[toE + i] += B[ra + i] * c[b] + B[rb + i] * c[a];
      if (!U) continue;
      let to = places[pair] * triangle;
      for (let i = 0; i < p; i++) {
        const [ai, bi] = [B[ra + i], B[rb + i]];
        if (a === b) for (let j = 0; j <= i; j++) U[to++] += ai * B[ra + j];
        else for (let j = 0; j <= i; j++) U[to++] += ai * B[rb + j] + bi * B[ra + j];
      }
    }
  }
}
