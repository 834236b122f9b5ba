/** Fewer dots that look like all of them, for files. */

/**
 * Positions of at most `most` dots, ascending. Dots are dropped where they are many: the plane is cut into cells, ever
 * larger, until the first few of each cell are few enough in all, so outliers stay.
 */
export function thinDots(x: ArrayLike<number>, y: ArrayLike<number>, most: number): Int32Array {
  const all = Int32Array.from({ length: x.length }, (_, i) => i);
  if (all.length <= most) return all;
  for (let cell = 1; cell < 1e6; cell *= 1.25) {
    const seen = new Set<string>();
    const kept = all.filter((i) => {
      const key = `${Math.floor(x[i] / cell)},${Math.floor(y[i] / cell)}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
    if (kept.length <= most) return kept;
  }
  return all.subarray(0, most);
}
