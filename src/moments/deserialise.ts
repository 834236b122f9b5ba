/** Moments from the bytes of a file. */
import type { FitError } from '../errors.ts';
import { inconsistency } from './check-moments.ts';
import type { Moments } from './moments.ts';
import { type MomentsPart, notJoined } from './parts/part.ts';
import type { StoredMoments } from './serialise.ts';
import { type BrokenFile, brokenFile, deserialiseHeader } from './stored-header.ts';

/**
 * Reads moments back. Throws DataError (`unreadable`) for bytes that are no moments, truncated, damaged (the
 * checksum), or inconsistent: every array must have the length that the header's sizes give it; DataError for moments of parts,
 * which names the files that are missing.
 */
export function deserialiseMoments(
  bytes: Uint8Array,
  path?: string,
): { moments: Moments; extra: Record<string, unknown> } {
  const broken = brokenFile(path);
  const { moments: stored, part, ...extra } = deserialiseHeader(bytes, broken);
  if (part !== undefined) throw errorOfPart(part, broken, path);
  let fault: string | null;
  let moments: Moments;
  try {
    moments = restoredMoments(stored as StoredMoments); // checked below, whatever it is
    fault = inconsistency(moments);
  } catch (cause) {
    throw broken('the header is damaged', cause); // a part of the wrong kind
  }
  if (fault) throw broken(fault);
  return { moments, extra };
}

function errorOfPart(part: unknown, broken: BrokenFile, path: string | undefined): FitError {
  try {
    return notJoined(part as MomentsPart, path); // what is not of its kind throws
  } catch (cause) {
    return broken('the header is damaged', cause);
  }
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
