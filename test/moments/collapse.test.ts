import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { collapseRows } from '../../src/moments/collapse.ts';
import { addDenseResponse } from '../../src/moments/dense.ts';
import { projectDesign } from '../../src/moments/design-moments.ts';
import { emptyResponseMoments } from '../../src/moments/moments.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import { arrayDifference, compareFits } from '../lmm/comparison.ts';
import { fitBatchWith } from '../lmm/engines.ts';
import { dense, frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';

function layout(seed: number) {
  const random = new TestRandom(seed);
  const n = 150;
  const pick = (prefix: string, count: number) => Array.from({ length: n }, () => label(prefix, random.integer(count)));
  const step = () => Array.from({ length: n }, () => random.integer(3) - 1);
  return {
    n,
    columns: {
      g: pick('g', 6),
      h: pick('h', 4),
      arm: pick('a', 2),
      dose: step(),
      w: step().map((v) => 2 + v),
      o: step(),
    },
    y: Array.from(random.normals(n), (v) => v + 3),
  };
}

describe('collapsing rows into strata', () => {
  it.each([
    ['~ arm + (1 | g)', {}],
    ['~ arm * dose + (dose | g)', {}],
    ['~ arm + (1 | g) + (arm | h)', {}],
    ['~ dose + (1 | g)', { weights: 'w', offset: 'o' }],
    ['~ dose + (dose | g) + (1 | h)', { weights: 'w' }],
  ] as const)('changes no fit: %s', (formula, options) => {
    const { columns, y, n } = layout(formula.length);
    const design = buildDesign(formula, frame(columns), options);
    const strata = collapseRows(design, n);
    if (!strata) throw new Error('no strata');
    expect(strata.count.reduce((a, b) => a + b)).toBe(n);
    expect(Array.from(strata.representative, (row) => strata.of[row])).toEqual([...strata.count.keys()]);

    // Sums by stratum as a stream forms them.
    const S = strata.representative.length;
    const mean = new Float64Array(S);
    y.forEach((v, i) => {
      mean[strata.of[i]] += v / strata.count[strata.of[i]];
    });
    let within = 0;
    y.forEach((v, i) => {
      within += (design.weights ? design.weights[i] : 1) * (v - mean[strata.of[i]]) ** 2;
    });
    const projector = projectDesign(design, strata);
    const responses = emptyResponseMoments(projector.moments, 1);
    addDenseResponse(projector, mean, within, responses, 0);
    const collapsed = { design: projector.moments, responses, index: Int32Array.of(0) };
    const whole = denseMoments(design, dense({ y })).batches[0];

    expect(Math.abs(collapsed.responses.rss[0] / whole.responses.rss[0] - 1)).toBeLessThan(TOLERANCE.streamedMoments);
    expect(Math.abs(collapsed.responses.mean[0] - whole.responses.mean[0])).toBeLessThan(TOLERANCE.streamedMoments);
    expect(Math.abs(collapsed.design.logDetW - whole.design.logDetW)).toBeLessThan(1e-9);
    expect(arrayDifference(collapsed.design.xtxCentred, whole.design.xtxCentred)).toBeLessThan(
      TOLERANCE.streamedMoments,
    );
    collapsed.design.terms.forEach((term, t) => {
      expect(arrayDifference(term.meanSquare, whole.design.terms[t].meanSquare)).toBeLessThan(
        TOLERANCE.streamedMoments,
      );
    });
    const difference = compareFits(fitBatchWith('covariance', collapsed), 0, fitBatchWith('covariance', whole), 0);
    expect(difference.criterion).toBeLessThan(TOLERANCE.streamedFit);
    expect(difference.estimate).toBeLessThan(TOLERANCE.engines);
    expect(difference.standardError).toBeLessThan(TOLERANCE.engines);
    expect(difference.df).toBeLessThan(TOLERANCE.enginesDf);
    expect(difference.theta).toBeLessThan(TOLERANCE.enginesTheta);
  });

  it('does not tell 0 from -0, and gives up beyond the limit', () => {
    const g = ['a', 'a', 'b', 'b', 'c', 'c'];
    const design = buildDesign('~ x + (1 | g)', frame({ g, x: [0, -0, 0, 1, -0, 1] }));
    expect(collapseRows(design, 6)?.representative).toHaveLength(5);
    const numeric = buildDesign('~ x + (1 | g)', frame({ g, x: [1, 2, 3, 4, 5, 6] }));
    expect(collapseRows(numeric, 3)).toBeNull();
  });
});
