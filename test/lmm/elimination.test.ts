import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { residualDegrees } from '../../src/infer/moderation/residual-df.ts';
import { CrossedObjective } from '../../src/lmm/crossed-objective.ts';
import { eliminationChoice, eliminationOrder } from '../../src/lmm/elimination.ts';
import { borderColumns, jointCovariance } from '../../src/lmm/joint-covariance.ts';
import type { DesignMoments } from '../../src/moments/moments.ts';
import { deviceBins } from '../../src/plan/device-bins.ts';
import { planBatch } from '../../src/plan/plan.ts';
import { sharedBatch } from './engines.ts';
import { dense, frame, label } from './frames.ts';
import { TestRandom } from './random.ts';

/** The same sums in two orders, over some thousand pairs of levels: rounding. */
const SUMS = 1e-10;

/** Rows dealt to levels of a and b at random, every level met. */
function crossedBatch(formula: string, rows: number, a: number, b: number) {
  const random = new TestRandom(rows + a);
  const deal = (prefix: string, levels: number) =>
    Array.from({ length: rows }, (_, i) => label(prefix, i < levels ? i : random.integer(levels)));
  const columns = { a: deal('a', a), b: deal('b', b) };
  const x = { x1: random.normals(rows), x2: random.normals(rows), x3: random.normals(rows) };
  return sharedBatch(buildDesign(formula, frame({ ...columns, ...x })), dense({ y: random.normals(rows) }));
}

const SLOPES = '~ x1 + (1 + x1 + x2 + x3 | a) + (1 | b)';

describe('the elimination', () => {
  it('goes by columns, not by levels: 480 of 120 levels before 130 of 130', () => {
    const { design } = crossedBatch(SLOPES, 3000, 120, 130);
    const { factor, border } = eliminationChoice(design);
    expect(design.factors[factor].group).toBe('a');
    expect(border).toBe(132);
    expect(planBatch(design, 1).reason).toMatch(/a is eliminated level by level, 132 border columns remain/);
  });

  it('is one for all that solve the equations', () => {
    const { design } = crossedBatch(SLOPES, 400, 20, 30);
    const { factor, border } = eliminationChoice(design);
    expect(eliminationOrder(design)).toMatchObject({ factor, border });
    expect(borderColumns(design)).toBe(border);
    const [bin] = deviceBins([{ batch: 0, design, models: 1, path: 'crossed' }]).bins;
    expect(bin.levels).toBe(design.factors[factor].levels.length);
    expect(bin.border).toEqual([design.factors[1 - factor].levels.length]);
  });

  it('asks what an evaluation costs', () => {
    for (const [a, b] of [
      [200, 10],
      [10, 200],
      [60, 60],
    ]) {
      const { design } = crossedBatch('~ x1 + (1 | a) + (1 | b)', 1200, a, b);
      const { factor, operations } = eliminationChoice(design);
      expect(operations).toBeGreaterThan(0);
      expect(design.factors[factor].levels.length).toBe(Math.max(a, b));
    }
  });
});

describe('sums over pairs of levels', () => {
  it.each([
    ['~ x1 + (1 | a) + (1 | b)', 900, 300, 8],
    ['~ x1 + (x1 | a) + (x2 | b)', 700, 90, 6],
    [SLOPES, 800, 50, 7],
  ] as const)('are the same with and without the pairs: %s', (formula, rows, a, b) => {
    for (const method of ['REML', 'ML'] as const) {
      const { design, responses } = crossedBatch(formula, rows, a, b);
      const [pairs, sums] = [true, false].map((pairwise) => {
        const objective = new CrossedObjective(design, method, pairwise);
        objective.load(responses, 0, design.q);
        const lambda = new Float64Array(objective.squares);
        for (const { q, square } of objective.slots) {
          for (let i = 0; i < q; i++) for (let j = 0; j <= i; j++) lambda[square + i * q + j] = i === j ? 0.8 : 0.2;
        }
        return { value: objective.evaluate(lambda), hessian: objective.hessian, gradient: objective.gradient };
      });
      expect(sums.value).toBe(pairs.value);
      const largest = pairs.hessian.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      pairs.hessian.forEach((value, i) => {
        expect(Math.abs(sums.hessian[i] - value)).toBeLessThan(SUMS * largest);
      });
      pairs.gradient.forEach((value, i) => {
        expect(Math.abs(sums.gradient[i] - value)).toBeLessThan(SUMS * largest);
      });
    }
  });
});

describe('what depends on the elimination', () => {
  it('does not depend on which factor it was', () => {
    const { design } = crossedBatch('~ x1 + (x1 | a) + (1 | b)', 300, 12, 30);
    const swapped = withFactorsSwapped(design);
    const theta = Float64Array.of(0.9, 0.2, 0.5, 0.7);
    const back = Float64Array.of(0.7, 0.9, 0.2, 0.5);
    // Terms of the design stand in lme4's order, by levels: b first.
    const [own, other] = design.terms[0].group === 'b' ? [back, theta] : [theta, back];
    expect(residualDegrees(swapped)(other)).toBeCloseTo(residualDegrees(design)(own), 8);
    const form = (moments: DesignMoments, at: Float64Array, turned: boolean) => {
      const effects = moments.factors.map(({ q }) => Float64Array.from({ length: q }, (_, k) => 0.3 + 0.1 * k));
      const levels = Int32Array.of(3, 5);
      return jointCovariance(moments, at).quadraticForm(
        Float64Array.of(1, 0.4),
        turned ? levels.slice().reverse() : levels,
        effects,
      );
    };
    expect(form(swapped, other, true)).toBeCloseTo(form(design, own, false), 8);
  });
});

/** The same design with its two factors, and its terms, the other way round. */
function withFactorsSwapped(design: DesignMoments): DesignMoments {
  const [first, second] = design.factors;
  const [cross] = design.crosses;
  const blocks = new Map<number, { row: number; values: Float64Array }[]>();
  for (let i = 0; i + 1 < cross.pointers.length; i++) {
    for (let k = cross.pointers[i]; k < cross.pointers[i + 1]; k++) {
      const values = new Float64Array(first.q * second.q);
      for (let a = 0; a < first.q; a++) {
        for (let b = 0; b < second.q; b++) {
          values[b * first.q + a] = cross.values[k * first.q * second.q + a * second.q + b];
        }
      }
      blocks.set(cross.columns[k], [...(blocks.get(cross.columns[k]) ?? []), { row: i, values }]);
    }
  }
  const lists = second.levels.map((_, j) => blocks.get(j) ?? []);
  const pointers = new Int32Array(lists.length + 1);
  lists.forEach((list, j) => {
    pointers[j + 1] = pointers[j] + list.length;
  });
  return {
    ...design,
    factors: [
      { ...second, offset: 0 },
      { ...first, offset: second.levels.length * second.q },
    ],
    terms: [...design.terms].reverse().map((term) => ({ ...term, factor: 1 - term.factor })),
    crosses: [
      {
        a: 0,
        b: 1,
        pointers,
        columns: Int32Array.from(lists.flatMap((list) => list.map(({ row }) => row))),
        values: Float64Array.from(lists.flatMap((list) => list.flatMap(({ values }) => [...values]))),
      },
    ],
  };
}
