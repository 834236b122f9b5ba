/** Whether a table of fits is of some moments: its shape, and criteria and means that are theirs. */
import { fitRowLayout } from '../glmm/fit-row.ts';
import { searchedLength } from '../lmm/structured/covariance-parameters.ts';
import type { Moments } from '../moments/moments.ts';
import { tableFault } from './fit-table-shape.ts';
import { type LocatedFit, modelLocator } from './readable-fit.ts';

/** Models whose criterion is formed again. */
const CHECKED_MODELS = 20;
/** Two paths to one criterion differ by rounding; a theta of another fit does not come near. */
const CRITERION_AGREES = { absolute: 1e-6, relative: 1e-9 };
const SIGMA_AGREES = 1e-6;
/** Means of the same values differ by rounding of their sums. */
const MEAN_AGREES = 1e-9;

/** What of a table does not fit the shape of the moments; null where all does. */
export function shapeDisagreement({ moments, table }: LocatedFit): string | null {
  const widths = { structured: searchedWidth(moments), family: familyWidth(moments) };
  return tableFault(table, moments.coefficients.length, widths);
}

/** The first of some models whose criterion is not what its moments and theta give; null when all agree. */
export function criterionDisagreement(fit: LocatedFit): string | null {
  const { table } = fit;
  const { locate } = modelLocator(fit);
  const step = Math.max(1, Math.floor(table.models / CHECKED_MODELS));
  for (let model = 0; model < table.models; model += step) {
    const found = locate(model);
    if (!found) continue;
    const { criterion, sigma } = found.reader.criterion(found.batch, found.k, found.theta);
    const bound = CRITERION_AGREES.absolute + CRITERION_AGREES.relative * Math.abs(criterion);
    const agrees =
      Math.abs(criterion - table.criterion[model]) <= bound &&
      Math.abs(sigma - table.sigma[model]) <= SIGMA_AGREES * sigma;
    if (!agrees) {
      return `the criterion of '${table.responses[model]}' is ${table.criterion[model]}, its moments give ${criterion}`;
    }
  }
  return null;
}

/** What tells the values behind the moments from those of the table: names, rows and means of all models; null when all agree. */
export function valueDisagreement({ moments, table }: LocatedFit): string | null {
  const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
    a.length === b.length && a.every((text, i) => text === b[i]);
  if (!sameTexts(table.responses, moments.names)) return 'they have other responses';
  if (!sameTexts(table.splits ?? [], moments.splits ?? [])) return 'they are split otherwise';
  if (!sameTexts(table.coefficients.names, moments.coefficients)) return 'their model has other coefficients';
  for (const { design, index, responses } of moments.batches) {
    for (let k = 0; k < index.length; k++) {
      const model = index[k];
      const name = table.responses[model];
      if (table.nobs[model] !== design.n) {
        return `'${name}' has ${design.n} rows in them, and had ${table.nobs[model]}`;
      }
      const [mean, was] = [responses.mean[k], table.mean[model]];
      const scale = Math.max(Math.abs(mean), Number.isNaN(table.sigma[model]) ? 0 : table.sigma[model]);
      if (!(Math.abs(mean - was) <= MEAN_AGREES * scale) && !(Number.isNaN(mean) && Number.isNaN(was))) {
        return `the mean of '${name}' is ${mean} in them, and was ${was}`;
      }
    }
  }
  return null;
}

/** Most parameters of a design with a covariance by blocks; null where none has one. */
function searchedWidth({ batches }: Moments): number | null {
  const widths = batches.flatMap(({ design }) => (design.blocks ? [searchedLength(design)] : []));
  return widths.length === 0 ? null : widths.reduce((most, width) => Math.max(most, width), 0);
}

/** Most parameters of a generalised model; null where there is none. */
function familyWidth({ batches }: Moments): number | null {
  const widths = batches.flatMap(({ design }) => (design.family ? [fitRowLayout(design).extraErrors] : []));
  return widths.length === 0 ? null : widths.reduce((most, width) => Math.max(most, width), 0);
}
