import { FitError } from '../errors.ts';
import { type LocatedModel, type MomentFit, modelLocator } from '../fit/readable-fit.ts';
import { connectedComponents, effectColumns, RowCovariance } from '../fit/row-covariance.ts';
import { termFactors } from '../lmm/covariance-factor.ts';
import { borderColumns, type JointCovariance, jointCovariance, LARGEST_BORDER } from '../lmm/joint-covariance.ts';
import { effectVariance } from '../lmm/structured/effect-prediction.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { normalQuantile } from '../numeric/distributions/normal.ts';
import { chosen, chosenIfGiven, numberIfGiven, OPTIONS } from '../options/entries.ts';
import { hasFit, identityColumns, modelRange, modelRuns } from '../result/model-rows.ts';
import { type OutputTable, OutputTableBuilder } from '../result/output-table.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { Table } from '../types/table.ts';
import { familyPredictor } from './family-predictor.ts';
import {
  addRandomEffects,
  effectsOf,
  factorLevels,
  type LinearPredictor,
  linearPredictor,
} from './linear-predictor.ts';
import { type NewRows, newRows, runRecipes } from './new-rows.ts';
import { type ObservedPrediction, observedResponse, predictFromObserved, refuseRepeats } from './observed-rows.ts';
import { equalQuantiles, populationQuantiles } from './population-df.ts';
import type { ModelPredictor } from './prediction.ts';
import { splitRows } from './split-rows.ts';

/** Options of {@link predict}. */
export interface PredictOptions {
  /**
   * Scale of predictions from generalised models: of the mean (default, column `.fitted`), or of the link (`.linear`). Gaussian
   * models have one scale.
   */
  readonly type?: 'response' | 'link' | undefined;
  /** With the random effects of each row's groups (default), or without: the mean of the population. */
  readonly randomEffects?: 'all' | 'none' | undefined;
  /** Rows of groups that the fit did not have get the population's value for them; refused without this. */
  readonly allowNewLevels?: boolean | undefined;
  /** Standard errors of the predictions; formed for intervals in any case. */
  readonly standardErrors?: boolean | undefined;
  /** Limits for the mean (`confidence`) or for a new observation (`prediction`). */
  readonly interval?: 'confidence' | 'prediction' | undefined;
  /** Level of the limits (0.95). */
  readonly level?: number | undefined;
  /**
   * Rows of the table in which the response is present predict those in which it is missing, through the covariance of the
   * residuals of a subject (and the random effects that rows share): E(y | y observed). Of fits with structured residuals or
   * random effects.
   */
  readonly useObserved?: boolean | undefined;
}

/**
 * Predictions for a new table, as a table `[split] response [gene] row .fitted [.se.fit] [.lower .upper] [.df]`; rows count from
 * 1, models without a fit have none. Where the data were split by a column that the table has, each model predicts the rows of
 * its split.
 *
 *     with random effects   x'b + z'u    variance  (x, z)' C (x, z), C the joint covariance of the errors of b and u
 *     without               x'b          variance  x'V x
 *
 * offsets added. A prediction interval adds sigma^2 / w, and without random effects z'G z too: its observation belongs to
 * some group. A row of a new group has u = 0 and the variance z'G z for it. Limits of population means (no random effects, no
 * observed rows) are t limits with the degrees of freedom that a test of x'b has by the method of the fit, in the column `.df`, as
 * those of marginal means. All other limits use the normal distribution, and the variance parameters count as known, as in lme4. With structured residuals or a dispersion model sigma is that of the row's
 * own visit, group and columns; with `useObserved` rows of a component that has observed ones are predicted as
 * `observed-rows.ts` says, random effects too from these, and observed rows by themselves. Generalised models are predicted as
 * `family-predictor.ts` says.
 *
 * Throws OptionError for a fit without a recipe and options that make no sense, DataError for unknown levels.
 */
export function predict(result: MomentFit, table: Table, options: PredictOptions = {}): OutputTable {
  const [run] = predictionRuns(result, table, options, { from: 0, to: result.table.models });
  return run;
}

/** {@link predict} in runs of some ten thousand rows, by model; all runs have the same columns and there is at least one. */
export function* predictionRuns(
  result: MomentFit,
  table: Table,
  options: PredictOptions = {},
  whole?: { readonly from: number; readonly to: number },
): Generator<OutputTable> {
  const predictor = modelPredictor(result, table, options);
  const rowsOf = splitRows(result, table);
  const runs = whole ? [modelRange(result.table, whole)] : modelRuns(result.table, table.rows);
  for (const { from, to } of runs) {
    const fitted: number[] = [];
    for (let model = from; model < to; model++) if (hasFit(result.table, model)) fitted.push(model);
    const widths = fitted.map((model) => Math.max(1, predictor.categoriesOf(model).length));
    const sizes = fitted.map((model, k) => rowsOf(model).length * widths[k]);
    const count = sizes.reduce((sum, size) => sum + size, 0);
    const builder = new OutputTableBuilder(count);
    const identify = identityColumns(builder, result.table);
    const row = builder.integer('row');
    const category =
      predictor.column === '.fitted' && result.table.family?.thresholds ? builder.string('.category') : null;
    const columns = {
      fitted: builder.number(predictor.column),
      standardError: predictor.standardErrors ? builder.number('.se.fit') : null,
      lower: predictor.interval ? builder.number('.lower') : null,
      upper: predictor.interval ? builder.number('.upper') : null,
      df: predictor.withDf ? builder.number('.df') : null,
    };
    let at = 0;
    fitted.forEach((model, k) => {
      const prediction = predictor.predict(model);
      const categories = prediction?.categories ?? [];
      const width = widths[k];
      for (const own of rowsOf(model)) {
        for (let c = 0; c < width; c++) {
          for (const name of ['fitted', 'standardError', 'lower', 'upper', 'df'] as const) {
            const values = prediction?.[name];
            const column = columns[name];
            if (values && column) column[at] = values[own * width + c];
          }
          identify(at, model);
          row[at] = own + 1;
          if (category) category[at] = categories[c] ?? null;
          at++;
        }
      }
    });
    yield builder.finish(count);
  }
}

/** Evaluates the table once for all models. Throws as {@link predict}. */
export function modelPredictor(result: MomentFit, table: Table, options: PredictOptions = {}): ModelPredictor {
  const { allowNewLevels = false } = options;
  const randomEffects = chosen('randomEffects', options.randomEffects);
  const interval = chosenIfGiven('interval', options.interval);
  const level = numberIfGiven('level', options.level) ?? OPTIONS.level.fallback;
  const conditional = randomEffects === 'all';
  const standardErrors = options.standardErrors === true || interval !== undefined;
  const observed = options.useObserved === true;
  if (observed) checkObserved(result, conditional);
  if (result.table.family) {
    const type = chosen('type', options.type);
    return familyPredictor(result, table, { type, conditional, allowNewLevels, standardErrors, interval, level });
  }
  const needed = conditional || interval === 'prediction';
  const structured = result.table.structured !== undefined;
  const rows = newRows(runRecipes(result), table, {
    random: needed,
    // A new observation without random effects is one of a group that nobody has seen.
    groups: observed || (conditional && result.table.terms.length > 0),
    allowNewLevels: allowNewLevels || !conditional,
    residual: structured && (observed || interval === 'prediction'),
  });
  /** Of the normal, as the df of what varies with the groups are not known; least squares has its own. */
  const usualQuantiles = ({ n, p, terms, blocks }: DesignMoments) =>
    equalQuantiles(table.rows, level, terms.length === 0 && !blocks ? n - p : Number.NaN);
  const quantilesOf = populationQuantiles(result, level);
  const normal = normalQuantile(1 - (1 - level) / 2);
  const ofPopulation = !conditional || result.table.terms.length === 0;
  const { locate, relativeTheta } = modelLocator(result);
  const responses = new Map<string, Float64Array>();
  let kept: { readonly design: DesignMoments; readonly covariance: RowCovariance } | null = null;
  const covarianceAt = (rows: NewRows, design: DesignMoments, theta: Float64Array): RowCovariance => {
    if (kept?.design !== design) kept = { design, covariance: new RowCovariance(rows, design, table) };
    return kept.covariance.move(theta);
  };
  /** What rows of the table with a response say of the others of a model. */
  const fromObserved = (
    model: number,
    recipe: ModelRecipe,
    covariance: RowCovariance,
    design: DesignMoments,
    linear: LinearPredictor,
  ): ObservedPrediction => {
    const name = result.table.responses[model];
    const y = responses.get(name) ?? observedResponse(recipe, name, table);
    responses.set(name, y);
    const components = connectedComponents(covariance, table.rows, design.terms.length);
    refuseRepeats(covariance, components, table);
    const coefficients = result.covarianceOfCoefficients(model)?.values ?? new Float64Array(linear.p ** 2);
    return predictFromObserved(covariance, components, y, linear, coefficients);
  };
  return {
    column: '.fitted',
    categoriesOf: () => [],
    standardErrors,
    interval: interval !== undefined,
    withDf: ofPopulation && interval === 'confidence',
    predict(model) {
      const recipe = result.recipeOf(model);
      const design = recipe && rows.get(recipe);
      const found = locate(model);
      if (!design || !found) return null;
      const { batch, theta, sigma } = found;
      const linear = linearPredictor(result, model, design, batch.design);
      const covariance =
        batch.design.blocks && (observed || interval === 'prediction')
          ? covarianceAt(design, batch.design, theta)
          : null;
      const known = observed && covariance ? fromObserved(model, recipe, covariance, batch.design, linear) : null;
      const levels = conditional ? factorLevels(design, batch.design, allowNewLevels) : null;
      if (levels) addRandomEffects(result, model, design, batch.design, levels, linear.fitted);
      known?.fitted.forEach((value, i) => {
        if (!Number.isNaN(value)) linear.fitted[i] = value;
      });
      if (!standardErrors) return { fitted: linear.fitted, standardError: null, lower: null, upper: null };
      // Without random effects the mean is all that is predicted, and its errors are those of the tests.
      const variance =
        levels && batch.design.terms.length > 0
          ? batch.design.blocks
            ? structuredVariance(design, found, levels, linear)
            : conditionalVariance(design, batch.design, levels, theta, sigma, linear)
          : marginalVariance(result, model, linear);
      known?.meanVariance.forEach((value, i) => {
        if (!Number.isNaN(value)) variance[i] = value;
      });
      const standardError = variance.map(Math.sqrt);
      if (interval === undefined) return { fitted: linear.fitted, standardError, lower: null, upper: null };
      if (interval === 'prediction') {
        const own = variance.slice();
        if (!conditional) addGroupVariance(design, batch.design, relativeTheta(model), sigma, own);
        const residuals = covariance?.residualVariance();
        for (let i = 0; i < variance.length; i++) {
          const rest = known?.ownVariance[i] ?? Number.NaN;
          if (Number.isNaN(rest)) variance[i] = own[i] + (residuals?.[i] ?? sigma ** 2 / (design.weights?.[i] ?? 1));
          else variance[i] += rest;
        }
      }
      const isLinear = batch.design.terms.length === 0 && !batch.design.blocks;
      const { df, quantile } =
        ofPopulation && interval === 'confidence' && !isLinear
          ? quantilesOf(model, linear)
          : usualQuantiles(batch.design);
      known?.meanVariance.forEach((value, i) => {
        if (Number.isNaN(value)) return;
        quantile[i] = normal;
        df[i] = Number.NaN;
      });
      const half = variance.map((value, i) => quantile[i] * Math.sqrt(value));
      return {
        fitted: linear.fitted,
        standardError,
        lower: linear.fitted.map((value, i) => value - half[i]),
        upper: linear.fitted.map((value, i) => value + half[i]),
        df,
      };
    },
  };
}

function conditionalVariance(
  rows: NewRows,
  design: DesignMoments,
  levels: Int32Array,
  theta: Float64Array,
  sigma: number,
  { p, x, fitted }: LinearPredictor,
): Float64Array {
  if (borderColumns(design) > LARGEST_BORDER) {
    throw new FitError(
      'OptionError',
      `standard errors with ${borderColumns(design)} crossed effects are out of reach`,
      {
        option: 'standardErrors',
        remedy: 'Leave the standard errors out, or predict without random effects (“randomEffects: none”).',
      },
    );
  }
  const joint: JointCovariance = jointCovariance(design, theta);
  const effects = design.factors.map(({ q }) => new Float64Array(q));
  const width = design.factors.length;
  return fitted.map((value, i) => {
    if (Number.isNaN(value)) return Number.NaN;
    effectsOf(rows, design, joint.factors, i, effects);
    const row = x.subarray(i * p, (i + 1) * p);
    return sigma ** 2 * joint.quadraticForm(row, levels.subarray(i * width, (i + 1) * width), effects);
  });
}

/** The same of a fit with a covariance by blocks. */
function structuredVariance(
  rows: NewRows,
  { batch, k, reader, theta, sigma }: LocatedModel,
  levels: Int32Array,
  { p, x, fitted }: LinearPredictor,
): Float64Array {
  const { design } = batch;
  const varianceOf = effectVariance(design, theta, reader.covariance(batch, k, theta, sigma, 'asymptotic'));
  const columns = effectColumns(rows, design);
  const width = design.factors.length;
  return fitted.map((value, i) => {
    if (Number.isNaN(value)) return Number.NaN;
    const own = Int32Array.from(design.terms, ({ factor }) => levels[i * width + factor]);
    return varianceOf(
      x.subarray(i * p, (i + 1) * p),
      columns.map(({ q, z }) => z.subarray(i * q, (i + 1) * q)),
      own,
    );
  });
}

function marginalVariance(result: MomentFit, model: number, { p, x, fitted }: LinearPredictor): Float64Array {
  const V = result.covarianceOfCoefficients(model)?.values ?? new Float64Array(p * p).fill(Number.NaN);
  return fitted.map((value, i) => {
    if (Number.isNaN(value)) return Number.NaN;
    let sum = 0;
    for (let a = 0; a < p; a++) for (let b = 0; b < p; b++) sum += x[i * p + a] * V[a * p + b] * x[i * p + b];
    return Math.max(0, sum);
  });
}

/** @throws OptionError where observed rows tell nothing of others, or are not to. */
function checkObserved({ table }: MomentFit, conditional: boolean): void {
  const refuse = (message: string, remedy: string) =>
    new FitError('OptionError', message, { option: 'useObserved', remedy });
  if (!table.structured) {
    throw refuse(
      'observed rows predict others through the covariance of residuals, and those of this fit are independent',
      'Leave “useObserved” out: the random effects of known groups are in the predictions. Or fit with “residual”.',
    );
  }
  if (!conditional && table.terms.length > 0) {
    throw refuse(
      'rows are predicted from observed ones with their random effects',
      'Leave “randomEffects: none” or “useObserved” out.',
    );
  }
}

/** Adds z'G z = sigma^2 |L'z|^2. */
function addGroupVariance(
  rows: NewRows,
  design: DesignMoments,
  theta: Float64Array,
  sigma: number,
  variance: Float64Array,
): void {
  const L = termFactors(design.terms, theta);
  const effects = design.factors.map(({ q }) => new Float64Array(q));
  for (let i = 0; i < variance.length; i++) {
    effectsOf(rows, design, L, i, effects);
    for (const values of effects) for (const value of values) variance[i] += sigma ** 2 * value * value;
  }
}
