import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readBulk, readTable } from '../../src/data/table/file.node.ts';
import { matchBulk } from '../../src/data/table/match-bulk.ts';
import { fitDesign, fit as fitTable } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { anova } from '../../src/infer/anova.ts';
import { testJointly, testRow } from '../../src/infer/small-sample.ts';
import type { FitResult } from '../../src/types.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { REFERENCE } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';

const BATCHES = `${REFERENCE}batches/`;

async function fitBatch(name: string, formula: string, weighted: boolean): Promise<FitResult> {
  const table = await readTable(`${BATCHES}${name}.obs.tsv`);
  const [first] = table.columns.values();
  if (first?.kind !== 'factor') throw new Error('no names of rows');
  const rowNames = Array.from(first.codes, (code) => first.levels[code]);
  const weights = weighted ? await readBulk(`${BATCHES}${name}.w.tsv`) : undefined;
  const { responses } = matchBulk(await readBulk(`${BATCHES}${name}.y.tsv`), rowNames, weights);
  return fitDesign(buildDesign(formula, table), responses, { ddf: 'kenward-roger', threads: 1 });
}

describe("Kenward and Roger's tests, response by response, as pbkrtest has them", () => {
  it.each([
    ['sim_slopes', '~ time + (time | subject)', false],
    ['sim_weighted', '~ visit + age + (1 | individual)', true],
  ] as const)('%s', async (name, formula, weighted) => {
    const { table } = await fitBatch(name, formula, weighted);
    const [head, ...lines] = readFileSync(`${BATCHES}${name}.fits.tsv`, 'utf8').trim().split('\n');
    const columns = head.split('\t');
    const { names, standardError, df } = table.coefficients;
    const bad: string[] = [];
    let compared = 0;
    for (const line of lines) {
      const cells = line.split('\t');
      const cell = (column: string) => Number(cells[columns.indexOf(column)]);
      const model = table.responses.indexOf(cells[columns.indexOf('response')]);
      names.forEach((term, k) => {
        const label = term.replace(/[()]/g, '');
        const [se, degrees] = [cell(`kr_se_${label}`), cell(`kr_df_${label}`)];
        if (!Number.isFinite(se)) return;
        compared++;
        const at = model * names.length + k;
        const { standardError: bound } = TOLERANCE.kenwardRoger;
        if (!(Math.abs(standardError[at] / se - 1) <= bound)) bad.push(`${line.slice(0, 9)} ${term} se`);
        if (!(Math.abs(df[at] / degrees - 1) <= TOLERANCE.df))
          bad.push(`${line.slice(0, 9)} ${term} df ${df[at]} ${degrees}`);
      });
    }
    expect(compared).toBeGreaterThan(50);
    expect(bad).toEqual([]);
  });
});

describe('small-sample tests', () => {
  const table = referenceTable('sim_weights_offset.csv');
  const formula = 'y0 ~ x + (x | g)';

  it.each(['satterthwaite', 'kenward-roger'] as const)('%s: weights times a constant change no test', async (ddf) => {
    const weights = table.columns.get('w');
    if (weights?.kind !== 'numeric') throw new Error('no weights');
    const base = await fitTable(table, { formula, weights: 'w', ddf, threads: 1 });
    for (const factor of [1e-3, 40]) {
      const values = weights.values.map((w) => w * factor);
      const scaled = { ...table, columns: new Map(table.columns).set('w', { kind: 'numeric', values }) };
      const other = await fitTable(scaled, { formula, weights: 'w', ddf, threads: 1 });
      base.table.coefficients.df.forEach((df, k) => {
        expect(Math.abs(other.table.coefficients.df[k] / df - 1)).toBeLessThan(TOLERANCE.enginesDf);
        expect(Math.abs(other.table.coefficients.log10P[k] - base.table.coefficients.log10P[k])).toBeLessThan(1e-6);
      });
      const [before, after] = [anova(base)[0], anova(other)[0]];
      expect(Math.abs(after.denominatorDf / before.denominatorDf - 1)).toBeLessThan(TOLERANCE.enginesDf);
    }
  });

  it.each(['satterthwaite', 'kenward-roger'] as const)('%s: a joint test of one row is its t test', async (ddf) => {
    const result = await fitTable(table, { formula, weights: 'w', ddf, threads: 1 });
    const sample = result.smallSample(0);
    if (!sample) throw new Error('no fit');
    const row = Float64Array.of(1, -2);
    const single = testRow(sample, row);
    const joint = testJointly(sample, row);
    expect(joint.numeratorDf).toBe(1);
    expect(joint.scale).toBeCloseTo(1, 10);
    expect(joint.denominatorDf).toBeCloseTo(single.df, 8);
    expect(joint.statistic).toBeCloseTo((single.estimate / single.standardError) ** 2, 8);
    // The same row twice is one hypothesis.
    const twice = testJointly(sample, Float64Array.of(1, -2, 2, -4));
    expect(twice.numeratorDf).toBe(1);
    expect(twice.statistic).toBeCloseTo(joint.statistic, 8);
  });
});
