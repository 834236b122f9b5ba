import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitText } from '../../demo/src/plots/axes.ts';
import { layoutBlocks } from '../../demo/src/plots/gene-layout.ts';
import { createGridIndex } from '../../demo/src/plots/grid-index.ts';
import { jitterOf, vanDerCorput } from '../../demo/src/plots/jitter.ts';
import { nextRank } from '../../demo/src/plots/keyboard.ts';
import { overlap, placeLabels } from '../../demo/src/plots/label-layout.ts';
import { pointsInside } from '../../demo/src/plots/polygon.ts';
import { createScale, extentOf, padded } from '../../demo/src/plots/scale.ts';
import { Scene } from '../../demo/src/plots/scene.ts';
import { escapeXml, svgText } from '../../demo/src/plots/scene-svg.ts';
import { thinDots } from '../../demo/src/plots/thinning.ts';
import { formatCount, formatNumber, formatP, linearTicks, logTicks } from '../../demo/src/plots/ticks.ts';
import { heightAxis } from '../../demo/src/plots/volcano.ts';

describe('ticks', () => {
  const labels = (low: number, high: number, count: number) => linearTicks(low, high, count).map(({ label }) => label);

  it('are round, with the decimals they need', () => {
    expect(labels(0, 1, 5)).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    expect(labels(-2.3, 2.6, 5)).toEqual(['−2', '−1', '0', '1', '2']);
    expect(labels(0, 12345, 3)).toEqual(['0', '5000', '10000']);
    expect(labels(1e-7, 3e-7, 2)).toEqual(['1e−7', '2e−7', '3e−7']);
    expect(linearTicks(0, 0.35, 7).map(({ value }) => value)).toEqual([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
    expect(linearTicks(1, 1, 5)).toEqual([]);
  });

  it('lie in the domain, evenly and about as many as asked for', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        (low, range, count) => {
          const ticks = linearTicks(low, low + range, count);
          expect(ticks.length).toBeGreaterThanOrEqual(Math.floor(count / 2.5));
          expect(ticks.length).toBeLessThanOrEqual(Math.ceil(1.5 * count) + 2);
          for (const { value } of ticks) {
            expect(value).toBeGreaterThanOrEqual(low - 1e-6 * range);
            expect(value).toBeLessThanOrEqual(low + range * (1 + 1e-6));
          }
        },
      ),
    );
  });

  it('of logarithms are powers of ten, or more where there is room', () => {
    expect(logTicks(0.02, 30, 4).map(({ label }) => label)).toEqual(['0.1', '1', '10']);
    expect(logTicks(0.5, 30, 9).map(({ value }) => value)).toEqual([0.5, 1, 2, 5, 10, 20]);
    expect(logTicks(1e-12, 1, 4).length).toBeLessThanOrEqual(7);
    expect(logTicks(0, 1, 4)).toEqual([]);
  });

  it('of square roots are numbers of one digit, evenly spread', () => {
    const values = createScale('square-root', 0, 420, 0, 400)
      .ticks(6)
      .map(({ value }) => value);
    expect(values).toEqual([0, 10, 50, 100, 200, 300, 400].filter((value) => values.includes(value)));
    expect(values.length).toBeGreaterThanOrEqual(4);
  });
});

describe('numbers', () => {
  it('are short', () => {
    expect([0, 1234.5, -0.012345, 1e-7, 123456, NaN, -Infinity].map((value) => formatNumber(value))).toEqual([
      '0',
      '1230',
      '−0.0123',
      '1e−7',
      '1.23e5',
      'not available',
      '−∞',
    ]);
    expect([12, 1234, 1234567].map(formatCount)).toEqual(['12', '1,234', '1,234,567']);
  });

  it('as p-values go below the least double', () => {
    expect([-0.30103, -3, -400.5, -9.9999, -Infinity, NaN].map(formatP)).toEqual([
      '0.5',
      '0.001',
      '3.2e−401',
      '1e−10',
      '0',
      'not available',
    ]);
  });
});

describe('scales', () => {
  it('map their domain to pixels and hold what lies outside at the border', () => {
    const down = createScale('linear', 0, 10, 200, 0);
    expect([0, 5, 10, 11, -Infinity].map((value) => down.at(value))).toEqual([200, 100, 0, 0, 200]);
    expect(createScale('log', 0.1, 1000, 0, 100).at(10)).toBeCloseTo(50, 9);
    const root = createScale('square-root', 0, 400, 0, 100);
    expect([0, 100, 400, Infinity].map((value) => root.at(value))).toEqual([0, 50, 100, 100]);
  });

  it('find their domain among what is finite', () => {
    expect(extentOf([NaN, 3, -Infinity, 1])).toEqual([1, 3]);
    expect(extentOf([NaN])).toBeNull();
    expect(padded([0, 10], 0.1)).toEqual([-1, 11]);
    expect(padded([5, 5], 0.1)).toEqual([4.5, 5.5]);
    expect(padded([0, 0], 0.1)).toEqual([-1, 1]);
    expect(padded(null, 0.1)).toEqual([0, 1]);
  });

  it('are of square roots where a few genes tower over the others', () => {
    const flat = Float64Array.from({ length: 1000 }, (_, i) => i / 100);
    expect(heightAxis(flat).transform).toBe('linear');
    const tower = flat.with(0, 400).with(1, Infinity);
    expect(heightAxis(tower)).toEqual({ high: 424, transform: 'square-root' });
    expect(heightAxis(new Float64Array()).high).toBe(1);
  });
});

describe('the nearest point', () => {
  const point = fc.tuple(
    fc.double({ min: -50, max: 900, noNaN: true }),
    fc.double({ min: -50, max: 500, noNaN: true }),
  );

  it('is that of a search through all', () => {
    fc.assert(
      fc.property(
        fc.array(point, { maxLength: 80 }),
        point,
        fc.integer({ min: 1, max: 60 }),
        (points, [px, py], radius) => {
          const x = points.map(([value]) => value);
          const y = points.map(([, value]) => value);
          const distances = points.map(([a, b]) => (a - px) ** 2 + (b - py) ** 2);
          const least = Math.min(...distances);
          const found = createGridIndex(x, y).nearest(px, py, radius);
          if (least > radius ** 2) expect(found).toBe(-1);
          else expect(distances[found]).toBe(least);
          const inside = points.filter(([a, b]) => a >= px && a <= px + 40 && b >= py && b <= py + 30).length;
          expect(createGridIndex(x, y).count(px, py, px + 40, py + 30)).toBe(inside);
        },
      ),
    );
  });

  it('is never one without a place', () => {
    expect(createGridIndex([NaN], [1]).nearest(0, 0, 1e3)).toBe(-1);
  });
});

describe('the lasso', () => {
  it('holds the points inside a polygon that is not convex', () => {
    const x = [0, 100, 100, 50, 0];
    const y = [0, 0, 100, 20, 100];
    expect(pointsInside(x, y, [10, 50, 90, 50, -1, NaN], [50, 60, 50, 10, 50, 1])).toEqual([0, 2, 3]);
  });
});

describe('labels', () => {
  const bounds = { left: 0, top: 0, right: 300, bottom: 200 };

  it('overlap neither each other nor the border', () => {
    const spot = fc.record({
      x: fc.integer({ min: 0, max: 300 }),
      y: fc.integer({ min: 0, max: 200 }),
      width: fc.integer({ min: 10, max: 90 }),
      height: fc.constant(14),
    });
    fc.assert(
      fc.property(fc.array(spot, { maxLength: 25 }), (requests) => {
        const placed = placeLabels(requests, { bounds, covered: () => 0 });
        placed.forEach(({ box }, i) => {
          expect(
            Math.min(box.left, box.top, bounds.right - box.right, bounds.bottom - box.bottom),
          ).toBeGreaterThanOrEqual(0);
          for (const other of placed.slice(0, i)) expect(overlap(box, other.box)).toBe(false);
        });
      }),
    );
  });

  it('stand beside their point, or further off where points are many', () => {
    const request = { x: 100, y: 100, width: 40, height: 14 };
    const [near] = placeLabels([request], { bounds, covered: () => 0 });
    expect(near.leader).toBe(false);
    expect(near.box.left).toBe(106);
    const [far] = placeLabels([request], { bounds, covered: ({ left }) => (left < 125 ? 5 : 0) });
    expect(far.leader).toBe(true);
    expect(placeLabels([{ ...request, width: 400 }], { bounds, covered: () => 0 })).toEqual([]);
  });

  it('are cut where they are too wide', () => {
    const measure = (text: string) => [...text].length;
    expect(fitText('condition', 20, 12, measure)).toBe('condition');
    expect(fitText('condition', 5, 12, measure)).toBe('cond…');
    expect(fitText('😀😀😀😀', 3, 12, measure)).toBe('😀😀…');
    expect(fitText('abc', 1, 12, measure)).toBe('');
  });
});

describe('strips', () => {
  it('share the width out among donors, and give way to violins where there are too many', () => {
    const few = layoutBlocks([3, 2], 50, 650);
    expect(few.strip).toBeGreaterThan(50);
    expect(few.blocks.map(({ strips }) => strips.length)).toEqual([3, 2]);
    const ends = few.blocks.flatMap(({ left, strips, fit, right }) => [left, ...strips, fit, right]);
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    expect(ends[0]).toBeGreaterThanOrEqual(50);
    expect(ends[ends.length - 1]).toBeLessThanOrEqual(650);
    const many = layoutBlocks([90, 90], 50, 650);
    expect(many.strip).toBeNull();
    expect(many.blocks[1].right).toBe(650);
  });

  it('spread points alike on every drawing, wide where values are dense', () => {
    expect([0, 1, 2, 3].map(vanDerCorput)).toEqual([0.5, 0.25, 0.75, 0.125]);
    const shifts = jitterOf(Float64Array.of(0, 0, 0, 1), {
      x: Float64Array.of(0, 1),
      density: Float64Array.of(2, 1),
      bandwidth: 1,
    });
    expect([...shifts]).toEqual([0, -0.5, 0.5, -0.375]);
  });
});

describe('the keyboard', () => {
  it('walks through the ranking and stops at its ends', () => {
    const walk = (...keys: string[]) => keys.reduce((rank, key) => nextRank(key, rank, 3) ?? rank, -1);
    expect(walk('ArrowRight')).toBe(0);
    expect(walk('ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowRight')).toBe(2);
    expect(walk('End', 'ArrowLeft', 'x')).toBe(1);
    expect(walk('End', 'Home', 'ArrowUp')).toBe(0);
  });
});

describe('SVG files', () => {
  it('escape what comes from the data and hold what XML can', () => {
    expect(escapeXml('<img src=x onerror="a(\'b\')">&')).toBe(
      '&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;',
    );
    expect(escapeXml('a\u0000b\ud800c😀\t')).toBe('a\ufffdb\ufffdc😀\t');
  });

  it('keep coloured dots and outliers, and thin the dull ones', () => {
    const scene = new Scene();
    const x = Float64Array.from({ length: 20_000 }, (_, i) => (i % 141) / 2);
    const y = Float64Array.from({ length: 20_000 }, (_, i) => Math.floor(i / 141) / 2);
    x[7] = 500;
    for (const dull of [true, false]) scene.add('canvas', { kind: 'points', x, y, radius: 2, fill: '#888888', dull });
    const text = svgText(scene.shapes, { width: 600, height: 400, font: 'a "b"', paper: '#ffffff', title: 'x < y' });
    const [dull, coloured] = [...text.matchAll(/ d="(M[^"]*h[^"]*)"/g)].map((match) => match[1].split('M').length - 1);
    expect(dull).toBeGreaterThan(1000);
    expect(dull).toBeLessThanOrEqual(3000);
    expect(coloured).toBe(20_000);
    expect(thinDots(x, y, 3000)).toContain(7);
    expect(text).toContain('<title>x &lt; y</title>');
    expect(text).not.toMatch(/href|url\(|style=|<script/);
  });
});

describe('lines with gaps', () => {
  const paint = { stroke: '#000000', strokeWidth: 2 };
  const y = [1, 2, Number.NaN, 4, Number.NaN, 6, 7, 8];
  const x = y.map((_, k) => 10 * k);

  it('break there, in all files', () => {
    const scene = new Scene();
    scene.curve('canvas', x, y, paint);
    const shapes = scene.shapes.map(({ shape }) => (shape.kind === 'text' ? null : [shape.kind, shape.x, shape.y]));
    expect(shapes).toEqual([
      ['path', [0, 10], [1, 2]],
      ['points', [30], [4]],
      ['path', [50, 60, 70], [6, 7, 8]],
    ]);
    expect(svgText(scene.shapes, { width: 80, height: 10, font: 'x', paper: '#ffffff', title: '' })).not.toContain(
      'NaN',
    );
  });

  it('have bands in as many parts', () => {
    const scene = new Scene();
    const high = y.map((value) => value + 1);
    scene.band('canvas', x, y, high, { fill: '#000000' });
    expect(scene.shapes.map(({ shape }) => (shape.kind === 'path' ? [shape.x, shape.y, shape.closed] : null))).toEqual([
      [[0, 10, 10, 0], [2, 3, 2, 1], true],
      [[30, 30], [5, 4], true],
      [[50, 60, 70, 70, 60, 50], [7, 8, 9, 8, 7, 6], true],
    ]);
  });

  it('of nothing are nothing', () => {
    const scene = new Scene();
    scene.curve('canvas', x, new Float64Array(8).fill(Number.NaN), paint);
    expect(scene.shapes).toEqual([]);
  });
});
