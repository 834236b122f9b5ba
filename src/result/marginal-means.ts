import { FitError } from '../errors.ts';
import type { GridAxis } from '../formula/reference-grid.ts';
import { bareName } from '../formula/syntax.ts';
import { adjustPValues, splitFamilies } from '../infer/adjust.ts';
import { levelOfCell, type MarginalOptions, marginalGrid } from '../infer/marginal-rows.ts';
import { marginalTests } from '../infer/marginal-tests.ts';
import type { FamilyChoice } from '../types/family.ts';
import type { FitResult } from '../types/fit-result.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import { exponentiates } from './family-rows.ts';
import { marginalScale, refuseScale } from './marginal-scale.ts';
import { identityColumns } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder } from './output-table.ts';

/** Tables of marginal means and of their comparisons. */
export interface MarginalTables {
  /** What was found of the factors: nesting. */
  readonly notes: readonly string[];
  /**
   * `[split] response [gene] <axes> estimate std.error df conf.low conf.high df.method`. Of generalised models on the scale of the
   * response `prob`, `rate` (of counts) or `mean` stands in place of `estimate`.
   */
  readonly means: OutputTable;
  /**
   * `[split] response [gene] contrast <by> estimate std.error df [conf.low conf.high] statistic p.value log10p p.adjusted p.across
   * df.method`: every pair. Intervals, where a level is asked for, are simultaneous over the comparisons of a response as
   * `p.adjusted` is (Tukey, Bonferroni).
   * `p.adjusted` is for the comparisons of one response, `p.across` for one comparison over the responses, as the fit
   * adjusts its tests. Of generalised models on the scale of the response `odds.ratio` or `ratio` stands in place of `estimate`,
   * and `hazard.ratio` where ratios are asked for of the link cloglog.
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
  const grid = marginalGrid(recipe, options);
  const { axes, by } = grid;
  const scale = marginalScale(result, options);
  const { cells, pairs } = grid.comparisons;
  const count = pairs.length / 2;
  const tests = marginalTests(result, options, grid);
  const { mean, pair } = tests.columns;
  const methodsOf = (estimate: Float64Array, each: number) =>
    Array.from(estimate, (value, at) => (Number.isNaN(value) ? null : tests.method[Math.floor(at / each)]));

  const means = new OutputTableBuilder(table.models * cells);
  const identifyMean = identityColumns(means, table);
  const meanAxes = axes.map(({ name }) => means.label(bareName(name)));
  const shownMeans = scale.means(mean);
  means.number(scale.mean, shownMeans.estimate);
  means.number('std.error', shownMeans.standardError);
  means.number('df', mean.df);
  means.number('conf.low', shownMeans.low);
  means.number('conf.high', shownMeans.high);
  means.string('df.method', methodsOf(mean.estimate, cells));
  const compared = new OutputTableBuilder(table.models * count);
  const identifyPair = identityColumns(compared, table);
  const label = compared.string('contrast');
  const pairAxes = by.map((axis) => compared.label(bareName(axes[axis].name)));
  const shownPairs = scale.pairs(pair);
  compared.number(scale.pair, shownPairs.estimate);
  compared.number('std.error', shownPairs.standardError);
  compared.number('df', pair.df);
  if (grid.comparisons.limits) {
    compared.number('conf.low', shownPairs.low);
    compared.number('conf.high', shownPairs.high);
  }
  compared.number('statistic', pair.statistic);
  const pValue = compared.number('p.value', pair.pValue);
  compared.number('log10p', pair.log10P);
  compared.number('p.adjusted', pair.adjusted);
  const across = compared.number('p.across');
  compared.string('df.method', methodsOf(pair.estimate, count));
  const cellLevels = axes.map((axis, a) =>
    Array.from({ length: cells }, (_, cell) => axis.levels[levelOfCell(axes, cell, a)]),
  );
  const cellTexts = Array.from({ length: cells }, (_, cell) => cellText(axes, by, cell));
  const pairTexts = Array.from(
    { length: count },
    (_, k) => `${cellTexts[pairs[2 * k]]} ${scale.sign} ${cellTexts[pairs[2 * k + 1]]}`,
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
  const notes =
    nested.length === 0
      ? []
      : [`factors are nested in the data (${nested.join(', ')}): means are over the combinations that there are`];
  return {
    means: means.finish(table.models * cells),
    pairs: compared.finish(table.models * count),
    notes: [...notes, ...scale.notes],
  };
}

/** @throws OptionError where {@link marginalMeans} of a fit with this recipe and family would */
export function checkMarginal(
  recipe: ModelRecipe | null | undefined,
  options: MarginalOptions,
  family?: FamilyChoice,
): void {
  if (!recipe) throw noRecipe();
  if (family) refuseScale(family, options);
  if (options.exponentiate) exponentiates({ family });
  marginalGrid(recipe, options);
}

function noRecipe(): FitError {
  return new FitError('OptionError', 'marginal means need the factors behind the coefficients', {
    remedy: 'Fit the table itself, or moments that this program formed from one.',
  });
}

/** The levels of a cell without those of `by`. */
function cellText(axes: readonly GridAxis[], by: readonly number[], cell: number): string {
  return axes
    .flatMap((axis, a) => {
      if (by.includes(a)) return [];
      const level = axis.levels[levelOfCell(axes, cell, a)];
      // A bare number would not say what it is of.
      return [axis.levels.every((text) => Number.isFinite(Number(text))) ? `${axis.name}${level}` : level];
    })
    .join(' ');
}
