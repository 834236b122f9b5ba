/** What the page's worker says of one model, against the library and the fits of all models. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../demo/src/protocol/settings.ts';
import { type DataSet, openDataSet } from '../../demo/src/worker/data-set.ts';
import { openExample } from '../../demo/src/worker/examples.ts';
import { levelInfluence } from '../../demo/src/worker/influence.ts';
import { oneModel } from '../../demo/src/worker/one-model.ts';
import { predictionFields, predictions } from '../../demo/src/worker/predictions.ts';
import { residuals } from '../../demo/src/worker/residuals.ts';
import { type FittedRun, fitPrepared, prepare } from '../../demo/src/worker/run.ts';
import { trajectories } from '../../demo/src/worker/trajectories.ts';
import {
  fit as fitTable,
  type InputOptions,
  influence,
  marginalMeans,
  outputRows,
  readTable,
} from '../../src/doors/node.ts';
import { fitMoments, prepare as prepareRun, readInput, runMoments } from '../../src/doors/steps.ts';
import { TOLERANCE } from '../tolerance.ts';

const { signal } = new AbortController();

async function run(data: DataSet, change: Partial<Settings>): Promise<FittedRun> {
  const settings: Settings = { ...DEFAULT_SETTINGS, backend: 'cpu', threads: 1, ...change };
  const prepared = await prepare(data, settings, null, () => {}, signal);
  return (await fitPrepared(prepared, settings, () => {}, signal)).fitted;
}

/** A run with options that these settings have no word for. */
async function runOf(data: DataSet, options: InputOptions): Promise<FittedRun> {
  const input = await readInput(data.roles.data, options, data.files);
  const prepared = await prepareRun(input, options);
  const held = await runMoments(prepared, options.formula);
  const result = await fitMoments(held.moments, { backend: 'cpu', threads: 1 });
  const settings: Settings = { ...DEFAULT_SETTINGS, formula: options.formula };
  return { key: '', input, data: prepared, prepared: held, settings, result };
}

async function example(name: string): Promise<DataSet> {
  const bytes = readFileSync(new URL(`../../examples/${name}`, import.meta.url));
  return openDataSet([{ name, file: new Blob([bytes]) }], null);
}

const VISITS = 'y ~ time * arm + age + (time | subject)';

describe('one model of the page', () => {
  it('is the one of the table, in cells that are read in blocks and normalised', async () => {
    const fitted = await run(await openExample('cells', []), {
      formula: '~ stim + (1 | donor) + (1 | donor:stim)',
      normalize: 'log1p-cp10k',
      minCounts: 400,
    });
    const { table } = fitted.result;
    const fits = Array.from(table.status.keys()).filter((m) => table.status[m] === 0 && table.singular[m] === 0);
    for (const model of [fits[0], fits[40]]) {
      const cache = { values: new Map() };
      const { result } = await oneModel(fitted, model, cache, signal);
      expect(result.table.responses).toEqual([table.responses[model]]);
      expect(result.table.nobs[0]).toBe(table.nobs[model]);
      expect(result.table.nobs[0]).toBeLessThan(2400);
      for (let k = 0; k < table.coefficients.names.length; k++) {
        const at = model * table.coefficients.names.length + k;
        const se = table.coefficients.standardError[at];
        expect(Math.abs(result.table.coefficients.estimate[k] - table.coefficients.estimate[at])).toBeLessThan(
          TOLERANCE.engines * se,
        );
      }
      const { scaled, scale, rows, groups } = await residuals(fitted, model, cache, signal);
      expect(scale).toBe('standardised');
      expect(rows).toBe(table.nobs[model]);
      const mean = scaled.reduce((sum, value) => sum + value, 0) / rows;
      const variance = scaled.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
      expect(Math.abs(variance - 1)).toBeLessThan(0.05);
      expect(groups.map(({ column }) => column)).toEqual(['stim', 'donor', 'donor:stim']);
      expect(await trajectories(fitted, model, cache, signal)).toBeNull();
      const found = await levelInfluence(fitted, model, 'donor', cache, signal);
      expect(found.levels).toHaveLength(12);
      expect(found.groups).toEqual(['donor', 'donor:stim']);
      expect(found.cooks.every((value) => value >= 0)).toBe(true);
    }
  });

  it('has the trajectories, means and influence that the library has of the table itself', async () => {
    const fitted = await run(await example('visits.csv'), { formula: VISITS, condition: 'time' });
    const cache = { values: new Map() };
    const data = await readTable(new URL('../../examples/visits.csv', import.meta.url).pathname);
    const direct = await fitTable(data, { formula: VISITS, backend: 'cpu', threads: 1 });
    const found = await trajectories(fitted, 0, cache, signal);
    expect(found).toMatchObject({ time: 'time', condition: 'arm', subject: 'subject', visits: null });
    expect(found?.lines).toHaveLength(60);
    expect(found?.lines.reduce((sum, { time }) => sum + time.length, 0)).toBe(direct.table.nobs[0]);
    const values = direct.fittedValues(0)?.fitted ?? [];
    const [first] = found?.lines ?? [];
    expect(Array.from(first?.fitted ?? [])).toEqual(Array.from(values.slice(0, first?.fitted.length)));
    expect(found?.notes).toEqual([]);
    expect(found?.means).toHaveLength(2);
    for (const { condition, time, mean, low, high } of found?.means ?? []) {
      const { means } = marginalMeans(direct, { over: ['arm'], at: { time: [time[10]] } });
      const row = [...outputRows(means)].find((one) => one['arm'] === found?.conditions[condition]);
      expect(mean[10]).toBeCloseTo(Number(row?.['estimate']), 9);
      expect(low[10]).toBeCloseTo(Number(row?.['conf.low']), 8);
      expect(high[10]).toBeCloseTo(Number(row?.['conf.high']), 8);
    }
    const influenced = await levelInfluence(fitted, 0, '', cache, signal);
    const rows = [...outputRows(await influence(direct, { threads: 1 }))].filter((row) => row['effect'] === 'fixed');
    rows.forEach((row) => {
      const level = influenced.levels.indexOf(String(row['deleted']));
      const at = level * influenced.terms.length + influenced.terms.indexOf(String(row['term']));
      expect(influenced.delta[at]).toBeCloseTo(Number(row['delta']), 8);
      expect(influenced.cooks[level]).toBeCloseTo(Number(row['cooks.distance']), 8);
    });
    expect(rows).toHaveLength(60 * 5);
  });

  it('predicts at values that were typed', async () => {
    const fitted = await run(await example('visits.csv'), { formula: VISITS });
    const cache = { values: new Map() };
    const fields = await predictionFields(fitted, 0, cache, signal);
    expect(fields.map(({ name, kind, groups }) => [name, kind, groups])).toEqual([
      ['time', 'number', false],
      ['arm', 'choice', false],
      ['age', 'number', false],
      ['subject', 'choice', true],
    ]);
    const values = { time: '2.5', arm: 'treated', age: '40', subject: 'S07' };
    const answer = (ofGroups: boolean, interval: 'confidence' | 'prediction', change = {}) =>
      predictions(fitted, { model: 0, values: { ...values, ...change }, ofGroups, interval }, cache, signal);
    const ask = async (...asked: Parameters<typeof answer>) => (await answer(...asked)).rows;
    const [mean] = await ask(false, 'confidence');
    const { names, estimate } = fitted.result.table.coefficients;
    const beta = (name: string) => estimate[names.indexOf(name)];
    const treated = names.some((name) => name === 'armtreated') ? 1 : 0;
    const byHand =
      beta('(Intercept)') +
      2.5 * beta('time') +
      40 * beta('age') +
      (treated === 1 ? beta('armtreated') + 2.5 * beta('time:armtreated') : 0);
    expect(mean.fitted).toBeCloseTo(byHand, 7);
    const [own] = await ask(true, 'confidence');
    const effects = fitted.result.randomEffects(0)[0];
    const place = effects.levels.indexOf('S07');
    expect(own.fitted).toBeCloseTo(byHand + effects.estimate[2 * place] + 2.5 * effects.estimate[2 * place + 1], 7);
    // A subject of the other arm is predicted, and said to be.
    const arms = ['placebo', 'treated'];
    const notes = await Promise.all(arms.map(async (arm) => (await answer(true, 'confidence', { arm })).notes));
    expect(notes.map(({ length }) => length).sort()).toEqual([0, 1]);
    expect(notes.flat()[0]).toContain("a 'arm' that its 'subject' never had in the data ('S07')");
    expect((await answer(false, 'confidence')).notes).toEqual([]);
    const [next] = await ask(false, 'prediction');
    expect(next.high - next.low).toBeGreaterThan(mean.high - mean.low);
    await expect(ask(false, 'confidence', { time: 'soon' })).rejects.toThrow('“time” needs a number');
  });

  it('draws counts of an exposure as rates, as their means are', async () => {
    const counts = await runOf(await example('counts.csv'), {
      formula: 'attacks ~ visit * arm + offset(log(days)) + (1 | patient)',
      family: 'poisson',
    });
    const rates = await trajectories(counts, 0, { values: new Map() }, signal);
    expect(rates?.unit).toBe('per unit of exposure');
    const diary = await readTable(new URL('../../examples/counts.csv', import.meta.url).pathname);
    const [attacks, days] = ['attacks', 'days'].map((name) => diary.columns.get(name));
    if (attacks?.kind !== 'numeric' || days?.kind !== 'numeric') throw new Error('numbers are needed');
    const drawn = rates?.lines.flatMap(({ value }) => [...value]).sort((a, b) => a - b) ?? [];
    const wanted = Array.from(attacks.values, (count, i) => count / days.values[i]).filter(
      (rate) => !Number.isNaN(rate),
    );
    wanted.sort((a, b) => a - b);
    expect(drawn).toHaveLength(wanted.length);
    for (const [k, rate] of drawn.entries()) expect(rate).toBeCloseTo(wanted[k], 12);
    const middle = wanted[Math.floor(wanted.length / 2)];
    for (const { mean } of rates?.means ?? []) for (const rate of mean) expect(rate / middle).toBeLessThan(5);
    expect(rates?.means).toHaveLength(2);
    // Nor is an exposure an axis of time, wherever it stands.
    const first = await runOf(await example('counts.csv'), {
      formula: 'attacks ~ offset(log(days)) + visit * arm + (1 | patient)',
      family: 'poisson',
    });
    expect(await trajectories(first, 0, { values: new Map() }, signal)).toMatchObject({ time: 'visit' });
    const alone = await runOf(await example('counts.csv'), {
      formula: 'attacks ~ arm + offset(log(days)) + (1 | patient)',
      family: 'poisson',
    });
    expect(await trajectories(alone, 0, { values: new Map() }, signal)).toBeNull();
  });

  it('follows families and structured residuals', async () => {
    const cache = { values: new Map() };
    const clinic = await runOf(await example('clinic.csv'), {
      formula: 'well ~ week * arm + severity + (1 | patient)',
      family: 'binomial',
    });
    const { fitted, scale, fittedName } = await residuals(clinic, 0, cache, signal);
    expect(scale).toBe('quantile');
    expect(fittedName).toBe('Linear predictor');
    expect(fitted.length).toBe(clinic.result.table.nobs[0]);
    const over = await trajectories(clinic, 0, cache, signal);
    expect(over).toMatchObject({ time: 'week', condition: 'arm', subject: 'patient' });
    expect(over?.means.every(({ mean, low, high }) => mean.every((p, k) => p > low[k] && p < high[k] && p < 1))).toBe(
      true,
    );
    expect(over?.unit).toBe('');
    const values = { week: '4', arm: 'treated', severity: '1', patient: 'P01' };
    const {
      rows: [mean],
    } = await predictions(clinic, { model: 0, values, ofGroups: false, interval: 'prediction' }, cache, signal);
    expect(mean.fitted).toBeGreaterThan(mean.low);
    expect(mean.high).toBeLessThan(1);

    const trial = await runOf(await example('trial.csv'), {
      formula: 'score ~ base + arm * visit',
      residual: 'us(visit | subject)',
    });
    const whitened = await residuals(trial, 0, cache, signal);
    expect(whitened.scale).toBe('whitened');
    const variance = whitened.scaled.reduce((sum, value) => sum + value ** 2, 0) / whitened.rows;
    expect(Math.abs(variance - 1)).toBeLessThan(0.1);
    expect(whitened.groups.map(({ column }) => column)).toEqual(['arm', 'visit']);
    expect(await trajectories(trial, 0, cache, signal)).toMatchObject({ time: 'visit', subject: 'subject' });
    expect((await levelInfluence(trial, 0, '', cache, signal)).levels).toHaveLength(80);
    // A subject whose residuals are alike has no effect of its own to be predicted.
    const asked = await predictionFields(trial, 0, cache, signal);
    expect(asked.map(({ name }) => name)).toEqual(['base', 'arm', 'visit']);
    const at = { base: '50', arm: 'placebo', visit: 'week02' };
    for (const interval of ['confidence', 'prediction'] as const) {
      const asking = { model: 0, values: at, ofGroups: false, interval };
      const {
        rows: [found],
      } = await predictions(trial, asking, cache, signal);
      expect(found.low).toBeLessThan(found.fitted);
    }

    const cells = await runOf(await openExample('cells', []), {
      formula: '~ stim + (1 | donor)',
      family: 'poisson',
      offset: 'library',
      responses: 'gene0387,gene1571',
    });
    const counts = await residuals(cells, 1, cache, signal);
    expect(counts.scale).toBe('quantile');
    const { result } = await oneModel(cells, 1, cache, signal);
    const { estimate, names } = cells.result.table.coefficients;
    names.forEach((_, k) => {
      expect(result.table.coefficients.estimate[k]).toBeCloseTo(estimate[names.length + k], 6);
    });
    const fields = await predictionFields(cells, 1, cache, signal);
    expect(fields.map(({ name }) => name)).toEqual(['stim', 'donor', 'library']);
  });

  it('offers groups that go together, for a prediction of them', async () => {
    const cells = await runOf(await openExample('cells', []), {
      formula: '~ stim + (1 | donor) + (1 | sample)',
      responses: 'gene0387',
    });
    const fields = await predictionFields(cells, 0, { values: new Map() }, signal);
    const usual = Object.fromEntries(fields.map((field) => [field.name, field.usual]));
    expect(usual['stim']).toMatch(/^(ctrl|stim)$/);
    expect(usual['sample']).toBe(`${usual['donor']}.${usual['stim']}`);
  });
});
