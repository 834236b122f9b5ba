/** One data set of cells as files: whole, and in parts. */
import { writeH5ad } from '../../src/data/matrix/write-h5ad.node.ts';
import { writeTenx } from '../../src/data/matrix/write-tenx.node.ts';
import { selectRows } from '../../src/data/table/table-rows.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';

export interface Cells {
  readonly names: readonly string[];
  readonly obs: Table;
  readonly barcodes: readonly string[];
  /** cells x genes, row-major. */
  readonly counts: Float64Array;
}

/**
 * Counts of cells of some donors, a third of each in the other condition; donors stand one after the other. The last gene but one
 * has a mean of ten thousand times its standard deviation.
 */
export function cellsOf({ donors = 6, perDonor = 40, genes = 12, seed = 1 } = {}): Cells {
  const random = new TestRandom(seed);
  const rows = donors * perDonor;
  const index = Array.from({ length: rows }, (_, i) => i);
  const donorOf = (i: number) => Math.floor(i / perDonor);
  const effect = random.normals(donors);
  const obs = frame({
    donor: index.map((i) => `d${donorOf(i) + 1}`),
    stim: index.map((i) => (i % 3 === 2 ? 'stim' : 'ctrl')),
    batch: index.map(() => `b${random.integer(3)}`),
    age: random.normals(rows).map((value) => 50 + 12 * value),
    w: index.map((i) => 1 + (i % 4)),
    depth: index.map((i) => 0.1 * (i % 5)),
  });
  const counts = new Float64Array(rows * genes);
  for (let i = 0; i < rows; i++) {
    for (let g = 0; g < genes; g++) {
      const seen = random.uniform() < 0.15 + 0.8 * (g / genes);
      if (seen && g !== 3) counts[i * genes + g] = 1 + random.integer(2 + 4 * g) + (effect[donorOf(i)] > 0 ? 1 : 0);
    }
    counts[i * genes + genes - 2] = 10_000 + random.integer(4);
  }
  return {
    names: Array.from({ length: genes }, (_, g) => label('G', g)),
    obs,
    barcodes: index.map((i) => `cell${i}`),
    counts,
  };
}

/** Some rows of a table, factors with the levels that they have. */
function rowsOf(table: Table, rows: Int32Array): Table {
  const picked = selectRows(table, rows);
  const columns = new Map<string, Column>();
  for (const [name, column] of picked.columns) {
    if (column.kind !== 'factor') {
      columns.set(name, column);
      continue;
    }
    const used = [...new Set(column.codes)].sort((a, b) => a - b);
    const codes = column.codes.map((code) => used.indexOf(code));
    columns.set(name, { ...column, levels: used.map((code) => column.levels[code]), codes });
  }
  return { ...picked, columns };
}

/** Some rows and genes, in that order. */
export function partOf({ names, obs, barcodes, counts }: Cells, rows: Int32Array, genes?: readonly number[]): Cells {
  const kept = genes ?? [...names.keys()];
  return {
    names: kept.map((g) => names[g]),
    obs: rowsOf(obs, rows),
    barcodes: Array.from(rows, (i) => barcodes[i]),
    counts: Float64Array.from({ length: rows.length * kept.length }, (_, at) => {
      return counts[rows[Math.floor(at / kept.length)] * names.length + kept[at % kept.length]];
    }),
  };
}

export function range(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, i) => from + i);
}

/** The cells without their zeros. */
function writable({ names, obs, barcodes, counts }: Cells) {
  const pointers = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (let at = 0; at < counts.length; at++) {
    if (counts[at] !== 0) {
      indices.push(at % names.length);
      values.push(counts[at]);
    }
    if ((at + 1) % names.length === 0) pointers.push(indices.length);
  }
  return {
    rows: obs.rows,
    names,
    rowNames: barcodes,
    obs,
    pointers: Int32Array.from(pointers),
    indices: Int32Array.from(indices),
    values: Float64Array.from(values),
  };
}

export async function writeCells(path: string, cells: Cells): Promise<string> {
  await (path.endsWith('.h5ad') ? writeH5ad(path, writable(cells)) : writeTenx(path, writable(cells)));
  return path;
}
