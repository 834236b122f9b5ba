import { describe, expect, it } from 'vitest';
import { calibrateMoments } from '../../src/calibrate/calibrate.ts';
import type { Calibration } from '../../src/calibrate/collected-tests.ts';
import { calibrationPlot, quantilePoints } from '../../src/calibrate/quantile-plot.ts';
import { rejectionRate, wilsonInterval } from '../../src/calibrate/rejection-rates.ts';
import { betaQuantile } from '../../src/numeric/distributions/incomplete-beta.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { donorTable, tableMoments } from './null-designs.ts';

describe('rejection rates', () => {
  it('have binomial errors and the interval of Wilson', () => {
    const p = Float64Array.from({ length: 200 }, (_, i) => (i < 10 ? 0.01 : i === 199 ? Number.NaN : 0.5));
    const { simulations, rejections, rate, standardError, low, high } = rejectionRate(p, 0.05);
    expect([simulations, rejections]).toEqual([199, 10]);
    expect(standardError).toBeCloseTo(Math.sqrt((rate * (1 - rate)) / 199), 15);
    // prop.test(10, 199, correct = FALSE)$conf.int in R.
    expect([low, high].map((v) => v.toFixed(6))).toEqual(['0.027521', '0.090016']);
    expect(wilsonInterval(0, 50).low).toBe(0);
  });

  it('count what agrees within a permutation once', () => {
    // 20 clusters of 50 equal values: no more than 20 independent ones.
    const clusters = Int32Array.from({ length: 1000 }, (_, i) => Math.floor(i / 50));
    const p = Float64Array.from(clusters, (c) => (c < 2 ? 0.01 : 0.5));
    const alone = rejectionRate(p, 0.05);
    const { standardError, high } = rejectionRate(p, 0.05, clusters);
    expect(standardError).toBeCloseTo(Math.sqrt((0.1 * 0.9) / 19), 12);
    expect(high).toBeGreaterThan(alone.high);
    expect(rejectionRate(p, 0.001, clusters).high).toBeCloseTo(wilsonInterval(0, 20).high, 12);
  });
});

describe('the plot', () => {
  const curve = (test: string, term: string, pValues: number[]) => ({
    test,
    term,
    pValues: Float64Array.from(pValues),
  });

  it('takes quantiles of the beta distribution as they are', () => {
    // Closed forms: I_x(1, n) = 1 - (1 - x)^n, I_x(n, 1) = x^n.
    expect(betaQuantile(0.025, 1, 40)).toBeCloseTo(1 - 0.975 ** (1 / 40), 7);
    expect(betaQuantile(0.975, 40, 1)).toBeCloseTo(0.975 ** (1 / 40), 5);
  });

  it('sets observed against expected values', () => {
    const points = quantilePoints(Float64Array.of(0.001, 0.2, 0.9));
    expect(points.map(({ expected }) => expected)).toEqual([0.5, 1.5, 2.5].map((i) => -Math.log10(i / 3)));
    expect(points[0].observed).toBeCloseTo(3, 12);
  });

  it('is SVG with a panel a term, every text escaped', async () => {
    const moments = tableMoments(donorTable({ donors: 8, cells: [5], ratio: 1 }), '~ stim + group + (1 | donor)');
    const found = await calibrateMoments(moments, { backend: 'cpu', threads: 1, simulations: 60 });
    const svg = calibrationPlot(found, 'y ~ x < 3 & "z"');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 760 \d+"/);
    expect(svg).toContain('y ~ x &lt; 3 &amp; &quot;z&quot;');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    for (const text of ['>stimstim<', '>groupdisease<', 'Kenward-Roger: ', 'naive (rows independent): ']) {
      expect(svg).toContain(text);
    }
    expect(svg.match(/<g/g)?.length).toBe(svg.match(/<\/g>/g)?.length);
    // In words, in as many lines as they need.
    const terms = new Map([['groupdisease', '(disease − control) at visit week12 − the same at visit <baseline>']]);
    const worded = calibrationPlot(found, 'y ~ x', { terms, tests: new Map([['naive', 'rows taken as independent']]) });
    for (const text of [
      '>stimstim<',
      '>(disease − control) at visit week12 − the<',
      '>same at visit &lt;baseline&gt;<',
    ]) {
      expect(worded).toContain(text);
    }
    expect(worded).toContain('rows taken as independent: ');
    expect(worded).not.toMatch(/naive|groupdisease/);
    const heightOf = (own: string): number => Number(/ height="(\d+)"/.exec(own)?.[1]);
    expect(heightOf(worded)).toBe(heightOf(svg) + 15);
    const rows = [...outputRows(found.rates)];
    expect(rows).toHaveLength(2 * 4 * 3);
    expect(Object.keys(rows[0])).toEqual([
      'test',
      'term',
      'level',
      'simulations',
      'rejections',
      'rate',
      'se',
      'conf.low',
      'conf.high',
    ]);
    expect(found.pValueTable().rows).toBe(60 * 2 * 4);
  });

  it('stands p-values of zero and missing ones', () => {
    const found: Calibration = {
      scheme: 'permute',
      rates: { columns: [], rows: 0 },
      pValues: [curve('naive', '<a>', [0, 1e-320, 1, Number.NaN]), curve('z', '<a>', [Number.NaN])],
      pValueTable: () => ({ columns: [], rows: 0 }),
      clusters: Int32Array.of(0, 0, 1, 1),
      statuses: {},
      singular: 0,
      notes: [],
    };
    const svg = calibrationPlot(found);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg).toContain('&lt;a&gt;');
    expect(svg).toContain('2 beyond the axis');
    expect(svg).toContain('z: no test');
  });

  it.each([200, 1000, 2000, 5000, 20_000])('writes no name of a level over another, of %d tests', (tests) => {
    const even = Array.from({ length: tests }, (_, i) => (i + 0.5) / tests);
    const svg = calibrationPlot({
      scheme: 'simulate',
      rates: { columns: [], rows: 0 },
      pValues: [curve('z', 'x', even)],
      pValueTable: () => ({ columns: [], rows: 0 }),
      clusters: null,
      statuses: {},
      singular: 0,
      notes: [],
    });
    // Letters of Helvetica are 0.55 of their height wide, on average.
    const names = [...svg.matchAll(/<text x="([\d.]+)"( text-anchor="end")? y="(\d+)"[^>]*>(p = [\d.]+)</g)].map(
      ([, x, atEnd, y, text]) => {
        const width = 0.55 * 10 * text.length;
        return { left: Number(x) - (atEnd ? width : 0), right: Number(x) + (atEnd ? 0 : width), y: Number(y) };
      },
    );
    expect(names.length).toBeGreaterThanOrEqual(2);
    for (const [k, one] of names.entries()) {
      for (const next of names.slice(k + 1)) {
        const apart = one.right <= next.left || Math.abs(one.y - next.y) >= 10;
        expect(apart).toBe(true);
      }
    }
  });
});
