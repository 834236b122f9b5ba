/** The F distribution as moderation needs it: both tails on the natural logarithmic scale, density and quantiles. */
import { logBetaDensity, logIncompleteBeta } from './incomplete-beta.ts';
import { logGammaDensity, logIncompleteGamma } from './incomplete-gamma.ts';

/** log P(F <= f) and log P(F >= f); df2 may be Infinity. */
export function logTailsF(f: number, df1: number, df2: number): { lower: number; upper: number } {
  if (df2 === Infinity) return logIncompleteGamma(0.5 * df1 * f, 0.5 * df1);
  const ratio = (df1 / df2) * f;
  return logIncompleteBeta(ratio / (1 + ratio), 1 / (1 + ratio), 0.5 * df1, 0.5 * df2);
}

/** log of f times the density at f: the density of log F. */
export function logDensityOfLogF(f: number, df1: number, df2: number): number {
  if (df2 === Infinity) return logGammaDensity(0.5 * df1 * f, 0.5 * df1);
  const ratio = (df1 / df2) * f;
  return logBetaDensity(ratio / (1 + ratio), 1 / (1 + ratio), 0.5 * df1, 0.5 * df2);
}

const MOST_STEPS = 200;
/** Range of log F that is searched. */
const WIDEST = 700;

/**
 * The f whose tail has this natural logarithm: Newton's method for log f, kept inside a bracket. 0 or Infinity for a tail
 * of log -Infinity or 0.
 */
export function quantileF(logTail: number, tail: 'lower' | 'upper', df1: number, df2: number): number {
  const sign = tail === 'lower' ? 1 : -1;
  if (logTail === -Infinity || logTail >= 0) return logTail >= 0 === (tail === 'lower') ? Infinity : 0;
  let low = -WIDEST;
  let high = WIDEST;
  let z = 0;
  for (let step = 0; step < MOST_STEPS; step++) {
    const f = Math.exp(z);
    const value = logTailsF(f, df1, df2)[tail];
    const error = value - logTail;
    if (error * sign > 0) high = z;
    else low = z;
    const slope = sign * Math.exp(logDensityOfLogF(f, df1, df2) - value);
    let next = z - error / slope;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    const done = Math.abs(next - z) <= 1e-15 * Math.max(1, Math.abs(z));
    z = next;
    if (done) break;
  }
  return Math.exp(z);
}
