/** Structured fits in files, from stored moments, by split, with weights and missing values of a response's own. */
import { describe, expect, it } from 'vitest';
import { isFitError } from '../src/errors.ts';
import { fitMoments } from '../src/fit/fit-moments.ts';
import type { MomentFit } from '../src/fit/readable-fit.ts';
import { deserialiseFit, serialiseFit } from '../src/fit/saved-fit.ts';
import { fitDesign, fit as fitTable } from '../src/fit.ts';
import { buildDesign } from '../src/formula/design.ts';
import { parseFormula } from '../src/formula/parse.ts';
import { testRow } from '../src/infer/small-sample.ts';
import { waldIntervals } from '../src/intervals/intervals.ts';
import { deserialiseMoments } from '../src/moments/deserialise.ts';
import { serialiseMoments } from '../src/moments/serialise.ts';
import { tableResponses } from '../src/moments/table-moments.ts';
import { ranef } from '../src/result/ranef.ts';
import { tidy } from '../src/result/tidy.ts';
import { STATUSES } from '../src/types/fit-table.ts';
import type { Column, Table } from '../src/types/table.ts';
import { numbersOf } from './lmm/structured/dense-covariance.ts';
import { trialWithOutcomes } from './lmm/structured/outcomes.ts';
import { TOLERANCE } from './tolerance.ts';

const OPTIONS = { threads: 1, backend: 'cpu' } as const;
const bytesOf = (pieces: Iterable<Uint8Array>) => Uint8Array.from([...pieces].flatMap((piece) => [...piece]));
const table = trialWithOutcomes(41, 30, 3, ['y', 'z']);
const CASES = [
  { formula: 'cbind(y, z) ~ x + arm', residual: 'us(visit | subject)' },
  { formula: 'y ~ x', residual: 'ar1h(visit | arm / subject)', weights: 'w' },
  { formula: 'y ~ x', residual: 'sp_exp(time | subject)', dispersion: '~ arm' },
  { formula: 'y ~ x + (time | subject)', dispersion: '~ arm' },
  { formula: 'y ~ x + diag(time | subject)' },
];

/** The table with some values of z missing. */
function withMissing(data: Table, at: readonly number[]): Table {
  const columns = new Map(data.columns);
  const values = Float64Array.from(numbersOf(data, 'z'), (v, i) => (at.includes(i) ? Number.NaN : v));
  columns.set('z', { kind: 'numeric', values } as Column);
  return { ...data, columns };
}

/** The models of one response of two fits agree. */
function expectSame(one: MomentFit, a: number, other: MomentFit, b: number): void {
  const [ta, tb] = [one.table, other.table];
  expect(STATUSES[ta.status[a]]).toBe('ok');
  expect(Math.abs(ta.criterion[a] - tb.criterion[b])).toBeLessThan(
    TOLERANCE.denseStructured * (1 + Math.abs(ta.criterion[a])),
  );
  for (const [k, name] of ta.coefficients.names.entries()) {
    const at = tb.coefficients.names.indexOf(name);
    for (const column of ['estimate', 'standardError', 'df'] as const) {
      const [x, y] = [
        ta.coefficients[column][a * ta.coefficients.names.length + k],
        tb.coefficients[column][b * tb.coefficients.names.length + at],
      ];
      expect(Math.abs(x - y)).toBeLessThan(TOLERANCE.sameFit * (1 + Math.abs(x)));
    }
  }
}

describe('a structured fit', () => {
  it.each(CASES)('$formula, $residual, $dispersion is read back with all readers', async (options) => {
    const fit = await fitTable(table, { ...OPTIONS, ...options });
    const { fit: read } = deserialiseFit(bytesOf(serialiseFit(fit)));
    expect(read.table).toEqual(fit.table);
    expect(read.recipe).toEqual(fit.recipe);
    expect(tidy(read)).toEqual(tidy(fit));
    expect(ranef(read)).toEqual(ranef(fit));
    expect(waldIntervals(read)).toEqual(waldIntervals(fit));
    expect(read.covarianceOfCoefficients(0)).toEqual(fit.covarianceOfCoefficients(0));
    expect(read.smallSample(0)).toEqual(fit.smallSample(0));
  });

  it.each(CASES)('$formula, $residual, $dispersion is the same from stored moments', async (options) => {
    const fit = await fitTable(table, { ...OPTIONS, ...options });
    const { moments } = deserialiseMoments(bytesOf(serialiseMoments(fit.moments)));
    const again = await fitMoments(moments, OPTIONS);
    expect(again.table).toEqual(fit.table);
  });

  it.each(CASES)('$formula, $residual, $dispersion has readers that agree with its table', async (options) => {
    for (const ddf of ['satterthwaite', 'kenward-roger'] as const) {
      const fit = await fitTable(table, { ...OPTIONS, ...options, ddf });
      const { coefficients } = fit.table;
      const sample = fit.smallSample(0);
      coefficients.names.forEach((_, k) => {
        const row = Float64Array.from(coefficients.names, (__, j) => (j === k ? 1 : 0));
        const { estimate, standardError, df } = testRow(sample as NonNullable<typeof sample>, row);
        const wanted = [coefficients.estimate[k], coefficients.standardError[k], coefficients.df[k]];
        [estimate, standardError, df].forEach((value, i) => {
          expect(Math.abs(value - wanted[i])).toBeLessThan(TOLERANCE.sameFit * (1 + Math.abs(wanted[i])));
        });
      });
    }
  });

  it('with weights by response is that of each with its weights as a column', async () => {
    const weights = new Float64Array(2 * table.rows);
    const [w, x] = [numbersOf(table, 'w'), numbersOf(table, 'x')];
    weights.set(w);
    weights.set(
      x.map((value) => Math.exp(0.3 * value)),
      table.rows,
    );
    const formula = 'cbind(y, z) ~ x + arm';
    const options = { residual: 'csh(visit | subject)' };
    const responses = { ...tableResponses(parseFormula(formula), table), weights };
    const both = await fitDesign(buildDesign(formula, table, options), responses, OPTIONS);
    const columns = new Map(table.columns);
    columns.set('w2', { kind: 'numeric', values: weights.slice(table.rows) } as Column);
    for (const [m, [name, weight]] of [
      ['y', 'w'],
      ['z', 'w2'],
    ].entries()) {
      const one = await fitTable(
        { ...table, columns },
        { ...OPTIONS, ...options, formula: `${name} ~ x + arm`, weights: weight },
      );
      expectSame(both, m, one, 0);
      const [a, b] = [both.scaledResiduals?.(m), one.scaledResiduals?.(0)];
      for (const kind of ['pearson', 'whitened', 'hat'] as const) {
        a?.[kind]?.forEach((value, i) => {
          expect(Math.abs(value - (b?.[kind]?.[i] ?? Number.NaN))).toBeLessThan(TOLERANCE.sameFit);
        });
      }
    }
  });

  it('with values missing in one response is that of the response alone', async () => {
    const data = withMissing(table, [3, 7, 8, 20]);
    for (const options of [
      { residual: 'us(visit | subject)' },
      { residual: 'ar1(visit | subject)', dispersion: '~ arm' },
    ]) {
      const both = await fitTable(data, { ...OPTIONS, formula: 'cbind(y, z) ~ x + arm', ...options });
      expect(both.moments.batches.length).toBe(2);
      expectSame(both, 1, await fitTable(data, { ...OPTIONS, formula: 'z ~ x + arm', ...options }), 0);
    }
  });

  it('of splits is that of each split alone', async () => {
    const options = { ...OPTIONS, formula: 'y ~ x', residual: 'csh(visit | subject)' } as const;
    const all = await fitTable(table, { ...options, splitBy: 'arm' });
    const { fit: read } = deserialiseFit(bytesOf(serialiseFit(all)));
    expect(read.table).toEqual(all.table);
    expect(all.table.models).toBe(2);
    for (const [m, split] of (all.table.splits ?? []).entries()) {
      expectSame(all, m, await fitTable(table, { ...options, where: `arm == '${split}'` }), 0);
    }
  });

  it('is refused moderation', async () => {
    const error = await fitTable(table, { ...OPTIONS, ...CASES[0], moderate: true }).catch((thrown: unknown) => thrown);
    expect(isFitError(error, 'OptionError') && error.fields.option).toBe('moderate');
  });
});

describe('a damaged file of a structured fit', () => {
  const refused = (bytes: Uint8Array): boolean => {
    try {
      deserialiseFit(bytes);
    } catch (error) {
      if (isFitError(error, 'DataError')) return error.fields.unreadable === true;
      throw error;
    }
    return false;
  };
  const WRONG: readonly unknown[] = [undefined, null, -1, 'x', [], {}, [1], Float64Array.of(1, 2), Int32Array.of(-3)];

  it.each(CASES.slice(0, 4))('of $formula, $residual is refused whatever part is another', async (options) => {
    const fit = await fitTable(table, { ...OPTIONS, ...options });
    const [batch] = fit.moments.batches;
    const { blocks } = batch.design;
    const { structured } = fit.table;
    if (!blocks || !structured) throw new Error('no blocks');
    const accepted: string[] = [];
    const attempt = (what: string, changed: MomentFit): void => {
      if (!refused(bytesOf(serialiseFit(changed)))) accepted.push(what);
    };
    const withBlocks = (changed: unknown): MomentFit => ({
      ...fit,
      moments: {
        ...fit.moments,
        batches: [{ ...batch, design: { ...batch.design, blocks: changed as typeof blocks } }],
      },
    });
    for (const value of WRONG) {
      for (const key of ['layout', 'blocks', 'width', 'units'] as const) {
        attempt(`${key} ${String(value)}`, withBlocks({ ...blocks, [key]: value }));
      }
      for (const key of [
        'group',
        'size',
        'count',
        'positions',
        'scales',
        'q',
        'rows',
        'offset',
        'sums',
        'effects',
      ] as const) {
        const [first, ...rest] = blocks.blocks;
        if (first[key] === value || (Array.isArray(value) && value.length === 0 && key === 'effects')) continue;
        attempt(
          `block ${key} ${String(value)}`,
          withBlocks({ ...blocks, blocks: [{ ...first, [key]: value }, ...rest] }),
        );
      }
      for (const key of ['scales', 'scaleOf', 'groups', 'dispersion'] as const) {
        attempt(
          `layout ${key} ${String(value)}`,
          withBlocks({ ...blocks, layout: { ...blocks.layout, [key]: value } }),
        );
      }
      for (const key of ['parameters', 'sd', 'groups', 'dispersion', 'information'] as const) {
        const changed = { ...structured, [key]: value } as typeof structured; // damaged on purpose
        attempt(`table ${key} ${String(value)}`, { ...fit, table: { ...fit.table, structured: changed } });
      }
    }
    attempt('responses', {
      ...fit,
      moments: {
        ...fit.moments,
        batches: [{ ...batch, responses: { ...batch.responses, blocks: new Float64Array(3) } }],
      },
    });
    attempt('no structured table', { ...fit, table: { ...fit.table, structured: undefined } });
    const moved = {
      ...structured,
      parameters: structured.parameters.map((value, i) => (i === 0 ? value + 0.01 : value)),
    };
    attempt('moved parameter', { ...fit, table: { ...fit.table, structured: moved } });
    expect(accepted).toEqual([]);
  });

  it('is refused when its recipe has another structure', async () => {
    const fit = await fitTable(table, { ...OPTIONS, ...CASES[2] });
    const recipe = fit.moments.recipe;
    if (!recipe?.residual || !recipe.dispersion) throw new Error('no recipe');
    for (const changed of [
      { residual: { ...recipe.residual, subject: null } },
      { residual: { ...recipe.residual, text: 3 } },
      { residual: { ...recipe.residual, subject: { atoms: [], combinations: null } } },
      { dispersion: { ...recipe.dispersion, kept: [0] } },
      { dispersion: { ...recipe.dispersion, names: 'a' } },
    ]) {
      const edited = { ...recipe, ...changed } as typeof recipe; // damaged on purpose
      expect(refused(bytesOf(serialiseFit({ ...fit, moments: { ...fit.moments, recipe: edited } })))).toBe(true);
    }
  });
});
