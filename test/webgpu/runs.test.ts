// @vitest-environment node
/** What a run does whatever its engine and its backend: any number, order and scale of responses, chunks, cancellation. */
import { describe, expect, it } from 'vitest';
import type { EngineOptions, Fits } from '../../src/lmm/engine.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { STATUSES } from '../../src/types/fit-table.ts';
import { describeUnless } from '../requirements.ts';
import { bits, expectSameFits, onCpu, REML } from './agreement.ts';
import { type Backend, backendsOf } from './backends.ts';
import { PLAIN, plainBatch } from './case-batches.ts';
import { findDevice } from './open-device.ts';

/** Bytes that hold a few chunks. */
const LITTLE = { spectral: 2 ** 16, block: 2 ** 17, crossed: 2 ** 18 };
/** Two contrasts, cut to the coefficients that there are. */
const CONTRASTS = [
  [0, 1, -1],
  [1, 0.5, 0],
];

const statusesOf = ({ status }: Fits) => [...status].map((code) => STATUSES[code]);

for (const backend of backendsOf(await findDevice())) {
  describeUnless(backend.lacking, `on ${backend.name}`, () => {
    describe.each(PLAIN)('$engine', (plain) => testRuns(plain, backend));
  });
}

function testRuns({ engine, plain, many, sizes }: (typeof PLAIN)[number], { searches, fitAll }: Backend): void {
  /** One batch, which no backend leaves to another. */
  async function fitOne(batch: MomentBatch, options = REML, run = {}): Promise<Fits> {
    const { fits, fallback } = await fitAll([batch], options, run);
    expect(fallback).toBeNull();
    return fits[0];
  }

  it('fits in contrasts and without degrees of freedom', async () => {
    const batch = plainBatch(plain, 20);
    const { p } = batch.design;
    const contrasts = Float64Array.from(CONTRASTS.flatMap((weights) => weights.slice(0, p)));
    const options: EngineOptions = { ...REML, ddf: 'asymptotic', contrasts };
    const fits = await fitOne(batch, options);
    expect(fits.columns).toBe(p + 2);
    expectSameFits(fits, await onCpu(batch, options), engine);
  });

  it.each(sizes)('fits a batch of %d', async (responses) => {
    const batch = plainBatch(plain, responses);
    const fits = await fitOne(batch);
    expect(fits.count).toBe(responses);
    expectSameFits(fits, await onCpu(batch, REML), engine);
  });

  it('fits responses of any scale, and says which cannot be fitted', async () => {
    const batch = plainBatch(plain, 130);
    const { responses, design } = batch;
    for (let k = 0; k < 130; k++) {
      const scale = 10 ** (2 * (k - 65));
      responses.rss[k] *= scale * scale;
      for (let i = 0; i < design.p; i++) responses.qty[k * design.p + i] *= scale;
      for (let i = 0; i < design.q; i++) responses.ztr[k * design.q + i] *= scale;
    }
    responses.constant[3] = 1;
    responses.rss[5] = 0;
    responses.rss[64] = Number.NaN;
    responses.rss[100] *= 1e-3; // below what the levels explain
    const expected = await onCpu(batch, REML);
    expect(new Set(statusesOf(expected))).toEqual(new Set(['ok', 'constant', 'perfect_fit', 'failed']));
    const { fits } = await fitAll([batch], REML);
    expectSameFits(fits[0], expected, engine);
  });

  it('has no fits of a design with too few rows', async () => {
    const batch = plainBatch(plain, 5);
    const fits = await fitOne({ ...batch, design: { ...batch.design, n: 10 } });
    expect(statusesOf(fits)).toEqual(Array(5).fill('too_few'));
  });

  it('depends on neither chunks nor the order of responses, and reports progress', async () => {
    const batch = plainBatch(plain, many);
    batch.responses.constant[70] = 1;
    const whole = await fitOne(batch);
    const seen: number[] = [];
    const onProgress = (_phase: string, done: number, total: number) => {
      expect(total).toBe(many);
      seen.push(done);
    };
    const runs = [{ maximumChunk: 64, onProgress }, { maximumChunk: 192 }, { memory: LITTLE[engine] }];
    for (const run of engine === 'spectral' ? [...runs, { maximumChunk: 448 }] : runs) {
      expect(bits(await fitOne(batch, REML, run))).toEqual(bits(whole));
    }
    expect(seen).toEqual(Array.from({ length: Math.ceil(many / 64) }, (_, k) => Math.min(64 * (k + 1), many)));
    const backwards = await fitOne(reversed(batch), REML, { maximumChunk: 128 });
    expect([...backwards.criterion].reverse()).toEqual([...whole.criterion]);
    expect([...reverseRows(backwards.estimate, whole.columns)]).toEqual([...whole.estimate]);
  });

  it('stops at the signal, and can go on', async () => {
    const batch = plainBatch(plain, many);
    const controller = new AbortController();
    const run = { maximumChunk: 64, signal: controller.signal, onProgress: () => controller.abort() };
    await expect(fitAll([batch], REML, run)).rejects.toMatchObject({ tag: 'AbortError' });
    const never = fitAll([batch], REML, { signal: AbortSignal.abort() });
    await expect(never).rejects.toMatchObject({ tag: 'AbortError' });
    await fitOne(plainBatch(plain, 65));
  });

  if (engine !== 'spectral') return;
  it('fits a design whose levels leave no rows over, on the CPU', async () => {
    const { design, ...batch } = plainBatch('3 levels', 50);
    const tight = { ...batch, design: { ...design, n: 4 } };
    const { fits, fallback } = await fitAll([tight], REML);
    if (searches) expect(fallback).toMatch(/no rows .*: 50 of 50 fits on the CPU/);
    expect(bits(fits[0])).toEqual(bits(await onCpu(tight, REML)));
  });
}

function reversed({ design, responses, index }: MomentBatch): MomentBatch {
  const { qty, ztr, rss, constant } = responses;
  return {
    ...{ design, index },
    responses: {
      ...{ ...responses, qty: reverseRows(qty, design.p), ztr: reverseRows(ztr, design.q) },
      ...{ rss: rss.slice().reverse(), constant: constant.slice().reverse() },
    },
  };
}

function reverseRows(values: Float64Array, width: number): Float64Array {
  const rows = values.length / width;
  return Float64Array.from(values, (_, at) => values[(rows - 1 - Math.floor(at / width)) * width + (at % width)]);
}
