import { crc32 } from '../numeric/crc32.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { MomentBatch, Moments } from './moments.ts';

/**
 * Moments as bytes: the line `webgpu-lmm moments 1`, the length of a JSON header as a 32-bit number, the header, padding
 * to a multiple of 8, then the raw little-endian arrays, and the CRC-32 of all that as a 32-bit
 * number behind `CRC:`. In the header an array is `{"$": type, “at”: byte, "length": n}`.
 */
export const MAGIC = 'webgpu-lmm moments 1\n';

/** Bytes of the checksum and its mark. */
export const TRAILER = 8;

export const TYPES = { f8: Float64Array, i4: Int32Array, u1: Uint8Array } as const;
type TypeName = keyof typeof TYPES;
type TypedArray = Float64Array | Int32Array | Uint8Array;

export interface ArrayReference {
  readonly $: TypeName;
  readonly at: number;
  readonly length: number;
}

/** The pieces of a file, in order. `extra` is kept beside the moments (how they were made). */
export function* serialiseMoments(
  moments: Moments,
  extra: Readonly<Record<string, unknown>> = {},
): Generator<Uint8Array> {
  let sum = 0;
  for (const piece of contentPieces(moments, extra)) {
    sum = crc32(piece, sum);
    yield piece;
  }
  const trailer = new Uint8Array(TRAILER);
  trailer.set(new TextEncoder().encode('CRC:'));
  new DataView(trailer.buffer).setUint32(4, sum, true);
  yield trailer;
}

function* contentPieces(moments: Moments, extra: Readonly<Record<string, unknown>>): Generator<Uint8Array> {
  const arrays: TypedArray[] = [];
  let at = 0;
  const header = JSON.stringify({ ...extra, moments: storedMoments(moments) }, (_key, value: unknown) => {
    const type = typeName(value);
    if (type === null) return value;
    const array = value as TypedArray;
    arrays.push(array);
    const reference: ArrayReference = { $: type, at, length: array.length };
    at += Math.ceil(array.byteLength / 8) * 8;
    return reference;
  });
  const text = new TextEncoder().encode(header);
  const start = MAGIC.length + 4 + text.length;
  const head = new Uint8Array(Math.ceil(start / 8) * 8);
  head.set(new TextEncoder().encode(MAGIC));
  new DataView(head.buffer).setUint32(MAGIC.length, text.length, true);
  head.set(text, MAGIC.length + 4);
  yield head;
  for (const array of arrays) {
    yield new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const padding = (8 - (array.byteLength % 8)) % 8;
    if (padding > 0) yield new Uint8Array(padding);
  }
}

/** Moments as a file holds them: recipes, which batches share, once each. */
export interface StoredMoments extends Omit<Moments, 'recipe' | 'batches'> {
  readonly recipes?: readonly ModelRecipe[];
  readonly recipe?: number;
  readonly batches: readonly (Omit<MomentBatch, 'recipe'> & { readonly recipe?: number })[];
}

/** Batches may carry the rows they came from; a file must not. */
function storedMoments({ recipe, batches, ...rest }: Moments): StoredMoments {
  const recipes: ModelRecipe[] = [];
  const place = (made: ModelRecipe | undefined): { recipe?: number } => {
    if (!made) return {};
    if (!recipes.includes(made)) recipes.push(made);
    return { recipe: recipes.indexOf(made) };
  };
  const stored = batches.map(({ design, responses, index, recipe: own }) => {
    return { design, responses, index, ...place(own) };
  });
  return { ...rest, ...place(recipe), recipes, batches: stored };
}

function typeName(value: unknown): TypeName | null {
  if (value instanceof Float64Array) return 'f8';
  if (value instanceof Int32Array) return 'i4';
  return value instanceof Uint8Array ? 'u1' : null;
}

/** True when the bytes begin like a moments file. */
export function isMomentsFile(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(0, MAGIC.length)) === MAGIC;
}
