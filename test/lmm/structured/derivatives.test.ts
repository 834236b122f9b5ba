import { describe, expect, it } from 'vitest';
import { BlocksObjective } from '../../../src/lmm/structured/blocks-objective.ts';
import { covarianceParameters, idleParameters } from '../../../src/lmm/structured/covariance-parameters.ts';
import { flatScales, startParameters } from '../../../src/lmm/structured/parameter-start.ts';
import { denseMoments } from '../../../src/moments/table-moments.ts';
import type { RandomTerm } from '../../../src/types/design.ts';
import { STRUCTURES } from '../../../src/types/residual.ts';
import { TestRandom } from '../random.ts';
import { structuredDesign, trial } from './designs.ts';

/** Central differences with step 1e-5 err by 1e-10 of third derivatives and 1e-14 |f| / 1e-5. */
const STEP = 1e-5;
const DIFFERENCE = 3e-7;

function withTerm(kind: RandomTerm['structure']) {
  return (design: ReturnType<typeof structuredDesign>) => ({
    ...design,
    random: design.random.map((term) => (kind ? { ...term, structure: kind } : term)),
  });
}
const same = withTerm(undefined);

const CASES = [
  ...STRUCTURES.map((structure) => ({
    structure,
    formula: '~ x * arm',
    byArm: false,
    dispersion: false,
    change: same,
  })),
  ...STRUCTURES.map((structure) => ({
    structure,
    formula: '~ x + visit',
    byArm: true,
    dispersion: true,
    change: same,
  })),
  { structure: 'ar1', formula: '~ x + (1 | subject)', byArm: false, dispersion: false, change: same },
  { structure: 'csh', formula: '~ x + (x | site)', byArm: false, dispersion: true, change: same },
  { structure: null, formula: '~ x + (x | subject)', byArm: false, dispersion: true, change: same },
  { structure: null, formula: '~ x + (1 | site)', byArm: false, dispersion: true, change: same },
  { structure: 'diag', formula: '~ arm + (0 + x | site)', byArm: false, dispersion: true, change: same },
  { structure: null, formula: '~ x + (0 + visit | subject)', byArm: false, dispersion: false, change: withTerm('cs') },
  { structure: null, formula: '~ x + (0 + visit | site)', byArm: false, dispersion: false, change: withTerm('ar1') },
  { structure: null, formula: '~ x + (x | site)', byArm: false, dispersion: false, change: withTerm('diag') },
] as const;

describe.each(['REML', 'ML'] as const)('derivatives of the criterion of blocks by %s', (method) => {
  it.each(CASES)(
    '$structure, $formula, by arm: $byArm, dispersion: $dispersion',
    ({ structure, formula, byArm, dispersion, change }) => {
      const study = trial(3, 14, 4);
      const { rows } = study.table;
      const random = new TestRandom(5);
      const x = random.normals(rows).map((value) => value / 3);
      const made = structuredDesign(study, formula, structure, {
        byArm,
        ...(dispersion
          ? {
              dispersion: {
                text: '~ x',
                names: ['(Intercept)', 'z'],
                x: Float64Array.from([...new Float64Array(rows).fill(1), ...x]),
              },
            }
          : {}),
      });
      const design = change(made);
      const moments = denseMoments(design, { kind: 'dense', rows, names: ['y'], values: random.normals(rows) });
      const [batch] = moments.batches;
      const { blocks } = batch.design;
      if (!blocks) throw new Error('no blocks');
      const parameters = covarianceParameters(blocks.layout, batch.design.terms);
      const objective = new BlocksObjective(parameters, blocks, batch.design.p, method === 'REML');
      objective.load(batch.responses.blocks ?? new Float64Array(0), 0, 1);
      const t = startParameters(parameters, flatScales(parameters, blocks), 1.1, 0.35, 1);
      const idle = idleParameters(parameters, blocks);
      expect(idle.includes(1)).toBe(false);
      for (let k = 0; k < t.length; k++) t[k] += 0.1 * random.normal();
      const value = objective.evaluate(t, 'hessian');
      expect(Number.isFinite(value)).toBe(true);
      const gradient = objective.gradient.slice();
      const hessian = objective.hessian.slice();
      const size = Math.max(1, ...hessian.map(Math.abs));
      for (let k = 0; k < t.length; k++) {
        const ends = [1, -1].map((sign) => {
          const moved = t.slice();
          moved[k] += sign * STEP;
          return { value: objective.evaluate(moved, 'gradient'), gradient: objective.gradient.slice() };
        });
        expect(Math.abs(gradient[k] - (ends[0].value - ends[1].value) / (2 * STEP))).toBeLessThan(DIFFERENCE * size);
        for (let l = 0; l < t.length; l++) {
          const slope = (ends[0].gradient[l] - ends[1].gradient[l]) / (2 * STEP);
          expect(Math.abs(hessian[k * t.length + l] - slope)).toBeLessThan(DIFFERENCE * size);
        }
      }
    },
  );
});
