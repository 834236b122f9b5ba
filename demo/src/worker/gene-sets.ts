/** Tests of the gene sets of a file by the results on show. */

import { FitError, type TestedGeneSets, testGeneSets } from 'webgpu-lmm';
import { parseGeneSets } from 'webgpu-lmm/statistics';
import type { GeneSetQuestion } from '../protocol/analysis-protocol.ts';
import type { NamedFile } from '../protocol/named-files.ts';

export async function testSetsOfFile(question: GeneSetQuestion): Promise<TestedGeneSets> {
  const { file, names, labels, effect, log10P, correlation, least } = question;
  const sets = parseGeneSets(await textOf(file), file.name);
  return testGeneSets({ names: [names, labels], estimate: effect, log10P }, sets, { correlation, least });
}

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
