/** Fits whose place something else has taken before they ended. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  DataSummary,
  ExportRequest,
  FitOutcome,
  ReplyMessage,
  RequestKind,
} from '../../demo/src/protocol/protocol.ts';
import { DEFAULT_SETTINGS } from '../../demo/src/protocol/settings.ts';
import { createActions } from '../../demo/src/state/actions.ts';
import type { Client, Pending } from '../../demo/src/state/client.ts';
import { Store } from '../../demo/src/state/store.ts';
import { fit as fitTable, type OutputTable, readTable } from '../../src/doors/node.ts';
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
  // Answers come from the test; what is only told needs none.
  const ask = (kind: string): Promise<unknown> => {
    if (kind === 'take') asked.push({ kind, resolve: () => {}, cancelled: false });
    return new Promise(() => {});
  };
  const client = { start, ask } as unknown as Client; // the part of it that is called
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
    // The worker is told of the one that is on show alone.
    expect(asked.map(({ kind }) => kind)).toEqual(['fit', 'fit', 'take']);
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

/** The worker of the page, whose messages the test reads. */
async function handWorker() {
  const replies: ReplyMessage[] = [];
  vi.stubGlobal('self', { postMessage: (message: ReplyMessage) => void replies.push(message) });
  vi.resetModules();
  const { receive } = await import('../../demo/src/worker/answers.ts');
  let last = 0;
  const tell = (kind: RequestKind, input: unknown): number => {
    last += 1;
    receive({ id: last, kind, input });
    return last;
  };
  const replyOf = (id: number) =>
    vi.waitFor(
      () => {
        const reply = replies.find((own) => own.id === id && own.kind !== 'progress');
        if (!reply) throw new Error(`no reply to ${id}`);
        return reply;
      },
      { timeout: 20_000 },
    );
  const ask = async (kind: RequestKind, input: unknown): Promise<unknown> => {
    const reply = await replyOf(tell(kind, input));
    if (reply.kind === 'failed') throw new Error(reply.error.message);
    return reply.kind === 'done' ? reply.output : null;
  };
  return { tell, ask, replyOf, receive };
}

describe('the worker', () => {
  afterEach(() => vi.unstubAllGlobals());
  const settingsOf = (formula: string) => ({ ...DEFAULT_SETTINGS, formula, backend: 'cpu' as const, threads: 1 });
  const opened = async () => {
    const worker = await handWorker();
    const file = new Blob([readFileSync(example('visits.csv'))]);
    await worker.ask('open', { files: [{ name: 'visits.csv', file }], roles: null });
    return worker;
  };
  const linesOf = async ({ ask }: Awaited<ReturnType<typeof handWorker>>): Promise<string[]> => {
    const target: ExportRequest = { table: 'tidy', container: 'tsv', contrast: null };
    const blob = await ask('export', { target, fits: null });
    return (await (blob as Blob).text()).trim().split('\n');
  };
  const [TIME, ARM] = ['y ~ time + (1 | subject)', 'y ~ arm + (1 | subject)'];

  it('answers about the fit that the page took, not about one that came after it', async () => {
    const worker = await opened();
    const { ask } = worker;
    await ask('fit', { settings: settingsOf(TIME), run: 1 });
    await expect(linesOf(worker)).rejects.toThrow(/are not open/);
    await ask('take', { run: 1 });
    expect((await linesOf(worker)).some((line) => line.includes('\ttime\t'))).toBe(true);
    // A fit that was done when something overtook it: nobody takes it.
    await ask('fit', { settings: settingsOf(ARM), run: 2 });
    expect((await linesOf(worker)).some((line) => line.includes('\ttime\t'))).toBe(true);
    await expect(ask('take', { run: 3 })).rejects.toThrow(/not there any more/);
    await ask('take', { run: 2 });
    expect((await linesOf(worker)).some((line) => line.includes('\tarmtreated\t'))).toBe(true);
  });

  it('lets go of a fit that was cancelled, however far it is', async () => {
    const worker = await opened();
    const { ask, tell, replyOf, receive } = worker;
    await ask('fit', { settings: settingsOf(TIME), run: 1 });
    await ask('take', { run: 1 });
    const cancelled = tell('fit', { settings: settingsOf(ARM), run: 2 });
    const next = tell('fit', { settings: settingsOf('y ~ age + (1 | subject)'), run: 3 });
    receive({ cancel: cancelled });
    expect(await replyOf(cancelled)).toMatchObject({ kind: 'failed', error: { tag: 'AbortError' } });
    expect(await replyOf(next)).toMatchObject({ kind: 'done' });
    await ask('take', { run: 3 });
    expect((await linesOf(worker)).some((line) => line.includes('\tage\t'))).toBe(true);
  });

  it('answers a question about the fit that was there when it was asked', async () => {
    const worker = await opened();
    const { ask, tell, replyOf } = worker;
    await ask('fit', { settings: settingsOf(TIME), run: 1 });
    await ask('take', { run: 1 });
    await ask('fit', { settings: settingsOf(ARM), run: 2 });
    const asked = tell('anova', null);
    tell('take', { run: 2 });
    const reply = await replyOf(asked);
    const columns = reply.kind === 'done' ? (reply.output as OutputTable).columns : [];
    expect(columns.find(({ name }) => name === 'term')?.values).toEqual(['time']);
  });

  it('reads data for a kept table, and answers as the fit did', async () => {
    const first = await opened();
    const outcome = (await first.ask('fit', { settings: settingsOf(TIME), run: 1 })) as FitOutcome;
    await first.ask('take', { run: 1 });
    const gene = await first.ask('gene', { model: 0, warm: [] });
    const lines = await linesOf(first);
    const second = await opened();
    const { table, notes } = structuredClone(outcome);
    await second.ask('reopen', { settings: settingsOf(TIME), table, notes, run: 1 });
    await second.ask('take', { run: 1 });
    expect(await second.ask('gene', { model: 0, warm: [] })).toEqual(gene);
    expect(await linesOf(second)).toEqual(lines);
    await expect(second.ask('reopen', { settings: settingsOf(ARM), table, notes, run: 2 })).rejects.toThrow(
      /not those of the fit: their model has other coefficients/,
    );
  });
});
