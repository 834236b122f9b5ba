import { designRecipe } from '../formula/recipe.ts';
import { denseGroups } from '../moments/accumulate.ts';
import { hasBlocks } from '../moments/covariance-blocks.ts';
import { checkDense, type DenseMoments, denseMoments, joinDense } from '../moments/table-moments.ts';
import type { Design } from '../types/design.ts';
import type { DenseResponses } from '../types/responses.ts';

export interface FormOptions {
  /** Of the run; only one that is on the device by request forms moments there too. */
  readonly backend?: 'auto' | 'cpu' | 'webgpu' | undefined;
  /** Mebibytes at most for what is on its way to and from the device. */
  readonly memory?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Moments, and who formed them, in words for `--explain`; nothing to say of a run without a device. */
export interface FormedMoments {
  readonly moments: DenseMoments;
  readonly plan: readonly string[];
}

/**
 * Moments of dense responses under one design for a run with some backend: on the device of a run that is forced there,
 * where that is faster, otherwise on the host, as the sums of structured covariances always are. The notes say what a device did wrong.
 *
 * @throws FitError DataError for responses that do not fit the design; AbortError when the signal fires meanwhile
 */
export async function formDenseMoments(
  design: Design,
  responses: DenseResponses,
  { backend, memory, signal }: FormOptions,
): Promise<FormedMoments> {
  if (backend !== 'webgpu' || hasBlocks(design)) return { moments: denseMoments(design, responses), plan: [] };
  checkDense(design, responses);
  // Loaded when asked for: most users never need it.
  const { formDenseGroups } = await import('../backend/webgpu/dense-moments-run.ts');
  const bytes = memory === undefined ? undefined : memory * 2 ** 20;
  const groups = denseGroups(design, responses, designRecipe(design));
  const { batches, notes, plan } = await formDenseGroups(groups, { memory: bytes, signal });
  const moments = joinDense(design, responses, batches);
  return { moments: notes.length === 0 ? moments : { ...moments, notes: [...moments.notes, ...notes] }, plan };
}
