import { streamOf } from '../../moments/moments.ts';
import { openCut, takeChunk, timeChunk } from '../../plan/device-chunks.ts';
import { orAborted, throwIfAborted } from '../abort.ts';
import type { BootstrapOptions, Fits } from '../backend.ts';
import { canDraw, STREAM_FITTED } from '../bootstrap.ts';
import { CARRYING_DRAWS, LOST_SHARE } from '../conditional-tails.ts';
import { BUFFER_USAGE } from './buffers.ts';
import type { WebGpu } from './device.ts';
import { link } from './link.ts';
import { BufferSet } from './search-buffers.ts';
import { type DrawKernels, type Program, type SearchKernel, WORKGROUP } from './search-kernel.ts';
import type { ModelPlace, SearchRunOptions } from './search-run.ts';

/** Numbers of the bindings, the same in every kernel; each binds those that it reads. */
const BINDINGS = [
  'shape',
  'structure',
  'design',
  'responses',
  'optima',
  'workspace',
  'draws',
  'fitted',
  'tests',
  'pairs',
  'roots',
  'observed',
  'tails',
] as const;
type Binding = (typeof BINDINGS)[number];
type Bound = Partial<Record<Binding, GPUBuffer | null>>;

const DEFAULT_MEMORY = 128 * 2 ** 20;
/** Draws of the first chunk, whose speed nobody knows. */
const FIRST_DRAWS = 16_384;
/** Agreement of log10 p and widths with float64 draws of the same numbers: single precision in the far tail, and ties of optima. */
const AGREEMENT = 0.02;

const STORAGE = BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget;
const UNIFORM = BUFFER_USAGE.uniform | BUFFER_USAGE.copyTarget;

/** Where the draws stand. Kept by the caller, so that an error on the way loses nothing. */
export interface DrawState {
  /** Models before this one have been judged. */
  done: number;
  /** Models whose draws are left to the CPU. */
  readonly left: ModelPlace[];
}

/**
 * Draws from the fits of a design that all models share: draws, their fits, what they say of every column and the
 * average over them stay on the device; two numbers a column come back. One response of every chunk is drawn in float64
 * as well.
 *
 * @param check draws from a fit in float64, from the same random numbers
 * @returns why it stopped before the end, or null
 * @throws FitError DeviceError when the device fails; AbortError when the signal fires
 */
export async function drawOnDevice(
  gpu: WebGpu,
  kernel: SearchKernel,
  kernels: DrawKernels,
  models: readonly ModelPlace[],
  options: BootstrapOptions,
  check: (place: ModelPlace) => Promise<Fits>,
  state: DrawState,
  run: SearchRunOptions,
): Promise<string | null> {
  const { draws: count } = options;
  const columns = models[0].fits.columns;
  const rows = rowsPerDraw(kernel, kernels, columns);
  const widest = Math.max(...Object.values(rows));
  const total = Object.values(rows).reduce((sum, value) => sum + value, 0);
  const binding = Math.min(gpu.limits.maxStorageBufferBindingSize, gpu.limits.maxBufferSize);
  let cut = openCut(models.length - state.done, {
    bytesPerModel: [4 * widest * count],
    // Rows are filled up to whole workgroups.
    maximumBinding: binding - 4 * widest * (WORKGROUP - 1),
    memoryPerModel: 4 * total * count,
    maximumMemory: run.memory ?? DEFAULT_MEMORY,
    workgroup: 1,
    maximumWorkgroups: Math.floor((gpu.limits.maxComputeWorkgroupsPerDimension * Math.min(WORKGROUP, count)) / count),
  });
  if (cut.capacity === 0) return `${count} draws of a response exceed the buffers of the device`;
  cut = { ...cut, size: Math.min(cut.capacity, Math.max(1, Math.floor(FIRST_DRAWS / count))) };
  const begin = state.done;
  const buffers = new BufferSet(gpu, 'bootstrap');
  try {
    const device = await openDraws(gpu, kernel, kernels, buffers, cut.capacity, columns, options);
    for (;;) {
      throwIfAborted(run.signal);
      const taken = takeChunk(cut);
      if (!taken) return null;
      cut = taken.cut;
      const chunk = models.slice(begin + taken.range.from, begin + taken.range.to);
      const places = chunk.filter(({ fits, k }) => canDraw(fits, k));
      if (places.length > 0) {
        const started = performance.now();
        const tails = await orAborted(device.tails(places), run.signal);
        cut = timeChunk(cut, places.length, (performance.now() - started) / 1000);
        places.forEach((place, i) => {
          if (!readTails(tails, i, places.length, columns, options, place)) state.left.push(place);
        });
        const sample = places[Math.floor(places.length / 2)];
        if (!state.left.includes(sample) && !agrees(sample, await check(sample))) {
          return 'float64 refused what the device drew';
        }
      }
      state.done = begin + taken.range.to;
      run.onDone?.(state.done);
    }
  } finally {
    buffers.destroy();
  }
}

function rowsPerDraw(kernel: SearchKernel, kernels: DrawKernels, columns: number) {
  return {
    responses: kernel.responseRows,
    optima: kernel.resultRows,
    workspace: Math.max(kernel.workspaceRows, kernels.scratchRows),
    pairs: 2 * columns,
  };
}

interface OpenDraws {
  /** Draws from the fits of some models; rows of log p, quantile and counted draws, each columns x models. */
  tails(places: readonly ModelPlace[]): Promise<Float32Array>;
}

async function openDraws(
  gpu: WebGpu,
  kernel: SearchKernel,
  kernels: DrawKernels,
  buffers: BufferSet,
  capacity: number,
  columns: number,
  { draws: count, seed, level }: BootstrapOptions,
): Promise<OpenDraws> {
  const tailsProgram: Program = { label: 'bootstrap tails', code: link('kernels/bootstrap-tails', { number: 'f32' }) };
  const programs = [kernels.draw, kernels.search, kernels.statistics, tailsProgram];
  const pipelines = await Promise.all(programs.map(({ label, code }) => gpu.pipeline(label, code)));
  const rows = rowsPerDraw(kernel, kernels, columns);
  const stride = strideOf(capacity * count);
  const space = (name: string, words: number, usage = STORAGE) => buffers.create(name, 4 * words, usage);
  const bound: Bound = {
    shape: await space('shape', 12, UNIFORM),
    structure: kernel.structure && (await buffers.filled('structure', kernel.structure)),
    design: await buffers.filled('design', kernels.design),
    responses: await space('responses', stride * rows.responses),
    optima: await space('optima', stride * rows.optima),
    workspace: rows.workspace > 0 ? await space('workspace', stride * rows.workspace) : null,
    draws: await space('draws', 12, UNIFORM),
    fitted: await space('fitted', capacity * (1 + kernels.parameters)),
    tests: await buffers.filled('tests', kernels.tests),
    pairs: await space('pairs', stride * rows.pairs),
    roots: kernels.roots && (await buffers.filled('roots', kernels.roots)),
    observed: await space('observed', capacity * columns),
    tails: await space('tails', 3 * capacity * columns, STORAGE | BUFFER_USAGE.copySource),
  };
  const upload = (name: Binding, data: ArrayBufferView): void => {
    const buffer = bound[name];
    if (buffer) gpu.upload(buffer, data);
  };
  return {
    async tails(places) {
      const width = places.length;
      const models = width * count;
      const columnsOfModels = strideOf(models);
      const fitted = new Float32Array(width * (1 + kernels.parameters));
      const streams = new Uint32Array(fitted.buffer);
      const observed = new Float32Array(width * columns);
      places.forEach(({ batch, fits, k }, i) => {
        streams[i] = streamOf(batch.responses, k);
        const parameters = kernels.fitted(fits, k);
        for (let at = 0; at < kernels.parameters; at++) fitted[(1 + at) * width + i] = parameters[at];
        for (let c = 0; c < columns; c++) observed[c * width + i] = statistic(fits, k, c);
      });
      upload('shape', Uint32Array.from([models, columnsOfModels, 1, 0, ...kernel.shapeWords, 0]));
      const needed = Math.min(CARRYING_DRAWS, count / 4);
      const words = new Uint32Array(12);
      words.set([models, columnsOfModels, width, count, seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0]);
      words.set([STREAM_FITTED, columns, kernels.levels], 6);
      new Float32Array(words.buffer).set([kernels.outside, level === undefined ? 0 : 1 - level, needed], 9);
      upload('draws', words);
      upload('fitted', fitted);
      upload('observed', observed);
      const groups = Math.ceil(models / WORKGROUP);
      const sizes: [number, number?][] = [[groups], [groups], [groups], [width, columns]];
      for (const [i, { label, code }] of programs.entries()) {
        await gpu.dispatch(label, pipelines[i], boundBy(code, bound), sizes[i]);
      }
      const tails = bound.tails;
      if (!tails) throw new RangeError('no buffer for tails');
      return new Float32Array(await gpu.readBack(tails, 4 * 3 * width * columns));
    },
  };
}

/** Buffers in the order of their numbers, those that a kernel does not bind left out. */
function boundBy(code: string, bound: Bound): (GPUBuffer | null)[] {
  const used = new Set(Array.from(code.matchAll(/@binding\((\d+)\)/g), (match) => Number(match[1])));
  return BINDINGS.map((name, number) => (used.has(number) ? (bound[name] ?? null) : null));
}

function strideOf(models: number): number {
  return Math.ceil(models / WORKGROUP) * WORKGROUP;
}

/** |t|, 0 where there is none. */
function statistic(fits: Fits, k: number, c: number): number {
  const t = Math.abs(fits.estimate[k * fits.columns + c] / fits.standardError[k * fits.columns + c]);
  return Number.isFinite(t) ? t : 0;
}

/** Writes what came back for one model; false where too many of its draws were lost. */
function readTails(
  tails: Float32Array,
  i: number,
  width: number,
  columns: number,
  { draws, level }: BootstrapOptions,
  { fits, k }: ModelPlace,
): boolean {
  for (let c = 0; c < columns; c++) {
    const to = k * columns + c;
    const known = Number.isFinite(fits.estimate[to] / fits.standardError[to]);
    fits.bootstrapLog10P[to] = known ? tails[c * width + i] / Math.LN10 : Number.NaN;
    fits.bootstrapWidth[to] = known && level !== undefined ? tails[(columns + c) * width + i] : Number.NaN;
    if (!(tails[(2 * columns + c) * width + i] >= (1 - LOST_SHARE) * draws)) return false;
  }
  return true;
}

/** Whether log10 p and the widths of a model's columns agree with those of float64. */
function agrees({ fits, k }: ModelPlace, exact: Fits): boolean {
  return (['bootstrapLog10P', 'bootstrapWidth'] as const).every((name) =>
    exact[name].every((value, c) => {
      const found = fits[name][k * fits.columns + c];
      return Number.isNaN(value) ? Number.isNaN(found) : Math.abs(found - value) <= AGREEMENT * (1 + Math.abs(value));
    }),
  );
}
