import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MomentFit } from '../../src/fit/readable-fit.ts';
import { deserialiseFit, serialiseFit } from '../../src/fit/saved-fit.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { predict } from '../../src/predict/predict.ts';
import { numberValues, type OutputTable, outputRows } from '../../src/result/output-table.ts';
import type { Table } from '../../src/types/table.ts';
import { factor, numeric, referenceTable, table } from '../formula/reference-table.ts';
import { referenceFits } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';

interface Case {
  readonly id: string;
  readonly data: string;
  readonly formula: string;
  readonly method: 'REML' | 'ML';
  readonly weights: string | null;
  readonly new: Readonly<Record<string, readonly (number | string)[]>>;
  readonly conditional: readonly number[];
  readonly se_conditional: readonly number[];
  readonly population: readonly number[];
  readonly se_population: readonly number[];
  readonly group_variance: readonly number[];
  readonly sigma: number;
}
const cases: Case[] = JSON.parse(readFileSync(new URL('./predictions.json', import.meta.url), 'utf8'));

function tableOf(columns: Readonly<Record<string, readonly (number | string)[]>>): Table {
  const entries = Object.entries(columns).map(([name, values]) => {
    return [name, values.some((value) => typeof value === 'string') ? factor(values.map(String)) : numeric(values)];
  });
  return table(Object.fromEntries(entries));
}

const column = (given: OutputTable, name: string): number[] => [...(numberValues(given, name) ?? [])];

/** Every pair differs by less than the bound. */
function near(got: readonly number[], expected: readonly number[], bounds: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => {
    expect(Math.abs(value - expected[i]), `${value} and ${expected[i]}`).toBeLessThan(bounds[i]);
  });
}

const fitCase = ({ data, formula, method, weights }: Case): Promise<MomentFit> =>
  fitTable(referenceTable(data), {
    formula,
    method,
    weights: weights ?? undefined,
    ddf: 'satterthwaite',
    threads: 1,
    backend: 'cpu',
  });

describe("predictions and their variances as R's dense algebra gives them", () => {
  it.each(cases.map((entry) => [entry.id, entry] as const))('%s', async (_, entry) => {
    const result = await fitCase(entry);
    const given = tableOf(entry.new);
    const unit = entry.se_population.map((se) => TOLERANCE.prediction * Math.max(se, entry.sigma));
    const z = 1.959963984540054;
    const conditional = predict(result, given, { allowNewLevels: true, interval: 'confidence' });
    near(column(conditional, '.fitted'), entry.conditional, unit);
    near(column(conditional, '.se.fit'), entry.se_conditional, unit);
    near(
      column(conditional, '.upper'),
      entry.conditional.map((value, i) => value + z * entry.se_conditional[i]),
      unit.map((bound) => 3 * bound),
    );
    const population = predict(result, given, { randomEffects: 'none', interval: 'prediction' });
    near(column(population, '.fitted'), entry.population, unit);
    near(column(population, '.se.fit'), entry.se_population, unit);
    const weights = entry.weights === null ? null : entry.new[entry.weights];
    near(
      column(population, '.lower'),
      entry.population.map((value, i) => {
        const residual = entry.sigma ** 2 / Number(weights?.[i] ?? 1);
        return value - z * Math.sqrt(entry.se_population[i] ** 2 + entry.group_variance[i] + residual);
      }),
      unit.map((bound) => 10 * bound),
    );
    // A new observation of the population is of a group that nobody has seen: no column of groups is needed, nor its values.
    const { fixed, random } = parseFormula(entry.formula);
    const inFixed = new Set(fixed.variables.map(({ label }) => label));
    const groups = random
      .flatMap(({ group }) => group.variables.map(({ label }) => label))
      .filter((name) => !inFixed.has(name));
    expect(groups.length).toBeGreaterThan(0);
    const bare = new Map([...given.columns].filter(([name]) => !groups.includes(name)));
    const missing = new Map(bare);
    for (const name of groups) missing.set(name, numeric(Array.from({ length: given.rows }, () => Number.NaN)));
    for (const columns of [bare, missing]) {
      expect(predict(result, { ...given, columns }, { randomEffects: 'none', interval: 'prediction' })).toEqual(
        population,
      );
    }
    expect(() => predict(result, { ...given, columns: bare }, { interval: 'prediction' })).toThrow(groups[0]);
  });
});

describe('the reference predictions of R', () => {
  type Predictions = {
    newdata: Record<string, number | string>[];
    conditional: number[];
    population: number[];
  };
  const found = referenceFits().flatMap((reference) => {
    const { predictions } = reference as typeof reference & { predictions?: Predictions | null };
    return predictions ? [[reference.id, { reference, predictions }] as const] : [];
  });
  it('are there', () => expect(found.length).toBeGreaterThan(5));
  it.each(found)('%s', async (_, { reference, predictions }) => {
    const contrasts = Object.entries(reference.contrasts ?? {}).filter(([, how]) => how.startsWith('sum'));
    const data = referenceTable(reference.data);
    const result = await fitTable(data, {
      formula: reference.formula,
      method: reference.method,
      coding: Object.fromEntries(contrasts.filter(([name]) => data.columns.has(name)).map(([name]) => [name, 'sum'])),
      threads: 1,
      backend: 'cpu',
    });
    const names = Object.keys(predictions.newdata[0]);
    const given = tableOf(Object.fromEntries(names.map((name) => [name, predictions.newdata.map((row) => row[name])])));
    const bounds = predictions.conditional.map(() => TOLERANCE.prediction * reference.sigma);
    near(column(predict(result, given, { allowNewLevels: true }), '.fitted'), predictions.conditional, bounds);
    near(column(predict(result, given, { randomEffects: 'none' }), '.fitted'), predictions.population, bounds);
  });
});

describe('predict', () => {
  const sleep = () =>
    fitTable(referenceTable('sleepstudy.csv'), {
      formula: 'Reaction ~ Days + (Days | Subject)',
      threads: 1,
      backend: 'cpu',
    });

  it('gives back the fitted values on the table of the fit, also from a saved fit', async () => {
    for (const [data, formula, options] of [
      ['sim_crossed.csv', 'rt ~ a * b + (a | subj) + (1 | item)', {}],
      ['sim_weights_offset.csv', 'y ~ x + offset(o) + (1 | g)', { weights: 'w' }],
      ['sleepstudy_na.csv', 'cbind(Reaction, Days) ~ poly(Age, 2) + (1 | Subject)', {}],
      ['sleepstudy_na.csv', 'Reaction ~ ns(Days, 3) + cut(Age, 2) + (bs(Days, 3) || Subject)', {}],
    ] as const) {
      const whole = referenceTable(data);
      const result = await fitTable(whole, { formula, threads: 1, backend: 'cpu', ...options });
      const bytes = Uint8Array.from([...serialiseFit(result)].flatMap((piece) => [...piece]));
      const predicted = column(predict(deserialiseFit(bytes).fit, whole), '.fitted');
      for (let model = 0; model < result.table.models; model++) {
        const fitted = result.fittedValues(model)?.fitted ?? new Float64Array(0);
        let compared = 0;
        fitted.forEach((value, i) => {
          if (Number.isNaN(value)) return;
          compared++;
          expect(Math.abs(predicted[model * whole.rows + i] - value)).toBeLessThan(
            TOLERANCE.objectives * Math.abs(value),
          );
        });
        expect(compared).toBe(result.table.nobs[model]);
      }
    }
  });

  it('refuses a new group by name, unless it is allowed', async () => {
    const result = await sleep();
    const given = table({ Subject: factor(['308', 'new1']), Days: numeric([1, 2]) });
    expect(() => predict(result, given)).toThrow("'Subject' has the level 'new1' in row 2");
    expect(column(predict(result, given, { randomEffects: 'none' }), '.fitted')[1]).toBeCloseTo(272.33967635, 4);
    const allowed = column(predict(result, given, { allowNewLevels: true }), '.fitted');
    expect(allowed[1]).toBeCloseTo(272.33967635, 4);
  });

  it('needs no groups for the population, and leaves missing rows missing', async () => {
    const result = await sleep();
    const given = table({ Days: numeric([1, 'NA']) });
    const { columns } = predict(result, given, { randomEffects: 'none', standardErrors: true });
    expect(columns.map(({ name }) => name)).toEqual(['response', 'row', '.fitted', '.se.fit']);
    expect(Number.isNaN(Number(columns[2].values[1])) && Number.isNaN(Number(columns[3].values[1]))).toBe(true);
    const groups = table({ Days: numeric([1, 1]), Subject: factor(['NA', '308'], ['308']) });
    expect(column(predict(result, groups), '.fitted').map(Number.isNaN)).toEqual([true, false]);
    expect(() => predict(result, given)).toThrow("no column 'Subject'");
    expect(() => predict(result, given, { level: 1.5 })).toThrow('level: 1.5');
  });

  it('knows which response lacks a level', async () => {
    const data = table({
      y1: numeric([1, 2.5, 3, 4.2, 5, 6.1, 7, 8.8, 9]),
      y2: numeric([1, 2.5, 'NA', 4.2, 5, 'NA', 7, 8.8, 'NA']),
      f: factor([...'abcabcabc']),
      g: factor([...'uuuvvvwww']),
    });
    const result = await fitTable(data, { formula: 'cbind(y1, y2) ~ f + (1 | g)', threads: 1, backend: 'cpu' });
    const fitted = column(predict(result, table({ f: factor(['a', 'c']), g: factor(['u', 'u']) })), '.fitted');
    expect(fitted.map(Number.isNaN)).toEqual([false, false, false, true]);
    expect(() => predict(result, table({ f: factor(['d']), g: factor(['u']) }))).toThrow(
      "'f' has the level 'd' in row 1",
    );
  });
});

describe('predictions from a fit of splits', () => {
  const data = referenceTable('sleepstudy.csv');
  const halves = Array.from({ length: data.rows }, (_, row) => (row % 3 === 0 ? 'b' : 'a'));
  const split = { ...data, columns: new Map([...data.columns, ['half', factor(halves)] as const]) };
  const formula = 'Reaction ~ Days + (1 | Subject)';

  it('are for the rows of each split, and equal those of a fit to these rows', async () => {
    const made = await fitTable(split, { formula, splitBy: 'half', threads: 1, backend: 'cpu' });
    const result = deserialiseFit(Uint8Array.from(Buffer.concat([...serialiseFit(made)]))).fit;
    const predicted = predict(result, split);
    const rows = [...outputRows(predicted)].map((row) => Number(row['row']));
    expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: data.rows }, (_, row) => row + 1));
    for (const level of ['a', 'b']) {
      const own = await fitTable(split, { formula, where: `half == '${level}'`, threads: 1, backend: 'cpu' });
      const expected = column(predict(own, split), '.fitted');
      column(predicted, '.fitted').forEach((value, i) => {
        if (halves[rows[i] - 1] === level) expect(value).toBe(expected[rows[i] - 1]);
      });
    }
  });

  it('are for all rows of a table without the column', async () => {
    const made = await fitTable(split, { formula, splitBy: 'half', threads: 1, backend: 'cpu' });
    expect(predict(made, data).rows).toBe(2 * data.rows);
  });
});
