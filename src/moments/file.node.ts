import { readFile, writeFile } from 'node:fs/promises';
import { replaceFile } from '../data/replace-file.node.ts';
import { unreadable } from '../data/table/bytes.node.ts';
import type { Moments } from './moments.ts';
import type { MomentsPart } from './parts/part.ts';
import { serialiseMoments } from './serialise.ts';

/** Writes moments to a file, which appears whole or not at all. */
export async function writeMoments(
  path: string,
  moments: Moments,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await replaceFile(path, (temporary) => writeFile(temporary, serialiseMoments(moments, extra)));
}

/** Writes moments of some files of a data set, which appear whole or not at all. */
export async function writePart(
  path: string,
  part: MomentsPart,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { serialisePart } = await import('./parts/part-file.ts');
  await replaceFile(path, (temporary) => writeFile(temporary, serialisePart(part, extra)));
}

/** Reads moments of some files of a data set; null for those of a whole. Rejects as {@link readMoments}. */
export async function readPart(path: string): Promise<MomentsPart | null> {
  const bytes = await bytesOf(path);
  const { deserialisePart } = await import('./parts/part-file.ts');
  return deserialisePart(bytes, path);
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * Reads moments written by {@link writeMoments}. Rejects with DataError: `unreadable` for a missing or damaged file, else for
 * moments of some files of a data set that lack others.
 */
export async function readMoments(path: string): Promise<{ moments: Moments; extra: Record<string, unknown> }> {
  const bytes = await bytesOf(path);
  // With the checks of everything that a file may hold.
  const { deserialiseMoments } = await import('./deserialise.ts');
  return deserialiseMoments(bytes, path);
}
