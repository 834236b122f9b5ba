/**
 * Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, 2011): four random 32-bit words from a counter and a key. The same
 * integers as shaders/num/philox.wgsl; no state, so any draw can be repeated alone.
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter.map((word) => word >>> 0);
  let [k0, k1] = key.map((word) => word >>> 0);
  for (let round = 0; round < 10; round++) {
    const h0 = multiplyHigh(0xd2511f53, c0);
    const h1 = multiplyHigh(0xcd9e8d57, c2);
    const l0 = Math.imul(0xd2511f53, c0) >>> 0;
    const l1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    [c0, c1, c2, c3] = [(h1 ^ c1 ^ k0) >>> 0, l1, (h0 ^ c3 ^ k1) >>> 0, l0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** High 32 bits of the product of two unsigned words. */
function multiplyHigh(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  // All sums are below 2^33: exact in float64.
  const middle = ah * bl + ((al * bl) >>> 16);
  const carry = al * bh + (middle % 0x10000);
  return ah * bh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000);
}
