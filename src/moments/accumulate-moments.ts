import { FitError } from '../errors.ts';
import { gatherCodes } from '../formula/columns.ts';
import { designRecipe } from '../formula/recipe.ts';
import { withPresentNames } from '../options/former-names.ts';
import type { Design } from '../types/design.ts';
import type { DenseResponses, MatrixSource } from '../types/responses.ts';
import type { Moments } from './moments.ts';
import { type StreamOptions, streamMoments } from './stream.ts';
import { denseMoments } from './table-moments.ts';

/** Options of {@link accumulateMoments}; all but `matrixRows` are for matrices only. */
export interface AccumulateOptions extends StreamOptions {
  /** Row of the matrix of each row of the table that the design was built on; the same rows without it. */
  readonly matrixRows?: Int32Array | undefined;
}

/**
 * Forms the sufficient statistics of every response under one design, in float64: in memory for dense responses, in one
 * streaming pass for a matrix. After this no cost depends on the number of rows.
 */
export async function accumulateMoments(
  design: Design,
  responses: DenseResponses | MatrixSource,
  asked: AccumulateOptions = {},
): Promise<Moments> {
  if (responses.kind === 'dense') return denseMoments(design, responses);
  const options = withPresentNames(asked);
  const { matrixRows } = options;
  const rows = matrixRows ? gatherCodes(matrixRows, design.rows) : design.rows;
  if (rows.some((row) => !(row >= 0 && row < responses.rows))) {
    throw new FitError('DataError', `the design has rows that ${responses.path} lacks`, {
      path: responses.path,
      remedy: 'Build the design on the annotation of the matrix, or pass matrixRows.',
    });
  }
  const { parts, notes } = await streamMoments(responses, [{ design, matrixRows: rows }], options);
  return streamedMoments(design, responses, parts[0], options.select ?? responses.wanted, notes);
}

/** Moments of one streamed part. */
export function streamedMoments(
  design: Design,
  source: MatrixSource,
  part: { design: Moments['batches'][number]['design']; responses: Moments['batches'][number]['responses'] },
  select: Int32Array | undefined,
  notes: readonly string[] = [],
): Moments {
  const pick = (values: readonly string[]) => (select ? Array.from(select, (g) => values[g]) : values);
  const recipe = designRecipe(design);
  const count = select ? select.length : source.names.length;
  return {
    formula: design.formula,
    names: pick(source.names),
    ...(source.genes ? { genes: pick(source.genes) } : {}),
    batches: [{ ...part, index: Int32Array.from({ length: count }, (_, k) => k) }],
    coefficients: design.fixed.names,
    notes: [...design.notes, ...notes],
    ...(recipe ? { recipe } : {}),
  };
}
