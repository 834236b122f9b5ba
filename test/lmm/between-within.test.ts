/** Degrees of freedom by the level at which a column varies: those of nlme, with the intercept among the units as SAS has it. */
import { describe, expect, it } from 'vitest';
import { isFitError } from '../../src/errors.ts';
import { deserialiseFit, serialiseFit } from '../../src/fit/saved-fit.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { anova } from '../../src/infer/anova.ts';
import { testRow } from '../../src/infer/small-sample.ts';
import { tidy } from '../../src/result/tidy.ts';
import type { Table } from '../../src/types/table.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { frame, label } from './frames.ts';
import { TestRandom } from './random.ts';

const OPTIONS = { ddf: 'between-within', threads: 1, backend: 'cpu' } as const;
const orthodont = referenceTable('orthodont.csv');
/** Of `distance ~ age * Sex` with 27 children measured four times; nlme's intercept has 79. */
const CHILDREN = { '(Intercept)': 25, age: 79, SexFemale: 25, 'age:SexFemale': 79 };

/** Sites in two arms, four persons at each, five rows a person. */
function nested(): Table {
  const random = new TestRandom(5);
  const rows = Array.from({ length: 160 }, (_, i) => i);
  const person = rows.map((i) => Math.floor(i / 5));
  const level = random.normals(32);
  return frame({
    site: person.map((s) => label('site', s >> 2)),
    person: person.map((s) => label('p', s)),
    arm: person.map((s) => ((s >> 2) % 2 === 0 ? 'a' : 'b')),
    x: person.map((s) => Math.sin(s)),
    time: rows.map((i) => i % 5),
    y: rows.map((i) => level[person[i]] + 0.3 * (i % 5) + random.normal()),
  });
}

async function dfOf(table: Table, formula: string, more: Readonly<Record<string, string>> = {}) {
  const result = await fitTable(table, { formula, ...more, ...OPTIONS });
  const { names, df } = result.table.coefficients;
  return { result, df: Object.fromEntries(names.map((name, k) => [name, df[k]])) };
}

describe('between-within degrees of freedom', () => {
  it('of one factor, with random intercepts and slopes and with structured residuals', async () => {
    const formula = 'distance ~ age * Sex';
    expect((await dfOf(orthodont, `${formula} + (1 | Subject)`)).df).toEqual(CHILDREN);
    expect((await dfOf(orthodont, `${formula} + (age | Subject)`)).df).toEqual(CHILDREN);
    for (const residual of ['us(age | Subject)', 'ar1(age | Subject)', 'cs(age | Sex / Subject)']) {
      expect((await dfOf(orthodont, formula, { residual })).df).toEqual(CHILDREN);
    }
  });

  it('of nested factors, as nlme has them but for the intercept', async () => {
    const { df } = await dfOf(nested(), 'y ~ arm * time + x + (1 | site/person)');
    expect(df).toEqual({ '(Intercept)': 6, armb: 6, x: 23, time: 126, 'armb:time': 126 });
  });

  it('of a model without groups are those of its residuals', async () => {
    expect((await dfOf(orthodont, 'distance ~ age')).df).toEqual({ '(Intercept)': 106, age: 106 });
  });

  it('of contrasts and F tests are the least of what they weigh', async () => {
    const formula = 'distance ~ age * Sex + (1 | Subject)';
    const contrasts = { girls: 'age + age:SexFemale', at8: 'SexFemale + 8 * age:SexFemale' };
    const result = await fitTable(orthodont, { formula, contrasts, ...OPTIONS });
    expect([...result.table.contrasts.df]).toEqual([79, 25]);
    const sample = result.smallSample(0);
    if (!sample) throw new Error('no fit');
    const row = testRow(sample, Float64Array.of(0, 0, 1, 8));
    expect(row.df).toBe(25);
    const { fit: again } = deserialiseFit(Uint8Array.from([...serialiseFit(result)].flatMap((piece) => [...piece])));
    expect(again.table.ddf).toBe('between-within');
    for (const [term, df] of [
      ['age', 79],
      ['Sex', 25],
      ['age:Sex', 79],
    ] as const) {
      expect(anova(again, 0, 'I')?.find((test) => test.term === term)?.denominatorDf).toBe(df);
    }
    const method = tidy(result).columns.find(({ name }) => name === 'df.method');
    expect(method?.values[0]).toBe('between-within');
  });

  it('has the estimates and standard errors of the other methods', async () => {
    const formula = 'distance ~ age * Sex + (1 | Subject)';
    const { result } = await dfOf(orthodont, formula);
    const other = await fitTable(orthodont, { formula, ...OPTIONS, ddf: 'satterthwaite' });
    expect(result.table.coefficients.standardError).toEqual(other.table.coefficients.standardError);
    expect(result.covarianceOfCoefficients(0)).toEqual(other.covarianceOfCoefficients(0));
  });

  it('is refused of crossed factors', async () => {
    const table = nested();
    const error = await fitTable(table, { formula: 'y ~ x + (1 | site) + (1 | arm:time)', ...OPTIONS }).catch((e) => e);
    expect(isFitError(error) && error.fields.option).toBe('ddf');
  });

  it('of generalised models are counts of levels, or of rows within them', async () => {
    const counts: Table = { ...nested() };
    const y = new Float64Array(160).map((_, i) => (i * 7) % 5);
    const table = { ...counts, columns: new Map([...counts.columns, ['k', { kind: 'numeric' as const, values: y }]]) };
    const own = { family: 'poisson' } as const;
    const { df } = await dfOf(table, 'k ~ arm * time + x + (1 | site/person)', own);
    expect(df).toEqual({ '(Intercept)': 6, armb: 6, x: 23, time: 160 - 32 - 2, 'armb:time': 160 - 32 - 2 });
    // A slope by person is compared between persons.
    expect((await dfOf(table, 'k ~ arm + time + (time | person)', own)).df['time']).toBe(30);
    // Of crossed factors the one that holds a column still counts.
    expect((await dfOf(table, 'k ~ arm + x + (1 | site) + (1 | time)', own)).df).toMatchObject({
      armb: 6,
      x: 160 - 8 - 1,
    });
  });

  it('of a matrix with few levels are the default of generalised models, of a single response z tests', async () => {
    const rows = Array.from({ length: 24 }, (_, i) => i);
    const obs = frame({ donor: rows.map((i) => label('d', i >> 1)), arm: rows.map((i) => (i < 12 ? 'a' : 'b')) });
    const values = Float64Array.from({ length: 48 }, (_, i) => (i * 5) % 7);
    const responses = { kind: 'dense', rows: 24, names: ['g1', 'g2'], values } as const;
    const genes = await fitTable(responses, { obs, formula: '~ arm + (1 | donor)', family: 'poisson', threads: 1 });
    expect(genes.table.ddf).toBe('between-within');
    expect([...genes.table.coefficients.df]).toEqual([10, 10, 10, 10]);
    const table = {
      ...obs,
      columns: new Map([...obs.columns, ['k', { kind: 'numeric' as const, values: values.slice(0, 24) }]]),
    };
    const single = await fitTable(table, { formula: 'k ~ arm + (1 | donor)', family: 'poisson', threads: 1 });
    expect(single.table.ddf).toBe('asymptotic');
    expect(single.notes.some((note) => note.includes('between-within'))).toBe(true);
  });
});
