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

describe('an output without a name', () => {
  it.each([
    [{}, undefined],
    [{ out: ['all.tsv'] }, undefined],
    [{ geneSets: 'sets.gmt' }, 'genesets'],
    [{ geneSets: 'sets.gmt', out: ['sets.tsv', 'glance=fits.tsv'] }, 'genesets'],
    [{ geneSets: 'sets.gmt', out: ['all.tsv', 'genesets=sets.tsv'] }, undefined],
    [{ emmeans: 'arm', out: ['means.tsv', 'pairs=pairs.tsv'] }, 'emmeans'],
    [{ emmeans: 'arm', out: ['emmeans=means.tsv', 'all.tsv'] }, undefined],
    [{ emmeans: 'arm', anova: 'II', out: ['tests.tsv', 'emmeans=means.tsv'] }, 'anova'],
    [{ anova: 'II', out: ['all.tsv', 'anova=tests.tsv'] }, undefined],
    [{ columns: 'limma', out: ['top.tsv'] }, 'toptable'],
    [{ columns: 'limma', out: ['all.tsv', 'toptable:stimstim=top.tsv'] }, undefined],
    [{ anova: 'II', out: ['anova.tsv'] }, 'anova'],
  ] as const)('takes of %j the table %s', (given, table) => {
    expect(derivedTables(given, undefined).format).toBe(table);
  });
});
