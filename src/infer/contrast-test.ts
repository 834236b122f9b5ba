import { FitError } from '../errors.ts';
import type { FitResult } from '../types/fit-result.ts';
import { contrastRows } from './contrast.ts';

/**
 * Estimate and standard error of a contrast of the coefficients of one model; `expression` as in the option `contrasts`
 * of a fit (which also gives degrees of freedom and p-values, for all models at once).
 *
 * Throws FormulaError for a name that is no coefficient of the model, OptionError for a model without a fit.
 */
export function contrast(
  result: FitResult,
  expression: string,
  model = 0,
): { readonly estimate: number; readonly standardError: number } {
  const covariance = result.covarianceOfCoefficients(model);
  if (!covariance) {
    throw new FitError('OptionError', `model ${model} has no fit: ${result.table.messages[model] ?? 'failed'}`, {
      remedy: 'Look at the status of the model first.',
    });
  }
  const { names, values } = covariance;
  const weights = contrastRows(expression, names);
  const { coefficients } = result.table;
  let estimate = 0;
  let variance = 0;
  names.forEach((name, i) => {
    if (weights[i] === 0) return;
    estimate +=
      weights[i] * coefficients.estimate[model * coefficients.names.length + coefficients.names.indexOf(name)];
    for (let j = 0; j < names.length; j++) variance += weights[i] * weights[j] * values[i * names.length + j];
  });
  return { estimate, standardError: Math.sqrt(variance) };
}
