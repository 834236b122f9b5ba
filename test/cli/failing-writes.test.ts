/**
 * A write fails, and nothing is lost by it: the command ends with status 1 and one message, no temporary file is left, and
 * under each name lies what lay there before or the whole output. `failing-writes.mjs` makes the writes fail, one by one.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, expectRefusal, type Outcome, run, runProcess, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const PRELOAD = new URL('failing-writes.mjs', import.meta.url).href;
const VISITS = example('visits.csv');
const FORMULA = ['--formula', 'y ~ time + (1 | subject)'];
const CELLS = ['simulate', '--genes', '12', '--cells', '120', '--donors', '6', '--out'];
const CODES = ['ENOSPC', 'EIO', 'EPERM', 'EROFS', 'EACCES'];
const OLD = 'what was there before';

/** A command, the files that it writes in its folder, and at how many of its calls it is made to fail. */
interface Scenario {
  readonly args: (folder: string) => string[];
  readonly outputs: readonly string[];
  readonly failures: number;
  /** HDF5 keeps times in its files: of those only the size is the same in every run. */
  readonly hdf5?: boolean;
}

const to = (place: string, ...specs: string[]) =>
  specs.flatMap((spec) => ['--out', spec.replace(/[^=]+$/, (name) => join(place, name))]);

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'tables, JSON and a saved fit': {
    args: (place) => [
      ...['fit', VISITS, ...FORMULA, '--save', join(place, 'visits.fit')],
      ...to(place, 'tidy.tsv', 'glance=glance.csv.gz', 'augment=rows.parquet', 'all.json.gz'),
    ],
    outputs: ['visits.fit', 'tidy.tsv', 'glance.csv.gz', 'rows.parquet', 'all.json.gz'],
    failures: 7,
  },
  moments: {
    args: (place) => ['moments', VISITS, ...FORMULA, ...to(place, 'visits.moments')],
    outputs: ['visits.moments'],
    failures: 2,
  },
  'a comparison': {
    args: (place) => [
      ...['compare', VISITS, ...FORMULA, '--formula', 'y ~ 1 + (1 | subject)'],
      ...to(place, 'models=models.tsv', 'tests=tests.parquet', 'all.json'),
    ],
    outputs: ['models.tsv', 'tests.parquet', 'all.json'],
    failures: 3,
  },
  'a 10x folder': {
    args: (place) => [...CELLS, join(place, 'cells')],
    outputs: ['matrix.mtx.gz', 'features.tsv.gz', 'barcodes.tsv.gz', 'obs.tsv', 'truth.tsv'].map((name) =>
      join('cells', name),
    ),
    failures: 5,
  },
  'an .h5ad file': {
    args: (place) => [...CELLS, join(place, 'cells.h5ad')],
    outputs: ['cells.h5ad', 'cells.truth.tsv'],
    failures: 5,
    hdf5: true,
  },
};

/** One call of a clean run, as the preloaded module logs it. */
interface Call {
  readonly number: number;
  readonly name: string;
}

let runs = 0;
/** An empty place for one run, with older files under the names of the outputs where asked for. */
function place(outputs: readonly string[], old: boolean): string {
  const path = join(folder, `run${++runs}`);
  for (const output of outputs) {
    mkdirSync(dirname(join(path, output)), { recursive: true });
    if (old) writeFileSync(join(path, output), OLD);
  }
  return path;
}

function runFailing(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Outcome> {
  return runProcess(args, { environment: { NODE_OPTIONS: `--import=${PRELOAD}`, ...environment } });
}

/** The calls of a run in which nothing fails. */
async function callsOf(args: readonly string[]): Promise<Call[]> {
  const log = join(folder, `log${++runs}`);
  const outcome = await runFailing(args, { FAIL_LOG: log });
  expect(outcome.status, outcome.stderr).toBe(0);
  return textOf(log)
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([number, name]) => ({ number: Number(number), name }));
}

/** The calls that open, write, close and rename, without the middle of a series: the writes of one file are many and alike. */
function turningPoints(calls: readonly Call[]): Call[] {
  const files = calls.filter(({ name }) => name !== 'mkdir');
  return files.filter(({ name }, k) => name !== files[k - 1]?.name || name !== files[k + 1]?.name);
}

/** As many of the calls as asked for, from the first to the last. */
function sample(calls: readonly Call[], count: number): Call[] {
  const picked = Array.from({ length: count }, (_, k) => Math.round((k * (calls.length - 1)) / (count - 1)));
  return [...new Set(picked)].map((k) => calls[k]);
}

const contentOf = (path: string) => (existsSync(path) ? readFileSync(path) : null);

describe('a write that fails', () => {
  it.each(Object.entries(SCENARIOS))('leaves %s whole or as it was', async (_, { args, outputs, failures, hdf5 }) => {
    const clean = place(outputs, false);
    const calls = await callsOf(args(clean));
    expect(calls.length).toBeGreaterThan(failures);
    const whole = new Map(outputs.map((output) => [output, readFileSync(join(clean, output))]));
    for (const [k, { number, name }] of sample(turningPoints(calls), failures).entries()) {
      const code = CODES[k % CODES.length];
      const old = k % 2 === 0;
      const here = place(outputs, old);
      // A disk that is full stays full.
      const how = code === 'ENOSPC' ? 'onwards' : 'once';
      const outcome = await runFailing(args(here), { FAIL_AT: String(number), FAIL_CODE: code, FAIL_HOW: how });
      const said = `${code} at call ${number}, ${name}: status ${outcome.status}, ${outcome.stderr}`;
      // HDF5 first looks whether the file is there; that this fails is no loss.
      if (!(hdf5 && outcome.status === 0)) {
        expect(outcome.status, said).toBe(1);
        expectRefusal(outcome, 1, /cannot write '.+': .+\n.+\./);
      }
      let complete = 0;
      for (const [output, bytes] of whole) {
        const content = contentOf(join(here, output));
        const kept = old ? content?.toString() === OLD : content === null;
        const written = hdf5 ? content?.length === bytes.length : content?.equals(bytes);
        expect(kept || written, `${output} after ${said}`).toBe(true);
        if (!kept) complete++;
      }
      expect(complete === outputs.length, said).toBe(outcome.status === 0);
      const left = readdirSync(here, { recursive: true, encoding: 'utf8' });
      expect(left.filter((file) => basename(file).startsWith('.') || file.endsWith('.tmp'))).toEqual([]);
      rmSync(here, { recursive: true });
    }
  });

  it('to standard output ends the run too, and keeps the files that were written before', async () => {
    const here = place(['visits.fit'], false);
    const args = ['fit', VISITS, ...FORMULA, '--quiet', '--no-notes', '--save', join(here, 'visits.fit')];
    const number = (await callsOf(args)).findIndex(({ name }) => name === 'rename') + 2;
    rmSync(join(here, 'visits.fit'));
    const outcome = await runFailing(args, { FAIL_AT: String(number), FAIL_CODE: 'EIO' });
    expectRefusal(outcome, 1, /^error: cannot write 'standard output': the disk reports an error/);
    expect(readdirSync(here)).toEqual(['visits.fit']);
  });
});

describe('a simulated data set', () => {
  it.each([5, 10, 17, 33, 52])('is not there when the quota is used up at call %i of an .h5ad file', async (number) => {
    // Linux's number: Node has no name for it.
    const { args, outputs } = SCENARIOS['an .h5ad file'];
    const here = place(outputs, true);
    const outcome = await runFailing(args(here), { FAIL_AT: String(number), FAIL_CODE: '122' });
    expectRefusal(outcome, 1, /cannot write '.+cells\.h5ad': the quota is used up\nMake room/);
    for (const output of outputs) expect(textOf(join(here, output))).toBe(OLD);
    expect(readdirSync(here).sort()).toEqual([...outputs].sort());
  });

  it('leaves what is there where one of its files is a folder, or its folder a file', async () => {
    const here = place([], false);
    mkdirSync(join(here, 'obs.tsv'), { recursive: true });
    expectRefusal(await run([...CELLS, here]), 2, /obs\.tsv' is a folder/);
    expect(readdirSync(here)).toEqual(['obs.tsv']);
    writeFileSync(join(here, 'file'), '');
    expectRefusal(await run([...CELLS, join(here, 'file')]), 1, /there is a file of that name/);
  });
});

describe('a write that takes a part of its bytes', () => {
  it.each(['tables, JSON and a saved fit', 'a 10x folder'])('is gone on with: %s', async (scenario) => {
    const { args, outputs } = SCENARIOS[scenario];
    const clean = place(outputs, false);
    const writes = (await callsOf(args(clean))).filter(({ name }) => name.startsWith('write'));
    for (const { number } of sample(writes, 2)) {
      const here = place(outputs, false);
      const outcome = await runFailing(args(here), { FAIL_AT: String(number), FAIL_HOW: 'short' });
      expect(outcome.status, outcome.stderr).toBe(0);
      for (const output of outputs) {
        expect(readFileSync(join(here, output)).equals(readFileSync(join(clean, output))), output).toBe(true);
      }
    }
  });
});
