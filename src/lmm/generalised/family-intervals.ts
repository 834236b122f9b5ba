import type { DesignBasisOptions } from '../../glmm/design-basis.ts';
import { FamilyNewton, type FamilyNewtonEnd } from '../../glmm/family-newton.ts';
import { fitRowLayout, naturalExtras } from '../../glmm/fit-row.ts';
import { openFamily } from '../../glmm/open-family.ts';
import { openObjective } from '../../glmm/open-objective.ts';
import type { OrthogonalObjective } from '../../glmm/orthogonal-objective.ts';
import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import type { DesignMoments } from '../../moments/moments.ts';
import { studentQuantile } from '../../numeric/distributions/student-quantile.ts';
import { lowerTriangle, writeTriangle } from '../../numeric/triangle.ts';
import { DISPERSION_OF } from '../../types/family.ts';
import { triangleSize } from '../../types/parameters.ts';
import type { IntervalOptions, IntervalReason } from '../intervals/interval-options.ts';
import { type IntervalFinder, writeInterval } from '../intervals/intervals.ts';
import { findCrossing } from '../intervals/profile-crossing.ts';

const LOST: IntervalReason = 'the profile could not be followed to its limit';
const UNPROFILED: IntervalReason = 'correlations and thresholds of generalised models have no profile';
/** Pivots of a covariance below this share of its diagonal are zero. */
const ZERO_PIVOT = 1e-12;

/** A model written so that what is held is one of its parameters; searches go by the criterion's own coordinates. */
interface HeldModel {
  readonly objective: OrthogonalObjective;
  readonly newton: FamilyNewton;
  /** Which, and what it is where the quantity is x. */
  readonly held: number;
  readonly parameterOf: (x: number) => number;
  /** The own parameters of this model where the fit's are beta, theta and extras. */
  readonly place: (beta: Float64Array, theta: Float64Array, extras: Float64Array) => Float64Array;
}

/** Where a quantity is at the optimum, a guess of its distance to its limits, and its least value. */
interface Quantity {
  readonly from: number;
  readonly low: number;
  readonly high: number;
  readonly least: number;
}

/**
 * Profile-likelihood intervals of a generalised model: the criterion, minimised over everything else, along a coefficient, a
 * contrast, the standard deviation of a random effect or the dispersion. Each is made one parameter of the search: a contrast w'beta
 * takes the place of the coefficient that it weighs most (columns x_i - (w_i / w_k) x_k and x_k / w_k), an effect of several comes
 * first in its term, whose factor then begins with its standard deviation.
 */
export function familyIntervals(
  design: DesignMoments,
  rows: Float64Array,
  nodes: number,
  { level, asked }: IntervalOptions,
): IntervalFinder {
  const { family: evidence, p, terms, factors } = design;
  if (!evidence) throw new RangeError('the design has no family');
  const { family, width } = evidence;
  const { m, extraErrors } = fitRowLayout(design);
  const columns = p === 0 ? 0 : rows.length / p;
  const z = studentQuantile(0.5 + level / 2, Number.POSITIVE_INFINITY);
  const models = new Map<string, HeldModel>();

  /** A model that is made once, out of evidence for which `held` and `place` hold. */
  function known(key: string, make: () => HeldModel): HeldModel {
    const found = models.get(key) ?? make();
    models.set(key, found);
    return found;
  }

  /** @param options such that what is held is a multiple of an own parameter */
  function modelOn(
    of: FamilyEvidence,
    options: DesignBasisOptions = {},
  ): Pick<HeldModel, 'objective' | 'newton' | 'place'> {
    const objective = openObjective(of, openFamily(of), nodes, options);
    const place: HeldModel['place'] = (...fit) => objective.ownParameters(objective.parametersOf(...fit));
    return { objective, newton: new FamilyNewton(objective.own), place };
  }

  function coefficientModel(c: number): HeldModel {
    return known(`column ${c}`, () => {
      const weights = rows.subarray(c * p, (c + 1) * p);
      const pivot = weights.reduce((most, w, i) => (Math.abs(w) > Math.abs(weights[most]) ? i : most), 0);
      const x = evidence?.x.slice() ?? new Float64Array(0);
      for (let at = 0; at < x.length; at += p) {
        const own = x[at + pivot] / weights[pivot];
        for (let i = 0; i < p; i++) x[at + i] -= i === pivot ? 0 : weights[i] * own;
        x[at + pivot] = own;
      }
      const made = modelOn({ ...(evidence as FamilyEvidence), x }, { last: pivot });
      const { forward } = made.objective.basis;
      const scale = forward[pivot * Math.sqrt(forward.length) + pivot];
      return {
        ...made,
        held: pivot,
        parameterOf: (value) => scale * value,
        place(beta, theta, extras) {
          const turned = beta.slice();
          turned[pivot] = weights.reduce((sum, w, i) => sum + w * beta[i], 0);
          return made.place(turned, theta, extras);
        },
      };
    });
  }

  function deviationModel(t: number, effect: number, from: number): HeldModel {
    return known(`term ${t} ${effect}`, () => {
      const { q } = terms[t];
      const order = [effect, ...Array.from({ length: q }, (_, i) => i).filter((i) => i !== effect)];
      const effects = (evidence as FamilyEvidence).effects.map((own, k) =>
        k === t ? { ...own, z: own.z.map((_, e) => own.z[e - (e % q) + order[e % q]]) } : own,
      );
      const made = modelOn({ ...(evidence as FamilyEvidence), effects }, { lower: true });
      const isVariance = made.objective.least[p] === 0;
      const scale = made.objective.basis.turns[t]?.forward[0] ?? 1;
      return {
        ...made,
        held: p + from,
        parameterOf: (sd) => (isVariance ? sd * sd : scale * sd),
        place(beta, theta, extras) {
          const turned = theta.slice();
          writeTriangle(reorderedFactor(lowerTriangle(theta, from, q), q, order), q, turned, from);
          return made.place(beta, turned, extras);
        },
      };
    });
  }

  function dispersionModel(): HeldModel {
    return known('dispersion', () => {
      const made = modelOn(evidence as FamilyEvidence);
      const squared = made.objective.least[p + m] === 0;
      return {
        ...made,
        held: p + m,
        parameterOf: (x) => (squared ? x * x : x),
      };
    });
  }

  return ({ responses }, k, fits, at) => {
    const values = responses.family ?? new Float64Array(0);
    const row = fits.theta.subarray(at * fits.thetas, (at + 1) * fits.thetas);
    const beta = row.slice(0, p);
    const theta = row.slice(p, p + m);
    const extras = row.slice(p + m, extraErrors);
    const lowest = fits.criterion[at];

    /** Both limits of a quantity. */
    function limits(model: HeldModel, { from, low, high, least }: Quantity): [number, number] {
      const { objective, newton, held, parameterOf } = model;
      objective.load(values, k * width);
      const points: { readonly x: number; readonly end: Pick<FamilyNewtonEnd, 'parameters'> }[] = [
        { x: from, end: { parameters: model.place(beta, theta, extras) } },
      ];
      const excess = (x: number): number => {
        const near = points.reduce((best, point) => (Math.abs(point.x - x) < Math.abs(best.x - x) ? point : best));
        const start = near.end.parameters.slice();
        start[held] = parameterOf(x);
        const end = newton.minimise(start, { held });
        if (!end.converged) return Number.NaN;
        points.push({ x, end });
        return end.value - lowest;
      };
      const bound = (guess: number, end: number) => findCrossing(excess, { from, guess, end, z });
      return [from <= least ? least : bound(low, least), bound(high, Number.POSITIVE_INFINITY)];
    }

    for (let c = 0; c < columns; c++) {
      if (asked[c] === 0) continue;
      const from = fits.estimate[at * columns + c];
      const error = fits.standardError[at * columns + c];
      const half = z * (error > 0 ? error : 1);
      const quantity = { from, low: from - half, high: from + half, least: Number.NEGATIVE_INFINITY };
      writeInterval(fits, at, c, ...limits(coefficientModel(c), quantity), LOST);
    }
    let place = 0;
    terms.forEach(({ q, factor }, t) => {
      const L = lowerTriangle(theta, place, q);
      const step = Math.min(0.9, z / Math.sqrt(2 * factors[factor].levels.length));
      for (let b = 0, i = columns + p + place; b < q; b++) {
        for (let a = b; a < q; a++, i++) {
          if (asked[i] === 0) continue;
          if (a > b) {
            writeInterval(fits, at, i, Number.NaN, Number.NaN, UNPROFILED);
            continue;
          }
          const from = Math.hypot(...L.subarray(a * q, a * q + a + 1));
          const wide = from > 0 ? from * step : 0.3;
          const quantity = { from, low: from - wide, high: from + wide, least: 0 };
          writeInterval(fits, at, i, ...limits(deviationModel(t, a, place), quantity), LOST);
        }
      }
      place += triangleSize(q);
    });
    for (let e = 0; e < extras.length; e++) {
      const i = columns + p + m + e;
      if (asked[i] === 0) continue;
      if (!(family in DISPERSION_OF)) {
        writeInterval(fits, at, i, Number.NaN, Number.NaN, UNPROFILED);
        continue;
      }
      const model = dispersionModel();
      const bounded = model.objective.least[p + m] === 0;
      const error = row[extraErrors + e];
      const half = error > 0 ? z * error : 1;
      const from = bounded ? Math.sqrt(extras[e]) : extras[e];
      const spread = Math.exp(half / 2);
      const quantity = bounded
        ? { from, low: from / spread, high: from > 0 ? from * spread : 0.3, least: 0 }
        : { from, low: from - half, high: from + half, least: Number.NEGATIVE_INFINITY };
      const natural = limits(model, quantity).map((x) => naturalExtras(family, [model.parameterOf(x)])[0]);
      const [low, high] = natural[0] > natural[1] ? [natural[1], natural[0]] : natural;
      writeInterval(fits, at, i, low, high, LOST);
    }
  };
}

/** The factor of L L' with its effects in another order; columns without a pivot are zero. */
function reorderedFactor(L: Float64Array, q: number, order: readonly number[]): Float64Array {
  const covariance = (a: number, b: number): number => {
    let sum = 0;
    for (let c = 0; c < q; c++) sum += L[a * q + c] * L[b * q + c];
    return sum;
  };
  const out = new Float64Array(q * q);
  for (let c = 0; c < q; c++) {
    let pivot = covariance(order[c], order[c]);
    const whole = pivot;
    for (let j = 0; j < c; j++) pivot -= out[c * q + j] ** 2;
    if (!(pivot > ZERO_PIVOT * whole)) continue;
    out[c * q + c] = Math.sqrt(pivot);
    for (let r = c + 1; r < q; r++) {
      let sum = covariance(order[r], order[c]);
      for (let j = 0; j < c; j++) sum -= out[r * q + j] * out[c * q + j];
      out[r * q + c] = sum / out[c * q + c];
    }
  }
  return out;
}
