import { describe, expect, it } from 'vitest';
import { testRange } from '../../src/backend/threads/test-run.ts';
import { type MomentFit, modelLocator } from '../../src/fit/readable-fit.ts';
import { withTests } from '../../src/fit/tested-fit.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { prepareHypotheses, termTests } from '../../src/infer/anova.ts';
import { methodOfCode } from '../../src/infer/design-tests.ts';
import { cellWeights, type MarginalOptions, marginalGrid } from '../../src/infer/marginal-rows.ts';
import { marginalTests } from '../../src/infer/marginal-tests.ts';
import { planBatch, planTests } from '../../src/plan/plan.ts';
import { anovaTable } from '../../src/result/anova-table.ts';
import { marginalMeans } from '../../src/result/marginal-means.ts';
import type { OutputTable } from '../../src/result/output-table.ts';
import { dense, frame, label, responseOver, unbalancedLayout } from '../lmm/frames.ts';

const { random, g, x, arm, n } = unbalancedLayout(9, 9, 6);
const third = Array.from({ length: n }, (_, i) => label('t', (i * 7) % 3));
const obs = frame({ g, x, arm, third });
const missing = responseOver(random, g, x, 1, 0).map((value, i) => (i % 5 === 0 ? Number.NaN : value));
// Responses with a fit and without, and one with rows of its own.
const data = dense({
  one: responseOver(random, g, x, 1, 0.5),
  flat: new Array<number>(n).fill(2),
  two: responseOver(random, g, x, 0.3, 0.5),
  holes: missing,
});

const asked: MarginalOptions = { over: ['third'], by: ['arm'], adjust: 'tukey' };

const valuesOf = ({ columns }: OutputTable) => columns.map(({ name, values }) => [name, [...values]]);

/** The tests of a fit as threads find them, batch by batch in pieces of two models. */
function inPieces(result: MomentFit, piece: number) {
  const { moments, table, openReader } = result;
  const { modelsOf } = modelLocator(result);
  if (!result.recipe) throw new Error('no recipe');
  const grid = marginalGrid(result.recipe, asked);
  const weightsOf = cellWeights(asked, grid);
  const found = new Map<number, { p: number[]; means: number[]; method: string | null }>();
  moments.batches.forEach(({ design, responses, index }, b) => {
    const model = index.find((m) => Number.isFinite(table.sigma[m]));
    if (model === undefined) return;
    const weights = weightsOf(result.recipeOf(model), design.coefficients);
    const terms = prepareHypotheses({ r: design.r, names: design.coefficients }, result.hypotheses(model, 'III') ?? []);
    const { path } = planBatch(design, responses.count);
    for (let from = 0; from < index.length; from += piece) {
      const to = Math.min(index.length, from + piece);
      const slice = {
        ...responses,
        qty: responses.qty.slice(from * design.p, to * design.p),
        ztr: responses.ztr.slice(from * design.q, to * design.q),
        rss: responses.rss.slice(from, to),
      };
      const tested = testRange(openReader(design, table.method, path), design, {
        batch: b,
        from,
        path,
        method: table.method,
        ddf: table.ddf,
        responses: slice,
        ...modelsOf(b, from, to),
        tests: { terms, means: weights && { weights, comparisons: grid.comparisons } },
      });
      const count = terms.weights.length;
      const pairs = grid.comparisons.pairs.length / 2;
      for (let k = 0; k < to - from; k++) {
        found.set(index[from + k], {
          p: [...(tested.terms?.pValue.subarray(k * count, (k + 1) * count) ?? [])],
          means: [...(tested.means?.pair.adjusted.subarray(k * pairs, (k + 1) * pairs) ?? [])],
          method: methodOfCode(tested.method[k]),
        });
      }
    }
  });
  return { found, grid };
}

describe.each(['~ x + arm * third + (1 | g)', '~ x + arm * third + (x | g)'])('tests on threads, %s', (formula) => {
  it.each(['satterthwaite', 'kenward-roger'] as const)('are those of one model after another: %s', async (ddf) => {
    const result = await fitTable(data, { formula, obs, ddf, threads: 1, backend: 'cpu' });
    expect(result.moments.batches.length).toBeGreaterThan(1);
    const { first, columns, method } = termTests(result, 'III');
    const { found, grid } = inPieces(result, 2);
    const means = marginalTests(result, asked, grid);
    const pairs = grid.comparisons.pairs.length / 2;
    for (let model = 0; model < result.table.models; model++) {
      const own = found.get(model);
      if (method[model] === null) {
        expect(own?.method ?? null).toBeNull();
        continue;
      }
      expect(own?.method).toBe(method[model]);
      expect(own?.p).toEqual([...columns.pValue.subarray(first[model], first[model + 1])]);
      expect(own?.means).toEqual([...means.columns.pair.adjusted.subarray(model * pairs, (model + 1) * pairs)]);
    }
  });

  it('stay with the fit, and other tables of it are formed as before', async () => {
    const result = await fitTable(data, { formula, obs, threads: 1, backend: 'cpu' });
    const tested = await withTests(result, { anova: 'II', means: asked }, { threads: 4 });
    expect(tested.tests?.terms?.type).toBe('II');
    expect(valuesOf(anovaTable(tested, 'II'))).toEqual(valuesOf(anovaTable(result, 'II')));
    expect(valuesOf(anovaTable(tested, 'III'))).toEqual(valuesOf(anovaTable(result, 'III')));
    for (const options of [asked, { over: ['arm'] }]) {
      const [one, other] = [marginalMeans(tested, options), marginalMeans(result, options)];
      expect(valuesOf(one.means)).toEqual(valuesOf(other.means));
      expect(valuesOf(one.pairs)).toEqual(valuesOf(other.pairs));
    }
    const p = anovaTable(tested, 'II').columns.find(({ name }) => name === 'p.value');
    expect(p?.values.length).toBe(3 * 4 + 1); // the response that does not vary has one empty row
  });
});

describe('the plan of tests', () => {
  it('takes more threads for more work, and no more than are allowed', async () => {
    const { moments } = await fitTable(data, { formula: '~ x + (1 | g)', obs, threads: 1, backend: 'cpu' });
    expect(planTests(moments, { threads: 8, tests: 3, ranges: 0 }).threads).toBe(1);
    const many = planTests(moments, { threads: 3, tests: 1e6, ranges: 1e6 });
    expect(many.threads).toBe(3);
    expect(many.chunk).toBe(1);
  });
});
