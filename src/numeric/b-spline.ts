/**
 * B-splines of order k (degree k - 1) over knots t_0 <= t_1 <= ..., by the recurrence of Cox and de Boor (C. de Boor, "A
 * Practical Guide to Splines", chapters IX and X):
 *
 *     B_{j,1}(x) = 1 where t_j <= x < t_{j+1}, else 0
 *     B_{j,r}(x) = (x - t_j) / (t_{j+r-1} - t_j) B_{j,r-1}(x) + (t_{j+r} - x) / (t_{j+r} - t_{j+1}) B_{j+1,r-1}(x)
 *     B'_{j,r}(x) = (r - 1) (B_{j,r-1}(x) / (t_{j+r-1} - t_j) - B_{j+1,r-1}(x) / (t_{j+r} - t_{j+1}))
 *
 * Where t_l <= x < t_{l+1}, the splines B_{l-k+1} ... B_l are the only ones that are not zero.
 */
export interface BSplines {
  /** k. */
  readonly order: number;
  /** Each boundary k times, the interior knots between them, increasing. */
  readonly knots: Float64Array;
}

/** The splines over some interior knots, increasing and within the boundary. */
export function bSplines(order: number, interior: readonly number[], boundary: readonly [number, number]): BSplines {
  const [low, high] = boundary.map((knot) => new Array<number>(order).fill(knot));
  return { order, knots: Float64Array.from([...low, ...interior, ...high]) };
}

/** How many splines there are. */
export function splineCount({ order, knots }: BSplines): number {
  return knots.length - order;
}

/** l, the interval of x. Beyond the boundary it is the outermost one, whose polynomials then go on. */
export function knotInterval({ order, knots }: BSplines, x: number): number {
  const last = knots.length - order - 1;
  let l = order - 1;
  while (l < last && x >= knots[l + 1]) l++;
  return l;
}

/** Writes B_{l-k+1}(x) ... B_l(x), or their derivatives, into the first k places of `out`; l is the interval of x. */
export function nonzeroBSplines(
  { order, knots }: BSplines,
  l: number,
  x: number,
  out: Float64Array,
  derivative: 0 | 1 | 2 = 0,
): void {
  const plain = Math.max(1, order - derivative);
  out.fill(0, 0, order);
  if (derivative >= order) return;
  out[0] = 1;
  for (let r = 1; r < plain; r++) {
    let carried = 0;
    for (let j = 0; j < r; j++) {
      const left = knots[l + 1 - r + j];
      const right = knots[l + 1 + j];
      const share = out[j] / (right - left);
      out[j] = carried + (right - x) * share;
      carried = (x - left) * share;
    }
    out[r] = carried;
  }
  for (let r = plain; r < order; r++) {
    for (let j = r; j >= 0; j--) {
      const own = j < r ? out[j] / (knots[l + j + 1] - knots[l + j + 1 - r]) : 0;
      const before = j > 0 ? out[j - 1] / (knots[l + j] - knots[l + j - r]) : 0;
      out[j] = r * (before - own);
    }
  }
}
