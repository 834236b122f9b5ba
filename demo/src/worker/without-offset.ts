/** What offsets take from values, so that these are on the scale of marginal means, which are at an offset of 0. */

export interface WithoutOffset {
  /** The value, or fitted value, of row i of the design. */
  of(value: number, i: number): number;
  /** What the axis says of it; empty where there is no offset. */
  readonly unit: string;
  /** Whether values and means have one scale. */
  readonly isShared: boolean;
}

/**
 * Counts with the offset log(exposure) become rates; under the identity the offset is taken off. Other links do not part with
 * it: values stay as they are, and means are on another scale.
 *
 * @param offset by row of the design; absent without one
 */
export function withoutOffset(offset: Float64Array | undefined, link: string): WithoutOffset {
  if (!offset?.some((own) => own !== 0)) return { of: (value) => value, unit: '', isShared: true };
  if (link === 'log') {
    return { of: (value, i) => value * Math.exp(-offset[i]), unit: 'per unit of exposure', isShared: true };
  }
  if (link === 'identity') return { of: (value, i) => value - offset[i], unit: 'less the offset', isShared: true };
  return { of: (value) => value, unit: '', isShared: false };
}
