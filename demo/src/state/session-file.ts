/** A session as a file: settings and results, no data. JSON, gzipped; typed arrays as base64. */

import type { FitTable } from 'webgpu-lmm';
import type { NamedFile } from '../protocol/named-files.ts';
import { restoreSettings, type Settings } from '../protocol/settings.ts';
import { restoreExpressed } from '../results/expressed-by.ts';
import { restoreFilters } from '../results/gene-filters.ts';
import { smallAnswers } from '../results/kept-answers.ts';
import { restoreAnswers } from '../results/restored-answers.ts';
import { restoreChoices } from '../results/restored-choices.ts';
import { fitTableFault, resultsFault } from '../results/results-fault.ts';
import type { Results } from '../results/results-view.ts';
import { FORMAT } from './session-name.ts';
import { otherData } from './stale.ts';
import { type State, type Store, VIEWS } from './store.ts';

const VERSION = 1;

const KINDS = { Float64Array, Float32Array, Int32Array, Uint32Array, Uint8Array } as const;
type Kind = keyof typeof KINDS;
/** Bytes turned into characters at a time, below the limit on arguments of a call. */
const PIECE = 0x8000;

function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

function encode(_key: string, value: unknown): unknown {
  // JSON has no such numbers.
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
  if (!ArrayBuffer.isView(value)) return value;
  const kind = value.constructor.name;
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return { $array: kind, data: btoa(text) };
}

/** What a part of a session was before it was written. */
export function decode(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$number' in value && /^(NaN|-?Infinity)$/.test(String(value.$number))) return Number(value.$number);
  if (!('$array' in value) || !('data' in value)) return value;
  const { $array: kind, data } = value;
  if (typeof kind !== 'string' || typeof data !== 'string' || !isKind(kind))
    throw new Error('an unknown kind of array');
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new KINDS[kind](bytes.buffer);
}

/** The session as the content of a file. */
export async function sessionBlob(state: State): Promise<Blob> {
  const { results, settings, test, split, threshold, filters, expressedBy, gene, search, choices } = state;
  const answers = smallAnswers(state.answers);
  const geneSets = await keptSets(state.geneSets);
  // It is saved where results are kept, and opened to go on with them.
  const view = state.view === 'keep' ? state.leftView : state.view;
  const shown = { test, split, threshold, filters, expressedBy, view, gene, search, choices, answers, geneSets };
  const text = JSON.stringify({ format: FORMAT, version: VERSION, settings, ...shown, results }, encode);
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).blob();
}

/**
 * Shows a saved session as it was left. What is not one is reported and changes nothing. Data that are open stay open: they are
 * those of its results, or others, which the page then says. Returns whether it is shown.
 */
export async function showSession(file: Blob, store: Store): Promise<boolean> {
  try {
    const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const packed = head[0] === 0x1f && head[1] === 0x8b;
    const stream = packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
    const session: unknown = JSON.parse(await new Response(stream).text(), decode);
    const found = checkSession(session);
    const results = found && { ...found, settings: restoreSettings(found.settings) };
    const stored = (key: string): unknown => Reflect.get(session as object, key); // an object, as checked
    const text = (key: string): string => {
      const value = stored(key);
      return typeof value === 'string' ? value : '';
    };
    // What is being fitted would take its place.
    store.state.activity?.cancel();
    const threshold = stored('threshold');
    const gene = stored('gene');
    const models = results?.outcome.table.models ?? 0;
    store.set({
      ...(typeof threshold === 'number' && threshold > 0 && threshold <= 1 ? { threshold } : {}),
      activity: null,
      results,
      filed: results,
      expressedBy: restoreExpressed(stored('expressedBy'), results?.outcome.table),
      choices: restoreChoices(stored('choices')),
      answers: restoreAnswers(stored('answers'), isTable),
      geneSets: restoreSets(stored('geneSets')) ?? store.state.geneSets,
      ...dataBeside(store.state, results, restoreSettings(stored('settings'))),
      live: false,
      saved: true,
      test: text('test'),
      split: text('split'),
      filters: restoreFilters(stored('filters')),
      selected: [],
      search: text('search'),
      // Sessions of earlier versions have neither.
      gene: Number.isSafeInteger(gene) && Number(gene) >= 0 && Number(gene) < models ? Number(gene) : null,
      view: VIEWS.find((view) => view === stored('view')) ?? 'genes',
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

const isTable = (table: FitTable): boolean => fitTableFault(table) === null;

/** Bytes of a file of gene sets that goes into a session; of a larger one its name does. */
const MOST_SETS = 8_000_000;

interface KeptSets {
  readonly name: string;
  /** Null where the file is large. */
  readonly bytes: Uint8Array | null;
}

async function keptSets(sets: NamedFile | null): Promise<KeptSets | null> {
  if (!sets) return null;
  const { name, file } = sets;
  return { name, bytes: file.size > MOST_SETS ? null : new Uint8Array(await file.arrayBuffer()) };
}

function restoreSets(stored: unknown): NamedFile | null {
  if (typeof stored !== 'object' || stored === null) return null;
  const { name, bytes } = stored as Partial<Record<keyof KeptSets, unknown>>;
  if (typeof name !== 'string' || !(bytes instanceof Uint8Array)) return null;
  return { name, file: new Blob([new Uint8Array(bytes)]) };
}

/** Which data are open beside the results of a session, and with which design; that of the session waits for its own data. */
function dataBeside(state: State, results: Results | null, settings: Settings): Partial<State> {
  const { source, summary } = state;
  const isOpen = source !== null && summary !== null;
  if (!results) return { settings, ...(isOpen ? {} : { source: null, summary: null }) };
  if (!isOpen) return { settings, source: results.source, summary: null };
  if (otherData({ ...state, results, refusal: null }) === null) return { settings };
  // An example is opened at once.
  if (results.source.kind === 'example') return { settings, source: results.source, summary: null };
  return { design: settings };
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
