/** The log of a run says what it read, was asked for and did, whatever became of it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, expectRefusal, ROOT, run, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const CELLS = [example('cells'), '--obs', example('cells/obs.tsv'), '--min-cells', '100'];
const MODEL = ['--formula', '~ stim + (1 | donor)', '--normalize', 'log1p-cp10k'];
const LOG = file('run.json');

/** Fields of a log, in their order. */
const FIELDS = [
  ...['format', 'version', 'command', 'arguments', 'status', 'exitStatus', 'error', 'software', 'versions', 'machine'],
  ...['inputs', 'outputs', 'options', 'formula', 'normalisation', 'filters', 'seed', 'engine', 'responses', 'rows'],
  ...['fits', 'notes', 'times'],
];

function logged(path = LOG) {
  const log = JSON.parse(textOf(path));
  expect(Object.keys(log)).toEqual(FIELDS);
  return log;
}

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the log', () => {
  it('of a fit has inputs and outputs with their checksums, options, engine and statuses', async () => {
    const tables = ['--out', file('t.tsv'), '--out', `toptable:stimstim=${file('top.tsv')}`, '--save', file('all.fit')];
    await succeed('fit', ...CELLS, ...MODEL, ...tables, '--log-json', LOG);
    const log = logged();
    expect(log).toMatchObject({
      ...{ format: 'webgpu-lmm run log', version: 1, command: 'fit', status: 'ok', exitStatus: 0, error: null },
      ...{ formula: '~ stim + (1 | donor)', normalisation: 'log1p-cp10k', filters: { minCells: 100 }, seed: null },
      software: { name: 'webgpu-lmm', version: JSON.parse(textOf(join(ROOT, 'package.json'))).version },
      engine: { backend: 'cpu', device: null, arithmetic: 'float64', paths: { spectral: log.responses } },
      rows: [{ split: null, rows: 1200 }],
    });
    expect(log.versions).toMatchObject({ node: process.versions.node, packages: { h5wasm: expect.any(String) } });
    // A folder is the list of its files.
    const names = readdirSync(example('cells')).sort();
    const lines = names.map((name) => `${sha256(readFileSync(example(`cells/${name}`)))}  ${name}\n`);
    const obs = readFileSync(example('cells/obs.tsv'));
    expect(log.inputs).toEqual([
      expect.objectContaining({ role: 'data', kind: 'folder', files: names.length, sha256: sha256(lines.join('')) }),
      { role: 'obs', path: CELLS[2], kind: 'file', files: null, size: obs.length, sha256: sha256(obs) },
    ]);
    expect(log.outputs.map(({ content, path }: { content: string; path: string }) => [content, path])).toEqual([
      [null, file('t.tsv')],
      ['toptable:stimstim', file('top.tsv')],
      ['fit', file('all.fit')],
    ]);
    expect(log.outputs[0].sha256).toBe(sha256(readFileSync(file('t.tsv'))));
    const [{ statuses, models, singular }] = log.fits;
    expect(statuses).toMatchObject({ ok: models, failed: 0, separated: 0 });
    expect(models).toBe(log.responses);
    expect(singular).toBeGreaterThan(0);
    expect(Object.keys(log.times.phases)).toEqual(['read', 'fit', 'write']);
    expect(log.times.ended >= log.times.started).toBe(true);
    expect(log.notes.join()).toContain('units of the tests');
  });

  it('goes from moments to shards to what is gathered, with the normalisation and filters of the moments', async () => {
    const moments = file('all.moments');
    await succeed('moments', ...CELLS, ...MODEL, '--out', moments, '--log-json', LOG);
    const formed = logged();
    expect(formed).toMatchObject({ command: 'moments', normalisation: 'log1p-cp10k', fits: [], engine: null });
    const parts = [1, 2].map((k) => file(`${k}.part`));
    for (const [k, part] of parts.entries()) {
      const shard = ['--shard', `${k + 1}/2`, '--save-part', part, '--bootstrap', '100'];
      await succeed('fit', moments, ...shard, '--log-json', file(`${k}.json`));
    }
    const shards = [0, 1].map((k) => logged(file(`${k}.json`)));
    expect(shards[0]).toMatchObject({ normalisation: 'log1p-cp10k', filters: { minCells: 100 }, seed: 1 });
    expect(shards[0].inputs[0].sha256).toBe(formed.outputs[0].sha256);
    writeFileSync(file('parts.txt'), `${parts.join('\n')}\n`);
    const list = `@${file('parts.txt')}`;
    const gathered = await succeed('gather', list, '--adjust', 'holm', '--out', file('g.tsv'), '--log-json', LOG);
    const log = logged();
    expect(log).toMatchObject({ command: 'gather', normalisation: 'log1p-cp10k', filters: { minCells: 100 }, seed: 1 });
    expect(log.inputs.map(({ role }: { role: string }) => role)).toEqual(['list', 'data', 'data']);
    expect(log.options).toMatchObject({ adjust: 'holm', bootstrap: 100 });
    const models = (one: { fits: { models: number }[] }) => one.fits[0].models;
    expect(models(shards[0]) + models(shards[1])).toBe(models(log));
    expect(gathered.stderr).toContain('from 2 parts');
  });

  it('of a comparison counts the fits of each model', async () => {
    const formulas = ['y ~ time + (1 | subject)', 'y ~ time * arm + (1 | subject)'];
    const models = formulas.flatMap((formula) => ['--formula', formula]);
    await succeed('compare', example('visits.csv'), ...models, '--out', file('c.tsv'), '--log-json', LOG);
    const log = logged();
    expect(log.fits.map(({ formula }: { formula: string }) => formula)).toEqual(formulas);
    expect(log).toMatchObject({ formula: null, responses: 1, options: { formula: formulas } });
    expect(log.fits[0].statuses.ok).toBe(1);
  });

  it('of a run that fails says why, and what to do', async () => {
    const wrong = ['--formula', '~ stimulus + (1 | donor)'];
    expectRefusal(await run(['fit', ...CELLS, ...wrong, '--log-json', LOG]), 2, /no column 'stimulus'/);
    const log = logged();
    expect(log).toMatchObject({ status: 'failed', exitStatus: 2, outputs: [], fits: [] });
    expect(log.error).toMatchObject({ tag: 'FormulaError', message: expect.stringContaining("no column 'stimulus'") });
    expect(log.error.remedy).toContain('donor');
    expect(log.inputs[1]).toMatchObject({ role: 'obs', size: readFileSync(CELLS[2]).length });
    // Options that contradict each other are known before anything is read.
    expectRefusal(await run(['fit', ...CELLS, ...MODEL, '--seed', '3', '--log-json', LOG]), 2, /--seed/);
    expect(logged().error).toMatchObject({ tag: 'OptionError', option: 'seed' });
    expectRefusal(await run(['fit', file('none.csv'), ...MODEL, '--log-json', LOG]), 1, /no such file/);
    expect(logged()).toMatchObject({ exitStatus: 1, error: { path: file('none.csv') } });
  });

  it('says that models failed', async () => {
    writeFileSync(file('flat.csv'), `y,g\n${'1,a\n1,b\n'.repeat(9)}`);
    const flat = ['fit', file('flat.csv'), '--formula', 'y ~ 1 + (1 | g)', '--log-json', LOG];
    expect((await run(flat)).status).toBe(3);
    expect(logged()).toMatchObject({ status: 'models failed', exitStatus: 3, error: null });
    expect(logged().fits[0].statuses).toMatchObject({ ok: 0, constant: 1 });
  });

  it('reads nothing for checksums that are not wanted', async () => {
    await succeed('fit', ...CELLS, ...MODEL, '--out', file('t.tsv'), '--log-json', LOG, '--log-checksums', 'none');
    const log = logged();
    expect([...log.inputs, ...log.outputs].map((one: { sha256: string | null }) => one.sha256)).toEqual([
      null,
      null,
      null,
    ]);
    expect(log.inputs[0].size).toBeGreaterThan(100_000);
    expectRefusal(await run(['fit', ...CELLS, ...MODEL, '--log-checksums', 'none']), 2, /belongs to --log-json/);
  });

  it('overwrites nothing that is read or written otherwise', async () => {
    const table = file('data.csv');
    writeFileSync(table, textOf(example('visits.csv')));
    const fit = ['fit', table, '--formula', 'y ~ time + (1 | subject)'];
    expectRefusal(await run([...fit, '--log-json', table]), 2, /would overwrite a file that is read/);
    expect(textOf(table)).toBe(textOf(example('visits.csv')));
    expectRefusal(await run([...fit, '--out', file('x.tsv'), '--log-json', file('x.tsv')]), 2, /the log and an output/);
    expect(existsSync(file('x.tsv'))).toBe(false);
    expectRefusal(await run([...fit, '--log-json', file('nowhere/run.json')]), 1, /no folder/);
    mkdirSync(file('place'));
    expectRefusal(await run([...fit, '--log-json', file('place')]), 2, /is a folder/);
  });
});
