/** Gene sets that a fit is to test: read and checked before the data are, so that a long run does not end in a misspelt file. */

import { readBytes, requireFile } from '../data/table/bytes.node.ts';
import { type GeneSet, parseGeneSets, placeGeneSets } from '../data/table/gene-sets.ts';
import { collectBytes } from '../data/table/gunzip.ts';
import { FitError } from '../errors.ts';
import type { GeneSetTestOptions } from '../infer/gene-set-tests.ts';
import type { Moments } from '../moments/moments.ts';
import { type OutputTarget, SUMMARY } from '../result/output-target.ts';
import type { Given } from './options.ts';

/** The sets of a file, and how they are tested. */
export interface AskedGeneSets {
  readonly path: string;
  readonly sets: readonly GeneSet[];
  readonly options: GeneSetTestOptions;
}

/**
 * The request with the sets that it names.
 *
 * @throws DataError for a file that cannot be read or is no `.gmt` file, OptionError where their table is not written
 */
export async function withGeneSets<T extends { readonly raw: Given; readonly targets: readonly OutputTarget[] }>(
  request: T,
): Promise<T & { readonly geneSets?: AskedGeneSets }> {
  const { raw, targets } = request;
  const { geneSets: path } = raw;
  const written = targets.some(({ table }) => table === 'genesets' || table === SUMMARY);
  if (path === undefined) {
    if (targets.every(({ table }) => table !== 'genesets')) return request;
    throw new FitError('OptionError', 'the table genesets needs sets of genes', {
      option: 'geneSets',
      remedy: 'Name a file of them: “geneSets: sets.gmt”.',
    });
  }
  if (!written) {
    throw new FitError('OptionError', `“geneSets: ${path}”: their table is not among those that are written`, {
      option: 'geneSets',
      remedy: 'Ask for it: “out: genesets=FILE.tsv”.',
    });
  }
  await requireFile(path);
  const text = new TextDecoder().decode(await collectBytes(readBytes(path)));
  const sets = parseGeneSets(text, path);
  return {
    ...request,
    geneSets: { path, sets, options: { correlation: raw.geneSetCorrelation, least: raw.geneSetMin } },
  };
}

/** @throws DataError where the responses have none of the genes that the sets name */
export function checkGeneSets({ path, sets }: AskedGeneSets, { names, genes }: Moments): void {
  try {
    placeGeneSets(sets, [names, ...(genes ? [genes] : [])]);
  } catch (error) {
    if (!(error instanceof FitError)) throw error;
    throw new FitError(error.tag, error.message, { ...error.fields, path, option: 'geneSets' });
  }
}
