import { FitError, nearestName } from '../errors.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import type { ModelRecipe, RandomRecipe, VariableRecipe } from '../types/recipe.ts';
import type { Table } from '../types/table.ts';
import { conformTable } from './column-recipe.ts';
import { type BuiltDesign, codedFactors, columnsRead, type DesignFrame, listed } from './design.ts';
import { numericColumn } from './design-options.ts';
import {
  evaluateVariable,
  type Frame,
  type FrameVariable,
  frameVariable,
  gatherFrame,
  groupingOf,
  visitMissing,
} from './frame.ts';
import { extendLevels, extendNumberLevels } from './known-levels.ts';
import { modelMatrix } from './model-matrix.ts';
import { type Formula, parseFormula } from './parse.ts';
import { formulaSource } from './source.ts';
import type { ModelTerms, Variable } from './terms.ts';
import { replayTraining } from './training.ts';
import type { Scope } from './value.ts';

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
    variables: usedVariables(formula).map((variable) => variableRecipe(variable, source)),
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
  return same ? whole : recipeOf(subset);
}

/** Variables of the terms, fixed and random, each once; not those of grouping factors alone. */
function usedVariables(formula: Formula): Variable[] {
  const found = new Map<string, Variable>();
  for (const { terms, variables, offsets } of modelsOf(formula)) {
    for (const index of [...terms.flat(), ...offsets]) found.set(variables[index].label, variables[index]);
  }
  return [...found.values()];
}

function modelsOf(formula: Formula): ModelTerms[] {
  return [formula.fixed, ...formula.random.map(({ terms }) => terms)];
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
  const { variables } = formula.random[part].group;
  const groupings = variables.map((variable) => groupingOf({ name: variable.label, variables: [variable] }, frame));
  const atoms = variables.map(({ label }, a) => ({ label, levels: groupings[a].levels }));
  let combinations: number[] | null = null;
  if (atoms.length > 1) {
    const codes = new Array<number>(term.levels.length).fill(-1);
    term.codes.forEach((level, i) => {
      if (codes[level] < 0) codes[level] = combination(groupings, i);
    });
    combinations = codes;
  }
  return { group: term.group, names: term.names, part, atoms, combinations };
}

/** Code of row i over several factors, the first varying slowest; -1 where a level is missing, NaN where one is new. */
function combination(
  atoms: readonly { readonly levels: readonly string[]; readonly codes: Int32Array }[],
  i: number,
): number {
  let code = 0;
  for (const { levels, codes } of atoms) {
    if (codes[i] < 0) return -1;
    code = codes[i] >= levels.length ? Number.NaN : code * levels.length + codes[i];
  }
  return code;
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
  const columns = newColumns(formula.fixed, recipe, table, { fixed: true, unknown });
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
}

/** The random terms of the fit, in its order, for a table. Throws as {@link fixedMatrixOfRows}; new groups are no error. */
export function randomTermsOfRows(
  recipe: ModelRecipe,
  table: Table,
  { unknownLevels = 'error' }: { readonly unknownLevels?: 'error' | 'missing' } = {},
): RandomTermOfRows[] {
  const formula = parseFormula(recipe.formula);
  return recipe.random.map((term) => {
    const { terms, group } = formula.random[term.part];
    const atoms = newAtoms(group.variables, term, recipe, table);
    const { levels, place } = levelsOf(term);
    const codes = new Int32Array(table.rows);
    const newLevels = new Map<number, string>();
    for (let i = 0; i < table.rows; i++) {
      const code = combination(atoms, i);
      codes[i] = code === -1 ? -2 : (place.get(code) ?? -1);
      if (codes[i] === -1) newLevels.set(i, atoms.map((atom) => atom.extended[atom.codes[i]]).join(':'));
    }
    return {
      group: term.group,
      names: term.names,
      levels,
      codes,
      z: newColumns(terms, recipe, table, {
        fixed: false,
        unknown: unknownLevels === 'missing' ? new Set<number>() : null,
      }),
      newLevels,
    };
  });
}

/** Texts of the levels of a random term, and the level of each code over its atoms. */
function levelsOf({ atoms, combinations }: RandomRecipe): { levels: readonly string[]; place: Map<number, number> } {
  const codes = combinations ?? [...atoms[0].levels.keys()];
  const levels = codes.map((code) => {
    const parts: string[] = [];
    let rest = code;
    for (const atom of [...atoms].reverse()) {
      parts.unshift(atom.levels[rest % atom.levels.length]);
      rest = Math.floor(rest / atom.levels.length);
    }
    return parts.join(':');
  });
  return { levels, place: new Map(codes.map((code, level) => [code, level])) };
}

/** Levels of a random term's grouping factor, as they name its random effects. */
export function groupLevels(term: RandomRecipe): readonly string[] {
  return levelsOf(term).levels;
}

/** The variables of a grouping factor in the levels of the fit; `extended` has the new ones behind them. */
function newAtoms(variables: readonly Variable[], term: RandomRecipe, recipe: ModelRecipe, table: Table) {
  const scope = newScope(recipe, table);
  return variables.map(({ expression }, a) => {
    const { levels } = term.atoms[a];
    const variable = evaluateVariable(expression, scope);
    const { levels: extended, codes } =
      variable.kind === 'factor' ? extendLevels(levels, variable) : extendNumberLevels(levels, variable.values);
    return { levels, extended, codes };
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
    const values = numericColumn(scope, recipe.offset, 'offset');
    for (let i = 0; i < sum.length; i++) sum[i] += values[i];
  }
  return sum;
}

/** Where the expressions of a recipe are evaluated for a table with the columns that they read. */
export function newScope(recipe: ModelRecipe, table: Table): Scope {
  return {
    table: conformTable(table, recipe),
    source: formulaSource(recipe.formula),
    columns: new Set(recipe.columns.map(({ name }) => name)),
    training: replayTraining(recipe.trained),
  };
}

/**
 * All columns of some terms for a table, rows x columns column-major; rows with a missing value are NaN. Rows with an
 * unknown level are added to `unknown`, or are an error without it.
 */
function newColumns(
  model: ModelTerms,
  recipe: ModelRecipe,
  table: Table,
  { fixed, unknown }: { readonly fixed: boolean; readonly unknown: Set<number> | null },
): Float64Array {
  const scope = newScope(recipe, table);
  const n = table.rows;
  const used = new Set(model.terms.flat());
  const variables = new Map<string, FrameVariable>();
  model.variables.forEach(({ label, expression }, index) => {
    if (!used.has(index)) {
      // offsets, and what - removed: no column comes of them
      variables.set(label, { kind: 'numeric', values: new Float64Array(n), suffixes: [''] });
      return;
    }
    variables.set(label, trainedVariable(label, evaluateVariable(expression, scope), recipe, table, unknown));
  });
  const frame: Frame = { n, variables };
  const absent = new Uint8Array(n);
  for (const variable of variables.values()) {
    visitMissing(frame, variable, (row) => {
      absent[row] = 1;
    });
  }
  const keep = Int32Array.from(absent.keys()).filter((row) => absent[row] === 0);
  const codings = new Map(recipe.variables.map(({ label, coding }) => [label, coding]));
  const { values, names } = modelMatrix(model, gatherFrame(frame, keep), {
    strict: false,
    ...(fixed ? { codings } : {}),
  });
  if (keep.length === n) return values;
  const out = new Float64Array(n * names.length).fill(Number.NaN);
  names.forEach((_, j) => {
    keep.forEach((row, i) => {
      out[j * n + row] = values[j * keep.length + i];
    });
  });
  return out;
}

/** A variable in the levels that it had in the fit. */
function trainedVariable(
  label: string,
  variable: FrameVariable,
  recipe: ModelRecipe,
  table: Table,
  unknown: Set<number> | null,
): FrameVariable {
  const described = recipe.variables.find((candidate) => candidate.label === label);
  if (variable.kind === 'numeric') {
    if (described === undefined || described.suffixes.length === variable.suffixes.length) return variable;
    throw new FitError('DataError', `'${label}' has ${variable.suffixes.length} columns, in the fit it had others`, {
      remedy: 'The recipe of the fit does not belong to its formula: fit the model again.',
    });
  }
  const levels = described?.levels ?? [];
  const { levels: extended, codes } = extendLevels(levels, variable);
  if (unknown) {
    const known = codes.map((code, i) => {
      if (code < levels.length) return code;
      unknown.add(i);
      return -1;
    });
    return { ...variable, levels, codes: known };
  }
  const row = codes.findIndex((code) => code >= levels.length);
  if (row >= 0) {
    const level = extended[codes[row]];
    const near = nearestName(level, levels);
    throw new FitError(
      'DataError',
      `'${label}' has the level '${level}' in row ${row + 1}, which the fit did not have`,
      {
        remedy: near === undefined ? `Its levels are ${listed(levels)}.` : `Did you mean '${near}'?`,
        path: table.path,
      },
    );
  }
  return { ...variable, levels, codes };
}
