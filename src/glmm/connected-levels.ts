/** Levels of several grouping factors that rows connect. */
interface Levels {
  readonly codes: Int32Array;
  readonly levels: number;
}

export interface ConnectedLevels {
  /** Distinct tuples of levels: that of each row, their levels (cells x factors), their number. */
  readonly cellOf: Int32Array;
  readonly cellLevels: Int32Array;
  readonly cells: number;
  /** Nodes are the levels, factor by factor: the first node of each factor, and their number last. */
  readonly base: Int32Array;
  readonly nodes: number;
  /** Of each node, numbered by first appearance. */
  readonly component: Int32Array;
  readonly components: number;
}

/** Cells and connected components of the rows; with `split` false one component of all. */
export function connectedLevels(factors: readonly Levels[], rows: number, split = true): ConnectedLevels {
  const F = factors.length;
  const base = new Int32Array(F + 1);
  factors.forEach(({ levels }, f) => void (base[f + 1] = base[f] + levels));
  const nodes = base[F];

  let cellOf = new Int32Array(rows);
  let cells = 1;
  for (const { codes, levels } of factors) {
    const index = new Map<number, number>();
    const refined = new Int32Array(rows);
    for (let i = 0; i < rows; i++) {
      const key = cellOf[i] * levels + codes[i];
      let cell = index.get(key);
      if (cell === undefined) {
        cell = index.size;
        index.set(key, cell);
      }
      refined[i] = cell;
    }
    cellOf = refined;
    cells = index.size;
  }
  const cellLevels = new Int32Array(cells * F);
  for (let i = 0; i < rows; i++) for (let f = 0; f < F; f++) cellLevels[cellOf[i] * F + f] = factors[f].codes[i];

  const root = Int32Array.from({ length: nodes }, (_, i) => i);
  const find = (node: number) => {
    let top = node;
    while (root[top] !== top) top = root[top];
    while (root[node] !== top) [root[node], node] = [top, root[node]];
    return top;
  };
  const join = (a: number, b: number) => void (root[find(a)] = find(b));
  for (let cell = 0; cell < cells; cell++) {
    for (let f = 1; f < F; f++) join(base[f] + cellLevels[cell * F + f], base[0] + cellLevels[cell * F]);
  }
  if (!split) for (let node = 1; node < nodes; node++) join(node, 0);
  const number = new Int32Array(nodes).fill(-1);
  const component = new Int32Array(nodes);
  let components = 0;
  for (let node = 0; node < nodes; node++) {
    const top = find(node);
    if (number[top] < 0) number[top] = components++;
    component[node] = number[top];
  }
  return { cellOf, cellLevels, cells, base, nodes, component, components };
}
