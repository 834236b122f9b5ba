/**
 * Conditional modes of a random intercept of Poisson counts with log link. The means of a level's rows all carry the factor e^b:
 * with R = sum r and V = sum mu at one value of b, those at b + t are
 *
 *     R - V expm1(t)      V e^t      and a row's l + r t - mu (expm1(t) - t)
 *
 * so that one evaluation of the family per level and search point is enough, and the mode is the root of one equation in t,
 *
 *     gamma (S - V e^t) = b + t      S = R + V      or      t = log((S - (b + t) / gamma) / V)
 *
 * by Halley's method on the first form, and by Newton's on the second where the first would step far.
 */
import { exp } from '../numeric/exponential.ts';
import type { Extras, RowOrder } from './family-kernel.ts';
import { LevelModes } from './level-modes.ts';
import type { LevelStrata } from './level-strata.ts';

/** Steps of a linear predictor that the first form of the equation is trusted with. */
const LONG = 0.5;
/** After a step as long as this what is left, its third power, is rounding. */
const LAST = 3e-5;
const MAXIMAL_STEPS = 60;
/** Shifts from the evaluation of the family up to which nothing cancels. */
const CLOSE = 0.5;
const MAXIMAL_EVALUATIONS = 8;

export class PoissonModes extends LevelModes {
  /** Whether these are the modes of such strata. */
  static suits({ z }: LevelStrata): boolean {
    return z.length > 0 && z.every((value) => value === 1);
  }

  override find(
    fixed: Float64Array,
    gamma: number,
    extras: Extras,
    order: RowOrder,
    near: boolean,
    valueOnly: boolean,
  ): boolean {
    if (gamma === 0) this.b.fill(0);
    for (let k = 0; k < MAXIMAL_EVALUATIONS; k++) {
      this.evaluate(fixed, extras, 1);
      const farthest = this.solve(gamma);
      if (Number.isNaN(farthest)) break;
      if (farthest <= CLOSE) return true;
    }
    return super.find(fixed, gamma, extras, order, near, valueOnly);
  }

  /** The modes from the sums at `b`, into `b`, with the sums there, and how far they were into `shift`; the largest of that, NaN where there is none. */
  private solve(gamma: number): number {
    const { strata, sums, b, shift } = this;
    const { levels, levelStart } = strata;
    const { l, r, w } = sums;
    let farthest = 0;
    for (let g = 0; g < levels; g++) {
      let R = 0;
      let V = 0;
      let height = 0;
      for (let s = levelStart[g]; s < levelStart[g + 1]; s++) {
        height += l[s];
        R += r[s];
        V += w[s];
      }
      if (!Number.isFinite(height + R + V)) return Number.NaN;
      const t = gamma === 0 ? 0 : rootOf(gamma, R, V, b[g]);
      if (Number.isNaN(t)) return Number.NaN;
      shift[g] = t;
      if (t === 0) continue;
      b[g] += t;
      const size = Math.abs(t);
      if (size > farthest) farthest = size;
      const growth = expm1(t);
      for (let s = levelStart[g]; s < levelStart[g + 1]; s++) {
        const mu = w[s];
        l[s] += r[s] * t - mu * (growth - t);
        r[s] -= mu * growth;
        w[s] = mu + mu * growth;
      }
    }
    return farthest;
  }
}

/** t with gamma (R + V - V e^t) = b + t; NaN where it is not found. */
function rootOf(gamma: number, R: number, V: number, b: number): number {
  const S = R + V;
  let t = 0;
  let E = V;
  for (let k = 0; k < MAXIMAL_STEPS; k++) {
    const D = 1 + gamma * E;
    let change = (gamma * (k === 0 ? R : S - E) - (b + t)) / D;
    const rest = gamma * S - (b + t);
    if (Math.abs(change) > LONG && rest > 0 && E > 0) {
      change = Math.log(rest / (gamma * E)) / (1 + 1 / rest);
    } else {
      const bend = (change * gamma * E) / (2 * D);
      if (Math.abs(bend) < 0.25) change /= 1 + bend;
    }
    t += change;
    if (Math.abs(change) <= LAST) return t;
    E = V * exp(t);
  }
  return Number.NaN;
}

/** e^t - 1; a short series where t is small. */
function expm1(t: number): number {
  if (Math.abs(t) > 0.02) return Math.expm1(t);
  return t * (1 + (t / 2) * (1 + (t / 3) * (1 + (t / 4) * (1 + (t / 5) * (1 + (t / 6) * (1 + t / 7))))));
}
