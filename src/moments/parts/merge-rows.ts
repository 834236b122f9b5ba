/**
 * Joins the moments of two sets of rows. With X_k = Q_k R_k, c_k = Q_k'y and r_k what is left of y,
 *
 *     [R_1; R_2] = O R,   c = O'[c_1; c_2],   d = [c_1; c_2] - O c,   |r|^2 = |r_1|^2 + |r_2|^2 + |d|^2,
 *     Z_k'(y - Q_k O_k c) = Z_k'r_k + (Z_k'Q_k) d_k
 *
 * (the QR factorisation of stacked rows: J. Demmel, L. Grigori, M. Hoemmen, J. Langou, SIAM J. Sci. Comput. 34, A206, 2012).
 * Everything is a rotation or a sum of squares, so that no digits cancel. d is formed in the complement of O.
 */
import { complementQ, pivotedQr, thinQ, upperR } from '../../numeric/pivoted-qr.ts';
import type { CrossMoments, DesignMoments, FactorMoments, ResponseMoments } from '../moments.ts';
import { emptyResponseMoments } from '../moments.ts';
import { mergeFamily } from './merge-family.ts';
import type { PartRows } from './part.ts';

/** The two sets of rows, and how their bases make one. */
interface Joint {
  readonly p: number;
  readonly r: Float64Array;
  /** 2p x p and 2p x p, column-major: the joint basis in the coordinates of both, and its complement. */
  readonly basis: Float64Array;
  readonly complement: Float64Array;
}

/** Levels of a factor in both sets, and the place of those of each. */
interface JointLevels {
  readonly levels: readonly string[];
  readonly places: readonly [Int32Array, Int32Array];
}

/**
 * The rows of both.
 *
 * @param order all levels of each grouping factor, in the order of the whole design
 */
export function mergeRows(
  one: PartRows,
  other: PartRows,
  order: ReadonlyMap<string, ReadonlyMap<string, number>>,
): PartRows {
  const pair = [one, other] as const;
  const joint = joinBases(one.design, other.design);
  const levels = one.design.factors.map((factor, f) =>
    joinLevels(factor, other.design.factors[f], order.get(factor.group) ?? new Map()),
  );
  const { p, n: before } = one.design;
  const n = before + other.design.n;
  const factors: FactorMoments[] = [];
  let offset = 0;
  one.design.factors.forEach((factor, f) => {
    const { q } = factor;
    const count = levels[f].levels.length;
    const ztz = new Float64Array(count * q * q);
    const ztx = new Float64Array(count * q * p);
    pair.forEach(({ design }, side) => {
      const own = design.factors[f];
      levels[f].places[side].forEach((to, from) => {
        for (let e = 0; e < q * q; e++) ztz[to * q * q + e] += own.ztz[from * q * q + e];
        for (let a = 0; a < q; a++) {
          const row = (from * q + a) * p;
          for (let k = 0; k < p; k++) {
            let sum = 0;
            for (let c = 0; c < p; c++) sum += own.ztx[row + c] * joint.basis[k * 2 * p + side * p + c];
            ztx[(to * q + a) * p + k] += sum;
          }
        }
      });
    });
    factors.push({ group: factor.group, levels: levels[f].levels, q, offset, ztz, ztx });
    offset += count * q;
  });
  const share = [before / n, other.design.n / n];
  const terms = one.design.terms.map((term, t) => {
    const second = other.design.terms[t].meanSquare;
    return { ...term, meanSquare: term.meanSquare.map((value, e) => share[0] * value + share[1] * second[e]) };
  });
  const bare: DesignMoments = {
    ...one.design,
    n,
    r: joint.r,
    logDetW: one.design.logDetW + other.design.logDetW,
    terms,
    factors,
    crosses: one.design.crosses.map((cross, c) => mergeCrosses(cross, other.design.crosses[c], factors, levels)),
    q: offset,
    xtxCentred: one.design.xtxCentred.map((value, e) => {
      const [a, b] = [Math.floor(e / p), e % p];
      const shift = (one.centre[a] - other.centre[a]) * (one.centre[b] - other.centre[b]);
      return value + other.design.xtxCentred[e] + share[0] * other.design.n * shift;
    }),
  };
  const centre = one.centre.map((value, k) => share[0] * value + share[1] * other.centre[k]);
  const described = describe(pair, share);
  if (one.design.family) {
    const { evidence, values } = mergeFamily(
      pair,
      levels.map(({ places }) => places),
    );
    const design = { ...bare, family: evidence };
    return {
      design,
      centre,
      responses: { ...emptyResponseMoments(design, one.responses.count), ...described, family: values },
    };
  }
  return { design: bare, centre, responses: mergeResponses(pair, joint, bare, levels, described) };
}

function joinBases({ p, r: one }: DesignMoments, { r: other }: DesignMoments): Joint {
  const stacked = new Float64Array(2 * p * p);
  for (let k = 0; k < p; k++) {
    for (let i = 0; i < p; i++) {
      stacked[k * 2 * p + i] = one[i * p + k];
      stacked[k * 2 * p + p + i] = other[i * p + k];
    }
  }
  const f = pivotedQr(stacked, 2 * p, p, 0);
  return { p, r: upperR(f), basis: thinQ(f), complement: complementQ(f) };
}

function joinLevels(one: FactorMoments, other: FactorMoments, order: ReadonlyMap<string, number>): JointLevels {
  const rank = (level: string) => order.get(level) ?? Number.POSITIVE_INFINITY;
  const levels = [...new Set([...one.levels, ...other.levels])].sort((a, b) => rank(a) - rank(b));
  const place = new Map(levels.map((level, k) => [level, k]));
  const placesOf = (own: readonly string[]) => Int32Array.from(own, (level) => place.get(level) ?? -1);
  return { levels, places: [placesOf(one.levels), placesOf(other.levels)] };
}

/** Blocks of pairs of levels, those that both have added up. */
function mergeCrosses(
  one: CrossMoments,
  other: CrossMoments,
  factors: readonly FactorMoments[],
  levels: readonly JointLevels[],
): CrossMoments {
  const { a, b } = one;
  const size = factors[a].q * factors[b].q;
  const blocks: Map<number, Float64Array>[] = factors[a].levels.map(() => new Map());
  [one, other].forEach(({ pointers, columns, values }, side) => {
    levels[a].places[side].forEach((row, from) => {
      for (let e = pointers[from]; e < pointers[from + 1]; e++) {
        const column = levels[b].places[side][columns[e]];
        const own = values.subarray(e * size, (e + 1) * size);
        const there = blocks[row].get(column);
        if (there) for (let i = 0; i < size; i++) there[i] += own[i];
        else blocks[row].set(column, own.slice());
      }
    });
  });
  const pointers = new Int32Array(blocks.length + 1);
  blocks.forEach((row, i) => {
    pointers[i + 1] = pointers[i] + row.size;
  });
  const columns = new Int32Array(pointers[blocks.length]);
  const values = new Float64Array(columns.length * size);
  blocks.forEach((row, i) => {
    const sorted = [...row].sort(([left], [right]) => left - right);
    sorted.forEach(([column, block], k) => {
      columns[pointers[i] + k] = column;
      values.set(block, (pointers[i] + k) * size);
    });
  });
  return { a, b, pointers, columns, values };
}

type Described = Pick<ResponseMoments, 'mean' | 'constant' | 'expressed'>;

/** Means, counts, and which responses are constant: those that are so in both sets of rows, at the same value. */
function describe(
  [{ responses: one }, { responses: other }]: readonly [PartRows, PartRows],
  share: readonly number[],
): Described {
  const mean = one.mean.map((value, k) => share[0] * value + share[1] * other.mean[k]);
  const expressed = one.expressed.map((seen, k) => (seen < 0 ? -1 : seen + other.expressed[k]));
  const constant = one.constant.map((flag, k) => {
    const same = Math.abs(one.mean[k] - other.mean[k]) <= ROUNDING * Math.abs(mean[k]);
    return flag === 1 && other.constant[k] === 1 && same ? 1 : 0;
  });
  return { mean, constant, expressed };
}

/** Means of a constant over other rows differ by rounding. */
const ROUNDING = 1e-13;

function mergeResponses(
  pair: readonly [PartRows, PartRows],
  { p, basis, complement }: Joint,
  design: DesignMoments,
  levels: readonly JointLevels[],
  described: Described,
): ResponseMoments {
  const { count } = pair[0].responses;
  const out: ResponseMoments = { ...emptyResponseMoments(design, count), ...described };
  const c = new Float64Array(2 * p);
  const d = new Float64Array(2 * p);
  for (let g = 0; g < count; g++) {
    let rss = 0;
    pair.forEach(({ responses }, side) => {
      c.set(responses.qty.subarray(g * p, (g + 1) * p), side * p);
      rss += responses.rss[g];
    });
    d.fill(0);
    for (let k = 0; k < p; k++) {
      let kept = 0;
      let rest = 0;
      for (let i = 0; i < 2 * p; i++) {
        kept += basis[k * 2 * p + i] * c[i];
        rest += complement[k * 2 * p + i] * c[i];
      }
      out.qty[g * p + k] = kept;
      for (let i = 0; i < 2 * p; i++) d[i] += complement[k * 2 * p + i] * rest;
      rss += rest * rest;
    }
    out.rss[g] = rss;
    pair.forEach(({ design: own, responses }, side) => {
      own.factors.forEach(({ q, offset, ztx }, f) => {
        const to = g * design.q + design.factors[f].offset;
        levels[f].places[side].forEach((level, from) => {
          for (let a = 0; a < q; a++) {
            const row = from * q + a;
            let sum = responses.ztr[g * own.q + offset + row];
            for (let k = 0; k < p; k++) sum += ztx[row * p + k] * d[side * p + k];
            out.ztr[to + level * q + a] += sum;
          }
        });
      });
    });
  }
  return out;
}
