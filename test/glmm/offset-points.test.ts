import { describe, expect, it } from 'vitest';
import { gaussPoints, hasInterpolatedOffsets, withOffsetPoints } from '../../src/glmm/offset-points.ts';
import { undrawable } from '../../src/moments/family-evidence.ts';
import { familyEvidence, familyRows } from '../../src/moments/family-rows.ts';
import { offsetPanels } from '../../src/moments/offset-nodes.ts';
import { Random } from '../../src/simulate/random.ts';
import type { Design } from '../../src/types/design.ts';
import { TOLERANCE } from '../tolerance.ts';

const ROWS = 900;
const random = new Random(5);
const offset = Float64Array.from({ length: ROWS }, () => 7 + 0.6 * random.normal());

describe('points in place of interpolated offsets', () => {
  it('have the moments of the offsets of the rows', () => {
    const [{ points, basis, rows }] = offsetPanels(
      offset.map((o) => Math.max(5.8, Math.min(8.2, o))),
      Int32Array.from(offset.keys()),
      false,
    );
    if (!basis) throw new Error('no nodes');
    const mass = points.map((_, j) => {
      let sum = 0;
      for (let k = 0; k < rows.length; k++) sum += basis[k * points.length + j];
      return sum;
    });
    const own = gaussPoints({ offset: points, mass });
    expect(own.offset).toHaveLength(8);
    expect(own.mass.every((value) => value > 0)).toBe(true);
    for (let degree = 0; degree < 16; degree++) {
      const wanted = offset.reduce((sum, o) => sum + (Math.max(5.8, Math.min(8.2, o)) - 7) ** degree, 0);
      const found = own.offset.reduce((sum, o, m) => sum + own.mass[m] * (o - 7) ** degree, 0);
      expect(Math.abs(found - wanted)).toBeLessThan(TOLERANCE.gaussMoments * ROWS * 1.2 ** degree);
    }
  });

  it('are the points themselves where there are few of them', () => {
    const own = gaussPoints({ offset: Float64Array.of(1, 1, 3, 3), mass: Float64Array.of(1, 2, 0.5, 0.5) });
    expect([...own.offset].map((o) => Math.round(o * 1e9) / 1e9)).toEqual([1, 3]);
    expect([...own.mass].map((m) => Math.round(m * 1e9) / 1e9)).toEqual([3, 1]);
  });

  it('are whole numbers of rows in each stratum, and can be drawn', () => {
    const donor = Int32Array.from(offset, (_, i) => i % 3);
    const design: Design = {
      formula: '~ 1 + (1 | donor)',
      ...{ rows: Int32Array.from(offset.keys()), n: ROWS, offset, notes: [] },
      fixed: {
        ...{ names: ['(Intercept)'], assign: [0], termLabels: ['(Intercept)'], dropped: [] },
        x: new Float64Array(ROWS).fill(1),
      },
      random: [
        {
          group: 'donor',
          names: ['(Intercept)'],
          levels: ['a', 'b', 'c'],
          codes: donor,
          z: new Float64Array(ROWS).fill(1),
        },
      ],
    };
    const { frame } = familyRows(design, { family: 'nbinom2', link: 'log' }, 1000);
    const evidence = familyEvidence(frame, { counts: Float64Array.of(0, 1) });
    expect(hasInterpolatedOffsets(evidence)).toBe(true);
    expect(undrawable(evidence, false)).toMatch(/interpolated/);
    const drawn = withOffsetPoints(evidence);
    expect(undrawable(drawn, false)).toBeNull();
    expect(withOffsetPoints(drawn)).toBe(drawn);
    for (let d = 0; d < 3; d++) {
      const sums = (codes: ArrayLike<number>, offsets: Float64Array, mass: (i: number) => number) => {
        let [rows, exposure] = [0, 0];
        offsets.forEach((o, i) => {
          if (codes[i] !== d) return;
          rows += mass(i);
          exposure += mass(i) * Math.exp(o - 7);
        });
        return [rows, exposure];
      };
      const [rows, exposure] = sums(drawn.effects[0].codes, drawn.offset, (i) => drawn.mass[i]);
      const [wantedRows, wanted] = sums(donor, offset, () => 1);
      expect(rows).toBe(wantedRows);
      // A row of three hundred more or less at a point.
      expect(Math.abs(exposure / wanted - 1)).toBeLessThan(TOLERANCE.wholeRows);
    }
  });
});
