/**
 * How often a response has each count, in numbers that do not grow with its largest: small counts one by one, larger ones
 * interpolated. What a negative binomial likelihood needs of a count y,
 *
 *     log prod_{k < y} (1 + k nu) = log Gamma(y + 1/nu) - log Gamma(1/nu) + y log nu,
 *
 * is analytic in log y with singularities at least pi away from the real line, as `offset-nodes.ts` has it of offsets. Nodes are
 * Chebyshev points in log y, rounded to whole counts, so that whoever reads them knows counts only.
 */
import { barycentricWeights, chebyshevPoints, lagrangeBasis } from '../numeric/barycentric.ts';

/** Counts below this are their own nodes; the others lie on panels that each reach four times as far as the last, half-width log 2 in log y. */
export const EXACT_COUNTS = 64;
const FACTOR = 4;
const PANELS = 13;
/** Points of a panel, the last of which begins the next: an error of rho^-16 = 3e-16. */
const POINTS = 16;

/** Largest count that nodes reach. */
export const LARGEST_COUNT = EXACT_COUNTS * FACTOR ** PANELS;

/** Nodes for counts up to some largest: all counts up to 63 or less, then those of the panels that reach it. */
export function countNodes(largest: number): Float64Array {
  if (largest < EXACT_COUNTS) return Float64Array.from({ length: largest + 1 }, (_, y) => y);
  const panels = panelOf(largest) + 1;
  const nodes = new Float64Array(EXACT_COUNTS + panels * (POINTS - 1) + 1);
  for (let y = 0; y < EXACT_COUNTS; y++) nodes[y] = y;
  for (let k = 0; k < panels; k++) nodes.set(panelCounts(k), EXACT_COUNTS + k * (POINTS - 1));
  return nodes;
}

/** Nodes that a count of {@link EXACT_COUNTS} or more belongs to: the first of them, and how much of it each takes. */
export interface CountShares {
  readonly first: number;
  readonly shares: Float64Array;
}

/** Shares of large counts among the nodes of {@link countNodes}, which are remembered. */
export class CountInterpolation {
  private readonly known = new Map<number, CountShares>();
  private readonly panels: ({ readonly points: Float64Array; readonly weights: Float64Array } | undefined)[] = [];

  sharesOf(count: number): CountShares {
    const known = this.known.get(count);
    if (known) return known;
    const k = panelOf(count);
    let panel = this.panels[k];
    if (!panel) {
      const points = panelCounts(k).map(Math.log);
      panel = { points, weights: barycentricWeights(points) };
      this.panels[k] = panel;
    }
    const shares = new Float64Array(POINTS);
    lagrangeBasis(panel.points, panel.weights, Math.log(count), shares, 0);
    const found = { first: EXACT_COUNTS + k * (POINTS - 1), shares };
    if (this.known.size < MOST_REMEMBERED) this.known.set(count, found);
    return found;
  }
}

const MOST_REMEMBERED = 1 << 14;

function panelOf(count: number): number {
  let k = 0;
  while (count > EXACT_COUNTS * FACTOR ** (k + 1)) k++;
  return k;
}

function panelCounts(k: number): Float64Array {
  const low = EXACT_COUNTS * FACTOR ** k;
  return chebyshevPoints(Math.log(low), Math.log(low * FACTOR), POINTS).map((t) => Math.round(Math.exp(t)));
}
