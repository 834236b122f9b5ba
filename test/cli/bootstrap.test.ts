import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, expectRefusal, run, succeed, temporaryFolder } from './command.ts';

const CELLS = ['fit', example('cells'), '--obs', example('cells/obs.tsv'), '--normalize', 'log1p-cp10k'];
const FORMULA = ['--formula', '~ stim + (1 | donor)'];

interface Output {
  readonly bootstrap: { readonly draws: number; readonly seed: number; readonly level: number | null };
  readonly models: readonly {
    readonly coefficients: readonly {
      readonly p: number;
      readonly pBootstrap: number;
      readonly pBootstrapBound: boolean;
    }[];
    readonly varianceTest: {
      readonly kind: string;
      readonly statistic: number;
      readonly p: number;
      readonly bound: boolean;
    };
    readonly singular: boolean | null;
  }[];
}

describe('fit --bootstrap', () => {
  it('gives p-values beside those of Satterthwaite, intervals, and a test of no random effects', async () => {
    const folder = temporaryFolder();
    const [table, json] = ['fits.tsv', 'fits.json'].map((name) => join(folder, name));
    const asked = ['--bootstrap', '300', '--seed', '4', '--conf-int', '0.9', '--out', table, '--out', json];
    await succeed(...CELLS, ...FORMULA, '--responses', 'gene001,gene002,gene005', ...asked);
    const [head, ...rows] = readFileSync(table, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    const of = (row: readonly string[], name: string) => row[head.indexOf(name)];
    const fixed = rows.filter((row) => of(row, 'effect') === 'fixed');
    expect(fixed.length).toBe(6);
    for (const row of fixed) {
      const p = Number(of(row, 'p.bootstrap'));
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThanOrEqual(1);
      expect(Number(of(row, 'conf.low.bootstrap'))).toBeLessThan(Number(of(row, 'estimate')));
      expect(of(row, 'p.bootstrap.bound')).toMatch(p > 0.05 ? /^FALSE$/ : /^(TRUE|FALSE)$/);
      expect(Number(of(row, 'conf.high.bootstrap'))).toBeGreaterThan(Number(of(row, 'estimate')));
    }
    expect(rows.filter((row) => of(row, 'effect') === 'ran_test').map((row) => of(row, 'term'))).toEqual(
      Array(3).fill('RLRT'),
    );
    const { bootstrap, models } = JSON.parse(readFileSync(json, 'utf8')) as Output;
    expect(bootstrap).toEqual({ draws: 300, seed: 4, level: 0.9 });
    for (const { coefficients, varianceTest, singular } of models) {
      expect(varianceTest.kind).toBe('RLRT');
      if (singular) expect(varianceTest).toMatchObject({ statistic: 0, p: 1, bound: false });
      expect(varianceTest.bound).toBe(varianceTest.p === 1 / 301);
      for (const { p, pBootstrap, pBootstrapBound } of coefficients) {
        if (p > 0.01) expect(Math.abs(pBootstrap - p)).toBeLessThan(0.03);
        if (p > 0.05) expect(pBootstrapBound).toBe(false);
      }
    }
  });

  it('marks a p-value that is an upper bound', async () => {
    const out = join(temporaryFolder(), 'visits.json');
    const asked = ['--formula', 'y ~ time * arm + (1 | subject)', '--bootstrap', '300', '--out', out];
    await succeed('fit', example('visits.csv'), ...asked);
    const { models } = JSON.parse(readFileSync(out, 'utf8')) as Output;
    const [{ coefficients, varianceTest }] = models;
    // The intercept is tens of standard errors from zero, with some 60 degrees of freedom: no thirty draws reach that.
    expect(coefficients[0].p).toBeLessThan(1e-20);
    expect(coefficients[0]).toMatchObject({ pBootstrapBound: true });
    expect(coefficients[0].pBootstrap).toBeGreaterThan(coefficients[0].p);
    expect(varianceTest).toMatchObject({ p: 1 / 301, bound: true });
  });

  it('does not depend on threads or on other responses', async () => {
    const folder = temporaryFolder();
    const read = async (name: string, ...more: string[]) => {
      const out = join(folder, name);
      await succeed(...CELLS, ...FORMULA, '--bootstrap', '200', '--adjust', 'none', '--out', out, ...more);
      return readFileSync(out, 'utf8').split('\n');
    };
    const one = await read('one.tsv', '--threads', '1');
    expect(await read('two.tsv', '--threads', '2')).toEqual(one);
    const alone = await read('alone.tsv', '--responses', 'gene005');
    expect(alone.slice(1, -1)).toEqual(one.filter((line) => line.startsWith('gene005\t')));
  });

  it('refuses draws and seeds that make no sense', async () => {
    for (const draws of ['0', '-3', '1.5', 'many', '1e11', '50']) {
      expectRefusal(await run([...CELLS, ...FORMULA, '--bootstrap', draws]), 2, /bootstrap/);
    }
    expectRefusal(await run([...CELLS, ...FORMULA, '--bootstrap', '2000000']), 2, /from 100 to 1000000/);
    expectRefusal(await run([...CELLS, ...FORMULA, '--precision', 'f32']), 2, /--backend webgpu/);
    expectRefusal(await run([...CELLS, ...FORMULA, '--seed', '3']), 2, /--seed belongs to --bootstrap/);
  });
});
