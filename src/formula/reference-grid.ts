/**
 * The reference grid of a model: all combinations of the levels of its factors, covariates at their means, and linear
 * functions of the coefficients over it. A marginal mean is the average of the predictions at the points of the grid that
 * have the levels in question, every combination of the other factors counting alike (Searle, Speed and Milliken 1980; the
 * default of the R package emmeans). A factor whose levels lie each in one level of another (drugs within routes) is averaged
 * over the combinations that there are.
 */
import { FitError, nearestName } from '../errors.ts';
import type { ColumnRecipe, ModelRecipe } from '../types/recipe.ts';
import type { Column, Table } from '../types/table.ts';
import { evaluateVariable, type Frame, type FrameVariable } from './frame.ts';
import { modelMatrix } from './model-matrix.ts';
import { newScope } from './new-columns.ts';
import { parseFormula } from './parse.ts';
import { bareName } from './syntax.ts';
import type { Variable } from './terms.ts';

/** Points beyond which a grid is a mistake. */
const MAXIMUM_POINTS = 200_000;
/** Distance from the span of the data, relative, beyond which a prediction cannot be estimated. */
const OUTSIDE = 1e-8;

/** A dimension of a table of marginal means: a factor with levels, or a covariate with values. */
export interface GridAxis {
  /** Text of the variable, or name of a numeric column. */
  readonly name: string;
  readonly kind: 'factor' | 'numeric';
  /** Texts of the levels, or the numbers as texts. */
  readonly levels: readonly string[];
  readonly values: readonly number[];
}

/** Linear functions of the kept coefficients. */
export interface GridRows {
  /** Coefficients. */
  readonly names: readonly string[];
  readonly count: number;
  /** count x names, row-major; NaN rows cannot be estimated. */
  readonly weights: Float64Array;
}

/**
 * The axis that a name means: a factor of the fixed effects with all of its levels, or a numeric column at `values` (its
 * mean without them).
 *
 * @throws OptionError for a name that is neither, or values that are no levels
 */
export function gridAxis(recipe: ModelRecipe, name: string, values?: readonly (string | number)[]): GridAxis {
  const variables = fixedVariables(recipe);
  const factors = recipe.variables.filter((variable) => variable.kind === 'factor' && variables.has(variable.label));
  const bare = bareName(name);
  const exact = factors.find(({ label }) => label === name || bareName(label) === bare);
  const reading = factors.filter(({ columns }) => columns.length === 1 && columns[0] === bare);
  const factor = exact ?? (reading.length === 1 ? reading[0] : undefined);
  if (factor) {
    const chosen = values?.map(String) ?? factor.levels;
    const codes = chosen.map((level) => {
      const code = factor.levels.indexOf(level);
      if (code >= 0) return code;
      throw new FitError('OptionError', `'${name}' has no level '${level}' in the fit`, {
        remedy: `Its levels are ${factor.levels.join(', ')}.`,
      });
    });
    return { name: factor.label, kind: 'factor', levels: chosen, values: codes };
  }
  const column = covariates(recipe).find((candidate) => candidate.name === bare);
  if (column) {
    const chosen = (values ?? [column.mean ?? Number.NaN]).map(Number);
    if (chosen.some((value) => !Number.isFinite(value))) {
      throw new FitError('OptionError', `'${name}' is numeric: give it numbers`, { remedy: `Write ${name}=1,2.` });
    }
    return { name: bare, kind: 'numeric', levels: chosen.map(String), values: chosen };
  }
  const names = [...factors.map(({ label }) => label), ...covariates(recipe).map((candidate) => candidate.name)];
  const near = nearestName(name, names);
  throw new FitError('OptionError', `'${name}' is no factor or covariate of the fixed effects`, {
    remedy: near === undefined ? `There are: ${names.join(', ')}.` : `Did you mean '${near}'?`,
  });
}

/** Marginal means over the combinations of some axes, the first varying fastest; `at` holds covariates at other values. */
export function marginalMeanRows(
  recipe: ModelRecipe,
  axes: readonly GridAxis[],
  at: ReadonlyMap<string, number> = new Map(),
): GridRows {
  return averagedRows(recipe, axes, (points) => fixedColumns(recipe, points, at));
}

/**
 * Marginal slopes: the derivative of the predictions by a numeric column, averaged likewise. By central differences over a
 * thousandth of its range, which is exact for polynomials up to the second degree.
 */
export function marginalSlopeRows(
  recipe: ModelRecipe,
  slopeBy: string,
  axes: readonly GridAxis[],
  at: ReadonlyMap<string, number> = new Map(),
): GridRows {
  const column = bareName(slopeBy);
  const covariate = covariates(recipe).find(({ name }) => name === column);
  if (!covariate) {
    gridAxis(recipe, column); // names what there is
    throw new FitError('OptionError', `'${column}' is a factor: it has no slope`, { remedy: 'Ask for its means.' });
  }
  if (axes.some(({ name }) => name === column)) {
    throw new FitError('OptionError', `a slope by '${column}' at its own values`, { remedy: `Use at for ${column}.` });
  }
  const middle = at.get(column) ?? covariate.mean ?? 0;
  const range = (covariate.maximum ?? 1) - (covariate.minimum ?? 0);
  const step = (range > 0 ? range : 1) / 2000;
  return averagedRows(recipe, axes, (points) => {
    const [high, low] = [middle + step, middle - step].map((value) =>
      fixedColumns(recipe, points, new Map(at).set(column, value)),
    );
    return high.map((value, i) => (value - low[i]) / (2 * step));
  });
}

/** A point of the grid: the code of each factor, and of each axis its value. */
interface GridPoints {
  readonly count: number;
  /** Codes of factor variables, and values of numeric axes, by name. */
  readonly codes: ReadonlyMap<string, Int32Array>;
  readonly values: ReadonlyMap<string, Float64Array>;
}

function averagedRows(
  recipe: ModelRecipe,
  axes: readonly GridAxis[],
  columnsAt: (points: GridPoints) => Float64Array,
): GridRows {
  const onAxis = new Set(axes.map(({ name }) => name));
  const labels = fixedVariables(recipe);
  const others = recipe.variables
    .filter(({ kind, label }) => kind === 'factor' && labels.has(label) && !onAxis.has(label))
    .map(({ label, levels }): GridAxis => ({ name: label, kind: 'factor', levels, values: [...levels.keys()] }));
  const all = [...[...axes].reverse(), ...others];
  const sizes = all.map(({ values }) => values.length);
  const count = sizes.reduce((product, size) => product * size, 1);
  if (count > MAXIMUM_POINTS) {
    throw new FitError('OptionError', `the grid of all levels has ${count} points`, {
      remedy: 'Average over fewer factors: leave some out of the model.',
    });
  }
  const codes = new Map<string, Int32Array>();
  const values = new Map<string, Float64Array>();
  let stride = count;
  all.forEach(({ name, kind, values: own }) => {
    stride /= own.length;
    const every = Float64Array.from({ length: count }, (_, i) => own[Math.floor(i / stride) % own.length]);
    if (kind === 'factor') codes.set(name, Int32Array.from(every));
    else values.set(name, every);
  });
  const columns = columnsAt({ count, codes, values });
  // Points of one combination of the axes stand together.
  const cells = axes.reduce((product, axis) => product * axis.values.length, 1);
  const perCell = count / cells;
  const width = columns.length / count;
  const { aliases } = recipe.fixed;
  // Thresholds of ordinal responses stand in for the intercept, which means have all the same.
  const thresholds = recipe.fixed.intercept && width > 0 && !recipe.fixed.kept.includes(0);
  const names = thresholds ? ['(Intercept)', ...recipe.fixed.names] : recipe.fixed.names;
  const kept = thresholds ? [0, ...recipe.fixed.kept] : recipe.fixed.kept;
  const own = thresholds ? 1 : 0;
  const p = names.length;
  const weights = new Float64Array(cells * p);
  const lost = Array.from({ length: width }, (_, j) => j).filter((j) => !kept.includes(j));
  const exists = existingPoints(recipe, count, codes);
  for (let cell = 0; cell < cells; cell++) {
    const points = Array.from({ length: perCell }, (_, i) => cell * perCell + i).filter((i) => exists[i] === 1);
    // NaN for a combination that there is none of.
    const mean = (j: number) => points.reduce((sum, i) => sum + columns[j * count + i], 0) / points.length;
    const row = weights.subarray(cell * p, (cell + 1) * p);
    kept.forEach((j, k) => {
      row[k] = mean(j);
    });
    lost.forEach((j, d) => {
      const alias = aliases?.[d];
      const implied = alias ? alias.reduce((sum, factor, k) => sum + factor * row[own + k], 0) : Number.NaN;
      const value = mean(j);
      if (!(Math.abs(value - implied) <= OUTSIDE * (1 + Math.abs(value)))) row.fill(Number.NaN);
    });
  }
  return { names, count: cells, weights };
}

/** 1 for the points whose nested levels lie in the levels that hold them. */
function existingPoints(
  { nesting = [] }: ModelRecipe,
  count: number,
  codes: ReadonlyMap<string, Int32Array>,
): Uint8Array {
  const exists = new Uint8Array(count).fill(1);
  for (const { label, within, holder } of nesting) {
    const inner = codes.get(label);
    const outer = codes.get(within);
    if (!inner || !outer) continue;
    for (let i = 0; i < count; i++) if (holder[inner[i]] !== outer[i]) exists[i] = 0;
  }
  return exists;
}

/** All columns of the fixed effects at the points, aliased ones included: points x columns, column-major. */
function fixedColumns(recipe: ModelRecipe, points: GridPoints, at: ReadonlyMap<string, number>): Float64Array {
  const { count, codes } = points;
  const model = parseFormula(recipe.formula).fixed;
  const scope = newScope(recipe, gridTable(recipe, points, at));
  const variables = new Map<string, FrameVariable>();
  for (const variable of model.variables) {
    const described = recipe.variables.find(({ label }) => label === variable.label);
    if (described?.kind === 'factor') {
      const { levels, ordered, logical } = described;
      const own = codes.get(variable.label) ?? new Int32Array(count);
      variables.set(variable.label, { kind: 'factor', levels, codes: own, ordered, logical });
    } else if (described) {
      variables.set(variable.label, { kind: 'numeric', suffixes: described.suffixes, values: numbers(variable) });
    } else variables.set(variable.label, { kind: 'numeric', suffixes: [''], values: new Float64Array(count) });
  }
  /** A deviation from the mean of the own group is zero at the grid's points, and that mean the mean of all. */
  function numbers({ expression }: Variable): Float64Array {
    if (expression.type === 'call' && expression.name === 'within') return new Float64Array(count);
    if (expression.type === 'call' && expression.name === 'between') {
      const inner = evaluateVariable(expression.arguments[0].value, scope);
      return inner.kind === 'numeric' ? inner.values : new Float64Array(count);
    }
    const value = evaluateVariable(expression, scope);
    return value.kind === 'numeric' ? value.values : new Float64Array(count);
  }
  const frame: Frame = { n: count, variables };
  const codings = new Map(recipe.variables.map(({ label, coding }) => [label, coding]));
  return modelMatrix(model, frame, { codings, strict: false }).values;
}

/** The columns that expressions read: covariates at their means, at what `at` says or at the values of an axis. */
function gridTable(recipe: ModelRecipe, { count, codes, values }: GridPoints, at: ReadonlyMap<string, number>): Table {
  const columns = new Map(
    recipe.columns.map((column): [string, Column] => {
      const { name } = column;
      if (column.kind === 'factor') {
        const { levels, ordered } = column;
        const used = recipe.variables.find(({ label }) => label === name)?.levels ?? levels;
        const own = codes.get(name)?.map((code) => levels.indexOf(used[code])) ?? new Int32Array(count);
        return [name, { kind: 'factor', levels, ordered, codes: own }];
      }
      const fill = at.get(name) ?? column.mean ?? Number.NaN;
      return [name, { kind: column.kind, values: values.get(name) ?? new Float64Array(count).fill(fill) }];
    }),
  );
  return { rows: count, columns };
}

function fixedVariables(recipe: ModelRecipe): Set<string> {
  return new Set(recipe.fixed.terms.flatMap(({ variables }) => variables));
}

/** Numeric columns that the fixed effects read through numeric variables. */
function covariates(recipe: ModelRecipe): Extract<ColumnRecipe, { kind: 'numeric' | 'logical' }>[] {
  const labels = fixedVariables(recipe);
  const read = new Set(
    recipe.variables.flatMap(({ kind, label, columns }) => (kind === 'numeric' && labels.has(label) ? columns : [])),
  );
  return recipe.columns.flatMap((column) => (column.kind === 'numeric' && read.has(column.name) ? [column] : []));
}
