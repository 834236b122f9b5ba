/** What files of moments have in common, whether they hold those of a whole data set, of parts of one, or of a fit. */
import { FitError } from '../errors.ts';
import { deserialiseArrays, hasMagic, serialiseArrays } from './array-file.ts';

/** First line of a moments file, see `array-file.ts`. */
const MAGIC = 'webgpu-lmm moments 1\n';

/** The pieces of a file with some header, whose arrays follow it. */
export function serialiseHeader(content: Readonly<Record<string, unknown>>): Generator<Uint8Array> {
  return serialiseArrays(MAGIC, content);
}

/** True when the bytes begin like a moments file. */
export function isMomentsFile(bytes: Uint8Array): boolean {
  return hasMagic(MAGIC, bytes);
}

/** Says what is wrong with a file. */
export type BrokenFile = (what: string, cause?: unknown) => FitError;

export function brokenFile(path: string | undefined): BrokenFile {
  return (what, cause) =>
    new FitError('DataError', `${path ?? 'the moments'}: ${what}`, {
      unreadable: true,
      path,
      ...(cause === undefined ? {} : { cause }),
      remedy: 'Write the file again with the command that made it.',
    });
}

/** The header of a file with its arrays in place. Throws what `broken` makes for bytes that are none, truncated or damaged. */
export function deserialiseHeader(bytes: Uint8Array, broken: BrokenFile): Record<string, unknown> {
  if (!isMomentsFile(bytes)) throw broken('not a moments file');
  try {
    return deserialiseArrays(MAGIC, bytes) as Record<string, unknown>; // what JSON makes of an object
  } catch (cause) {
    throw broken((cause as RangeError).message, cause); // it throws no other errors
  }
}
