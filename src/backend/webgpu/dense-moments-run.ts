import { orAborted, throwIfAborted } from '../../abort.ts';
import { isFitError } from '../../errors.ts';
import type { DenseBatch, DenseGroup } from '../../moments/accumulate.ts';
import { type DenseTables, denseTables } from '../../moments/dense-moments.ts';
import type { Projector } from '../../moments/design-moments.ts';
import { emptyResponseMoments } from '../../moments/moments.ts';
import { afterTrial, costText, type MomentCost, momentWork, WORTH_MEASURING } from '../../plan/dense-moments.ts';
import { type ChunkCut, type ChunkLimits, openCut, takeChunk, timeChunk } from '../../plan/device-chunks.ts';
import { DenseChunk, type DenseSlot, finishedRows, openDenseSlot, tableBytes } from './dense-moments-kernel.ts';
import { openWebGpu, type WebGpu } from './device.ts';
import type { NumberFormat } from './link.ts';
import { probeArithmetic } from './probe.ts';
import { WORKGROUP } from './search-kernel.ts';

export interface DenseRunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes that the chunks may take, on the host and on the device together. */
  readonly memory?: number | undefined;
  /** Forms them on the device whatever it is and however long it takes; for tests. */
  readonly force?: boolean | undefined;
  /** Multiply-adds from which on a group is worth a measurement; for tests. */
  readonly leastWork?: number | undefined;
  /** The number type instead of the one that the probe finds exact; for tests. */
  readonly number?: NumberFormat | undefined;
  /** Replaces what was measured; for tests. */
  readonly timing?: ((measured: MomentCost) => MomentCost) | undefined;
  /** Responses a chunk at most; for tests. */
  readonly maximumChunk?: number | undefined;
  /** The device, instead of the one of the process; for tests. */
  readonly open?: (() => Promise<WebGpu>) | undefined;
}

export interface DenseRun {
  readonly batches: readonly DenseBatch[];
  /** What went wrong on the way, for the user. */
  readonly notes: readonly string[];
  /** Who formed what, and why, in words. */
  readonly plan: readonly string[];
  /** Responses whose moments came from the device. */
  readonly onDevice: number;
}

const DEFAULT_MEMORY = 128 * 2 ** 20;
/** Responses of a chunk that float64 looks at, and how near they must be, of the response's norm. */
const CHECKED = 8;
const AGREEMENT = 1e-10;
/** Units in the last place that float64 itself loses of a response with a large mean. */
const HOST_ROUNDING = 64 * 2 ** -52;
/** A chunk of which the device's digits do not do for more than this share tells of the device. */
const DISTRUST_SHARE = 0.5;
/** Chunks that float64 may refuse before the device is given up. */
const MAXIMUM_REFUSED = 2;
/** Seconds of the host's own measurement. */
const HOST_SECONDS = 2e-3;
/** Milliseconds of work on the host between two looks at the signal. */
const TURN = 40;

/**
 * Moments of dense responses for a run on a device: formed there, in pairs of f32, where responses share a large design
 * and that is measured to be faster, else on the host. What the device does not do, or does wrong, the host does.
 *
 * @throws FitError AbortError when the signal fires
 */
export async function formDenseGroups(groups: Iterable<DenseGroup>, run: DenseRunOptions = {}): Promise<DenseRun> {
  const batches: DenseBatch[] = [];
  const notes: string[] = [];
  const plan = new Map<string, number>();
  let onDevice = 0;
  let arithmetic: Promise<Arithmetic | string> | null = null;
  for (const group of groups) {
    throwIfAborted(run.signal);
    const { count } = group.batch.responses;
    const state: FormState = { done: 0, formed: 0, reason: 'little work' };
    const refusal = hostReason(group, run);
    if (refusal === null) {
      arithmetic ??= openArithmetic(run);
      const opened = await arithmetic;
      if (typeof opened === 'string') state.reason = opened;
      else if (isProjected(group)) await formOnDevice(group, opened, state, notes, run);
    } else state.reason = refusal;
    await formOnHost(group, state.done, run.signal);
    onDevice += state.formed;
    const lines = [
      ...(state.formed > 0 ? [`on the device${state.formed < count ? ' but for some' : ''}: ${state.reason}`] : []),
      ...(state.formed === 0 ? [`on the host: ${state.reason}`] : []),
    ];
    for (const line of lines) plan.set(line, (plan.get(line) ?? 0) + count);
    batches.push(group.batch);
  }
  const said = [...plan].map(([line, count]) => `${count} dense ${count === 1 ? 'response' : 'responses'} ${line}`);
  return { batches, notes: [...new Set(notes)], plan: said, onDevice };
}

/** How far a group is; kept by the caller, so that an error on the way loses nothing. */
interface FormState {
  /** Responses before this one have their moments. */
  done: number;
  /** Those of the device among them. */
  formed: number;
  reason: string;
}

interface Arithmetic {
  readonly gpu: WebGpu;
  readonly number: NumberFormat;
}

/** A group with rows that a device can project. */
type ProjectedGroup = DenseGroup & { readonly projector: Projector };

function isProjected(group: DenseGroup): group is ProjectedGroup {
  return group.projector !== null;
}

/** Why a group is not for any device, or null. */
function hostReason({ projector, collapsed, batch }: DenseGroup, { force, leastWork }: DenseRunOptions): string | null {
  const { design, responses } = batch;
  if (!projector) return 'few responses share a design';
  if (collapsed) return 'rows of few kinds are joined into strata';
  if (projector.m === 0) return 'no rows';
  if (force) return null;
  const entries = design.factors.reduce((sum, { q }) => sum + q * projector.m, 0);
  const work = responses.count * momentWork(projector.m, design.p, entries);
  return work >= (leastWork ?? WORTH_MEASURING) ? null : 'little work';
}

/** The device and its exact pairs, or why there are none. */
async function openArithmetic(run: DenseRunOptions): Promise<Arithmetic | string> {
  const { signal, force, open = () => openWebGpu(signal ? { signal } : {}) } = run;
  try {
    const gpu = await open();
    if (gpu.adapter.software && !force) return 'the WebGPU device here is software';
    const number = run.number ?? (await orAborted(probeArithmetic(gpu), signal)).chosen;
    if (number === null || (number === 'f32' && run.number === undefined)) {
      return 'no arithmetic of pairs is exact on this device';
    }
    return { gpu, number };
  } catch (error) {
    if (!isFitError(error, 'DeviceError')) throw error;
    // The fits on that device will say what is wrong with it.
    return error.message;
  }
}

async function formOnDevice(
  group: ProjectedGroup,
  { gpu, number }: Arithmetic,
  state: FormState,
  notes: string[],
  run: DenseRunOptions,
): Promise<void> {
  const { count } = group.batch.responses;
  const tables = denseTables(group.projector);
  const limits = chunkLimits(gpu, tables, run);
  if (limits === null) {
    state.reason = 'the design exceeds the buffers of the device, or the memory cap';
    return;
  }
  let cut = openCut(count, limits);
  if (cut.capacity === 0) {
    state.reason = 'the responses exceed the buffers of the device, or the memory cap';
    return;
  }
  let slot: DenseSlot | null = null;
  try {
    slot = await orAborted(openDenseSlot(gpu, tables, number, cut.capacity), run.signal);
    const chunk = new DenseChunk(tables, cut.capacity);
    await orAborted(slot.warmUp(), run.signal);
    const device: DeviceChunks = { group, slot, chunk, notes, refused: 0 };
    const trial = run.force ? { cut, cost: null } : await tryOut(device, cut, state, run);
    if (trial === null) return;
    ({ cut } = trial);
    state.reason = `${number}, ${trial.cost ? costText(trial.cost) : 'forced'}`;
    for (;;) {
      const taken = takeChunk(cut);
      if (!taken || device.refused > MAXIMUM_REFUSED) return;
      const started = performance.now();
      const { from, to } = taken.range;
      const formed = await formChunk(device, from, to, run.signal);
      cut = timeChunk(taken.cut, to - from, (performance.now() - started) / 1000);
      state.done = to;
      state.formed += formed;
    }
  } catch (error) {
    if (!isFitError(error, 'DeviceError')) throw error;
    notes.push(`device: ${error.message}: moments of ${count - state.done} of ${count} responses on the host`);
    state.reason = error.message;
  } finally {
    slot?.destroy();
  }
}

interface DeviceChunks {
  readonly group: ProjectedGroup;
  readonly slot: DenseSlot;
  readonly chunk: DenseChunk;
  readonly notes: string[];
  /** Chunks that float64 has refused. */
  refused: number;
}

/**
 * Forms the first chunks on the device, each larger than the last, until it is known which side is faster. Null where
 * that is the host: it then does them again, so that its results are those of a run without a device.
 */
async function tryOut(
  device: DeviceChunks,
  begin: ChunkCut,
  state: FormState,
  run: DenseRunOptions,
): Promise<{ readonly cut: ChunkCut; readonly cost: MomentCost } | null> {
  let cut = begin;
  for (;;) {
    const taken = takeChunk(cut);
    if (!taken) return null;
    const { from, to } = taken.range;
    const started = performance.now();
    const formed = await formChunk(device, from, to, run.signal);
    const seconds = (performance.now() - started) / 1000;
    const models = to - from;
    const measured = { device: seconds / models, host: hostSeconds(device.group, from, to) };
    const cost = run.timing ? run.timing(measured) : measured;
    cut = timeChunk(taken.cut, models, cost.device * models);
    state.done = to;
    state.formed += formed;
    const largest = cut.size <= models || cut.taken >= cut.models;
    const verdict = device.refused > 0 ? 'host' : afterTrial(cost, models, largest);
    if (verdict === 'device') return { cut, cost };
    if (verdict === 'grow') continue;
    state.done = 0;
    state.formed = 0;
    state.reason = device.refused > 0 ? 'float64 refused the moments of the device' : costText(cost);
    return null;
  }
}

/** Seconds that the host takes for a response of some, from as many as it takes to know. */
function hostSeconds({ batch, form }: DenseGroup, from: number, to: number): number {
  const scratch = emptyResponseMoments(batch.design, 1);
  const started = performance.now();
  let formed = 0;
  for (let k = from; k < to; k++) {
    form(k, scratch, 0);
    formed++;
    if (performance.now() - started > 1000 * HOST_SECONDS) break;
  }
  return (performance.now() - started) / 1000 / formed;
}

/** Forms some responses on the device, on the host where that does not do; returns how many the device did. */
async function formChunk(
  device: DeviceChunks,
  from: number,
  to: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { group, slot, chunk, notes } = device;
  const { responses: out } = group.batch;
  throwIfAborted(signal);
  chunk.begin(to - from);
  const left: number[] = [];
  for (let k = from; k < to; k++) {
    const taken = chunk.add(group.projector, k, (y) => {
      out.expressed[k] = group.read(k, y);
    });
    if (!taken) left.push(k);
  }
  chunk.end();
  const { places } = chunk;
  if (places.length > 0) {
    const { results } = await orAborted(slot.start(chunk), signal);
    const found = await orAborted(results, signal);
    const short = new Set(places.filter((k, column) => !chunk.write(found, column, out, k)));
    if (short.size > DISTRUST_SHARE * places.length || !agrees(group, chunk, short)) {
      device.refused++;
      notes.push(`device: float64 refused moments of the device: ${places.length} responses formed on the host`);
      left.push(...places);
    } else left.push(...short);
  }
  for (const k of left) formAgain(group, k);
  return to - from - left.length;
}

/** Whether some of a chunk's moments, evenly spread, are those of float64. */
function agrees({ batch, form }: DenseGroup, { places, scaled }: DenseChunk, short: ReadonlySet<number>): boolean {
  const { design, responses } = batch;
  const { p, q, factors } = design;
  const exact = emptyResponseMoments(design, 1);
  const step = Math.max(1, Math.floor(places.length / CHECKED));
  for (let column = 0; column < places.length; column += step) {
    const k = places[column];
    if (short.has(k)) continue;
    exact.ztr.fill(0);
    form(k, exact, 0);
    const { total, rawTotal } = scaled[column];
    const unit = AGREEMENT * Math.sqrt(total) + HOST_ROUNDING * Math.sqrt(rawTotal);
    const near = (found: number, value: number, scale: number): boolean => Math.abs(found - value) <= scale * unit;
    let same = near(responses.rss[k], exact.rss[0], 2 * Math.sqrt(exact.rss[0]));
    same &&= near(responses.mean[k], exact.mean[0], 1) && responses.constant[k] === exact.constant[0];
    for (let c = 0; c < p; c++) same &&= near(responses.qty[k * p + c], exact.qty[c], 1);
    for (const { offset, levels, q: width, ztz } of factors) {
      for (let at = 0; at < levels.length * width; at++) {
        const norm = Math.sqrt(ztz[at * width + (at % width)]);
        same &&= near(responses.ztr[k * q + offset + at], exact.ztr[offset + at], norm);
      }
    }
    if (!same) return false;
  }
  return true;
}

/** Forms the moments of a response in float64, over whatever stands in its place. */
function formAgain({ batch, form }: DenseGroup, k: number): void {
  const { design, responses } = batch;
  responses.ztr.fill(0, k * design.q, (k + 1) * design.q);
  form(k, responses, k);
}

/** Forms the rest of a group on the host, in turns that let others in. */
async function formOnHost(group: DenseGroup, from: number, signal: AbortSignal | undefined): Promise<void> {
  let turn = Date.now();
  for (let k = from; k < group.batch.responses.count; k++) {
    formAgain(group, k);
    if (Date.now() - turn < TURN) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    throwIfAborted(signal);
    turn = Date.now();
  }
}

/** What bounds the chunks of a design; null where the design alone is too large. */
function chunkLimits({ limits }: WebGpu, tables: DenseTables, run: DenseRunOptions): ChunkLimits | null {
  const { structure, design } = tableBytes(tables);
  const maximumBinding = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  // In float64, as pairs on this side and on the device.
  const memory = (run.memory ?? DEFAULT_MEMORY) - 2 * structure - 3 * design;
  if (Math.max(structure, design) > maximumBinding || memory <= 0) return null;
  const response = 8 * tables.rows;
  const result = 8 * finishedRows(tables);
  return {
    bytesPerModel: [response, result],
    maximumBinding,
    // Responses lie on both sides; results come back through staging.
    memoryPerModel: 2 * response + 3 * result,
    maximumMemory: memory,
    workgroup: WORKGROUP,
    numbersPerModel: tables.rows * Math.max(1, tables.columns),
    maximumWorkgroups: Math.min(
      limits.maxComputeWorkgroupsPerDimension,
      Math.ceil((run.maximumChunk ?? Number.POSITIVE_INFINITY) / WORKGROUP),
    ),
  };
}
