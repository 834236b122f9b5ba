/** Gene sets that a fit is to test: read and checked before the data are, so that a long run does not end in a misspelt file. */

import { readBytes, requireFile } from '../data/table/bytes.node.ts';
import { type GeneSet, parseGeneSets, placeGeneSets } from '../data/table/gene-sets.ts';
import { collectBytes } from '../data/table/gunzip.ts';
import { FitError } from '../errors.ts';
import { INTER_GENE_CORRELATION, requireCorrelation } from '../infer/camera-ranked.ts';
import { type GeneSetTestOptions, LEAST_SET } from '../infer/gene-set-tests.ts';
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

/**
 * @throws DataError where the responses have none of the genes that the sets name, OptionError for a correlation that so many
 *   genes as a set has among them cannot have
 */
export function checkGeneSets({ path, sets, options }: AskedGeneSets, { names, genes, splits }: Moments): void {
  const { correlation = INTER_GENE_CORRELATION, least = LEAST_SET } = options;
  try {
    placeGeneSets(sets, [names, ...(genes ? [genes] : [])]);
  } catch (error) {
    if (!(error instanceof FitError)) throw error;
    throw new FitError(error.tag, error.message, { ...error.fields, path, option: 'geneSets' });
  }
  if (correlation >= 0) return;
  // Which of them will have a test is not known yet; the next step checks those.
  for (const split of splits ? new Set(splits) : [null]) {
    const own = (list: readonly string[]) => list.filter((_, m) => split === null || splits?.[m] === split);
    const { places } = placeGeneSets(sets, [own(names), ...(genes ? [own(genes)] : [])]);
    const all = own(names).length;
    const sizes = places.map(({ length }) => (length >= least && length < all ? length : 0));
    const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
    requireCorrelation(correlation, largest, sets[sizes.indexOf(largest)].name);
  }
}
