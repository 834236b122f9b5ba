/**
 * MuData in a tree. It holds one AnnData for each modality in `mod`, an annotation of all cells in `obs`, and in
 * `obsmap` the row of each of these cells in a modality, from 1, 0 where it has none.
 */
import { FitError, nearestName } from '../../errors.ts';
import type { Column, Table } from '../../types/table.ts';
import type { MatrixOptions } from '../input-files.ts';
import { annDataSource } from './anndata.ts';
import { type AnnDataFrame, frameNames, openFrame, readFrame } from './anndata-frame.ts';
import type { StoredMatrixSource } from './stored-matrix.ts';
import { isGroup, type StoredTree, type TreeEntity, treeWithin } from './stored-tree.ts';

/**
 * The matrix of a modality. `close` closes the tree.
 *
 * @throws FitError `OptionError` for a modality that is not there, or where several are and none is named; else as
 *   {@link annDataSource}
 */
export async function muDataSource(
  tree: StoredTree,
  group: TreeEntity,
  options: Pick<MatrixOptions, 'layer' | 'modality'>,
  close: () => void | Promise<void>,
): Promise<StoredMatrixSource> {
  const keys = await tree.keys(group);
  const order = await tree.attribute(group, 'mod-order');
  const listed = Array.isArray(order) ? order.map(String).filter((name) => keys.includes(name)) : [];
  const modality = chosenModality(tree.path, [...new Set([...listed, ...keys])], options.modality);
  const source = await annDataSource(treeWithin(tree, `mod/${modality}`), options, close);
  const all = await tree.find('obs');
  if (all === undefined || !isGroup(all)) return source;
  return withGlobalObs(source, tree, await openFrame(tree, 'obs'), modality);
}

function chosenModality(path: string, names: readonly string[], asked: string | undefined): string {
  const fields = { path, option: 'modality', choices: names };
  if (asked !== undefined) {
    if (names.includes(asked)) return asked;
    const near = nearestName(asked, names);
    const remedy = near === undefined ? `it has: ${names.join(', ')}` : `did you mean '${near}'?`;
    throw new FitError('OptionError', `${path} has no modality '${asked}'`, { ...fields, remedy });
  }
  if (names.length === 1) return names[0];
  throw new FitError('OptionError', `${path} holds several modalities (${names.join(', ')})`, {
    ...fields,
    remedy: `name one: ${names.map((name) => `“modality: ${name}”`).join(' or ')}`,
  });
}

/**
 * The matrix of a modality with the columns of the annotation of all cells beside its own. Of two columns of one name that of
 * the modality counts; a column `rna:kind` of all cells is also found as `kind` by the modality `rna` where it has none.
 */
function withGlobalObs(
  source: StoredMatrixSource,
  tree: StoredTree,
  frame: AnnDataFrame,
  modality: string,
): StoredMatrixSource {
  const own = new Set(source.obsColumns);
  /** Column of all cells behind each name that is offered. */
  const offered = new Map<string, string>();
  for (const name of frame.columns) if (!own.has(name)) offered.set(name, name);
  const prefix = `${modality}:`;
  for (const name of frame.columns) {
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (bare !== '' && !own.has(bare) && !offered.has(bare)) offered.set(bare, name);
  }
  if (offered.size === 0) return source;
  let rows: Promise<Int32Array> | undefined;
  return {
    ...source,
    obsColumns: [...own, ...offered.keys()],
    async readObs(columns = [...own, ...offered.keys()], options) {
      const ofAll = columns.filter((name) => offered.has(name));
      const table = await source.readObs(
        columns.filter((name) => !offered.has(name)),
        options,
      );
      if (ofAll.length === 0) return table;
      const wanted = [...new Set(ofAll.map((name) => offered.get(name) ?? name))];
      const all = await readFrame(tree, frame, undefined, wanted);
      rows ??= globalRows(source, tree, frame, modality);
      return inOrder(table, all, columns, offered, await rows);
    },
  };
}

/** The table of a modality with columns of all cells, in the order asked for. */
function inOrder(
  table: Table,
  all: Table,
  columns: readonly string[],
  offered: ReadonlyMap<string, string>,
  rows: Int32Array,
): Table {
  const joined = new Map<string, Column>();
  for (const name of columns) {
    const of = offered.get(name);
    const column = of === undefined ? table.columns.get(name) : all.columns.get(of);
    if (column !== undefined) joined.set(name, of === undefined ? column : spread(column, rows));
  }
  return { ...table, columns: joined };
}

/** Row in the annotation of all cells of each row of a modality, -1 where it has none. */
async function globalRows(
  source: StoredMatrixSource,
  tree: StoredTree,
  frame: AnnDataFrame,
  modality: string,
): Promise<Int32Array> {
  const rows = new Int32Array(source.rows).fill(-1);
  const map = `obsmap/${modality}`;
  if ((await tree.find(map)) === undefined) {
    const names = await frameNames(tree, frame);
    const position = new Map(names.map((name, row) => [name, row]));
    (await source.rowNames()).forEach((name, row) => {
      rows[row] = position.get(name) ?? -1;
    });
    return rows;
  }
  const dataset = await tree.dataset(map);
  const places = await tree.numbers(dataset, 0, tree.length(dataset));
  if (places.length !== frame.rows) {
    throw tree.corrupt(`'${map}' of ${tree.path} has ${places.length} elements for ${frame.rows} cells`);
  }
  places.forEach((place, row) => {
    if (place > source.rows) throw tree.corrupt(`'${map}' of ${tree.path} names row ${place} of ${source.rows}`);
    if (place > 0) rows[place - 1] = row;
  });
  return rows;
}

/** A column at some rows, missing at -1. */
function spread(column: Column, rows: Int32Array): Column {
  if (column.kind === 'factor') {
    const { codes } = column;
    return { ...column, codes: rows.map((row) => (row < 0 ? -1 : codes[row])) };
  }
  const { kind, values } = column;
  return { kind, values: Float64Array.from(rows, (row) => (row < 0 ? Number.NaN : values[row])) };
}
