/** A session as a file: settings and results, no data. JSON, gzipped; typed arrays as base64. */

import type { Context } from './context.ts';
import { restoreSettings } from './settings.ts';
import type { Results, State } from './store.ts';

const FORMAT = 'webgpu-lmm session';
const VERSION = 1;

export function isSessionName(name: string): boolean {
  return /\.session(\.json)?(\.gz)?$/i.test(name);
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
export async function sessionBlob({ results, settings, test, split, threshold }: State): Promise<Blob> {
  const text = JSON.stringify({ format: FORMAT, version: VERSION, settings, test, split, threshold, results }, encode);
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).blob();
}

/** Shows a saved session. What is not one is reported and changes nothing. */
export async function openSession(file: Blob, { store }: Context): Promise<void> {
  try {
    const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const packed = head[0] === 0x1f && head[1] === 0x8b;
    const stream = packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
    const session: unknown = JSON.parse(await new Response(stream).text(), decode);
    const results = checkSession(session);
    const text = (key: string): string => {
      const value: unknown = Reflect.get(session as object, key); // an object, as checked
      return typeof value === 'string' ? value : '';
    };
    store.set({
      results,
      settings: restoreSettings(Reflect.get(session as object, 'settings')),
      source: results?.source ?? null,
      summary: null,
      live: false,
      test: text('test'),
      split: text('split'),
      selected: [],
      search: '',
      gene: null,
      view: 'genes',
      error: null,
    });
  } catch (error) {
    const message = `the session cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    const remedy = 'Choose a file that this page saved.';
    store.set({ error: { tag: 'DataError', message, remedy, position: null, source: null, option: null } });
  }
}

/** The results of a session, as far as the page relies on them. */
function checkSession(session: unknown): Results | null {
  if (typeof session !== 'object' || session === null || Reflect.get(session, 'format') !== FORMAT) {
    throw new Error('it is no session of this page');
  }
  if (Reflect.get(session, 'version') !== VERSION) throw new Error('it is of another version');
  const results = Reflect.get(session, 'results') as Results | null; // checked below, field by field
  if (results === null) return null;
  const table = results?.outcome?.table;
  const lists = [table?.responses, table?.coefficients?.names, table?.contrasts?.names, table?.terms, table?.groups];
  const width = table?.coefficients?.names?.length;
  const whole =
    lists.every(Array.isArray) &&
    table.responses.length === table.models &&
    table.status.length === table.models &&
    table.mean.length === table.models &&
    table.sigma.length === table.models &&
    table.coefficients.estimate.length === table.models * width &&
    table.coefficients.adjustedP.length === table.models * width;
  if (!whole) throw new Error('its results are not whole');
  if (!Array.isArray(results.outcome.notes) || !Array.isArray(results.summary?.columns))
    throw new Error('it lacks parts');
  return results;
}
