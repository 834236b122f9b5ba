import type { OutputPieces } from '../../src/result/output-blob.ts';

/** All bytes of an output that comes in pieces. */
export async function joinPieces(pieces: OutputPieces): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const piece of pieces) parts.push(Buffer.from(piece));
  return Buffer.concat(parts);
}
