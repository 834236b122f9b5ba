/** A matrix of responses held in memory that behaves like a file: blocks along either axis, whole or in pieces. */
import type { MatrixBlock, MatrixSource } from '../../src/types/responses.ts';
import type { Table } from '../../src/types/table.ts';

export interface MemoryLayout {
  readonly major: 'row' | 'response';
  /** Entries of one block at most. */
  readonly entries: number;
  /** False: the entries of a row (or response) are spread over blocks, in the order given by `shuffle`. */
  readonly whole: boolean;
  /** Order of the entries of an unwhole matrix: a permutation of 0 .. entries - 1. */
  readonly shuffle?: (count: number) => Int32Array;
  readonly float32?: boolean;
}

/** `values[g][i]` is response g at row i; zeros are not stored. */
export function memorySource(
  values: readonly ArrayLike<number>[],
  layout: MemoryLayout,
): MatrixSource & { passes: number } {
  const rows = values[0].length;
  const entries: { row: number; response: number; value: number }[] = [];
  const outer = layout.major === 'row' ? rows : values.length;
  const inner = layout.major === 'row' ? values.length : rows;
  for (let a = 0; a < outer; a++) {
    for (let b = 0; b < inner; b++) {
      const [row, response] = layout.major === 'row' ? [a, b] : [b, a];
      if (values[response][row] !== 0) entries.push({ row, response, value: values[response][row] });
    }
  }
  const order =
    layout.whole || !layout.shuffle ? entries : Array.from(layout.shuffle(entries.length), (k) => entries[k]);
  const majorOf = (entry: (typeof entries)[number]) => (layout.major === 'row' ? entry.row : entry.response);
  function blockOf(part: typeof entries): MatrixBlock {
    const majors: number[] = [];
    const pointers = [0];
    part.forEach((entry, k) => {
      if (k === 0 || majorOf(entry) !== majorOf(part[k - 1])) {
        if (k > 0) pointers.push(k);
        majors.push(majorOf(entry));
      }
    });
    if (part.length > 0) pointers.push(part.length);
    const numbers = part.map(({ value }) => value);
    return {
      major: layout.major,
      majors: Int32Array.from(majors),
      pointers: Int32Array.from(pointers),
      indices: Int32Array.from(part, (entry) => (layout.major === 'row' ? entry.response : entry.row)),
      values: layout.float32 ? Float32Array.from(numbers) : Float64Array.from(numbers),
      whole: layout.whole,
    };
  }
  const source = {
    kind: 'matrix' as const,
    path: 'memory',
    rows,
    names: values.map((_, g) => `G${g}`),
    entries: entries.length,
    obsColumns: [],
    passes: 0,
    rowNames: async () => Array.from({ length: rows }, (_, i) => `cell${i}`),
    readObs: async (): Promise<Table> => ({ rows, columns: new Map() }),
    close: async () => {},
    async *blocks() {
      source.passes++;
      let from = 0;
      while (from < order.length) {
        let to = Math.min(order.length, from + layout.entries);
        if (layout.whole) while (to < order.length && majorOf(order[to]) === majorOf(order[to - 1])) to++;
        yield blockOf(order.slice(from, to));
        from = to;
      }
    },
  };
  return source;
}
