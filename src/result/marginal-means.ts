import { FitError } from '../errors.ts';
import type { GridAxis, GridRows } from '../formula/reference-grid.ts';
import { bareName } from '../formula/syntax.ts';
import { adjustPValues, splitFamilies } from '../infer/adjust.ts';
import {
  type FamilyAdjustment,
  type MarginalOptions,
  marginalRows,
  rowsOf,
  weightsFor,
} from '../infer/marginal-rows.ts';
import { testRow } from '../infer/small-sample.ts';
import { studentQuantile } from '../numeric/distributions/student-quantile.ts';
import { twoSidedLog10P, twoSidedP } from '../numeric/distributions/student-t.ts';
import { upperTailStudentizedRange } from '../numeric/distributions/studentized-range.ts';
import type { FitResult } from '../types/fit-result.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import { hasFit, identityColumns } from './model-rows.ts';
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
  const families = pairFamilies(axes, by, rows.count);
  const pairs = families.flatMap(({ members }) => pairsOf(members));
  const adjust = options.adjust ?? 'tukey';
  const level = options.level ?? 0.95;

  const means = new OutputTableBuilder(table.models * rows.count);
  const identifyMean = identityColumns(means, table);
  const meanAxes = axes.map(({ name }) => means.label(bareName(name)));
  const mean = estimateColumns(means);
  const low = means.number('conf.low');
  const high = means.number('conf.high');
  const meanMethod = means.string('df.method');
  const compared = new OutputTableBuilder(table.models * pairs.length);
  const identifyPair = identityColumns(compared, table);
  const label = compared.string('contrast');
  const pairAxes = by.map((axis) => compared.label(bareName(axes[axis].name)));
  const pair = estimateColumns(compared);
  const statistic = compared.number('statistic');
  const pValue = compared.number('p.value');
  const log10P = compared.number('log10p');
  const adjusted = compared.number('p.adjusted');
  const across = compared.number('p.across');
  const pairMethod = compared.string('df.method');

  const known = new Map<ModelRecipe, GridRows>([[recipe, rows]]);
  for (let model = 0; model < table.models; model++) {
    const sample = hasFit(table, model) ? result.smallSample(model) : null;
    const own = sample && rowsOf(result.recipeOf(model), known, options, axes);
    const weightsAt = (cell: number) => (sample && own ? weightsFor(sample, own, cell) : null);
    for (let cell = 0; cell < rows.count; cell++) {
      const at = model * rows.count + cell;
      identifyMean(at, model);
      axes.forEach((axis, a) => {
        meanAxes[a][at] = axis.levels[digit(axes, cell, a)];
      });
      const weights = weightsAt(cell);
      if (!sample || !weights) continue;
      const { estimate, standardError, df, tested } = testRow(sample, weights);
      mean.estimate[at] = estimate;
      mean.standardError[at] = standardError;
      mean.df[at] = df;
      meanMethod[at] = sample.method;
      if (!tested) continue;
      const width = studentQuantile((1 + level) / 2, Number.isNaN(df) ? Number.POSITIVE_INFINITY : df) * standardError;
      low[at] = estimate - width;
      high[at] = estimate + width;
    }
    let at = model * pairs.length;
    for (const { members } of families) {
      const from = at;
      for (const [i, j] of pairsOf(members)) {
        identifyPair(at, model);
        label[at] = `${cellText(axes, by, i)} - ${cellText(axes, by, j)}`;
        by.forEach((axis, b) => {
          pairAxes[b][at] = axes[axis].levels[digit(axes, i, axis)];
        });
        const [left, right] = [weightsAt(i), weightsAt(j)];
        if (sample && left && right) {
          const { estimate, standardError, df, tested } = testRow(
            sample,
            left.map((weight, k) => weight - right[k]),
          );
          const t = estimate / standardError;
          pair.estimate[at] = estimate;
          pair.standardError[at] = standardError;
          pair.df[at] = df;
          pairMethod[at] = sample.method;
          if (!tested) {
            at++;
            continue;
          }
          statistic[at] = t;
          pValue[at] = twoSidedP(t, df);
          log10P[at] = twoSidedLog10P(t, df);
        }
        at++;
      }
      const family = adjustFamily(
        adjust,
        members.length,
        statistic.subarray(from, at),
        pair.df.subarray(from, at),
        pValue.subarray(from, at),
      );
      adjusted.set(family, from);
    }
  }
  const splitOf = splitFamilies(table.splits, table.adjustAcross);
  for (let k = 0; k < pairs.length; k++) {
    const p = Float64Array.from({ length: table.models }, (_, model) => pValue[model * pairs.length + k]);
    adjustPValues(p, table.adjust, splitOf).forEach((value, model) => {
      across[model * pairs.length + k] = value;
    });
  }
  const nested = (recipe.nesting ?? []).map(({ label, within }) => `${label} within ${within}`);
  return {
    means: means.finish(table.models * rows.count),
    pairs: compared.finish(table.models * pairs.length),
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

function estimateColumns(builder: OutputTableBuilder) {
  return {
    estimate: builder.number('estimate'),
    standardError: builder.number('std.error'),
    df: builder.number('df'),
  };
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

/** Cells by their combination of `by`. */
function pairFamilies(axes: readonly GridAxis[], by: readonly number[], cells: number): { members: number[] }[] {
  const families = new Map<string, { members: number[] }>();
  for (let cell = 0; cell < cells; cell++) {
    const key = by.map((axis) => digit(axes, cell, axis)).join();
    const family = families.get(key) ?? { members: [] };
    family.members.push(cell);
    families.set(key, family);
  }
  return [...families.values()];
}

function pairsOf(members: readonly number[]): [number, number][] {
  return members.flatMap((i, k) => members.slice(k + 1).map((j): [number, number] => [i, j]));
}

/** Adjusted p-values of the comparisons of one family of means. */
function adjustFamily(
  method: FamilyAdjustment,
  means: number,
  t: Float64Array,
  df: Float64Array,
  p: Float64Array,
): Float64Array {
  if (method !== 'tukey') return adjustPValues(p, method);
  if (means <= 2) return p.slice();
  return t.map((value, i) => upperTailStudentizedRange(Math.abs(value) * Math.SQRT2, means, df[i]).p);
}
