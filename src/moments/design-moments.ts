import { pivotedQr, pivotedQrInPlace, thinQ, upperR, wholeQr } from '../numeric/pivoted-qr.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import type { Strata } from './collapse.ts';
import { covarianceBlocks } from './covariance-blocks.ts';
import type { CrossMoments, DesignMoments, FactorMoments, TermMoments } from './moments.ts';
import type { ProjectedRows } from './projected-rows.ts';
import type { BlockRows } from './shared-rows.ts';

/** The orthonormalised rows that turn responses into moments; m = n rows, or one a stratum. */
export interface Projector extends ProjectedRows {
  readonly m: number;
  readonly moments: DesignMoments;
  /** Rows in each stratum, length m; null when all are 1. */
  readonly count: Float64Array | null;
  readonly offset: Float64Array | null;
  /** What blocks of a structured covariance are made of; null without them. */
  readonly blockRows: BlockRows | null;
}

/**
 * Moments of a design and the projector that belongs to it. With `strata` the rows are collapsed first, which gives the
 * same moments. `weights` (length n) replace the design's own; `transforms` are the T of the terms where these rows are part of
 * others, and need not tell all columns of X apart: rows of R and columns of Q may be zero then. `memory` is where Q is to lie.
 */
export function projectDesign(
  design: Design,
  strata?: Strata | null,
  weights?: Float64Array,
  transforms?: readonly Float64Array[],
  memory: ArrayBuffer | null = null,
): Projector {
  const { n } = design;
  const p = design.fixed.names.length;
  const m = strata ? strata.representative.length : n;
  const row = (i: number) => (strata ? strata.representative[i] : i);
  const count = strata ? strata.count : null;
  const prior = weights ?? design.weights;

  let rootWeight: Float64Array | null = null;
  let logDetW = 0;
  if (prior || count) {
    rootWeight = new Float64Array(m);
    for (let i = 0; i < m; i++) {
      const w = prior ? prior[row(i)] : 1;
      const c = count ? count[i] : 1;
      logDetW += c * Math.log(w);
      rootWeight[i] = Math.sqrt(w * c);
    }
  }

  const x = memory ? new Float64Array(memory, 0, m * p) : new Float64Array(m * p);
  for (let k = 0; k < p; k++) {
    for (let i = 0; i < m; i++) {
      x[k * m + i] = design.fixed.x[k * n + row(i)] * (rootWeight ? rootWeight[i] : 1);
    }
  }
  const qr = pivotedQrInPlace(x, m, p, 0); // full rank: aliased columns are gone already
  const { q, r } = wholeQr(qr);

  const grouped = groupTerms(design.random);
  const terms: TermMoments[] = new Array(design.random.length);
  const factors: FactorMoments[] = [];
  const factorRows: { codes: Int32Array; z: Float64Array }[] = [];
  let offset = 0;
  grouped.forEach((members, f) => {
    const first = design.random[members[0]];
    const qf = members.reduce((sum, t) => sum + design.random[t].names.length, 0);
    const codes = strata ? strata.representative.map((i) => first.codes[i]) : first.codes;
    let z: Float64Array = new Float64Array(qf === 1 ? 0 : m * qf);
    let column = 0;
    for (const t of members) {
      const term = design.random[t];
      const qt = term.names.length;
      const { scaled, transform, meanSquare } = orthonormaliseTerm(term, n, m, row, count, transforms?.[t]);
      if (qf === 1) z = scaled;
      else for (let i = 0; i < m; i++) for (let k = 0; k < qt; k++) z[i * qf + column + k] = scaled[k * m + i];
      terms[t] = { group: term.group, names: term.names, q: qt, factor: f, column, transform, meanSquare };
      column += qt;
    }
    factorRows.push({ codes, z });
    const levels = first.levels.length;
    const { ztz, ztx } = factorSums(codes, z, levels, qf, q, m, p, rootWeight);
    factors.push({ group: first.group, levels: first.levels, q: qf, offset, ztz, ztx });
    offset += levels * qf;
  });
  const crosses: CrossMoments[] = [];
  for (let a = 0; a < factors.length; a++) {
    for (let b = a + 1; b < factors.length; b++) crosses.push(crossSums(a, b, factors, factorRows, m, rootWeight));
  }

  let offsets: Float64Array | null = null;
  if (design.offset) {
    offsets = new Float64Array(m);
    for (let i = 0; i < m; i++) offsets[i] = design.offset[row(i)];
  }
  const projected = { m, q, rootWeight, count, factors: factorRows, offset: offsets };
  const blocks = strata ? null : covarianceBlocks(design, projected, terms);
  const moments: DesignMoments = {
    kind: 'moments',
    n,
    p,
    coefficients: design.fixed.names,
    assign: design.fixed.assign,
    termLabels: design.fixed.termLabels,
    dropped: design.fixed.dropped.length,
    r,
    logDetW,
    terms,
    factors,
    crosses,
    q: offset,
    xtxCentred: centredCrossProduct(design, m, row, count),
    ...(blocks ? { blocks: blocks.evidence } : {}),
  };
  return { ...projected, moments, blockRows: blocks?.rows ?? null };
}

/** Terms by grouping factor, factors in order of first appearance. */
function groupTerms(terms: readonly RandomTerm[]): number[][] {
  const byGroup = new Map<string, number[]>();
  terms.forEach((term, t) => {
    const members = byGroup.get(term.group);
    if (members) members.push(t);
    else byGroup.set(term.group, [t]);
  });
  return [...byGroup.values()];
}

/** zt = z T^-1 with mean square I over the n rows, or with a T that is given; `scaled` is m x q column-major. */
function orthonormaliseTerm(
  term: RandomTerm,
  n: number,
  m: number,
  row: (i: number) => number,
  count: Float64Array | null,
  given: Float64Array | undefined,
): { scaled: Float64Array; transform: Float64Array; meanSquare: Float64Array } {
  const q = term.names.length;
  // One column as it stands, of an intercept mostly, needs no copy.
  const asIs = q === 1 && m === n && count === null && given === undefined;
  let z = asIs ? term.z : new Float64Array(m * q);
  if (!asIs) for (let k = 0; k < q; k++) for (let i = 0; i < m; i++) z[k * m + i] = term.z[k * n + row(i)];
  const meanSquare = new Float64Array(q * q);
  for (let a = 0; a < q; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < m; i++) sum += z[a * m + i] * z[b * m + i] * (count ? count[i] : 1);
      meanSquare[a * q + b] = sum / n;
      meanSquare[b * q + a] = sum / n;
    }
  }
  if (given) {
    for (let k = 0; k < q; k++) {
      for (let i = 0; i < m; i++) {
        let value = z[k * m + i];
        for (let a = 0; a < k; a++) value -= z[a * m + i] * given[a * q + k];
        z[k * m + i] = value / given[k * q + k];
      }
    }
    return { scaled: z, transform: given, meanSquare };
  }
  const transform = new Float64Array(q * q);
  if (q > 1) {
    const weighted = Float64Array.from(z);
    if (count) for (let k = 0; k < q; k++) for (let i = 0; i < m; i++) weighted[k * m + i] *= Math.sqrt(count[i]);
    const qr = pivotedQr(weighted, m, q, 1e-10);
    if (qr.rank === q) {
      const basis = thinQ(qr);
      const r = upperR(qr);
      const root = Math.sqrt(n);
      for (let i = 0; i < q * q; i++) transform[i] = r[i] / root;
      for (let k = 0; k < q; k++) {
        for (let i = 0; i < m; i++) z[k * m + i] = (basis[k * m + i] * root) / (count ? Math.sqrt(count[i]) : 1);
      }
      return { scaled: z, transform, meanSquare };
    }
  }
  for (let k = 0; k < q; k++) {
    const rms = Math.sqrt(meanSquare[k * q + k]);
    const scale = rms > 0 && Number.isFinite(rms) ? rms : 1;
    transform[k * q + k] = scale;
    if (scale === 1) continue;
    if (asIs) z = z.slice();
    for (let i = 0; i < m; i++) z[k * m + i] /= scale;
  }
  return { scaled: z, transform, meanSquare };
}

function factorSums(
  codes: Int32Array,
  z: Float64Array,
  levels: number,
  qf: number,
  q: Float64Array,
  m: number,
  p: number,
  rootWeight: Float64Array | null,
): { ztz: Float64Array; ztx: Float64Array } {
  const ztz = new Float64Array(levels * qf * qf);
  const ztx = new Float64Array(levels * qf * p);
  for (let i = 0; i < m; i++) {
    const root = rootWeight ? rootWeight[i] : 1;
    const level = codes[i];
    for (let a = 0; a < qf; a++) {
      const za = z[i * qf + a] * root;
      if (za === 0) continue;
      for (let b = 0; b < qf; b++) ztz[(level * qf + a) * qf + b] += za * z[i * qf + b] * root;
      const at = (level * qf + a) * p;
      for (let k = 0; k < p; k++) ztx[at + k] += za * q[k * m + i];
    }
  }
  return { ztz, ztx };
}

function crossSums(
  a: number,
  b: number,
  factors: readonly FactorMoments[],
  rows: readonly { codes: Int32Array; z: Float64Array }[],
  m: number,
  rootWeight: Float64Array | null,
): CrossMoments {
  const qa = factors[a].q;
  const qb = factors[b].q;
  const levelsA = factors[a].levels.length;
  const touched: Map<number, Float64Array>[] = Array.from({ length: levelsA }, () => new Map());
  for (let i = 0; i < m; i++) {
    const map = touched[rows[a].codes[i]];
    const level = rows[b].codes[i];
    let block = map.get(level);
    if (!block) {
      block = new Float64Array(qa * qb);
      map.set(level, block);
    }
    const w = rootWeight ? rootWeight[i] ** 2 : 1;
    for (let k = 0; k < qa; k++) {
      for (let l = 0; l < qb; l++) block[k * qb + l] += rows[a].z[i * qa + k] * rows[b].z[i * qb + l] * w;
    }
  }
  const pointers = new Int32Array(levelsA + 1);
  for (let i = 0; i < levelsA; i++) pointers[i + 1] = pointers[i] + touched[i].size;
  const columns = new Int32Array(pointers[levelsA]);
  const values = new Float64Array(pointers[levelsA] * qa * qb);
  touched.forEach((map, i) => {
    const sorted = [...map.entries()].sort((s, t) => s[0] - t[0]);
    sorted.forEach(([level, block], k) => {
      columns[pointers[i] + k] = level;
      values.set(block, (pointers[i] + k) * qa * qb);
    });
  });
  return { a, b, pointers, columns, values };
}

/** Unweighted (X - mean)'(X - mean), raw columns. */
function centredCrossProduct(
  design: Design,
  m: number,
  row: (i: number) => number,
  count: Float64Array | null,
): Float64Array {
  const { n } = design;
  const { x, names } = design.fixed;
  const p = names.length;
  const mean = new Float64Array(p);
  for (let k = 0; k < p; k++) {
    let sum = 0;
    for (let i = 0; i < m; i++) sum += x[k * n + row(i)] * (count ? count[i] : 1);
    mean[k] = sum / n;
  }
  const out = new Float64Array(p * p);
  for (let a = 0; a < p; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < m; i++) {
        const product = (x[a * n + row(i)] - mean[a]) * (x[b * n + row(i)] - mean[b]);
        sum += product * (count ? count[i] : 1);
      }
      out[a * p + b] = sum;
      out[b * p + a] = sum;
    }
  }
  return out;
}
