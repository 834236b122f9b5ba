import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseGeneSets, placeGeneSets } from '../../src/data/table/gene-sets.ts';
import { FitError } from '../../src/errors.ts';
import { cameraRanked, zScores } from '../../src/infer/camera-ranked.ts';
import { twoSidedLog10P } from '../../src/numeric/distributions/student-t.ts';
import { TOLERANCE } from '../tolerance.ts';
import { worstRelative } from './limma-values.ts';

interface SetTests {
  readonly n: number[];
  readonly direction: ('Up' | 'Down')[];
  readonly p: number[];
  readonly fdr: number[];
}

const LIMMA = JSON.parse(readFileSync(new URL('r/camera-ranked.json', import.meta.url), 'utf8')) as {
  readonly statistic: number[];
  readonly far: number[];
  readonly sets: Readonly<Record<string, number[]>>;
  readonly usual: SetTests;
  readonly none: SetTests;
  readonly strong: SetTests;
  readonly far_usual: SetTests;
  readonly zscore: { readonly t: number[]; readonly df: number[]; readonly log10p: number[]; readonly z: number[] };
  readonly tail: { readonly z: number[]; readonly log10p: number[] };
}; // the file is ours

const SETS = Object.values(LIMMA.sets).map((places) => Int32Array.from(places));

describe('tests of gene sets', () => {
  it.each([
    ['the usual correlation', LIMMA.statistic, undefined, LIMMA.usual],
    ['none', LIMMA.statistic, 0, LIMMA.none],
    ['a strong one', LIMMA.statistic, 0.2, LIMMA.strong],
    ['sets far out', LIMMA.far, undefined, LIMMA.far_usual],
  ] as const)("are limma's cameraPR with %s", (_, statistic, correlation, expected) => {
    const found = cameraRanked(Float64Array.from(statistic), SETS, correlation);
    expect([...found.size]).toEqual(expected.n);
    expect(found.df).toBe(statistic.length - 2);
    expect([...found.statistic].map((t) => (t < 0 ? 'Down' : 'Up'))).toEqual(expected.direction);
    expect(worstRelative(found.pValue, expected.p)).toBeLessThan(TOLERANCE.limma);
    expect(worstRelative(found.adjustedP, expected.fdr)).toBeLessThan(TOLERANCE.limma);
    found.log10P.forEach((value, k) => {
      expect(10 ** value / found.pValue[k]).toBeCloseTo(1, 9);
    });
  });

  it('are those of a plain two-sample t where genes are independent', () => {
    const statistic = Float64Array.from(LIMMA.statistic);
    const { difference, statistic: t } = cameraRanked(statistic, [SETS[0]], 0);
    const inside = new Set(SETS[0]);
    const [a, b] = [true, false].map((own) => [...statistic].filter((_, i) => inside.has(i) === own));
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = (values: number[]): number => values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0);
    const pooled = (squares(a) + squares(b)) / (statistic.length - 2);
    expect(difference[0]).toBeCloseTo(mean(a) - mean(b), 10);
    expect(t[0]).toBeCloseTo((mean(a) - mean(b)) / Math.sqrt(pooled * (1 / a.length + 1 / b.length)), 10);
  });

  it('leave out what is not tested, and sets that hold all or nothing', () => {
    const statistic = Float64Array.from([...LIMMA.statistic, Number.NaN, Number.NaN]);
    const sets = [
      Int32Array.from([...SETS[0], 400, 401]),
      Int32Array.of(400),
      Int32Array.of(),
      Int32Array.from(LIMMA.statistic.keys()),
    ];
    const found = cameraRanked(statistic, sets);
    expect([...found.size]).toEqual([30, 0, 0, 400]);
    expect(found.pValue[0]).toBeCloseTo(LIMMA.usual.p[0], 12);
    expect([...found.pValue].slice(1)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    // A set that cannot be tested is none of the family.
    expect(found.adjustedP[0]).toBe(found.pValue[0]);
    expect(() => cameraRanked(Float64Array.of(1, 2, Number.NaN), sets)).toThrow(FitError);
    expect(() => cameraRanked(statistic, sets, 1)).toThrow(/correlation/);
  });
});

describe('z-scores', () => {
  it('say why a set has none', () => {
    const statistic = Float64Array.from([1, 2, 4, Number.NaN]);
    const sets = [[0, 1, 2], [3], [0, 1]].map((places) => Int32Array.from(places));
    const { messages, pValue } = cameraRanked(statistic, sets);
    expect(messages).toEqual([
      'the set has all genes with a test: there are none to compare it with',
      'no gene of the set has a test',
      null,
    ]);
    expect(Array.from(pValue, Number.isNaN)).toEqual([true, true, false]);
    expect(cameraRanked(new Float64Array(5), sets).messages[2]).toBe('all genes have one statistic');
  });

  it('give sets no test whose genes cannot have the correlation, of the genes that have one, and take the least', () => {
    const statistic = Float64Array.from({ length: 42 }, (_, i) => (i < 40 ? Math.sin(i * i) : Number.NaN));
    // The last has twelve genes, of which eleven have a test.
    const sets = [
      ...[4, 11, 12].map((size) => Int32Array.from({ length: size }, (_, i) => i)),
      Int32Array.of(...Array.from({ length: 11 }, (_, i) => i + 20), 41),
    ];
    const strong = cameraRanked(statistic, sets, -0.101);
    const reason = 'more than 10 genes cannot all have the correlation -0.101 with each other';
    expect(strong.messages).toEqual([null, reason, reason, reason]);
    expect(Array.from(strong.pValue, Number.isNaN)).toEqual([false, true, true, true]);
    // Sets without a test are none of the family.
    expect(strong.adjustedP[0]).toBe(strong.pValue[0]);
    expect(strong.pValue[0]).toBe(cameraRanked(statistic, sets.slice(0, 1), -0.101).pValue[0]);
    expect(cameraRanked(statistic, sets, -0.1).messages).toEqual([
      null,
      null,
      'more than 11 genes cannot all have the correlation -0.1 with each other',
      null,
    ]);
    // At the bound the mean of the set does not vary: all variance is that of the genes outside.
    const { statistic: t, difference } = cameraRanked(statistic, sets, -1 / 10);
    const known = statistic.subarray(0, 40);
    const mean = known.reduce((a, b) => a + b, 0) / 40;
    const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const variance = (squares - (difference[1] ** 2 * 11 * 29) / 40) / 38;
    expect(t[1]).toBeCloseTo(difference[1] / Math.sqrt(variance / 29), 12);
  });

  it("are limma's zscoreT", () => {
    const { t, df, log10p, z } = LIMMA.zscore;
    const estimate = Float64Array.from(t);
    expect(worstRelative(zScores(estimate, Float64Array.from(log10p)), z)).toBeLessThan(TOLERANCE.limma);
    const own = Float64Array.from(t, (value, i) => twoSidedLog10P(value, df[i]));
    expect(worstRelative(zScores(estimate, own), z)).toBeLessThan(TOLERANCE.limma);
  });

  it('hold where p is below every double', () => {
    const { z, log10p } = LIMMA.tail;
    const up = zScores(Float64Array.from(z), Float64Array.from(log10p));
    expect(worstRelative(up, z)).toBeLessThan(TOLERANCE.limma);
    const down = zScores(
      Float64Array.from(z, (value) => -value),
      Float64Array.from(log10p),
    );
    expect([...down]).toEqual([...up].map((value) => -value));
    expect([...zScores(Float64Array.of(Number.NaN, 1, 1), Float64Array.of(-1, Number.NaN, 0))]).toEqual([
      Number.NaN,
      Number.NaN,
      0,
    ]);
  });
});

describe('gene sets', () => {
  const text = '\uFEFFA\tfirst\tg1\tg2\tg2\t\r\n\r\nB\thttps://x\tS3\tg9\r\n';

  it('are read from .gmt files and found by id and by symbol', () => {
    const sets = parseGeneSets(text, 'my.gmt');
    expect(sets).toEqual([
      { name: 'A', description: 'first', genes: ['g1', 'g2'] },
      { name: 'B', description: 'https://x', genes: ['S3', 'g9'] },
    ]);
    // Two rows of one symbol are both of the set.
    const placed = placeGeneSets(sets, [
      ['g0', 'g1', 'g2', 'g3', 'g4'],
      ['', 'S1', 'S2', 'S3', 'S3'],
    ]);
    expect(placed.places.map((places) => [...places])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect([placed.named, placed.known]).toEqual([4, 3]);
  });

  it('say what is wrong with a file, and with sets of other genes', () => {
    const fault = (work: () => unknown): FitError => {
      try {
        work();
      } catch (error) {
        if (error instanceof FitError) return error;
      }
      throw new Error('nothing was refused');
    };
    expect(fault(() => parseGeneSets('A\tx\n', 'my.gmt')).message).toMatch(/'A' has no genes/);
    expect(fault(() => parseGeneSets(`${text}A\t\tg5`, 'my.gmt')).fields).toMatchObject({ path: 'my.gmt', line: 4 });
    expect(fault(() => parseGeneSets('\n')).message).toMatch(/no gene sets/);
    const other = fault(() => placeGeneSets(parseGeneSets(text), [['G1', 'G2']]));
    expect(other.tag).toBe('DataError');
    expect(other.fields.remedy).toMatch(/'g1'.*'G1'/);
  });
});
