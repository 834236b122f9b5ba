/** Draws of responses of generalised models, and the trials that binomial ones have on the rows of a new table. */
import { FitError } from '../errors.ts';
import { modelResponse } from '../fit/model-response.ts';
import type { LocatedModel } from '../fit/readable-fit.ts';
import { evaluateResponse } from '../formula/expression.ts';
import { parseFormula } from '../formula/parse.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { Table } from '../types/table.ts';

export interface FamilyDraws {
  /** The response of row i at a linear predictor with the probability `u`; NaN where something is missing. */
  draw(i: number, eta: number, u: number): number;
  /** Of ordinal responses; else null. */
  readonly categories: readonly string[] | null;
}

/**
 * Null for gaussian models.
 *
 * @throws DataError where the table lacks the trials of binomial responses
 */
export function familyDraws(
  { batch: { design }, theta }: LocatedModel,
  recipe: ModelRecipe,
  response: string,
  table: Table,
): FamilyDraws | null {
  const distribution = modelResponse(design, theta);
  if (!distribution || !design.family) return null;
  const { family, categories } = design.family;
  const trials = family === 'binomial' ? trialsOf(recipe, response, table) : null;
  return {
    categories: family === 'cumulative' ? categories : null,
    draw(i, eta, u) {
      if (Number.isNaN(eta)) return Number.NaN;
      if (trials === null) return distribution.quantile(u, eta);
      const m = trials.counts[i];
      if (!(m >= 0) || (trials.shares && m === 0)) return Number.NaN;
      const successes = distribution.quantile(u, eta, m);
      return trials.shares ? successes / m : successes;
    },
  };
}

interface Trials {
  readonly counts: Float64Array;
  /** Whether responses are shares of them. */
  readonly shares: boolean;
}

/** Trials of the rows; null where each has one. */
function trialsOf(recipe: ModelRecipe, response: string, table: Table): Trials | null {
  if (recipe.trials !== undefined) {
    return { counts: checkTrials(trialsColumn(recipe.trials, table), table), shares: false };
  }
  const { responses } = parseFormula(recipe.formula);
  if (response === `cbind(${responses.map(({ name }) => name).join(', ')})` && responses.length === 2) {
    const [successes, failures] = responses.map(({ expression }) =>
      evaluateResponse(expression, table, recipe.formula),
    );
    const counts = successes.map((count, i) => count + failures[i]);
    return { counts: checkTrials(counts, table), shares: false };
  }
  const weights = recipe.weights === null ? undefined : table.columns.get(recipe.weights);
  if (weights === undefined || weights.kind === 'factor') return null;
  // Weights of responses of 0 and 1 may be any number.
  const whole = weights.values.every((weight) => Number.isNaN(weight) || Number.isInteger(weight));
  return whole ? { counts: weights.values, shares: true } : null;
}

function trialsColumn(name: string, table: Table): Float64Array {
  const column = table.columns.get(name);
  if (column?.kind === 'numeric') return column.values;
  throw new FitError('DataError', `the table has no numbers '${name}', the trials of the fit`, {
    option: 'trials',
    remedy: `Add a column '${name}' with the number of trials of each row.`,
    path: table.path,
  });
}

function checkTrials(counts: Float64Array, { path }: Table): Float64Array {
  const bad = counts.findIndex((m) => m < 0 || (Number.isFinite(m) && !Number.isInteger(m)));
  if (bad < 0) return counts;
  throw new FitError('DataError', `row ${bad + 1} has ${counts[bad]} trials`, {
    option: 'trials',
    remedy: 'Numbers of trials are whole, zero or more.',
    path,
  });
}
