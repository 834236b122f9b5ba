/** Moments from the bytes that `serialise.ts` describes. */
import { FitError } from '../errors.ts';
import { crc32 } from '../numeric/crc32.ts';
import { inconsistency } from './check-moments.ts';
import type { Moments } from './moments.ts';
import { type ArrayReference, isMomentsFile, MAGIC, type StoredMoments, TRAILER, TYPES } from './serialise.ts';

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
  if (bytes.length < MAGIC.length + 4) throw broken('the file is truncated');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(MAGIC.length, true);
  const start = Math.ceil((MAGIC.length + 4 + length) / 8) * 8;
  if (bytes.length < start + TRAILER) throw broken('the file is truncated');
  const body = bytes.length - TRAILER;
  if (view.getUint32(body + 4, true) !== crc32(bytes.subarray(0, body)))
    throw broken('the file is truncated or damaged');
  let parsed: { moments: StoredMoments } & Record<string, unknown>;
  try {
    const text = new TextDecoder().decode(bytes.subarray(MAGIC.length + 4, MAGIC.length + 4 + length));
    parsed = JSON.parse(text, (_key, value: unknown) => {
      if (!isReference(value)) return value;
      const Type = TYPES[value.$];
      const from = start + value.at;
      const size = value.length * Type.BYTES_PER_ELEMENT;
      if (!(value.at >= 0) || from + size > body) throw new RangeError('the file is truncated');
      // Copied out: the bytes may start anywhere in their buffer (and Buffer's own slice does not copy).
      return new Type(Uint8Array.prototype.slice.call(bytes, from, from + size).buffer);
    }) as typeof parsed;
  } catch (cause) {
    throw broken(cause instanceof RangeError ? cause.message : 'the header is damaged', cause);
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

function isReference(value: unknown): value is ArrayReference {
  return typeof value === 'object' && value !== null && '$' in value && Object.hasOwn(TYPES, String(value.$));
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
