/** Tests of the gene sets of a file by the results on show. */

import { FitError } from 'webgpu-lmm';
import { cameraRanked, type GeneSetTests, parseGeneSets, placeGeneSets, zScores } from 'webgpu-lmm/statistics';
import type { NamedFile } from './protocol.ts';

export interface GeneSetQuestion {
  readonly file: NamedFile;
  /** Ids and symbols of the genes on show. */
  readonly names: readonly string[];
  readonly labels: readonly string[];
  readonly effect: Float64Array;
  readonly log10P: Float64Array;
  /** Between the genes of a set. */
  readonly correlation: number;
  /** Sets with fewer genes that were tested are left out. */
  readonly least: number;
}

/** Tested sets in the order of p; arrays are of one length. */
export interface GeneSetAnswer {
  readonly names: readonly string[];
  readonly descriptions: readonly string[];
  readonly tests: GeneSetTests;
  /** Places of the genes of each set among those on show. */
  readonly places: readonly Int32Array[];
  readonly sets: number;
  /** Names of genes in the file, and how many the results have. */
  readonly named: number;
  readonly known: number;
  /** Genes with a test. */
  readonly ranked: number;
}

export async function testGeneSets(question: GeneSetQuestion): Promise<GeneSetAnswer> {
  const { file, names, labels, effect, log10P, correlation, least } = question;
  const sets = parseGeneSets(await textOf(file), file.name);
  const { places, named, known } = placeGeneSets(sets, [names, labels]);
  const statistic = zScores(effect, log10P);
  const tested = places.map((own) => own.reduce((sum, at) => sum + (Number.isNaN(statistic[at]) ? 0 : 1), 0));
  const kept = [...sets.keys()].filter((k) => tested[k] >= Math.max(1, least));
  const first = cameraRanked(
    statistic,
    kept.map((k) => places[k]),
    correlation,
  );
  const order = [...kept.keys()].sort((a, b) => rank(first.log10P[a]) - rank(first.log10P[b]) || a - b);
  const inOrder = (values: Float64Array): Float64Array => Float64Array.from(order, (k) => values[k]);
  return {
    names: order.map((k) => sets[kept[k]].name),
    descriptions: order.map((k) => sets[kept[k]].description),
    tests: {
      size: Int32Array.from(order, (k) => first.size[k]),
      difference: inOrder(first.difference),
      statistic: inOrder(first.statistic),
      df: first.df,
      pValue: inOrder(first.pValue),
      log10P: inOrder(first.log10P),
      adjustedP: inOrder(first.adjustedP),
    },
    places: order.map((k) => places[kept[k]]),
    sets: sets.length,
    named,
    known,
    ranked: statistic.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0),
  };
}

/** What was not tested comes last. */
const rank = (log10P: number): number => (Number.isNaN(log10P) ? 1 : log10P);

/** The text of a file, gzipped or not. */
async function textOf({ file, name }: NamedFile): Promise<string> {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  const stream = packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
  const text = await new Response(stream).text().catch((cause: unknown) => {
    if (!packed) throw cause;
    // Browsers say no more than that it failed.
    throw new FitError('DataError', `${name} is cut off or damaged: it cannot be unpacked`, {
      remedy: 'Download it again.',
    });
  });
  if (!text.includes('\0')) return text;
  throw new FitError('DataError', `${name} is no text`, {
    remedy: 'A .gmt file has a set a line: its name, a description and its genes, parted by tabs.',
  });
}
