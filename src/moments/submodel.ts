/**
 * Moments of a model from those of a larger one that holds it, without rows. With X_small = X_large A and, by random term,
 * Z_small = Z_large B (see `Embedding`), and in the coordinates of `DesignMoments` (W^(1/2) X_large = Q R, z = zt T):
 *
 *     R A = Q2 R2        X_small in the basis Q Q2
 *     T B = U T2         zt_small = zt_large U
 *     rss_small = rss + |Q'y - Q2 Q2'Q'y|^2,   Z'r_small = U' (Z'r + Z'Q (Q'y - Q2 Q2'Q'y))
 *
 * where the residual sum of squares only ever grows: nothing cancels. Pseudo-rows of a family are those of the larger model, of
 * which the smaller one may need fewer.
 */

import { pivotedQr, thinQ, upperR } from '../numeric/pivoted-qr.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import type { FamilyEvidence } from './family-evidence.ts';
import type { CrossMoments, DesignMoments, FactorMoments, ResponseMoments, TermMoments } from './moments.ts';

/**
 * How one model lies inside another on the same rows: X_small = X_large A, and for every random term of the smaller model
 * a term of the larger one with the same groups and Z_small = Z_large B. Then whatever covariance B G B' the smaller term
 * has, the larger can have too, so that the models are nested; several small terms may lie in one large term.
 */
export interface Embedding {
  /** p_large x p_small row-major. */
  readonly a: Float64Array;
  readonly terms: readonly {
    /** Index of the term of the larger model. */
    readonly into: number;
    /** q_large x q_small row-major. */
    readonly b: Float64Array;
  }[];
}

/** The smaller model as far as it is named: its columns, and the order of its terms. */
export interface SubmodelNames {
  readonly fixed: Pick<Design['fixed'], 'names' | 'dropped'>;
  readonly random: readonly Pick<RandomTerm, 'group' | 'names'>[];
}

/** A design inside a larger one, and what turns the larger one's responses into its own. */
export interface Submodel {
  readonly design: DesignMoments;
  /** p_large x p_small column-major: Q2. */
  readonly q2: Float64Array;
  /** Of each factor of the small design: the large factor, and V, q_large x q_small row-major, with zt_small = zt_large V. */
  readonly factors: readonly { readonly from: number; readonly v: Float64Array }[];
}

/** The submodel that `small` (names and order of its terms) is of `large`. */
export function submodel(large: DesignMoments, small: SubmodelNames, embedding: Embedding): Submodel {
  const { a, terms: embedded } = embedding;
  const pl = large.p;
  const ps = small.fixed.names.length;
  const ra = new Float64Array(pl * ps); // R A, column-major
  for (let k = 0; k < ps; k++) {
    for (let i = 0; i < pl; i++) {
      let sum = 0;
      for (let j = i; j < pl; j++) sum += large.r[i * pl + j] * a[j * ps + k];
      ra[k * pl + i] = sum;
    }
  }
  const qr = pivotedQr(ra, pl, ps, 0);
  const q2 = thinQ(qr);

  // Small factors in the order of the large ones, so that their crosses keep their sides.
  const used = large.factors.map((_, f) => embedded.some(({ into }) => large.terms[into].factor === f));
  const sources = [...large.factors.keys()].filter((f) => used[f]);
  const widths = sources.map(() => 0);
  const terms: TermMoments[] = [];
  const rotations: Float64Array[] = [];
  embedded.forEach(({ into, b }, s) => {
    const from = large.terms[into];
    const q = small.random[s].names.length;
    const factor = sources.indexOf(from.factor);
    const tb = new Float64Array(from.q * q); // T B, column-major
    for (let c = 0; c < q; c++) {
      for (let i = 0; i < from.q; i++) {
        let sum = 0;
        for (let j = i; j < from.q; j++) sum += from.transform[i * from.q + j] * b[j * q + c];
        tb[c * from.q + i] = sum;
      }
    }
    const rotation = pivotedQr(tb, from.q, q, 0);
    rotations.push(thinQ(rotation));
    const column = widths[factor];
    widths[factor] += q;
    const meanSquare = sandwich(from.meanSquare, b, from.q, q);
    const { group, names } = small.random[s];
    terms.push({ group, names, q, factor, column, transform: upperR(rotation), meanSquare });
  });
  const factors: FactorMoments[] = [];
  const maps: { from: number; v: Float64Array }[] = [];
  let offset = 0;
  sources.forEach((source, f) => {
    const from = large.factors[source];
    const q = widths[f];
    const v = new Float64Array(from.q * q);
    terms.forEach((term, s) => {
      if (term.factor !== f) return;
      const into = large.terms[embedded[s].into];
      for (let i = 0; i < into.q; i++) {
        for (let c = 0; c < term.q; c++) v[(into.column + i) * q + term.column + c] = rotations[s][c * into.q + i];
      }
    });
    const levels = from.levels.length;
    const ztz = new Float64Array(levels * q * q);
    const ztx = new Float64Array(levels * q * ps);
    for (let level = 0; level < levels; level++) {
      ztz.set(sandwich(from.ztz.subarray(level * from.q ** 2, (level + 1) * from.q ** 2), v, from.q, q), level * q * q);
      for (let c = 0; c < q; c++) {
        for (let i = 0; i < from.q; i++) {
          const value = v[i * q + c];
          if (value === 0) continue;
          const row = (level * from.q + i) * pl;
          for (let k = 0; k < ps; k++) {
            let sum = 0;
            for (let j = 0; j < pl; j++) sum += from.ztx[row + j] * q2[k * pl + j];
            ztx[(level * q + c) * ps + k] += value * sum;
          }
        }
      }
    }
    const group = terms.find((term) => term.factor === f)?.group ?? from.group;
    factors.push({ group, levels: from.levels, q, offset, ztz, ztx });
    maps.push({ from: source, v });
    offset += levels * q;
  });
  const crosses: CrossMoments[] = [];
  for (const cross of large.crosses) {
    const fa = sources.indexOf(cross.a);
    const fb = sources.indexOf(cross.b);
    if (fa < 0 || fb < 0) continue;
    const [qa, qb] = [large.factors[cross.a].q, large.factors[cross.b].q];
    const blocks = cross.columns.length;
    const values = new Float64Array(blocks * widths[fa] * widths[fb]);
    for (let k = 0; k < blocks; k++) {
      const block = cross.values.subarray(k * qa * qb, (k + 1) * qa * qb);
      const at = k * widths[fa] * widths[fb];
      for (let i = 0; i < qa; i++) {
        for (let j = 0; j < qb; j++) {
          const value = block[i * qb + j];
          if (value === 0) continue;
          for (let c = 0; c < widths[fa]; c++) {
            for (let e = 0; e < widths[fb]; e++) {
              values[at + c * widths[fb] + e] +=
                maps[fa].v[i * widths[fa] + c] * value * maps[fb].v[j * widths[fb] + e];
            }
          }
        }
      }
    }
    crosses.push({ a: fa, b: fb, pointers: cross.pointers, columns: cross.columns, values });
  }
  const design: DesignMoments = {
    kind: 'moments',
    n: large.n,
    p: ps,
    coefficients: small.fixed.names,
    dropped: small.fixed.dropped.length,
    r: upperR(qr),
    logDetW: large.logDetW,
    terms,
    factors,
    crosses,
    q: offset,
    xtxCentred: sandwich(large.xtxCentred, a, pl, ps),
    ...(large.family ? { family: submodelEvidence(large.family, large, embedding) } : {}),
  };
  return { design, q2, factors: maps };
}

/** Pseudo-rows with the columns and effects of the smaller model; what is summed over their rows stays as it is. */
function submodelEvidence(evidence: FamilyEvidence, large: DesignMoments, { a, terms }: Embedding): FamilyEvidence {
  const { rows, x, effects } = evidence;
  return {
    ...evidence,
    x: product(x, a, rows, large.p),
    effects: terms.map(({ into, b }) => {
      const { z, codes } = effects[into];
      return { z: product(z, b, rows, large.terms[into].q), codes };
    }),
  };
}

/** M B for M (n x q row-major) and B (q x k row-major). */
function product(m: Float64Array, b: Float64Array, n: number, q: number): Float64Array {
  const k = q === 0 ? 0 : b.length / q;
  const out = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < q; j++) for (let c = 0; c < k; c++) out[i * k + c] += m[i * q + j] * b[j * k + c];
  }
  return out;
}

/** The moments of all responses of the larger model under the smaller. */
export function submodelResponses(large: DesignMoments, responses: ResponseMoments, sub: Submodel): ResponseMoments {
  if (large.family) return responses;
  const { count } = responses;
  const { design, q2, factors } = sub;
  const pl = large.p;
  const ps = design.p;
  const qty = new Float64Array(count * ps);
  const ztr = new Float64Array(count * design.q);
  const rss = new Float64Array(count);
  const rest = new Float64Array(pl);
  for (let k = 0; k < count; k++) {
    const own = responses.qty.subarray(k * pl, (k + 1) * pl);
    rest.set(own);
    for (let c = 0; c < ps; c++) {
      let sum = 0;
      for (let j = 0; j < pl; j++) sum += q2[c * pl + j] * own[j];
      qty[k * ps + c] = sum;
      for (let j = 0; j < pl; j++) rest[j] -= sum * q2[c * pl + j];
    }
    let grown = 0;
    for (let j = 0; j < pl; j++) grown += rest[j] * rest[j];
    rss[k] = responses.rss[k] + grown;
    factors.forEach(({ from, v }, f) => {
      const source = large.factors[from];
      const target = design.factors[f];
      for (let level = 0; level < source.levels.length; level++) {
        for (let i = 0; i < source.q; i++) {
          const row = level * source.q + i;
          let value = responses.ztr[k * large.q + source.offset + row];
          for (let j = 0; j < pl; j++) value += source.ztx[row * pl + j] * rest[j];
          const to = k * design.q + target.offset + level * target.q;
          for (let c = 0; c < target.q; c++) ztr[to + c] += v[i * target.q + c] * value;
        }
      }
    });
  }
  return {
    count,
    qty,
    ztr,
    rss,
    mean: responses.mean,
    constant: responses.constant,
    expressed: responses.expressed,
    ...(responses.streams === undefined ? {} : { streams: responses.streams }),
  };
}

/** B' M B for M (q x q row-major) and B (q x k row-major): k x k. */
function sandwich(m: Float64Array, b: Float64Array, q: number, k: number): Float64Array {
  const mb = new Float64Array(q * k);
  for (let i = 0; i < q; i++) {
    for (let c = 0; c < k; c++) for (let j = 0; j < q; j++) mb[i * k + c] += m[i * q + j] * b[j * k + c];
  }
  const out = new Float64Array(k * k);
  for (let a = 0; a < k; a++) {
    for (let c = 0; c < k; c++) for (let i = 0; i < q; i++) out[a * k + c] += b[i * k + a] * mb[i * k + c];
  }
  return out;
}
