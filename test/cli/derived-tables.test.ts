import { describe, expect, it } from 'vitest';
import { derivedTables } from '../../src/cli/derived-tables.ts';

describe('--emmeans', () => {
  it.each([
    ['arm', ['arm'], []],
    ['a * b + c', ['a', 'b', 'c'], []],
    ['a, b | c', ['a', 'b'], ['c']],
    ['cut(x, 3) * arm', ['cut(x, 3)', 'arm'], []],
    ['interaction(a, b, sep = "|") | `odd * name`', ['interaction(a, b, sep = "|")'], ['`odd * name`']],
    ['I(x > 2 | y), a', ['I(x > 2 | y)', 'a'], []],
  ])('%s names its factors', (emmeans, over, by) => {
    expect(derivedTables({ emmeans }, undefined).marginal).toMatchObject({ over, by });
  });

  it('takes ratios and a scale along', () => {
    const { marginal } = derivedTables({ emmeans: 'a', exponentiate: true, meansType: 'link' }, 0.9);
    expect(marginal).toMatchObject({ exponentiate: true, type: 'link', level: 0.9 });
  });

  it('turns comparisons round', () => {
    expect(derivedTables({ emmeans: 'a', pairsReverse: true }, undefined).marginal?.reverse).toBe(true);
    expect(derivedTables({ emmeans: 'a' }, undefined).marginal?.reverse).toBeUndefined();
  });

  it.each(['', '|', 'a | b | c', ' * '])("'%s' is refused", (emmeans) => {
    expect(() => derivedTables({ emmeans }, undefined)).toThrow('factors are needed');
  });
});
