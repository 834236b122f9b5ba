/**
 * Parametric bootstrap of generalised models: responses are drawn from a fit with new random effects (`glmm/family-simulator.ts`),
 * and each draw is fitted from the parameters that it was drawn with. Tests compare the observed t with the draws'
 * t* = (estimate* - estimate) / se*, both tails together; limits are percentiles of the draws.
 */
import { familyCovariance } from '../../glmm/family-covariance.ts';
import { FamilySearch } from '../../glmm/family-search.ts';
import { FamilySimulator } from '../../glmm/family-simulator.ts';
import { fitRowLayout, naturalExtras } from '../../glmm/fit-row.ts';
import { openCriterion } from '../../glmm/open-objective.ts';
import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import { type DesignMoments, streamOf } from '../../moments/moments.ts';
import { quadraticForm } from '../../numeric/dense.ts';
import { drawQuantile } from '../../numeric/distributions/bootstrap-quantile.ts';
import { lowerTriangle } from '../../numeric/triangle.ts';
import { Random } from '../../simulate/random.ts';
import { triangleSize } from '../../types/parameters.ts';
import { hasNullModel, type Judge, STREAM_FITTED, STREAM_NULL, writeVarianceTest } from '../bootstrap/bootstrap.ts';
import type { BootstrapOptions, Fits } from '../engine.ts';
import type { IntervalOptions, IntervalReason } from '../intervals/interval-options.ts';
import { type IntervalFinder, writeInterval } from '../intervals/intervals.ts';

const LOST: IntervalReason = 'too many draws could not be fitted, or too few lie beyond the limit';
/** Share of the draws that may fail to be fitted; in tests those count as draws beyond the observed. */
const LOST_SHARE = 0.05;

/** A fit's parameters. */
interface Drawn {
  readonly beta: Float64Array;
  readonly theta: Float64Array;
  readonly extras: Float64Array;
}

/** Draws from models on one design, and fits them. */
class FamilyDraws {
  private readonly simulator: FamilySimulator;
  private readonly search: FamilySearch;
  private readonly evidence: FamilyEvidence;
  private readonly seed: number;

  constructor(evidence: FamilyEvidence, nodes: number, seed: number) {
    this.simulator = new FamilySimulator(evidence);
    this.evidence = this.simulator.evidence;
    this.search = new FamilySearch(this.evidence, (rows, kernel) => openCriterion(rows, kernel, nodes));
    this.seed = seed;
  }

  /** Draw b of a stream; `values` holds it. */
  draw({ beta, theta, extras }: Drawn, stream: number, b: number, use: number): Float64Array {
    const { simulator } = this;
    simulator.draw(new Random(this.seed, stream, b, use), beta, theta, extras);
    return simulator.values;
  }

  /** The fit of a response with these numbers from some parameters on; null where it has none. */
  fit(values: Float64Array, { beta, theta, extras }: Drawn): { readonly fitted: Drawn; readonly value: number } | null {
    const { search } = this;
    const { objective } = search;
    const { p, m } = objective;
    let optimum = search.refine(values, 0, objective.parametersOf(beta, lifted(theta), extras), NO_MODES);
    if (!optimum.converged) optimum = search.fit(values, 0);
    if (!optimum.converged || optimum.separated.length > 0) return null;
    const { parameters, value } = optimum;
    const fitted = {
      beta: parameters.slice(0, p),
      theta: objective.theta(parameters),
      extras: parameters.slice(p + m),
    };
    return { fitted, value };
  }

  /** Covariance of the coefficients of the fit found last. */
  covariance({ beta, theta, extras }: Drawn): Float64Array {
    const { objective } = this.search;
    return familyCovariance(objective, this.evidence.family, objective.parametersOf(beta, theta, extras)).beta;
  }
}

/** A search of factors that begins at zero stays there: their slopes vanish. */
function lifted(theta: Float64Array): Float64Array {
  return theta.every((value) => value === 0) ? theta.map(() => LIFT) : theta;
}

const LIFT = 0.1;
/** Modes of draws are not known. */
const NO_MODES = new Float64Array(0);

function parametersOf(design: DesignMoments, fits: Fits, at: number): Drawn {
  const { p, m, extraErrors } = fitRowLayout(design);
  const row = fits.theta.subarray(at * fits.thetas, (at + 1) * fits.thetas);
  return { beta: row.slice(0, p), theta: row.slice(p, p + m), extras: row.slice(p + m, extraErrors) };
}

function weighted(rows: Float64Array, c: number, beta: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < beta.length; i++) sum += rows[c * beta.length + i] * beta[i];
  return sum;
}

/** p-values and half widths of coefficients and contrasts, and the likelihood ratio against no random effects. */
export function familyBootstrap(
  design: DesignMoments,
  rows: Float64Array,
  nodes: number,
  { draws: count, seed, level }: BootstrapOptions,
): Judge {
  const { family: evidence, p } = design;
  if (!evidence) throw new RangeError('the design has no family');
  const draws = new FamilyDraws(evidence, nodes, seed);
  const columns = p === 0 ? 0 : rows.length / p;
  let without: { readonly search: FamilySearch; readonly drawn: FamilyDraws } | null = null;
  const sizes = Array.from({ length: columns }, () => new Float64Array(count));

  return {
    *judgeEstimates({ responses }, k, fits, at) {
      const fit = parametersOf(design, fits, at);
      const stream = streamOf(responses, k);
      let lost = 0;
      for (let b = 0; b < count; b++) {
        yield;
        const found = draws.fit(draws.draw(fit, stream, b, STREAM_FITTED), fit);
        const V = found && draws.covariance(found.fitted);
        if (!found) lost++;
        for (let c = 0; c < columns; c++) {
          const variance = V ? quadraticForm(V, 0, rows, c * p, p) : Number.NaN;
          const difference = found ? weighted(rows, c, found.fitted.beta) - weighted(rows, c, fit.beta) : 0;
          // What could not be fitted counts against the hypothesis that is tested.
          sizes[c][b] = variance > 0 ? Math.abs(difference) / Math.sqrt(variance) : Number.POSITIVE_INFINITY;
        }
      }
      if (lost > LOST_SHARE * count) return;
      for (let c = 0; c < columns; c++) {
        const to = at * fits.columns + c;
        const t = Math.abs(fits.estimate[to] / fits.standardError[to]);
        if (!Number.isFinite(t)) continue;
        const sorted = sizes[c].slice().sort();
        const beyond = sorted.reduce((sum, size) => sum + (size >= t ? 1 : 0), 0);
        fits.bootstrapLog10P[to] = Math.log10((1 + beyond) / (1 + count));
        fits.bootstrapBound[to] = beyond === 0 ? 1 : 0;
        if (level !== undefined) {
          const width = drawQuantile(sorted, level);
          fits.bootstrapWidth[to] = Number.isFinite(width) ? width : Number.NaN;
        }
      }
    },
    *judgeVariance({ responses }, k, fits, at) {
      if (!hasNullModel(design) || !responses.family) return;
      const bare = { ...evidence, effects: [] };
      without ??= {
        search: new FamilySearch(bare, (own, kernel) => openCriterion(own, kernel)),
        drawn: new FamilyDraws(bare, 1, seed),
      };
      const { search, drawn } = without;
      const optimum = search.fit(responses.family, k * evidence.width);
      if (!optimum.converged || optimum.separated.length > 0) return;
      const nothing = new Float64Array(0);
      const { parameters } = optimum;
      const point: Drawn = { beta: parameters.slice(0, p), theta: nothing, extras: parameters.slice(p) };
      const whole: Drawn = { ...point, theta: new Float64Array(fitRowLayout(design).m) };
      const stream = streamOf(responses, k);
      const ratios = new Float64Array(count);
      for (let b = 0; b < count; b++) {
        yield;
        const values = drawn.draw(point, stream, b, STREAM_NULL);
        const smaller = drawn.fit(values, point);
        const larger = draws.fit(values, whole);
        ratios[b] = smaller && larger ? Math.max(0, smaller.value - larger.value) : Number.POSITIVE_INFINITY;
      }
      const missing = ratios.reduce((sum, ratio) => sum + (ratio === Number.POSITIVE_INFINITY ? 1 : 0), 0);
      if (missing > LOST_SHARE * count) return;
      writeVarianceTest(ratios.sort(), optimum.value - fits.criterion[at], fits, at);
    },
  };
}

/** Percentile intervals of coefficients, contrasts, standard deviations, correlations, and the dispersion or thresholds. */
export function familyIntervalDraws(
  design: DesignMoments,
  rows: Float64Array,
  nodes: number,
  { level, draws: count, seed, asked }: IntervalOptions,
): IntervalFinder {
  const { family: evidence, p, terms } = design;
  if (!evidence) throw new RangeError('the design has no family');
  const draws = new FamilyDraws(evidence, nodes, seed);
  const { m, d } = fitRowLayout(design);
  const columns = p === 0 ? 0 : rows.length / p;
  const wanted = [...asked.keys()].filter((i) => asked[i] === 1);

  /** Quantities of a fit in the order of limits: columns, then as a row of `theta` has its parameters. */
  function quantities({ beta, theta, extras }: Drawn): Float64Array {
    const out = new Float64Array(columns + p + m + d).fill(Number.NaN);
    for (let c = 0; c < columns; c++) out[c] = weighted(rows, c, beta);
    let place = 0;
    for (const { q } of terms) {
      const L = lowerTriangle(theta, place, q);
      const product = (a: number, b: number): number => {
        let sum = 0;
        for (let c = 0; c < q; c++) sum += L[a * q + c] * L[b * q + c];
        return sum;
      };
      for (let b = 0, i = columns + p + place; b < q; b++) {
        for (let a = b; a < q; a++, i++) {
          const sd = Math.sqrt(product(a, a));
          out[i] = a === b ? sd : product(a, b) / (sd * Math.sqrt(product(b, b)));
        }
      }
      place += triangleSize(q);
    }
    out.set(naturalExtras(evidence?.family ?? 'poisson', extras), columns + p + m);
    return out;
  }

  return ({ responses }, k, fits, at) => {
    const fit = parametersOf(design, fits, at);
    const stream = streamOf(responses, k);
    const drawn = wanted.map(() => new Float64Array(count).fill(Number.NaN));
    for (let b = 0; b < count; b++) {
      const found = draws.fit(draws.draw(fit, stream, b, STREAM_FITTED), fit);
      if (!found) continue;
      const values = quantities(found.fitted);
      wanted.forEach((i, place) => {
        drawn[place][b] = values[i];
      });
    }
    wanted.forEach((i, place) => {
      const values = drawn[place].filter((value) => !Number.isNaN(value)).sort();
      const enough = values.length >= (1 - LOST_SHARE) * count;
      const limits = [0.5 - level / 2, 0.5 + level / 2].map((alpha) =>
        enough ? drawQuantile(values, alpha) : Number.NaN,
      );
      writeInterval(fits, at, i, limits[0], limits[1], LOST);
    });
  };
}
