/** How the residuals of a model lie, where the responses are held in memory. */
import type { FitResult } from '../../types/fit-result.ts';
import { alignColumns, fixed } from './text-columns.ts';

/** Rows beyond which leverages, which scales with weights need, are not formed for a summary. */
const MOST_ROWS = 100_000;

/** Least, quartiles and largest of the scaled residuals (Pearson's of generalised models); nothing where they are not there. */
export function residualLines(result: FitResult, model: number): string[] {
  const values = scaledResiduals(result, model)
    ?.filter((value) => !Number.isNaN(value))
    .sort();
  if (!values || values.length === 0) return [];
  const five = [0, 0.25, 0.5, 0.75, 1].map((p) => fixed(quantile(values, p), 4));
  const heading = ['Min', '1Q', 'Median', '3Q', 'Max'];
  return [
    `${result.table.family ? 'Pearson' : 'Scaled'} residuals:`,
    ...alignColumns(
      [heading, five],
      heading.map(() => true),
    ),
  ];
}

function scaledResiduals(result: FitResult, model: number): Float64Array | undefined {
  const { table, recipe } = result;
  if (table.family) return result.responseResiduals?.(model)?.pearson;
  const sigma = table.sigma[model];
  if (!(sigma > 0)) return undefined;
  // Without weights and structures they are residuals over sigma, whatever the leverages.
  if (!table.structured && recipe !== null && recipe.weights === null) {
    return result.fittedValues(model)?.residual.map((value) => value / sigma);
  }
  if (table.nobs[model] > MOST_ROWS) return undefined;
  // Those of structured models are over the standard deviation of their row already.
  const scale = table.structured ? 1 : sigma;
  return result.scaledResiduals?.(model)?.pearson.map((value) => value / scale);
}

/** The quantile of sorted values, between neighbours in proportion (R's type 7). */
function quantile(sorted: Float64Array, p: number): number {
  const at = (sorted.length - 1) * p;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
