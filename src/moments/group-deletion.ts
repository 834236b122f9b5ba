import { subsetDesign } from '../formula/subset.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import type { DenseResponses } from '../types/responses.ts';
import type { DenseBatch } from './accumulate.ts';
import { addDenseResponse } from './dense.ts';
import { type Projector, projectDesign } from './design-moments.ts';
import { type DesignMoments, emptyResponseMoments, type MomentBatch, type ResponseMoments } from './moments.ts';

/**
 * What each group of rows adds to the moments of a design with at most one grouping factor, so that the moments without a
 * group (a level, a fold) follow from those with it and no row is visited again. With W^(1/2) X = Q R and residuals r of the
 * weighted least-squares fit, and Q_g, r_g their rows of group g:
 *
 *     A_g = Q_g'Q_g     c_g = Q_g'r_g     s_g = r_g'r_g
 *
 * and Z'WZ, Z'W^(1/2) Q and Z'Wr of each cell, the rows of a level in a group.
 */
export interface GroupMoments {
  readonly design: DesignMoments;
  readonly responses: ResponseMoments;
  readonly groups: number;
  /** Rows of each group, and sum of log w there. */
  readonly rows: Int32Array;
  readonly logDetW: Float64Array;
  /** groups x p x p. */
  readonly crossProduct: Float64Array;
  /** Group of each row; cells by group, then level: first cell of each group, the end behind the last, and their levels. */
  readonly groupOf: Int32Array;
  readonly first: Int32Array;
  readonly level: Int32Array;
  /** Cells x q x q and cells x q x p. */
  readonly ztz: Float64Array;
  readonly ztx: Float64Array;
  /** responses x groups x p, responses x groups, and responses x cells x q. */
  readonly residualProduct: Float64Array;
  readonly residualSquares: Float64Array;
  readonly cellProduct: Float64Array;
  /** responses x groups: 1 where a response does not vary without the group. */
  readonly constant: Uint8Array;
  /** What a response is formed anew from: the rows of the design, and its values on them. */
  readonly projector: Projector;
  readonly valuesOf: (k: number, into: Float64Array) => void;
}

/** Numbers that {@link groupMoments} holds for each response, at most. */
export function groupNumbers({ n, p, factors }: DesignMoments, groups: number): number {
  const [factor] = factors;
  return groups * (p + 1) + (factor ? Math.min(n, groups * factor.levels.length) * factor.q : 0);
}

/**
 * The moments of a batch and of groups of its rows, from its rows in one pass. `source[m]` is the response of model m;
 * `given` has the group of each row of the whole design, and without it the groups are the levels of the factor.
 */
export function groupMoments(
  batch: DenseBatch,
  responses: DenseResponses,
  source: Int32Array | null,
  given?: { readonly of: Int32Array; readonly count: number },
): GroupMoments {
  const design = batch.keep ? subsetDesign(batch.whole, batch.keep) : batch.whole;
  const members = Array.from(batch.index, (model) => (source ? source[model] : model));
  const { rows: stride, values, weights } = responses;
  const own = weights
    ? Float64Array.from(design.rows, (row, i) => weights[members[0] * stride + row] * (design.weights?.[i] ?? 1))
    : undefined;
  const projector = projectDesign(design, null, own);
  const { m, q: Q, rootWeight, factors, moments, offset } = projector;
  if (moments.blocks) throw new RangeError('moments by group have no covariance by blocks');
  const { p } = moments;
  const q = factors.length === 0 ? 0 : moments.factors[0].q;
  const codes = factors.length === 0 ? new Int32Array(m) : factors[0].codes;
  const z = factors.length === 0 ? new Float64Array(0) : factors[0].z;
  const groupOf = given ? Int32Array.from({ length: m }, (_, i) => given.of[batch.keep ? batch.keep[i] : i]) : codes;
  const levels = q === 0 ? 0 : moments.factors[0].levels.length;
  const groups = given ? given.count : levels;
  const { cellOf, first, level } = cellsOf(groupOf, codes, groups, levels);
  const cells = level.length;
  const rows = new Int32Array(groups);
  const logDetW = new Float64Array(groups);
  const crossProduct = new Float64Array(groups * p * p);
  const ztz = new Float64Array(cells * q * q);
  const ztx = new Float64Array(cells * q * p);
  for (let i = 0; i < m; i++) {
    const group = groupOf[i];
    const root = rootWeight ? rootWeight[i] : 1;
    rows[group]++;
    if (rootWeight) logDetW[group] += 2 * Math.log(root);
    for (let a = 0; a < p; a++) {
      for (let b = 0; b < p; b++) crossProduct[(group * p + a) * p + b] += Q[a * m + i] * Q[b * m + i];
    }
    for (let a = 0; a < q; a++) {
      const own = (cellOf[i] * q + a) * q;
      for (let b = 0; b < q; b++) ztz[own + b] += root * z[i * q + a] * root * z[i * q + b];
      for (let b = 0; b < p; b++) ztx[(cellOf[i] * q + a) * p + b] += root * z[i * q + a] * Q[b * m + i];
    }
  }
  const count = members.length;
  const out = emptyResponseMoments(moments, count);
  const residualProduct = new Float64Array(count * groups * p);
  const residualSquares = new Float64Array(count * groups);
  const cellProduct = new Float64Array(count * cells * q);
  const constant = new Uint8Array(count * groups);
  const y = new Float64Array(m);
  const residual = new Float64Array(m);
  const range = new RangeWithout(groups);
  const valuesOf = (k: number, into: Float64Array): void => {
    const from = members[k] * stride;
    for (let i = 0; i < m; i++) into[i] = values[from + design.rows[i]];
  };
  for (let k = 0; k < count; k++) {
    valuesOf(k, y);
    addDenseResponse(projector, y, 0, out, k, residual); // leaves the weighted residuals in its workspace
    range.clear();
    for (let i = 0; i < m; i++) {
      const r = residual[i];
      const at = k * groups + groupOf[i];
      residualSquares[at] += r * r;
      for (let a = 0; a < p; a++) residualProduct[at * p + a] += Q[a * m + i] * r;
      const weighted = rootWeight ? r * rootWeight[i] : r;
      for (let a = 0; a < q; a++) cellProduct[(k * cells + cellOf[i]) * q + a] += weighted * z[i * q + a];
      range.add(groupOf[i], offset ? y[i] - offset[i] : y[i]);
    }
    range.constants(constant, k * groups);
  }
  return {
    design: moments,
    responses: out,
    groups,
    rows,
    logDetW,
    crossProduct,
    groupOf,
    first,
    level,
    ztz,
    ztx,
    residualProduct,
    residualSquares,
    cellProduct,
    constant,
    projector,
    valuesOf,
  };
}

/** The cells that occur, by group and then level, and that of each row. */
function cellsOf(groupOf: Int32Array, codes: Int32Array, groups: number, levels: number) {
  const place = new Int32Array(groups * levels).fill(-1);
  const cellOf = new Int32Array(groupOf.length);
  const first = new Int32Array(groups + 1);
  const level: number[] = [];
  if (levels === 0) return { cellOf, first, level: Int32Array.from(level) };
  for (let i = 0; i < groupOf.length; i++) place[groupOf[i] * levels + codes[i]] = 0;
  for (let group = 0; group < groups; group++) {
    for (let j = 0; j < levels; j++) {
      const at = group * levels + j;
      if (place[at] < 0) continue;
      place[at] = level.length;
      level.push(j);
    }
    first[group + 1] = level.length;
  }
  for (let i = 0; i < groupOf.length; i++) cellOf[i] = place[groupOf[i] * levels + codes[i]];
  return { cellOf, first, level: Int32Array.from(level) };
}

/** Lowest and highest value without each group. */
class RangeWithout {
  private readonly low: Float64Array;
  private readonly high: Float64Array;

  constructor(groups: number) {
    this.low = new Float64Array(groups);
    this.high = new Float64Array(groups);
  }

  clear(): void {
    this.low.fill(Number.POSITIVE_INFINITY);
    this.high.fill(Number.NEGATIVE_INFINITY);
  }

  add(group: number, value: number): void {
    if (value < this.low[group]) this.low[group] = value;
    if (value > this.high[group]) this.high[group] = value;
  }

  /** Writes 1 for each group without which all values are the same. */
  constants(out: Uint8Array, at: number): void {
    const { low, high } = this;
    const groups = low.length;
    for (let g = 0; g < groups; g++) {
      let least = Number.POSITIVE_INFINITY;
      let most = Number.NEGATIVE_INFINITY;
      for (let other = 0; other < groups && !(least < most); other++) {
        if (other === g) continue;
        least = Math.min(least, low[other]);
        most = Math.max(most, high[other]);
      }
      out[at + g] = least === most ? 1 : 0;
    }
  }
}

/** Below this share of its information left, a coefficient cannot be told without the group. */
const INFORMATION_LEFT = 1e-9;
/** A residual sum of squares below this share of the whole has lost digits that its rows still have. */
const SQUARES_LEFT = 1e-4;

/**
 * Moments of the same responses without group g. The columns of X without its rows are Q_(g) = Q_n T with T'T = I - A_g; the
 * least-squares fit moves by e = -T^-T c_g in their basis:
 *
 *     R_n = T R,  q_n = T q + e,  rss_n = rss - s_g - |e|^2,  Z_j'W r_n = Z_j'W r - Z_gj'W r_g - (Z_nj'W Q_n) e
 *
 * Cells that stay are added up, and a response whose squares are all but gone is formed from its rows anew: nothing is the
 * difference of large sums. Null when less than the share `least` of the information on a coefficient is left.
 */
export function withoutGroup(
  whole: GroupMoments,
  group: number,
  index: Int32Array,
  least = INFORMATION_LEFT,
): MomentBatch | null {
  const { design, responses, groups, rows, logDetW, crossProduct, level, residualProduct, residualSquares } = whole;
  const { p, r } = design;
  const L = new Float64Array(p * p); // T'
  for (let a = 0; a < p; a++) {
    for (let b = 0; b < p; b++) L[a * p + b] = (a === b ? 1 : 0) - crossProduct[(group * p + a) * p + b];
  }
  if (Number.isNaN(choleskyInPlace(L, p))) return null;
  for (let a = 0; a < p; a++) if (!(L[a * p + a] ** 2 > least)) return null;
  const R = new Float64Array(p * p);
  for (let a = 0; a < p; a++) {
    for (let b = a; b < p; b++) {
      for (let l = a; l <= b; l++) R[a * p + b] += L[l * p + a] * r[l * p + b];
    }
  }
  const { factor, kept, gone } = factorWithout(whole, group, L);
  const q = factor?.q ?? 0;
  const J = design.factors[0]?.levels.length ?? 0;
  const left: DesignMoments = {
    ...design,
    n: design.n - rows[group],
    r: R,
    logDetW: design.logDetW - logDetW[group],
    factors: factor ? [factor] : [],
    q: kept.length * q,
  };
  const out = { ...emptyResponseMoments(left, responses.count), mean: responses.mean, expressed: responses.expressed };
  const cells = level.length;
  const e = new Float64Array(p);
  const again: number[] = [];
  for (let k = 0; k < responses.count; k++) {
    const at = k * groups + group;
    out.constant[k] = whole.constant[at];
    for (let a = 0; a < p; a++) e[a] = -residualProduct[at * p + a];
    forwardSolve(L, p, e);
    let rss = responses.rss[k] - residualSquares[at];
    for (let a = 0; a < p; a++) {
      rss -= e[a] * e[a];
      let sum = e[a];
      for (let b = a; b < p; b++) sum += L[b * p + a] * responses.qty[k * p + b];
      out.qty[k * p + a] = sum;
    }
    out.rss[k] = rss;
    if (!(rss > SQUARES_LEFT * responses.rss[k])) again.push(k);
    if (!factor) continue;
    for (let to = 0; to < kept.length; to++) {
      const cell = gone[kept[to]];
      for (let a = 0; a < q; a++) {
        let sum = responses.ztr[(k * J + kept[to]) * q + a];
        if (cell >= 0) sum -= whole.cellProduct[(k * cells + cell) * q + a];
        const row = (to * q + a) * p;
        for (let b = 0; b < p; b++) sum -= factor.ztx[row + b] * e[b];
        out.ztr[(k * kept.length + to) * q + a] = sum;
      }
    }
  }
  if (again.length > 0) formAnew(whole, group, left, L, kept, again, out);
  return { design: left, responses: out, index };
}

/** The grouping factor without a group, in the basis of T; levels that keep a row, and the cell that each has lost (-1 for none). */
function factorWithout({ design, groups, first, level, ztz, ztx }: GroupMoments, group: number, L: Float64Array) {
  const { p } = design;
  const factor = design.factors[0];
  if (!factor) return { factor: null, kept: new Int32Array(0), gone: new Int32Array(0) };
  const { q, levels } = factor;
  const gone = new Int32Array(levels.length).fill(-1);
  for (let cell = first[group]; cell < first[group + 1]; cell++) gone[level[cell]] = cell;
  const stays = new Uint8Array(levels.length);
  for (let other = 0; other < groups; other++) {
    if (other === group) continue;
    for (let cell = first[other]; cell < first[other + 1]; cell++) stays[level[cell]] = 1;
  }
  const kept = Int32Array.from(levels.keys()).filter((j) => stays[j] === 1);
  const place = new Int32Array(levels.length).fill(-1);
  const left = { ztz: new Float64Array(kept.length * q * q), ztx: new Float64Array(kept.length * q * p) };
  kept.forEach((j, to) => {
    place[j] = to;
    if (gone[j] >= 0) return;
    left.ztz.set(factor.ztz.subarray(j * q * q, (j + 1) * q * q), to * q * q);
    left.ztx.set(factor.ztx.subarray(j * q * p, (j + 1) * q * p), to * q * p);
  });
  for (let other = 0; other < groups; other++) {
    if (other === group) continue;
    for (let cell = first[other]; cell < first[other + 1]; cell++) {
      const to = place[level[cell]];
      if (gone[level[cell]] < 0) continue;
      for (let i = 0; i < q * q; i++) left.ztz[to * q * q + i] += ztz[cell * q * q + i];
      for (let i = 0; i < q * p; i++) left.ztx[to * q * p + i] += ztx[cell * q * p + i];
    }
  }
  for (let row = 0; row < kept.length * q; row++) forwardSolve(L, p, left.ztx, row * p);
  return { factor: { ...factor, levels: Array.from(kept, (j) => levels[j]), ...left }, kept, gone };
}

/** Forms some responses from the rows that stay, in the basis Q_n. */
function formAnew(
  { projector, groupOf, valuesOf }: GroupMoments,
  group: number,
  left: DesignMoments,
  L: Float64Array,
  kept: Int32Array,
  again: readonly number[],
  out: ResponseMoments,
): void {
  const { m, q: Q, rootWeight, factors, offset } = projector;
  const { p } = left;
  const stay = Int32Array.from({ length: m }, (_, i) => i).filter((i) => groupOf[i] !== group);
  const rows = stay.length;
  const basis = new Float64Array(rows * p);
  const row = new Float64Array(p);
  stay.forEach((i, to) => {
    for (let a = 0; a < p; a++) row[a] = Q[a * m + i];
    forwardSolve(L, p, row);
    for (let a = 0; a < p; a++) basis[a * rows + to] = row[a];
  });
  const place = new Map(Array.from(kept, (j, to) => [j, to]));
  const gather = (values: Float64Array) => Float64Array.from(stay, (i) => values[i]);
  const own: Projector = {
    m: rows,
    moments: left,
    q: basis,
    rootWeight: rootWeight && gather(rootWeight),
    count: null,
    blockRows: null,
    factors: factors.map(({ codes, z }, f) => {
      const { q } = left.factors[f];
      const part = new Float64Array(rows * q);
      stay.forEach((i, to) => {
        part.set(z.subarray(i * q, (i + 1) * q), to * q);
      });
      return { codes: Int32Array.from(stay, (i) => place.get(codes[i]) ?? 0), z: part };
    }),
    offset: offset && gather(offset),
  };
  const mean = out.mean.slice();
  const y = new Float64Array(m);
  for (const k of again) {
    valuesOf(k, y);
    out.ztr.fill(0, k * left.q, (k + 1) * left.q);
    addDenseResponse(own, gather(y), 0, { ...out, mean }, k);
  }
}
