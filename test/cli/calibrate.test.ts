import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, expectRefusal, rowsOf, run, succeed, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const VISITS = [example('visits.csv'), '--formula', 'y ~ time + arm + (1 | subject)', '--threads', '1'];
const CELLS = [example('cells'), '--obs', example('cells/obs.tsv'), '--normalize', 'log1p-cp10k', '--threads', '1'];

describe('webgpu-lmm calibrate', () => {
  it('prints rates, plots p-values and counts statuses', async () => {
    const plot = join(folder, 'visits.svg');
    const pvalues = join(folder, 'p.tsv');
    const outputs = ['--out', '-', '--out', `pvalues=${pvalues}`, '--plot', plot];
    const args = ['calibrate', ...VISITS, '--simulations', '200', '--seed', '3', ...outputs];
    const { stdout, stderr } = await succeed(...args);
    const rows = rowsOf(stdout);
    expect(rows).toHaveLength(2 * 4 * 3);
    const naive = rows.find(
      (row) => row['test'] === 'naive' && row['term'] === 'armtreated' && row['level'] === '0.05',
    );
    expect(Number(naive?.['rate'])).toBeGreaterThan(0.2);
    expect(stderr).toMatch(/armtreated, naive: .* too many false positives/);
    expect(stderr).toMatch(/fitted 200 of 200 simulated responses/);
    expect(readFileSync(plot, 'utf8')).toMatch(/^<svg /);
    expect(rowsOf(readFileSync(pvalues, 'utf8'))).toHaveLength(200 * 2 * 4);
    expect((await succeed(...args)).stdout).toBe(stdout);
  });

  it('calibrates a matrix, its moments, and by permutation', async () => {
    const formula = ['--formula', '~ stim + (1 | donor) + (1 | sample)'];
    const tests = ['--simulations', '100', '--tests', 'kr,naive', '--seed', '5'];
    const whole = await succeed('calibrate', ...CELLS, ...formula, ...tests);
    expect(rowsOf(whole.stdout).map((row) => row['test'])).toContain('kenward-roger');
    const stored = join(folder, 'cells.moments');
    await succeed('moments', ...CELLS.slice(0, -2), ...formula, '--out', stored);
    const again = await succeed('calibrate', stored, ...tests, '--threads', '1');
    expect(again.stdout).toBe(whole.stdout);
    const permuted = await succeed('calibrate', ...CELLS, ...formula, ...tests, '--scheme', 'permute');
    expect(permuted.stderr).toMatch(/'stim' is shuffled between the levels of/);
    expect(permuted.stderr).toMatch(/permuted \(20 permutations\) responses/);
  });

  it('calibrates models of counts: a 10x folder, an .h5ad file, their moments, and a table', async () => {
    const counts = ['--family', 'nbinom2', '--offset', 'library', '--min-cells', '60', '--threads', '1'];
    const formula = ['--formula', '~ stim + (1 | donor) + (1 | sample)'];
    const asked = ['--simulations', '24', '--seed', '5'];
    const folderOfCells = [example('cells'), '--obs', example('cells/obs.tsv')];
    const whole = await succeed('calibrate', ...folderOfCells, ...counts, ...formula, ...asked);
    const tests = ['z', 'between-within', 'lrt', 'naive'];
    expect(rowsOf(whole.stdout).map((row) => row['test'])).toEqual(tests.flatMap((test) => [test, test, test]));
    expect(whole.stderr).toMatch(/without the effect/);
    expect(whole.stderr).toMatch(/simulated responses/);
    const stored = join(folder, 'counts.moments');
    await succeed('moments', ...folderOfCells, ...counts.slice(0, -2), ...formula, '--out', stored);
    expect((await succeed('calibrate', stored, ...asked, '--threads', '1')).stdout).toBe(whole.stdout);
    const h5ad = join(folder, 'nulls.h5ad');
    await succeed('simulate', '--genes', '12', '--cells', '240', '--donors', '6', '--density', '0.6', '--out', h5ad);
    const ofFile = await succeed('calibrate', h5ad, ...counts.slice(0, 4), ...formula, ...asked, '--threads', '1');
    expect(rowsOf(ofFile.stdout)).toHaveLength(12);
    const clinic = [
      example('clinic.csv'),
      '--formula',
      'well ~ arm + severity + (1 | patient)',
      '--family',
      'binomial',
    ];
    const plot = join(folder, 'clinic.svg');
    const table = await succeed('calibrate', ...clinic, '--term', 'arm', '--tests', 'bw,lrt', '--plot', plot, ...asked);
    expect(rowsOf(table.stdout).map((row) => row['test'])).toContain('between-within');
    expect(readFileSync(plot, 'utf8')).toMatch(/likelihood ratio/);
    const permuted = await succeed(
      'calibrate',
      ...clinic,
      '--term',
      'arm',
      '--tests',
      'z',
      '--scheme',
      'permute',
      ...asked,
    );
    expect(permuted.stderr).toMatch(/'arm' is shuffled between the levels of patient/);
    expectRefusal(
      await run(['calibrate', ...clinic, '--tests', 'kr']),
      2,
      /kenward-roger is no test/,
      /between-within/,
    );
  });

  it('refuses what makes no sense', async () => {
    expectRefusal(await run(['calibrate', ...VISITS, '--term', 'arn']), 2, /no coefficient or term 'arn'/, /arm/);
    expectRefusal(await run(['calibrate', ...VISITS, '--tests', 'f']), 2, /--tests f/, /satterthwaite/);
    expectRefusal(await run(['calibrate', ...VISITS, '--plot', 'p.png']), 2, /plots are SVG files/);
    expectRefusal(await run(['calibrate', ...VISITS, '--permute', 'arm']), 2, /belongs to --scheme permute/);
    expectRefusal(await run(['calibrate', ...VISITS, '--scheme', 'permute']), 2, /time, arm/, /--permute/);
    expectRefusal(await run(['calibrate', example('visits.csv')]), 2, /needs --formula/);
  });
});
