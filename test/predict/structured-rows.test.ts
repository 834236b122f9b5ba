/** Residuals, predictions and simulated responses of fits with structured covariances, against V written out. */
import { describe, expect, it } from 'vitest';
import { isFitError } from '../../src/errors.ts';
import type { MomentFit } from '../../src/fit/readable-fit.ts';
import { deserialiseFit, serialiseFit } from '../../src/fit/saved-fit.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { predict } from '../../src/predict/predict.ts';
import { simulateResponses } from '../../src/predict/simulate-responses.ts';
import { augment } from '../../src/result/augment.ts';
import { numberValues, type OutputTable } from '../../src/result/output-table.ts';
import type { Column, Table } from '../../src/types/table.ts';
import {
  column,
  denseCovariance,
  diagonal,
  inverse,
  lower,
  type Matrix,
  minus,
  numbersOf,
  pick,
  times,
  transpose,
} from '../lmm/structured/dense-covariance.ts';
import { trialWithOutcomes } from '../lmm/structured/outcomes.ts';
import { TOLERANCE } from '../tolerance.ts';

type Dense = Parameters<typeof denseCovariance>[3];

interface Case {
  readonly name: string;
  readonly options: { readonly formula: string } & Partial<Parameters<typeof fitTable>[1]>;
  readonly dense: (table: Table) => Dense;
}

const indicator = (table: Table, name: string, level: string) => (i: number) => {
  const factor = table.columns.get(name) as Extract<Column, { kind: 'factor' }>;
  return factor.levels[factor.codes[i]] === level ? 1 : 0;
};

const CASES: Case[] = [
  { name: 'us', options: { formula: 'y ~ x + visit', residual: 'us(visit | subject)' }, dense: () => ({}) },
  {
    name: 'ar1h by arm, with weights',
    options: { formula: 'y ~ x + arm', residual: 'ar1h(visit | arm / subject)', weights: 'w' },
    dense: () => ({ by: 'arm', weights: 'w' }),
  },
  {
    name: 'sp_exp',
    options: { formula: 'y ~ x', residual: 'sp_exp(time | subject)' },
    dense: () => ({ time: 'time' }),
  },
  {
    name: 'dispersion alone',
    options: { formula: 'y ~ x', dispersion: '~ arm', weights: 'w' },
    dense: (table) => ({ weights: 'w', dispersion: (i) => [1, indicator(table, 'arm', 'arm001')(i)] }),
  },
  {
    name: 'ar1 with dispersion and a random intercept',
    options: { formula: 'y ~ x + (1 | subject)', residual: 'ar1(visit | subject)', dispersion: '~ arm' },
    dense: (table) => ({
      dispersion: (i) => [1, indicator(table, 'arm', 'arm001')(i)],
      random: [{ group: 'subject', z: () => [1] }],
    }),
  },
  {
    name: 'random slopes with dispersion and weights',
    options: { formula: 'y ~ x + (time | subject)', dispersion: '~ arm', weights: 'w' },
    dense: (table) => ({
      weights: 'w',
      dispersion: (i) => [1, indicator(table, 'arm', 'arm001')(i)],
      random: [{ group: 'subject', z: (i) => [1, numbersOf(table, 'time')[i]] }],
    }),
  },
  {
    name: 'a structured random effect',
    options: { formula: 'y ~ x + diag(time | subject)' },
    dense: (table) => ({
      random: [
        {
          group: 'subject',
          z: (i) => [1, numbersOf(table, 'time')[i]],
        },
      ],
    }),
  },
];

const table = trialWithOutcomes(3, 24, 3);
const fitCase = ({ options }: Case, data: Table = table): Promise<MomentFit> =>
  fitTable(data, { threads: 1, backend: 'cpu', ddf: 'satterthwaite', ...options });
const valuesOf = (given: OutputTable, name: string): number[] => [...(numberValues(given, name) ?? [])];

function near(got: readonly number[], expected: readonly number[], bound: number = TOLERANCE.denseStructured): void {
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => {
    expect(Math.abs(value - expected[i]), `${i}: ${value} and ${expected[i]}`).toBeLessThan(bound);
  });
}

/** X over the coefficients of a fit, from predictions of the population: their covariance's own square would not do. */
function designMatrix(fit: MomentFit, data: Table): Matrix {
  const { names } = fit.table.coefficients;
  return Array.from({ length: data.rows }, (_, i) =>
    names.map((name) => {
      if (name === '(Intercept)') return 1;
      if (name === 'x') return numbersOf(data, 'x')[i];
      const owner = name.startsWith('arm') ? 'arm' : 'visit';
      return indicator(data, owner, name.slice(owner.length))(i);
    }),
  );
}

const y = numbersOf(table, 'y');
const all = Array.from({ length: table.rows }, (_, i) => i);

describe.each(CASES.map((entry) => [entry.name, entry] as const))('%s', (_, entry) => {
  it('has residuals on the scales of V', async () => {
    const fit = await fitCase(entry);
    const { R, V } = denseCovariance(fit, 0, table, entry.dense(table));
    const O = inverse(V);
    const X = designMatrix(fit, table);
    const C = inverse(times(times(transpose(X), O), X));
    const P = minus(O, times(times(times(O, X), C), times(transpose(X), O)));
    const residual = times(times(R, P), column(y)).map(([value]) => value);
    const given = augment(fit);
    near(valuesOf(given, '.resid'), residual);
    near(
      valuesOf(given, '.resid.pearson'),
      residual.map((value, i) => value / Math.sqrt(R[i][i])),
    );
    const RP = times(R, P);
    near(
      valuesOf(given, '.hat'),
      diagonal(RP).map((value) => 1 - value),
    );
    const spread = diagonal(times(RP, R));
    near(
      valuesOf(given, '.resid.standardised'),
      residual.map((value, i) => value / Math.sqrt(spread[i])),
    );
    const whitened = times(inverse(lower(R)), column(residual)).map(([value]) => value);
    near(valuesOf(given, '.resid.whitened'), whitened);
  });

  it('predicts means with their errors, also when read back', async () => {
    const fit = await fitCase(entry);
    const { R, V } = denseCovariance(fit, 0, table, entry.dense(table));
    const O = inverse(V);
    const X = designMatrix(fit, table);
    const C = inverse(times(times(transpose(X), O), X));
    const beta = times(times(C, transpose(X)), times(O, column(y)));
    const mean = times(X, beta).map(([value]) => value);
    const S = minus(V, R);
    const B = times(S, O);
    const fitted = mean.map((value, i) => value + B[i].reduce((sum, b, j) => sum + b * (y[j] - mean[j]), 0));
    const D = minus(X, times(B, X));
    const error = minus(S, times(B, S)).map((row, i) => row[i] + times(times([D[i]], C), transpose([D[i]]))[0][0]);
    const bytes = Uint8Array.from([...serialiseFit(fit)].flatMap((piece) => [...piece]));
    for (const each of [fit, deserialiseFit(bytes).fit]) {
      const given = predict(each, table, { interval: 'prediction' });
      near(valuesOf(given, '.fitted'), fitted);
      near(
        valuesOf(given, '.se.fit'),
        error.map((value) => Math.sqrt(value)),
      );
      near(
        valuesOf(given, '.upper'),
        fitted.map((value, i) => value + 1.959963984540054 * Math.sqrt(error[i] + R[i][i])),
      );
      const population = predict(each, table, { interval: 'prediction', randomEffects: 'none' });
      // Subjects say nothing of it.
      const columns = new Map([...table.columns].filter(([name]) => name !== 'subject'));
      expect(predict(each, { ...table, columns }, { interval: 'prediction', randomEffects: 'none' })).toEqual(
        population,
      );
      near(valuesOf(population, '.fitted'), mean);
      near(
        valuesOf(population, '.lower'),
        mean.map(
          (value, i) =>
            value - 1.959963984540054 * Math.sqrt(times(times([X[i]], C), transpose([X[i]]))[0][0] + V[i][i]),
        ),
      );
    }
  });

  it('predicts missing rows from the observed ones of the table', async () => {
    const fit = await fitCase(entry);
    const { V } = denseCovariance(fit, 0, table, entry.dense(table));
    const O = inverse(V);
    const X = designMatrix(fit, table);
    const C = inverse(times(times(transpose(X), O), X));
    const beta = times(times(C, transpose(X)), times(O, column(y)));
    const mean = times(X, beta).map(([value]) => value);
    const seen = all.filter((i) => i % 3 !== 1);
    const columns = new Map(table.columns);
    columns.set('y', {
      kind: 'numeric',
      values: Float64Array.from(y, (v, i) => (i % 3 !== 1 ? v : Number.NaN)),
    } as Column);
    const given = predict(fit, { ...table, columns }, { useObserved: true, interval: 'prediction' });
    const W = times(pick(V, all, seen), inverse(pick(V, seen)));
    const wanted = mean.map(
      (value, i) => value + W[i].reduce((sum, w, k) => sum + w * (y[seen[k]] - mean[seen[k]]), 0),
    );
    const XS = minus(
      X,
      times(
        W,
        pick(
          X,
          seen,
          X[0].map((_, j) => j),
        ),
      ),
    );
    const own = diagonal(minus(V, times(W, pick(V, seen, all))));
    const got = valuesOf(given, '.fitted');
    const upper = valuesOf(given, '.upper');
    let others = 0;
    for (const i of all) {
      if (seen.includes(i)) {
        expect(got[i]).toBe(y[i]);
        expect(upper[i]).toBe(y[i]);
        continue;
      }
      // Rows that nothing connects with an observed one keep their plain prediction.
      if (seen.every((j) => V[i][j] === 0)) continue;
      others++;
      near([got[i]], [wanted[i]]);
      const error = times(times([XS[i]], C), transpose([XS[i]]))[0][0];
      near([upper[i]], [wanted[i] + 1.959963984540054 * Math.sqrt(error + own[i])]);
    }
    const lone = all.filter((i) => !seen.includes(i) && seen.every((j) => V[i][j] === 0)).length;
    expect(others).toBe(all.length - seen.length - lone);
    expect(others > 0).toBe(entry.name !== 'dispersion alone');
  });

  it('simulates responses with the covariance V', async () => {
    const fit = await fitCase(entry);
    const { V } = denseCovariance(fit, 0, table, entry.dense(table));
    const X = designMatrix(fit, table);
    const beta = column([...fit.table.coefficients.estimate]);
    const mean = times(X, beta).map(([value]) => value);
    const nsim = 3000;
    const [{ values }] = [...simulateResponses(fit, table, { nsim, seed: 3 })];
    const n = table.rows;
    const rows = all.slice(0, 6);
    for (const i of rows) {
      for (const j of rows) {
        let sum = 0;
        for (let s = 0; s < nsim; s++) sum += (values[s * n + i] - mean[i]) * (values[s * n + j] - mean[j]);
        const spread = Math.sqrt((V[i][i] * V[j][j] + V[i][j] ** 2) / nsim);
        expect(Math.abs(sum / nsim - V[i][j])).toBeLessThan(TOLERANCE.nullRate * spread);
      }
    }
  });
});

describe('misuse is refused with a remedy', () => {
  const residual = { formula: 'y ~ x', residual: 'ar1h(visit | subject)', threads: 1, backend: 'cpu' } as const;
  const replaced = (name: string, value: Column): Table => ({
    ...table,
    columns: new Map(table.columns).set(name, value),
  });
  const refusal = (attempt: () => unknown): unknown => {
    try {
      attempt();
    } catch (error) {
      return error;
    }
    return null;
  };
  const factor = (name: string) => table.columns.get(name) as Extract<Column, { kind: 'factor' }>;

  it('of a visit that the fit did not have', async () => {
    const fit = await fitTable(table, residual);
    const visit = factor('visit');
    const unknown = replaced('visit', {
      ...visit,
      levels: [...visit.levels, 'late'],
      codes: visit.codes.map((code, i) => (i === 5 ? visit.levels.length : code)),
    });
    const error = refusal(() => predict(fit, unknown, { interval: 'prediction' }));
    expect(isFitError(error, 'DataError') && error.message).toContain("'late' in row 6");
    // The mean does not ask for it.
    expect(refusal(() => predict(fit, unknown, { interval: 'confidence' }))).toBeNull();
  });

  it('of two rows of a subject at a visit', async () => {
    const fit = await fitTable(table, residual);
    const visit = factor('visit');
    const twice = replaced('visit', {
      ...visit,
      codes: visit.codes.map((code, i) => (i === 1 ? visit.codes[0] : code)),
    });
    for (const attempt of [
      () => predict(fit, twice, { useObserved: true }),
      () => [...simulateResponses(fit, twice)],
    ]) {
      expect(isFitError(refusal(attempt), 'DataError')).toBe(true);
    }
  });

  it('of observed rows where they say nothing, or are not there', async () => {
    const plain = await fitTable(table, { formula: 'y ~ x + (1 | subject)', threads: 1, backend: 'cpu' });
    expect(
      isFitError(
        refusal(() => predict(plain, table, { useObserved: true })),
        'OptionError',
      ),
    ).toBe(true);
    const fit = await fitTable(table, residual);
    const columns = new Map(table.columns);
    columns.delete('y');
    const error = refusal(() => predict(fit, { ...table, columns }, { useObserved: true }));
    expect(isFitError(error)).toBe(true);
    const mixed = await fitTable(table, { ...residual, formula: 'y ~ x + (1 | site)' });
    const population = { useObserved: true, randomEffects: 'none' } as const;
    expect(
      isFitError(
        refusal(() => predict(mixed, table, population)),
        'OptionError',
      ),
    ).toBe(true);
  });

  it('of random effects that connect groups with residuals of their own', async () => {
    const asked = { ...residual, formula: 'y ~ x + (1 | site)', residual: 'ar1(visit | arm / subject)' };
    const error = await fitTable(table, asked).catch((thrown: unknown) => thrown);
    expect(isFitError(error, 'DataError') && error.message).toContain("site connects rows of 'arm'");
  });

  it('not of visits that only another group has, whose covariance is not known', async () => {
    const visit = factor('visit');
    const arm = factor('arm');
    const y = numbersOf(table, 'y').map((value, i) =>
      arm.codes[i] === 1 && visit.codes[i] === 2 ? Number.NaN : value,
    );
    const data = replaced('y', { kind: 'numeric', values: Float64Array.from(y) } as Column);
    const options = { ...residual, formula: 'y ~ x + (1 | subject)', residual: 'adh(visit | arm / subject)' };
    const fit = await fitTable(data, options);
    expect(fit.randomEffects(0)[0].estimate.every(Number.isFinite)).toBe(true);
    const limits = valuesOf(predict(fit, data, { interval: 'prediction' }), '.upper');
    limits.forEach((value, i) => {
      expect(Number.isFinite(value)).toBe(!Number.isNaN(y[i]));
    });
  });

  it('not of new subjects, whose rows go together', async () => {
    const fit = await fitTable(table, residual);
    const subject = factor('subject');
    const renamed = replaced('subject', { ...subject, levels: subject.levels.map((level) => `new ${level}`) });
    const [old, fresh] = [table, renamed].map((data) =>
      predict(fit, data, { useObserved: true, interval: 'prediction' }),
    );
    expect(valuesOf(fresh, '.fitted')).toEqual(valuesOf(old, '.fitted'));
  });
});

describe('a mean without random effects', () => {
  it('has the standard errors of the tests, whatever is said of random effects', async () => {
    const options = { formula: 'y ~ visit', residual: 'us(visit | subject)', ddf: 'kenward-roger' } as const;
    const fit = await fitTable(table, { threads: 1, backend: 'cpu', ...options });
    const errors = (randomEffects: 'all' | 'none') =>
      valuesOf(predict(fit, table, { randomEffects, standardErrors: true }), '.se.fit');
    near(errors('all'), errors('none'));
    // The first visit's mean is the intercept.
    const visit = table.columns.get('visit');
    const first = all.find((i) => visit?.kind === 'factor' && visit.codes[i] === 0) ?? -1;
    near([errors('all')[first]], [fit.table.coefficients.standardError[0]]);
  });
});
