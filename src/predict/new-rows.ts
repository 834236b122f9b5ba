import { FitError } from '../errors.ts';
import type { MomentFit } from '../fit/readable-fit.ts';
import {
  type FixedMatrixOfRows,
  fixedMatrixOfRows,
  offsetOfRows,
  type RandomTermOfRows,
  randomTermsOfRows,
} from '../formula/recipe.ts';
import { dispersionOfRows, type ResidualOfRows, residualOfRows } from '../formula/residual-recipe.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { DispersionRows } from '../types/residual.ts';
import type { Table } from '../types/table.ts';

/** Rows of a new table in the design of one recipe. */
export interface NewRows {
  readonly fixed: FixedMatrixOfRows;
  /** Null where the random terms are not needed. */
  readonly random: readonly RandomTermOfRows[] | null;
  readonly offset: Float64Array | null;
  /** Prior weights, where the fit had a column of them and the table has it too. */
  readonly weights: Float64Array | null;
  /** Visits, subjects and columns of the residuals' standard deviations; null where the fit has none, or they are not needed. */
  readonly residual: ResidualOfRows | null;
  readonly dispersion: DispersionRows | null;
}

export interface NewRowsOptions {
  /** Whether the random terms are needed. */
  readonly random: boolean;
  /** Whether it matters which groups and subjects rows are of: without, each is of new ones (true). */
  readonly groups?: boolean;
  /** Whether groups that no model of the run has are allowed. */
  readonly allowNewLevels: boolean;
  /** Whether the covariance of the residuals is needed. */
  readonly residual?: boolean;
}

/**
 * The rows of a table under every recipe of a run. A level of a fixed effect or (unless allowed) of a group that no
 * recipe knows is an error; under a recipe that alone lacks it (a split, a response without those rows) its rows are
 * missing.
 *
 * Throws DataError that names the level and its row; FormulaError for a column that is not there.
 */
export function newRows(
  recipes: readonly ModelRecipe[],
  table: Table,
  options: NewRowsOptions,
): ReadonlyMap<ModelRecipe, NewRows> {
  const several = recipes.length > 1;
  const { groups = true } = options;
  const unknownLevels = several ? ('missing' as const) : ('error' as const);
  const made = new Map<ModelRecipe, NewRows>();
  for (const recipe of recipes) {
    made.set(recipe, {
      fixed: fixedMatrixOfRows(recipe, table, { unknownLevels }),
      random: options.random ? randomTermsOfRows(recipe, table, { unknownLevels, groups }) : null,
      offset: offsetOfRows(recipe, table),
      weights: weightsOf(recipe, table),
      residual: options.residual === true ? residualOfRows(recipe, table, { subjects: groups }) : null,
      dispersion: options.residual === true ? dispersionOfRows(recipe, table, { unknownLevels }) : null,
    });
  }
  const all = [...made.values()];
  const [first] = recipes;
  if (several && first !== undefined) {
    const unknown = all.map(({ fixed }) => new Set(fixed.unknown));
    // Unknown everywhere: the first recipe says which level it is.
    if ([...unknown[0]].some((row) => unknown.every((rows) => rows.has(row)))) fixedMatrixOfRows(first, table);
  }
  if (options.random && !options.allowNewLevels) refuseNewGroups(all, table);
  return made;
}

function weightsOf({ weights }: ModelRecipe, table: Table): Float64Array | null {
  const column = weights === null ? undefined : table.columns.get(weights);
  return column === undefined || column.kind === 'factor' ? null : column.values;
}

function refuseNewGroups(all: readonly NewRows[], table: Table): void {
  const terms = all[0]?.random ?? [];
  terms.forEach(({ group, newLevels }, t) => {
    for (const [row, level] of newLevels) {
      // a row that is missing anyway asks for nothing
      if (all.every(({ fixed }) => fixed.names.length > 0 && Number.isNaN(fixed.values[row]))) continue;
      if (!all.every(({ random }) => random?.[t]?.newLevels.has(row) ?? true)) continue;
      throw new FitError(
        'DataError',
        `'${group}' has the level '${level}' in row ${row + 1}, which the fit did not have`,
        {
          option: 'allowNewLevels',
          remedy: 'Allow new levels (“allowNewLevels”): such rows get the value of the population.',
          path: table.path,
        },
      );
    }
  });
}

/** The recipes of a run, each once. Throws OptionError where there is none. */
export function runRecipes(result: MomentFit): ModelRecipe[] {
  const recipes = new Set<ModelRecipe>();
  if (result.recipe) recipes.add(result.recipe);
  for (const { recipe } of result.moments.batches) if (recipe) recipes.add(recipe);
  if (recipes.size === 0) {
    throw new FitError('OptionError', 'this fit does not say how its design was made from a table', {
      remedy: 'Fit a formula to a table or matrix; designs and moments made by hand have no variables to predict from.',
    });
  }
  return [...recipes];
}
