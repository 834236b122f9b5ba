import { throwIfAborted } from '../../abort.ts';
import { FitError, isFitError } from '../../errors.ts';
import { canDraw, type Steps } from '../../lmm/bootstrap/bootstrap.ts';
import {
  type BootstrapOptions,
  copyBootstrap,
  copyFits,
  type EngineOptions,
  emptyFits,
  FINISHED_ON_HOST,
  type FitChunk,
  type Fits,
  rowForBootstrap,
} from '../../lmm/engine.ts';
import { loadEngines } from '../../lmm/open-engine.ts';
import { screenDesign } from '../../lmm/screen.ts';
import { searchedLength } from '../../lmm/structured/covariance-parameters.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import { type DeviceBin, deviceBins } from '../../plan/device-bins.ts';
import { type BatchPlan, type FitPlan, planBatch } from '../../plan/plan.ts';
import type { SearchMapping } from '../../plan/search-variants.ts';
import type { Progress } from '../../types/fit-result.ts';
import { type FitJob, joinJobs, openWorkers } from '../threads/pool.ts';
import { runOnThreads } from '../threads/run.ts';
import { adapterName } from './adapter.ts';
import { type DrawState, drawOnDevice } from './bootstrap-run.ts';
import { openWebGpu, type WebGpu } from './device.ts';
import { factorKernel } from './factor-kernel.ts';
import type { NumberFormat } from './link.ts';
import { probeArithmetic } from './probe.ts';
import { isRefusal, type Refusal, type SearchKernel } from './search-kernel.ts';
import { type ModelPlace, type SearchRunOptions, type SearchState, searchBin } from './search-run.ts';
import { spectralKernel } from './spectral-kernel.ts';

export interface DeviceRunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
  /** Bytes that the chunks in flight may take, on the host and on the device together. */
  readonly memory?: number | undefined;
  /** Models a chunk at most; for tests. */
  readonly maximumChunk?: number | undefined;
  /** Who searches a model, where there is a choice, instead of the fastest by measured time; for tests. */
  readonly mapping?: SearchMapping | undefined;
  /** Milliseconds since some moment; for tests. */
  readonly clock?: (() => number) | undefined;
  /** Takes optima as the device found them, in single precision. */
  readonly preview?: boolean | undefined;
  /** The number type in which the device finishes what it can, instead of the host. */
  readonly finish?: NumberFormat | undefined;
  /** Threads that finish; this thread does it without them. */
  readonly workers?: SearchRunOptions['workers'];
  /** How the batches are fitted; by what each of them is without it. */
  readonly planned?: readonly BatchPlan[] | undefined;
  /** A device to go on with when the first is lost. */
  readonly reopen?: (() => Promise<WebGpu>) | undefined;
}

export interface DeviceOutcome {
  /** One chunk a batch, complete but for the jobs in `left`. */
  readonly chunks: readonly FitChunk[];
  /** What is left to the CPU: fits, and fits that only their bootstrap is left of. */
  readonly left: readonly FitJob[];
  readonly undrawn: readonly FitJob[];
  /** Fits whose device optimum float64 refused, so that the CPU searched again. */
  readonly refits: number;
  /** What became of the device, and why part of the fits, or all, were left to the CPU. */
  readonly notes: readonly string[];
}

/** What the numbers are to be finished in; `df64` and `f32` on the device. */
export type Precision = 'auto' | 'f64' | 'df64' | 'f32';

/**
 * Fits batches with the search on the device and the finish in float64 on the host, or as `precision` says, what the
 * device leaves on the CPU.
 *
 * @throws FitError DeviceError when there is no device, or none that computes pairs right where they are asked for: what
 *   is forced never falls back silently; AbortError when the signal fires
 */
export async function runOnDevice(
  batches: readonly MomentBatch[],
  plan: FitPlan,
  optionsOf: (design: DesignMoments) => EngineOptions,
  precision: Precision,
  run: DeviceRunOptions = {},
): Promise<{ chunks: readonly FitChunk[]; device: string; notes: readonly string[] }> {
  const { signal } = run;
  const onProgress = run.onProgress && monotone(run.onProgress);
  const open = (): Promise<WebGpu> => openWebGpu(signal ? { signal } : {});
  let gpu = await open();
  let finish: NumberFormat | undefined;
  const replaced: string[] = [];
  if (precision === 'df64') {
    try {
      finish = await exactPairs(gpu);
    } catch (error) {
      if (isUsable(gpu) || !isFitError(error, 'DeviceError')) throw error;
      gpu = await open();
      finish = await exactPairs(gpu);
      replaced.push(`device: ${error.message}: a new one goes on`);
    }
  }
  const preview = precision === 'f32';
  const pool = plan.threads > 1 ? await openWorkers(plan.threads) : null;
  let outcome: DeviceOutcome;
  try {
    const workers = pool ? { pool, count: plan.threads } : undefined;
    outcome = await searchOnDevice(gpu, batches, optionsOf, {
      reopen: open,
      finish,
      preview,
      workers,
      planned: plan.batches,
      ...run,
      onProgress,
    });
  } finally {
    await pool?.close();
  }
  await fitTheRest(batches, plan, optionsOf, outcome, { signal, onProgress });
  const { chunks, notes } = outcome;
  const device = adapterName(gpu.adapter);
  const hosted = finish !== undefined && chunks.some(({ fits }) => fits.finish.includes(FINISHED_ON_HOST));
  const aside =
    'df64 finishes models that share a design, where it is certain of them; the others are finished in float64 on the host';
  const label = 'a preview: optima are those of single precision, not finished in float64';
  return { chunks, device, notes: [...(preview ? [label] : []), ...(hosted ? [aside] : []), ...replaced, ...notes] };
}

/** Progress that never goes back, whatever is done twice. */
function monotone(report: Progress): Progress {
  let reached = -1;
  return (phase, done, total) => {
    if (done <= reached) return;
    reached = done;
    report(phase, done, total);
  };
}

/** The number type of pairs that the device computes right. */
async function exactPairs(gpu: WebGpu): Promise<NumberFormat> {
  const { chosen, variants } = await probeArithmetic(gpu);
  if (chosen !== null && chosen !== 'f32') return chosen;
  const tried = variants.map(({ name }) => name).filter((name) => name !== 'f32');
  throw new FitError('DeviceError', `no arithmetic of pairs is exact on this device: ${tried.join(', ')} are not`, {
    option: 'precision',
    remedy: 'Leave “precision” out: every fit is then finished in float64 on the host.',
  });
}

/** Fits on the CPU what the device left, into the rows that are waiting for it. */
export async function fitTheRest(
  batches: readonly MomentBatch[],
  plan: FitPlan,
  optionsOf: (design: DesignMoments) => EngineOptions,
  { chunks, left, undrawn }: Pick<DeviceOutcome, 'chunks' | 'left' | 'undrawn'>,
  { signal, onProgress }: Pick<DeviceRunOptions, 'signal' | 'onProgress'>,
): Promise<void> {
  const total = batches.reduce((sum, { responses }) => sum + responses.count, 0);
  const parts = [
    { jobs: left, copy: copyFits },
    { jobs: undrawn, copy: copyBootstrap },
  ];
  for (const { jobs, copy } of parts) {
    if (jobs.length === 0) continue;
    const rest = jobs.reduce((sum, { from, to }) => sum + to - from, 0);
    const onRest =
      onProgress && ((phase: 'read' | 'fit', done: number) => onProgress(phase, total - rest + done, total));
    const fitted = await runOnThreads(batches, plan, optionsOf, { signal, onProgress: onRest, jobs });
    for (const chunk of fitted) copy(chunk, chunks[chunk.batch].fits, chunk.from);
  }
}

/**
 * The part of the device. A design that it does not do, or a device that fails on the way, costs nothing: what is
 * finished stays, the rest is named in `left`.
 *
 * @throws FitError AbortError when the signal fires
 */
export async function searchOnDevice(
  gpu: WebGpu,
  batches: readonly MomentBatch[],
  optionsOf: (design: DesignMoments) => EngineOptions,
  run: DeviceRunOptions = {},
): Promise<DeviceOutcome> {
  throwIfAborted(run.signal);
  const fits = batches.map((batch) => fitsOf(batch, optionsOf(batch.design)));
  const total = batches.reduce((sum, { responses }) => sum + responses.count, 0);
  const left: FitJob[] = [];
  const undrawn: FitJob[] = [];
  const reasons = new Map<string, number>();
  const leave = (reason: string, jobs: readonly FitJob[]): void => {
    const models = jobs.reduce((sum, { from, to }) => sum + to - from, 0);
    if (models > 0) reasons.set(reason, (reasons.get(reason) ?? 0) + models);
    left.push(...jobs);
  };
  const whole = (batch: number): FitJob => ({ batch, from: 0, to: batches[batch].responses.count });
  const candidates = batches.flatMap(({ design, responses }, batch) => {
    const refits = 1 + (optionsOf(design).bootstrap?.draws ?? 0);
    const { path } = run.planned?.[batch] ?? planBatch(design, responses.count, refits, 'webgpu');
    if (!screenDesign(design)) return [{ batch, design, models: responses.count, path }];
    left.push(whole(batch)); // for the status that the CPU gives them
    return [];
  });
  const { bins, beyond } = deviceBins(candidates.filter(({ models }) => models > 0));
  for (const { batch, reason } of beyond) leave(reason, [whole(batch)]);

  const notes: string[] = [];
  const devices: Devices = { current: gpu, reopen: run.reopen, notes: [] };
  let refits = 0;
  let before = 0;
  for (const bin of bins) {
    const members = bin.batches.map((b) => batches[b]);
    const models = bin.batches.flatMap((b) => placesOf(batches[b], fits[b], b));
    const state: SearchState = { done: 0, refits: 0, refused: null, left: [] };
    // With draws to come the fits are the smaller part.
    const searchShare = optionsOf(members[0].design).bootstrap ? SEARCH_SHARE : 1;
    const onDone = (done: number): void => run.onProgress?.('fit', before + Math.floor(searchShare * done), total);
    const kernelFor = (finish: NumberFormat | null): Promise<SearchKernel | Refusal> =>
      kernelOf(bin, members, (batch) => optionsOf(batch.design), finish, run.mapping);
    let kernel = await kernelFor(run.finish ?? null);
    let reason: string | null;
    for (;;) {
      const searching = kernel;
      reason = isRefusal(searching)
        ? searching.refusal
        : await toTheEnd(devices, state, (gpu) => searchBin(gpu, searching, models, state, { ...run, onDone }));
      if (state.refused === null) break;
      // The rest is finished on the host, the chunk that gave it away among it.
      notes.push(`device: ${reason}: the host finishes`);
      state.refused = null;
      kernel = await kernelFor(null);
    }
    for (const { place, reason: why } of state.left) leave(why, [jobOf(place)]);
    leave(reason ?? '', models.slice(state.done).map(jobOf));
    const { bootstrap } = optionsOf(members[0].design);
    if (bootstrap) {
      const lost = new Set(state.left.map(({ place }) => place));
      const fitted = models.slice(0, state.done).filter((place) => !lost.has(place) && canDraw(place.fits, place.k));
      const options = optionsOf(members[0].design);
      const drawn = await drawToTheEnd(devices, kernel, fitted, options, bootstrap, run, (done) => {
        const share = SEARCH_SHARE + (1 - SEARCH_SHARE) * (done / Math.max(1, fitted.length));
        run.onProgress?.('fit', before + Math.floor(share * models.length), total);
      });
      undrawn.push(...drawn.left.map(jobOf));
      if (drawn.reason !== null) {
        notes.push(`device: ${drawn.reason}: the draws of ${drawn.left.length} of ${fitted.length} fits on the CPU`);
      }
    }
    refits += state.refits;
    before += models.length;
  }
  const onCpu = [...reasons].map(([reason, models]) => `device: ${reason}: ${models} of ${total} fits on the CPU`);
  return {
    chunks: fits.map((rows, batch) => ({ batch, from: 0, fits: rows, at: 0, count: rows.count })),
    left: joinJobs(left),
    undrawn: joinJobs(undrawn),
    refits,
    notes: [...devices.notes, ...onCpu, ...new Set(notes)],
  };
}

/** The device in use, null once there is none, and where another comes from. */
interface Devices {
  current: WebGpu | null;
  readonly reopen: (() => Promise<WebGpu>) | undefined;
  readonly notes: string[];
}

/**
 * Does something that counts what is done, on a new device where the first is lost; returns why it stopped before the end,
 * or null.
 */
async function toTheEnd(
  devices: Devices,
  state: { readonly done: number },
  work: (gpu: WebGpu) => Promise<string | null>,
): Promise<string | null> {
  let reason = 'the device is gone';
  while (devices.current) {
    const before = state.done;
    try {
      return await work(devices.current);
    } catch (error) {
      if (!isFitError(error, 'DeviceError')) throw error;
      reason = error.message;
    }
    if (isUsable(devices.current)) return reason;
    // A device that goes away before it has done anything takes the next one along.
    const hopeful = state.done > before || devices.notes.length === 0;
    devices.current = hopeful ? ((await devices.reopen?.().catch(() => null)) ?? null) : null;
    if (devices.current) devices.notes.push(`device: ${reason}: a new one goes on after ${state.done} fits`);
  }
  return reason;
}

/** Draws from fits of a bin; what the device does not draw is in `left`, with the reason. */
async function drawToTheEnd(
  devices: Devices,
  kernel: SearchKernel | Refusal,
  models: readonly ModelPlace[],
  options: EngineOptions,
  bootstrap: BootstrapOptions,
  run: DeviceRunOptions,
  onDone: (done: number) => void,
): Promise<{ readonly left: readonly ModelPlace[]; readonly reason: string | null }> {
  if (models.length === 0 || isRefusal(kernel)) return { left: models, reason: null };
  if (kernel.draws === null) return { left: models, reason: 'designs of a response’s own, or large ones' };
  const { design } = models[0].batch;
  const engines = await loadEngines([{ design, options }]);
  const judge = engines.judge(design, kernel.path, options);
  if (judge === null) return { left: models, reason: null };
  if (models[0].fits.columns === 0) {
    for (const place of models) {
      await inTurns(judge.judgeVariance(place.batch, place.k, place.fits, place.k), run.signal);
    }
    return { left: [], reason: null };
  }
  if (devices.current === null) return { left: models, reason: 'the device is gone' };
  const state: DrawState = { done: 0, left: [] };
  const check = async ({ batch, fits, k }: ModelPlace): Promise<Fits> => {
    const row = rowForBootstrap(fits, k);
    await inTurns(judge.judgeEstimates(batch, k, row, 0), run.signal);
    return row;
  };
  const { signal, memory, maximumChunk, clock } = run;
  const draws = kernel.draws();
  let reason = await toTheEnd(devices, state, (gpu) =>
    drawOnDevice(gpu, kernel, draws, models, bootstrap, check, state, { signal, memory, maximumChunk, clock, onDone }),
  );
  const lost = new Set(state.left);
  for (const place of models.slice(0, state.done)) {
    if (!lost.has(place)) await inTurns(judge.judgeVariance(place.batch, place.k, place.fits, place.k), run.signal);
  }
  if (state.left.length > 0) reason ??= 'draws that single precision could not fit';
  return { left: [...state.left, ...models.slice(state.done)], reason };
}

/** Does steps on this thread, in turns that let others in. */
async function inTurns(steps: Steps, signal: AbortSignal | undefined): Promise<void> {
  let turn = Date.now();
  while (!steps.next().done) {
    if (Date.now() - turn < TURN) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    throwIfAborted(signal);
    turn = Date.now();
  }
}

/** Milliseconds of work between two looks at the signal. */
const TURN = 40;
/** Share of a run that its searches count for when draws follow. */
const SEARCH_SHARE = 0.1;

const jobOf = ({ index, k }: ModelPlace): FitJob => ({ batch: index, from: k, to: k + 1 });

function placesOf(batch: MomentBatch, fits: Fits, index: number): ModelPlace[] {
  return Array.from({ length: batch.responses.count }, (_, k) => ({ batch, index, fits, k }));
}

async function kernelOf(
  bin: DeviceBin,
  members: readonly MomentBatch[],
  optionsOf: (batch: MomentBatch) => EngineOptions,
  finish: NumberFormat | null,
  mapping: SearchMapping | undefined,
): Promise<SearchKernel | Refusal> {
  if (bin.kernel === 'spectral') return spectralKernel(bin, members, optionsOf, finish, mapping);
  if (bin.kernel === 'structured') {
    const { patternKernel } = await import('./pattern-kernel.ts');
    return patternKernel(members[0], optionsOf);
  }
  if (bin.kernel === 'family') {
    const { familyKernel } = await import('./family-kernel.ts');
    return familyKernel(members[0], optionsOf, mapping);
  }
  return factorKernel(bin, members, optionsOf, finish);
}

function isUsable(gpu: WebGpu): boolean {
  try {
    gpu.check();
    return true;
  } catch {
    return false;
  }
}

function fitsOf({ design, responses }: MomentBatch, options: EngineOptions): Fits {
  const columns = design.p + (design.p === 0 ? 0 : options.contrasts.length / design.p);
  return emptyFits(responses.count, columns, searchedLength(design), options.bootstrap !== undefined);
}
