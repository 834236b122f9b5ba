/** How the column compared, the donors and the samples of a table lie to each other, in numbers. */

import { asLevels, tableColumn } from '../data/table/table-rows.ts';
import { levelsInUse } from '../formula/grouping.ts';
import type { Table } from '../types/table.ts';
import { isNested, type Labelled, pairsOf } from './crosstab.ts';
import { type ColumnFacts, isCellType } from './roles.ts';

/** Where the condition varies. */
export type Comparison = 'within' | 'between' | 'partly' | 'none';

/** How the levels of the condition and of the donors lie to each other, in numbers. */
export interface DesignLayout {
  readonly condition: string;
  readonly donor: string;
  /** Measured time within donors; empty for none. */
  readonly time: string;
  /** Visits in common by name, in the place of a measured time; empty for none. */
  readonly visits: string;
  readonly response: string;
  readonly covariates: readonly string[];
  readonly rowNoun: string;
  readonly comparison: Comparison;
  /** True for a condition of measured numbers (time, dose). */
  readonly numeric: boolean;
  /** True for a condition whose numbers name groups (arms 1, 2, 3), which are its levels. */
  readonly coded: boolean;
  readonly rows: number;
  readonly donors: number;
  /** Levels, or distinct values. */
  readonly conditions: number;
  /** Combinations of donor and condition that have rows. */
  readonly samples: number;
  /** Donors with two levels of the condition or more. */
  readonly paired: number;
  /** True where rows repeat within a visit of a donor, and no library is that visit. */
  readonly visitSamples: boolean;
  /** Donors with two times, or visits, or more. */
  readonly timed: number;
  /** Donors of each level of a condition between them, the fewest first. */
  readonly sides: readonly number[];
  /** True where rows repeat within a sample, so that they are no replicates of it. */
  readonly repeated: boolean;
  /** A column that names the samples one by one; empty for none. */
  readonly sampleColumn: string;
  /** Columns nested in the samples (libraries), coarsest first. */
  readonly libraries: readonly string[];
  /** Columns that hold donors and within which the condition does not vary (cages, sites): their levels are the units. */
  readonly clusters: readonly { readonly name: string; readonly levels: number }[];
}

/** Rows of a sample, from which on they are repeats within it. */
const REPEATED = 1.5;

/** Columns of a table as levels, over the rows looked at. */
export interface LabelReader {
  readonly rows: number;
  levels(name: string): Labelled;
}

export function labelReader(table: Table, rows: Int32Array | undefined): LabelReader {
  const known = new Map<string, Labelled>();
  return {
    rows: rows?.length ?? table.rows,
    levels(name) {
      let found = known.get(name);
      if (!found) {
        const { levels, codes } = asLevels(tableColumn(table, name));
        found = { levels, codes: rows ? Int32Array.from(rows, (row) => codes[row]) : codes };
        known.set(name, found);
      }
      return found;
    },
  };
}

/** Facts of all columns, over the rows looked at. */
export function columnFacts(table: Table, rows?: Int32Array): ColumnFacts[] {
  return [...table.columns].map(([name, column]) => {
    const values = column.kind === 'factor' ? column.codes : column.values;
    const distinct = new Set<number>();
    let whole = true;
    const count = rows?.length ?? table.rows;
    for (let i = 0; i < count; i++) {
      const value = values[rows ? rows[i] : i];
      if (Number.isNaN(value) || (column.kind === 'factor' && value < 0)) continue;
      distinct.add(value);
      if (value % 1 !== 0) whole = false;
    }
    const discrete = column.kind !== 'numeric' || (whole ? 2 * distinct.size <= count : distinct.size <= 12);
    return { name, kind: column.kind, distinct: distinct.size, discrete };
  });
}

export function distinctOf({ codes }: Labelled): number {
  return levelsInUse(codes);
}

/** How donors and conditions lie to each other. */
export function layoutOf(
  read: LabelReader,
  facts: readonly ColumnFacts[],
  known: Pick<
    DesignLayout,
    'donor' | 'condition' | 'time' | 'visits' | 'response' | 'covariates' | 'rowNoun' | 'numeric' | 'coded'
  > & {
    readonly donors: Labelled;
    readonly conditions: Labelled | null;
  },
): DesignLayout {
  const { donors, conditions, ...names } = known;
  const pairs = conditions ? pairsOf(donors.codes, conditions.codes) : { codes: donors.codes, count: 0 };
  const samples = conditions ? pairs.count : distinctOf(donors);
  const conditionsOf = new Map<number, Set<number>>();
  const donorsOf = new Map<number, Set<number>>();
  let rows = 0;
  donors.codes.forEach((donor, i) => {
    if (donor < 0) return;
    const condition = conditions?.codes[i] ?? 0;
    if (condition < 0) return;
    rows++;
    conditionsOf.set(donor, (conditionsOf.get(donor) ?? new Set()).add(condition));
    donorsOf.set(condition, (donorsOf.get(condition) ?? new Set()).add(donor));
  });
  const paired = [...conditionsOf.values()].filter(isSeveral).length;
  const comparison = !conditions
    ? 'none'
    : paired === 0
      ? 'between'
      : paired === conditionsOf.size
        ? 'within'
        : 'partly';
  const nested = nestedColumns(read, facts, [names.donor, names.condition, names.response], pairs.codes, donors);
  const course = names.time || names.visits;
  const visits = names.visits === '' ? null : pairsOf(donors.codes, read.levels(names.visits).codes);
  const isVisit = (codes: Int32Array): boolean =>
    visits !== null && isNested(codes, visits.codes) && isNested(visits.codes, codes);
  return {
    ...names,
    comparison,
    rows,
    donors: conditionsOf.size,
    conditions: donorsOf.size,
    samples,
    paired,
    timed: course === '' ? 0 : [...timesOf(donors.codes, read.levels(course).codes).values()].filter(isSeveral).length,
    visitSamples:
      visits !== null &&
      rows >= REPEATED * visits.count &&
      !nested.finer.some((name) => isVisit(read.levels(name).codes)),
    sides: [...donorsOf.values()].map((own) => own.size).sort((a, b) => a - b),
    repeated: rows >= REPEATED * samples,
    sampleColumn: comparison === 'between' ? '' : nested.same,
    libraries: nested.finer,
    clusters: conditions && comparison === 'between' ? clustersOf(read, facts, names, donors, conditions) : [],
  };
}

const isSeveral = (own: ReadonlySet<number>): boolean => own.size > 1;

/** The times of each donor. */
function timesOf(donors: Int32Array, times: Int32Array): Map<number, Set<number>> {
  const found = new Map<number, Set<number>>();
  donors.forEach((donor, i) => {
    if (donor >= 0 && times[i] >= 0) found.set(donor, (found.get(donor) ?? new Set()).add(times[i]));
  });
  return found;
}

/** Columns with one level a sample, and those with several. */
function nestedColumns(
  read: LabelReader,
  facts: readonly ColumnFacts[],
  taken: readonly string[],
  samples: Int32Array,
  donors: Labelled,
): { readonly same: string; readonly finer: string[] } {
  let same = '';
  const finer: { name: string; levels: number }[] = [];
  const sampleCount = levelsInUse(samples);
  for (const { name, distinct, discrete } of facts) {
    // A column with a level for nearly every row names the rows.
    if (taken.includes(name) || !discrete || distinct < sampleCount || 2 * distinct > read.rows || isCellType(name))
      continue;
    const { codes } = read.levels(name);
    if (!isNested(codes, samples)) continue;
    const equal = isNested(samples, codes);
    if (equal && same === '') same = name;
    if (!equal && !isNested(donors.codes, codes)) finer.push({ name, levels: distinct });
  }
  return { same, finer: finer.sort((a, b) => a.levels - b.levels).map(({ name }) => name) };
}

/** Names of what holds several donors that were treated, housed or sampled together. */
const CLUSTER =
  /cage|litter|family|site|cent(er|re)|school|class|ward|hospital|plate|batch|pool|village|herd|farm|pen$/i;

/** Columns that hold donors, several in a level, and lie within the condition. */
function clustersOf(
  read: LabelReader,
  facts: readonly ColumnFacts[],
  { donor, condition, response }: Pick<DesignLayout, 'donor' | 'condition' | 'response'>,
  donors: Labelled,
  conditions: Labelled,
): { readonly name: string; readonly levels: number }[] {
  const count = distinctOf(donors);
  return facts.flatMap(({ name, distinct, discrete }) => {
    if (!CLUSTER.test(name) || [donor, condition, response].includes(name) || !discrete) return [];
    if (distinct < 2 || distinct >= count || distinct <= distinctOf(conditions)) return [];
    const { codes } = read.levels(name);
    return isNested(donors.codes, codes) && isNested(codes, conditions.codes) ? [{ name, levels: distinct }] : [];
  });
}
