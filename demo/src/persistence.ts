/** What survives a reload: settings in the local storage, results in the browser's database. No data are kept. */

import type { Context } from './context.ts';
import { restoreSettings } from './settings.ts';
import { INITIAL, type Results, type Source, type State, type Store, VIEWS } from './store.ts';

const KEY = 'webgpu-lmm';
const DATABASE = 'webgpu-lmm';
const RESULTS = 'results';
/** Raised when stored results change their shape: older ones are then left alone. */
const VERSION = 1;
/** Milliseconds of quiet before settings are written. */
const WRITE_AFTER = 300;

interface Stored {
  readonly theme: State['theme'];
  readonly view: State['view'];
  readonly source: Source | null;
  readonly settings: State['settings'];
  readonly test: string;
  readonly split: string;
  readonly gene: number | null;
  readonly threshold: number;
}

/** Brings back what was stored; an example is opened again, files have to be given anew. */
export async function restoreState({ store, actions }: Context): Promise<void> {
  let stored: Partial<Stored> = {};
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof parsed === 'object' && parsed !== null) stored = parsed;
  } catch {
    return; // no storage, or what another version left
  }
  const { theme, source } = stored;
  store.set({
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    settings: restoreSettings(stored.settings),
    threshold: typeof stored.threshold === 'number' ? stored.threshold : INITIAL.threshold,
  });
  const results = await readResults();
  if (results) {
    store.set({
      results,
      view: VIEWS.find((view) => view === stored.view) ?? 'genes',
      test: typeof stored.test === 'string' ? stored.test : '',
      split: typeof stored.split === 'string' ? stored.split : '',
      gene: typeof stored.gene === 'number' && stored.gene < results.outcome.table.models ? stored.gene : null,
      source: results.source,
      summary: null,
    });
  }
  const id = source?.kind === 'example' ? source.names[0] : undefined;
  if (id !== undefined) await actions.openExample(id);
}

/** Writes changes from now on. */
export function keepState(store: Store): void {
  let timer = 0;
  const keys = ['theme', 'view', 'source', 'settings', 'test', 'split', 'gene', 'threshold'] as const;
  store.watch(keys, () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      const { theme, view, source, settings, test, split, gene, threshold } = store.state;
      const stored: Stored = { theme, view, source, settings, test, split, gene, threshold };
      try {
        localStorage.setItem(KEY, JSON.stringify(stored));
      } catch {
        // Storage is full or switched off: the page works on without it.
      }
    }, WRITE_AFTER);
  });
  store.watch(['results'], ({ results }, before) => {
    if (results !== before.results) void writeResults(results);
  });
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onupgradeneeded = () => {
      for (const name of request.result.objectStoreNames) request.result.deleteObjectStore(name);
      request.result.createObjectStore(RESULTS);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no database'));
  });
}

async function readResults(): Promise<Results | null> {
  try {
    const database = await openDatabase();
    return await new Promise<Results | null>((resolve) => {
      const request = database.transaction(RESULTS).objectStore(RESULTS).get(0);
      // Only this page writes there, in this shape.
      request.onsuccess = () => resolve((request.result as Results | undefined) ?? null);
      request.onerror = () => resolve(null);
    });
  } catch {
    return null;
  }
}

async function writeResults(results: Results | null): Promise<void> {
  try {
    const database = await openDatabase();
    const target = database.transaction(RESULTS, 'readwrite').objectStore(RESULTS);
    if (results) target.put(results, 0);
    else target.delete(0);
  } catch {
    // Private windows may have no database: results then live as long as the page.
  }
}

/** Forgets everything that is stored. */
export async function forgetState(): Promise<void> {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // nothing was stored then
  }
  await writeResults(null);
}
