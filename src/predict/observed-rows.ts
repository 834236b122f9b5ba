/**
 * Predictions of rows from the observed ones of the same table that they go together with, by the residuals of a subject or
 * a random effect. With o the observed rows of a component, m = X b + offset and V the covariance over the table:
 *
 *     E(y | y_o) = m + c'V_oo^-1 (y_o - m_o),        c = cov(y_o, y)
 *     variance of its error from b   (x - X_o'V_oo^-1 c)'C(x - X_o'V_oo^-1 c)
 *     variance of y about it         V_yy - c'V_oo^-1 c
 *
 * An observed row is predicted by itself.
 */
import { FitError } from '../errors.ts';
import type { RowCovariance } from '../fit/row-covariance.ts';
import { evaluateResponse } from '../formula/expression.ts';
import { parseFormula } from '../formula/parse.ts';
import { lowerRoot } from '../lmm/structured/block-residuals.ts';
import { backwardSolve, forwardSolve } from '../numeric/cholesky.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { Table } from '../types/table.ts';
import type { LinearPredictor } from './linear-predictor.ts';

/** A response over the rows of a table, NaN where it is missing. Throws FormulaError or DataError where the table has none. */
export function observedResponse(recipe: ModelRecipe, response: string, table: Table): Float64Array {
  const { responses } = parseFormula(recipe.formula);
  const named = responses.find(({ name }) => name === response);
  if (named) return evaluateResponse(named.expression, table, recipe.formula);
  const column = table.columns.get(response);
  if (column?.kind === 'numeric') return column.values;
  throw new FitError('DataError', `the table has no numbers '${response}', from whose observed rows to predict`, {
    option: 'useObserved',
    remedy: 'Give a column of that name, with missing values where it is to be predicted; or leave “useObserved” out.',
    path: table.path,
  });
}

/** @throws DataError for a subject that has two rows at one visit or time. */
export function refuseRepeats(covariance: RowCovariance, components: readonly number[][], table: Table): void {
  const { subjects, positions, names } = covariance;
  for (const rows of components) {
    for (let k = 1; k < rows.length; k++) {
      const [before, row] = [rows[k - 1], rows[k]];
      if (subjects[row] < 0 || subjects[row] !== subjects[before] || positions[row] !== positions[before]) continue;
      const who = `'${names[subjects[row]]}' has rows ${Math.min(before, row) + 1} and ${Math.max(before, row) + 1}`;
      throw new FitError('DataError', `${who} at one visit`, {
        option: 'residual',
        remedy: 'The residuals of a subject have one row a visit: leave one of them out.',
        path: table.path,
      });
    }
  }
}

/** What the observed rows say of the others; arrays over the rows of the table, NaN in rows of components without one. */
export interface ObservedPrediction {
  readonly fitted: Float64Array;
  /** Of the error from the coefficients, and of an observation about the prediction. */
  readonly meanVariance: Float64Array;
  readonly ownVariance: Float64Array;
}

/** `coefficients` is the covariance of the raw coefficients. */
export function predictFromObserved(
  covariance: RowCovariance,
  components: readonly number[][],
  y: Float64Array,
  { x, p, fitted: mean }: LinearPredictor,
  coefficients: Float64Array,
): ObservedPrediction {
  const numbers = () => new Float64Array(mean.length).fill(Number.NaN);
  const out = { fitted: numbers(), meanVariance: numbers(), ownVariance: numbers() };
  for (const component of components) {
    const rows = component.filter((i) => !Number.isNaN(mean[i]));
    const places = [...rows.keys()].filter((a) => !Number.isNaN(y[rows[a]]));
    const m = places.length;
    if (m === 0) continue;
    const { V } = covariance.over(rows);
    const k = rows.length;
    const observed = new Float64Array(m * m);
    places.forEach((a, i) => {
      places.forEach((b, j) => {
        observed[i * m + j] = V[a * k + b];
      });
    });
    const root = lowerRoot(observed, m);
    if (!root) continue;
    const residual = Float64Array.from(places, (a) => y[rows[a]] - mean[rows[a]]);
    rows.forEach((row, a) => {
      if (!Number.isNaN(y[row])) {
        out.fitted[row] = y[row];
        out.meanVariance[row] = 0;
        out.ownVariance[row] = 0;
        return;
      }
      const weights = Float64Array.from(places, (b) => V[a * k + b]);
      const own = weights.slice();
      forwardSolve(root, m, weights);
      backwardSolve(root, m, weights);
      let value = mean[row];
      let variance = V[a * k + a];
      const rest = x.slice(row * p, (row + 1) * p);
      places.forEach((b, i) => {
        value += weights[i] * residual[i];
        variance -= weights[i] * own[i];
        for (let c = 0; c < p; c++) rest[c] -= weights[i] * x[rows[b] * p + c];
      });
      let error = 0;
      for (let c = 0; c < p; c++) for (let e = 0; e < p; e++) error += rest[c] * coefficients[c * p + e] * rest[e];
      out.fitted[row] = value;
      out.meanVariance[row] = error;
      out.ownVariance[row] = Math.max(0, variance);
    });
  }
  return out;
}
