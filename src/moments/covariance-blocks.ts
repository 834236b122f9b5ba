/**
 * Sufficient statistics of models whose covariance V is block-diagonal: by subject with structured residuals, by row where
 * only standard deviations differ, by whatever connects the levels of random effects. Subjects with the same pattern (visits,
 * columns of scales and of random effects) have the same block of V, and all that a fit needs of them are sums over pairs of
 * positions (a, b), with q the rows of Q (W^(1/2) X = Q R) and r those of W^(1/2) (y - X b_ols):
 *
 *     S_ab = sum_i (q_ia, r_ia)' (q_ib, r_ib)      X'V^-1 X = sum_P sum_ab (V_P^-1)_ab S_ab,  and so on
 *
 * so that no cost depends on the number of subjects. Patterns of few subjects keep their rows, which are less.
 */

import { FitError } from '../errors.ts';
import type { Design } from '../types/design.ts';
import { randomTermText } from '../types/parameters.ts';
import type { RowFactor } from '../types/residual.ts';
import type { BlockPiece } from './block-piece.ts';
import { blockPieces } from './block-pieces.ts';
import type {
  BlockEffects,
  BlockForm,
  CovarianceBlock,
  CovarianceBlocks,
  CovarianceLayout,
} from './covariance-evidence.ts';
import type { TermMoments } from './factor-moments.ts';
import type { DesignMoments } from './moments.ts';
import { patternRoot } from './pattern-root.ts';
import type { ProjectedRows } from './projected-rows.ts';
import { designScales, scaleColumns } from './scale-columns.ts';
import type { BlockRows } from './shared-rows.ts';

export type { BlockEffects, BlockForm, CovarianceBlock, CovarianceBlocks, CovarianceLayout };

/** Whether the covariance of a design is more than random effects beside equal residuals. */
export function hasBlocks({ residual, dispersion, random }: Design): boolean {
  return residual !== undefined || dispersion !== undefined || random.some(({ structure }) => structure !== undefined);
}

/** The blocks of such a design, and its rows as they are made of; null for another. */
export function covarianceBlocks(
  design: Design,
  projector: ProjectedRows,
  terms: readonly TermMoments[],
): { readonly evidence: CovarianceBlocks; readonly rows: BlockRows } | null {
  if (!hasBlocks(design)) return null;
  const { residual, dispersion, random } = design;
  refuseRedundant(design);
  const p = design.fixed.names.length;
  const { columns, layoutScales } = scaleColumns(designScales(design));
  const { pieces, rows, form } = blockPieces(design, projector, terms, columns);
  const kinds = new Map<string, { readonly piece: BlockPiece; readonly rows: number[]; count: number }>();
  for (const piece of pieces) {
    const key = pieceKey(piece);
    const known = kinds.get(key);
    if (known) {
      for (const row of piece.rows) known.rows.push(row);
      known.count += piece.count;
    } else kinds.set(key, { piece, rows: [...piece.rows], count: piece.count });
  }
  const blocks: CovarianceBlock[] = [];
  let offset = 0;
  for (const { piece, rows: flat, count } of kinds.values()) {
    const { size, sign } = piece;
    const members = flat.length / size;
    const pairs = (size * (size + 1)) / 2;
    const triangle = (p * (p + 1)) / 2;
    // Sums cost a pair (p + 1)(p + 2) / 2, rows V^-1 (q, r) and its product with (q, r), each.
    const fewer = pairs * (triangle + p + 1) < members * size * (p + 1) * (size + (p + 2) / 2);
    // The effects of a level are read off its rows.
    const withEffects = piece.effects.some(({ z }) => z.some((value) => value !== 0));
    const sums = piece.sign < 0 || count !== members || (fewer && !withEffects);
    const numbers = Int32Array.from(flat);
    const q = sums
      ? pairSums(numbers, members, size, sign, rows.q, rows.count, p)
      : gatheredRows(numbers, rows.q, rows.count, p);
    const effects = piece.effects.map(({ codes, z, levels }) => ({
      z,
      levels,
      codes: numbers.map((i) => codes[i] ?? -1),
    }));
    const { group, positions, subjects, scales } = piece;
    blocks.push({
      group,
      size,
      positions,
      subjects,
      scales,
      effects,
      count: sign * count,
      sign,
      sums,
      q,
      ...(sums && form !== 'neighbours' ? { root: patternRoot(numbers, members, size, rows.q, rows.count, p) } : {}),
      rows: numbers,
      offset,
    });
    offset += sums ? pairs * (p + 1) : numbers.length;
  }
  const visits = residual?.visit?.levels ?? [];
  const groups = residual?.by?.levels ?? [''];
  const seen = residual?.structure === 'us' ? seenPairs(blocks, groups, visits) : null;
  const evidence: CovarianceBlocks = {
    layout: {
      structure: residual?.structure ?? null,
      form,
      text: residual?.text ?? '',
      dispersionText: dispersion?.text ?? '',
      visits,
      by: residual?.by?.name ?? null,
      groups,
      ...layoutScales,
      spacing: residual?.time ? typicalSpacing(residual.time.values, residual.subject.codes) : 1,
      terms: random.map(({ structure }) => structure ?? null),
    },
    blocks,
    width: offset,
    units: residual
      ? { name: residual.subject.name, count: residual.subject.levels.length }
      : { name: random[0]?.group ?? null, count: random[0]?.levels.length ?? design.n },
    subjects: residual ? subjectFactor(residual.subject, projector.q, projector.rootWeight, p) : null,
    unseen: seen?.unseen ?? null,
    fewSubjects: seen?.few ?? false,
  };
  return { evidence, rows };
}

/** @throws DataError for random effects of the subjects that the structure of their residuals holds already */
function refuseRedundant({ residual, random }: Design): void {
  if (!residual) return;
  const { structure, subject, text } = residual;
  for (const { group, names } of random) {
    const constant = ['cs', 'toep'].includes(structure) && names.join() === '(Intercept)';
    if (group !== subject.name || !(structure === 'us' || constant)) continue;
    throw new FitError(
      'DataError',
      `${text} holds what ${randomTermText({ group, names })} adds: the two cannot be told apart`,
      { remedy: `Leave the random effects of ${group} out, or take a structure such as ar1.`, option: 'residual' },
    );
  }
}

/** What pieces of one kind have in common; columns that come out of a factorisation agree but for their rounding. */
function pieceKey({ group, sign, positions, subjects, scales, effects }: BlockPiece): string {
  const columns = effects.map(({ z, levels }) => `${Array.from(z, (value) => value.toPrecision(11))}/${levels}`);
  return `${group};${sign};${positions};${subjects};${scales};${columns.join(';')}`;
}

/**
 * A design in which the subjects of structured residuals are a grouping factor like those of random effects: what a test rests on
 * is read off the factors.
 */
export function withSubjects(design: DesignMoments): DesignMoments {
  const { blocks, factors, terms } = design;
  const subjects = blocks?.subjects;
  if (!subjects || factors.some(({ group }) => group === subjects.factor.group)) return design;
  const term = { ...subjects.term, factor: factors.length };
  return { ...design, factors: [...factors, subjects.factor], terms: [...terms, term] };
}

function subjectFactor(
  { name, levels, codes }: RowFactor,
  q: Float64Array,
  rootWeight: Float64Array | null,
  p: number,
): NonNullable<CovarianceBlocks['subjects']> {
  const n = codes.length;
  const ztz = new Float64Array(levels.length);
  const ztx = new Float64Array(levels.length * p);
  for (let i = 0; i < n; i++) {
    const root = rootWeight ? rootWeight[i] : 1;
    ztz[codes[i]] += root * root;
    for (let c = 0; c < p; c++) ztx[codes[i] * p + c] += root * q[c * n + i];
  }
  const one = Float64Array.of(1);
  return {
    factor: { group: name, levels, q: 1, offset: 0, ztz, ztx },
    term: { group: name, names: ['(Intercept)'], q: 1, factor: 0, column: 0, transform: one, meanSquare: one },
  };
}

/** sum_i q_ia q_ib' over pairs b <= a, both orders for b < a. */
function pairSums(
  rows: Int32Array,
  count: number,
  size: number,
  sign: number,
  q: Float64Array,
  n: number,
  p: number,
): Float64Array {
  const triangle = (p * (p + 1)) / 2;
  const out = new Float64Array(((size * (size + 1)) / 2) * triangle);
  const x = new Float64Array(size * p);
  for (let s = 0; s < count; s++) {
    for (let a = 0; a < size; a++) {
      const i = rows[s * size + a];
      for (let c = 0; c < p; c++) x[a * p + c] = q[c * n + i];
    }
    let at = 0;
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++) {
        for (let c = 0; c < p; c++) {
          const [ac, bc] = [sign * x[a * p + c], b < a ? sign * x[b * p + c] : 0];
          for (let e = 0; e <= c; e++, at++) out[at] += ac * x[b * p + e] + bc * x[a * p + e];
        }
      }
    }
  }
  return out;
}

function gatheredRows(rows: Int32Array, q: Float64Array, n: number, p: number): Float64Array {
  const out = new Float64Array(rows.length * p);
  rows.forEach((row, i) => {
    for (let c = 0; c < p; c++) out[i * p + c] = q[c * n + row];
  });
  return out;
}

/** Sums or rows of a response with residuals r (length n, weighted) into `out` from `to` on. */
export function addBlocks(
  { blocks }: CovarianceBlocks,
  rows: BlockRows,
  p: number,
  r: Float64Array,
  out: Float64Array,
  to: number,
): void {
  const { q, count: n } = rows;
  const all = rows.expand(r);
  for (const block of blocks) {
    const { sums, size, sign, offset } = block;
    const from = to + offset;
    if (!sums) {
      for (let i = 0; i < block.rows.length; i++) out[from + i] = all[block.rows[i]];
      continue;
    }
    const members = block.rows.length / size;
    const x = new Float64Array(size * p);
    const rest = new Float64Array(size);
    for (let s = 0; s < members; s++) {
      for (let a = 0; a < size; a++) {
        const i = block.rows[s * size + a];
        rest[a] = all[i];
        for (let c = 0; c < p; c++) x[a * p + c] = q[c * n + i];
      }
      let at = from;
      for (let a = 0; a < size; a++) {
        const ra = sign * rest[a];
        for (let b = 0; b < a; b++) {
          const rb = sign * rest[b];
          for (let c = 0; c < p; c++) out[at++] += x[a * p + c] * rb + x[b * p + c] * ra;
          out[at++] += 2 * ra * rest[b];
        }
        for (let c = 0; c < p; c++) out[at++] += x[a * p + c] * ra;
        out[at++] += ra * rest[a];
      }
    }
  }
}

/** Median distance of neighbouring times of a subject. */
function typicalSpacing(times: Float64Array, subjects: Int32Array): number {
  const order = [...times.keys()].sort((i, j) => subjects[i] - subjects[j] || times[i] - times[j]);
  const gaps: number[] = [];
  for (let k = 1; k < order.length; k++) {
    if (subjects[order[k]] === subjects[order[k - 1]]) gaps.push(times[order[k]] - times[order[k - 1]]);
  }
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 1;
}

/** The first pair of visits that no subject of a group has both, and whether a group has fewer subjects than visits. */
export function seenPairs(
  blocks: readonly CovarianceBlock[],
  groups: readonly string[],
  visits: readonly string[],
): { readonly unseen: string | null; readonly few: boolean } {
  const m = visits.length;
  const seen = new Int32Array(groups.length * m * m);
  const subjects = new Int32Array(groups.length);
  for (const { group, positions, subjects: of, size, count } of blocks) {
    subjects[group] += count * new Set(of).size;
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) {
        if (of[a] === of[b]) seen[(group * m + positions[a]) * m + positions[b]] += count;
      }
    }
  }
  for (let g = 0; g < groups.length; g++) {
    for (let a = 0; a < m; a++) {
      for (let b = 0; b < a; b++) {
        const [first, second] = [b, a].map((v) => seen[(g * m + v) * m + v]);
        if (first === 0 || second === 0 || seen[(g * m + a) * m + b] > 0) continue;
        const where = groups[g] === '' ? '' : ` of ${groups[g]}`;
        return { unseen: `'${visits[b]}' and '${visits[a]}'${where}`, few: false };
      }
    }
  }
  return { unseen: null, few: subjects.some((count) => count > 0 && count < m) };
}
