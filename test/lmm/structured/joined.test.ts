/** Blocks of subjects that random effects join, taken by subjects, against the same blocks as whole matrices. */
import { describe, expect, it } from 'vitest';
import { BlocksObjective } from '../../../src/lmm/structured/blocks-objective.ts';
import { covarianceParameters } from '../../../src/lmm/structured/covariance-parameters.ts';
import { isJoined } from '../../../src/lmm/structured/joined-units.ts';
import { flatScales, startParameters } from '../../../src/lmm/structured/parameter-start.ts';
import { denseMoments } from '../../../src/moments/table-moments.ts';
import type { RandomTerm } from '../../../src/types/design.ts';
import type { StructureName } from '../../../src/types/residual.ts';
import { TestRandom } from '../random.ts';
import { structuredDesign, trial } from './designs.ts';
import { inSites } from './sites.ts';

/** Both are sums of the same products in another order. */
const SAME = 1e-11;

function difference(a: Float64Array, b: Float64Array): number {
  const size = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) / size;
}

const CASES: readonly {
  readonly structure: StructureName;
  readonly formula: string;
  readonly term?: RandomTerm['structure'];
  readonly dispersion?: boolean;
}[] = [
  { structure: 'us', formula: '~ x + visit + (1 | site)' },
  { structure: 'csh', formula: '~ x + (x | site)' },
  { structure: 'ar1', formula: '~ x + (1 | site) + (1 | subject)' },
  { structure: 'toeph', formula: '~ x + (0 + visit | site)', term: 'ar1' },
  { structure: 'ad', formula: '~ x + (1 | site) + (0 + x | site)', dispersion: true },
  { structure: 'diag', formula: '~ 0 + visit + (1 + x | site)' },
  { structure: 'sp_exp', formula: '~ x + (1 | site)' },
];

describe.each(['REML', 'ML'] as const)('joined blocks by %s', (method) => {
  it.each(CASES)('$structure, $formula', ({ structure, formula, term, dispersion }) => {
    const study = inSites(trial(17, 30, 4, 0.2), 4);
    const { rows } = study.table;
    const random = new TestRandom(9);
    const x = Float64Array.from([...new Float64Array(rows).fill(1), ...random.normals(rows).map((v) => v / 3)]);
    const scales = { text: '~ z', names: ['(Intercept)', 'z'], x };
    const made = structuredDesign(study, formula, structure, dispersion ? { dispersion: scales } : {});
    const design = term ? { ...made, random: made.random.map((own) => ({ ...own, structure: term })) } : made;
    const moments = denseMoments(design, { kind: 'dense', rows, names: ['y'], values: random.normals(rows) });
    const [batch] = moments.batches;
    const { blocks } = batch.design;
    if (!blocks) throw new Error('no blocks');
    const parameters = covarianceParameters(blocks.layout, batch.design.terms);
    expect(blocks.blocks.some((block) => isJoined(parameters, block))).toBe(true);
    const { p } = batch.design;
    const [joined, whole] = [isJoined, () => false].map((joins) => {
      const objective = new BlocksObjective(parameters, blocks, p, method === 'REML', joins);
      objective.load(batch.responses.blocks ?? new Float64Array(0), 0, 0.5);
      return objective;
    });
    const t = startParameters(parameters, flatScales(parameters, blocks), 1.1, 0.35, 1);
    for (let k = 0; k < t.length; k++) t[k] += 0.1 * random.normal();
    for (const order of ['value', 'average', 'hessian'] as const) {
      const [a, b] = [joined, whole].map((objective) => objective.evaluate(t, order));
      expect(Math.abs(a / b - 1)).toBeLessThan(SAME);
      expect(difference(whole.covariance, joined.covariance)).toBeLessThan(SAME);
      expect(difference(whole.shift, joined.shift)).toBeLessThan(SAME);
      if (order === 'value') continue;
      expect(difference(whole.gradient, joined.gradient)).toBeLessThan(SAME);
      expect(difference(whole.hessian, joined.hessian)).toBeLessThan(SAME);
    }
    const { count } = parameters;
    const [expected, changes] = [count ** 2, count * p * p].map((length) => {
      return [joined, whole].map((objective) => {
        const out = new Float64Array(length);
        if (length === count ** 2) objective.expectedInformation(out);
        else objective.writeChanges(out);
        return out;
      });
    });
    expect(difference(expected[1], expected[0])).toBeLessThan(SAME);
    expect(difference(changes[1], changes[0])).toBeLessThan(SAME);
    const root = random.normals(count ** 2);
    const W = Float64Array.from({ length: count ** 2 }, (_, i) => {
      const [k, l] = [Math.floor(i / count), i % count];
      return Array.from({ length: count }, (__, e) => root[k * count + e] * root[l * count + e]).reduce(
        (a, b) => a + b,
      );
    });
    expect(difference(whole.adjustment(W), joined.adjustment(W))).toBeLessThan(SAME);
  });
});
