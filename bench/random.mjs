/** Seeded random numbers, so that every run of a bench fits the same data. */
export function openRandom(seed) {
  let state = seed >>> 0;
  /** Uniform on (0, 1): mulberry32. */
  function uniform() {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  }
  let spare = Number.NaN;
  /** Standard normal, Box-Muller. */
  function normal() {
    if (!Number.isNaN(spare)) {
      const value = spare;
      spare = Number.NaN;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
  /** Whole number from 0 to below `limit`. */
  const below = (limit) => Math.floor(uniform() * limit);
  return { uniform, normal, below };
}

/** Columns of a table for the library. */
export const numeric = (values) => ({ kind: 'numeric', values: Float64Array.from(values) });
export function factor(codes, levels) {
  return { kind: 'factor', levels, codes: Int32Array.from(codes), ordered: false };
}
export const labels = (prefix, count) =>
  Array.from({ length: count }, (_, i) => prefix + String(i + 1).padStart(String(count).length, '0'));
