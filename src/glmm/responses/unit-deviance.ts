import { devianceTerm } from '../../numeric/distributions/binet.ts';

/** x log(x / m) + m - x, for x >= 0 and m >= 0: where one of them is zero, its limit. */
export function positiveDevianceTerm(x: number, m: number): number {
  if (x === 0) return m;
  return m === 0 ? Infinity : devianceTerm(x, m);
}
