import { subsetDesign } from '../formula/subset.ts';
import { borderColumns, jointCovariance, LARGEST_BORDER } from '../lmm/joint-covariance.ts';
import { residualScales } from '../lmm/structured/block-residuals.ts';
import type { DenseBatch } from '../moments/accumulate.ts';
import { streamNumber } from '../numeric/counter-normals.ts';
import type { Design } from '../types/design.ts';
import type { FitResult, ScaledResiduals } from '../types/fit-result.ts';
import type { DenseResponses } from '../types/responses.ts';
import { withFamilyChecks } from './family-checks.ts';
import { modelResponse } from './model-response.ts';
import { type LocatedModel, type MomentFit, modelLocator } from './readable-fit.ts';
import { fittedMeans, type ResponseRows, responseResiduals } from './response-rows.ts';
import { connectedComponents, RowCovariance, rowsOfDesign } from './row-covariance.ts';

/**
 * The result with `fittedValues`, for responses held in memory. `source[m]` is the response of model m (the same order
 * without it).
 */
export function withFittedValues(
  result: MomentFit,
  batches: readonly DenseBatch[],
  responses: DenseResponses,
  source?: Int32Array,
): MomentFit {
  const places: DenseBatch[] = [];
  const { locate } = modelLocator(result);
  for (const batch of batches) for (const m of batch.index) places[m] = batch;
  const rows = { batches, responses, source: source ?? null };
  if (result.table.family) return { ...result, ...familyValues(result, places, responses, source), rows };
  return {
    ...result,
    rows,
    fittedValues(model) {
      const batch = places[model];
      if (!batch) return null;
      const design = batch.keep ? subsetDesign(batch.whole, batch.keep) : batch.whole;
      return fittedRows(design, responses, source ? source[model] : model, result, model);
    },
    scaledResiduals(model) {
      const batch = places[model];
      const found = locate(model);
      if (!batch || !found) return null;
      const design = batch.keep ? subsetDesign(batch.whole, batch.keep) : batch.whole;
      const response = source ? source[model] : model;
      const rows = fittedRows(design, responses, response, result, model);
      return rows && scaledRows(design, responses, response, rows.residual, found);
    },
  };
}

/** What generalised models have in place of fitted values and residuals of gaussian ones, and their checks. */
function familyValues(
  result: MomentFit,
  places: readonly DenseBatch[],
  responses: DenseResponses,
  source: Int32Array | undefined,
): Pick<MomentFit, 'table' | 'notes' | 'fittedValues' | 'responseResiduals'> {
  const { locate } = modelLocator(result);
  const rowsOf = (model: number): ResponseRows | null => {
    const batch = places[model];
    const found = locate(model);
    const distribution = found && modelResponse(found.batch.design, found.theta);
    const evidence = found?.batch.design.family;
    if (!batch || !distribution || !evidence) return null;
    const design = batch.keep ? subsetDesign(batch.whole, batch.keep) : batch.whole;
    const response = source ? source[model] : model;
    return { design, responses, response, evidence, distribution, eta: linearPredictors(design, result, model) };
  };
  const { table, notes } = withFamilyChecks(result, rowsOf);
  return {
    table,
    notes,
    fittedValues(model) {
      const rows = rowsOf(model);
      return rows && fittedMeans(rows);
    },
    responseResiduals(model) {
      const rows = rowsOf(model);
      const stream = streamNumber(table.responses[model], table.splits?.[model] ?? '');
      return rows && responseResiduals(rows, stream);
    },
  };
}

/** X b + Z u + offset by row of a design. */
function linearPredictors(design: Design, result: FitResult, model: number): Float64Array {
  const { estimate, names } = result.table.coefficients;
  const effects = result.randomEffects(model);
  const beta = design.fixed.names.map((name) => estimate[model * names.length + names.indexOf(name)]);
  return Float64Array.from({ length: design.n }, (_, i) => {
    let value = design.offset ? design.offset[i] : 0;
    beta.forEach((b, k) => {
      value += b * design.fixed.x[k * design.n + i];
    });
    design.random.forEach((term, t) => {
      const q = term.names.length;
      for (let a = 0; a < q; a++) value += term.z[a * design.n + i] * effects[t].estimate[term.codes[i] * q + a];
    });
    return value;
  });
}

/** X b + Z u + offset and the rest, over the rows of the table; NaN for rows that were not used. */
function fittedRows(
  design: Design,
  responses: DenseResponses,
  response: number,
  result: FitResult,
  model: number,
): { fitted: Float64Array; residual: Float64Array } | null {
  if (Number.isNaN(result.table.sigma[model])) return null;
  const fitted = new Float64Array(responses.rows).fill(Number.NaN);
  const residual = new Float64Array(responses.rows).fill(Number.NaN);
  const eta = linearPredictors(design, result, model);
  for (let i = 0; i < design.n; i++) {
    const row = design.rows[i];
    fitted[row] = eta[i];
    residual[row] = responses.values[response * responses.rows + row] - eta[i];
  }
  return { fitted, residual };
}

/**
 * Residuals scaled by weights and leverage. The hat matrix is that of y -> X b + Z u at fixed theta, its diagonal
 * w (x, L'z)'M^-1 (x, L'z) with M of the mixed-model equations (as lme4's hatvalues); NaN where M is too large to form.
 */
function scaledRows(
  design: Design,
  responses: DenseResponses,
  response: number,
  residual: Float64Array,
  found: LocatedModel,
): ScaledResiduals {
  const { batch, theta, sigma } = found;
  const moments = batch.design;
  if (moments.blocks) return structuredRows(design, responses, response, residual, found);
  const missing = () => new Float64Array(responses.rows).fill(Number.NaN);
  const [pearson, standardised, hat] = [missing(), missing(), missing()];
  const joint = borderColumns(moments) <= LARGEST_BORDER ? jointCovariance(moments, theta) : null;
  const p = design.fixed.names.length;
  const x = new Float64Array(p);
  const levels = new Int32Array(moments.factors.length);
  const effects = moments.factors.map(({ q }) => new Float64Array(q));
  for (let i = 0; i < design.n; i++) {
    const row = design.rows[i];
    const weight = weightOf(design, responses, response, i);
    pearson[row] = Math.sqrt(weight) * residual[row];
    if (!joint) continue;
    for (let k = 0; k < p; k++) x[k] = design.fixed.x[k * design.n + i];
    for (const values of effects) values.fill(0);
    moments.terms.forEach(({ factor, column, q }, t) => {
      const term = design.random[t];
      levels[factor] = term.codes[i];
      for (let c = 0; c < q; c++) {
        for (let a = c; a < q; a++) {
          effects[factor][column + c] += joint.factors[t][a * q + c] * term.z[a * design.n + i];
        }
      }
    });
    hat[row] = weight * joint.quadraticForm(x, levels, effects);
    standardised[row] = pearson[row] / (sigma * Math.sqrt(1 - hat[row]));
  }
  return { pearson, standardised, hat };
}

/** The same of models whose residuals have a structure or standard deviations of their own (`lmm/structured/block-residuals.ts`). */
function structuredRows(
  design: Design,
  responses: DenseResponses,
  response: number,
  residual: Float64Array,
  { batch, k, reader, theta, sigma }: LocatedModel,
): ScaledResiduals {
  const weights = Float64Array.from({ length: design.n }, (_, i) => weightOf(design, responses, response, i));
  const covariance = new RowCovariance(rowsOfDesign(design, weights), batch.design).move(theta);
  const components = connectedComponents(covariance, design.n, design.random.length);
  const scales = residualScales(
    components.map((rows) => ({ rows, ...covariance.over(rows) })),
    {
      x: design.fixed.x,
      p: design.fixed.names.length,
      residual: Float64Array.from(design.rows, (row) => residual[row]),
      covariance: reader.covariance(batch, k, theta, sigma, 'asymptotic'),
    },
  );
  const overTable = (values: Float64Array) => {
    const out = new Float64Array(responses.rows).fill(Number.NaN);
    for (let i = 0; i < design.n; i++) out[design.rows[i]] = values[i];
    return out;
  };
  return {
    pearson: overTable(scales.pearson),
    standardised: overTable(scales.standardised),
    hat: overTable(scales.hat),
    whitened: overTable(scales.whitened),
  };
}

/** Prior weight of row i of a design for a response. */
function weightOf(design: Design, responses: DenseResponses, response: number, i: number): number {
  const own = responses.weights?.[response * responses.rows + design.rows[i]] ?? 1;
  return own * (design.weights?.[i] ?? 1);
}
