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

  it.each(['', '|', 'a | b | c', ' * '])("'%s' is refused", (emmeans) => {
    expect(() => derivedTables({ emmeans }, undefined)).toThrow('factors are needed');
  });
});
