/** Moments of the models of `bench/device-cases.mjs`, and of others that are drawn in the same way. */
import { CASES } from '../../bench/device-cases.mjs';
import { type ModelShape, openModel } from '../../bench/device-models.mjs';
import { buildDesign } from '../../src/formula/design.ts';
import { emptyResponseMoments, type MomentBatch } from '../../src/moments/moments.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import { TestRandom } from '../lmm/random.ts';

export function batchesOf(shape: ModelShape & { readonly responses: number }): readonly MomentBatch[] {
  const model = openModel(shape, buildDesign);
  const random = new TestRandom(shape.seed ?? 1);
  const { within, dense } = model.draw(shape.responses, random);
  return denseMoments(model.design, dense).batches.map((batch) => model.spread(batch, within));
}

/** The plainest case of each engine; `many` responses take several chunks, of which those of factors take long. */
export const PLAIN = [
  { engine: 'spectral', plain: '12 levels', many: 1000, sizes: [0, 1, 63, 64, 65, 1000] },
  { engine: 'block', plain: 'a slope', many: 260, sizes: [0, 1, 63, 65] },
  { engine: 'crossed', plain: '(1 | donor) + (1 | batch), 12 x 8 levels, p = 2', many: 260, sizes: [0, 1, 63, 65] },
] as const;

/** So many responses of a case, or none. */
export function plainBatch(plain: string, responses: number): MomentBatch {
  const given = CASES.find(({ name }) => name === plain);
  if (!given) throw new Error(`no case “${plain}”`);
  const [batch] = batchesOf({ ...given, responses: Math.max(1, responses) });
  if (responses > 0) return batch;
  return { ...batch, responses: emptyResponseMoments(batch.design, 0), index: new Int32Array(0) };
}
