/** Rows whose response is a covariate of their unit: the visit before treatment, beside a column that holds its value as well. */
import { quotedName } from '../formula/syntax.ts';
import type { Table } from '../types/table.ts';
import { isNested } from './crosstab.ts';
import type { DesignLayout, LabelReader } from './layout.ts';
import type { ColumnFacts } from './roles.ts';

/** A visit whose responses are the values of a covariate. */
export interface BaselineRows {
  /** The covariate. */
  readonly column: string;
  /** Column of visits. */
  readonly visit: string;
  /** The visit, as its levels are called. */
  readonly level: string;
  /** Rows of it that have a response. */
  readonly rows: number;
  /** Filter that leaves these rows out. */
  readonly filter: string;
}

/** Share of the rows of a visit that have the same value in both columns, where it is the baseline; and elsewhere, at most. */
const SAME = 0.9;
const BY_CHANCE = 0.5;
/** Visits that are looked through, at most. */
const MOST_VISITS = 40;

/**
 * The visit whose responses are those of a covariate that is constant within units; null for none.
 *
 * @param donors the unit of each row looked at, below 0 missing
 * @param rows those looked at; all without it
 */
export function baselineRows(
  table: Table,
  facts: readonly ColumnFacts[],
  { response, donor, visits: named, time }: Pick<DesignLayout, 'response' | 'donor' | 'visits' | 'time'>,
  {
    read,
    donors,
    rows,
  }: { readonly read: LabelReader; readonly donors: Int32Array; readonly rows: Int32Array | undefined },
): BaselineRows | null {
  const y = table.columns.get(response);
  if (y?.kind !== 'numeric') return null;
  const places = facts.filter(({ name, distinct, discrete }) => {
    return name !== donor && name !== response && discrete && distinct >= 2 && distinct <= MOST_VISITS;
  });
  const visits = places.sort((a, b) => Number([named, time].includes(b.name)) - Number([named, time].includes(a.name)));
  for (const { name: column, kind, distinct } of facts) {
    const x = table.columns.get(column);
    if (kind !== 'numeric' || x?.kind !== 'numeric' || distinct < 3 || column === response || column === donor)
      continue;
    const same = Int8Array.from(donors, (_, i) => {
      const row = rows ? rows[i] : i;
      return Number.isNaN(y.values[row]) || Number.isNaN(x.values[row]) ? -1 : Number(y.values[row] === x.values[row]);
    });
    if (!same.includes(1) || !isNested(donors, read.levels(column).codes)) continue;
    for (const { name: visit } of visits) {
      if (visit === column) continue;
      const { levels, codes } = read.levels(visit);
      const level = levelOf(same, codes, levels.length);
      if (level < 0 || isNested(donors, codes)) continue;
      const label =
        table.columns.get(visit)?.kind === 'factor' ? `'${levels[level].replace(/['\\]/g, '\\$&')}'` : levels[level];
      return {
        ...{ column, visit, level: levels[level] },
        rows: same.reduce(
          (sum, _, i) => sum + (!Number.isNaN(y.values[rows ? rows[i] : i]) && codes[i] === level ? 1 : 0),
          0,
        ),
        filter: `${quotedName(visit)} != ${label}`,
      };
    }
  }
  return null;
}

/** The only level whose rows are the same, of rows that are (1), are not (0) or cannot tell (-1); -1 for none. */
function levelOf(same: Int8Array, codes: Int32Array, count: number): number {
  const [rows, equal] = [new Int32Array(count), new Int32Array(count)];
  same.forEach((value, i) => {
    if (value < 0 || codes[i] < 0) return;
    rows[codes[i]]++;
    equal[codes[i]] += value;
  });
  const level = rows.findIndex((all, k) => all > 2 && equal[k] >= SAME * all);
  const alone = rows.every((all, k) => k === level || all === 0 || equal[k] <= BY_CHANCE * all);
  return alone ? level : -1;
}
