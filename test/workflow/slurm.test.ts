/**
 * A cohort of 24 samples through the workflow on a Slurm of one node, with jobs killed on the way: the tables are those of one run
 * of all files, and have the bytes of an unsharded fit.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeCohort } from '../../bench/cohort-files.mjs';
import { startSlurm } from '../../scripts/local-slurm.mjs';
import { COMMAND, type Row, rowsOf, runProcess, textOf } from '../cli/command.ts';
import { describeUnless, findTestSlurm } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { OURS, RESOURCES, snakemake, WORKFLOW, writeConfig } from './snakemake.ts';

const SHARDS = 16;
/** Milliseconds: Snakemake starts for every job, which takes its time on a busy machine. */
const PATIENCE = 600_000;
const MODEL = { formula: '~ stim + (1 | donor)', factor: 'stim=ctrl,stim', normalize: 'log1p-cp10k' };
const TABLES = ['tidy', 'glance', 'toptable:stimstim'];

/**
 * Starts the command, and kills two jobs a tenth of a second after, once each: one by `kill -9` of the process, one by `scancel`.
 */
const KILLER = `#!/usr/bin/env bash
"${process.execPath}" "${COMMAND}" "$@" &
child=$!
case " $* " in
  *" moments data/D03_ctrl.h5ad "*) mkdir killed-process 2>/dev/null && sleep 0.1 && kill -9 $child ;;
  *" --shard 7/${SHARDS} "*) mkdir killed-job 2>/dev/null && sleep 0.1 && scancel $SLURM_JOB_ID ;;
esac
wait $child
`;

const { lacking } = findTestSlurm();

describeUnless(lacking, 'the workflow on Slurm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-slurm-'));
  const file = (name: string) => join(folder, name);
  const result = (name: string) => file(`results/gaussian/${name}`);
  const tables = () => TABLES.map((name) => textOf(result(`tables/${name.replace(':', '-')}.tsv`)));
  let slurm: Awaited<ReturnType<typeof startSlurm>>;
  let paths: string[];

  beforeAll(async () => {
    slurm = await startSlurm(file('slurm'));
    paths = (await writeCohort(folder, { samples: 24, genes: 300, cells: 60 })).map(({ path }) => file(path));
    writeFileSync(file('killer.sh'), KILLER, { mode: 0o755 });
    const { formula, factor, normalize } = MODEL;
    writeConfig(folder, {
      ...{ samples: 'samples.tsv', command: './killer.sh', shards: SHARDS, tables: TABLES, resources: RESOURCES },
      design: { formula, factor: [factor] },
      families: { gaussian: { design: { normalize }, gather: { moderate: 'robust' } } },
    });
  });

  afterAll(async () => {
    await slurm?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = () => {
    const groups = ['--group-components', 'moments=6', 'fit=4', '--cores', '2'];
    const profile = ['--profile', join(WORKFLOW, 'profiles/slurm'), '--restart-times', '0', '--latency-wait', '5'];
    return snakemake(folder, [...OURS, ...profile, ...groups], slurm.environment);
  };

  it(
    'stops where a process is killed, and where a job is',
    async () => {
      const first = await run();
      expect(first.status, first.said).not.toBe(0);
      expect(existsSync(file('killed-process'))).toBe(true);
      expect(existsSync(result('moments/D03_ctrl.moments'))).toBe(false);
      expect(existsSync(result('all.moments'))).toBe(false);
      const second = await run();
      expect(second.status, second.said).not.toBe(0);
      expect(existsSync(file('killed-job'))).toBe(true);
      expect(existsSync(result('parts/7-of-16.part'))).toBe(false);
      expect(existsSync(result('tables/tidy.tsv'))).toBe(false);
      // What was done is done: the moments of other groups are as they were.
      expect(existsSync(result('all.moments'))).toBe(true);
    },
    PATIENCE,
  );

  it(
    'finishes when it is run again, with the bytes of an unsharded fit',
    async () => {
      const third = await run();
      expect(third.status, third.said).toBe(0);
      const outputs = TABLES.flatMap((name) => ['--out', `${name}=${file(`whole-${name.replace(':', '-')}.tsv`)}`]);
      const whole = await runProcess(['fit', result('all.moments'), '--moderate', 'robust', ...outputs]);
      expect(whole.status, whole.stderr).toBe(0);
      expect(tables()).toEqual(TABLES.map((name) => textOf(file(`whole-${name.replace(':', '-')}.tsv`))));
      expect(readdirSync(result('parts')).sort()).toEqual(
        Array.from({ length: SHARDS }, (_, k) => `${k + 1}-of-${SHARDS}.part`).sort(),
      );
      // All of it ran as jobs of Slurm.
      expect(readdirSync(file('logs/slurm')).length).toBeGreaterThanOrEqual(10);
      // Nothing is left to do.
      expect((await snakemake(folder, [...OURS, '--dry-run', '--cores', '1'])).said).toMatch(/Nothing to be done/);
    },
    PATIENCE,
  );

  it('gives the numbers of one run of all files', async () => {
    const { formula, factor, normalize } = MODEL;
    const options = ['--formula', formula, '--factor', factor, '--normalize', normalize, '--moderate', 'robust'];
    const one = await runProcess(['fit', ...paths, ...options, '--out', `tidy=${file('one.tsv')}`]);
    expect(one.status, one.stderr).toBe(0);
    expectSameFits(rowsOf(textOf(file('one.tsv'))), rowsOf(tables()[0]));
  });

  it('logs every job', () => {
    const log = (name: string) => JSON.parse(readFileSync(result(`logs/${name}.json`), 'utf8'));
    const sample = log('moments/D03_ctrl');
    expect(sample).toMatchObject({ command: 'moments', status: 'ok', normalisation: 'log1p-cp10k', responses: 300 });
    expect(sample.inputs[0]).toMatchObject({ role: 'data', path: 'data/D03_ctrl.h5ad', kind: 'file' });
    // What one job writes is what the next one reads.
    const written = new Map(sample.outputs.map((one: { path: string; sha256: string }) => [one.path, one.sha256]));
    const read = log('merge').inputs.find(({ path }: { path: string }) => written.has(path));
    expect(read.sha256).toBe(written.get(read.path));
    const [{ models, statuses }] = log('gather').fits;
    expect(models).toBe(300);
    expect(statuses.ok + statuses.constant).toBe(300);
  });

  it('reports fits, samples and versions', () => {
    const page = textOf(result('report/gaussian.html'));
    expect(page).toContain('<td>~ stim + (1 | donor)</td>');
    expect(page).toContain('stimstim');
    const samples = textOf(result('report/webgpu_lmm_gaussian_samples_mqc.tsv'));
    expect(samples).toMatch(/^# id: 'webgpu_lmm_gaussian_samples'\n# section_name: /);
    const rows = rowsOf(samples.replaceAll(/^#.*\n/gm, ''));
    expect(rows.map(({ Sample }) => Sample)).toEqual(paths.map((path) => /(D\d+_\w+)\.h5ad$/.exec(path)?.[1]));
    expect(rows.reduce((sum, { cells }) => sum + Number(cells), 0)).toBe(24 * 60);
    const [fits] = rowsOf(textOf(result('report/webgpu_lmm_gaussian_fits_mqc.tsv')).replaceAll(/^#.*\n/gm, ''));
    expect(fits).toMatchObject({ Sample: 'gaussian', responses: '300', shards: '16' });
    expect(textOf(result('report/versions.yml'))).toMatch(
      /^"webgpu_lmm:design":\n {4}webgpu-lmm: \d+\.\d+\.\d+\n {4}node: /,
    );
  });
});

/** Estimates in standard errors, all else relative. */
function expectSameFits(a: readonly Row[], b: readonly Row[]): void {
  expect(b.map(({ response, term }) => `${response} ${term}`)).toEqual(
    a.map(({ response, term }) => `${response} ${term}`),
  );
  const compared = ['estimate', 'std.error', 'df', 'p.value', 'p.adjusted', 'p.moderated'];
  a.forEach((row, k) => {
    for (const name of compared) {
      const [x, y] = [row[name], b[k][name]];
      const scale = name === 'estimate' && row['std.error'] !== 'NA' ? Number(row['std.error']) : Math.abs(Number(x));
      const same = x === y || Math.abs(Number(x) - Number(y)) <= TOLERANCE.cohortFit * scale;
      expect(same, `${row['response']} ${row['term']} ${name}: ${x} and ${y}`).toBe(true);
    }
  });
}
