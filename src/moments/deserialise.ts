/** Moments from the bytes that `serialise.ts` makes. */
import { FitError } from '../errors.ts';
import { deserialiseArrays } from './array-file.ts';
import { inconsistency } from './check-moments.ts';
import type { Moments } from './moments.ts';
import { isMomentsFile, MAGIC, type StoredMoments } from './serialise.ts';

/**
 * Reads moments back. Throws DataError (`unreadable`) for bytes that are no moments, truncated, damaged (the
 * checksum), or inconsistent: every array must have the length that the header's sizes give it.
 */
export function deserialiseMoments(
  bytes: Uint8Array,
  path?: string,
): { moments: Moments; extra: Record<string, unknown> } {
  const broken = (what: string, cause?: unknown) =>
    new FitError('DataError', `${path ?? 'the moments'}: ${what}`, {
      unreadable: true,
      path,
      ...(cause === undefined ? {} : { cause }),
      remedy: 'Write the file again with the command that made it.',
    });
  if (!isMomentsFile(bytes)) throw broken('not a moments file');
  let parsed: { moments: StoredMoments } & Record<string, unknown>;
  try {
    parsed = deserialiseArrays(MAGIC, bytes) as typeof parsed; // checked below
  } catch (cause) {
    throw broken((cause as RangeError).message, cause); // it throws no other errors
  }
  const { moments: stored, ...extra } = parsed;
  let fault: string | null;
  let moments: Moments;
  try {
    moments = restoredMoments(stored);
    fault = inconsistency(moments);
  } catch (cause) {
    throw broken('the header is damaged', cause); // a part of the wrong kind
  }
  if (fault) throw broken(fault);
  return { moments, extra };
}

function restoredMoments({ recipes = [], recipe, batches, ...rest }: StoredMoments): Moments {
  const made = (at: number | undefined) => {
    if (at === undefined) return {};
    if (!(Array.isArray(recipes) && typeof at === 'number' && at in recipes)) throw new RangeError(`no recipe ${at}`);
    return { recipe: recipes[at] };
  };
  return {
    ...rest,
    // Files of before there were kinds have none.
    batches: batches.map(({ recipe: own, ...batch }) => {
      return { ...batch, design: { ...batch.design, kind: batch.design.kind ?? 'moments' }, ...made(own) };
    }),
    ...made(recipe),
  };
}
