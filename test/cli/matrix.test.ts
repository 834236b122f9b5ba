import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TOLERANCE } from '../tolerance.ts';
import { expectRefusal, reference, rowsOf, run, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const TENX = reference('batches/sim_singlecell');
const OBS = reference('batches/sim_singlecell/obs.tsv');
const MODEL = ['--formula', '~ stim + (1 | donor)', '--normalize', 'log1p-cpm'];

/** The annotation with its lines changed, under a name of its own. */
function annotation(name: string, change: (lines: readonly string[]) => readonly string[]): string {
  const [header, ...lines] = textOf(OBS).trimEnd().split('\n');
  writeFileSync(file(name), `${[header, ...change(lines)].join('\n')}\n`);
  return file(name);
}

describe('a cell x gene matrix', () => {
  it('gives the same numbers as .h5ad and as a 10x folder whose annotation has another order, and R gives them too', async () => {
    const shuffled = annotation('shuffled.tsv', (lines) => lines.toReversed());
    const [h5ad, tenx] = await Promise.all([
      succeed('fit', `${TENX}.h5ad`, ...MODEL),
      succeed('fit', TENX, '--obs', shuffled, ...MODEL),
    ]);
    expect(h5ad.stderr).toMatch(/fitted 500 of 500 models \(73 singular\)/);
    // The folder knows symbols, and its annotation has the donors in another order: sums differ by their rounding.
    const estimates = (text: string) => rowsOf(text).map((row) => Number(row['estimate']));
    const [a, b] = [estimates(h5ad.stdout), estimates(tenx.stdout)];
    expect(b).toHaveLength(a.length);
    for (const [i, value] of a.entries()) {
      expect(Math.abs(b[i] - value)).toBeLessThanOrEqual(TOLERANCE.enginesTheta * (1 + Math.abs(value)));
    }
    const fitted = new Map(
      rowsOf(h5ad.stdout)
        .filter((row) => row['term'] === 'stimstim')
        .map((row) => [row['response'], row]),
    );
    const expected = rowsOf(textOf(reference('batches/sim_singlecell.fits.tsv')));
    for (const row of expected.filter((row) => row['status'] === 'ok')) {
      const found = fitted.get(row['response'] ?? row['gene']);
      const difference = Math.abs(Number(found?.['estimate']) - Number(row['beta_stimstim']));
      expect(difference).toBeLessThanOrEqual(TOLERANCE.coefficient * Number(row['se_stimstim']));
    }
  });

  it('reports cells without annotation and annotation without cells', async () => {
    const partial = annotation('partial.tsv', (lines) => [...lines.slice(200), 'nobody\tD01\tctrl']);
    const args = ['--obs', partial, ...MODEL, '--responses', '/^G000/'];
    const { stderr } = await succeed('fit', TENX, ...args, '--out', `glance=${file('partial.glance.tsv')}`);
    expect(stderr).toMatch(/200 rows of the matrix not in .*partial\.tsv, left out \('cell0001-D01'/);
    expect(stderr).toMatch(/1 row of .*partial\.tsv .*'nobody'/);
    expect(rowsOf(textOf(file('partial.glance.tsv')))[0]['nobs']).toBe('3248');
  });

  it('says loudly that raw counts are fitted as they are', async () => {
    const { stderr } = await succeed(
      'fit',
      `${TENX}.h5ad`,
      '--formula',
      '~ stim + (1 | donor)',
      '--responses',
      'G0001',
    );
    expect(stderr).toMatch(/WARNING: .*raw counts.*--normalize/);
  });

  it('refuses annotation that names a cell twice or none of them', async () => {
    const twice = annotation('twice.tsv', (lines) => [...lines, lines[0]]);
    expectRefusal(await run(['fit', TENX, '--obs', twice, ...MODEL]), 2, /twice\.tsv/, /'cell0001-D01'/);
    const none = annotation('none.tsv', (lines) => lines.map((line) => `x${line}`));
    expectRefusal(await run(['fit', TENX, '--obs', none, ...MODEL]), 2, /none\.tsv/, /'xcell0001-D01'/);
  });
});

describe('a bulk table', () => {
  const bulk = (kind: string) => reference(`batches/sim_weighted.${kind}.tsv`);
  const weighted = (obs: string, weights: string, ...rest: readonly string[]) => [
    ...['fit', bulk('y'), '--obs', obs, '--weights', weights],
    ...['--formula', '~ visit + age + (1 | individual)', '--ddf', 'satterthwaite', ...rest],
  ];

  it('joins samples and weights by name', async () => {
    const [header, ...lines] = textOf(bulk('obs')).trimEnd().split('\n');
    writeFileSync(file('obs.tsv'), [header, ...lines.toReversed(), 'Z\tP99\tV1\t50', ''].join('\n'));
    // The columns of the weights in another order, and their rows too.
    const weights = textOf(bulk('w'))
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [name, ...values] = line.split('\t');
        return [name, ...values.toReversed()].join('\t');
      });
    writeFileSync(file('w.tsv'), [weights[0], ...weights.slice(1).toReversed(), ''].join('\n'));
    const joined = await succeed(...weighted(file('obs.tsv'), file('w.tsv')));
    expect(joined.stderr).toMatch(/1 row of .*obs\.tsv .*'Z'/);
    const ages = rowsOf(joined.stdout).filter((row) => row['term'] === 'age');
    const expected = rowsOf(textOf(reference('batches/sim_weighted.fits.tsv')));
    expect(ages).toHaveLength(expected.length);
    for (const [i, row] of ages.entries()) {
      const bound = TOLERANCE.coefficient * Number(expected[i]['se_age']);
      expect(Math.abs(Number(row['estimate']) - Number(expected[i]['beta_age']))).toBeLessThanOrEqual(bound);
      expect(Math.abs(Number(row['df']) / Number(expected[i]['df_age']) - 1)).toBeLessThanOrEqual(TOLERANCE.df);
    }
  });

  it('names the line, response or sample that is wrong', async () => {
    const change = (kind: string, name: string, edit: (lines: string[]) => void) => {
      const lines = textOf(bulk(kind)).trimEnd().split('\n');
      edit(lines);
      writeFileSync(file(name), `${lines.join('\n')}\n`);
      return file(name);
    };
    const text = change('y', 'text.tsv', (lines) => (lines[49] = lines[49].replace(/\t[^\t]+$/, '\tabc')));
    const negative = change('w', 'negative.tsv', (lines) => (lines[49] = lines[49].replace(/\t[^\t]+$/, '\t-1')));
    const short = change('w', 'short.tsv', (lines) => lines.splice(20));
    const args = ['--obs', bulk('obs'), '--formula', '~ visit + age + (1 | individual)'];
    expectRefusal(await run(['fit', text, ...args]), 2, /text\.tsv, line 50: 'abc'/);
    expectRefusal(await run(weighted(bulk('obs'), negative)), 2, /negative\.tsv/, /'R049'/, /-1/);
    expectRefusal(await run(weighted(bulk('obs'), short)), 2, /short\.tsv/, /'R020'/);
  });
});
