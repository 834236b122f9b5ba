/**
 * The numbers of a response under a family, as `family-evidence.ts` lists them, from its values on the rows of a design. What of the
 * log likelihood depends on no parameter is its constant:
 *
 *     binomial    sum w log C(m, k); of proportions, whose trials are the weights, sum log C(w, w y)
 *     poisson     sum w (y log(S exp(o - O) / y) + y log y - y - log y!),  O the offset of the pseudo-row, S its sum of w y
 *     nbinom1     -sum w log y!
 *     else        0
 *
 * That of poisson is sum w (y (o - O) - log y!) + sum S log S - S in terms that are no larger than counts differ.
 */
import { logBinomial, stirlingCorrection } from '../numeric/log-factorial.ts';
import type { Design } from '../types/design.ts';
import { type CountInterpolation, EXACT_COUNTS } from './count-nodes.ts';
import type { FamilyEvidence } from './family-evidence.ts';
import type { FamilyRows } from './family-rows.ts';

/** Rows of a design with what a family reads of them besides pseudo-rows. */
export interface FamilySource {
  readonly design: Design;
  readonly weights: Float64Array | undefined;
  readonly trials: Float64Array | null;
}

/** Adds a value's weight to the tail of nbinom2 that begins at `at`. */
export type TailSum = (value: number, weight: number, out: Float64Array, at: number) => void;

/** Adds up the numbers of a response with values `y` on the rows of a design in `out` from `at` on, where zeros are. */
export function addFamilyResponse(
  { design, weights, trials }: FamilySource,
  evidence: FamilyEvidence,
  rows: FamilyRows,
  y: Float64Array,
  addTail: TailSum,
  out: Float64Array,
  at: number,
): void {
  const { n } = design;
  const { first, pointers, share, shift } = rows;
  const constant = at + evidence.statistics * evidence.rows;
  switch (evidence.family) {
    case 'poisson': {
      for (let i = 0; i < n; i++) if (y[i] !== 0) out[at + first[i]] += y[i] * share[i];
      const logs = out.subarray(at, constant).map(Math.log);
      for (let i = 0; i < n; i++) {
        const value = y[i];
        if (value === 0) continue;
        const w = weights === undefined ? 1 : weights[i];
        const own = w * (logs[first[i]] - Math.log(value)) + (shift === null ? 0 : shift[i]);
        out[constant] += value * own - w * stirlingCorrection(value);
      }
      return;
    }
    case 'nbinom2':
      for (let i = 0; i < n; i++) {
        const value = y[i];
        addTail(value, weights === undefined ? 1 : weights[i], out, constant + 1);
        if (value === 0) continue;
        for (let e = pointers[i], to = at + first[i]; e < pointers[i + 1]; e++) out[to++] += value * share[e];
      }
      return;
    case 'binomial':
      for (let i = 0; i < n; i++) {
        const value = y[i];
        const w = weights === undefined ? 1 : weights[i];
        if (trials) {
          const k = Math.round(value);
          out[at + first[i]] += w * k;
          out[constant] += w * logBinomial(trials[design.rows[i]], k);
        } else {
          // Proportions are rounded; weights of 0 and 1 may be any.
          const k = value === 0 || value === 1 ? w * value : Math.round(w * value);
          out[at + first[i]] += k;
          out[constant] += logBinomial(w, k);
        }
      }
      return;
    case 'Gamma':
      for (let i = 0; i < n; i++) {
        const w = weights === undefined ? 1 : weights[i];
        const log = Math.log(y[i]);
        out[at + first[i]] += y[i] * share[i];
        out[constant + 1] += w * (log - (design.offset?.[i] ?? 0));
        out[constant + 2] += w * log;
      }
      return;
    case 'beta':
      for (let i = 0; i < n; i++) {
        const w = weights === undefined ? 1 : weights[i];
        out[at + first[i]] += w * Math.log(y[i]);
        out[at + evidence.rows + first[i]] += w * Math.log1p(-y[i]);
      }
      return;
    default:
      // Categories 0 .. J - 1 of those that the response has.
      for (let i = 0; i < n; i++) {
        out[at + y[i] * evidence.rows + first[i]] += weights === undefined ? 1 : weights[i];
      }
  }
}

/** Tails over some counts, each its own. */
export function exactTail(counts: Float64Array): TailSum {
  const place = new Map(Array.from(counts, (count, v) => [count, v]));
  return (value, weight, out, at) => {
    out[at + (place.get(value) ?? Number.NaN)] += weight;
  };
}

/** Tails over nodes. */
export function interpolatedTail(interpolation: CountInterpolation): TailSum {
  return (value, weight, out, at) => {
    if (value < EXACT_COUNTS) {
      out[at + value] += weight;
      return;
    }
    const { first, shares } = interpolation.sharesOf(value);
    for (let j = 0; j < shares.length; j++) out[at + first + j] += weight * shares[j];
  };
}
