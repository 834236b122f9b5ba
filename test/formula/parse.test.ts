import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FitError } from '../../src/errors.ts';
import { type Formula, formulaVariables, parseFormula, responseExpressions } from '../../src/formula/parse.ts';

function refused(source: string): FitError {
  try {
    parseFormula(source);
  } catch (error) {
    if (error instanceof FitError) return error;
    throw error;
  }
  throw new Error(`'${source}' was accepted`);
}

describe('parseFormula', () => {
  it('reads fixed and random terms', () => {
    const formula = parseFormula('Reaction ~ Days + (Days | Subject)');
    expect(responseExpressions(formula).map(({ name }) => name)).toEqual(['Reaction']);
    expect(formula.fixed).toMatchObject({ intercept: true, labels: ['Days'], offsets: [] });
    expect(formula.random.map(({ text }) => text)).toEqual(['Days | Subject']);
  });

  it('needs no left side', () => {
    expect(parseFormula('~ stim + (1 | donor)').responses).toEqual([]);
    expect(parseFormula(' ~1').fixed.intercept).toBe(true);
  });

  it.each([
    ['cbind(y1, y2) ~ 1', ['y1', 'y2']],
    ['cbind(first = log(y1), `odd name`) ~ 1', ['first', 'odd name']],
    ['log(y + 20) ~ 1', ['log(y + 20)']],
    ['`my y` ~ 1', ['my y']],
    ['(y/2)~1', ['y/2']],
    ['I(y^2*3) ~ 1', ['I(y^2 * 3)']],
  ])('names the responses of %s', (source, names) => {
    expect(responseExpressions(parseFormula(source)).map(({ name }) => name)).toEqual(names);
  });

  it.each([
    ['~ a*b*c - a:b', true, ['a', 'b', 'c', 'a:c', 'b:c', 'a:b:c']],
    ['~ (a + b + c)^2', true, ['a', 'b', 'c', 'a:b', 'a:c', 'b:c']],
    ['~ (a + b + c)**2 - 1', false, ['a', 'b', 'c', 'a:b', 'a:c', 'b:c']],
    ['~ a/b/c', true, ['a', 'a:b', 'a:b:c']],
    ['~ b %in% a', true, ['b:a']],
    ['~ 0 + x', false, ['x']],
    ['~ x - 0', true, ['x']],
    ['~ 0 + x + 1', true, ['x']],
    ['~ x + (1 | g) - 1', false, ['x']],
    ['~ (1 | g) - 1', false, []],
    ['~ (1 | g) + x:z + x', true, ['x', 'x:z']],
    ['y ~ y + x', true, ['x']],
    ['~ offset(o) + x * offset(p)', true, ['x']],
    ['~ `my x` + log( x ,base=2 )', true, ['`my x`', 'log(x, base = 2)']],
    ["~ factor(x, levels = c(1, 2.50, 'b'))", true, ['factor(x, levels = c(1, 2.5, "b"))']],
    ['~ I(x>2&!z)', true, ['I(x > 2 & !z)']],
    ['~ x + (x + ((1 | g)))', true, ['x']],
  ])('expands %s', (source, intercept, labels) => {
    expect(parseFormula(source).fixed).toMatchObject({ intercept, labels });
  });

  it.each([
    ['(1 | a/b)', ['1 | b:a', '1 | a']],
    ['(1 | a/b/c)', ['1 | c:(b:a)', '1 | b:a', '1 | a']],
    ['(1 | (a))', ['1 | a']],
    ['(x + f || g)', ['1 | g', '0 + x | g', '0 + f | g']],
    ['(0 + x || g)', ['0 + x | g']],
    ['(1 || g)', ['1 | g']],
    ['((x || a/b))', ['1 | b:a', '1 | a', '0 + x | b:a', '0 + x | a']],
    ['(x*z || g)', ['1 | g', '0 + x | g', '0 + z | g', '0 + x:z | g']],
    ['(1 | `my g`) + (1 | `my g`:a)', ['1 | my g', '1 | `my g`:a']],
  ])('expands the random term %s as lme4 does', (source, texts) => {
    expect(parseFormula(`y ~ x + ${source}`).random.map(({ text }) => text)).toEqual(texts);
  });

  it('lists the columns that it reads', () => {
    const formula = parseFormula('log(y) ~ poly(x, 2) * `my f` - dropped + offset(o) + (z | a/b)');
    expect(formulaVariables(formula)).toEqual(['y', 'x', 'my f', 'dropped', 'o', 'z', 'b', 'a']);
    expect(formulaVariables(formula, { rightOnly: true })).not.toContain('y');
  });

  it('is plain data', () => {
    const formula = parseFormula('cbind(y1, y2) ~ a*poly(x, 2) + (x || a/b)');
    expect(structuredClone(formula)).toEqual(formula);
    expect(JSON.parse(JSON.stringify(formula))).toEqual(formula);
  });
});

describe('mistakes in a formula', () => {
  it.each([
    ['y ~ x +', 8, /ends too early/],
    ['y ~ x + (1 | g', 9, /never closed/],
    ['y ~ x + (1 | g))', 16, /unexpected '\)'/],
    ['y ~ x + 1 | g', 11, /parentheses of its own/],
    ['y ~ x * (1 | g)', 12, /parentheses of its own/],
    ['y ~ x - (1 | g)', 12, /parentheses of its own/],
    ['y ~ .', 5, /'\.' is not supported/],
    ['y ~ lgo(x)', 5, /unknown function 'lgo'; did you mean 'log'\?/],
    ['y ~ poly(x, degre = 2)', 21, /no argument 'degre'; did you mean 'degree'\?/],
    ['y ~ log()', 5, /needs the argument 'x'/],
    ['y ~ sqrt(x, 2)', 5, /too many arguments/],
    ['y ~ log(1 + 2)', 5, /reads no column/],
    ['y ~ x + 2', 9, /only 0 and 1/],
    ["y ~ 'x'", 5, /a text is no term/],
    ['y ~ TRUE', 5, /TRUE is no term/],
    ['y ~ x %of% z', 7, /unknown operator %of%/],
    ['y ~ x # z', 7, /unexpected character '#'/],
    ['y ~ `x', 5, /no closing `/],
    ['y ~ ``', 5, /empty name/],
    ['y ~ x ~ z', 7, /unexpected '~'/],
    ['y x', 3, /unexpected 'x'/],
    ['y + x', 6, /there is no '~'/],
    ['', 1, /ends too early/],
    ['y ~', 4, /ends too early/],
    ['y ~ x^z', 7, /power of terms/],
    ['y ~ x^0', 7, /power of terms/],
    ['y ~ x + ()', 10, /unexpected '\)'/],
    ['y ~ x x', 7, /unexpected 'x'/],
    ['y ~ x = 2', 7, /unexpected '='/],
    ['y ~ (1 | 2)', 10, /no grouping factor/],
    ['y ~ (1 | a + b)', 12, /no grouping factor/],
    ['y ~ (1 | a:a)', 12, /comes twice/],
    ['y ~ (0 | g)', 6, /no column/],
    ['y ~ (offset(x) | g)', 6, /offset cannot stand/],
    ['y ~ (x | g | h)', 8, /parentheses/],
    ['y ~ cbind(x, z)', 5, /cbind\(\) joins responses/],
    ['y ~ I(offset(x))', 7, /offset\(\) cannot stand/],
    ['cbind(y, y) ~ x', 10, /comes twice/],
    ['1 ~ x', 1, /reads no column/],
    ['poly(y, 2) ~ x', 1, /cannot stand within a response/],
    ['y ~ a < b < c', 11, /unexpected '<'/],
  ])('refuses %s at column %d', (source, position, message) => {
    const error = refused(source);
    expect(error.tag).toBe('FormulaError');
    expect(error.message).toMatch(message);
    expect(error.fields).toMatchObject({ position, source });
    const [, shown, caret] = error.message.split('\n');
    expect(shown).toBe(`  ${source}`);
    expect(caret).toBe(`${' '.repeat(position + 1)}^`);
  });

  it('refuses what would not end', () => {
    const letters = [...'abcdefghijklmnopqrst'];
    expect(refused(`~ ${letters.join('*')}`).message).toMatch(/more than 2000 terms/);
    expect(refused(`~ (${letters.join('+')})^9`).message).toMatch(/more than 2000 terms/);
    expect(refused(`~ ${'('.repeat(1e5)}`).message).toMatch(/nested too deeply/);
    expect(refused(`~ ${'-'.repeat(1e5)}x`).message).toMatch(/nested too deeply/);
    expect(refused(`~ ${'x+'.repeat(1e5)}x`).message).toMatch(/more than 2000 operators/);
    expect(refused(`~ ${'x^'.repeat(1e5)}x`).message).toMatch(/nested too deeply/);
  });

  it('accepts hundreds of terms', () => {
    const terms = Array.from({ length: 900 }, (_, i) => `x${i}`);
    expect(parseFormula(`~ ${terms.join(' + ')}`).fixed.labels).toEqual(terms);
  });

  it('shows a window of a long formula', () => {
    const source = `y ~ ${'abcdefgh + '.repeat(40)}#`;
    const [, shown, caret] = refused(source).message.split('\n');
    expect(shown.length).toBeLessThan(120);
    expect(shown[caret.length - 1]).toBe('#');
  });
});

describe('any text', () => {
  const piece = fc.constantFrom(
    ...['y', '~', '+', '-', '*', '/', ':', '^', '%in%', '|', '||', '(', ')', '0', '1', '2', ' ', 'x', 'g', '`a b`'],
    ...["'s'", 'log', 'poly', 'I', ',', '=', '==', '!', '&', 'c', '.', 'offset', 'NA', 'TRUE', 'cbind', '1e5', '2L'],
    ...['ns', 'bs', 'cut', 'ifelse', 'interaction', 'pmin', 'pi', 'Inf', 'df', 'knots', 'breaks', 'sep'],
  );
  const check = (source: string) => {
    let formula: Formula | undefined;
    try {
      formula = parseFormula(source);
    } catch (error) {
      expect(error).toBeInstanceOf(FitError);
      const { position } = (error as FitError).fields;
      expect(position).toBeGreaterThanOrEqual(1);
      expect(position).toBeLessThanOrEqual(source.length + 1);
    }
    if (formula !== undefined) expect(formulaVariables(formula)).toBeInstanceOf(Array);
  };

  it('is a formula or a FormulaError', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), check), { numRuns: 1000 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => check(pieces.join(''))),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => check(`y ~ x + ${pieces.join(' ')} + (1 | g)`)),
      { numRuns: 3000 },
    );
  });
});
