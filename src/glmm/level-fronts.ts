/**
 * How H = I + A'WA of any random terms is factored: planned once per design, as plain data.
 *
 * The levels of all grouping factors are the nodes of a graph; rows connect the levels that they belong to. H is block diagonal
 * over the connected components (a donor with its conditions, say; a level of a single factor). Within a component the factor
 * with most columns is eliminated first: its levels share no row, so each is a small block with the columns that it touches. What
 * elimination joins becomes one front: pivots, whose columns of the Cholesky factor are formed together, and the columns below
 * that they touch (I. S. Duff and J. K. Reid, "The multifrontal solution of indefinite sparse symmetric linear systems", ACM
 * TOMS 9 (1983)). Crossed factors become fronts of single levels and one dense front of the others; nested ones stay sparse
 * where an outer level has more than a few inner ones.
 *
 * A front with pivots k and columns below w is an (k + w) x stride array whose lower triangle counts: stride k, or k + w where
 * others update it before its turn.
 */
import type { FamilyEffects } from '../moments/family-evidence.ts';
import { connectedLevels } from './connected-levels.ts';

export interface LevelFronts {
  /** Columns of H. Each level's stand together; `first` has its first, factor by factor in `factors`' order. */
  readonly columns: number;
  /** Grouping factors, those with most columns first. */
  readonly factors: readonly FrontFactor[];
  /** Distinct tuples of levels: cell of each pseudo-row, and the cells' levels (cells x factors). */
  readonly cellOf: Int32Array;
  readonly cellLevels: Int32Array;
  /** cells x factors: first column of the cell's level. */
  readonly cellColumn: Int32Array;
  /** cells x pairs of factors (f, g <= f) as a triangle by rows: where the block of H with rows of f, columns of g begins. */
  readonly cellBlock: Int32Array;
  /** cells x factors: distance of the rows in blocks with columns of this factor. */
  readonly cellStride: Int32Array;
  /** Columns of z of a pseudo-row, factor by factor. */
  readonly width: number;

  /** Fronts, children before parents, components one behind the other. */
  readonly fronts: number;
  /** First pivot column, pivots, columns below, distance of rows, place of the values, parent (-1: none). */
  readonly pivot: Int32Array;
  readonly k: Int32Array;
  readonly w: Int32Array;
  readonly stride: Int32Array;
  readonly at: Int32Array;
  readonly parent: Int32Array;
  /** Where its columns below stand in `below`, which names columns of H, and in `relative`, which names rows of the parent. */
  readonly belowAt: Int32Array;
  readonly below: Int32Array;
  readonly relative: Int32Array;
  /** Values of all fronts. */
  readonly values: number;

  readonly components: number;
  /** components + 1: its fronts, its columns, and its rows among `rows`. */
  readonly frontsFrom: Int32Array;
  readonly columnsFrom: Int32Array;
  readonly rowsFrom: Int32Array;
  readonly rows: Int32Array;
}

/** A grouping factor with the terms on it. */
export interface FrontFactor {
  readonly codes: Int32Array;
  readonly levels: number;
  /** Columns of all its terms, and the first of them within a pseudo-row. */
  readonly q: number;
  readonly offset: number;
  /** Index among the evidence's effects, columns, first column within the factor. */
  readonly terms: readonly { readonly term: number; readonly q: number; readonly offset: number }[];
  /** First column of H of each level. */
  readonly first: Int32Array;
}

/** A front that is being put together: node indices in elimination order. */
interface Growing {
  readonly seed: number;
  readonly pivots: number[];
  size: number;
}

/** How much of a front that is grown by a node must not be zeros: cost of the zeros against that of one front more. */
const DENSE = 0.8;
/** Columns of a component up to which it is one front: what is saved elsewhere is less than what fronts cost. */
const SMALL = 8;

/** Plans the elimination. With `split` false all levels are taken as one component (for tests). */
export function levelFronts(effects: readonly FamilyEffects[], rows: number, split = true): LevelFronts {
  const factors = groupedFactors(effects, rows);
  const F = factors.length;
  const { cellOf, cellLevels, cells, nodes, component, components, base } = connectedLevels(factors, rows, split);
  const factorOf = new Int32Array(nodes);
  factors.forEach((_, f) => void factorOf.fill(f, base[f], base[f + 1]));
  const sizeOf = (node: number) => factors[factorOf[node]].q;

  // Elimination order: components, within them factor by factor. Nodes are numbered by factors, so the sort is stable in both.
  const order = Int32Array.from({ length: nodes }, (_, i) => i).sort((a, b) => component[a] - component[b] || a - b);
  const place = new Int32Array(nodes);
  order.forEach((node, i) => void (place[node] = i));

  const { structure, leaf } = eliminationStructure(cellLevels, base, order, place, F, cells);
  const sizes = new Int32Array(components);
  for (let node = 0; node < nodes; node++) sizes[component[node]] += sizeOf(node);
  const isSmall = (node: number) => sizes[component[node]] <= SMALL;
  const { grown, frontOf } = growFronts(structure, leaf, order, sizeOf, isSmall);

  // Columns of H in the order of pivots.
  const fronts = grown.length;
  const first = new Int32Array(nodes);
  let columns = 0;
  const ints = (length: number) => new Int32Array(length);
  const [pivot, k, w, stride, at, parent, belowAt] = Array.from({ length: 7 }, () => ints(fronts));
  grown.forEach((front, s) => {
    pivot[s] = columns;
    for (const i of front.pivots) {
      first[order[i]] = columns;
      columns += sizeOf(order[i]);
    }
    k[s] = columns - pivot[s];
  });
  const below: number[] = [];
  let values = 0;
  grown.forEach((front, s) => {
    belowAt[s] = below.length;
    const touched = structure[front.seed].map((i) => order[i]).sort((a, b) => first[a] - first[b]);
    for (const node of touched) for (let c = 0; c < sizeOf(node); c++) below.push(first[node] + c);
    w[s] = below.length - belowAt[s];
    parent[s] = touched.length > 0 ? frontOf[place[touched[0]]] : -1;
    stride[s] = leaf[front.seed] && front.pivots.length === 1 ? k[s] : k[s] + w[s];
    at[s] = values;
    values += (k[s] + w[s]) * stride[s];
  });
  const placed = { pivot, k, w, belowAt, below: Int32Array.from(below) };
  const relative = ints(below.length);
  for (let s = 0; s < fronts; s++) {
    for (let c = 0; c < w[s]; c++) relative[belowAt[s] + c] = rowIn(placed, parent[s], below[belowAt[s] + c]);
  }

  const pairs = (F * (F + 1)) / 2;
  const cellColumn = ints(cells * F);
  const cellStride = ints(cells * F);
  const cellBlock = ints(cells * pairs);
  for (let cell = 0; cell < cells; cell++) {
    for (let f = 0, pair = 0; f < F; f++) {
      const column = first[base[f] + cellLevels[cell * F + f]];
      cellColumn[cell * F + f] = column;
      for (let g = 0; g <= f; g++, pair++) {
        const node = base[g] + cellLevels[cell * F + g];
        const s = frontOf[place[node]];
        cellBlock[cell * pairs + pair] = at[s] + rowIn(placed, s, column) * stride[s] + first[node] - pivot[s];
        if (f === g) cellStride[cell * F + f] = stride[s];
      }
    }
  }

  const frontsFrom = ints(components + 1);
  for (const { seed } of grown) frontsFrom[component[order[seed]] + 1]++;
  const rowsFrom = ints(components + 1);
  const componentOf = (row: number) => component[cellLevels[cellOf[row] * F]];
  for (let i = 0; i < rows; i++) rowsFrom[componentOf(i) + 1]++;
  for (let c = 0; c < components; c++) {
    frontsFrom[c + 1] += frontsFrom[c];
    rowsFrom[c + 1] += rowsFrom[c];
  }
  const columnsFrom = frontsFrom.map((s) => (s < fronts ? pivot[s] : columns));
  const next = rowsFrom.slice();
  const rowOrder = ints(rows);
  for (let i = 0; i < rows; i++) rowOrder[next[componentOf(i)]++] = i;

  return {
    ...{ columns, cellOf, cellLevels, cellColumn, cellBlock, cellStride },
    ...{ fronts, ...placed, stride, at, parent, relative, values, components },
    ...{ frontsFrom, columnsFrom, rowsFrom, rows: rowOrder },
    width: factors.reduce((sum, { q }) => sum + q, 0),
    factors: factors.map((factor, f) => ({ ...factor, first: first.slice(base[f], base[f + 1]) })),
  };
}

/** Row of a column of H in a front. */
function rowIn(
  { pivot, k, w, belowAt, below }: Pick<LevelFronts, 'pivot' | 'k' | 'w' | 'belowAt' | 'below'>,
  front: number,
  column: number,
): number {
  if (column < pivot[front] + k[front]) return column - pivot[front];
  let low = belowAt[front];
  let high = low + w[front];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (below[middle] <= column) low = middle;
    else high = middle;
  }
  return k[front] + low - belowAt[front];
}

/** Terms with the same levels are one factor; factors by columns, most first. */
function groupedFactors(effects: readonly FamilyEffects[], rows: number): Omit<FrontFactor, 'first'>[] {
  const groups: {
    codes: Int32Array;
    levels: number;
    q: number;
    terms: { term: number; q: number; offset: number }[];
  }[] = [];
  effects.forEach(({ z, codes }, term) => {
    const q = z.length / rows;
    let group = groups.find((other) => other.codes === codes || other.codes.every((code, i) => code === codes[i]));
    if (!group) {
      group = { codes, levels: codes.reduce((most, code) => Math.max(most, code), -1) + 1, q: 0, terms: [] };
      groups.push(group);
    }
    group.terms.push({ term, q, offset: group.q });
    group.q += q;
  });
  groups.sort((a, b) => b.levels * b.q - a.levels * a.q);
  let offset = 0;
  return groups.map((group) => {
    offset += group.q;
    return { ...group, offset: offset - group.q };
  });
}

/** For each node in elimination order the later ones that its column of the Cholesky factor touches, ascending. */
function eliminationStructure(
  cellLevels: Int32Array,
  base: Int32Array,
  order: Int32Array,
  place: Int32Array,
  F: number,
  cells: number,
): { structure: number[][]; leaf: boolean[] } {
  const nodes = order.length;
  const structure: number[][] = Array.from({ length: nodes }, () => []);
  for (let cell = 0; cell < cells; cell++) {
    for (let g = 0; g < F; g++) {
      const node = place[base[g] + cellLevels[cell * F + g]];
      for (let f = g + 1; f < F; f++) structure[node].push(place[base[f] + cellLevels[cell * F + f]]);
    }
  }
  const children: number[][] = Array.from({ length: nodes }, () => []);
  const seen = new Int32Array(nodes).fill(-1);
  for (let i = 0; i < nodes; i++) {
    const touched: number[] = [];
    const add = (j: number) => {
      if (j === i || seen[j] === i) return;
      seen[j] = i;
      touched.push(j);
    };
    structure[i].forEach(add);
    for (const child of children[i]) structure[child].forEach(add);
    structure[i] = touched.sort((a, b) => a - b);
    if (touched.length > 0) children[touched[0]].push(i);
  }
  return { structure, leaf: children.map((list) => list.length === 0) };
}

/** Joins nodes to the front of their parent where few zeros come with them, or where these do not matter. */
function growFronts(
  structure: readonly number[][],
  leaf: readonly boolean[],
  order: Int32Array,
  sizeOf: (node: number) => number,
  isSmall: (node: number) => boolean,
): { grown: Growing[]; frontOf: Int32Array } {
  const nodes = structure.length;
  const owner: Growing[] = new Array(nodes);
  const grown: Growing[] = [];
  for (let i = nodes - 1; i >= 0; i--) {
    const own = sizeOf(order[i]);
    const touched = structure[i].reduce((sum, j) => sum + sizeOf(order[j]), 0);
    const front = structure[i].length > 0 ? owner[structure[i][0]] : undefined;
    if (front && (isSmall(order[i]) || (!leaf[i] && own + touched >= DENSE * (own + front.size)))) {
      front.pivots.unshift(i);
      front.size += own;
      owner[i] = front;
    } else {
      owner[i] = { seed: i, pivots: [i], size: own + touched };
      grown.push(owner[i]);
    }
  }
  grown.reverse();
  const index = new Map(grown.map((front, s) => [front, s]));
  return { grown, frontOf: Int32Array.from(owner, (front) => index.get(front)!) };
}
