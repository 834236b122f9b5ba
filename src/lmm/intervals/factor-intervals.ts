import type { DesignMoments, ResponseMoments } from '../../moments/moments.ts';
import { studentQuantile } from '../../numeric/distributions/student-quantile.ts';

import { fittedFactors } from '../bootstrap/factor-bootstrap.ts';
import { constrainDesign } from '../constrained-design.ts';
import { type CovarianceEngine, covarianceEngine, type DrawFitter, TINY_ROWS } from '../covariance-engine.ts';
import { solveUpper } from '../covariance-factor.ts';
import { FullDeviance } from '../full-deviance.ts';
import { covarianceOf, type HeldParameter } from './held-parameter.ts';
import type { IntervalOptions, IntervalReason } from './interval-options.ts';
import { type IntervalFinder, writeInterval } from './intervals.ts';
import { type Crossing, findCrossing } from './profile-crossing.ts';
import { PROFILE_CERTIFICATE, ProfileNewton, type ProfileOutcome, type ProfilePoint } from './profile-newton.ts';

const LOST: IntervalReason = 'the profile could not be followed to its limit';
const UNDEFINED: IntervalReason = 'a standard deviation is estimated as zero: the correlation is not defined';

/** Relative standard deviation below which a random effect counts as absent, and with it its correlations. */
const ABSENT = 1e-6;
/** The deviance, minimised from the nearest known point or thoroughly from several, above its minimum; NaN where that fails. */
type Excess = (x: number, thorough: boolean) => number;
/** Deviances this near are of one minimum. */
const SAME_MINIMUM = 1e-5;
/** Variances, of the residual one, from which a search begins anew where the neighbour's point leads nowhere. */
const COLD_STARTS = [1, 0.01, 100];

/**
 * Profile-likelihood intervals of any model from its moments. A covariance parameter is held in the factor
 * (`held-parameter.ts`), a coefficient by taking its direction out of X (`constrained-design.ts`); each point of a
 * profile is a search by Newton's method that starts from its neighbour. Fits must be those of maximum likelihood.
 */
export function factorIntervals(
  design: DesignMoments,
  { objective, rows, columns }: DrawFitter,
  { level, asked }: IntervalOptions,
): IntervalFinder {
  const { p, terms } = design;
  const { slots, squares, d } = objective;
  const z = studentQuantile(0.5 + level / 2, Number.POSITIVE_INFINITY);
  const unit = Math.exp(-design.logDetW / (2 * design.n));
  const deviance = new FullDeviance(objective);
  // Effects in units in which their columns of Z have mean square one: T with its columns of length one.
  const lengths = terms.map(({ q, transform }) =>
    Float64Array.from({ length: q }, (_, c) => {
      let sum = 0;
      for (let a = 0; a <= c; a++) sum += transform[a * q + c] ** 2;
      return Math.sqrt(sum);
    }),
  );
  const bases = new Float64Array(squares);
  terms.forEach(({ q, transform }, t) => {
    for (let a = 0; a < q; a++) {
      for (let c = 0; c < q; c++) bases[slots[t].square + a * q + c] = transform[a * q + c] / lengths[t][c];
    }
  });
  const newton = new ProfileNewton(deviance, bases, unit);
  const constrained = new Map<number, { fitter: DrawFitter; respond: ReturnType<typeof constrainDesign>['respond'] }>();
  const levelsOf = terms.map(({ factor }) => design.factors[factor].levels.length);
  const zero = new Float64Array(squares);

  /** The design without the direction of a column of estimates; set up when first asked for. */
  function withoutColumn(c: number) {
    let entry = constrained.get(c);
    if (!entry) {
      const { design: reduced, respond } = constrainDesign(design, rows.subarray(c * p, (c + 1) * p));
      const engine: CovarianceEngine = covarianceEngine(reduced, {
        method: 'ML',
        ddf: 'asymptotic',
        contrasts: new Float64Array(0),
      });
      if (!engine.draws) return null;
      entry = { fitter: engine.draws, respond };
      constrained.set(c, entry);
    }
    return entry;
  }

  /** D - D^ of a column of estimates held at a value. */
  function coefficientExcess(
    c: number,
    responses: ResponseMoments,
    k: number,
    scale: number,
    start: Float64Array,
    lowest: number,
  ): Excess {
    const entry = withoutColumn(c);
    if (!entry) return () => Number.NaN;
    const near = start.slice();
    return (x, thorough) => {
      entry.fitter.objective.load(entry.respond(responses, k, x), 0, design.q, scale);
      const end = thorough ? entry.fitter.search(near) : entry.fitter.descend(near);
      if (end.failed || !end.minimum || !(end.decrement <= PROFILE_CERTIFICATE)) return Number.NaN;
      near.set(end.lambda);
      return end.value - lowest;
    };
  }

  /** D - D^ of a covariance parameter held at a value, each search from the nearest point known. */
  function covarianceExcess(held: HeldParameter, from: number, best: ProfilePoint, lowest: number): Excess {
    const known: { x: number; point: ProfilePoint }[] = [{ x: from, point: best }];
    return (x, thorough) => {
      let near = known[0];
      for (const entry of known) if (Math.abs(entry.x - x) < Math.abs(near.x - x)) near = entry;
      let outcome: ProfileOutcome = newton.minimise(held, x, startAt(held, near.x, x, near.point));
      if (thorough) {
        const { s } = best;
        for (const size of COLD_STARTS) {
          const again = newton.minimise(held, x, { covariance: diagonal(size * unit * unit * Math.exp(s)), s });
          const better = again.value < outcome.value || !(outcome.certified || outcome.vanishing);
          if ((again.certified || again.vanishing) && better) outcome = again;
        }
      }
      if (!outcome.certified && !(thorough && outcome.vanishing)) return Number.NaN;
      known.push({ x, point: outcome });
      return outcome.value - lowest;
    };
  }

  /**
   * The bound that searches from neighbours find. Where one of them fails, and in designs so small that there may be a
   * second minimum, searches from elsewhere have the last word.
   */
  function boundOf(excess: Excess, crossing: Crossing): number {
    const bound = findCrossing((x) => excess(x, false), crossing);
    if (!Number.isNaN(bound)) {
      if (design.n > TINY_ROWS || bound === crossing.end) return bound;
      if (Math.abs(excess(bound, true) - crossing.z ** 2) < SAME_MINIMUM) return bound;
    }
    return findCrossing((x) => excess(x, true), crossing);
  }

  function diagonal(variance: number): Float64Array {
    const out = new Float64Array(squares);
    for (const { q, square } of slots) for (let a = 0; a < q; a++) out[square + a * q + a] = variance;
    return out;
  }

  /** The point of a neighbour moved to another value of the held standard deviation; correlations stay. */
  function startAt(held: HeldParameter, from: number, to: number, { covariance, s }: ProfilePoint): ProfilePoint {
    if (held.kind !== 'sd' || !(from > 0)) return { covariance, s };
    const { q, square } = slots[held.term];
    const moved = covariance.slice();
    for (let b = 0; b < q; b++) {
      moved[square + held.effect * q + b] *= to / from;
      moved[square + b * q + held.effect] *= to / from;
    }
    return { covariance: moved, s };
  }

  return ({ responses }, k, fits, at) => {
    const scale = 2 ** -Math.round(Math.log2(responses.rss[k] / d) / 2);
    objective.load(responses, k, design.q, scale);
    const start = fittedFactors(design, fits, at);
    const profiled = objective.evaluate(start);
    const { S } = objective;
    const s = Math.log(S / d);
    const lowest = profiled - d * Math.log(S) + d * s + d; // in the form of FullDeviance
    const sigma = Math.sqrt(S / d);
    // Absolute covariances in the units of `bases`.
    const absolute = new Float64Array(squares);
    terms.forEach(({ q }, t) => {
      const { square } = slots[t];
      const raw = solveUpper(bases.subarray(square, square + q * q), start.subarray(square, square + q * q), q);
      for (let i = 0; i < q * q; i++) absolute[square + i] = raw[i] * sigma;
    });
    const covariance = zero.slice();
    covarianceOf(slots, absolute, covariance);
    const best: ProfilePoint = { covariance, s };

    let at0 = columns;
    terms.forEach(({ q }, t) => {
      const { square } = slots[t];
      const sd = (a: number) => Math.sqrt(Math.max(0, covariance[square + a * q + a]));
      const step = Math.min(1, z / Math.sqrt(2 * levelsOf[t]));
      for (let b = 0; b < q; b++) {
        for (let a = b; a < q; a++, at0++) {
          if (asked[at0] === 0) continue;
          if (a === b) {
            const from = sd(a);
            const excess = covarianceExcess({ kind: 'sd', term: t, effect: a }, from, best, lowest);
            const width = from > 0 ? from * step : 0.3 * unit * sigma;
            const low = from > 0 ? boundOf(excess, { from, guess: from - width, end: 0, z }) : 0;
            const high = boundOf(excess, { from, guess: from + width, end: Number.POSITIVE_INFINITY, z });
            const units = lengths[t][a] * scale;
            writeInterval(fits, at, at0, low / units, high / units, LOST);
            continue;
          }
          if (!(Math.min(sd(a), sd(b)) > ABSENT * unit * sigma)) {
            writeInterval(fits, at, at0, Number.NaN, Number.NaN, UNDEFINED);
            continue;
          }
          const from = Math.max(-1, Math.min(1, covariance[square + a * q + b] / (sd(a) * sd(b))));
          const held: HeldParameter = { kind: 'correlation', term: t, effect: b, other: a };
          const excess = covarianceExcess(held, from, best, lowest);
          const width = step * (1 - from * from) + 0.05;
          const bound = (end: number) =>
            from === end ? end : boundOf(excess, { from, guess: from + Math.sign(end) * width, end, z });
          writeInterval(fits, at, at0, bound(-1), bound(1), LOST);
        }
      }
    });
    if (asked[at0] === 1) {
      const from = Math.log(sigma);
      const along = covarianceExcess({ kind: 'sigma' }, sigma, best, lowest);
      const excess: Excess = (x, thorough) => along(Math.exp(x), thorough);
      const width = z / Math.sqrt(2 * Math.max(1, objective.withinRows));
      const bound = (sign: number) =>
        Math.exp(boundOf(excess, { from, guess: from + sign * width, end: sign * Number.POSITIVE_INFINITY, z }));
      writeInterval(fits, at, at0, bound(-1) / scale, bound(1) / scale, LOST);
    }
    for (let c = 0; c < columns; c++) {
      if (asked[c] === 0) continue;
      const from = fits.estimate[at * columns + c];
      const half = z * fits.standardError[at * columns + c];
      const excess = coefficientExcess(c, responses, k, scale, start, profiled);
      const bound = (sign: number) =>
        boundOf(excess, { from, guess: from + sign * half, end: sign * Number.POSITIVE_INFINITY, z });
      writeInterval(fits, at, c, bound(-1), bound(1), LOST);
    }
  };
}
