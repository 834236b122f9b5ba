/**
 * The covariance of the rows of a table under a fit with structured residuals, a dispersion model or structured random
 * effects: V = Z G Z' + W^(-1/2) R W^(-1/2), at the parameters of the fit and with the visits, groups and scales of its design.
 */
import { FitError } from '../errors.ts';
import type { RandomTermOfRows } from '../formula/recipe.ts';
import type { ResidualOfRows } from '../formula/residual-recipe.ts';
import { BlockCovariance } from '../lmm/structured/block-covariance.ts';
import { knownParameters } from '../lmm/structured/block-residuals.ts';
import { correlationsAt, covarianceParameters } from '../lmm/structured/covariance-parameters.ts';
import type { CovarianceLayout } from '../moments/covariance-blocks.ts';
import type { DesignMoments } from '../moments/moments.ts';
import type { Design } from '../types/design.ts';
import type { DispersionRows, RowFactor } from '../types/residual.ts';
import type { Table } from '../types/table.ts';

/** Rows of a table, or of a design, as far as their covariance goes. */
export interface RowsOfFit {
  readonly fixed: { readonly rows: number };
  readonly random: readonly Pick<RandomTermOfRows, 'levels' | 'codes' | 'z' | 'newLevels'>[] | null;
  readonly weights: Float64Array | null;
  readonly residual: ResidualOfRows | null;
  readonly dispersion: DispersionRows | null;
}

/** The rows of a design, with weights. */
export function rowsOfDesign(design: Design, weights: Float64Array): RowsOfFit {
  const factor = ({ name, levels, codes }: RowFactor) => ({
    name,
    levels,
    codes,
    newLevels: new Map<number, string>(),
  });
  const { residual, dispersion, random, n } = design;
  return {
    fixed: { rows: n },
    random: random.map(({ levels, codes, z }) => ({ levels, codes, z, newLevels: new Map() })),
    weights,
    residual: residual
      ? {
          ...residual,
          visit: residual.visit && factor(residual.visit),
          subject: factor(residual.subject),
          by: residual.by && factor(residual.by),
        }
      : null,
    dispersion: dispersion ?? null,
  };
}

/** Covariances over some rows, rows x rows. */
export interface CovarianceOfRows {
  /** All of it, and what the residuals alone have. */
  readonly V: Float64Array;
  readonly R: Float64Array;
}

export class RowCovariance {
  /** Rows with the same number belong to one subject; -1 where the subject is missing, or rows have none. */
  readonly subjects: Int32Array;
  /** Names of the subjects. */
  readonly names: readonly string[];
  /** Number of the visit, or the time, of each row; NaN where it is missing. */
  readonly positions: Float64Array;
  private readonly rows: RowsOfFit;
  private readonly design: DesignMoments;
  private readonly layout: CovarianceLayout;
  private readonly parameters: ReturnType<typeof covarianceParameters>;
  private t: Float64Array;
  private readonly group: Int32Array;
  /** Log scales, rows x scales; NaN where they are not known. */
  private readonly scales: Float64Array;
  /** Columns of each random term in the fit's basis, rows x q. */
  private readonly z: readonly Float64Array[];
  private readonly variance: Float64Array;

  /** Stands at no parameters yet. Throws DataError for a visit or group that the fit did not have. */
  constructor(rows: RowsOfFit, design: DesignMoments, table: Pick<Table, 'path'> = {}) {
    if (!design.blocks) throw new RangeError('the design has no blocks of a covariance');
    const { layout } = design.blocks;
    const n = rows.fixed.rows;
    this.rows = rows;
    this.design = design;
    this.layout = layout;
    // Rows as they are, whatever pieces the fit was made of.
    this.parameters = covarianceParameters({ ...layout, form: 'subjects' }, design.terms);
    this.t = new Float64Array(this.parameters.count);
    const { residual } = rows;
    const visit = residual?.visit;
    this.group = new Int32Array(n);
    this.positions = residual?.time?.values ?? new Float64Array(n);
    if (visit) {
      const codes = knownCodes(visit, layout.visits, `visit of “residual”, '${visit.name}',`, table);
      this.positions = Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : code));
    }
    if (residual?.by) this.group = knownCodes(residual.by, layout.groups, `group '${residual.by.name}'`, table);
    const names: string[] = [];
    const places = new Map<string, number>();
    this.subjects = Int32Array.from({ length: n }, (_, i) => {
      const code = residual ? residual.subject.codes[i] : -2;
      if (!residual || code === -2) return -1;
      const name = code >= 0 ? residual.subject.levels[code] : (residual.subject.newLevels.get(i) ?? '');
      const place = places.get(name) ?? names.push(name) - 1;
      places.set(name, place);
      return place;
    });
    this.names = names;
    this.scales = this.scalesOf();
    this.z = effectColumns(rows, design).map(({ z }) => z);
    this.variance = new Float64Array(n).fill(Number.NaN);
  }

  /** Moves to the parameters that the reader of the design takes. */
  move(t: Float64Array): this {
    const { variance, scales, positions, group, parameters, rows } = this;
    this.t = knownParameters(t, parameters.count);
    const width = parameters.scales;
    const diagonal = new Map<string, number>();
    for (let i = 0; i < variance.length; i++) {
      let log = 0;
      for (let c = 0; c < width; c++) log += scales[i * width + c] * this.t[c];
      const key = `${group[i]} ${positions[i]}`;
      const own = diagonal.get(key) ?? this.ownShare(i);
      if (parameters.layout.structure === 'us') diagonal.set(key, own);
      variance[i] = (Math.exp(2 * log) * own) / (rows.weights?.[i] ?? 1);
    }
    return this;
  }

  /** Diagonal element of the structure's matrix: one, save for `us`. */
  private ownShare(i: number): number {
    const { parameters, positions, group } = this;
    if (parameters.layout.structure !== 'us' || Number.isNaN(positions[i])) return 1;
    const K = new Float64Array(1);
    const at = correlationsAt(parameters, Math.max(0, group[i]));
    parameters.structure.evaluate(this.t, at, Float64Array.of(positions[i]), 1, K, null);
    return K[0];
  }

  /** Variance of the residual of each row; NaN where a column that it depends on is missing. */
  residualVariance(): Float64Array {
    return this.variance;
  }

  /** Covariances of some rows of one group; no two of them are one visit of a subject. NaN where columns are missing. */
  over(members: readonly number[]): CovarianceOfRows {
    const { design, parameters, subjects, scales, positions, rows } = this;
    const m = members.length;
    const width = parameters.scales;
    const block = {
      group: Math.max(0, this.group[members[0]]),
      size: m,
      count: 1,
      sign: 1 as const,
      positions: Float64Array.from(members, (i) => (Number.isNaN(positions[i]) ? 0 : positions[i])),
      subjects: Int32Array.from(members, (i) => (subjects[i] < 0 ? -1 - i : subjects[i])),
      scales: Float64Array.from(members.flatMap((i) => Array.from(scales.subarray(i * width, (i + 1) * width)))),
      effects: design.terms.map(({ q }, t) => ({
        z: Float64Array.from(members.flatMap((i) => Array.from(this.z[t].subarray(i * q, (i + 1) * q)))),
        levels: Int32Array.from(members, (i) => this.levelOf(t, i)),
        codes: new Int32Array(m),
      })),
      sums: false,
      q: new Float64Array(0),
      rows: Int32Array.from(members),
      offset: 0,
    };
    const covariance = new BlockCovariance(parameters, block);
    covariance.form(this.t, 0, false);
    const { V, R } = covariance;
    for (let a = 0; a < m; a++) {
      for (let b = 0; b < m; b++) {
        const random = V[a * m + b] - R[a * m + b];
        if (rows.weights && R[a * m + b] !== 0) {
          R[a * m + b] /= Math.sqrt(rows.weights[members[a]] * rows.weights[members[b]]);
        }
        V[a * m + b] = random + R[a * m + b];
      }
    }
    return { V, R };
  }

  /** Number of the level of a term that a row belongs to: known ones, then new ones; unlike any other where it is missing. */
  levelOf(t: number, i: number): number {
    const term = this.rows.random?.[t];
    if (!term) return -1 - i;
    const code = term.codes[i];
    if (code >= 0) return code;
    if (code === -2) return -1 - i;
    const name = term.newLevels.get(i);
    return term.levels.length + firstRow(term.newLevels, name);
  }

  private scalesOf(): Float64Array {
    const { layout, rows, group, positions } = this;
    const n = rows.fixed.rows;
    const width = layout.scales.length;
    const visits = Math.max(1, layout.visits.length);
    const out = new Float64Array(n * width);
    const { dispersion } = rows;
    const seen = seenVisits(this.design);
    const from = layout.scales.slice(0, layout.dispersion).map((name) => dispersion?.names.indexOf(name) ?? -1);
    for (let i = 0; i < n; i++) {
      from.forEach((column, c) => {
        out[i * width + c] = column < 0 ? Number.NaN : (dispersion?.x[column * n + i] ?? Number.NaN);
      });
      const v = layout.visits.length > 0 ? positions[i] : 0;
      if (group[i] < 0 || Number.isNaN(positions[i]) || !seen(group[i], v))
        out.fill(Number.NaN, i * width, (i + 1) * width);
      else {
        const own = layout.scaleOf[group[i] * visits + v];
        if (own >= 0) out[i * width + own] = 1;
      }
    }
    return out;
  }
}

/** Whether a fit tells of a visit in a group: of `cs` and `ar1` every visit that another group has, of others those with rows. */
function seenVisits({ blocks }: DesignMoments): (group: number, visit: number) => boolean {
  const { structure, visits } = blocks?.layout ?? { structure: null, visits: [] };
  if (structure === 'cs' || structure === 'ar1' || visits.length === 0) return () => true; // positions may be no visits
  const seen = new Set<number>();
  for (const { group, positions } of blocks?.blocks ?? []) {
    for (const visit of positions) seen.add(group * visits.length + visit);
  }
  return (group, visit) => seen.has(group * visits.length + visit);
}

/** Number of the level of each row among those of a design; -2 where it is missing. Throws DataError for another one. */
function knownCodes(
  {
    levels,
    codes,
    newLevels,
  }: {
    readonly levels: readonly string[];
    readonly codes: Int32Array;
    readonly newLevels: ReadonlyMap<number, string>;
  },
  known: readonly string[],
  what: string,
  table: Pick<Table, 'path'>,
): Int32Array {
  const places = levels.map((level) => known.indexOf(level));
  return codes.map((code, i) => {
    if (code === -2) return -2;
    const place = code >= 0 ? places[code] : -1;
    if (place >= 0) return place;
    const level = code >= 0 ? levels[code] : newLevels.get(i);
    throw new FitError('DataError', `the ${what} is '${level}' in row ${i + 1}, which the fit did not have`, {
      option: 'residual',
      remedy: `Its standard deviation is not known; the fit has ${known.join(', ')}.`,
      path: table.path,
    });
  });
}

/** Row in which a new level stands first. */
function firstRow(newLevels: ReadonlyMap<number, string>, name: string | undefined): number {
  for (const [row, level] of newLevels) if (level === name) return row;
  return 0;
}

/** Columns of each random term in the basis of a fit with a covariance by blocks, rows x q: z T^-1, and z of structured terms. */
export function effectColumns(
  { random, fixed }: RowsOfFit,
  { terms, blocks }: DesignMoments,
): { readonly q: number; readonly z: Float64Array }[] {
  const n = fixed.rows;
  return terms.map(({ q, transform }, t) => {
    const z = new Float64Array(n * q);
    const own = random?.[t].z;
    for (let i = 0; own && i < n; i++) {
      for (let c = 0; c < q; c++) {
        let value = own[c * n + i];
        if (!blocks?.layout.terms[t]) {
          for (let a = 0; a < c; a++) value -= z[i * q + a] * transform[a * q + c];
          value /= transform[c * q + c];
        }
        z[i * q + c] = value;
      }
    }
    return { q, z };
  });
}

/** Rows of a table that go together, each component in the order of subjects and visits; rows that miss something are in none. */
export function connectedComponents(covariance: RowCovariance, rows: number, terms: number): number[][] {
  const variance = covariance.residualVariance();
  const parent = Int32Array.from({ length: rows }, (_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root];
    return root;
  };
  const link = (keyOf: (i: number) => number) => {
    const first = new Map<number, number>();
    for (let i = 0; i < rows; i++) {
      const key = keyOf(i);
      const known = first.get(key);
      if (known === undefined) first.set(key, i);
      else if (key >= 0) parent[find(i)] = find(known);
    }
  };
  link((i) => covariance.subjects[i]);
  for (let t = 0; t < terms; t++) link((i) => covariance.levelOf(t, i));
  const members = new Map<number, number[]>();
  for (let i = 0; i < rows; i++) {
    if (!(variance[i] > 0) || !Number.isFinite(variance[i])) continue;
    const root = find(i);
    const own = members.get(root);
    if (own) own.push(i);
    else members.set(root, [i]);
  }
  const { subjects, positions } = covariance;
  return [...members.values()].map((own) =>
    own.sort((a, b) => subjects[a] - subjects[b] || positions[a] - positions[b] || a - b),
  );
}
