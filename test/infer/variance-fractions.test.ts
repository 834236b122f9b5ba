import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { matchBulk } from '../../src/data/table/match-bulk.ts';
import { fitDesign, fit as fitTable } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { readBulk, readTable } from '../../src/reading/tables.node.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { variance } from '../../src/result/variance.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { REFERENCE } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';

const { fractions } = JSON.parse(readFileSync(new URL('r/dream-steps.json', import.meta.url), 'utf8')) as {
  fractions: { coefficient: number[]; term: number[] }[];
}; // ours

describe('variance fractions', () => {
  it("follow variancePartition's rule, by coefficient and by term", async () => {
    const folder = `${REFERENCE}batches/sim_weighted`;
    const obs = await readTable(`${folder}.obs.tsv`);
    const names = obs.columns.values().next().value;
    if (names?.kind !== 'factor') throw new Error('no names of samples');
    const samples = Array.from(names.codes, (code) => names.levels[code]);
    const { responses } = matchBulk(await readBulk(`${folder}.y.tsv`), samples);
    const result = await fitDesign(buildDesign('~ visit + age + (1 | individual)', obs), responses, { threads: 1 });
    for (const by of ['coefficient', 'term'] as const) {
      const table = variance(result, { by, to: 5 });
      const columns = table.columns.slice(1);
      const visits = by === 'term' ? ['visit'] : ['visitV2', 'visitV3', 'visitV4'];
      expect(columns.map(({ name }) => name)).toEqual([...visits, 'age', 'individual', 'Residuals']);
      fractions.forEach((expected, m) => {
        expected[by].forEach((value, k) => {
          expect(Math.abs(Number(columns[k].values[m]) - value)).toBeLessThan(TOLERANCE.varianceFraction);
        });
      });
    }
  });

  it('add up to 1, name the terms of a group with several, and are missing without a fit', async () => {
    const sleep = referenceTable('sleepstudy.csv');
    const constant = { kind: 'numeric', values: new Float64Array(sleep.rows).fill(3) } as const;
    const table = { ...sleep, columns: new Map([...sleep.columns, ['flat', constant]]) };
    const result = await fitTable(table, {
      formula: 'cbind(Reaction, flat) ~ Days + (1 | Subject) + (0 + Days | Subject)',
      threads: 1,
    });
    const [row, flat] = outputRows(variance(result));
    expect(Object.keys(row)).toEqual(['response', 'Days', 'Subject', 'Subject.Days', 'Residuals']);
    const values = Object.values(row).slice(1).map(Number);
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    // One fixed term: its share is the marginal R2.
    expect(Number(row['Days']) / result.table.r2Marginal[0]).toBeCloseTo(1, 2);
    expect(Object.values(flat).slice(1)).toEqual([null, null, null, null]);
  });
});
