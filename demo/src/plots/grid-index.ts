/** Points in square cells, so that the nearest to the pointer is found without looking at all of them. */

export interface GridIndex {
  /** Position in the arrays of the point nearest to (x, y) within `radius`, or -1. */
  nearest(x: number, y: number, radius: number): number;
  /** How many points lie in a rectangle, its border included. */
  count(left: number, top: number, right: number, bottom: number): number;
}

/** Index over points in pixels; points with NaN are never found. `cell` is the side of a cell. */
export function createGridIndex(x: ArrayLike<number>, y: ArrayLike<number>, cell = 16): GridIndex {
  const cells = new Map<number, number[]>();
  // Pixels are far below the factor; coordinates left or above the origin have cells too.
  const key = (column: number, row: number): number => (row + 0x8000) * 0x10000 + column + 0x8000;
  const place = (value: number): number => Math.max(-0x7fff, Math.min(0x7fff, Math.floor(value / cell)));
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i]) || Number.isNaN(y[i])) continue;
    const at = key(place(x[i]), place(y[i]));
    const members = cells.get(at);
    if (members === undefined) cells.set(at, [i]);
    else members.push(i);
  }
  const visit = (left: number, top: number, right: number, bottom: number, act: (i: number) => void): void => {
    for (let row = place(top); row <= place(bottom); row++) {
      for (let column = place(left); column <= place(right); column++) cells.get(key(column, row))?.forEach(act);
    }
  };
  return {
    nearest(px, py, radius) {
      let best = -1;
      let least = radius * radius;
      visit(px - radius, py - radius, px + radius, py + radius, (i) => {
        const distance = (x[i] - px) ** 2 + (y[i] - py) ** 2;
        if (distance < least || (distance === least && best === -1)) {
          least = distance;
          best = i;
        }
      });
      return best;
    },
    count(left, top, right, bottom) {
      let found = 0;
      visit(left, top, right, bottom, (i) => {
        if (x[i] >= left && x[i] <= right && y[i] >= top && y[i] <= bottom) found++;
      });
      return found;
    },
  };
}
