/** A derivative-free minimiser for oracles: Nelder and Mead's simplex, restarted at its own end points, from many starts. */

/** Lowest point that simplex searches from each of `starts` reach. */
export function multiStart(
  f: (x: Float64Array) => number,
  starts: readonly (readonly number[])[],
  iterations = 400,
): { x: Float64Array; value: number } {
  let best: { x: Float64Array; value: number } = { x: new Float64Array(0), value: Number.POSITIVE_INFINITY };
  for (const start of starts) {
    const end = simplex(f, Float64Array.from(start), 0.5, iterations);
    if (end.value < best.value) best = end;
  }
  for (let k = 0; k < 3; k++) {
    const again = simplex(f, best.x, 0.1 / (k + 1), iterations);
    if (again.value < best.value) best = again;
  }
  return best;
}

function simplex(
  f: (x: Float64Array) => number,
  start: Float64Array,
  size: number,
  iterations: number,
): { x: Float64Array; value: number } {
  const m = start.length;
  const value = (x: Float64Array) => {
    const v = f(x);
    return Number.isFinite(v) ? v : 1e300;
  };
  const points = [{ x: start, value: value(start) }];
  for (let i = 0; i < m; i++) {
    const x = Float64Array.from(start);
    x[i] += size * Math.max(1, Math.abs(x[i]));
    points.push({ x, value: value(x) });
  }
  for (let k = 0; k < iterations; k++) {
    points.sort((a, b) => a.value - b.value);
    const worst = points[m];
    if (worst.value - points[0].value < 1e-11 && k > 5) break;
    const centre = new Float64Array(m);
    for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) centre[j] += points[i].x[j] / m;
    const along = (t: number) => {
      const x = centre.map((c, j) => c + t * (worst.x[j] - c));
      return { x, value: value(x) };
    };
    const reflected = along(-1);
    if (reflected.value < points[0].value) {
      const further = along(-2);
      points[m] = further.value < reflected.value ? further : reflected;
    } else if (reflected.value < points[m - 1].value) {
      points[m] = reflected;
    } else {
      const inner = along(reflected.value < worst.value ? -0.5 : 0.5);
      if (inner.value < Math.min(worst.value, reflected.value)) points[m] = inner;
      else {
        for (let i = 1; i <= m; i++) {
          const x = points[i].x.map((v, j) => points[0].x[j] + 0.5 * (v - points[0].x[j]));
          points[i] = { x, value: value(x) };
        }
      }
    }
  }
  points.sort((a, b) => a.value - b.value);
  return points[0];
}
