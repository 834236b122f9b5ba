import { describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/comparisons.ts';
import { embedDesign, embeddedDifference } from '../../src/compare/nested-models.ts';
import { nestedPairs } from '../../src/compare/ratio-tests.ts';
import { joinFormulas, withoutFixedTerms, withoutRandomTerms } from '../../src/compare/reduced-formulas.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { likelihoodRatioTest, ratioReference } from '../../src/infer/likelihood-ratio.ts';
import { outputRows } from '../../src/result/output-table.ts';
import type { Table } from '../../src/types/table.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { TOLERANCE } from '../tolerance.ts';

const sleep = referenceTable('sleepstudy.csv');
const orthodont = referenceTable('orthodont.csv');

function nested(table: Table, small: string, large: string): string {
  const [a, b] = [buildDesign(small, table), buildDesign(large, table)];
  const embedding = embedDesign(a, b);
  if (!embedding) return 'no';
  const difference = embeddedDifference(a, b, embedding);
  return difference.kind === 'one effect' ? `one effect to ${difference.effects}` : difference.kind;
}

describe('embedDesign', () => {
  it('tells nested models by what they can fit, not by their names', () => {
    const days = (right: string) => `Reaction ~ ${right}`;
    expect(nested(sleep, days('Days'), days('poly(Days, 2)'))).toBe('interior');
    expect(nested(sleep, days('I(3 * Days - 1)'), days('Days'))).toBe('interior');
    expect(nested(sleep, days('Days'), days('factor(Days)'))).toBe('interior');
    expect(nested(sleep, days('factor(Days)'), days('Days'))).toBe('no');
    expect(nested(sleep, days('log1p(Days)'), days('Days'))).toBe('no');
    expect(nested(sleep, days('Days'), days('Days + (1 | Subject)'))).toBe('one effect to 0');
    expect(nested(sleep, days('Days + (1 | Subject)'), days('Days + (Days | Subject)'))).toBe('one effect to 1');
    expect(nested(sleep, days('Days + (0 + Days | Subject)'), days('Days + (Days | Subject)'))).toBe('one effect to 1');
    expect(nested(sleep, days('Days + (1 | Subject)'), days('Days + (Days || Subject)'))).toBe('one effect to 0');
    expect(nested(sleep, days('Days + (Days || Subject)'), days('Days + (Days | Subject)'))).toBe('interior');
    expect(nested(sleep, days('Days'), days('Days + (Days | Subject)'))).toBe('several');
    expect(nested(sleep, days('Days + (Days | Subject)'), days('Days + (1 | Subject)'))).toBe('no');
    expect(nested(sleep, days('Days + (I(Days - 4) | Subject)'), days('Days + (Days | Subject)'))).toBe('interior');
    expect(nested(orthodont, 'distance ~ age + (1 | Subject)', 'distance ~ age + (1 | Sex)')).toBe('no');
  });

  it('orders models by what lies between them', () => {
    const formulas = [
      'Reaction ~ Days + (Days | Subject)',
      'Reaction ~ 1 + (1 | Subject)',
      'Reaction ~ Days + (1 | Subject)',
    ];
    const models = formulas.map((formula) => ({ designs: [buildDesign(formula, sleep)], family: null }));
    const { pairs, equal } = nestedPairs(models);
    expect(pairs).toEqual([
      { small: 1, large: 2 },
      { small: 2, large: 0 },
    ]);
    expect(equal).toEqual([]);
  });
});

describe('references of likelihood ratios', () => {
  it('are mixtures for one variance at its bound, chi-squared elsewhere', () => {
    const one = (effects: number) => ({ kind: 'one effect' as const, effects });
    expect(ratioReference(1, 0, one(0)).label).toBe('0.5 chisq(0) + 0.5 chisq(1)');
    expect(ratioReference(2, 0, one(1)).label).toBe('0.5 chisq(1) + 0.5 chisq(2)');
    expect(ratioReference(3, 1, one(1)).label).toBe('0.5 chisq(2) + 0.5 chisq(3)');
    expect(ratioReference(3, 0, { kind: 'several' }).label).toBe('chisq(3), conservative');
    expect(ratioReference(4, 4, { kind: 'interior' }).label).toBe('chisq(4)');
    expect(ratioReference(2, 0, one(1), false).label).toBe('chisq(2)');
  });
});

describe('reduced formulas', () => {
  const dropped = (list: readonly { dropped: string; formula: string }[]) =>
    list.map((one) => [one.dropped, one.formula]);

  it('leave out what no other term contains', () => {
    expect(dropped(withoutFixedTerms('y ~ a * b + x + (1 | g)'))).toEqual([
      ['x', 'y ~ a + b + a:b + (1 | g)'],
      ['a:b', 'y ~ a + b + x + (1 | g)'],
    ]);
    expect(dropped(withoutFixedTerms('log(y) ~ 0 + x + offset(w) + (1 | g)'))).toEqual([
      ['x', 'log(y) ~ 0 + offset(w) + (1 | g)'],
    ]);
    expect(dropped(withoutFixedTerms('~ x + (x | g)'))).toEqual([['x', '~ (x | g)']]);
  });

  it('make random terms smaller as ranova does', () => {
    expect(dropped(withoutRandomTerms('y ~ x + (x | g) + (1 | a/b)'))).toEqual([
      ['x in (x | g)', 'y ~ x + (1 | g) + (1 | b:a) + (1 | a)'],
      ['(1 | b:a)', 'y ~ x + (x | g) + (1 | a)'],
      ['(1 | a)', 'y ~ x + (x | g) + (1 | b:a)'],
    ]);
    expect(dropped(withoutRandomTerms('y ~ x + (x || g)'))).toEqual([
      ['(1 | g)', 'y ~ x + (0 + x | g)'],
      ['(0 + x | g)', 'y ~ x + (1 | g)'],
    ]);
    expect(dropped(withoutRandomTerms('y ~ x + (x * z | g)'))).toEqual([['x:z in (x * z | g)', 'y ~ x + (x + z | g)']]);
  });

  it('join to one that reads the columns of all', () => {
    const joined = parseFormula(joinFormulas(['`a ~ b` ~ x + (1 | g)', '`a ~ b` ~ z + (w | h)']));
    expect(joined.responses.map(({ name }) => name)).toEqual(['a ~ b']);
    expect(joined.fixed.labels).toEqual(['x', 'z']);
    expect(joined.random.map(({ group }) => group.name)).toEqual(['g', 'h']);
  });
});

describe('compare', () => {
  const own = { threads: 1 } as const;

  it('fits all models to the rows that all can use, and says so', async () => {
    const table = referenceTable('sleepstudy_na.csv');
    const days = table.columns.get('Days');
    if (days?.kind !== 'numeric') throw new Error('Days is numeric');
    const other = Float64Array.from(days.values, (value, i) => (i % 17 === 5 ? Number.NaN : Math.sin(value + i)));
    const columns = new Map([...table.columns, ['other', { kind: 'numeric' as const, values: other }]]);
    const formulas = ['Reaction ~ Days + other + (1 | Subject)', 'Reaction ~ Days + (1 | Subject)'];
    const result = await compare({ ...table, columns }, { ...own, formulas });
    const n = result.fits.map(({ nobs }) => nobs[0]);
    expect(n[0]).toBe(n[1]);
    expect(result.notes.join('\n')).toMatch(new RegExp(`all models are fitted to the ${n[0]} rows`));
    expect(result.notes.join('\n')).toMatch(/fitted by maximum likelihood/);
    expect(result.method).toBe('ML');
    // The same rows by hand.
    const kept = { ...table, columns: new Map([...columns].map(([name, column]) => [name, column])) };
    const alone = await fitTable(kept, { ...own, formula: formulas[0], method: 'ML' });
    expect(result.fits[0].criterion[0]).toBeCloseTo(alone.table.criterion[0], 8);
  });

  it('takes missing values of each response by itself, the same rows for every model', async () => {
    const reaction = sleep.columns.get('Reaction');
    if (reaction?.kind !== 'numeric') throw new Error('Reaction is numeric');
    const hole = reaction.values.map((value, i) => (i % 7 === 0 || i < 10 ? Number.NaN : value));
    const table = {
      ...sleep,
      columns: new Map([...sleep.columns, ['hole', { kind: 'numeric' as const, values: hole }]]),
    };
    const formulas = ['cbind(Reaction, hole) ~ Days + (Days | Subject)', 'cbind(Reaction, hole) ~ 1 + (1 | Subject)'];
    const { fits } = await compare(table, { ...own, formulas });
    for (const [k, formula] of formulas.entries()) {
      const alone = await fitTable(table, { ...own, formula, method: 'ML' });
      for (let m = 0; m < 2; m++) {
        expect(fits[k].nobs[m]).toBe(alone.table.nobs[m]);
        expect(Math.abs(fits[k].criterion[m] - alone.table.criterion[m])).toBeLessThan(TOLERANCE.criterion.absolute);
        expect(fits[k].parameters[m]).toBe(k === 0 ? 6 : 3);
      }
    }
  });

  it('gives the numbers of the models fitted alone, whatever the joint model is', async () => {
    const table = referenceTable('cake.csv');
    const formulas = [
      'angle ~ recipe * temperature + (1 | recipe:replicate)',
      'angle ~ temp + (temp | recipe:replicate)',
      'angle ~ poly(temp, 2) + recipe + (1 | replicate) + (0 + temp | recipe:replicate)',
      'angle ~ temp',
    ];
    const { fits } = await compare(table, { ...own, formulas });
    for (const [k, formula] of formulas.slice(0, 3).entries()) {
      const { table: alone } = await fitTable(table, { ...own, formula, method: 'ML' });
      expect(Math.abs(fits[k].criterion[0] - alone.criterion[0])).toBeLessThan(TOLERANCE.criterion.absolute);
      expect(Math.abs(fits[k].r2Conditional[0] - alone.r2Conditional[0])).toBeLessThan(TOLERANCE.r2);
      expect(Math.abs(fits[k].icc[0] - alone.icc[0])).toBeLessThan(TOLERANCE.r2);
    }
  });

  it('keeps REML where the fixed effects are the same', async () => {
    const formulas = ['Reaction ~ Days + (Days | Subject)', 'Reaction ~ Days + (1 | Subject)'];
    const result = await compare(sleep, { ...own, formulas });
    expect(result.method).toBe('REML');
    const [row] = outputRows(result.tests);
    expect(Number(row['chisq'])).toBeCloseTo(42.8368134364298, 5); // ranova of lmerTest
    expect(row['reference']).toBe('0.5 chisq(1) + 0.5 chisq(2)');
  });

  it('refuses one formula, other responses and other offsets', async () => {
    await expect(compare(sleep, { formulas: ['Reaction ~ Days + (1 | Subject)'] })).rejects.toMatchObject({
      tag: 'OptionError',
    });
    const other = ['Reaction ~ Days + (1 | Subject)', 'log(Reaction) ~ Days + (1 | Subject)'];
    await expect(compare(sleep, { formulas: other })).rejects.toMatchObject({ tag: 'FormulaError' });
    const offset = ['Reaction ~ Days + (1 | Subject)', 'Reaction ~ offset(Days) + (1 | Subject)'];
    await expect(compare(sleep, { formulas: offset })).rejects.toMatchObject({ tag: 'FormulaError' });
  });
});

describe('likelihoodRatioTest', () => {
  it('tests two runs, and refuses what cannot be tested', async () => {
    const run = (formula: string, method: 'REML' | 'ML') => fitTable(sleep, { formula, method, threads: 1 });
    const small = await run('Reaction ~ Days + (1 | Subject)', 'ML');
    const large = await run('Reaction ~ Days + (Days | Subject)', 'ML');
    const test = likelihoodRatioTest(small, large, { boundary: false });
    expect(test.chisq[0]).toBeCloseTo(42.1392985420277, 5);
    expect(Math.abs(test.pValue[0] / 7.07241254718982e-10 - 1)).toBeLessThan(TOLERANCE.pValue);
    expect(likelihoodRatioTest(small, large).reference[0]).toBe('0.5 chisq(1) + 0.5 chisq(2)');
    expect(() => likelihoodRatioTest(large, small)).toThrow(/not nested/);
    const without = await run('Reaction ~ 1 + (1 | Subject)', 'REML');
    const withDays = await run('Reaction ~ Days + (1 | Subject)', 'REML');
    expect(() => likelihoodRatioTest(without, withDays)).toThrow(/different fixed effects/);
    expect(() => likelihoodRatioTest(without, large)).toThrow(/fitted by REML, the other by ML/);
  });
});
