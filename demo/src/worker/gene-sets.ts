/** Tests of the gene sets of a file by the results on show. */

import { cameraRanked, parseGeneSets, placeGeneSets, zScores } from 'webgpu-lmm/statistics';
import type { GeneSetAnswer, GeneSetQuestion } from '../protocol/analysis-protocol.ts';
import type { NamedFile } from '../protocol/named-files.ts';

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
async function textOf({ file }: NamedFile): Promise<string> {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  return new Response(packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream()).text();
}
