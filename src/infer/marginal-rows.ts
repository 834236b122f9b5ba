import { FitError } from '../errors.ts';
import {
  type GridAxis,
  type GridRows,
  gridAxis,
  marginalMeanRows,
  marginalSlopeRows,
} from '../formula/reference-grid.ts';
import { bareName } from '../formula/syntax.ts';
import { OPTIONS } from '../options/entries.ts';
import type { ModelRecipe } from '../types/recipe.ts';

/** Adjustments of p-values over the comparisons of one response. */
export const FAMILY_ADJUSTMENTS = OPTIONS.pairsAdjust.choices;
/** An adjustment of p-values over the comparisons of one response. */
export type FamilyAdjustment = (typeof FAMILY_ADJUSTMENTS)[number];

/** What to take means of. */
export interface MarginalOptions {
  /** Factors (or covariates with values in `at`) whose combinations get a mean each. */
  readonly over: readonly string[];
  /** Factors within whose combinations comparisons are made. */
  readonly by?: readonly string[] | undefined;
  /** Values of a covariate, or some of the levels of a factor; one value for a covariate that is no axis. */
  readonly at?: Readonly<Record<string, readonly (string | number)[]>> | undefined;
  /** A numeric column: slopes by it in place of means. */
  readonly slopes?: string | undefined;
  /**
   * Scale of means of generalised models: of the link (default), or of the response, where comparisons by a logarithm or logit are
   * ratios.
   */
  readonly type?: 'link' | 'response' | undefined;
  /**
   * Comparisons of generalised models as ratios (of odds, rates, means or hazards), and slopes as ratios for each unit; means on the scale
   * of the response, unless `type` says otherwise, where there is one.
   */
  readonly exponentiate?: boolean | undefined;
  /** Of the intervals, 0.95. */
  readonly level?: number | undefined;
  /** For the p-values of the comparisons of one response (and one combination of `by`): tukey. */
  readonly adjust?: FamilyAdjustment | undefined;
  /** Comparisons as the later level less the earlier, the direction of coefficients coded by treatment; unless told the earlier comes first. */
  readonly reverse?: boolean | undefined;
}

/** Which cells are compared, and how p is adjusted for it. Plain data. */
export interface MarginalComparisons {
  /** Cells that get a mean. */
  readonly cells: number;
  /** The two cells of each difference, first less second; one family behind the other. */
  readonly pairs: Int32Array;
  /** Of each family the number of its means, and its first pair; the end behind the last. */
  readonly means: Int32Array;
  readonly first: Int32Array;
  readonly adjust: FamilyAdjustment;
  /** Of the intervals of means. */
  readonly level: number;
  /** Whether differences get intervals too: where a level was asked for. */
  readonly limits: boolean;
}

/** What marginal means are of: the axes, rows of weights over the coefficients of the run, and the comparisons. */
export interface MarginalGrid {
  readonly axes: readonly GridAxis[];
  /** Indices of the axes within whose combinations comparisons are made. */
  readonly by: readonly number[];
  readonly recipe: ModelRecipe;
  readonly rows: GridRows;
  readonly comparisons: MarginalComparisons;
}

/**
 * The means that are asked for.
 *
 * @throws OptionError for names that are no factor or covariate
 */
export function marginalGrid(recipe: ModelRecipe, options: MarginalOptions): MarginalGrid {
  const { axes, by, rows } = marginalRows(recipe, options);
  return { axes, by, recipe, rows, comparisons: pairComparisons(axes, by, rows.count, options) };
}

/** Which level of an axis a cell has; the first axis varies fastest. */
export function levelOfCell(axes: readonly GridAxis[], cell: number, axis: number): number {
  const stride = axes.slice(0, axis).reduce((product, { levels }) => product * levels.length, 1);
  return Math.floor(cell / stride) % axes[axis].levels.length;
}

/** Every pair of cells with the same combination of `by`, which are a family. */
function pairComparisons(
  axes: readonly GridAxis[],
  by: readonly number[],
  cells: number,
  { adjust = 'tukey', level, reverse = false }: MarginalOptions,
): MarginalComparisons {
  const families = new Map<string, number[]>();
  for (let cell = 0; cell < cells; cell++) {
    const key = by.map((axis) => levelOfCell(axes, cell, axis)).join();
    const family = families.get(key);
    if (family) family.push(cell);
    else families.set(key, [cell]);
  }
  const pairs: number[] = [];
  const first = [0];
  for (const members of families.values()) {
    members.forEach((i, k) => {
      for (const j of members.slice(k + 1)) {
        if (reverse) pairs.push(j, i);
        else pairs.push(i, j);
      }
    });
    first.push(pairs.length / 2);
  }
  return {
    cells,
    pairs: Int32Array.from(pairs),
    means: Int32Array.from(families.values(), (members) => members.length),
    first: Int32Array.from(first),
    adjust,
    level: level ?? 0.95,
    limits: level !== undefined,
  };
}

/** Rows of weights over the coefficients of a recipe, one a combination of the axes; `by` are indices of axes. */
function marginalRows(
  recipe: ModelRecipe,
  { over, by = [], at = {}, slopes }: MarginalOptions,
): { axes: GridAxis[]; by: number[]; rows: GridRows } {
  const names = [...over, ...by];
  if (new Set(names).size < names.length) {
    throw new FitError('OptionError', `a factor is named twice in ${names.join(', ')}`, { remedy: 'Name each once.' });
  }
  // A factor may be called `constructor`, which every object has.
  const axes = names.map((name) => gridAxis(recipe, name, Object.hasOwn(at, name) ? at[name] : undefined));
  const held = new Map<string, number>();
  for (const [name, values] of Object.entries(at)) {
    if (names.includes(name)) continue;
    const axis = gridAxis(recipe, name, values);
    if (axis.kind === 'factor' || axis.values.length !== 1) {
      throw new FitError('OptionError', `several values of '${name}', which is averaged over`, {
        remedy: `Add ${name} to the factors to take means of, or give one value of a covariate.`,
      });
    }
    held.set(name, axis.values[0]);
  }
  const rows =
    slopes === undefined ? marginalMeanRows(recipe, axes, held) : marginalSlopeRows(recipe, slopes, axes, held);
  return { axes, by: by.map((_, k) => over.length + k), rows };
}

/** Rows for a design of a model's own; null where it lacks a level that the run has. */
function rowsOf(
  recipe: ModelRecipe | null,
  known: Map<ModelRecipe, GridRows>,
  options: MarginalOptions,
  axes: readonly GridAxis[],
): GridRows | null {
  if (!recipe) return null;
  const found = known.get(recipe);
  if (found) return found;
  const complete = axes.every(({ name, kind, levels }) => {
    if (kind !== 'factor') return true;
    const variable = recipe.variables.find(({ label }) => label === name);
    return levels.every((level) => variable?.levels.includes(level));
  });
  if (!complete) return null;
  const at = { ...options.at };
  for (const { name, kind, levels } of axes) if (kind === 'factor') at[name] = levels;
  const { rows } = marginalRows(recipe, { ...options, at });
  known.set(recipe, rows);
  return rows;
}

/** Finds the weights of each cell over the coefficients of a model; null for a design that lacks a level that the run has. */
export function cellWeights(
  options: MarginalOptions,
  { axes, recipe: whole, rows, comparisons: { cells } }: MarginalGrid,
): (recipe: ModelRecipe | null, names: readonly string[]) => (Float64Array | null)[] | null {
  const known = new Map<ModelRecipe, GridRows>([[whole, rows]]);
  return (recipe, names) => {
    const own = rowsOf(recipe, known, options, axes);
    return own && Array.from({ length: cells }, (_, cell) => weightsFor(names, own, cell));
  };
}

/** A row over the coefficients of a model; null where it cannot be estimated or the model lacks one that it uses. */
function weightsFor(names: readonly string[], rows: GridRows, cell: number): Float64Array | null {
  const p = rows.names.length;
  const weights = new Float64Array(names.length);
  for (let k = 0; k < p; k++) {
    const weight = rows.weights[cell * p + k];
    if (Number.isNaN(weight)) return null;
    const to = names.indexOf(rows.names[k]);
    if (to >= 0) weights[to] = weight;
    else if (weight !== 0) return null;
  }
  return weights;
}

/** Weights over the coefficients of a run for `factor:B-A`, the difference of two marginal means; null for other texts. */
export function marginalContrast(
  recipe: ModelRecipe | null | undefined,
  expression: string,
  coefficients: readonly string[],
): Float64Array | null {
  const colon = expression.indexOf(':');
  if (!recipe || colon <= 0) return null;
  const name = bareName(expression.slice(0, colon).trim());
  const factor = recipe.variables.find(({ label, kind }) => kind === 'factor' && bareName(label) === name);
  if (!factor) return null;
  const difference = expression.slice(colon + 1).trim();
  // Levels may hold minus signs themselves.
  for (let minus = difference.indexOf('-'); minus > 0; minus = difference.indexOf('-', minus + 1)) {
    const ends = [difference.slice(0, minus).trim(), difference.slice(minus + 1).trim()];
    if (!ends.every((level) => factor.levels.includes(level))) continue;
    const { names, weights } = marginalMeanRows(recipe, [gridAxis(recipe, name, ends)]);
    const row = new Float64Array(coefficients.length);
    names.forEach((coefficient, k) => {
      row[coefficients.indexOf(coefficient)] = weights[k] - weights[names.length + k];
    });
    if (row.every((weight) => weight === 0)) {
      throw new FitError('FormulaError', `'${expression}' compares a level with itself`, {
        source: expression,
        option: 'contrasts',
        remedy: 'Name two different levels.',
      });
    }
    return row;
  }
  return null;
}
