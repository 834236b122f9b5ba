/** Results that stand without their data, and data that are opened for them: read once, and not fitted again. */

import { startOfActivity } from './activity-start.ts';
import { type Client, errorReport } from './client.ts';
import { otherData } from './stale.ts';
import type { Store } from './store.ts';

/** What the activity is called, and known by. */
export const READING_AGAIN = 'Reading the data of these results';

/** Numbers the fits of the page. */
let runs = 0;

export function nextRun(): number {
  runs += 1;
  return runs;
}

/** Has the worker answer about a fit from now on. */
export function takeRun(client: Client, store: Store, run: number): void {
  client.ask('take', { run }).catch(() => {
    // Its worker is gone: what needs it will say so.
    store.set({ live: false });
  });
}

/**
 * Reads the open data for the results on show, where they are theirs and it is not done; the results are live after that. Data
 * that turn out to be others are said to be so.
 */
export async function readForResults(store: Store, client: Client): Promise<void> {
  const { results, summary, live, activity } = store.state;
  if (!results || !summary || live || activity || otherData(store.state) !== null) return;
  const { settings, outcome } = results;
  const started = startOfActivity();
  const own = (): boolean => store.state.activity?.started === started;
  const run = nextRun();
  const question = { settings, table: outcome.table, notes: outcome.notes, run };
  const pending = client.start('reopen', question, (progress) => {
    const { activity: current } = store.state;
    if (current?.started === started) store.set({ activity: { ...current, progress } });
  });
  store.set({
    activity: { label: READING_AGAIN, started, progress: null, cancel: () => pending.cancel() },
  });
  try {
    await pending.done;
    if (!own()) return;
    // Something else is on show: its own data are another matter.
    if (store.state.results !== results || store.state.summary !== summary) {
      store.set({ activity: null });
      return;
    }
    takeRun(client, store, run);
    store.set({ activity: null, live: true });
  } catch (error) {
    if (!own()) return;
    const { tag, message } = errorReport(error);
    const isCurrent = store.state.results === results && store.state.summary === summary;
    store.set({ activity: null, ...(tag === 'AbortError' || !isCurrent ? {} : { refusal: sentence(message) }) });
  }
}

function sentence(message: string): string {
  return `${message.replace(/^./, (letter) => letter.toUpperCase()).replace(/\.$/, '')}.`;
}
