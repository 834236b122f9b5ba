/**
 * Predictions from generalised models, on the scale of the response or of the link. With eta = x'beta + z'b + offset and v the
 * variance of its error (`glmm/estimate-errors.ts`; a group that the fit did not have adds z'G z):
 *
 *     link        eta            standard error sqrt(v)
 *     response    mean(eta)      sqrt(v) |dmean/deta|, limits are the means of those of the link
 *     categories  P(category)    by the delta method over eta and the thresholds, limits by way of the logit
 *
 * Without random effects eta = x'beta + offset: the mean of a group whose effects are zero, not of all groups. A prediction
 * interval has the quantiles of the response's distribution with eta ~ N(eta, v), to which z'G z is added where no group is
 * known; the dispersion counts as known. Confidence limits without random effects have the degrees of freedom of the fit's tests,
 * where it has any (between-within); all others, and those of categories, are normal.
 */
import { FitError } from '../errors.ts';
import { modelResponse } from '../fit/model-response.ts';
import { type LocatedModel, type MomentFit, modelLocator } from '../fit/readable-fit.ts';
import { EstimateErrors } from '../glmm/estimate-errors.ts';
import { fitRowLayout } from '../glmm/fit-row.ts';
import { inverseLink } from '../glmm/responses/inverse-link.ts';
import { predictiveQuantile } from '../glmm/responses/predictive.ts';
import type { ResponseDistribution } from '../glmm/responses/response-distribution.ts';
import { termFactors } from '../lmm/covariance-factor.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { normalQuantile } from '../numeric/distributions/normal.ts';
import type { FamilyTable } from '../types/fit-table.ts';
import type { Table } from '../types/table.ts';
import { addRandomEffects, factorLevels, type LinearPredictor, linearPredictor } from './linear-predictor.ts';
import { type NewRows, newRows, runRecipes } from './new-rows.ts';
import { populationQuantiles } from './population-df.ts';
import type { ModelPredictor, Prediction } from './prediction.ts';

/** Checked options of `predict`. */
export interface FamilyPredictOptions {
  readonly type: 'response' | 'link';
  readonly conditional: boolean;
  readonly allowNewLevels: boolean;
  readonly standardErrors: boolean;
  readonly interval: 'confidence' | 'prediction' | undefined;
  readonly level: number;
}

/** What is known of each row of one model, after its linear predictor. */
interface RowErrors {
  /** Derivatives of the linear predictor of row i by the parameters. */
  gradient(i: number): Float64Array;
  variance(gradient: Float64Array): number;
  /** Of the random effects about their modes, and of new groups. */
  effects(i: number): number;
  /** z'G z of row i over all terms. */
  groups(i: number): number;
}

/** Throws as `predict`. */
export function familyPredictor(result: MomentFit, table: Table, options: FamilyPredictOptions): ModelPredictor {
  const { type, conditional, allowNewLevels, standardErrors, interval, level } = options;
  const { family } = result.table;
  if (!family) throw new RangeError('the models have no family');
  if (interval === 'prediction') refusePrediction(family, type);
  const rows = newRows(runRecipes(result), table, {
    random: conditional || interval === 'prediction',
    groups: conditional,
    allowNewLevels: allowNewLevels || !conditional,
  });
  const { locate, batchOf } = modelLocator(result);
  const z = normalQuantile(1 - (1 - level) / 2);
  const quantilesOf = populationQuantiles(result, level);
  const link = inverseLink(family.link);
  const ordinal = family.thresholds !== null && type === 'response';
  const withDf = !conditional && interval === 'confidence' && !ordinal && result.table.ddf !== 'asymptotic';
  let kept: { readonly design: DesignMoments; readonly errors: EstimateErrors } | null = null;
  const errorsAt = ({ batch, k, theta }: LocatedModel): EstimateErrors => {
    const { design, responses } = batch;
    if (!design.family || !responses.family) throw new RangeError('the responses have no statistics of a family');
    if (kept?.design !== design)
      kept = { design, errors: new EstimateErrors(design.family, family.nodes, result.table.method === 'REML') };
    kept.errors.place(responses.family, k * design.family.width, theta, conditional);
    return kept.errors;
  };

  function predict(model: number): Prediction | null {
    const recipe = result.recipeOf(model);
    const own = recipe && rows.get(recipe);
    const found = locate(model);
    const distribution = found && modelResponse(found.batch.design, found.theta);
    if (!own || !found || !distribution) return null;
    const { design } = found.batch;
    const linear = linearPredictor(result, model, own, design);
    const levels = conditional ? factorLevels(own, design, allowNewLevels) : null;
    if (levels) addRandomEffects(result, model, own, design, levels, linear.fitted);
    const eta = linear.fitted;
    const errors = standardErrors ? rowErrors(own, found, levels, linear, errorsAt(found)) : null;
    if (ordinal) return categoryPrediction(eta, found, distribution, errors, interval === undefined ? null : z);
    const fitted = type === 'link' ? eta : eta.map((value) => distribution.mean(value));
    if (!errors) return { fitted, standardError: null, lower: null, upper: null };
    const variance = eta.map((value, i) =>
      Number.isNaN(value) ? Number.NaN : errors.variance(errors.gradient(i)) + errors.effects(i),
    );
    const slope = (value: number) => (type === 'link' ? 1 : Math.abs(distribution.slope(value)));
    const standardError = variance.map((value, i) => slope(eta[i]) * Math.sqrt(value));
    if (interval === undefined) return { fitted, standardError, lower: null, upper: null };
    const tests = withDf ? quantilesOf(model, linear) : null;
    const limit = (sign: number): Float64Array =>
      eta.map((value, i) => {
        if (Number.isNaN(value)) return Number.NaN;
        if (interval === 'confidence') {
          const moved = value + sign * (tests?.quantile[i] ?? z) * Math.sqrt(variance[i]);
          return type === 'link' ? moved : distribution.mean(moved);
        }
        const spread = Math.sqrt(variance[i] + (conditional ? 0 : errors.groups(i)));
        const probability = sign < 0 ? (1 - level) / 2 : (1 + level) / 2;
        return predictiveQuantile(distribution, link, probability, value, spread);
      });
    return { fitted, standardError, lower: limit(-1), upper: limit(1), df: tests?.df };
  }

  return {
    column: type === 'link' ? '.linear' : '.fitted',
    categoriesOf: (model) => (ordinal ? (batchOf(model)?.design.family?.categories ?? []) : []),
    standardErrors,
    interval: interval !== undefined,
    withDf,
    predict,
  };
}

/** @throws OptionError where new observations have no interval, or none on that scale */
function refusePrediction({ family }: FamilyTable, type: 'response' | 'link'): void {
  const refuse = (message: string, remedy: string) =>
    new FitError('OptionError', message, { option: 'interval', remedy });
  if (type === 'link') {
    throw refuse('new observations are on the scale of the response', 'Leave “type: link” out.');
  }
  if (family === 'cumulative') {
    throw refuse('a new observation is one of the categories', 'Leave “interval” out: their probabilities are given.');
  }
  if (family === 'binomial') {
    throw refuse(
      'how a new share of successes varies depends on its number of trials',
      'Take “interval: confidence” for the probability, or simulate new responses from the fit.',
    );
  }
}

function rowErrors(
  { random, fixed }: NewRows,
  { batch: { design }, theta }: LocatedModel,
  levels: Int32Array | null,
  { x, p }: LinearPredictor,
  errors: EstimateErrors,
): RowErrors {
  const { terms, factors } = design;
  const width = factors.length;
  const layout = fitRowLayout(design);
  const L = termFactors(terms, theta.subarray(layout.p, layout.p + layout.m));
  const z = terms.map(({ q }) => new Float64Array(q));
  const codes = new Int32Array(terms.length);
  const take = (i: number): void => {
    terms.forEach(({ q, factor }, t) => {
      codes[t] = levels ? levels[i * width + factor] : -1;
      for (let a = 0; a < q; a++) z[t][a] = random?.[t]?.z[a * fixed.rows + i] ?? 0;
    });
  };
  /** z'G z = |L'z|^2. */
  const own = (t: number): number => {
    const { q } = terms[t];
    let sum = 0;
    for (let c = 0; c < q; c++) {
      let value = 0;
      for (let a = c; a < q; a++) value += L[t][a * q + c] * z[t][a];
      sum += value * value;
    }
    return sum;
  };
  return {
    gradient(i) {
      take(i);
      return errors.gradient(x, i * p, codes, z);
    },
    variance: (gradient) => errors.variance(gradient),
    effects(i) {
      take(i);
      const known = errors.effectVariance(x, i * p, codes, z);
      return levels ? codes.reduce((sum, code, t) => (code === -1 ? sum + own(t) : sum), known) : known;
    },
    groups(i) {
      take(i);
      return terms.reduce((sum, _, t) => sum + own(t), 0);
    },
  };
}

/** Probabilities of categories, rows x categories; limits by `z` standard errors of the logit. */
function categoryPrediction(
  eta: Float64Array,
  { batch: { design }, theta }: LocatedModel,
  distribution: ResponseDistribution,
  errors: RowErrors | null,
  z: number | null,
): Prediction {
  const categories = design.family?.categories ?? [];
  const { length } = categories;
  const { p, m, d } = fitRowLayout(design);
  const numbers = () => new Float64Array(eta.length * length).fill(Number.NaN);
  const fitted = numbers();
  const standardError = errors && numbers();
  const [lower, upper] = z === null ? [null, null] : [numbers(), numbers()];
  eta.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const at = i * length;
    const probabilities = distribution.probabilities?.(value) ?? new Float64Array(length);
    fitted.set(probabilities, at);
    if (!errors || !standardError) return;
    const densities = distribution.densities?.(value) ?? new Float64Array(d);
    const ofEta = errors.gradient(i);
    const effects = errors.effects(i);
    for (let c = 0; c < length; c++) {
      const [below, above] = [c > 0 ? densities[c - 1] : 0, c < d ? densities[c] : 0];
      const gradient = ofEta.map((slope) => (below - above) * slope);
      for (const [threshold, weight] of [
        [c, above],
        [c - 1, -below],
      ]) {
        if (weight === 0) continue;
        // Threshold j is the first extra and the exponentials of the next ones.
        for (let e = 0; e <= threshold; e++) gradient[p + m + e] += weight * (e === 0 ? 1 : Math.exp(theta[p + m + e]));
      }
      const error = Math.sqrt(errors.variance(gradient) + (below - above) ** 2 * effects);
      standardError[at + c] = error;
      if (z === null || !lower || !upper) continue;
      const share = probabilities[c];
      const logit = Math.log(share / (1 - share));
      const half = (z * error) / (share * (1 - share));
      lower[at + c] = 1 / (1 + Math.exp(half - logit));
      upper[at + c] = 1 / (1 + Math.exp(-half - logit));
    }
  });
  return { categories, fitted, standardError, lower, upper };
}
