/**
 * Pseudo-rows of nbinom1, each response's own: equal values of equal rows (`family-rows.ts` has those of the other families).
 */
import type { Design } from '../types/design.ts';
import type { LinkName } from '../types/family.ts';
import type { Strata } from './collapse.ts';
import { type FamilyFrame, frameOf, strataOf } from './family-rows.ts';

/** Strata of a design without its offsets, within which zeros are alike, and with them. */
export interface ValueStrata {
  readonly zeros: Strata;
  readonly others: Strata;
}

export function valueStrata(design: Design): ValueStrata {
  const zeros = strataOf(design, false);
  return { zeros, others: design.offset ? strataOf(design, true) : zeros };
}

/**
 * The pseudo-rows of a response and their values. The zeros of a stratum are one, whatever their offsets, because
 * log P(0) = -(mu / phi) log(1 + phi) is linear in the mean: their offset is the logarithm of the mean exposure.
 */
export function valueRows(
  design: Design,
  link: LinkName,
  y: Float64Array,
  { zeros, others }: ValueStrata,
  weights: Float64Array | undefined = design.weights,
): { readonly frame: FamilyFrame; readonly values: Float64Array } {
  const offset = design.offset;
  const places = new Map<number, number>();
  const representatives: number[] = [];
  const mass: number[] = [];
  const exposure: number[] = [];
  for (let i = 0; i < design.n; i++) {
    const key = y[i] === 0 ? -1 - zeros.of[i] : y[i] * others.representative.length + others.of[i];
    let place = places.get(key);
    if (place === undefined) {
      place = places.size;
      places.set(key, place);
      representatives.push(i);
      mass.push(0);
      exposure.push(0);
    }
    const w = weights?.[i] ?? 1;
    mass[place] += w;
    if (offset) exposure[place] += w * Math.exp(offset[i] - offset[representatives[place]]);
  }
  const rows = Int32Array.from(representatives);
  const offsets = Float64Array.from(rows, (i, r) => {
    if (!offset) return 0;
    return y[i] === 0 ? offset[i] + Math.log(exposure[r] / mass[r]) : offset[i];
  });
  return {
    frame: frameOf(design, 'nbinom1', link, rows, offsets, Float64Array.from(mass)),
    values: Float64Array.from(rows, (i) => y[i]),
  };
}
