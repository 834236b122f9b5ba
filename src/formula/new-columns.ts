/** Columns of the terms of a fit for other data. */
import { FitError, nearestName } from '../errors.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { Table } from '../types/table.ts';
import { conformTable } from './column-recipe.ts';
import { listed } from './design.ts';
import { evaluateVariable, type Frame, type FrameVariable, gatherFrame, visitMissing } from './frame.ts';
import { extendLevels } from './known-levels.ts';
import { modelMatrix } from './model-matrix.ts';
import { formulaSource } from './source.ts';
import type { ModelTerms } from './terms.ts';
import { replayTraining } from './training.ts';
import type { Scope } from './value.ts';

/** Where the expressions of a recipe are evaluated for a table with the columns that they read. */
export function newScope(recipe: ModelRecipe, table: Table, source = formulaSource(recipe.formula)): Scope {
  return {
    table: conformTable(table, recipe),
    source,
    columns: new Set(recipe.columns.map(({ name }) => name)),
    training: replayTraining(recipe.trained),
  };
}

/**
 * All columns of some terms for the table of a scope, rows x columns column-major; rows with a missing value are NaN. Rows with an
 * unknown level are added to `unknown`, or are an error without it.
 */
export function newColumns(
  model: ModelTerms,
  scope: Scope,
  recipe: ModelRecipe,
  { fixed, unknown }: { readonly fixed: boolean; readonly unknown: Set<number> | null },
): Float64Array {
  const { table } = scope;
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
