import { readFile, writeFile } from 'node:fs/promises';
import { replaceFile } from '../data/replace-file.node.ts';
import { unreadable } from '../data/table/bytes.node.ts';
import type { MomentFit } from './readable-fit.ts';
import { deserialiseFit, serialiseFit } from './saved-fit.ts';

/** Writes a fit to a file, which appears whole or not at all. */
export async function writeFit(
  path: string,
  result: MomentFit,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await replaceFile(path, (temporary) => writeFile(temporary, serialiseFit(result, extra)));
}

/** Reads a fit written by {@link writeFit}. Rejects with DataError (`unreadable`) for a missing or damaged file. */
export async function readFit(path: string): Promise<{ fit: MomentFit; extra: Record<string, unknown> }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return deserialiseFit(bytes, path);
}
