import { describe, expect, it } from 'vitest';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { subsetDesign } from '../../src/formula/subset.ts';
import { accumulateDense } from '../../src/moments/accumulate.ts';
import { groupMoments, withoutGroup } from '../../src/moments/group-deletion.ts';
import type { MomentBatch, Moments } from '../../src/moments/moments.ts';
import type { Design } from '../../src/types/design.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import { dense, frame, responseOver, unbalancedLayout } from '../lmm/frames.ts';
import { TOLERANCE } from '../tolerance.ts';

const { random, g, x, arm, n } = unbalancedLayout(23, 10, 7);
const weights = Array.from({ length: n }, () => 0.2 + random.uniform());
const folds = 4;
const foldOf = Int32Array.from({ length: n }, () => random.integer(folds));
const table = frame({ g, x, arm, w: weights });

const plain = responseOver(random, g, x, 1, 0.5);
const data = dense({
  plain,
  shifted: plain.map((value) => 1e6 + value),
  holes: plain.map((value, i) => (i % 7 === 0 ? Number.NaN : value)),
  // Nothing but a mean outside fold 2, and next to nothing outside fold 1.
  seldom: plain.map((value, i) => (foldOf[i] === 2 ? value : 0)),
  quiet: plain.map((value, i) => (foldOf[i] === 1 ? 1e7 * value : value)),
});

const run = (batches: readonly MomentBatch[], design: Design): Moments => ({
  formula: design.formula,
  names: data.names,
  batches,
  coefficients: design.fixed.names,
  notes: [],
});

/** R'R, which does not depend on the basis. */
function crossProduct({ r, p }: MomentBatch['design']): number[] {
  return Array.from({ length: p * p }, (_, at) => {
    let sum = 0;
    for (let l = 0; l < p; l++) sum += r[l * p + Math.floor(at / p)] * r[l * p + (at % p)];
    return sum;
  });
}

describe.each([
  ['~ x + arm + (1 | g)', undefined],
  ['~ x + arm + (x | g)', undefined],
  ['~ x + (x | g)', 'w'],
  ['~ x * arm', undefined],
] as const)('moments without a group, %s, weights %s', (formula, named) => {
  const design = buildDesign(formula, table, { weights: named });
  const groups = accumulateDense(design, data).map((batch) => ({
    batch,
    groups: groupMoments(batch, data, null, { of: foldOf, count: folds }),
  }));

  it.each([0, 1, 2, 3])('are those of the other rows: fold %d', async (fold) => {
    const keep = Int32Array.from({ length: n }, (_, i) => i).filter((i) => foldOf[i] !== fold);
    const rows = subsetDesign(design, keep);
    const direct = accumulateDense(rows, data);
    const left = groups.map(({ batch, groups: own }) => withoutGroup(own, fold, batch.index));
    if (left.some((batch) => batch === null)) throw new Error('a fold that leaves a coefficient open');
    const found = left.flatMap((batch) => (batch ? [batch] : []));
    expect(found.map(({ index }) => [...index])).toEqual(direct.map(({ index }) => [...index]));
    found.forEach(({ design: own, responses }, b) => {
      const other = direct[b];
      expect([own.n, own.q, own.coefficients]).toEqual([other.design.n, other.design.q, other.design.coefficients]);
      expect(own.factors.map(({ levels }) => levels)).toEqual(other.design.factors.map(({ levels }) => levels));
      expect(own.logDetW).toBeCloseTo(other.design.logDetW, 10);
      const size = Math.max(...crossProduct(other.design).map(Math.abs));
      crossProduct(own).forEach((value, i) => {
        expect(Math.abs(value - crossProduct(other.design)[i]) / size).toBeLessThan(TOLERANCE.streamedMoments);
      });
      expect([...responses.constant]).toEqual([...other.responses.constant]);
      responses.rss.forEach((rss, k) => {
        const bound = TOLERANCE.streamedMoments * other.responses.rss[k];
        if (responses.constant[k] === 0) expect(Math.abs(rss - other.responses.rss[k])).toBeLessThanOrEqual(bound);
      });
    });
    const options = { method: 'REML', ddf: 'asymptotic', threads: 1, backend: 'cpu' } as const;
    const [one, two] = [await fitMoments(run(found, design), options), await fitMoments(run(direct, design), options)];
    expect([...one.table.status]).toEqual([...two.table.status]);
    one.table.criterion.forEach((criterion, m) => {
      if (Number.isNaN(two.table.criterion[m])) expect(criterion).toBeNaN();
      else expect(Math.abs(criterion - two.table.criterion[m])).toBeLessThan(TOLERANCE.criterion.absolute);
    });
    one.table.coefficients.estimate.forEach((estimate, at) => {
      const se = two.table.coefficients.standardError[at];
      // A mean of a million has lost its last six digits before anything is formed.
      if (se > 0) expect(Math.abs(estimate - two.table.coefficients.estimate[at]) / se).toBeLessThan(1e-6);
    });
  });
});

it('is null where a coefficient cannot be told without the group', () => {
  const only = frame({ g, x: x.map((_, i) => (foldOf[i] === 1 ? 1 : 0)) });
  const design = buildDesign('~ x + (1 | g)', only);
  const responses: DenseResponses = dense({ plain });
  const [batch] = accumulateDense(design, responses);
  const groups = groupMoments(batch, responses, null, { of: foldOf, count: folds });
  expect(withoutGroup(groups, 1, batch.index)).toBeNull();
  expect(withoutGroup(groups, 0, batch.index)).not.toBeNull();
});
