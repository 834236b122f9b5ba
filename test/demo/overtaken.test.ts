/** Fits whose place something else has taken before they ended. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DataSummary, FitOutcome } from '../../demo/src/protocol/protocol.ts';
import { createActions } from '../../demo/src/state/actions.ts';
import type { Client, Pending } from '../../demo/src/state/client.ts';
import { Store } from '../../demo/src/state/store.ts';
import { fit as fitTable, readTable } from '../../src/doors/node.ts';
import { example } from '../cli/command.ts';

/** A worker whose answers are given by hand. */
function handClient() {
  const asked: { kind: string; resolve: (output: unknown) => void; cancelled: boolean }[] = [];
  const start = (kind: string): Pending<never> => {
    const call = { kind, resolve: (_: unknown): void => {}, cancelled: false };
    asked.push(call);
    const done = new Promise<never>((resolve) => {
      call.resolve = resolve as (output: unknown) => void; // whatever the kind gives
    });
    return {
      done,
      cancel: () => {
        call.cancelled = true;
      },
    };
  };
  const client = { start, ask: () => new Promise(() => {}) } as unknown as Client; // answers come from the test
  return { client, asked };
}

const summary: DataSummary = {
  ...{ kind: 'table', name: 'visits.csv', roles: { data: 'visits.csv', obs: null, weights: null }, tables: [] },
  ...{ rows: 360, responses: 0, rowNoun: 'rows', columns: [], layers: [], looksLikeCounts: null, entries: null },
  ...{ notes: [], reading: null },
};

async function outcomeOf(formula: string): Promise<FitOutcome> {
  const { table } = await fitTable(await readTable(example('visits.csv')), { formula });
  const seconds = { read: 0, fit: 0 };
  return { table, notes: [], seconds, threads: 1, arithmetic: 'float64', choice: '', fallback: null };
}

describe('a fit that something has overtaken', () => {
  beforeEach(() => vi.stubGlobal('window', globalThis));
  afterEach(() => vi.unstubAllGlobals());

  const opened = () => {
    const store = new Store();
    const { client, asked } = handClient();
    const actions = createActions(store, client, async () => {});
    store.set({ summary, source: { kind: 'files', names: ['visits.csv'] } });
    return { store, asked, actions };
  };

  it('by another fit leaves the results to that', async () => {
    const { store, asked, actions } = opened();
    store.setting({ formula: 'y ~ time + (1 | subject)' });
    const first = actions.run();
    store.setting({ formula: 'y ~ arm + (1 | subject)' });
    // The clock tells them apart.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = actions.run();
    expect(asked.map(({ cancelled }) => cancelled)).toEqual([true, false]);
    asked[1].resolve(await outcomeOf('y ~ arm + (1 | subject)'));
    await second;
    // The first was done when it was told to stop.
    asked[0].resolve(await outcomeOf('y ~ time + (1 | subject)'));
    await first;
    expect(store.state.results?.settings.formula).toBe('y ~ arm + (1 | subject)');
    expect(store.state.results?.outcome.table.formula).toBe('y ~ arm + (1 | subject)');
    expect(store.state.activity).toBeNull();
  });

  it('by other data brings no results whose worker is gone', async () => {
    const { store, asked, actions } = opened();
    store.setting({ formula: 'y ~ time + (1 | subject)' });
    const fitting = actions.run();
    await new Promise((resolve) => setTimeout(resolve, 5));
    void actions.openFiles([{ name: 'other.csv', file: new Blob(['x']) }]);
    expect(asked[0].cancelled).toBe(true);
    asked[0].resolve(await outcomeOf('y ~ time + (1 | subject)'));
    await fitting;
    expect(store.state.results).toBeNull();
    expect(store.state.live).toBe(false);
    expect(store.state.activity?.label).toBe('Reading other.csv');
  });
});
