import { describe, expect, it } from 'vitest';
import { LevelFactor } from '../../src/glmm/level-factor.ts';
import { type LevelFronts, levelFronts } from '../../src/glmm/level-fronts.ts';
import type { FamilyEffects } from '../../src/moments/family-evidence.ts';
import { choleskyInPlace, inverseFromCholesky } from '../../src/numeric/cholesky.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { expectClose } from './expect-close.ts';
import { DESIGNS, randomEffects } from './random-models.ts';

/** Designs of more levels than those of the criterion's tests: deep nesting, many crossed levels, one large dense front. */
const LARGER: Record<string, (random: TestRandom) => FamilyEffects[]> = {
  'four nested factors': () => {
    const rows = 96;
    const level = (size: number) => Int32Array.from({ length: rows }, (_, i) => Math.floor(i / size));
    return [2, 6, 24, 48].map((size) => intercept(level(size)));
  },
  'two large crossed factors': (random) => {
    const rows = 400;
    const level = (count: number) => Int32Array.from({ length: rows }, () => random.integer(count));
    return [intercept(level(130)), intercept(level(120))];
  },
  'sparsely crossed factors': (random) => {
    const rows = 150;
    const level = (count: number) => Int32Array.from({ length: rows }, () => random.integer(count));
    return [intercept(level(90)), intercept(level(60)), intercept(level(30))];
  },
};

function intercept(codes: Int32Array): FamilyEffects {
  return { z: new Float64Array(codes.length).fill(1), codes };
}

describe('the factor of H on fronts', () => {
  const designs = [
    ...DESIGNS.map((kind) => [kind, (random: TestRandom) => randomEffects(kind, 60, random)] as const),
    ...Object.entries(LARGER),
  ];

  it.each(designs)('of %s is that of the dense matrix: determinant, solutions, inverse', (_, effectsOf) => {
    const random = new TestRandom(53);
    const effects = effectsOf(random);
    const rows = effects[0].codes.length;
    const plan = levelFronts(effects, rows);
    const a = random.normals(rows * plan.width);
    const w = Float64Array.from({ length: rows }, () => 0.2 + random.uniform());
    const Q = plan.columns;
    const H = denseH(plan, a, w);
    const factor = new LevelFactor(plan);
    fill(plan, factor, a, w);
    let logDet = 0;
    for (let c = 0; c < plan.components; c++) logDet += factor.factor(c);
    const L = H.slice();
    expectClose([logDet], [choleskyInPlace(L, Q)], TOLERANCE.laplaceRounding);

    const v = random.normals(Q);
    const x = v.slice();
    for (let c = 0; c < plan.components; c++) factor.solve(c, x);
    const product = v.map((_, i) => x.reduce((sum, value, j) => sum + H[i * Q + j] * value, 0));
    expectClose(product, v, TOLERANCE.laplaceRounding);

    factor.invert();
    const inverse = new Float64Array(Q * Q);
    inverseFromCholesky(L, Q, inverse);
    // Whatever two levels share a row.
    for (const { at, row, column } of places(plan)) {
      expect(Math.abs(factor.inverse[at] - inverse[row * Q + column])).toBeLessThan(TOLERANCE.laplaceRounding);
    }
  });

  it('has a component for each donor of a nested design, without fill', () => {
    const donor = Int32Array.from({ length: 400 }, (_, i) => Math.floor(i / 10));
    const sample = Int32Array.from({ length: 400 }, (_, i) => i);
    const plan = levelFronts([intercept(sample), intercept(donor)], 400);
    expect(plan.components).toBe(40);
    expect(plan.columns).toBe(440);
    // Per donor: ten samples with what they touch, and the donor.
    expect(plan.values).toBe(40 * 21);
  });

  it('has one front for each donor of two conditions', () => {
    const donor = Int32Array.from({ length: 80 }, (_, i) => i >> 1);
    const condition = Int32Array.from({ length: 80 }, (_, i) => i);
    const plan = levelFronts([intercept(condition), intercept(donor)], 80);
    expect(plan.components).toBe(40);
    expect(plan.fronts).toBe(40);
    expect(plan.columns).toBe(120);
    expect(plan.values).toBe(40 * 9);
  });

  it('eliminates the factor with most columns first, and joins the other into one front', () => {
    const rows = 3000;
    const plan = levelFronts(
      [
        intercept(Int32Array.from({ length: rows }, (_, i) => i % 10)),
        intercept(Int32Array.from({ length: rows }, (_, i) => Math.floor(i / 10))),
      ],
      rows,
    );
    expect(plan.fronts).toBe(301);
    expect(plan.k[300]).toBe(10);
    expect(plan.values).toBe(300 * 11 + 100);
  });

  it('says where H is not positive definite', () => {
    const codes = Int32Array.from({ length: 6 }, (_, i) => i >> 1);
    const plan = levelFronts([intercept(codes)], 6);
    const factor = new LevelFactor(plan);
    fill(plan, factor, new Float64Array(6).fill(1), Float64Array.of(1, 1, -1, -0.5, 1, 1));
    expect([0, 1, 2].map((c) => Number.isNaN(factor.factor(c)))).toEqual([false, true, false]);
  });
});

/** Elements of blocks that rows have: their place among the fronts' values, row and column of H. */
function places(
  plan: LevelFronts,
): { at: number; row: number; column: number; pair: [number, number]; cell: number }[] {
  const { factors, cellColumn, cellBlock, cellStride } = plan;
  const F = factors.length;
  const out: ReturnType<typeof places> = [];
  for (let cell = 0; cell < cellColumn.length / F; cell++) {
    for (let f = 0, block = (cell * F * (F + 1)) / 2; f < F; f++) {
      for (let g = 0; g <= f; g++, block++) {
        for (let r = 0; r < factors[f].q; r++) {
          for (let c = 0; c < (f === g ? r + 1 : factors[g].q); c++) {
            out.push({
              at: cellBlock[block] + r * cellStride[cell * F + g] + c,
              row: cellColumn[cell * F + f] + r,
              column: cellColumn[cell * F + g] + c,
              pair: [factors[f].offset + r, factors[g].offset + c],
              cell,
            });
          }
        }
      }
    }
  }
  return out;
}

/** I + A'WA into the fronts. */
function fill(plan: LevelFronts, factor: LevelFactor, a: Float64Array, w: Float64Array): void {
  for (let c = 0; c < plan.components; c++) factor.identity(c);
  const byCell = places(plan);
  plan.cellOf.forEach((cell, i) => {
    for (const place of byCell) {
      if (place.cell !== cell) continue;
      const [r, c] = place.pair;
      factor.values[place.at] += w[i] * a[i * plan.width + r] * a[i * plan.width + c];
    }
  });
}

/** The same as a dense matrix, from the columns that rows have. */
function denseH(plan: LevelFronts, a: Float64Array, w: Float64Array): Float64Array {
  const { columns: Q, width, factors, cellOf, cellColumn } = plan;
  const H = new Float64Array(Q * Q);
  for (let i = 0; i < Q; i++) H[i * Q + i] = 1;
  w.forEach((weight, i) => {
    const row = new Float64Array(Q);
    factors.forEach(({ q, offset }, f) => {
      for (let c = 0; c < q; c++) row[cellColumn[cellOf[i] * factors.length + f] + c] = a[i * width + offset + c];
    });
    for (let r = 0; r < Q; r++) {
      if (row[r] === 0) continue;
      for (let c = 0; c < Q; c++) H[r * Q + c] += weight * row[r] * row[c];
    }
  });
  return H;
}
