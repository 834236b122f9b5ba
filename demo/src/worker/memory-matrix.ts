import type { MatrixBlock, MatrixSource, SimulatedCells } from 'webgpu-lmm';

/** Simulated cells, drawn once and held compressed, as a matrix with its annotation. */
export function memoryMatrix(cells: SimulatedCells, path: string): MatrixSource {
  const blocks: MatrixBlock[] = [];
  let entries = 0;
  let row = 0;
  for (const { pointers, indices, values } of cells.blocks()) {
    const majors = Int32Array.from({ length: pointers.length - 1 }, (_, i) => row + i);
    row += majors.length;
    entries += values.length;
    blocks.push({ major: 'row', majors, pointers, indices, values, whole: true });
  }
  const { names, rowNames, obs } = cells;
  return {
    kind: 'matrix',
    path,
    rows: rowNames.length,
    names,
    entries,
    ordered: true,
    layers: [],
    rowNames: async () => rowNames,
    obsColumns: [...obs.columns.keys()],
    readObs: async (columns) => ({
      rows: obs.rows,
      columns: new Map([...obs.columns].filter(([name]) => columns?.includes(name) ?? true)),
      rowNames,
    }),
    async *blocks() {
      for (const block of blocks) yield block;
    },
    close: async () => {},
  };
}
