import { FitError } from '../../errors.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import type { Progress } from '../../types.ts';
import type { EngineOptions, FitChunk } from '../backend.ts';
import { runBlockOnDevice } from './block-run.ts';
import { beyondBlockSearch } from './block-tables.ts';
import { openWebGpu } from './device.ts';
import { runSpectralOnDevice } from './spectral-run.ts';

export interface DeviceRun {
  readonly chunks: FitChunk[];
  /** The adapter in words. */
  readonly device: string;
  /** What the user should know: fits that were left to the CPU, and why. */
  readonly notes: string[];
}

const isScalar = ({ terms, factors }: DesignMoments) => factors.length === 1 && terms.length === 1 && terms[0].q === 1;

/** What a model has that the device cannot search yet; null when it can. */
export function beyondDevice(design: DesignMoments): string | null {
  if (design.factors.length > 1) return `${design.factors.length} grouping factors`;
  return isScalar(design) ? null : beyondBlockSearch(design);
}

/**
 * Fits all batches with the search on the device and the finish in float64 on the host.
 *
 * @throws FitError DeviceError when there is no device, or for a model that the device does not do yet: a forced backend
 *   never falls back silently; AbortError when the signal fires
 */
export async function runOnDevice(
  batches: readonly MomentBatch[],
  optionsOf: (design: DesignMoments) => EngineOptions,
  { onProgress, signal }: { readonly onProgress?: Progress | undefined; readonly signal?: AbortSignal | undefined },
): Promise<DeviceRun> {
  for (const { design } of batches) {
    const beyond = beyondDevice(design);
    if (beyond === null) continue;
    throw new FitError('DeviceError', `--backend webgpu does not fit this model yet: ${beyond}`, {
      option: 'backend',
      remedy: 'Use --backend cpu, which is float64 throughout.',
    });
  }
  const gpu = await openWebGpu(signal ? { signal } : {});
  const total = batches.reduce((sum, { responses }) => sum + responses.count, 0);
  const chunks: FitChunk[] = [];
  const notes: string[] = [];
  let before = 0;
  for (let batch = 0; batch < batches.length; batch++) {
    const { design, responses } = batches[batch];
    const fitOnDevice = isScalar(design) ? runSpectralOnDevice : runBlockOnDevice;
    const outcome = await fitOnDevice(gpu, batches[batch], optionsOf(design), {
      signal,
      onProgress: onProgress && ((phase, done) => onProgress(phase, before + done, total)),
    });
    chunks.push({ batch, from: 0, fits: outcome.fits });
    if (outcome.fallback !== null) notes.push(`device: ${outcome.fallback}`);
    before += responses.count;
  }
  const { vendor, architecture, description } = gpu.adapter;
  const device = [vendor, architecture, description].filter((text) => text !== '').join(' ');
  return { chunks, device, notes: [...new Set(notes)] };
}
