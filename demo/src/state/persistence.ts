/** What survives a reload, unless that is refused: settings in the local storage, results in the browser's database. No data are kept. */

import { restoreSettings } from '../protocol/settings.ts';
import { restoreExpressed } from '../results/expressed-by.ts';
import { type GeneFilters, restoreFilters } from '../results/gene-filters.ts';
import { smallAnswers } from '../results/kept-answers.ts';
import { fitTableFault } from '../results/results-fault.ts';
import type { Results, Source } from '../results/results-view.ts';
import { INITIAL, type State, type Store, VIEWS } from './store.ts';

const KEY = 'webgpu-lmm';
/** The one thing that is stored where nothing else may be: that it may not. */
const REFUSAL = 'webgpu-lmm-stores-nothing';
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
  readonly filters: GeneFilters;
}

/** Brings back what was stored, and returns the example that is to be opened again; files have to be given anew. */
export async function restoreState(store: Store): Promise<string | null> {
  let stored: Partial<Stored> = {};
  try {
    if (localStorage.getItem(REFUSAL) !== null) {
      store.set({ storing: false });
      // The page may have been left before all was forgotten.
      await forgetState();
      return null;
    }
    const parsed: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof parsed === 'object' && parsed !== null) stored = parsed;
  } catch {
    return null; // no storage, or what another version left
  }
  const { theme, source } = stored;
  store.set({
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    settings: restoreSettings(stored.settings),
    threshold: typeof stored.threshold === 'number' ? stored.threshold : INITIAL.threshold,
    filters: restoreFilters(stored.filters),
  });
  const kept = await readResults();
  if (kept) {
    const { expressedBy, choices, answers, ...results } = kept;
    const [{ restoreAnswers }, { restoreChoices }] = await Promise.all([
      import('../results/restored-answers.ts'),
      import('../results/restored-choices.ts'),
    ]);
    store.set({
      expressedBy: restoreExpressed(expressedBy, results.outcome.table),
      choices: restoreChoices(choices),
      answers: restoreAnswers(answers, (table) => fitTableFault(table) === null),
      results: { ...results, settings: restoreSettings(results.settings) },
      view: VIEWS.find((view) => view === stored.view) ?? 'genes',
      test: typeof stored.test === 'string' ? stored.test : '',
      split: typeof stored.split === 'string' ? stored.split : '',
      gene: typeof stored.gene === 'number' && stored.gene < results.outcome.table.models ? stored.gene : null,
      source: results.source,
      summary: null,
    });
  }
  return source?.kind === 'example' ? (source.names[0] ?? null) : null;
}

/** Of the settings that are to be written. */
let timer = 0;

/** Writes changes from now on. */
export function keepState(store: Store): void {
  const keys = ['theme', 'view', 'source', 'settings', 'test', 'split', 'gene', 'threshold', 'filters'] as const;
  store.watch(keys, (state, before) => {
    // What nobody has chosen need not be stored.
    if (state === before) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      const { theme, view, source, settings, test, split, gene, threshold, filters } = store.state;
      const stored: Stored = { theme, view, source, settings, test, split, gene, threshold, filters };
      if (!store.state.storing) return;
      try {
        localStorage.setItem(KEY, JSON.stringify(stored));
      } catch {
        // Storage is full or switched off: the page works on without it.
      }
    }, WRITE_AFTER);
  });
  let writing = 0;
  store.watch(['results', 'expressedBy', 'choices', 'answers'], (state, before) => {
    const { results, expressedBy, choices, answers, storing } = state;
    const isAsBefore = results === before.results && expressedBy === before.expressedBy;
    if ((isAsBefore && choices === before.choices && answers === before.answers) || !storing) return;
    const write = (): void => {
      if (!store.state.storing) return;
      void writeResults(storedOf(state)).then((written) => {
        if (written && store.state.results === results) store.set({ saved: true });
      });
    };
    window.clearTimeout(writing);
    // What is typed comes letter by letter.
    if (isAsBefore) writing = window.setTimeout(write, WRITE_AFTER);
    else write();
  });
  store.watch(['storing'], ({ storing, results }, before) => {
    if (storing === before.storing) return;
    if (storing) {
      void allowStorage(storedOf(store.state)).then((written) => {
        if (written && store.state.results === results) store.set({ saved: true });
      });
      return;
    }
    // What was stored alone is nowhere from now on.
    store.set({ saved: results === null || store.state.filed === results });
    void refuseStorage();
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

/** Results as they are stored; earlier versions had them alone. */
type StoredResults = Results & Partial<Pick<State, 'expressedBy' | 'choices' | 'answers'>>;

function storedOf({ results, expressedBy, choices, answers }: State): StoredResults | null {
  return results && { ...results, expressedBy, choices, answers: smallAnswers(answers) };
}

async function readResults(): Promise<StoredResults | null> {
  try {
    const database = await openDatabase();
    return await new Promise<StoredResults | null>((resolve) => {
      const request = database.transaction(RESULTS).objectStore(RESULTS).get(0);
      // Only this page writes there, in this shape.
      request.onsuccess = () => resolve((request.result as StoredResults | undefined) ?? null);
      request.onerror = () => resolve(null);
    });
  } catch {
    return null;
  }
}

/** Whether they were written: private windows may have no database, and results then live as long as the page. */
async function writeResults(results: StoredResults | null): Promise<boolean> {
  try {
    const transaction = (await openDatabase()).transaction(RESULTS, 'readwrite');
    const target = transaction.objectStore(RESULTS);
    if (results) target.put(results, 0);
    else target.delete(0);
    return await new Promise<boolean>((resolve) => {
      transaction.oncomplete = () => resolve(true);
      transaction.onabort = () => resolve(false);
    });
  } catch {
    return false;
  }
}

async function allowStorage(results: StoredResults | null): Promise<boolean> {
  try {
    localStorage.removeItem(REFUSAL);
  } catch {
    // there is no storage to allow
  }
  return writeResults(results);
}

async function refuseStorage(): Promise<void> {
  try {
    // First, as the page may be left at any moment.
    localStorage.setItem(REFUSAL, 'yes');
  } catch {
    // nothing can be stored, as is wanted
  }
  await forgetState();
}

/** What this browser holds of the page's, in words, as it is there. */
export async function storedText(): Promise<string> {
  let settings: string | null = null;
  try {
    settings = localStorage.getItem(KEY);
  } catch {
    // no storage: nothing is in it
  }
  const results = await readResults();
  const parts = [
    settings === null ? '' : 'settings and the names of the files',
    results ? `the results of ${results.summary.name} with their names, and no values` : '',
  ].filter((part) => part !== '');
  if (parts.length === 0) return "In this browser's storage now: nothing of your data or results.";
  return `In this browser's storage now: ${parts.join('; ')}.`;
}

/** Forgets everything that is stored. */
export async function forgetState(): Promise<void> {
  window.clearTimeout(timer);
  try {
    localStorage.removeItem(KEY);
  } catch {
    // nothing was stored then
  }
  await writeResults(null);
}
