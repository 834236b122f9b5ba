import type { Column, FactorColumn, Table } from '../types/table.ts';
import type { FullCellOptions } from './cell-options.ts';
import { typeShares } from './gene-truth.ts';
import { Random, STREAM } from './random.ts';

/** Who the cells are: one value a cell, cells ordered by donor. */
export interface CellAnnotation {
  readonly donorNames: readonly string[];
  readonly typeNames: readonly string[];
  readonly rowNames: readonly string[];
  readonly donor: Int32Array;
  /** 0 the first level (ctrl, control), 1 the second (stim, disease). */
  readonly condition: Int32Array;
  readonly cellType: Int32Array;
  /** Empty when there are no batches. */
  readonly batch: Int32Array;
  /** Library size relative to the median cell. */
  readonly size: Float64Array;
  /** Per donor: 0 F, 1 M. */
  readonly sex: Int32Array;
  /** Per donor: whole years. */
  readonly age: Float64Array;
}

/** Spread of the log cell numbers of the donors. */
const LOG_CELLS_SD = 0.4;

/** Draws donors and cells; sex and age have no effect on any gene. */
export function drawAnnotation(options: FullCellOptions): CellAnnotation {
  const { cells, donors, seed } = options;
  const people = new Random(seed, STREAM.people);
  const sex = Int32Array.from({ length: donors }, () => people.integer(2));
  const age = Float64Array.from({ length: donors }, () => 20 + people.integer(56));
  const treated = Array.from({ length: donors }, (_, donor) => 2 * donor + 1 < donors);
  shuffle(treated, people);
  const within = options.condition === 'within';
  const counts = cellNumbers(options, people);

  const annotation = {
    donor: new Int32Array(cells),
    condition: new Int32Array(cells),
    cellType: new Int32Array(cells),
    batch: new Int32Array(options.batches > 0 ? cells : 0),
    size: new Float64Array(cells),
  };
  const cumulative = typeShares(options.cellTypes);
  for (let type = 1; type < cumulative.length; type++) cumulative[type] += cumulative[type - 1];
  const digits = String(cells).length;
  const donorNames = Array.from(
    { length: donors },
    (_, donor) => `D${String(donor + 1).padStart(String(donors).length, '0')}`,
  );
  const rowNames: string[] = [];
  let cell = 0;
  for (let donor = 0; donor < donors; donor++) {
    const random = new Random(seed, STREAM.cells, donor);
    const count = counts[donor];
    // Each donor gives between 35 and 65 % of its cells to the second condition, at least one to each.
    let second = Math.min(count - 1, Math.max(1, Math.round(count * (0.35 + 0.3 * random.uniform()))));
    for (let left = count; left > 0; left--, cell++) {
      annotation.donor[cell] = donor;
      const stimulated = within ? random.uniform() * left < second : treated[donor];
      if (stimulated) {
        annotation.condition[cell] = 1;
        second--;
      }
      const u = random.uniform();
      let type = 0;
      while (type < cumulative.length - 1 && u >= cumulative[type]) type++;
      annotation.cellType[cell] = type;
      annotation.size[cell] = Math.exp(options.sizeSd * random.normal());
      if (options.batches > 0) annotation.batch[cell] = random.integer(options.batches);
      rowNames.push(`cell${String(cell + 1).padStart(digits, '0')}-${donorNames[donor]}`);
    }
  }
  const typeNames = Array.from({ length: options.cellTypes }, (_, type) => String.fromCharCode(65 + type));
  return { ...annotation, donorNames, typeNames, rowNames, sex, age };
}

/** Lognormal cell numbers of the donors that add up to the cells asked for, by largest remainders. */
function cellNumbers(options: FullCellOptions, random: Random): Int32Array {
  const { cells, donors } = options;
  const fewest = options.condition === 'within' ? 2 : 1;
  const weight = Float64Array.from({ length: donors }, () => Math.exp(LOG_CELLS_SD * random.normal()));
  const total = weight.reduce((sum, value) => sum + value, 0);
  const free = cells - fewest * donors;
  const exact = weight.map((value) => (value / total) * free);
  const counts = Int32Array.from(exact, (value) => fewest + Math.floor(value));
  const missing = cells - counts.reduce((sum, value) => sum + value, 0);
  const byRemainder = Array.from(exact, (value, donor) => ({ donor, remainder: value - Math.floor(value) }));
  byRemainder.sort((a, b) => b.remainder - a.remainder || a.donor - b.donor);
  for (const { donor } of byRemainder.slice(0, missing)) counts[donor]++;
  return counts;
}

/** Fisher-Yates shuffle in place. */
function shuffle(values: boolean[], random: Random): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [values[i], values[j]] = [values[j], values[i]];
  }
}

/**
 * The annotation as a table, one row a cell: `donor`, `stim` and `sample` or `group`, `batch` (with batches), `sex`, `age`,
 * `cell_type`, and `log_size`, the natural log of the total count expected of a reference cell of the same library size.
 */
export function annotationTable(annotation: CellAnnotation, options: FullCellOptions, total: number): Table {
  const { donor } = annotation;
  const factor = (levels: readonly string[], codes: Int32Array): FactorColumn => ({
    kind: 'factor',
    levels,
    codes,
    ordered: false,
  });
  const columns = new Map<string, Column>([['donor', factor(annotation.donorNames, donor)]]);
  if (options.condition === 'within') {
    const conditions = ['ctrl', 'stim'];
    columns.set('stim', factor(conditions, annotation.condition));
    const samples = annotation.donorNames.flatMap((name) => conditions.map((level) => `${name}.${level}`));
    const codes = donor.map((code, cell) => 2 * code + annotation.condition[cell]);
    columns.set('sample', factor(samples, codes));
  } else columns.set('group', factor(['control', 'disease'], annotation.condition));
  if (options.batches > 0) {
    const levels = Array.from(
      { length: options.batches },
      (_, batch) => `batch${String(batch + 1).padStart(String(options.batches).length, '0')}`,
    );
    columns.set('batch', factor(levels, annotation.batch));
  }
  columns.set(
    'sex',
    factor(
      ['F', 'M'],
      donor.map((code) => annotation.sex[code]),
    ),
  );
  columns.set('age', { kind: 'numeric', values: Float64Array.from(donor, (code) => annotation.age[code]) });
  columns.set('cell_type', factor(annotation.typeNames, annotation.cellType));
  columns.set('log_size', { kind: 'numeric', values: annotation.size.map((size) => Math.log(size * total)) });
  return { rows: donor.length, columns, rowNames: annotation.rowNames };
}
