import { orAborted, throwIfAborted } from '../../abort.ts';
import { copyFits, type DeviceStart, type Engine, emptyFits, type Fits, REFITTED_ON_CPU } from '../../lmm/engine.ts';
import { sliceResponses } from '../../moments/evidence.ts';
import type { MomentBatch } from '../../moments/moments.ts';
import { type ChunkLimits, type ModelRange, openCut, takeChunk, timeChunk } from '../../plan/device-chunks.ts';
import type { Workers } from '../threads/pool.ts';
import type { WorkItem, WorkStarts } from '../threads/work.ts';
import type { DeviceLimits, WebGpu } from './device.ts';
import type { NumberFormat } from './link.ts';
import { openShared, openSlot, type SearchSlot } from './search-buffers.ts';
import { isRefusal, type ModelPacker, type SearchKernel, type SearchResults, WORKGROUP } from './search-kernel.ts';
import { VariantChoice, type VariantTurn } from './variant-choice.ts';

/** Response `k` of a batch, number `index` of the run, and the columns that its fit goes to (row k). */
export interface ModelPlace {
  readonly batch: MomentBatch;
  readonly index: number;
  readonly fits: Fits;
  readonly k: number;
}

export interface SearchRunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of models done. */
  readonly onDone?: ((done: number) => void) | undefined;
  /** Bytes that the chunks in flight may take, on the host and on the device together. */
  readonly memory?: number | undefined;
  /** Threads that finish, and how many; this thread does it without them. */
  readonly workers?: { readonly pool: Workers; readonly count: number } | undefined;
  /** Takes optima as the device found them. */
  readonly preview?: boolean | undefined;
  /** Models a chunk at most; for tests. */
  readonly maximumChunk?: number | undefined;
  /** Milliseconds since some moment; for tests. */
  readonly clock?: (() => number) | undefined;
}

/** How far the search of a bin came. Kept by the caller, so that an error on the way loses nothing. */
export interface SearchState {
  /** Models before this one are finished. */
  done: number;
  refits: number;
  /** The number type of a device's finish that float64 has refused; what it finished since is not done. */
  refused: NumberFormat | null;
  /** Models that are not for the device, and why; they are to be fitted elsewhere. */
  readonly left: { readonly place: ModelPlace; readonly reason: string }[];
}

const DEFAULT_MEMORY = 128 * 2 ** 20;
/** A chunk of which more than this share is refused says that the device does not compute what it should. */
const DISTRUST_SHARE = 0.5;
/** Fits of a chunk that the device finished and that float64 looks at, and how near they must be. */
const CHECKED_FINISHES = 32;
const FINISH_AGREEMENT = { criterion: 1e-8, coefficient: 1e-6, df: 1e-4 };
/** Pieces of a chunk that each thread finishes, so that all end together. */
const PIECES_A_THREAD = 4;
/** Milliseconds of work on the host between two looks at the signal. */
const TURN = 40;

/**
 * Searches the models of a bin on the device, in chunks of which two are in flight, and finishes each in float64 on the
 * host, or on the device where the kernel has a finisher. Begins at `state.done` and keeps it up to date.
 *
 * @returns why it stopped before the end, or null
 * @throws FitError DeviceError when the device fails; AbortError when the signal fires
 */
export async function searchBin(
  gpu: WebGpu,
  kernel: SearchKernel,
  models: readonly ModelPlace[],
  state: SearchState,
  run: SearchRunOptions,
): Promise<string | null> {
  const packers = new Packers(kernel);
  const shared = kernel.own ? null : packers.of(models[0].batch);
  if (shared && isRefusal(shared)) return shared.refusal;
  const { clock = () => performance.now() } = run;
  const limits = chunkLimits(gpu.limits, kernel, run);
  let cut = openCut(models.length - state.done, limits);
  const designBytes = 4 * kernel.designRows * kernel.designWords;
  if (cut.capacity === 0 || designBytes > gpu.limits.maxStorageBufferBindingSize) {
    return 'a model exceeds the buffers of the device';
  }
  const choice = new VariantChoice(gpu, kernel);
  const opened: { destroy(): void }[] = [];
  try {
    const buffers = await openShared(gpu, kernel, shared?.design ?? null, cut.capacity);
    opened.push(buffers);
    const slots: SearchSlot[] = [];
    for (let s = 0; s < (cut.models > cut.size ? 2 : 1); s++) {
      const slot = await openSlot(gpu, kernel, buffers, cut.capacity);
      opened.push(slot);
      slots.push(slot);
    }
    const begin = state.done;
    let flying: Flight | null = null;
    for (let c = 0; ; c++) {
      throwIfAborted(run.signal);
      if (flying?.turn?.trial) {
        // Nothing else runs on the device meanwhile, and its time says how large the next chunk is to be.
        await orAborted(flying.results, run.signal);
        const { turn, count, started } = flying;
        cut = choice.timed(turn.variant.label, cut, count, (clock() - started) / 1000);
      }
      const taken = takeChunk(cut);
      let next: Flight | null = null;
      if (taken) {
        cut = taken.cut;
        const range = { from: begin + taken.range.from, to: begin + taken.range.to };
        const slot = slots[c % slots.length];
        const { columns, count, stride } = packChunk(slot, kernel, packers, models, range);
        const turn = count > 0 ? await choice.next(count) : null;
        if (turn?.trial) {
          await orAborted<unknown>(flying?.results ?? gpu.finished(), run.signal);
          if (turn.fresh) await orAborted(slot.warmUp(turn), run.signal);
        }
        const started = clock();
        const results = turn ? (await slot.start(turn, count, stride)).results : Promise.resolve(NO_RESULTS);
        next = { range, columns, count, turn, started, results };
      }
      if (flying) {
        const { range, count, turn, started } = flying;
        const results = await orAborted(flying.results, run.signal);
        throwIfAborted(run.signal);
        if (turn && !turn.trial) cut = timeChunk(cut, count, (clock() - started) / 1000);
        const { workers } = run;
        const refits =
          workers && kernel.finisher === null
            ? await finishInWorkers(kernel, packers, models, flying, results, state, run, workers)
            : await finishChunk(kernel, packers, models, flying, results, state, run);
        if (state.refused !== null) return `float64 refused what ${state.refused} finished`;
        state.refits += refits;
        state.done = range.to;
        run.onDone?.(state.done);
        packers.forget(models, range);
        if (state.done < models.length && refits > Math.max(DISTRUST_SHARE * count, WORKGROUP / 2)) {
          return `float64 refused ${refits} of ${count} optima of the device`;
        }
      }
      if (!next) return null;
      flying = next;
    }
  } finally {
    for (const buffers of opened) buffers.destroy();
  }
}

/** A chunk on the device. */
interface Flight {
  readonly range: ModelRange;
  /** Column of each model of the range; -1 for those that the device does not search. */
  readonly columns: Int32Array;
  readonly count: number;
  /** How it is searched; null where none of its models is. */
  readonly turn: VariantTurn | null;
  readonly started: number;
  readonly results: Promise<SearchResults>;
}

const NO_RESULTS: SearchResults = { words: new Uint32Array(0), floats: new Float32Array(0), stride: 0 };

/** The packers of the batches in flight; a design that all models share keeps its own to the end. */
class Packers {
  private readonly kernel: SearchKernel;
  private readonly open = new Map<MomentBatch, ReturnType<SearchKernel['open']>>();
  private readonly engines = new Map<MomentBatch, Engine>();

  constructor(kernel: SearchKernel) {
    this.kernel = kernel;
  }

  of(batch: MomentBatch): ReturnType<SearchKernel['open']> {
    let packer = this.open.get(batch);
    if (!packer) {
      packer = this.kernel.open(batch);
      this.open.set(batch, packer);
    }
    return packer;
  }

  engine(batch: MomentBatch, packer: ModelPacker): Engine {
    let engine = this.engines.get(batch);
    if (!engine) {
      engine = packer.engine();
      this.engines.set(batch, engine);
    }
    return engine;
  }

  /** Forgets designs of their own whose models are finished. */
  forget(models: readonly ModelPlace[], { from, to }: ModelRange): void {
    if (!this.kernel.own) return;
    for (let m = from; m < to; m++) {
      const { batch } = models[m];
      if (m + 1 < models.length && models[m + 1].batch === batch) continue;
      this.open.delete(batch);
      this.engines.delete(batch);
    }
  }
}

/** Packs the models of a range into a slot, side by side. */
function packChunk(
  { designs, responses }: SearchSlot,
  { own, designWords }: SearchKernel,
  packers: Packers,
  models: readonly ModelPlace[],
  { from, to }: ModelRange,
): { columns: Int32Array; count: number; stride: number } {
  const stride = Math.ceil((to - from) / WORKGROUP) * WORKGROUP;
  const columns = new Int32Array(to - from).fill(-1);
  let count = 0;
  for (let m = from; m < to; m++) {
    const { batch, k } = models[m];
    const packer = packers.of(batch);
    if (isRefusal(packer) || !packer.pack(batch.responses, k, responses, count, stride)) continue;
    if (own) placeDesign(packer.design, designs, designWords, count, stride);
    columns[m - from] = count++;
  }
  return { columns, count, stride };
}

/** Elements of `words` words each, a row of `stride` elements apart. */
function placeDesign(design: Float32Array, out: Float32Array, words: number, column: number, stride: number): void {
  for (let i = 0; i < design.length; i++) {
    const row = Math.floor(i / words);
    out[(row * stride + column) * words + (i % words)] = design[i];
  }
}

/** Finishes a chunk in float64, in turns, and counts the fits that had to be searched again. */
async function finishChunk(
  { finisher }: SearchKernel,
  packers: Packers,
  models: readonly ModelPlace[],
  { range, columns }: Flight,
  results: SearchResults,
  state: SearchState,
  { signal, preview = false }: SearchRunOptions,
): Promise<number> {
  let refits = 0;
  let checked = 0;
  let turn = Date.now();
  for (let m = range.from; m < range.to; m++) {
    const place = models[m];
    const { batch, fits, k } = place;
    const packer = packers.of(batch);
    if (isRefusal(packer)) {
      state.left.push({ place, reason: packer.refusal });
      continue;
    }
    const engine = packers.engine(batch, packer);
    const column = columns[m - range.from];
    if (column < 0) engine.fit(batch, k, fits, k);
    else if (finisher && packer.write?.(results, column, batch.responses, k, fits)) {
      if (checked++ < CHECKED_FINISHES && !isExact(place, engine, packer.start(results, column))) {
        state.refused = finisher.number;
        return refits;
      }
    } else engine.finish(batch, k, fits, k, { ...packer.start(results, column), preview });
    if (fits.finish[k] === REFITTED_ON_CPU) refits++;
    if (Date.now() - turn > TURN) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      throwIfAborted(signal);
      turn = Date.now();
    }
  }
  return refits;
}

/** The same on other threads, a few pieces each. */
async function finishInWorkers(
  kernel: SearchKernel,
  packers: Packers,
  models: readonly ModelPlace[],
  { range, columns }: Flight,
  results: SearchResults,
  state: SearchState,
  { signal, preview = false }: SearchRunOptions,
  { pool, count }: NonNullable<SearchRunOptions['workers']>,
): Promise<number> {
  const length = Math.ceil((range.to - range.from) / (count * PIECES_A_THREAD));
  const pieces: Promise<void>[] = [];
  let refits = 0;
  for (let from = range.from; from < range.to; from += length) {
    const to = Math.min(from + length, range.to);
    // Runs of responses of one batch, each with its starts.
    const runs: {
      readonly places: ModelPlace[];
      readonly starts: (DeviceStart | null)[];
      readonly packer: ModelPacker;
    }[] = [];
    for (let m = from; m < to; m++) {
      const place = models[m];
      const packer = packers.of(place.batch);
      if (isRefusal(packer)) {
        state.left.push({ place, reason: packer.refusal });
        continue;
      }
      const column = columns[m - range.from];
      const start = column < 0 ? null : packer.start(results, column);
      const last = runs.at(-1);
      if (last?.packer === packer) {
        last.places.push(place);
        last.starts.push(start);
      } else runs.push({ places: [place], starts: [start], packer });
    }
    const make = (has: (batch: number) => boolean): WorkItem[] =>
      runs.map(({ places, starts, packer }) => {
        const [{ batch, index, k }] = places;
        return {
          batch: index,
          from: k,
          design: !kernel.own && has(index) ? null : batch.design,
          path: kernel.path,
          options: packer.options,
          responses: sliceResponses(batch.design, batch.responses, k, k + places.length),
          starts: workStarts(starts, preview),
        };
      });
    const finish = async (): Promise<void> => {
      const chunks = await pool.submit(make);
      chunks.forEach((chunk, i) => {
        copyFits(chunk, runs[i].places[0].fits, chunk.from);
        const { fits, at, count } = chunk;
        for (const code of fits.finish.subarray(at, at + count)) if (code === REFITTED_ON_CPU) refits++;
      });
    };
    pieces.push(finish());
  }
  await orAborted(Promise.all(pieces), signal);
  return refits;
}

function workStarts(starts: readonly (DeviceStart | null)[], preview: boolean): WorkStarts {
  const width = Math.max(0, ...starts.map((start) => start?.point.length ?? 0));
  const points = new Float64Array(starts.length * width);
  starts.forEach((start, i) => {
    if (start) points.set(start.point, i * width);
  });
  return {
    points,
    width,
    evaluations: Int32Array.from(starts, (start) => start?.evaluations ?? 0),
    searched: Uint8Array.from(starts, (start) => (start === null ? 0 : start.point.length > 0 ? 1 : 2)),
    preview,
  };
}

/** Whether a fit that the device finished is that of float64, to the digits that the backends share. */
function isExact({ batch, fits, k }: ModelPlace, engine: Engine, start: DeviceStart): boolean {
  const exact = emptyFits(1, fits.columns, fits.thetas);
  engine.finish(batch, k, exact, 0, start);
  const near = (found: number, value: number, unit: number): boolean => !(Math.abs(found - value) > unit);
  const { criterion, coefficient, df } = FINISH_AGREEMENT;
  let same = fits.status[k] === exact.status[0];
  same &&= near(fits.criterion[k], exact.criterion[0], criterion * (1 + Math.abs(exact.criterion[0])));
  for (let c = 0; c < fits.columns; c++) {
    const error = exact.standardError[c];
    same &&= near(fits.estimate[k * fits.columns + c], exact.estimate[c], coefficient * error);
    same &&= near(fits.standardError[k * fits.columns + c], error, coefficient * error);
    same &&= near(fits.df[k * fits.columns + c], exact.df[c], df * exact.df[c]);
  }
  return same;
}

function chunkLimits(limits: DeviceLimits, kernel: SearchKernel, run: SearchRunOptions): ChunkLimits {
  const design = kernel.own ? 4 * kernel.designRows * kernel.designWords : 0;
  const response = 4 * kernel.responseRows;
  const result = 4 * kernel.resultRows + 8 * (kernel.finisher?.rows ?? 0);
  const workspace = 4 * kernel.workspaceRows;
  const perWorkgroup = kernel.variants.map((variant) => variant.perWorkgroup);
  const memory = (run.memory ?? DEFAULT_MEMORY) / 2;
  return {
    bytesPerModel: [design, response, result, workspace].filter((bytes) => bytes > 0),
    maximumBinding: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    // Designs and responses lie on both sides; results come back through staging; one workspace serves both chunks.
    memoryPerModel: 2 * design + 2 * response + 4 * result + workspace / 2,
    maximumMemory: run.maximumChunk === undefined ? memory : Number.POSITIVE_INFINITY,
    workgroup: WORKGROUP,
    numbersPerModel: kernel.designRows * kernel.designWords + kernel.responseRows,
    maximumWorkgroups: Math.min(
      Math.floor((limits.maxComputeWorkgroupsPerDimension * Math.min(...perWorkgroup)) / WORKGROUP),
      Math.ceil((run.maximumChunk ?? Number.POSITIVE_INFINITY) / WORKGROUP),
    ),
  };
}
