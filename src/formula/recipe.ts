import { FitError } from '../errors.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import type { ModelRecipe, RandomRecipe, VariableRecipe } from '../types/recipe.ts';
import type { Table } from '../types/table.ts';
import { type BuiltDesign, codedFactors, columnsRead, type DesignFrame } from './design.ts';
import { numericColumn } from './design-options.ts';
import { evaluateVariable, frameVariable, gatherFrame } from './frame.ts';
import { groupOfRows, groupRecipe, newGroups } from './group-recipe.ts';
import { modelMatrix } from './model-matrix.ts';
import { newColumns, newScope } from './new-columns.ts';
import { parseFormula } from './parse.ts';
import { residualRecipes, sameResiduals } from './residual-recipe.ts';
import type { Variable } from './terms.ts';

/** How the design was made, for making rows of it from other tables. Cost is one pass over the rows of each variable. */
export function recipeOf(built: BuiltDesign): ModelRecipe {
  const { source, fixed, random } = built;
  const { formula, frame, codings } = source;
  const columns = modelMatrix(formula.fixed, gatherFrame(frame, new Int32Array(0)), { codings, strict: false });
  const kept: number[] = [];
  columns.names.forEach((name, j) => {
    if (name === fixed.names[kept.length] && columns.assign[j] === fixed.assign[kept.length]) kept.push(j);
  });
  return {
    formula: formula.source,
    rows: built.n,
    columns: source.columns,
    variables: usedVariables(source).map((variable) => variableRecipe(variable, source)),
    trained: source.trained,
    fixed: {
      names: fixed.names,
      assign: fixed.assign,
      kept,
      dropped: fixed.dropped,
      aliases: aliasRows(fixed),
      terms: formula.fixed.terms.map((term, t) => ({
        label: formula.fixed.labels[t],
        variables: term.map((index) => formula.fixed.variables[index].label),
      })),
      intercept: formula.fixed.intercept,
    },
    nesting: nestedFactors(source),
    random: random.map((term, t) => randomRecipe(term, source.order[t], source)),
    weights: source.weights,
    offset: source.offset,
    ...(source.trials === undefined ? {} : { trials: source.trials }),
    ...residualRecipes(built),
  };
}

/** Factors of the fixed effects whose levels lie each in one level of another, of which some level holds several. */
function nestedFactors({ formula, frame }: DesignFrame): NonNullable<ModelRecipe['nesting']> {
  const used = new Set(formula.fixed.terms.flat());
  const factors = formula.fixed.variables.flatMap(({ label }, index) => {
    const variable = used.has(index) ? frameVariable(frame, label) : null;
    return variable?.kind === 'factor' ? [{ label, ...variable }] : [];
  });
  return factors.flatMap((inner) =>
    factors.flatMap((outer) => {
      if (outer === inner || inner.levels.length <= outer.levels.length) return [];
      const holder = new Array<number>(inner.levels.length).fill(-1);
      const nested = inner.codes.every((code, i) => {
        if (holder[code] < 0) holder[code] = outer.codes[i];
        return holder[code] === outer.codes[i];
      });
      return nested ? [{ label: inner.label, within: outer.label, holder }] : [];
    }),
  );
}

function aliasRows({ dropped, names, aliases }: Design['fixed']): number[][] | null {
  if (dropped.length === 0) return [];
  if (aliases === undefined) return null;
  return dropped.map((_, k) => [...aliases.subarray(k * names.length, (k + 1) * names.length)]);
}

/** The recipe of a design that was built from a table; null for one made by hand. */
export function designRecipe(design: Design | BuiltDesign): ModelRecipe | null {
  return 'source' in design ? recipeOf(design) : null;
}

/** The recipe of some rows of a design: that of the whole, unless a factor lost levels, and its columns with them. */
export function subsetRecipe(
  whole: ModelRecipe | null,
  design: Design | BuiltDesign,
  subset: Design | BuiltDesign,
): ModelRecipe | null {
  if (whole === null || !('source' in design) || !('source' in subset)) return null;
  const frames = [design.source.frame, subset.source.frame];
  const same = codedFactors(design.source).every((label) => {
    const [before, after] = frames.map((frame) => frameVariable(frame, label));
    return before.kind === 'factor' && after.kind === 'factor' && before.levels.length === after.levels.length;
  });
  return same && sameResiduals(design, subset) ? whole : recipeOf(subset);
}

/**
 * Variables of the terms, fixed and random, and of the standard deviations and times of the residuals, each once; not those
 * of grouping factors and visits alone.
 */
function usedVariables({ formula, residual, dispersion }: DesignFrame): Variable[] {
  const found = new Map<string, Variable>();
  const models = [
    formula.fixed,
    ...formula.random.map(({ terms }) => terms),
    ...(dispersion ? [dispersion.terms] : []),
  ];
  for (const { terms, variables, offsets } of models) {
    for (const index of [...terms.flat(), ...offsets]) found.set(variables[index].label, variables[index]);
  }
  if (residual?.structure === 'sp_exp') found.set(residual.visit.label, residual.visit);
  return [...found.values()];
}

function variableRecipe({ label, expression }: Variable, source: DesignFrame): VariableRecipe {
  const { frame, codings } = source;
  const variable = frameVariable(frame, label);
  const factor = variable.kind === 'factor' ? variable : undefined;
  return {
    label,
    columns: columnsRead(expression, source),
    kind: variable.kind,
    suffixes: variable.kind === 'numeric' ? variable.suffixes : [],
    levels: factor?.levels ?? [],
    ordered: factor?.ordered ?? false,
    logical: factor?.logical ?? false,
    coding: codings.get(label) ?? (factor?.ordered ? 'poly' : 'treatment'),
  };
}

function randomRecipe(term: RandomTerm, part: number, { formula, frame }: DesignFrame): RandomRecipe {
  return {
    group: term.group,
    names: term.names,
    part,
    ...groupRecipe(formula.random[part].group, term, frame),
    ...(term.structure === undefined ? {} : { structure: term.structure }),
  };
}

/** Rows of the fixed-effects matrix for a table. */
export interface FixedMatrixOfRows {
  /** Coefficients kept in the fit. */
  readonly names: readonly string[];
  readonly rows: number;
  /** rows x names, column-major; rows in which a variable is missing are NaN. */
  readonly values: Float64Array;
  /** Rows with a level that the fit did not have, where that is no error; NaN too. */
  readonly unknown: readonly number[];
}

/**
 * The rows of X for a table with the columns that the fixed effects read, in the codings and with the trained functions
 * of the fit; aliased columns are left out. The table of the fit gives back its own X, bit for bit.
 *
 * Throws DataError for a level that the fit did not have, unless `unknownLevels` are to be missing values; FormulaError
 * for a column that is not there.
 */
export function fixedMatrixOfRows(
  recipe: ModelRecipe,
  table: Table,
  { unknownLevels = 'error' }: { readonly unknownLevels?: 'error' | 'missing' } = {},
): FixedMatrixOfRows {
  const formula = parseFormula(recipe.formula);
  const { names, kept } = recipe.fixed;
  const unknown = unknownLevels === 'missing' ? new Set<number>() : null;
  const columns = newColumns(formula.fixed, newScope(recipe, table), recipe, { fixed: true, unknown });
  const values = new Float64Array(table.rows * kept.length);
  kept.forEach((from, to) => {
    values.set(columns.subarray(from * table.rows, (from + 1) * table.rows), to * table.rows);
  });
  return { names, rows: table.rows, values, unknown: [...(unknown ?? [])].sort((a, b) => a - b) };
}

/** One random term for a table. */
export interface RandomTermOfRows {
  readonly group: string;
  readonly names: readonly string[];
  /** Levels of the fit. */
  readonly levels: readonly string[];
  /** Level of each row; -1 for a level that the fit did not have, -2 where it is missing. */
  readonly codes: Int32Array;
  /** rows x q, column-major; rows in which a variable is missing are NaN. */
  readonly z: Float64Array;
  /** Text of the level of each row with code -1. */
  readonly newLevels: ReadonlyMap<number, string>;
  /** As {@link RandomTerm} has it. */
  readonly structure?: NonNullable<RandomTerm['structure']>;
}

/**
 * The random terms of the fit, in its order, for a table. Throws as {@link fixedMatrixOfRows}; new groups are no error. Without
 * `groups` every row is of a group of its own, and the table needs no columns of them.
 */
export function randomTermsOfRows(
  recipe: ModelRecipe,
  table: Table,
  {
    unknownLevels = 'error',
    groups = true,
  }: { readonly unknownLevels?: 'error' | 'missing'; readonly groups?: boolean } = {},
): RandomTermOfRows[] {
  const formula = parseFormula(recipe.formula);
  return recipe.random.map((term) => {
    const { terms, group } = formula.random[term.part];
    return {
      group: term.group,
      names: term.names,
      ...(groups ? groupOfRows(group.variables, term, newScope(recipe, table)) : newGroups(term, table.rows)),
      z: newColumns(terms, newScope(recipe, table), recipe, {
        fixed: false,
        unknown: unknownLevels === 'missing' ? new Set<number>() : null,
      }),
      ...(term.structure === undefined ? {} : { structure: term.structure }),
    };
  });
}

/** Sum of the offset() terms and the offset column of the fit; null where there was neither. Missing is NaN. */
export function offsetOfRows(recipe: ModelRecipe, table: Table): Float64Array | null {
  const { fixed } = parseFormula(recipe.formula);
  if (fixed.offsets.length === 0 && recipe.offset === null) return null;
  const scope = newScope(recipe, table);
  const sum = new Float64Array(table.rows);
  const parts = fixed.offsets.map((index) => evaluateVariable(fixed.variables[index].expression, scope));
  for (const part of parts) {
    if (part.kind === 'numeric') for (let i = 0; i < sum.length; i++) sum[i] += part.values[i];
  }
  if (recipe.offset !== null) {
    if (!table.columns.has(recipe.offset)) throw noOffset(recipe.offset, table);
    const values = numericColumn(scope, recipe.offset, 'offset');
    for (let i = 0; i < sum.length; i++) sum[i] += values[i];
  }
  return sum;
}

function noOffset(name: string, { path }: Table): FitError {
  return new FitError('DataError', `the table has no column '${name}', the offset of the fit`, {
    option: 'offset',
    remedy: `Add a column '${name}' of numbers: of counts the logarithm of the counts of each row over all responses.`,
    path,
  });
}
