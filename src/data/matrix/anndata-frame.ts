import { FitError, nearestName } from '../../errors.ts';
import type { Column, Table } from '../../types/table.ts';
import type { Numbers } from '../hdf5-storage/numbers.ts';
import { compareCodePoints } from '../table/level-order.ts';
import { isGroup, label, type StoredTree, type TreeEntity } from './stored-tree.ts';

/** A data frame as anndata stores it: a group with a dataset or group per column. */
export interface AnnDataFrame {
  /** Name of the group, `obs` or `var`. */
  readonly name: string;
  readonly group: TreeEntity;
  readonly rows: number;
  /** Name of the column that holds the row names. */
  readonly index: string;
  /** The other columns, in their order. */
  readonly columns: readonly string[];
}

/** Texts that count as missing, as in the tables that are read from text. */
const MISSING = new Set(['', 'NA', 'NaN', 'nan']);

/**
 * Finds a frame without reading its columns.
 *
 * @throws FitError `DataError`, `unreadable`, when there is none, or only one of the first versions of anndata.
 */
export async function openFrame(tree: StoredTree, name: string): Promise<AnnDataFrame> {
  const group = await tree.find(name);
  if (group === undefined) throw tree.corrupt(`${tree.path} has no '${name}', so it is no AnnData file`);
  if (!isGroup(group)) {
    throw tree.corrupt(
      `'${name}' of ${tree.path} is a compound dataset, as anndata before 0.7 wrote it`,
      'open it in Python with a current anndata and save it again: anndata.read_h5ad(path).write_h5ad(path)',
    );
  }
  const keys = await tree.keys(group);
  const index = (await tree.text(group, '_index')) ?? ['_index', 'index'].find((key) => keys.includes(key));
  if (index === undefined) throw tree.corrupt(`'${name}' of ${tree.path} does not say which column holds its names`);
  const order = await tree.attribute(group, 'column-order');
  const listed = Array.isArray(order) ? order.map(String) : order === undefined ? keys : [String(order)];
  return {
    name,
    group,
    rows: tree.length(await textDataset(tree, `${name}/${index}`)),
    index,
    columns: listed.filter((key) => key !== index && key !== '__categories' && keys.includes(key)),
  };
}

/** The row names. */
export async function frameNames(tree: StoredTree, frame: AnnDataFrame): Promise<string[]> {
  return (await texts(tree, `${frame.name}/${frame.index}`)).map((text) => text ?? '');
}

/** The strings of an array, or those of a nullable string array, which is a group of `values` and their `mask`. */
async function textDataset(tree: StoredTree, name: string): Promise<TreeEntity> {
  const entity = await tree.find(name);
  if (entity === undefined || !isGroup(entity)) return tree.dataset(name);
  const encoding = await tree.text(entity, 'encoding-type');
  if (encoding === 'nullable-string-array') return tree.dataset(`${name}/values`);
  throw tree.corrupt(`'${name}' of ${tree.path} has the encoding '${encoding ?? 'none'}', not one of texts`);
}

/** The same as texts, null where masked. */
async function texts(tree: StoredTree, name: string): Promise<(string | null)[]> {
  const values = await textDataset(tree, name);
  const strings: (string | null)[] = await tree.strings(values);
  const whole = await tree.find(name);
  if (whole === undefined || !isGroup(whole) || (await tree.find(`${name}/mask`)) === undefined) return strings;
  const mask = await tree.dataset(`${name}/mask`);
  checkLength(tree, mask, strings.length);
  (await tree.numbers(mask, 0, strings.length)).forEach((missing, i) => {
    if (missing !== 0) strings[i] = null;
  });
  return strings;
}

/**
 * True when two row names may be the same: their 53-bit hashes are. Holds eight bytes a row instead of the names, which
 * for a million cells are a tenth of a gigabyte.
 */
export async function mayRepeatNames(tree: StoredTree, frame: AnnDataFrame): Promise<boolean> {
  const hashes = new Float64Array(frame.rows);
  let row = 0;
  await tree.visitTextBytes(await textDataset(tree, `${frame.name}/${frame.index}`), (bytes, from, to) => {
    // Two multiplicative hashes of 32 and 21 bits (FNV-1a with different primes).
    let a = 0x811c9dc5;
    let b = 0x1b873593;
    for (let i = from; i < to; i++) {
      a = Math.imul(a ^ bytes[i], 0x01000193);
      b = Math.imul(b ^ bytes[i], 0x85ebca6b);
    }
    hashes[row++] = (a >>> 0) * 0x200000 + (b >>> 11);
  });
  hashes.sort();
  for (let row = 1; row < hashes.length; row++) if (hashes[row] === hashes[row - 1]) return true;
  return false;
}

/**
 * Reads columns of a frame; without a list all those of a kind that fits a table. Text becomes a factor with levels
 * sorted by code point, categories keep their order and their unused levels, booleans become logical. The texts that
 * mean missing in tables (`''`, `NA`, `NaN`, `nan`) mean it here too, as values and as categories.
 *
 * @throws FitError `DataError` for a column that is not there, or that was asked for and fits no table.
 */
export async function readFrame(
  tree: StoredTree,
  frame: AnnDataFrame,
  rowNames: readonly string[] | undefined,
  wanted?: readonly string[],
): Promise<Table> {
  const columns = new Map<string, Column>();
  for (const name of wanted ?? frame.columns) {
    if (!frame.columns.includes(name)) {
      const near = nearestName(name, frame.columns);
      throw new FitError('DataError', `no column '${name}' in '${frame.name}' of ${tree.path}`, {
        path: tree.path,
        remedy: near === undefined ? `it has: ${frame.columns.join(', ')}` : `did you mean '${near}'?`,
      });
    }
    const column = await readColumn(tree, frame, name);
    if (column !== undefined) columns.set(name, column);
    else if (wanted !== undefined) {
      throw new FitError(
        'DataError',
        `column '${name}' of '${frame.name}' in ${tree.path} has a type that no table holds`,
        {
          path: tree.path,
          remedy: 'in Python, turn it into numbers, text or a categorical and save the file again',
        },
      );
    }
  }
  return { rows: frame.rows, columns, ...(rowNames && { rowNames }), path: tree.path };
}

/** One text per row, '' where missing; undefined when the column holds no text. */
export async function frameTexts(tree: StoredTree, frame: AnnDataFrame, name: string): Promise<string[] | undefined> {
  const column = await readColumn(tree, frame, name);
  if (column?.kind !== 'factor') return undefined;
  return Array.from(column.codes, (code) => (code < 0 ? '' : column.levels[code]));
}

async function readColumn(tree: StoredTree, frame: AnnDataFrame, name: string): Promise<Column | undefined> {
  const path = `${frame.name}/${name}`;
  const entity = await tree.find(path);
  if (entity === undefined) return undefined;
  if (isGroup(entity)) return readGroupColumn(tree, frame, path, entity);
  const dataset = await tree.dataset(path);
  const legacy = `${frame.name}/__categories/${name}`;
  const categories = await tree.find(legacy);
  if (categories !== undefined && !isGroup(categories)) {
    const ordered = (await tree.attribute(categories, 'ordered')) === 1;
    return categorical(tree, dataset, legacy, ordered, frame.rows);
  }
  if (tree.shape(dataset)?.length !== 1) return undefined;
  checkLength(tree, dataset, frame.rows);
  switch (tree.element(dataset)) {
    case 'text':
      return factor(await tree.strings(dataset));
    case 'boolean':
      return { kind: 'logical', values: doubles(await tree.numbers(dataset, 0, frame.rows)) };
    case 'integer':
    case 'float':
      return { kind: 'numeric', values: doubles(await tree.numbers(dataset, 0, frame.rows)) };
    default:
      return undefined;
  }
}

/** Categoricals, and the nullable types: `values` with a `mask` that is true where a value is missing. */
async function readGroupColumn(
  tree: StoredTree,
  frame: AnnDataFrame,
  path: string,
  group: TreeEntity,
): Promise<Column | undefined> {
  const encoding = await tree.text(group, 'encoding-type');
  if (encoding === 'categorical') {
    const ordered = (await tree.attribute(group, 'ordered')) === 1;
    return categorical(tree, await tree.dataset(`${path}/codes`), `${path}/categories`, ordered, frame.rows);
  }
  if (encoding === undefined || !/^nullable-(integer|boolean|string-array|float)$/.test(encoding)) return undefined;
  const values = await tree.dataset(`${path}/values`);
  const mask = await tree.dataset(`${path}/mask`);
  checkLength(tree, values, frame.rows);
  checkLength(tree, mask, frame.rows);
  const missing = await tree.numbers(mask, 0, frame.rows);
  if (encoding === 'nullable-string-array') {
    return factor((await tree.strings(values)).map((text, i) => (missing[i] === 0 ? text : '')));
  }
  const numbers = doubles(await tree.numbers(values, 0, frame.rows));
  for (let i = 0; i < numbers.length; i++) if (missing[i] !== 0) numbers[i] = Number.NaN;
  return { kind: encoding === 'nullable-boolean' ? 'logical' : 'numeric', values: numbers };
}

/** @throws FitError DataError, `unreadable`, for codes that are no whole numbers or name no category, and for a category twice */
async function categorical(
  tree: StoredTree,
  codes: TreeEntity,
  categories: string,
  ordered: boolean,
  rows: number,
): Promise<Column> {
  checkLength(tree, codes, rows);
  const names = await categoryNames(tree, categories);
  const levels: string[] = [];
  const position = names.map((name) => (name === null || MISSING.has(name) ? -1 : levels.push(name) - 1));
  if (new Set(levels).size < levels.length) {
    const twice = levels.find((level, k) => levels.indexOf(level) < k);
    throw tree.corrupt(`'${categories}' of ${tree.path} has the category '${twice}' twice`);
  }
  const values = await tree.numbers(codes, 0, rows);
  const result = values instanceof Int32Array ? values : new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const code = values[i];
    if (!(code >= -1 && code < names.length && Number.isInteger(code))) {
      throw tree.corrupt(
        `'${label(codes)}' of ${tree.path} has code ${code} for ${names.length} categories (row ${i + 1})`,
      );
    }
    result[i] = code < 0 ? -1 : position[code];
  }
  return { kind: 'factor', levels, codes: result, ordered };
}

/** Categories as texts: strings, booleans, or numbers. */
async function categoryNames(tree: StoredTree, categories: string): Promise<(string | null)[]> {
  const entity = await tree.find(categories);
  if (entity !== undefined && !isGroup(entity) && tree.element(entity) === 'boolean') {
    const values = await tree.numbers(await tree.dataset(categories), 0, tree.length(entity));
    return Array.from(values, (value) => (value === 1 ? 'TRUE' : 'FALSE'));
  }
  return texts(tree, categories);
}

function factor(texts: readonly string[]): Column {
  const levels = [...new Set(texts)].filter((text) => !MISSING.has(text)).sort(compareCodePoints);
  const position = new Map(levels.map((level, k) => [level, k]));
  return { kind: 'factor', levels, codes: Int32Array.from(texts, (text) => position.get(text) ?? -1), ordered: false };
}

function doubles(values: Numbers): Float64Array {
  return values instanceof Float64Array ? values : new Float64Array(values);
}

function checkLength(tree: StoredTree, dataset: TreeEntity, rows: number): void {
  const length = tree.length(dataset);
  if (length !== rows)
    throw tree.corrupt(`'${label(dataset)}' of ${tree.path} has ${length} elements for ${rows} rows`);
}
