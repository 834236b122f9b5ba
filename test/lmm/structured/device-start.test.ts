/** What a search on a device begins with, and how the engine goes on from where it ended. */
import { describe, expect, it } from 'vitest';
import { emptyFits, FINISHED_ON_HOST, REFITTED_ON_CPU } from '../../../src/lmm/engine.ts';
import { blocksEngine } from '../../../src/lmm/structured/blocks-engine.ts';
import { BlocksObjective } from '../../../src/lmm/structured/blocks-objective.ts';
import { searchedLength } from '../../../src/lmm/structured/covariance-parameters.ts';
import { flatScales, inUserUnits, responseScale } from '../../../src/lmm/structured/parameter-start.ts';
import { nearestPoint, patternStart } from '../../../src/lmm/structured/pattern-search.ts';
import { TOLERANCE } from '../../tolerance.ts';
import { expectSameFits, onCpu, REML } from '../../webgpu/agreement.ts';
import { scaleBlocks, structuredBatches } from '../../webgpu/structured-batches.ts';

const [batch] = structuredBatches({
  structure: 'us',
  formula: '~ x + visit',
  dispersion: true,
  byArm: true,
  visits: 3,
  responses: 6,
});
const { design, responses } = batch;
const begin = patternStart(design, 'REML');
if (!begin || !design.blocks) throw new Error('no start');
const { blocks } = design;

describe('the start of a search by patterns', () => {
  it('has the inverse of the expected information, whatever the response', () => {
    const { points, parameters } = begin;
    const { count } = parameters;
    expect(points.length).toBeGreaterThan(5);
    for (const { start, inverse } of points) {
      const objective = new BlocksObjective(parameters, blocks, design.p, true);
      objective.load(responses.blocks ?? new Float64Array(0), 0, 1);
      objective.evaluate(start, 'hessian');
      const information = new Float64Array(count * count);
      objective.expectedInformation(information);
      for (let k = 0; k < count; k++) {
        for (let l = 0; l < count; l++) {
          let sum = 0;
          for (let e = 0; e < count; e++) sum += inverse[k * count + e] * information[e * count + l];
          expect(Math.abs(sum - (k === l ? 1 : 0))).toBeLessThan(TOLERANCE.objectives);
        }
      }
    }
  });

  it('is the point whose correlation is nearest', () => {
    const { points } = begin;
    expect(points.map(({ correlation }) => nearestPoint(points, correlation))).toEqual([...points.keys()]);
    expect([-1, 0.2, 2].map((value) => nearestPoint(points, value))).toEqual([0, 1, points.length - 1]);
    expect(nearestPoint(points.slice(0, 1), 0.9)).toBe(0);
  });

  it('is in the units of the response as a device has it', () => {
    const { parameters } = begin;
    const [, { start }] = begin.points;
    const flat = flatScales(parameters, blocks);
    const objective = new BlocksObjective(parameters, blocks, design.p, true);
    for (const scale of [2 ** -20, 8]) {
      const scaled = { ...batch, responses: { ...responses, blocks: responses.blocks?.slice() } };
      scaleBlocks(scaled, 0, scale);
      objective.load(scaled.responses.blocks ?? new Float64Array(0), 0, 1);
      const value = objective.evaluate(start, 'value');
      objective.load(responses.blocks ?? new Float64Array(0), 0, scale);
      const same = objective.evaluate(inUserUnits(start, flat, scale), 'value');
      expect(Math.abs(same - value)).toBeLessThan(TOLERANCE.objectives * (1 + Math.abs(value)));
    }
  });
});

const expected = await onCpu(batch, REML);

describe('the finish of a search by patterns', () => {
  const engine = blocksEngine(design, REML);
  const finish = (point: (k: number) => Float64Array) => {
    const fits = emptyFits(expected.count, expected.columns, searchedLength(design));
    for (let k = 0; k < expected.count; k++) engine.finish(batch, k, fits, k, { point: point(k), evaluations: 7 });
    return fits;
  };
  /** The optimum of response k as a device has it. */
  const found = (k: number): Float64Array => {
    const { parameters } = begin;
    const t = expected.theta.subarray(k * expected.thetas, k * expected.thetas + parameters.count);
    const scale = responseScale(responses.rss[k], design.n - design.p);
    return inUserUnits(t, flatScales(parameters, blocks), 1 / scale);
  };

  it('holds from near the optimum', () => {
    const fits = finish((k) => Float64Array.from(found(k), Math.fround));
    expectSameFits(fits, expected, 'structured');
    expect([...fits.finish]).toEqual(Array(6).fill(FINISHED_ON_HOST));
    expect([...fits.search]).toEqual(Array(6).fill(1));
    expect(Math.max(...fits.evaluations)).toBeLessThan(7 + 6);
  });

  it.each([
    ['nothing', () => new Float64Array(0)],
    ['a point far away', (k: number) => found(k).map((value) => value + 15)],
  ])('searches anew from %s', (_, point) => {
    const fits = finish(point);
    expectSameFits(fits, expected, 'structured');
    expect([...fits.finish]).toEqual(Array(6).fill(REFITTED_ON_CPU));
  });
});
