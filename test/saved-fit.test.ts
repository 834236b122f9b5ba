import { describe, expect, it } from 'vitest';
import { isFitError } from '../src/errors.ts';
import type { MomentFit } from '../src/fit/readable-fit.ts';
import { deserialiseFit, serialiseFit } from '../src/fit/saved-fit.ts';
import { fit as fitTable } from '../src/fit.ts';
import { serialiseMoments } from '../src/moments/serialise.ts';
import { ranef } from '../src/result/ranef.ts';
import { tidy } from '../src/result/tidy.ts';
import { referenceTable } from './formula/reference-table.ts';
import { TOLERANCE } from './tolerance.ts';

function bytesOf(pieces: Iterable<Uint8Array>): Uint8Array {
  return Uint8Array.from([...pieces].flatMap((piece) => [...piece]));
}

const cases = [
  ['sleepstudy.csv', 'Reaction ~ Days + (Days | Subject)', {}],
  ['sleepstudy.csv', 'Reaction ~ Days + (1 | Subject)', { method: 'ML' }],
  ['sim_crossed.csv', 'rt ~ a * b + (a | subj) + (1 | item)', {}],
  ['sim_weights_offset.csv', 'y ~ x + offset(o) + (1 | g)', { weights: 'w' }],
  ['sleepstudy_na.csv', 'cbind(Reaction, Days) ~ Age + (1 | Subject)', {}],
  ['sim_scale.csv', 'cbind(y_big, y_huge) ~ x + (x | g)', {}],
  ['sleepstudy.csv', 'Reaction ~ poly(Days, 3) + scale(Days) + (1 | Subject)', {}],
  ['sleepstudy.csv', 'Reaction ~ ns(Days, 3) + sin(2 * pi * Days / 7) + (ns(Days, 2) | Subject)', { method: 'ML' }],
  ['sleepstudy.csv', 'Reaction ~ cut(Days, 3) + bs(Days, 4) + (1 | Subject)', {}],
  ['sleepstudy.csv', 'Reaction ~ within(Days, Subject) + between(Days, Subject) + (1 | Subject)', {}],
  ['sleepstudy.csv', 'log(Reaction) ~ factor(Days) + (0 + Days | Subject)', { ddf: 'satterthwaite' }],
] as const;

/** A refused file: which error, and whether it counts as unreadable. */
function refusal(bytes: Uint8Array): { unreadable: boolean; message: string } {
  try {
    deserialiseFit(bytes, 'F.fit');
  } catch (error) {
    if (isFitError(error, 'DataError')) return { unreadable: error.fields.unreadable === true, message: error.message };
    throw error;
  }
  throw new Error('the file was read');
}

describe('a saved fit', () => {
  it.each(cases)('%s, %s is read back as it was', async (data, formula, options) => {
    const result = await fitTable(referenceTable(data), { formula, threads: 1, backend: 'cpu', ...options });
    const { fit: read, extra } = deserialiseFit(bytesOf(serialiseFit(result, { data })));
    expect(extra).toEqual({ data });
    expect(read.table).toEqual(result.table);
    expect(read.notes).toEqual(result.notes);
    expect(read.recipe).toEqual(result.recipe);
    expect(tidy(read)).toEqual(tidy(result));
    expect(ranef(read)).toEqual(ranef(result));
    for (let model = 0; model < result.table.models; model++) {
      expect(read.covarianceOfCoefficients(model)).toEqual(result.covarianceOfCoefficients(model));
      expect(read.recipeOf(model)).toEqual(result.recipeOf(model));
    }
    expect(read.fittedValues(0)).toBeNull();
  });

  const sleep = (): Promise<MomentFit> =>
    fitTable(referenceTable('sleepstudy.csv'), {
      formula: 'Reaction ~ Days + (Days | Subject)',
      threads: 1,
      backend: 'cpu',
    });

  it('is refused when truncated, damaged, or something else', async () => {
    const result = await sleep();
    const whole = bytesOf(serialiseFit(result));
    for (const length of [0, 10, 40, 1000, whole.length - 1]) {
      expect(refusal(whole.subarray(0, length)).unreadable).toBe(true);
    }
    for (const at of [30, 2000, whole.length - 20]) {
      const damaged = whole.slice();
      damaged[at] ^= 4;
      expect(refusal(damaged).unreadable).toBe(true);
    }
    expect(refusal(new TextEncoder().encode('response\teffect\n')).message).toBe('F.fit: not a saved fit');
    expect(refusal(bytesOf(serialiseMoments(result.moments))).message).toContain('without a fit');
  });

  it('is refused when its criterion is not that of its moments', async () => {
    const result = await sleep();
    const { table } = result;
    const moved = { ...table, theta: table.theta.map((value, i) => (i === 0 ? value + 0.01 : value)) };
    expect(refusal(bytesOf(serialiseFit({ ...result, table: moved }))).message).toContain(
      "the criterion of 'Reaction'",
    );
    const shifted = { ...table, criterion: table.criterion.map((value) => value + 10 * TOLERANCE.criterion.absolute) };
    expect(refusal(bytesOf(serialiseFit({ ...result, table: shifted }))).message).toContain('its moments give');
    const short = { ...table, sigma: new Float64Array(0) };
    expect(refusal(bytesOf(serialiseFit({ ...result, table: short }))).message).toContain('length');
  });

  it.each([
    ['table', 'logLik', null],
    ['table', 'gradient', undefined],
    ['table', 'AIC', new Int32Array(1)],
    ['table', 'adjust', {}],
    ['table', 'ddf', 'none'],
    ['table', 'messages', [1]],
    ['table', 'groupLevels', new Int32Array(7)],
    ['table', 'contrastWeights', []],
    ['table', 'bootstrap', { draws: 'many' }],
    ['table', 'terms', [{ group: 'Subject', names: ['(Intercept)', 'Days'], thetaOffset: 1, covarianceOffset: 0 }]],
    ['recipe', 'offset', [1]],
    ['recipe', 'random', undefined],
    ['recipe', 'columns', [{ name: 'Days', kind: -1 }]],
    [
      'recipe',
      'trained',
      [{ kind: 'poly', call: 'poly(Days)', mean: 0, scale: 1, count: 2, projections: [0], norms: [1] }],
    ],
    ['recipe', 'trained', [{ kind: 'spline', call: 'ns(Days)', knots: [3, 2], boundary: [0, 9] }]],
    ['recipe', 'trained', [{ kind: 'spline', call: 'ns(Days)', knots: [], boundary: [9, 9] }]],
    ['recipe', 'trained', [{ kind: 'cut', call: 'cut(Days, 2)', breaks: [0, 0, 9] }]],
    ['moments', 'notes', undefined],
    ['moments', 'recipe', {}],
  ])('is refused when its %s has another %s than a run writes', async (part, key, value) => {
    const { moments, table, ...result } = await sleep();
    const recipe = part === 'recipe' ? { ...moments.recipe, [key]: value } : moments.recipe;
    const edited: MomentFit = {
      ...result,
      moments: { ...moments, recipe, ...(part === 'moments' ? { [key]: value } : {}) } as typeof moments, // damaged on purpose
      table: { ...table, ...(part === 'table' ? { [key]: value } : {}) } as typeof table,
    };
    expect(refusal(bytesOf(serialiseFit(edited))).unreadable).toBe(true);
  });
});
