import { orAborted, throwIfAborted } from '../../abort.ts';
import { canDraw, STREAM_FITTED } from '../../lmm/bootstrap/bootstrap.ts';
import { CARRYING_DRAWS, LOST_SHARE } from '../../lmm/bootstrap/conditional-tails.ts';
import type { BootstrapOptions, Fits } from '../../lmm/engine.ts';
import { streamOf } from '../../moments/moments.ts';
import { type ChunkCut, openCut, timeChunk } from '../../plan/device-chunks.ts';
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
/** Draws of the first slice, whose speed nobody knows. */
const FIRST_DRAWS = 128;
/** One response in so many is drawn in float64 as well. */
const CHECK_INTERVAL = 64;
/** Beyond so many draws of a response its tails take more threads, and a dispatch a column. */
const MANY_DRAWS = 2 ** 14;
/** Words of the uniform of the draws. */
const DRAW_WORDS = 16;
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
 * average over them stay on the device; two numbers a column come back. A dispatch is about as long as one may be: of
 * several responses, or of a slice of the draws of one. What is drawn does not depend on that, since random numbers are
 * functions of the response and the number of the draw, and all draws of a response are averaged at once.
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
  const { clock = () => performance.now() } = run;
  const columns = models[0].fits.columns;
  const { widest, cut: opened } = drawLimits(gpu, kernel, kernels, columns, count, models.length - state.done, run);
  if (widest === 0 || opened.capacity === 0) return `${count} draws of a response exceed the buffers of the device`;
  let cut = opened;
  let checked = state.done; // models before this one stand beside some that were drawn in float64 too
  let leftBefore = state.left.length; // of those
  const buffers = new BufferSet(gpu, 'bootstrap');
  try {
    const device = await openDraws(gpu, kernel, kernels, buffers, widest, cut.capacity, columns, options);
    while (state.done < models.length) {
      const width = Math.max(1, Math.min(Math.floor(cut.size / count), widest, models.length - state.done));
      const to = state.done + width;
      const places = models.slice(state.done, to).filter(({ fits, k }) => canDraw(fits, k));
      if (places.length > 0) {
        device.begin(places);
        for (let from = 0; from < count; ) {
          throwIfAborted(run.signal);
          const slice = Math.min(count - from, Math.max(1, Math.floor(cut.size / places.length)));
          const started = clock();
          await orAborted(device.draw(from, slice), run.signal);
          cut = timeChunk(cut, slice * places.length, (clock() - started) / 1000);
          from += slice;
        }
        const tails = await orAborted(device.tails(), run.signal);
        const judged = places.filter((place, i) => readTails(tails, i, places.length, columns, options, place));
        const told = new Set(judged);
        state.left.push(...places.filter((place) => !told.has(place)));
        const sample = judged[Math.floor(judged.length / 2)];
        const due = checked === 0 || to - checked >= CHECK_INTERVAL || to === models.length;
        if (sample && due) {
          if (!agrees(sample, await check(sample))) {
            state.done = checked;
            state.left.length = leftBefore;
            return 'float64 refused what the device drew';
          }
          checked = to;
          leftBefore = state.left.length;
        }
      }
      state.done = to;
      run.onDone?.(state.done);
    }
    return null;
  } finally {
    buffers.destroy();
  }
}

/** Rows of f32 that a draw of a slice takes in each buffer. */
function rowsPerDraw(kernel: SearchKernel, kernels: DrawKernels) {
  return {
    responses: kernel.responseRows,
    optima: kernel.resultRows,
    workspace: Math.max(kernel.workspaceRows, kernels.scratchRows),
  };
}

/** Responses that are judged together at most, and the cut of their draws into slices before the first. */
function drawLimits(
  { limits }: WebGpu,
  kernel: SearchKernel,
  kernels: DrawKernels,
  columns: number,
  count: number,
  models: number,
  run: SearchRunOptions,
): { readonly widest: number; readonly cut: ChunkCut } {
  const rows = Object.values(rowsPerDraw(kernel, kernels));
  const binding = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  const memory = (run.memory ?? DEFAULT_MEMORY) / 2; // for slices, and for what all draws say
  const pairs = 4 * 2 * columns * count;
  const cut = openCut(models * count, {
    bytesPerModel: rows.filter((words) => words > 0).map((words) => 4 * words),
    maximumBinding: binding,
    memoryPerModel: 4 * rows.reduce((sum, words) => sum + words, 0),
    maximumMemory: memory,
    workgroup: WORKGROUP,
    maximumWorkgroups: Math.min(
      limits.maxComputeWorkgroupsPerDimension,
      Math.ceil((run.maximumChunk ?? Number.POSITIVE_INFINITY) / WORKGROUP),
    ),
  });
  return {
    widest: Math.min(Math.floor(Math.min(memory, binding) / pairs), limits.maxComputeWorkgroupsPerDimension, models),
    cut: { ...cut, size: Math.min(cut.capacity, FIRST_DRAWS) },
  };
}

interface OpenDraws {
  /** Takes the fits that are drawn from until the next call. */
  begin(places: readonly ModelPlace[]): void;
  /** Makes `slice` draws of each from number `from` on; resolves when they are done. */
  draw(from: number, slice: number): Promise<void>;
  /** What all draws say; rows of log p, quantile, counted draws and bounds, each columns x models. */
  tails(): Promise<Float32Array>;
}

async function openDraws(
  gpu: WebGpu,
  kernel: SearchKernel,
  kernels: DrawKernels,
  buffers: BufferSet,
  widest: number,
  capacity: number,
  columns: number,
  { draws: count, seed, level }: BootstrapOptions,
): Promise<OpenDraws> {
  const constants = { LANES: count > MANY_DRAWS ? 256 : 64 };
  const judge = { label: 'bootstrap tails', code: link('kernels/bootstrap-tails', { number: 'f32', constants }) };
  const compile = ({ label, code }: Program): Promise<GPUComputePipeline> => gpu.pipeline(label, code);
  const steps = [kernels.draw, kernels.search, kernels.statistics];
  const [judging, ...pipelines] = await Promise.all([judge, ...steps].map(compile));
  const rows = rowsPerDraw(kernel, kernels);
  const space = (name: string, words: number, usage = STORAGE) => buffers.create(name, 4 * words, usage);
  const tails = await space('tails', 4 * widest * columns, STORAGE | BUFFER_USAGE.copySource);
  const bound: Bound = {
    shape: await space('shape', 12, UNIFORM),
    structure: kernel.structure && (await buffers.filled('structure', kernel.structure)),
    design: await buffers.filled('design', kernels.design),
    responses: await space('responses', capacity * rows.responses),
    optima: await space('optima', capacity * rows.optima),
    workspace: rows.workspace > 0 ? await space('workspace', capacity * rows.workspace) : null,
    draws: await space('draws', DRAW_WORDS, UNIFORM),
    fitted: await space('fitted', widest * (1 + kernels.parameters)),
    tests: await buffers.filled('tests', kernels.tests),
    pairs: await space('pairs', 2 * columns * widest * count),
    roots: kernels.roots && (await buffers.filled('roots', kernels.roots)),
    observed: await space('observed', widest * columns),
    tails,
  };
  const upload = (name: Binding, data: ArrayBufferView): void => {
    const buffer = bound[name];
    if (buffer) gpu.upload(buffer, data);
  };
  let width = 0;
  const uploadDraws = (models: number, stride: number, first: number, column: number): void => {
    const words = new Uint32Array(DRAW_WORDS);
    words.set([models, stride, width, count, seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0]);
    words.set([STREAM_FITTED, columns, kernels.levels], 6);
    const alpha = level === undefined ? 0 : 1 - level;
    new Float32Array(words.buffer).set([kernels.outside, alpha, Math.min(CARRYING_DRAWS, count / 4)], 9);
    words.set([first, width * count, column], 12);
    upload('draws', words);
  };
  return {
    begin(places) {
      width = places.length;
      const fitted = new Float32Array(width * (1 + kernels.parameters));
      const streams = new Uint32Array(fitted.buffer);
      const observed = new Float32Array(width * columns);
      places.forEach(({ batch, fits, k }, i) => {
        streams[i] = streamOf(batch.responses, k);
        const parameters = kernels.fitted(fits, k);
        for (let at = 0; at < kernels.parameters; at++) fitted[(1 + at) * width + i] = parameters[at];
        for (let c = 0; c < columns; c++) observed[c * width + i] = statistic(fits, k, c);
      });
      upload('fitted', fitted);
      upload('observed', observed);
    },
    async draw(from, slice) {
      const models = width * slice;
      const stride = Math.ceil(models / WORKGROUP) * WORKGROUP;
      upload('shape', Uint32Array.from([models, stride, 1, 0, ...kernel.shapeWords, 0]));
      uploadDraws(models, stride, from, 0);
      for (const [i, { label, code }] of steps.entries()) {
        await gpu.dispatch(label, pipelines[i], boundBy(code, bound), [Math.ceil(models / WORKGROUP)]);
      }
      await gpu.finished();
    },
    async tails() {
      const together = count > MANY_DRAWS ? 1 : columns;
      for (let column = 0; column < columns; column += together) {
        uploadDraws(width * count, 0, 0, column);
        await gpu.dispatch(judge.label, judging, boundBy(judge.code, bound), [width, together]);
      }
      return new Float32Array(await gpu.readBack(tails, 4 * 4 * width * columns));
    },
  };
}

/** Buffers in the order of their numbers, those that a kernel does not bind left out. */
function boundBy(code: string, bound: Bound): (GPUBuffer | null)[] {
  const used = new Set(Array.from(code.matchAll(/@binding\((\d+)\)/g), (match) => Number(match[1])));
  return BINDINGS.map((name, number) => (used.has(number) ? (bound[name] ?? null) : null));
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
    fits.bootstrapBound[to] = known && tails[(3 * columns + c) * width + i] > 0 ? 1 : 0;
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
