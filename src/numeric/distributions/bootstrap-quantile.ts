import { symmetricEigen } from '../symmetric-eigen.ts';
import { normalProbability, normalQuantile } from './normal.ts';

/**
 * Quantile of sorted draws, interpolated on the normal scale between the order statistics round rank (R + 1) alpha
 * (A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application, 1997, equation 5.8). NaN beyond the first
 * and last draw: there are too few of them.
 */
export function drawQuantile(sorted: Float64Array, alpha: number): number {
  const R = sorted.length;
  const rank = (R + 1) * alpha;
  const k = Math.floor(rank);
  if (!(k >= 1 && rank <= R)) return Number.NaN;
  const low = sorted[k - 1];
  if (rank === k) return low;
  const [at, from, to] = [alpha, k / (R + 1), (k + 1) / (R + 1)].map(normalQuantile);
  return low + ((at - from) / (to - from)) * (sorted[k] - low);
}

/** z0 of sorted draws: the normal quantile of the share below the estimate, draws at it counted half. */
export function drawBias(sorted: Float64Array, estimate: number): number {
  let below = 0;
  let equal = 0;
  for (const value of sorted) {
    if (value < estimate) below++;
    else if (value === estimate) equal++;
  }
  return normalQuantile((below + 0.5 * equal) / sorted.length);
}

/**
 * The probability at which a quantile of the draws is the BCa limit for `alpha`, with bias z0 and acceleration a
 * (B. Efron, Better bootstrap confidence intervals, JASA 82, 1987, equation 2.9).
 */
export function bcaProbability(alpha: number, z0: number, a: number): number {
  const z = z0 + normalQuantile(alpha);
  return normalProbability(z0 + z / (1 - a * z));
}

/**
 * Acceleration of a parameter in a parametric model: a sixth of the skewness of the score along the least favourable
 * direction I^-1 gradient (Efron 1987, section 6), from scores of draws at the fitted parameters: information I and
 * skewness are those of the draws. `scores` is draws x m row-major, `gradient` that of the parameter, length m; draws whose
 * scores are no numbers are left out. Directions without information do not count.
 */
export function acceleration(scores: Float64Array, gradient: Float64Array): number {
  const m = gradient.length;
  const R = scores.length / m;
  const mean = new Float64Array(m);
  let counted = 0;
  const usable = (b: number): boolean => {
    for (let i = 0; i < m; i++) if (!Number.isFinite(scores[b * m + i])) return false;
    return true;
  };
  for (let b = 0; b < R; b++) {
    if (!usable(b)) continue;
    counted++;
    for (let i = 0; i < m; i++) mean[i] += scores[b * m + i];
  }
  for (let i = 0; i < m; i++) mean[i] /= counted;
  const size = new Float64Array(m);
  const information = new Float64Array(m * m);
  for (let b = 0; b < R; b++) {
    if (!usable(b)) continue;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < m; j++) {
        information[i * m + j] += ((scores[b * m + i] - mean[i]) * (scores[b * m + j] - mean[j])) / counted;
      }
    }
  }
  // In units of each score's own spread, so that the rank does not depend on theirs.
  for (let i = 0; i < m; i++) size[i] = Math.sqrt(information[i * m + i]) || 1;
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) information[i * m + j] /= size[i] * size[j];
  const { values, vectors } = symmetricEigen(information, m);
  const direction = new Float64Array(m);
  for (let k = 0; k < m; k++) {
    if (!(values[k] > FLAT * values[m - 1])) continue;
    let along = 0;
    for (let i = 0; i < m; i++) along += (vectors[i * m + k] * gradient[i]) / size[i];
    for (let i = 0; i < m; i++) direction[i] += ((along / values[k]) * vectors[i * m + k]) / size[i];
  }
  let square = 0;
  let cube = 0;
  for (let b = 0; b < R; b++) {
    if (!usable(b)) continue;
    let score = 0;
    for (let i = 0; i < m; i++) score += direction[i] * (scores[b * m + i] - mean[i]);
    square += score * score;
    cube += score * score * score;
  }
  square /= counted;
  return square > 0 ? cube / counted / (6 * square ** 1.5) : 0;
}

const FLAT = 1e-10;

/** The u with average over the draws of P(Z + shift <= u) = alpha; draws that are no numbers are left out. */
export function averageNormalQuantile(shifts: Float64Array, alpha: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const shift of shifts) {
    if (!Number.isFinite(shift)) continue;
    low = Math.min(low, shift);
    high = Math.max(high, shift);
  }
  const z = normalQuantile(alpha);
  low += z;
  high += z;
  if (!Number.isFinite(low + high)) return Number.NaN;
  let u = 0.5 * (low + high);
  for (let k = 0; k < 100 && high - low > 1e-12 * (1 + Math.abs(u)); k++) {
    let sum = 0;
    let density = 0;
    let counted = 0;
    for (const shift of shifts) {
      if (!Number.isFinite(shift)) continue;
      counted++;
      sum += normalProbability(u - shift);
      density += Math.exp(-0.5 * (u - shift) ** 2);
    }
    const excess = sum / counted - alpha;
    if (excess < 0) low = u;
    else high = u;
    const next = u - (excess * Math.sqrt(2 * Math.PI)) / (density / counted);
    const inside = next > low && next < high;
    const step = Math.abs((inside ? next : 0.5 * (low + high)) - u);
    u = inside ? next : 0.5 * (low + high);
    if (inside && step < 1e-13 * (1 + Math.abs(u))) break;
  }
  return u;
}

/** The average over the draws of P(Z + shift <= u). */
export function averageNormalProbability(shifts: Float64Array, u: number): number {
  let sum = 0;
  let counted = 0;
  for (const shift of shifts) {
    if (!Number.isFinite(shift)) continue;
    counted++;
    sum += normalProbability(u - shift);
  }
  return sum / counted;
}
