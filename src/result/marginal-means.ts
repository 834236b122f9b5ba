import { FitError } from '../errors.ts';
import type { GridAxis, GridRows } from '../formula/reference-grid.ts';
import { bareName } from '../formula/syntax.ts';
import { adjustPValues, splitFamilies } from '../infer/adjust.ts';
import { type MarginalOptions, marginalRows, rowsOf, weightsFor } from '../infer/marginal-rows.ts';
import {
  confidenceFactors,
  emptyMarginalColumns,
  type MarginalComparisons,
  marginalTester,
} from '../infer/marginal-tests.ts';
import type { FitResult } from '../types/fit-result.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import { identityColumns } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder } from './output-table.ts';

export interface MarginalTables {
  /** What was found of the factors: nesting. */
  readonly notes: readonly string[];
  /** `[split] response [gene] <axes> estimate std.error df conf.low conf.high df.method`. */
  readonly means: OutputTable;
  /**
   * `[split] response [gene] contrast <by> estimate std.error df statistic p.value log10p p.adjusted p.across df.method`:
   * every pair.
   * `p.adjusted` is for the comparisons of one response, `p.across` for one comparison over the responses, as the fit
   * adjusts its tests.
   */
  readonly pairs: OutputTable;
}

/**
 * Marginal means (or slopes) and their pairwise comparisons for every response, with the standard errors and degrees of
 * freedom of the fit: averages of predictions over the grid of `formula/reference-grid.ts`. Rows that cannot be estimated
 * (empty cells) and models without a fit have missing values.
 *
 * @throws OptionError for names that are no factor or covariate, and for a fit without a recipe (moments formed elsewhere)
 */
export function marginalMeans(result: FitResult, options: MarginalOptions): MarginalTables {
  const { table } = result;
  const recipe = result.recipe;
  if (!recipe) throw noRecipe();
  const first = marginalRows(recipe, options);
  const { axes, by, rows } = first;
  const comparisons = pairComparisons(axes, by, rows.count, options);
  const { cells, pairs } = comparisons;
  const count = pairs.length / 2;
  const numbers = emptyMarginalColumns(table.models, comparisons);
  const known = new Map<ModelRecipe, GridRows>([[recipe, rows]]);
  const factor = confidenceFactors(comparisons);
  // Models of one design come one behind the other.
  let design: Float64Array | null = null;
  let test: ReturnType<typeof marginalTester> | null = null;
  result.eachSample((model, sample) => {
    if (sample.r !== design) {
      design = sample.r;
      const own = rowsOf(result.recipeOf(model), known, options, axes);
      const weights = own && Array.from({ length: cells }, (_, cell) => weightsFor(sample, own, cell));
      test = weights && marginalTester(sample, weights, comparisons, factor);
    }
    test?.(sample, model, numbers);
  });

  const means = new OutputTableBuilder(table.models * cells);
  const identifyMean = identityColumns(means, table);
  const meanAxes = axes.map(({ name }) => means.label(bareName(name)));
  means.number('estimate', numbers.mean.estimate);
  means.number('std.error', numbers.mean.standardError);
  means.number('df', numbers.mean.df);
  means.number('conf.low', numbers.mean.low);
  means.number('conf.high', numbers.mean.high);
  means.string('df.method', numbers.meanMethod);
  const compared = new OutputTableBuilder(table.models * count);
  const identifyPair = identityColumns(compared, table);
  const label = compared.string('contrast');
  const pairAxes = by.map((axis) => compared.label(bareName(axes[axis].name)));
  compared.number('estimate', numbers.pair.estimate);
  compared.number('std.error', numbers.pair.standardError);
  compared.number('df', numbers.pair.df);
  compared.number('statistic', numbers.pair.statistic);
  const pValue = compared.number('p.value', numbers.pair.pValue);
  compared.number('log10p', numbers.pair.log10P);
  compared.number('p.adjusted', numbers.pair.adjusted);
  const across = compared.number('p.across');
  compared.string('df.method', numbers.pairMethod);
  const cellLevels = axes.map((axis, a) =>
    Array.from({ length: cells }, (_, cell) => axis.levels[digit(axes, cell, a)]),
  );
  const cellTexts = Array.from({ length: cells }, (_, cell) => cellText(axes, by, cell));
  const pairTexts = Array.from(
    { length: count },
    (_, k) => `${cellTexts[pairs[2 * k]]} - ${cellTexts[pairs[2 * k + 1]]}`,
  );
  for (let model = 0; model < table.models; model++) {
    for (let cell = 0; cell < cells; cell++) {
      const at = model * cells + cell;
      identifyMean(at, model);
      for (let a = 0; a < axes.length; a++) meanAxes[a][at] = cellLevels[a][cell];
    }
    for (let k = 0; k < count; k++) {
      const at = model * count + k;
      identifyPair(at, model);
      label[at] = pairTexts[k];
      for (let b = 0; b < by.length; b++) pairAxes[b][at] = cellLevels[by[b]][pairs[2 * k]];
    }
  }
  const splitOf = splitFamilies(table.splits, table.adjustAcross);
  const p = new Float64Array(table.models);
  for (let k = 0; k < count; k++) {
    for (let model = 0; model < table.models; model++) p[model] = pValue[model * count + k];
    const own = adjustPValues(p, table.adjust, splitOf);
    for (let model = 0; model < table.models; model++) across[model * count + k] = own[model];
  }
  const nested = (recipe.nesting ?? []).map(({ label, within }) => `${label} within ${within}`);
  return {
    means: means.finish(table.models * cells),
    pairs: compared.finish(table.models * count),
    notes:
      nested.length === 0
        ? []
        : [`factors are nested in the data (${nested.join(', ')}): means are over the combinations that there are`],
  };
}

/** @throws OptionError where {@link marginalMeans} of a fit with this recipe would */
export function checkMarginal(recipe: ModelRecipe | null | undefined, options: MarginalOptions): void {
  if (!recipe) throw noRecipe();
  marginalRows(recipe, options);
}

function noRecipe(): FitError {
  return new FitError('OptionError', 'marginal means need the factors behind the coefficients', {
    remedy: 'Fit the table itself, or moments that this program formed from one.',
  });
}

/** Level of an axis in a cell; the first axis varies fastest. */
function digit(axes: readonly GridAxis[], cell: number, axis: number): number {
  const stride = axes.slice(0, axis).reduce((product, { levels }) => product * levels.length, 1);
  return Math.floor(cell / stride) % axes[axis].levels.length;
}

/** The levels of a cell without those of `by`. */
function cellText(axes: readonly GridAxis[], by: readonly number[], cell: number): string {
  return axes
    .flatMap((axis, a) => {
      if (by.includes(a)) return [];
      const level = axis.levels[digit(axes, cell, a)];
      // A bare number would not say what it is of.
      return [axis.levels.every((text) => Number.isFinite(Number(text))) ? `${axis.name}${level}` : level];
    })
    .join(' ');
}

/** Every pair of cells with the same combination of `by`, which are a family. */
function pairComparisons(
  axes: readonly GridAxis[],
  by: readonly number[],
  cells: number,
  { adjust = 'tukey', level = 0.95 }: MarginalOptions,
): MarginalComparisons {
  const families = new Map<string, number[]>();
  for (let cell = 0; cell < cells; cell++) {
    const key = by.map((axis) => digit(axes, cell, axis)).join();
    const family = families.get(key);
    if (family) family.push(cell);
    else families.set(key, [cell]);
  }
  const pairs: number[] = [];
  const first = [0];
  for (const members of families.values()) {
    members.forEach((i, k) => {
      for (const j of members.slice(k + 1)) pairs.push(i, j);
    });
    first.push(pairs.length / 2);
  }
  return {
    cells,
    pairs: Int32Array.from(pairs),
    means: Int32Array.from(families.values(), (members) => members.length),
    first: Int32Array.from(first),
    adjust,
    level,
  };
}
