/** IEEE 754 half precision (1 sign, 5 exponent, 10 fraction bits), which the HDF5 library hands out as raw 16 bits. */

/** Values of all 65,536 patterns, made when first needed: 512 kB. */
let table: Float32Array | null = null;

/** The numbers that 16-bit patterns stand for; exact. */
export function fromHalfFloats(bits: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, pattern) => halfFloat(pattern));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]];
  return values;
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
