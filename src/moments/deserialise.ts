/** Moments from the bytes of a file. */
import { inconsistency } from './check-moments.ts';
import type { Moments } from './moments.ts';
import { completeMoments } from './parts/complete-part.ts';
import { checkedPart } from './parts/part-file.ts';
import type { StoredMoments } from './serialise.ts';
import { brokenFile, deserialiseHeader } from './stored-header.ts';

/**
 * Reads moments back. Throws DataError (`unreadable`) for bytes that are no moments, truncated, damaged (the
 * checksum), or inconsistent: every array must have the length that the header's sizes give it; DataError for moments of some
 * files of a data set that lack others.
 */
export function deserialiseMoments(
  bytes: Uint8Array,
  path?: string,
): { moments: Moments; extra: Record<string, unknown> } {
  const broken = brokenFile(path);
  const { moments: stored, part, ...extra } = deserialiseHeader(bytes, broken);
  if (part !== undefined) return { moments: completeMoments(checkedPart(part, broken), path), extra };
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
