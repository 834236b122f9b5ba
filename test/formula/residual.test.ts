import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FitError } from '../../src/errors.ts';
import { parseFormula, randomPartText } from '../../src/formula/parse.ts';
import { parseDispersion, parseResidual, residualColumns, structureTexts } from '../../src/formula/residual.ts';
import { STRUCTURES } from '../../src/types/residual.ts';

function refused(work: () => unknown): FitError {
  try {
    work();
  } catch (error) {
    if (error instanceof FitError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('parseResidual', () => {
  it.each(STRUCTURES)('reads %s, in capitals too', (structure) => {
    const parsed = parseResidual(`${structure.toUpperCase()}(week | id)`);
    expect(parsed).toMatchObject({ structure, visit: { label: 'week' }, subject: { name: 'id' }, by: null });
  });

  it.each([
    ['un(week | id)', 'us'],
    ['ar(1)(week | id)', 'ar1'],
    ['ARH( 1 )(week | id)', 'ar1h'],
    ['arh1(week | id)', 'ar1h'],
    ['un(1)(week | id)', 'diag'],
    ['ante(1)(week | id)', 'adh'],
    ['sp(exp)(time | id)', 'sp_exp'],
    ['car1(time | id)', 'sp_exp'],
  ])('knows %s', (text, structure) => {
    expect(parseResidual(text).structure).toBe(structure);
  });

  it('reads groups, interactions and calls', () => {
    expect(parseResidual('us(factor(week) | arm:`a site` / arm:id)')).toMatchObject({
      source: 'us(factor(week) | arm:`a site` / arm:id)',
      visit: { label: 'factor(week)' },
      by: { name: 'arm:`a site`', variables: [{ label: 'arm' }, { label: '`a site`' }] },
      subject: { name: 'arm:id', variables: [{ label: 'arm' }, { label: 'id' }] },
    });
    expect(parseResidual('us((week) | (arm) / (id))')).toMatchObject({ visit: { label: 'week' }, by: { name: 'arm' } });
  });

  it.each([
    ['', 1, 'there is no structure'],
    ['us', 3, "'us' names no visit and no subject"],
    ['us(id)', 4, "there is no '|' between a visit and a subject"],
    ['us(factor(id))', 4, "there is no '|' between a visit and a subject"],
    ['us()', 4, "unexpected ')'"],
    ['us(week | id', 3, "this '(' is never closed"],
    ['us(week | id) + ar1(week | id)', 15, "unexpected '+'"],
    ['us(week, id)', 8, "'|' separates the visit from the subject"],
    ['us(week || id)', 9, "unexpected '||'"],
    ['us(week | arm | id)', 9, "there is more than one '|'"],
    ['us(week | a / b / id)', 13, "there is more than one '/'"],
    ['us(0 + week | id)', 6, 'the visit is one column'],
    ['us(1 | id)', 4, 'the visit is one column'],
    ['us(week | 1)', 11, '1 is no grouping factor'],
    ['us(week | week)', 11, "'week' cannot be both visit and subject"],
    ['us(week | id / id)', 14, "'id' cannot be both group and subject"],
    ['us(week | id:id)', 14, "'id' comes twice"],
    ['uz(week | id)', 1, "unknown structure 'uz'; did you mean 'us'?"],
    ['ar(2)(week | id)', 1, "unknown structure 'ar(2)'"],
    ['vc(week | id)', 1, 'independent residuals with one standard deviation'],
    ['us(lag(week) | id)', 4, "unknown function 'lag'"],
    ['~ week | id', 1, "unexpected '~'"],
    ['us(. | id)', 4, "'.' is not supported"],
  ])('refuses %s', (text, position, message) => {
    const error = refused(() => parseResidual(text));
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/“residual”/);
    expect(error).toMatchObject({ tag: 'FormulaError', fields: { position, option: 'residual', source: text } });
  });

  it('says what to write', () => {
    expect(refused(() => parseResidual('us(id)')).fields.remedy).toContain('us(visit | arm / subject)');
    expect(refused(() => parseResidual('uz(a | b)')).fields.remedy).toContain('us, cs, csh');
    expect(refused(() => parseResidual(undefined as unknown as string)).message).toContain('“residual” is no text');
  });

  it('is a structure or a FormulaError, whatever the text', () => {
    const words = [
      'us',
      'AR1',
      'ar',
      'sp',
      'exp',
      '1',
      '(',
      ')',
      '|',
      '||',
      '/',
      ':',
      ',',
      '`',
      ' ',
      'id',
      'week',
      '~',
      '+',
      '"',
      '.',
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 })), { maxLength: 14 });
    const parsers = [parseResidual, parseDispersion, structureTexts];
    fc.assert(
      fc.property(text, (parts) => {
        for (const parse of parsers) {
          try {
            parse(parts.join(''));
          } catch (error) {
            if (!(error instanceof FitError)) throw error;
            expect(['FormulaError', 'OptionError']).toContain(error.tag);
            if (error.tag === 'FormulaError') expect(error.fields.position).toBeGreaterThan(0);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('parseDispersion', () => {
  it.each([
    ['~ sex', true, ['sex']],
    ['~0 + visit', false, ['visit']],
    ['~ sex * poly(time, 2)', true, ['sex', 'poly(time, 2)', 'sex:poly(time, 2)']],
    ['~ 1', true, []],
  ])('reads %s', (text, intercept, labels) => {
    expect(parseDispersion(text).terms).toMatchObject({ intercept, labels });
  });

  it.each([
    ['sex', 1, "there is no '~'"],
    ['y ~ sex', 1, 'this has a left side'],
    ['~', 2, 'ends too early'],
    ['~ 0', 3, 'this has no column'],
    ['~ sex + (1 | id)', 12, 'no random terms'],
    ['~ offset(x)', 3, 'an offset cannot stand here'],
    ['~ ar1(0 + x | g)', 3, "unknown function 'ar1'"],
    ['~ a ~ b', 5, "unexpected '~'"],
  ])('refuses %s', (text, position, message) => {
    const error = refused(() => parseDispersion(text));
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ tag: 'FormulaError', fields: { position, option: 'dispersion' } });
  });
});

describe('structureTexts', () => {
  it.each([
    ['us,csh,ar1(visit | subject)', ['us(visit | subject)', 'csh(visit | subject)', 'ar1(visit | subject)']],
    [
      'cs(factor(v, levels = c(1, 2)) | g), un',
      ['cs(factor(v, levels = c(1, 2)) | g)', 'us(factor(v, levels = c(1, 2)) | g)'],
    ],
    ['us(v | arm / g),arh(1)', ['us(v | arm / g)', 'ar1h(v | arm / g)']],
    ['us(v | `a,b`),us', ['us(v | `a,b`)']],
  ])('splits %s', (list, texts) => {
    expect(structureTexts(list)).toEqual(texts);
  });

  it('takes visit and subject from the residual', () => {
    expect(structureTexts('us,ar1', 'cs(week | id)')).toEqual(['us(week | id)', 'ar1(week | id)']);
    expect(structureTexts('auto', 'cs(week | id)')).toEqual(structureTexts('auto(week | id)'));
    const all = structureTexts('auto(week | arm / id)');
    expect(all).toHaveLength(STRUCTURES.length - 1);
    for (const text of all) expect(parseResidual(text)).toMatchObject({ source: text, by: { name: 'arm' } });
  });

  it('refuses what is no structure, and names without visits', () => {
    expect(refused(() => structureTexts('us,cz(v | g)'))).toMatchObject({ fields: { option: 'structures' } });
    expect(refused(() => structureTexts('us,csh')).message).toContain('visit and subject are not named');
    expect(refused(() => structureTexts('us(v | g),,cs')).message).toContain('there is no structure');
  });

  it('names the columns that are read', () => {
    const columns = residualColumns({
      residual: 'us(week | arm / site:id)',
      dispersion: '~ sex + log(age)',
      structures: 'cs,sp_exp(time | id)',
    });
    expect(columns).toEqual(['week', 'arm', 'site', 'id', 'time', 'sex', 'age']);
    expect(residualColumns({})).toEqual([]);
  });
});

describe('random effects with a structure', () => {
  it.each([
    ['ar1(0 + visit | donor)', ['ar1(0 + visit | donor)']],
    ['cs(0 + visit | a/b)', ['cs(0 + visit | b:a)', 'cs(0 + visit | a)']],
    ['diag(x + z | g)', ['diag(x + z | g)']],
    ['us(x | g)', ['(x | g)']],
    ['(ar1(0 + visit | g)) + (1 | g)', ['ar1(0 + visit | g)', '(1 | g)']],
    ['ar1(visit - 1 | g)', ['ar1(visit - 1 | g)']],
  ])('reads %s', (term, texts) => {
    expect(parseFormula(`y ~ x + ${term}`).random.map(randomPartText)).toEqual(texts);
    expect(parseFormula(`y ~ x + ${term}`).fixed.labels).toEqual(['x']);
  });

  it.each([
    ['y ~ ar1(visit | g)', 9, 'one effect for each level of one factor', 'ar1(0 + visit | g)'],
    ['y ~ ar1(0 + visit:arm | g)', 11, 'one effect for each level of one factor', 'ar1(0 + visit | g)'],
    ['y ~ ar1(1 | g)', 9, 'one effect for each level of one factor', 'ar1(0 + visit | g)'],
    ['y ~ ar1(visit)', 5, 'holds one random term, with one bar', 'ar1(0 + visit | group)'],
    ['y ~ diag(x || g)', 12, 'holds one random term, with one bar', 'diag(0 + visit | group)'],
    ['y ~ toep(0 + visit | g)', 5, 'toep is no structure of random effects', '“residual: toep(visit | subject)”'],
    ['y ~ x:ar1(0 + visit | g)', 7, 'must stand alone', '+ ar1(0 + visit | group)'],
    ['y ~ x - ar1(0 + visit | g)', 9, 'must stand alone', '+ ar1(0 + visit | group)'],
    ['y ~ (us(0 + v | h) | g)', 6, 'must stand alone', '+ us(0 + visit | group)'],
    ['ar1(y | g) ~ x', 1, 'ar1() cannot stand within a response', undefined],
  ])('refuses %s', (source, position, message, remedy) => {
    const error = refused(() => parseFormula(source));
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ tag: 'FormulaError', fields: { position } });
    if (remedy !== undefined) expect(error.fields.remedy).toContain(remedy);
  });
});
