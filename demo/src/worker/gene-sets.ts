/** Tests of the gene sets of a file by the results on show. */

import { type TestedGeneSets, testGeneSets } from 'webgpu-lmm';
import { parseGeneSets } from 'webgpu-lmm/statistics';
import type { GeneSetQuestion } from '../protocol/analysis-protocol.ts';
import type { NamedFile } from '../protocol/named-files.ts';

export async function testSetsOfFile(question: GeneSetQuestion): Promise<TestedGeneSets> {
  const { file, names, labels, effect, log10P, correlation, least } = question;
  const sets = parseGeneSets(await textOf(file), file.name);
  return testGeneSets({ names: [names, labels], estimate: effect, log10P }, sets, { correlation, least });
}

/** The text of a file, gzipped or not. */
async function textOf({ file }: NamedFile): Promise<string> {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  return new Response(packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream()).text();
}
