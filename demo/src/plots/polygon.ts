/** The lasso's geometry. */

/** True when (x, y) lies inside a closed polygon, by the parity of crossings (M. Shimrat, Comm. ACM 5, 1962). */
export function insidePolygon(xs: ArrayLike<number>, ys: ArrayLike<number>, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
    if (ys[i] > y !== ys[j] > y && x < ((xs[j] - xs[i]) * (y - ys[i])) / (ys[j] - ys[i]) + xs[i]) inside = !inside;
  }
  return inside;
}

/** Positions of the points inside a polygon, ascending. */
export function pointsInside(
  polygonX: ArrayLike<number>,
  polygonY: ArrayLike<number>,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): number[] {
  const found: number[] = [];
  for (let i = 0; i < x.length; i++) if (insidePolygon(polygonX, polygonY, x[i], y[i])) found.push(i);
  return found;
}
