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
import type { Design, RandomTerm } from '../types/design.ts';
import type { RowFactor, StructureName } from '../types/residual.ts';
import { isHeterogeneous } from '../types/residual.ts';
import type { Projector } from './design-moments.ts';
import type { DesignMoments, FactorMoments, TermMoments } from './moments.ts';
import { patternRoot } from './pattern-root.ts';

/** The parameters of a covariance by blocks, in their order: scales, correlations by group, then the random terms. */
export interface CovarianceLayout {
  /** Null where residuals are independent. */
  readonly structure: StructureName | null;
  /** `us(visit | subject)` and `~ sex` as the user wrote them. */
  readonly text: string;
  readonly dispersionText: string;
  /** Visits in order; empty for times. */
  readonly visits: readonly string[];
  /** Groups with parameters of their own, and what they are levels of; one group without a name where there are none. */
  readonly by: string | null;
  readonly groups: readonly string[];
  /** Columns in which the log standard deviation is linear: those of the dispersion model, then one a visit and group. */
  readonly scales: readonly string[];
  readonly dispersion: number;
  /** Level of each visit (groups x visits, 0 .. scales - 1), and -1 where it has no column of its own. */
  readonly scaleOf: Int32Array;
  /** Typical distance between neighbouring times. */
  readonly spacing: number;
  /** Structure of each random term; null for any covariance. */
  readonly terms: readonly (RandomTerm['structure'] | null)[];
}

/** A random term in the blocks of one kind. */
export interface BlockEffects {
  /** size x q row-major. */
  readonly z: Float64Array;
  /** Rows of one level have one number. */
  readonly levels: Int32Array;
  /** Level of the term's grouping factor of each row, count x size. */
  readonly codes: Int32Array;
}

/** Subjects (or connected rows) with the same block of V. */
export interface CovarianceBlock {
  readonly group: number;
  /** Rows of the block, and blocks of this kind. */
  readonly size: number;
  readonly count: number;
  /** Number of the visit, or the time, of each row. */
  readonly positions: Float64Array;
  /** Rows of one subject have one number. */
  readonly subjects: Int32Array;
  /** size x scales. */
  readonly scales: Float64Array;
  /** By random term: columns (size x q row-major, of zt, times the root of the weight) and the level of each row. */
  readonly effects: readonly BlockEffects[];
  /** Whether `q`, and what responses have, are sums over pairs (a, b <= a), both orders added for b < a, or rows. */
  readonly sums: boolean;
  /** pairs x p(p+1)/2 packed lower triangles by rows, or count x size x p. */
  readonly q: Float64Array;
  /** Rows of Q of subjects that stand for all of a pattern of sums in draws, rank x size x p (`pattern-root.ts`). */
  readonly root?: Float64Array;
  /** Rows of the design that make it, count x size. */
  readonly rows: Int32Array;
  /** Where the numbers of a response begin: pairs x (p + 1), q'r before r'r; or count x size of r. */
  readonly offset: number;
}

export interface CovarianceBlocks {
  readonly layout: CovarianceLayout;
  readonly blocks: readonly CovarianceBlock[];
  /** Numbers of a response. */
  readonly width: number;
  /** Independent units: subjects, or the rows where nothing connects them; with the name of what they are levels of. */
  readonly units: { readonly name: string | null; readonly count: number };
  /** Subjects as a grouping factor with intercepts, without an effect in the model; null where rows have none. */
  readonly subjects: { readonly factor: FactorMoments; readonly term: TermMoments } | null;
  /** Two visits of a group that no subject has both, for `us`; null where there are none. */
  readonly unseen: string | null;
  /** Whether a group of `us` has fewer subjects than visits. */
  readonly fewSubjects: boolean;
}

/** Rows of a block beyond which it is not formed. */
export const MOST_ROWS = 1500;

/** Whether the covariance of a design is more than random effects beside equal residuals. */
export function hasBlocks({ residual, dispersion, random }: Design): boolean {
  return residual !== undefined || dispersion !== undefined || random.some(({ structure }) => structure !== undefined);
}

/** The blocks of such a design; null for another. */
export function covarianceBlocks(
  design: Design,
  { q, rootWeight, factors }: Pick<Projector, 'q' | 'rootWeight' | 'factors'>,
  terms: readonly TermMoments[],
): CovarianceBlocks | null {
  if (!hasBlocks(design)) return null;
  const { residual, dispersion, n, random } = design;
  const p = design.fixed.names.length;
  const { columns, layoutScales } = scaleColumns(design);
  const positions = residual?.visit
    ? Float64Array.from(residual.visit.codes)
    : (residual?.time?.values ?? new Float64Array(n));
  const visits = residual?.visit?.levels ?? [];
  const groups = residual?.by?.levels ?? [''];
  const kinds = new Map<string, number[][]>();
  const made = new Map<
    string,
    Pick<CovarianceBlock, 'positions' | 'subjects' | 'scales' | 'effects' | 'group' | 'size'>
  >();
  const zOf = terms.map((term, t) => ({ ...effectColumns(random[t], term, factors[term.factor], n), q: term.q }));
  for (const rows of connectedRows(design)) {
    rows.sort((i, j) => subjectOf(design, i) - subjectOf(design, j) || positions[i] - positions[j] || i - j);
    const size = rows.length;
    refuseSeveralGroups(design, rows);
    const block = {
      group: residual?.by ? residual.by.codes[rows[0]] : 0,
      size,
      positions: Float64Array.from(rows, (i) => positions[i]),
      subjects: renumbered(rows, (i) => subjectOf(design, i)),
      scales: Float64Array.from(rows.flatMap((i) => columns.map((column) => column[i]))),
      effects: zOf.map(({ codes, z, q: width }) => {
        const own = rows.flatMap((i) =>
          Array.from({ length: width }, (_, a) => z[i * width + a] * (rootWeight ? rootWeight[i] : 1)),
        );
        return { z: Float64Array.from(own), levels: renumbered(rows, (i) => codes[i]), codes };
      }),
    };
    const key = blockKey(block);
    const members = kinds.get(key);
    if (members) members.push(rows);
    else {
      kinds.set(key, [rows]);
      made.set(key, block);
    }
  }
  const blocks: CovarianceBlock[] = [];
  let offset = 0;
  for (const [key, members] of kinds) {
    const block = made.get(key);
    if (!block) continue;
    const { size } = block;
    const count = members.length;
    const pairs = (size * (size + 1)) / 2;
    const triangle = (p * (p + 1)) / 2;
    // Sums cost a pair (p + 1)(p + 2) / 2, rows V^-1 (q, r) and its product with (q, r), each.
    // The effects of a level are read off its rows.
    const fewer = pairs * (triangle + p + 1) < count * size * (p + 1) * (size + (p + 2) / 2);
    const sums = fewer && random.length === 0;
    const rows = Int32Array.from(members.flat());
    const body = sums ? pairSums(rows, count, size, q, n, p) : gatheredRows(rows, q, n, p);
    const effects = block.effects.map(({ codes, ...own }) => ({ ...own, codes: rows.map((i) => codes[i]) }));
    const root = sums ? { root: patternRoot(rows, count, size, q, n, p) } : {};
    blocks.push({ ...block, effects, count, sums, q: body, ...root, rows, offset });
    offset += sums ? pairs * (p + 1) : count * size;
  }
  const spacing = residual?.time ? typicalSpacing(blocks) : 1;
  const seen = residual?.structure === 'us' ? seenPairs(blocks, groups, visits) : null;
  return {
    layout: {
      structure: residual?.structure ?? null,
      text: residual?.text ?? '',
      dispersionText: dispersion?.text ?? '',
      visits,
      by: residual?.by?.name ?? null,
      groups,
      ...layoutScales,
      spacing,
      terms: random.map(({ structure }) => structure ?? null),
    },
    blocks,
    width: offset,
    units: residual
      ? { name: residual.subject.name, count: residual.subject.levels.length }
      : { name: random[0]?.group ?? null, count: random[0]?.levels.length ?? n },
    subjects: residual ? subjectFactor(residual.subject, q, rootWeight, p) : null,
    unseen: seen?.unseen ?? null,
    fewSubjects: seen?.few ?? false,
  };
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

/**
 * Rows that random effects connect have the parameters of one group.
 *
 * @throws DataError
 */
function refuseSeveralGroups({ residual, random }: Design, rows: readonly number[]): void {
  const by = residual?.by;
  if (!residual || !by) return;
  const other = rows.find((row) => by.codes[row] !== by.codes[rows[0]]);
  if (other === undefined) return;
  const [a, b] = [rows[0], other].map((row) => by.levels[by.codes[row]]);
  const factors = [...new Set(random.map(({ group }) => group))].join(' and ');
  throw new FitError('DataError', `${factors} connects rows of '${by.name}' '${a}' and '${b}'`, {
    option: 'residual',
    source: residual.text,
    remedy: `Random effects beside residuals by group are of levels inside the groups: leave ${by.name} out of “residual”, or ${factors} out of the formula.`,
  });
}

/** Columns of a random term by row: those of the moments, or the formula's own where a structure is of these. */
function effectColumns(
  term: RandomTerm,
  { q, column }: TermMoments,
  { codes, z }: Projector['factors'][number],
  n: number,
): { readonly codes: Int32Array; readonly z: Float64Array } {
  const out = new Float64Array(n * q);
  const stride = z.length / n;
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < q; a++) out[i * q + a] = term.structure ? term.z[a * n + i] : z[i * stride + column + a];
  }
  return { codes, z: out };
}

/** What blocks of one kind have in common; columns that come out of a factorisation agree but for their rounding. */
function blockKey({
  group,
  positions,
  subjects,
  scales,
  effects,
}: Pick<CovarianceBlock, 'group' | 'positions' | 'subjects' | 'scales' | 'effects'>): string {
  const columns = effects.map(({ z, levels }) => [Array.from(z, (value) => value.toPrecision(11)), [...levels]]);
  return JSON.stringify([group, [...positions], [...subjects], [...scales], columns]);
}

function subjectOf({ residual }: Design, i: number): number {
  return residual ? residual.subject.codes[i] : i;
}

/** Numbers 0, 1, ... of some values in the order in which they come. */
function renumbered(rows: readonly number[], of: (i: number) => number): Int32Array {
  const known = new Map<number, number>();
  return Int32Array.from(rows, (i) => {
    const value = of(i);
    const found = known.get(value);
    if (found !== undefined) return found;
    known.set(value, known.size);
    return known.size - 1;
  });
}

/** Rows that a subject or a level of a random effect connects, directly or over others. */
function connectedRows(design: Design): number[][] {
  const { n, residual, random } = design;
  const parent = Int32Array.from({ length: n }, (_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root];
    for (let at = i; parent[at] !== root; ) [parent[at], at] = [root, parent[at]];
    return root;
  };
  for (const { codes, levels } of [...(residual ? [residual.subject] : []), ...random]) {
    const first = new Int32Array(levels.length).fill(-1);
    for (let i = 0; i < n; i++) {
      if (first[codes[i]] < 0) first[codes[i]] = i;
      else parent[find(i)] = find(first[codes[i]]);
    }
  }
  const members = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const root = find(i);
    const known = members.get(root);
    if (known) known.push(i);
    else members.set(root, [i]);
  }
  return [...members.values()];
}

/**
 * Columns of the log standard deviation: those of the dispersion model; one a visit and group where the structure has standard
 * deviations by visit, one a group else. Of the latter those are left out that the columns before span.
 */
function scaleColumns(design: Design): {
  readonly columns: Float64Array[];
  readonly layoutScales: Pick<CovarianceLayout, 'scales' | 'dispersion' | 'scaleOf'>;
} {
  const { n, residual, dispersion } = design;
  const names = [...(dispersion?.names ?? [])];
  const columns = names.map((_, k) => dispersion?.x.subarray(k * n, (k + 1) * n) ?? new Float64Array(n));
  const visits = residual?.visit?.levels ?? [];
  const groups = residual?.by?.levels ?? [''];
  const byVisit = residual ? isHeterogeneous(residual.structure) : false;
  const scaleOf = new Int32Array(groups.length * Math.max(1, visits.length)).fill(-1);
  const basis: Float64Array[] = [];
  for (const column of columns) spans(basis, column);
  // A homogeneous structure beside a dispersion model has the scales of that model alone, unless groups have their own.
  const own = !dispersion || byVisit || groups.length > 1;
  for (let g = 0; own && g < groups.length; g++) {
    for (let v = 0; v < (byVisit ? visits.length : 1); v++) {
      const column = Float64Array.from({ length: n }, (_, i) => {
        const inGroup = !residual?.by || residual.by.codes[i] === g;
        return inGroup && (!byVisit || residual?.visit?.codes[i] === v) ? 1 : 0;
      });
      if (spans(basis, column)) continue;
      if (byVisit) scaleOf[g * visits.length + v] = columns.length;
      else scaleOf.fill(columns.length, g * Math.max(1, visits.length), (g + 1) * Math.max(1, visits.length));
      names.push([groups[g], byVisit ? visits[v] : ''].filter((text) => text !== '').join(':'));
      columns.push(column);
    }
  }
  return { columns, layoutScales: { scales: names, dispersion: dispersion?.names.length ?? 0, scaleOf } };
}

/** Share of a column that has to be left of it for it not to be spanned by others. */
const SPANNED = 1e-9;

/** Whether an orthonormal basis spans a column, which joins it where it does not. */
function spans(basis: Float64Array[], column: Float64Array): boolean {
  const rest = Float64Array.from(column);
  const whole = norm(rest);
  for (let pass = 0; pass < 2; pass++) {
    for (const direction of basis) {
      let along = 0;
      for (let i = 0; i < rest.length; i++) along += direction[i] * rest[i];
      for (let i = 0; i < rest.length; i++) rest[i] -= along * direction[i];
    }
  }
  const left = norm(rest);
  if (!(left > SPANNED * whole)) return true;
  basis.push(rest.map((value) => value / left));
  return false;
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return Math.sqrt(sum);
}

/** sum_i q_ia q_ib' over pairs b <= a, both orders for b < a. */
function pairSums(rows: Int32Array, count: number, size: number, q: Float64Array, n: number, p: number): Float64Array {
  const triangle = (p * (p + 1)) / 2;
  const out = new Float64Array(((size * (size + 1)) / 2) * triangle);
  for (let s = 0; s < count; s++) {
    let pair = 0;
    for (let a = 0; a < size; a++) {
      const i = rows[s * size + a];
      for (let b = 0; b <= a; b++, pair++) {
        const j = rows[s * size + b];
        let at = pair * triangle;
        for (let c = 0; c < p; c++) {
          for (let e = 0; e <= c; e++, at++) {
            out[at] += q[c * n + i] * q[e * n + j] + (b < a ? q[c * n + j] * q[e * n + i] : 0);
          }
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
  q: Float64Array,
  n: number,
  p: number,
  r: Float64Array,
  out: Float64Array,
  to: number,
): void {
  for (const { sums, rows, size, count, offset } of blocks) {
    const from = to + offset;
    if (!sums) {
      for (let i = 0; i < rows.length; i++) out[from + i] = r[rows[i]];
      continue;
    }
    for (let s = 0; s < count; s++) {
      let at = from;
      for (let a = 0; a < size; a++) {
        const i = rows[s * size + a];
        for (let b = 0; b <= a; b++) {
          const j = rows[s * size + b];
          const [ri, rj] = [r[i], r[j]];
          if (b < a) for (let c = 0; c < p; c++) out[at++] += q[c * n + i] * rj + q[c * n + j] * ri;
          else for (let c = 0; c < p; c++) out[at++] += q[c * n + i] * ri;
          out[at++] += b < a ? 2 * ri * rj : ri * ri;
        }
      }
    }
  }
}

/** Median distance of neighbouring times of a subject. */
function typicalSpacing(blocks: readonly CovarianceBlock[]): number {
  const gaps: number[] = [];
  for (const { positions, subjects, size } of blocks) {
    for (let a = 1; a < size; a++) if (subjects[a] === subjects[a - 1]) gaps.push(positions[a] - positions[a - 1]);
  }
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 1;
}

/** The first pair of visits that no subject of a group has both, and whether a group has fewer subjects than visits. */
function seenPairs(
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
