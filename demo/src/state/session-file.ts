/** A session as a file: settings and results, no data. JSON, gzipped; typed arrays as base64. */

import { type NamedFile, storeOf } from '../protocol/named-files.ts';
import { restoreSettings } from '../protocol/settings.ts';
import { restoreExpressed } from '../results/expressed-by.ts';
import { restoreFilters } from '../results/gene-filters.ts';
import type { Results } from '../results/results-view.ts';
import type { Context } from './context.ts';
import type { State } from './store.ts';

const FORMAT = 'webgpu-lmm session';
const VERSION = 1;

export function isSessionName(name: string): boolean {
  // A browser that saves a second one puts a number before the last extension.
  return /\.session( ?\(\d+\))?(\.json)?( ?\(\d+\))?(\.gz)?( ?\(\d+\))?$/i.test(name);
}

/** Endings of data: what has one is not looked into for a session. Browsers give `.txt` to what they take for text. */
const DATA_NAME = /\.(csv|tsv|tab|mtx|parquet|pq|h5ad|h5|hdf5|h5mu|zarr|zip)(\.gz)?$/i;

/** The session among files: by its name, else by how a file begins that no reader of data would take. */
export async function sessionAmong(files: readonly NamedFile[]): Promise<NamedFile | null> {
  const named = files.find(({ name }) => isSessionName(name));
  if (named) return named;
  for (const file of files) {
    if (!DATA_NAME.test(file.name) && storeOf(file.name) === null && (await beginsAsSession(file.file))) return file;
  }
  return null;
}

async function beginsAsSession(file: Blob): Promise<boolean> {
  try {
    const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const packed = head[0] === 0x1f && head[1] === 0x8b;
    if (!packed && head[0] !== '{'.charCodeAt(0)) return false;
    const stream = packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
    const reader = stream.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return value !== undefined && new TextDecoder().decode(value.subarray(0, 200)).startsWith(`{"format":"${FORMAT}"`);
  } catch {
    return false; // no gzip after all
  }
}

const KINDS = { Float64Array, Float32Array, Int32Array, Uint32Array, Uint8Array } as const;
type Kind = keyof typeof KINDS;
/** Bytes turned into characters at a time, below the limit on arguments of a call. */
const PIECE = 0x8000;

function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

function encode(_key: string, value: unknown): unknown {
  if (!ArrayBuffer.isView(value)) return value;
  const kind = value.constructor.name;
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return { $array: kind, data: btoa(text) };
}

function decode(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$array' in value) || !('data' in value)) return value;
  const { $array: kind, data } = value;
  if (typeof kind !== 'string' || typeof data !== 'string' || !isKind(kind))
    throw new Error('an unknown kind of array');
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new KINDS[kind](bytes.buffer);
}

/** The session as the content of a file. */
export async function sessionBlob({
  results,
  settings,
  test,
  split,
  threshold,
  filters,
  expressedBy,
}: State): Promise<Blob> {
  const text = JSON.stringify(
    { format: FORMAT, version: VERSION, settings, test, split, threshold, filters, expressedBy, results },
    encode,
  );
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).blob();
}

/** Shows a saved session. What is not one is reported and changes nothing. Returns whether it is shown. */
export async function openSession(file: Blob, { store }: Context): Promise<boolean> {
  try {
    const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const packed = head[0] === 0x1f && head[1] === 0x8b;
    const stream = packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
    const session: unknown = JSON.parse(await new Response(stream).text(), decode);
    const results = checkSession(session);
    // What is being fitted would take its place.
    store.state.activity?.cancel();
    const text = (key: string): string => {
      const value: unknown = Reflect.get(session as object, key); // an object, as checked
      return typeof value === 'string' ? value : '';
    };
    const threshold: unknown = Reflect.get(session as object, 'threshold');
    const shown = results && { ...results, settings: restoreSettings(results.settings) };
    store.set({
      ...(typeof threshold === 'number' && threshold > 0 && threshold <= 1 ? { threshold } : {}),
      activity: null,
      results: shown,
      filed: shown,
      expressedBy: restoreExpressed(Reflect.get(session as object, 'expressedBy'), results?.outcome.table),
      settings: restoreSettings(Reflect.get(session as object, 'settings')),
      source: results?.source ?? null,
      summary: null,
      live: false,
      saved: true,
      test: text('test'),
      split: text('split'),
      filters: restoreFilters(Reflect.get(session as object, 'filters')),
      selected: [],
      search: '',
      gene: null,
      view: 'genes',
      error: null,
    });
    return true;
  } catch (error) {
    const message = `the session cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    const remedy = 'Choose a file that this page saved.';
    store.set({ error: { tag: 'DataError', message, remedy, position: null, source: null, option: null, step: 1 } });
    return false;
  }
}

/** The results of a session, as far as the page relies on them. */
function checkSession(session: unknown): Results | null {
  if (typeof session !== 'object' || session === null || Reflect.get(session, 'format') !== FORMAT) {
    throw new Error('it is no session of this page');
  }
  if (Reflect.get(session, 'version') !== VERSION) throw new Error('it is of another version');
  const results = Reflect.get(session, 'results') as Results | null; // checked below, field by field
  if (results === null || results === undefined) return null;
  const fault = resultsFault(results);
  if (fault !== null) throw new Error(fault);
  return results;
}

/** What of the results of a file the page could not go through; null for none. Files may be edited. */
function resultsFault(results: Results): string | null {
  const { outcome, source, summary } = results;
  const table = outcome?.table;
  if (typeof table !== 'object' || table === null) return 'it has no table of fits';
  const { models, responses, genes, splits, messages, terms, groups } = table;
  if (!Number.isSafeInteger(models) || models < 0) return 'its number of models is damaged';
  const texts = (list: unknown, length?: number): boolean =>
    Array.isArray(list) &&
    (length === undefined || list.length === length) &&
    list.every((text) => typeof text === 'string');
  if (!texts(responses, models) || !texts(groups)) return 'its names are damaged';
  for (const list of [genes, splits]) if (list !== null && !texts(list, models)) return 'its names are damaged';
  if (!Array.isArray(messages) || messages.length !== models) return 'its messages are damaged';
  if (!Array.isArray(terms)) return 'its random terms are damaged';
  const termFault = terms.some(({ group, names, covarianceOffset, thetaOffset }) => {
    return typeof group !== 'string' || !texts(names) || !(covarianceOffset >= 0) || !(thetaOffset >= 0);
  });
  if (termFault) return 'its random terms are damaged';
  const squares = terms.reduce((sum, { names }) => sum + names.length ** 2, 0);
  const thetas = terms.reduce((sum, { names }) => sum + (names.length * (names.length + 1)) / 2, 0);
  const columns: [unknown, number][] = [
    ...[table.status, table.singular, table.converged, table.finish, table.search].map((one): [unknown, number] => [
      one,
      1,
    ]),
    ...[table.nobs, table.evaluations, table.expressed].map((one): [unknown, number] => [one, 1]),
    ...[table.mean, table.sigma, table.criterion, table.AIC, table.BIC, table.gradient].map(
      (one): [unknown, number] => [one, 1],
    ),
    ...[table.r2Marginal, table.r2Conditional].map((one): [unknown, number] => [one, 1]),
    [table.theta, thetas],
    [table.covariance, squares],
    [table.groupLevels, groups.length],
  ];
  for (const tests of [table.coefficients, table.contrasts]) {
    if (!texts(tests?.names)) return 'its tests are damaged';
    const { estimate, standardError, df, statistic, pValue, log10P, adjustedP } = tests;
    for (const one of [estimate, standardError, df, statistic, pValue, log10P, adjustedP])
      columns.push([one, tests.names.length]);
  }
  if (table.bootstrap) {
    for (const kind of ['coefficients', 'contrasts'] as const) {
      const drawn = table.bootstrap[kind];
      columns.push([drawn?.log10P, table[kind].names.length], [drawn?.bound, table[kind].names.length]);
    }
  }
  const whole = columns.every(([values, width]) => {
    return ArrayBuffer.isView(values) && (values as Uint8Array).length === models * width;
  });
  if (!whole) return 'its results are not whole';
  if (!texts(outcome.notes) || typeof outcome.seconds?.fit !== 'number' || typeof outcome.seconds.read !== 'number') {
    return 'what came of its fit is damaged';
  }
  const columnFault =
    !Array.isArray(summary?.columns) ||
    summary.columns.some(({ name, levels }) => typeof name !== 'string' || !Array.isArray(levels));
  // Of earlier versions there is none.
  const { reading } = summary;
  const readingFault =
    reading !== null &&
    reading !== undefined &&
    (!Array.isArray(reading.formulas) || typeof reading.layout !== 'object');
  if (columnFault || readingFault || typeof summary.name !== 'string' || !texts(summary.notes))
    return 'its summary of the data is damaged';
  if (results.fitted !== undefined && !Number.isFinite(results.fitted)) return 'the time of its fit is damaged';
  if (typeof summary.roles?.data !== 'string' || !texts(source?.names)) return 'it does not say which data it is of';
  return null;
}
