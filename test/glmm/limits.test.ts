/** Generalised models at the edge of what data can say: perfect fits, means at their limits, variances that do not show apart. */
import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { STATUSES } from '../../src/types/fit-table.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';

const ROWS = 60;
const LEVELS = 10;
const level = (i: number) => i % LEVELS;

function factor(code: (i: number) => number): Column {
  const codes = Int32Array.from({ length: ROWS }, (_, i) => code(i));
  const levels = Array.from({ length: Math.max(...codes) + 1 }, (_, k) => `l${k}`);
  return { kind: 'factor', levels, codes, ordered: false };
}
function numeric(value: (i: number) => number): Column {
  return { kind: 'numeric', values: Float64Array.from({ length: ROWS }, (_, i) => value(i)) };
}

/** Levels g, the same under other names, levels h that cross them, a factor within levels, a covariate near 0 and near 1000. */
function tableOf(y: Column): Table {
  const random = new TestRandom(5);
  const x = random.normals(ROWS);
  const columns = new Map<string, Column>([
    ['y', y],
    ['g', factor(level)],
    ['same', factor((i) => (level(i) + 3) % LEVELS)],
    ['h', factor((i) => Math.floor(i / 10) % 4)],
    ['f', factor((i) => Math.floor(i / LEVELS) % 3)],
    ['x', numeric((i) => x[i])],
    ['far', numeric((i) => 1000 + x[i])],
  ]);
  return { rows: ROWS, columns };
}

async function fitted(y: Column, formula: string, family: 'poisson' | 'nbinom2' | 'Gamma' | 'beta' | 'cumulative') {
  const { table, notes } = await fitTable(tableOf(y), { formula, family, threads: 1 });
  return { table, notes, status: STATUSES[table.status[0]], criterion: table.criterion[0] };
}

function counts(seed: number): Column {
  const random = new TestRandom(seed);
  const effects = random.normals(LEVELS);
  return numeric((i) => Math.floor(Math.exp(0.8 + 0.6 * effects[level(i)] + 0.5 * random.normal())));
}

describe('generalised models at their limits', () => {
  it.each([
    ['Gamma', '(1 | g)'],
    ['beta', '(1 | g)'],
    ['Gamma', '(1 | g) + (1 | h)'],
    ['beta', '(1 | g) + (1 | h)'],
  ] as const)('call a %s response that %s reproduces a perfect fit', async (family, random) => {
    const y = numeric((i) => 0.2 + 0.05 * level(i));
    const { status, table } = await fitted(y, `y ~ x + ${random}`, family);
    expect(status).toBe('perfect_fit');
    expect(table.messages[0]).toMatch(/reproduce the response/);
  });

  it.each(['poisson', 'nbinom2'] as const)(
    'put all variance of terms with the same levels into the first: %s',
    async (family) => {
      const y = counts(3);
      const both = await fitted(y, 'y ~ x + (1 | g) + (1 | same)', family);
      const one = await fitted(y, 'y ~ x + (1 | g)', family);
      expect(both.status).toBe('ok');
      expect(Math.abs(both.criterion - one.criterion)).toBeLessThan(TOLERANCE.criterion.absolute);
      expect(both.table.theta[0]).toBeGreaterThan(0.1);
      expect(both.table.theta[1]).toBe(0);
      expect(both.table.singular[0]).toBe(1);
      expect(both.notes.join('\n')).toMatch(/do not tell their variances apart/);
      both.table.coefficients.standardError.forEach((error, k) => {
        expect(Math.abs(error / one.table.coefficients.standardError[k] - 1)).toBeLessThan(
          TOLERANCE.generalised.standardError,
        );
      });
    },
  );

  it.each(['poisson', 'nbinom2'] as const)(
    'name the coefficients of a level without counts, beside two terms: %s',
    async (family) => {
      const { kind, values } = counts(4) as Extract<Column, { kind: 'numeric' }>;
      const y: Column = { kind, values: values.map((value, i) => (Math.floor(i / LEVELS) % 3 === 2 ? 0 : value)) };
      const { status, table } = await fitted(y, 'y ~ f + (1 | g) + (1 | h)', family);
      expect(status).toBe('separated');
      expect(table.messages[0]).toMatch(/: fl2$|: fl2;/);
      expect(Array.from(table.coefficients.standardError).every(Number.isNaN)).toBe(true);
    },
  );

  it('see a level without counts among large ones, whichever it is and however rows are ordered', async () => {
    const { values } = counts(4) as Extract<Column, { kind: 'numeric' }>;
    const places = Array.from({ length: ROWS }, (_, i) => i);
    for (const of of [0, 1, 2]) {
      for (const order of [places, places.toReversed(), places.toSorted((a, b) => ((7 * a) % 60) - ((7 * b) % 60))]) {
        const y = (i: number) => (Math.floor(i / LEVELS) % 3 === of ? 0 : 2e4 * values[i]);
        const columns = new Map<string, Column>([
          ['y', numeric((i) => y(order[i]))],
          ['g', factor((i) => level(order[i]))],
          ['h', factor((i) => Math.floor(order[i] / 10) % 4)],
          ['f', factor((i) => Math.floor(order[i] / LEVELS) % 3)],
        ]);
        const options = { formula: 'y ~ f + (1 | g) + (1 | h)', family: 'poisson', threads: 1 } as const;
        const { table } = await fitTable({ rows: ROWS, columns }, options);
        expect(STATUSES[table.status[0]]).toBe('separated');
      }
    }
  });

  it.each(['poisson', 'nbinom2'] as const)(
    'find estimates beside a value that stands for missing: %s',
    async (family) => {
      // Its rows have no counts, so that their predictors can be moved far for next to nothing: the slope is known all the same.
      const { values } = counts(4) as Extract<Column, { kind: 'numeric' }>;
      const far = (i: number): boolean => i === 7 || i === 31;
      const table = tableOf(numeric((i) => (far(i) ? 0 : values[i])));
      const { values: x } = table.columns.get('x') as Extract<Column, { kind: 'numeric' }>;
      const columns = new Map([...table.columns, ['x', numeric((i) => (far(i) ? 9999999 : x[i]))] as const]);
      for (const formula of ['y ~ h + x', 'y ~ h + x + (1 | g)', 'y ~ h * x + (1 | g)']) {
        const { table: found } = await fitTable({ rows: ROWS, columns }, { formula, family, threads: 1 });
        expect(STATUSES[found.status[0]]).toBe('ok');
        expect(Array.from(found.coefficients.standardError).every(Number.isFinite)).toBe(true);
      }
    },
  );

  it.each(['poisson', 'nbinom2', 'cumulative'] as const)(
    'find the slope of a covariate far from zero: %s',
    async (family) => {
      const drawn = counts(6) as Extract<Column, { kind: 'numeric' }>;
      const y: Column =
        family === 'cumulative' ? { ...drawn, values: drawn.values.map((value) => Math.min(3, value)) } : drawn;
      const near = await fitted(y, 'y ~ x + (1 | g)', family);
      const far = await fitted(y, 'y ~ far + (1 | g)', family);
      expect(far.status).toBe('ok');
      expect(Math.abs(far.criterion - near.criterion)).toBeLessThan(TOLERANCE.criterion.absolute);
      const [a, b] = [near, far].map(({ table: { coefficients } }) => {
        const k = coefficients.names.findIndex((name) => name === 'x' || name === 'far');
        return [coefficients.estimate[k], coefficients.standardError[k]];
      });
      expect(Math.abs(a[0] - b[0]) / a[1]).toBeLessThan(TOLERANCE.generalised.coefficient);
      expect(Math.abs(b[1] / a[1] - 1)).toBeLessThan(TOLERANCE.generalised.standardError);
    },
  );
});
