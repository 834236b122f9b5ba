/** Places for the names of points: beside the point where there is room, further off with a leader line where there is not. */

export interface LabelRequest {
  /** The point, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface PlacedLabel {
  /** Which of the requests. */
  readonly request: number;
  readonly box: Rectangle;
  /** True when the label stands off so far that a line should lead to its point. */
  readonly leader: boolean;
}

export interface LabelOptions {
  readonly bounds: Rectangle;
  /** Number of points that a box would cover. */
  covered(box: Rectangle): number;
}

/** Directions from the point, the preferred first: right, left, above, below, then the diagonals. */
const DIRECTIONS: readonly (readonly [number, number])[] = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [0.8, -0.7],
  [-0.8, -0.7],
  [0.8, 0.7],
  [-0.8, 0.7],
];
const DISTANCES = [6, 16, 30, 48];

/**
 * Places the labels one after the other, the most important first, each where it covers fewest points and no label that
 * is already there; a label without such a place is left out.
 */
export function placeLabels(requests: readonly LabelRequest[], { bounds, covered }: LabelOptions): PlacedLabel[] {
  const placed: PlacedLabel[] = [];
  const taken: Rectangle[] = [];
  requests.forEach((request, index) => {
    let best: { box: Rectangle; cost: number; leader: boolean } | null = null;
    DISTANCES.forEach((distance, ring) => {
      DIRECTIONS.forEach(([dx, dy], turn) => {
        const cheapest = 4 * ring + 0.1 * turn;
        if (best !== null && best.cost <= cheapest) return;
        const box = boxAt(request, dx, dy, distance);
        if (!contains(bounds, box) || taken.some((other) => overlap(other, box))) return;
        const cost = cheapest + 2 * covered(box);
        if (best === null || cost < best.cost) best = { box, cost, leader: ring > 0 };
      });
    });
    const choice = best as { box: Rectangle; cost: number; leader: boolean } | null; // set inside closures
    if (choice === null) return;
    taken.push(choice.box);
    placed.push({ request: index, box: choice.box, leader: choice.leader });
  });
  return placed;
}

/** The box whose nearest side or corner lies `distance` from the point in a direction. */
function boxAt({ x, y, width, height }: LabelRequest, dx: number, dy: number, distance: number): Rectangle {
  const centreX = x + dx * distance + (Math.sign(dx) * width) / 2;
  const centreY = y + dy * distance + (Math.sign(dy) * height) / 2;
  return {
    left: centreX - width / 2,
    right: centreX + width / 2,
    top: centreY - height / 2,
    bottom: centreY + height / 2,
  };
}

function contains(outer: Rectangle, inner: Rectangle): boolean {
  return (
    inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom
  );
}

export function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
