import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { CountInterpolation, countNodes, EXACT_COUNTS, LARGEST_COUNT } from '../../src/moments/count-nodes.ts';
import { familyMoments } from '../../src/moments/family-moments.ts';
import { offsetPanels, pointsOf } from '../../src/moments/offset-nodes.ts';
import { chebyshevPoints } from '../../src/numeric/barycentric.ts';
import { dense, frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { evidenceLogLikelihood, rowsLogLikelihood } from './family-likelihood.ts';

describe('nodes of offsets', () => {
  const random = new TestRandom(1);
  const offset = Float64Array.from(random.normals(400), (z) => 8 + 0.5 * z);
  const every = Int32Array.from(offset.keys());

  it('keep sums of rows and what is linear in the offsets', () => {
    const panels = offsetPanels(offset, every, false);
    expect(panels.reduce((sum, { rows }) => sum + rows.length, 0)).toBe(400);
    for (const { points, rows, basis } of panels) {
      rows.forEach((row, k) => {
        const lambda = basis?.subarray(k * points.length, (k + 1) * points.length) ?? Float64Array.of(1);
        const moment = (power: number) => lambda.reduce((sum, v, j) => sum + v * points[j] ** power, 0);
        expect(Math.abs(moment(0) - 1)).toBeLessThan(TOLERANCE.nodeSums);
        expect(Math.abs(moment(1) - offset[row]) / offset[row]).toBeLessThan(TOLERANCE.nodeSums);
      });
    }
  });

  it('are the offsets themselves where these are few, or wanted', () => {
    const few = offset.map((_, i) => i % 5);
    expect(offsetPanels(few, every, false).map(({ points, rows }) => [points[0], rows.length])).toEqual(
      [0, 1, 2, 3, 4].map((value) => [value, 80]),
    );
    expect(offsetPanels(offset, every, true).length).toBe(400);
  });

  it('grow with the range, which is split where it is wide', () => {
    expect(pointsOf(1.2)).toBe(16);
    const wide = offset.map((o) => 8 * o);
    const panels = offsetPanels(wide, every, false);
    expect(panels.length).toBeGreaterThan(1);
    for (const { points, rows } of panels) {
      for (const row of rows) {
        expect(wide[row]).toBeGreaterThanOrEqual(points[0]);
        expect(wide[row]).toBeLessThanOrEqual(points[points.length - 1]);
      }
    }
    expect(panels.reduce((sum, { points }) => sum + points.length, 0)).toBeLessThan(200);
  });

  it('have ends that no rounding moves', () => {
    const points = chebyshevPoints(0.1, 0.7, 9);
    expect([points[0], points[8]]).toEqual([0.1, 0.7]);
    points.forEach((x, j) => {
      expect(x + points[8 - j]).toBeCloseTo(0.8, 15);
    });
  });
});

describe('nodes of counts', () => {
  const interpolation = new CountInterpolation();
  const nodes = countNodes(LARGEST_COUNT);

  it('are whole numbers, increasing, as many as the largest count asks for', () => {
    expect(nodes.every((value, j) => Number.isInteger(value) && (j === 0 || value > nodes[j - 1]))).toBe(true);
    expect([...countNodes(3)]).toEqual([0, 1, 2, 3]);
    expect(countNodes(63).length).toBe(64);
    expect(countNodes(256).length).toBe(80);
    expect(countNodes(257).length).toBe(95);
    expect(nodes.at(-1)).toBe(LARGEST_COUNT);
  });

  it.each([1e-8, 1e-4, 1e-2, 1, 100])('give sums of log(1 + k nu) at nu = %f', (nu) => {
    const sums = new Float64Array(65_537);
    for (let y = 1; y < sums.length; y++) sums[y] = sums[y - 1] + Math.log1p((y - 1) * nu);
    for (let y = EXACT_COUNTS; y < 30_000; y = Math.max(y + 1, Math.floor(1.01 * y))) {
      const { first, shares } = interpolation.sharesOf(y);
      const found = shares.reduce((sum, share, j) => sum + share * sums[nodes[first + j]], 0);
      expect(Math.abs(found - sums[y]), `count ${y}`).toBeLessThanOrEqual(TOLERANCE.nodeSums * sums[y]);
    }
  });
});

describe('negative binomial responses by nodes', () => {
  // Cells of donors as they come: 20,000 values and totals that spread over two logarithms.
  const random = new TestRandom(2);
  const cells = 1500;
  const donor = Array.from({ length: cells }, (_, i) => label('d', i % 8));
  const stim = Array.from({ length: cells }, () => (random.uniform() < 0.5 ? 'a' : 'b'));
  const o = Array.from({ length: cells }, () => 0.45 * random.normal());
  const design = buildDesign('~ stim + (1 | donor)', frame({ donor, stim, o }), { offset: 'o' });
  const values = Array.from({ length: 20 }, (_, g) =>
    Array.from({ length: cells }, (_, i) => {
      const mean = Math.exp(g / 3 - 2 + o[i] + 0.8 * random.normal());
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
    }),
  );
  values[7][70] = 20_000; // an outlier
  const { batches } = familyMoments(design, dense(Object.fromEntries(values.map((y, g) => [`y${g}`, y]))), {
    family: 'nbinom2',
    link: 'log',
  });

  it('have the likelihood of their cells', () => {
    const [{ design: moments, responses }] = batches;
    expect(moments.family?.rows).toBeLessThan(16 * 20);
    for (const nu of [0, 1e-3, 0.1, 1, 20]) {
      const extras = Float64Array.of(nu);
      values.forEach((y, g) => {
        const found = evidenceLogLikelihood(moments, responses, g, extras);
        const wanted = rowsLogLikelihood(design, { family: 'nbinom2', link: 'log' }, y, undefined, extras);
        expect(Math.abs(found - wanted) / (1 + Math.abs(wanted)), `response ${g}, ${nu}`).toBeLessThan(
          TOLERANCE.offsetNodes,
        );
      });
    }
  });
});
