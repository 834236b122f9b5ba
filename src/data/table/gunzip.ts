import { FitError } from '../../errors.ts';
import { type ByteChunks, joinAll, streamChunks } from './text-source.ts';

/** Pieces of a file as they are handed to the decompressor. */
const PIECE = 1 << 18;

/** True for the first bytes of a gzip file. */
export function isGzip(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
}

/** Bytes of the trailer of a member: CRC-32 and length of its content, both little-endian. */
const TRAILER = 8;

/** Compressed bytes kept to look back at a trailer: a header, whose file name is seldom long, may have come since. */
const LOOK_BACK = 1 << 16;

/**
 * Decompresses gzip, several members one after the other included (bgzip, `cat a.gz b.gz`), which the browsers' own
 * `DecompressionStream` refuses. Checksums and lengths are compared: fflate by itself takes many a truncated file for
 * whole. The library is loaded with the first file that needs it.
 *
 * @throws FitError DataError, unreadable, for truncated or corrupt data
 */
export async function* gunzip(chunks: ByteChunks, path?: string): AsyncGenerator<Uint8Array> {
  const { Gunzip } = await import('fflate');
  let out: Uint8Array[] = [];
  let recent: Uint8Array = new Uint8Array(0);
  let received = 0;
  let crc = -1;
  let length = 0;
  const stream = new Gunzip((piece) => {
    if (piece.length === 0) return;
    crc = updateCrc(crc, piece);
    length += piece.length;
    out.push(piece);
  });
  const checkMember = (end: number): void => {
    const at = end - received + recent.length - TRAILER;
    if (at < 0) throw new Error('its end is missing');
    const trailer = new DataView(recent.buffer, recent.byteOffset + at, TRAILER);
    if (trailer.getUint32(0, true) !== ~crc >>> 0) throw new Error('checksum mismatch');
    if (trailer.getUint32(4, true) !== length % 2 ** 32) throw new Error('length mismatch');
    crc = -1;
    length = 0;
  };
  stream.onmember = checkMember;
  const push = (bytes: Uint8Array, last: boolean): void => {
    try {
      received += bytes.length;
      recent = joinAll([recent.subarray(Math.max(0, recent.length - LOOK_BACK)), bytes]);
      stream.push(bytes, last);
      if (last) checkMember(received);
    } catch (cause) {
      throw corruptGzip(path, cause);
    }
  };
  for await (const chunk of 'getReader' in chunks ? streamChunks(chunks) : chunks) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      push(chunk.subarray(at, at + PIECE), false);
      yield* out;
      out = [];
    }
  }
  push(new Uint8Array(0), true);
  yield* out;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function updateCrc(crc: number, bytes: Uint8Array): number {
  let value = crc;
  for (let i = 0; i < bytes.length; i++) value = CRC_TABLE[(value ^ bytes[i]) & 255] ^ (value >>> 8);
  return value;
}

/** Bytes of a browser's file, decompressed where they begin as gzip does; the name of the file plays no part. */
export async function* blobBytes(blob: Blob, path?: string): AsyncGenerator<Uint8Array> {
  const head = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  if (isGzip(head)) yield* gunzip(blob.stream(), path);
  else yield* streamChunks(blob.stream());
}

/** The error for gzip data that end early or make no sense. */
export function corruptGzip(path: string | undefined, cause: unknown): FitError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FitError('DataError', `${path ?? 'the gzip data'} is truncated or corrupt (${reason})`, {
    path,
    remedy: 'copy or download the file again',
    unreadable: true,
    cause,
  });
}

/** All bytes of a source as one array. */
export async function collectBytes(chunks: ByteChunks): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of 'getReader' in chunks ? streamChunks(chunks) : chunks) pieces.push(chunk);
  return joinAll(pieces);
}
