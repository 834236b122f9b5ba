/** Designs with known variances, for simulations under the null. */

import type { Moments, Table } from '../../src/doors/index.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import { CounterNormals } from '../../src/numeric/counter-normals.ts';
import { Random } from '../../src/simulate/random.ts';
import type { Column } from '../../src/types/table.ts';

/** Cells of donors: `group` between donors, `stim` within, a covariate of the cells; `y` with the given donor sd, `noise` 1. */
export interface DonorOptions {
  readonly donors: number;
  /** Cells of each donor, repeated where there are more donors. */
  readonly cells: readonly number[];
  /** Standard deviation of the donors, of the residual one. */
  readonly ratio: number;
  /** Difference of the groups. */
  readonly effect?: number;
  readonly responses?: number;
  readonly seed?: number;
}

/** A table of cells; responses are `y1`, `y2` ... */
export function donorTable({ donors, cells, ratio, effect = 0, responses = 1, seed = 1 }: DonorOptions): Table {
  const donor: number[] = [];
  for (let d = 0; d < donors; d++) for (let c = 0; c < cells[d % cells.length]; c++) donor.push(d);
  const rows = donor.length;
  const level = (of: (row: number) => number, names: readonly string[]): Column => ({
    kind: 'factor',
    levels: names,
    codes: Int32Array.from({ length: rows }, (_, i) => of(i)),
    ordered: false,
  });
  const normals = new CounterNormals(seed);
  const columns = new Map<string, Column>([
    [
      'donor',
      level(
        (i) => donor[i],
        Array.from({ length: donors }, (_, d) => `D${d}`),
      ),
    ],
    ['group', level((i) => donor[i] % 2, ['control', 'disease'])],
    ['site', level((i) => donor[i] % 3, ['a', 'b', 'c'])],
    ['stim', level((i) => i % 2, ['ctrl', 'stim'])],
  ]);
  normals.begin(0, 0, 900);
  columns.set('size', { kind: 'numeric', values: Float64Array.from({ length: rows }, () => normals.next()) });
  for (let k = 0; k < responses; k++) {
    normals.begin(k + 1, 0, 900);
    const u = Array.from({ length: donors }, (_, d) => ratio * normals.next() + effect * (d % 2));
    columns.set(`y${k + 1}`, {
      kind: 'numeric',
      values: Float64Array.from({ length: rows }, (_, i) => 10 + u[donor[i]] + normals.next()),
    });
  }
  return { rows, columns };
}

/** Counts of the rows of a donor table: Poisson, or negative binomial of some size, with donor effects, and exposures `total`. */
export interface CountOptions {
  /** Standard deviation of the donors' log rates. */
  readonly sd: number;
  readonly mean: number;
  /** Standard deviation of the exposures' logarithms. */
  readonly spread?: number;
  readonly size?: number;
  /** Standard deviation of the log rates of samples (donor x stim) about their donors. */
  readonly sampleSd?: number;
  readonly responses?: number;
  readonly seed?: number;
}

/** The table with responses `count1`, `count2` ... and a column `total`, the logarithm of the exposures. */
export function countTable(
  table: Table,
  { sd, mean, spread = 0, size = Number.POSITIVE_INFINITY, sampleSd = 0, responses = 1, seed = 1 }: CountOptions,
): Table {
  const codesOf = (name: string): Int32Array => {
    const column = table.columns.get(name);
    if (column?.kind !== 'factor') throw new Error(name);
    return column.codes;
  };
  const [donor, stim] = [codesOf('donor'), codesOf('stim')];
  const columns = new Map(table.columns);
  const random = new Random(seed, 901);
  const total = Float64Array.from(donor, () => spread * random.normal());
  columns.set('total', { kind: 'numeric', values: total });
  for (let k = 0; k < responses; k++) {
    const own = new Random(seed, 902, k);
    const donors = Array.from({ length: 1 + Math.max(...donor) }, () => sd * own.normal());
    const samples = Array.from({ length: 2 * donors.length }, () => sampleSd * own.normal());
    const values = Float64Array.from(donor, (d, i) => {
      const rate = mean * Math.exp(donors[d] + samples[2 * d + stim[i]] + total[i]);
      return own.negativeBinomial(rate, 1 / size);
    });
    columns.set(`count${k + 1}`, { kind: 'numeric', values });
  }
  return { ...table, columns };
}

/** Moments of the responses of a table under a formula without a left side. */
export function tableMoments(table: Table, formula: string, names: readonly string[] = ['y1']): Moments {
  const design = buildDesign(parseFormula(formula), table);
  const values = new Float64Array(names.length * table.rows);
  names.forEach((name, k) => {
    const column = table.columns.get(name);
    if (column?.kind === 'numeric') values.set(column.values, k * table.rows);
  });
  return denseMoments(design, { kind: 'dense', rows: table.rows, names, values });
}

/** Kolmogorov and Smirnov's distance of p-values from a uniform distribution. */
export function distanceFromUniform(pValues: Float64Array): number {
  const sorted = pValues.filter((p) => !Number.isNaN(p)).sort();
  const n = sorted.length;
  return sorted.reduce((worst, p, i) => Math.max(worst, (i + 1) / n - p, p - i / n), 0);
}
