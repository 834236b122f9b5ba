import { readFile, writeFile } from 'node:fs/promises';
import { replaceFile } from '../data/replace-file.node.ts';
import { unreadable } from '../data/table/bytes.node.ts';
import type { Moments } from './moments.ts';
import { serialiseMoments } from './serialise.ts';

/** Writes moments to a file, which appears whole or not at all. */
export async function writeMoments(
  path: string,
  moments: Moments,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await replaceFile(path, (temporary) => writeFile(temporary, serialiseMoments(moments, extra)));
}

/** Reads moments written by {@link writeMoments}. Rejects with DataError (`unreadable`) for a missing or damaged file. */
export async function readMoments(path: string): Promise<{ moments: Moments; extra: Record<string, unknown> }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  // With the checks of everything that a file may hold.
  const { deserialiseMoments } = await import('./deserialise.ts');
  return deserialiseMoments(bytes, path);
}
