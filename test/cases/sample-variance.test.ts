import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, rowsOf, succeed, temporaryFolder } from '../cli/command.ts';
import { SATTERTHWAITE } from './cases.ts';

const folder = temporaryFolder();
const NULL = join(folder, 'null.csv');

/** Uniform numbers in (0, 1), the same every time (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
}

/** 12 donors x 2 conditions x 40 cells, 200 responses without an effect: sd of donors 0.5, of samples 0.3, of cells 1. */
function writeNull(): void {
  const u = uniform(1);
  const gauss = (sd: number) => sd * Math.sqrt(-2 * Math.log(u())) * Math.cos(2 * Math.PI * u());
  const cells = Array.from({ length: 12 * 2 * 40 }, (_, k) => ({
    donor: Math.floor(k / 80),
    sample: Math.floor(k / 40),
  }));
  const columns = Array.from({ length: 200 }, () => {
    const donors = Array.from({ length: 12 }, () => gauss(0.5));
    const samples = Array.from({ length: 24 }, () => gauss(0.3));
    return cells.map(({ donor, sample }) => (donors[donor] + samples[sample] + gauss(1)).toFixed(4));
  });
  const lines = cells.map(({ donor, sample }, k) => {
    const stim = sample % 2 === 0 ? 'ctrl' : 'stim';
    return [`D${donor}`, stim, `D${donor}.${stim}`, ...columns.map((column) => column[k])].join();
  });
  writeFileSync(NULL, `donor,stim,sample,${columns.map((_, i) => `g${i}`).join()}\n${lines.join('\n')}\n`);
}

/** Share of the responses whose test of stim rejects at 5 %. */
function rejected({ stdout }: Outcome): number {
  const rows = rowsOf(stdout).filter((row) => row['term'] === 'stimstim');
  expect(rows).toHaveLength(200);
  return rows.filter((row) => Number(row['p.value']) < 0.05).length / rows.length;
}

describe.concurrent('cells of samples that differ', () => {
  beforeAll(writeNull);
  const model = (formula: string) => [NULL, '--formula', formula, '--responses', '/^g/', '--threads', '1'];
  const fitted = (formula: string) => succeed('fit', ...model(formula), ...SATTERTHWAITE.slice(0, 2));

  it('are no replicates: a donor alone is warned of', async () => {
    const outcome = await fitted('~ stim + (1 | donor)');
    expect(outcome.stderr).toMatch(/WARNING: 'stim' varies within 'donor'/);
    expect(outcome.stderr).toContain('(1 | donor:stim)');
    expect(outcome.stderr).toContain('(stim | donor)');
    expect(outcome.stderr).toContain('(1 | sample)');
    expect(rejected(outcome)).toBeGreaterThan(0.3);
  });

  it.each(['~ stim + (1 | donor) + (1 | sample)', '~ stim + (stim | donor)'])(
    '%s keeps its level, and is not warned of',
    async (formula) => {
      const outcome = await fitted(formula);
      expect(outcome.stderr).not.toMatch(/varies within/);
      expect(rejected(outcome)).toBeLessThan(0.1);
    },
  );

  it('calibrate shows that the assumption fails', async () => {
    const args = [...model('~ stim + (1 | donor)'), '--simulations', '400', '--tests', 'satterthwaite'];
    const { stdout, stderr } = await succeed('calibrate', ...args);
    expect(stderr).toMatch(/drawn from .*\(1 \| donor:stim\)/);
    expect(stderr).toMatch(/satterthwaite: .*too many false positives/);
    const row = rowsOf(stdout).find((row) => row['level'] === '0.05');
    expect(Number(row?.['rate'])).toBeGreaterThan(0.3);
  });

  it('calibrate finds nothing wrong with the model that holds samples together', async () => {
    const args = [...model('~ stim + (1 | donor) + (1 | sample)'), '--simulations', '400', '--tests', 'satterthwaite'];
    const { stderr } = await succeed('calibrate', ...args);
    expect(stderr).not.toMatch(/too many false positives/);
  });
});
