/** Scales on which estimates of covariance parameters are nearly normal, and profiles of their likelihood nearly straight. */

/** Log, Fisher's z over (least, 1), or the value itself. */
export interface NormalScale {
  readonly kind: 'log' | 'fisher' | 'identity';
  readonly least: number;
}

/** log v; log((v - least) / (1 - v)) / 2; v. */
export function toNormal({ kind, least }: NormalScale, value: number): number {
  if (kind === 'identity') return value;
  return kind === 'log' ? Math.log(value) : Math.log((value - least) / (1 - value)) / 2;
}

export function fromNormal({ kind, least }: NormalScale, normal: number): number {
  if (kind === 'identity') return normal;
  if (kind === 'log') return Math.exp(normal);
  const odds = Math.exp(2 * normal);
  return odds === Number.POSITIVE_INFINITY ? 1 : (odds + least) / (1 + odds);
}

/** Derivative of {@link toNormal}. */
export function normalSlope({ kind, least }: NormalScale, value: number): number {
  if (kind === 'identity') return 1;
  return kind === 'log' ? 1 / value : (1 - least) / (2 * (value - least) * (1 - value));
}
