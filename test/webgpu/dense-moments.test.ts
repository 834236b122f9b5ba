// @vitest-environment node
import { beforeAll, describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import { DenseChunk, finishedRows, openDenseSlot } from '../../src/backend/webgpu/dense-moments-kernel.ts';
import { type DenseRunOptions, formDenseGroups } from '../../src/backend/webgpu/dense-moments-run.ts';
import { openOn, type WebGpu } from '../../src/backend/webgpu/device.ts';
import type { NumberFormat } from '../../src/backend/webgpu/link.ts';
import { probeArithmetic } from '../../src/backend/webgpu/probe.ts';
import { FitError, isFitError } from '../../src/errors.ts';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { accumulateDense, type DenseGroup, denseGroups } from '../../src/moments/accumulate.ts';
import { denseTables, powerScale, scaleResponse, denseMoments as twin } from '../../src/moments/dense-moments.ts';
import type { Projector } from '../../src/moments/design-moments.ts';
import { emptyResponseMoments, type ResponseMoments } from '../../src/moments/moments.ts';
import { denseMoments, joinDense } from '../../src/moments/table-moments.ts';
import type { FitPlan } from '../../src/plan/plan.ts';
import { formDenseMoments } from '../../src/prepare/form-moments.ts';
import type { Design } from '../../src/types/design.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import { frame } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { findDevice } from './open-device.ts';

const { gpu, on, device } = await findDevice();
/** The pairs that the probe finds exact here. */
let exact: NumberFormat = 'df64-opaque';
beforeAll(async () => {
  if (gpu) exact = (await probeArithmetic(gpu)).chosen ?? exact;
});
/** Kept for as long as the process lives: devices must not outlive the object that they come from. */
const nullBackend = create(['backend=null']);

interface Case {
  readonly formula: string;
  readonly rows: number;
  readonly responses: number;
  readonly weighted?: boolean;
  readonly offset?: boolean;
  /** Mean and scale of response k. */
  readonly mean?: (k: number) => number;
  readonly scale?: (k: number) => number;
}

/** Rows that no two have in common, so that no strata are formed; responses with effects of their own. */
function simulate({ formula, rows, responses, weighted, offset, mean = () => 2, scale = () => 1 }: Case): {
  design: Design;
  dense: DenseResponses;
} {
  const random = new TestRandom(rows + responses);
  const numbers = (draw: () => number): number[] => Array.from({ length: rows }, draw);
  const levels = (count: number): string[] => Array.from({ length: rows }, (_, i) => `l${(i * 7 + (i >> 3)) % count}`);
  const table = frame({
    x: numbers(() => random.normal()),
    time: numbers(() => 10 * random.uniform()),
    w: numbers(() => 10 ** (4 * random.uniform() - 2)),
    o: numbers(() => 3 * random.normal()),
    g: levels(11),
    h: levels(7),
    arm: levels(3),
  });
  const design = buildDesign(formula, table, {
    ...(weighted ? { weights: 'w' } : {}),
    ...(offset ? { offset: 'o' } : {}),
  });
  const values = new Float64Array(rows * responses);
  for (let k = 0; k < responses; k++) {
    for (let i = 0; i < rows; i++) values[k * rows + i] = mean(k) + scale(k) * (random.normal() + 0.3 * (i % 11));
  }
  const names = Array.from({ length: responses }, (_, k) => `r${k}`);
  return { design, dense: { kind: 'dense', rows, names, values } };
}

type ProjectedGroup = DenseGroup & { readonly projector: Projector };

function onlyGroup(design: Design, dense: DenseResponses): ProjectedGroup {
  const [group, ...others] = [...denseGroups(design, dense)];
  if (others.length > 0 || group.collapsed) throw new Error('one group without strata was meant');
  if (!group.projector) throw new Error('a group that shares its rows was meant');
  return { ...group, projector: group.projector };
}

/** The moments of response k about its pilot, in float64, so that its mean costs the reference no digits. */
function reference(group: ProjectedGroup, k: number): { moments: ResponseMoments; norm: number; raw: number } {
  const { projector, batch } = group;
  const tables = denseTables(projector);
  const y = new Float64Array(projector.m);
  group.read(k, y);
  const scaled = scaleResponse(projector, tables, y);
  if (!scaled) throw new Error('a response for the device was meant');
  const found = twin(
    tables,
    y.map((value) => value * scaled.scale),
  );
  const moments = emptyResponseMoments(batch.design, 1);
  for (let c = 0; c < tables.p; c++) {
    moments.qty[c] = (found[c] + found[tables.columns + c]) / scaled.scale + (tables.constant?.[c] ?? 0) * scaled.pilot;
  }
  moments.rss[0] = found[2 * tables.columns] / scaled.scale ** 2;
  moments.mean[0] = scaled.mean;
  for (let level = 0; level < tables.levels; level++) {
    moments.ztr[level] = found[2 * tables.columns + 1 + level] / tables.levelScale / scaled.scale;
  }
  return { moments, norm: Math.sqrt(scaled.total), raw: Math.sqrt(scaled.rawTotal) };
}

/** Largest error of row k against row 0 of some moments, in units of the response's norm (and a column's of Z). */
function worstError(group: DenseGroup, out: ResponseMoments, k: number, to: ResponseMoments, norm: number): number {
  const { p, q, factors } = group.batch.design;
  let worst = Math.abs(out.rss[k] - to.rss[0]) / (norm * Math.sqrt(to.rss[0]));
  for (let c = 0; c < p; c++) worst = Math.max(worst, Math.abs(out.qty[k * p + c] - to.qty[c]) / norm);
  for (const { offset, levels, q: width, ztz } of factors) {
    for (let at = 0; at < levels.length * width; at++) {
      const column = Math.sqrt(ztz[at * width + (at % width)]);
      const error = Math.abs(out.ztr[k * q + offset + at] - to.ztr[offset + at]);
      worst = Math.max(worst, error / (column * norm));
    }
  }
  return worst;
}

const cases: readonly (readonly [string, Case])[] = [
  ['one term', { formula: '~ x + (1 | g)', rows: 131, responses: 67 }],
  ['a slope, offsets', { formula: '~ x + time + arm + (time | g)', rows: 301, responses: 65, offset: true }],
  ['crossed, weighted', { formula: '~ x * arm + (1 | g) + (x | h)', rows: 517, responses: 130, weighted: true }],
  ['no intercept', { formula: '~ 0 + x + (1 | g)', rows: 100, responses: 3 }],
  ['means of a million', { formula: '~ x + arm + (1 | g)', rows: 203, responses: 66, mean: () => 1e6 }],
  [
    'weighted means of a million',
    { formula: '~ x + (1 | g)', rows: 203, responses: 10, mean: () => 1e6, weighted: true },
  ],
  [
    'scales of 1e-8 and 1e8',
    {
      formula: '~ x + time + (time | g)',
      rows: 257,
      responses: 70,
      mean: (k) => 2 * 10 ** (k % 2 === 0 ? -8 : 8),
      scale: (k) => 10 ** (k % 2 === 0 ? -8 : 8),
    },
  ],
];

describe('the twin in float64', () => {
  it.each(cases)('gives the moments of the host: %s', (_, shape) => {
    const { design, dense } = simulate(shape);
    const group = onlyGroup(design, dense);
    const [host] = accumulateDense(design, dense);
    for (let k = 0; k < dense.names.length; k++) {
      const { moments, raw } = reference(group, k);
      expect(worstError(group, host.responses, k, moments, raw)).toBeLessThan(TOLERANCE.denseTwin);
      expect(moments.mean[0]).toBe(host.responses.mean[k]);
    }
  });

  it('scales by powers of two', () => {
    for (const value of [1, 3, 1e-200, 1e200, 0.5, 2 ** -30, 7e8]) {
      const scale = powerScale(value);
      expect(Number.isInteger(Math.log2(scale))).toBe(true);
      expect(value * scale).toBeGreaterThanOrEqual(0.25);
      expect(value * scale).toBeLessThanOrEqual(1);
    }
    expect(powerScale(0)).toBe(1);
  });
});

describe(`the kernel (${on})`, () => {
  it.skipIf(!gpu).each(cases)('keeps the digits of pairs: %s', async (_, shape) => {
    const { design, dense } = simulate(shape);
    const group = onlyGroup(design, dense);
    const host = accumulateDense(design, dense)[0].responses;
    const run = await forced([group], device());
    expect(run.notes).toEqual([]);
    expect(run.onDevice).toBe(dense.names.length);
    const { responses } = group.batch;
    for (let k = 0; k < dense.names.length; k++) {
      const { moments, norm } = reference(group, k);
      expect(worstError(group, responses, k, moments, norm)).toBeLessThan(TOLERANCE.deviceMoments.pairs);
    }
    expect(responses.mean).toEqual(host.mean);
    expect(responses.constant).toEqual(host.constant);
    expect(responses.expressed).toEqual(host.expressed);
  });

  it.skipIf(!gpu)('computes in single precision where it is linked so', async () => {
    const { design, dense } = simulate({ formula: '~ x + arm + (time | g)', rows: 301, responses: 70 });
    const group = onlyGroup(design, dense);
    const tables = denseTables(group.projector);
    const slot = await openDenseSlot(device(), tables, 'f32', 128);
    const chunk = new DenseChunk(tables, 128);
    chunk.begin(70);
    for (let k = 0; k < 70; k++) chunk.add(group.projector, k, (y) => group.read(k, y));
    chunk.end();
    const found = await (await slot.start(chunk)).results;
    slot.destroy();
    expect(found.length).toBe(2 * 128 * finishedRows(tables));
    for (let k = 0; k < 70; k++) {
      expect(chunk.write(found, k, group.batch.responses, k)).toBe(true);
      const { moments, norm } = reference(group, k);
      const error = worstError(group, group.batch.responses, k, moments, norm);
      expect(error).toBeLessThan(TOLERANCE.deviceMoments.single);
    }
  });

  it.skipIf(!gpu)('leaves to float64 what varies little, or not, beside what is explained', async () => {
    const { design, dense } = simulate({ formula: '~ x + arm + (1 | g)', rows: 131, responses: 40 });
    const { values } = dense;
    values.fill(7, 0, 131);
    values.fill(0, 131, 262);
    const x = design.fixed.x.subarray(131, 262);
    for (let i = 0; i < 131; i++) values[262 + i] = 3 * x[i] + 1e-7 * values[262 + i];
    for (let i = 0; i < 131; i++) values[393 + i] *= 1e160;
    values[4 * 131 + 5] = Number.POSITIVE_INFINITY;
    const host = accumulateDense(design, dense)[0].responses;
    const group = onlyGroup(design, dense);
    const run = await forced([group], device());
    expect(run.notes).toEqual([]);
    expect(run.onDevice).toBe(35);
    expect(first(group.batch.responses, 5)).toEqual(first(host, 5));
  });
});

describe(`who forms the moments (${on})`, () => {
  const shape: Case = { formula: '~ x + arm + (1 | g)', rows: 131, responses: 200 };

  it.skipIf(!gpu)('is the host for little work, bit by bit', async () => {
    const { design, dense } = simulate(shape);
    const group = onlyGroup(design, dense);
    const run = await formDenseGroups([group], { open: async () => device() });
    expect(run.plan).toEqual(['200 dense responses on the host: little work']);
    expect(group.batch.responses).toEqual(accumulateDense(design, dense)[0].responses);
  });

  it.skipIf(!gpu)('is the faster by measured time, and the host on a software adapter', async () => {
    const { design, dense } = simulate({ ...shape, responses: 300 });
    const work = { leastWork: 0, maximumChunk: 64 };
    const software = await formDenseGroups([onlyGroup(design, dense)], { ...work, open: async () => device() });
    expect(software.plan).toEqual(['300 dense responses on the host: the WebGPU device here is software']);

    const card: WebGpu = { ...device(), adapter: { ...device().adapter, software: false } };
    const open = async (): Promise<WebGpu> => card;
    const slow = onlyGroup(design, dense);
    const timing = () => ({ device: 2e-3, host: 1e-3 });
    const lost = await formDenseGroups([slow], { ...work, open, timing });
    const rates = 'measured 500 responses a second on the device, 1,000 on the host';
    expect(lost.plan).toEqual([`300 dense responses on the host: ${rates}`]);
    expect(lost.notes).toEqual([]);
    expect(slow.batch.responses).toEqual(software.batches[0].responses);

    const fast = onlyGroup(design, dense);
    const won = await formDenseGroups([fast], { ...work, open, timing: () => ({ device: 1e-3, host: 2e-3 }) });
    expect(won.onDevice).toBe(300);
    expect(won.plan.join()).toMatch(/^300 dense responses on the device: df64-\w+, measured 1,000 /);
    for (const k of [0, 63, 64, 299]) {
      const { moments, norm } = reference(fast, k);
      expect(worstError(fast, fast.batch.responses, k, moments, norm)).toBeLessThan(TOLERANCE.deviceMoments.pairs);
    }
  });

  it.skipIf(!gpu)('goes on with the device that was faster', async () => {
    const { design, dense } = simulate({ ...shape, responses: 300 });
    const group = onlyGroup(design, dense);
    const run = await forced([group], device(), { maximumChunk: 64 });
    expect(run.onDevice).toBe(300);
    expect(run.plan).toEqual([`300 dense responses on the device: ${exact}, forced`]);
  });

  it.skipIf(!gpu)('is the host from where the device is lost, and for chunks that float64 refuses', async () => {
    const { design, dense } = simulate({ ...shape, responses: 300 });
    const host = accumulateDense(design, dense)[0].responses;
    let reads = 0;
    const mortal: WebGpu = {
      ...device(),
      async readBack(buffer, size, offset) {
        if (reads++ === 2) throw new FitError('DeviceError', 'the device is gone');
        return device().readBack(buffer, size, offset);
      },
    };
    const group = onlyGroup(design, dense);
    const run = await forced([group], mortal, { maximumChunk: 64 });
    expect(run.onDevice).toBe(128);
    expect(run.notes).toEqual(['device: the device is gone: moments of 172 of 300 responses on the host']);
    expect(run.plan).toEqual(['300 dense responses on the device but for some: the device is gone']);
    expect(last(group.batch.responses, 172)).toEqual(last(host, 172));

    let chunks = 0;
    const wrong: WebGpu = {
      ...device(),
      async readBack(buffer, size, offset) {
        const bytes = await device().readBack(buffer, size, offset);
        // The first word of the sum of the first response of the second chunk is a little off.
        if (chunks++ === 1) new Float32Array(bytes)[0] += 1e-5;
        return bytes;
      },
    };
    const other = onlyGroup(design, dense);
    const checked = await forced([other], wrong, { maximumChunk: 64 });
    expect(checked.onDevice).toBe(300 - 64);
    expect(checked.notes).toEqual(['device: float64 refused moments of the device: 64 responses formed on the host']);
    const { p } = other.batch.design;
    expect(other.batch.responses.qty.slice(64 * p, 128 * p)).toEqual(host.qty.slice(64 * p, 128 * p));
  });

  it("is the host where a device computes nonsense: Dawn's null backend", async () => {
    const nullGpu = await openOn(async () => {
      const adapter = await nullBackend.requestAdapter();
      if (!adapter) throw new Error('no null adapter');
      return adapter;
    });
    const { design, dense } = simulate({ ...shape, responses: 500 });
    const group = onlyGroup(design, dense);
    const run = await formDenseGroups([group], {
      open: async () => nullGpu,
      number: 'df64-opaque',
      force: true,
      maximumChunk: 64,
    });
    expect(run.onDevice).toBe(0);
    expect(run.notes.join()).toMatch(/float64 refused/);
    expect(group.batch.responses).toEqual(accumulateDense(design, dense)[0].responses);
    nullGpu.destroy();
  });

  it.skipIf(!gpu)('keeps to the memory cap, and stops at a signal', async () => {
    const { design, dense } = simulate({ ...shape, responses: 300 });
    const tight = onlyGroup(design, dense);
    const run = await forced([tight], device(), { memory: 50_000 });
    expect(run.plan.join()).toMatch(/on the host: the responses exceed .* memory cap/);
    expect((await forced([onlyGroup(design, dense)], device(), { memory: 10 })).plan.join()).toMatch(/design exceeds/);

    const controller = new AbortController();
    let reads = 0;
    const watched: WebGpu = {
      ...device(),
      readBack(buffer, size, offset) {
        if (reads++ === 1) controller.abort();
        return device().readBack(buffer, size, offset);
      },
    };
    const stopped = await forced([onlyGroup(design, dense)], watched, {
      maximumChunk: 64,
      signal: controller.signal,
    }).catch((error: unknown) => error);
    expect(isFitError(stopped, 'AbortError')).toBe(true);
    expect(reads).toBe(2);
  });
});

describe(`a run (${on})`, () => {
  const shape: Case = { formula: '~ x + arm + (1 | g)', rows: 131, responses: 20 };

  it('has the moments of the host, and nothing to say of them, without a device', async () => {
    const { design, dense } = simulate(shape);
    for (const backend of ['auto', 'cpu', undefined] as const) {
      const { moments, plan } = await formDenseMoments(design, dense, { backend });
      expect(plan).toEqual([]);
      expect(moments).toEqual(denseMoments(design, dense));
    }
    const short = { ...dense, values: dense.values.subarray(1) };
    await expect(formDenseMoments(design, short, { backend: 'webgpu' })).rejects.toThrow(/do not fill 131 rows/);
  });

  it.skipIf(!gpu)('says in its plan who formed the moments of a run on the device', async () => {
    const { design, dense } = simulate(shape);
    const plans: FitPlan[] = [];
    await fitDesign(design, dense, { backend: 'webgpu', onPlan: (plan) => plans.push(plan) });
    await fitDesign(design, dense, { backend: 'cpu', onPlan: (plan) => plans.push(plan) });
    expect(plans.map(({ moments }) => moments)).toEqual([['20 dense responses on the host: little work'], undefined]);
  });

  it.skipIf(!gpu)('fits moments of the device as those of the host', async () => {
    const { design, dense } = simulate(shape);
    const group = onlyGroup(design, dense);
    const { batches } = await forced([group], device());
    const [theirs, ours] = await Promise.all([
      fitMoments(joinDense(design, dense, batches), { backend: 'cpu' }),
      fitMoments(denseMoments(design, dense), { backend: 'cpu' }),
    ]);
    expect(theirs.table.status).toEqual(ours.table.status);
    const { estimate, standardError } = ours.table.coefficients;
    estimate.forEach((value, at) => {
      const error = Math.abs(theirs.table.coefficients.estimate[at] - value) / standardError[at];
      expect(error).toBeLessThan(TOLERANCE.engines);
    });
    ours.table.criterion.forEach((value, k) => {
      const error = Math.abs(theirs.table.criterion[k] - value) / (1 + Math.abs(value));
      expect(error).toBeLessThan(TOLERANCE.enginesCriterion);
    });
  });
});

function forced(groups: readonly DenseGroup[], on: WebGpu, run: DenseRunOptions = {}) {
  return formDenseGroups(groups, { open: async () => on, force: true, number: exact, ...run });
}

/** All columns of the first, or the last, `count` of some responses. */
function first(all: ResponseMoments, count: number): number[][] {
  return rowsOf(all).slice(0, count);
}

function last(all: ResponseMoments, count: number): number[][] {
  return rowsOf(all).slice(-count);
}

function rowsOf({ count, qty, ztr, rss, mean, constant, expressed }: ResponseMoments): number[][] {
  return Array.from({ length: count }, (_, k) => {
    const part = (values: Float64Array) => [
      ...values.slice((k * values.length) / count, ((k + 1) * values.length) / count),
    ];
    return [...part(qty), ...part(ztr), rss[k], mean[k], constant[k], expressed[k]];
  });
}
