/** Levels of a grouping factor as plain data, and the rows of another table in them. */
import type { GroupRecipe } from '../types/recipe.ts';
import { evaluateVariable, type Frame, groupingOf } from './frame.ts';
import type { Grouping, GroupingFactor } from './grouping.ts';
import { extendLevels, extendNumberLevels } from './known-levels.ts';
import type { Variable } from './terms.ts';
import type { Scope } from './value.ts';

/** The levels of a grouping factor: those of its variables, and their combinations in use. */
export function groupRecipe({ variables }: GroupingFactor, { levels, codes }: Grouping, frame: Frame): GroupRecipe {
  const groupings = variables.map((variable) => groupingOf({ name: variable.label, variables: [variable] }, frame));
  const atoms = variables.map(({ label }, a) => ({ label, levels: groupings[a].levels }));
  if (atoms.length === 1) return { atoms, combinations: null };
  const combinations = new Array<number>(levels.length).fill(-1);
  codes.forEach((level, i) => {
    if (combinations[level] < 0) combinations[level] = combination(groupings, i);
  });
  return { atoms, combinations };
}

/** The rows of a table in the levels of the fit. */
export interface GroupOfRows {
  readonly levels: readonly string[];
  /** Level of each row; -1 for a level that the fit did not have, -2 where it is missing. */
  readonly codes: Int32Array;
  /** Text of the level of each row with code -1. */
  readonly newLevels: ReadonlyMap<number, string>;
}

/** A grouping factor of the fit over the table of a scope. */
export function groupOfRows(variables: readonly Variable[], recipe: GroupRecipe, scope: Scope): GroupOfRows {
  const atoms = newAtoms(variables, recipe, scope);
  const { levels, place } = levelsOf(recipe);
  const codes = new Int32Array(scope.table.rows);
  const newLevels = new Map<number, string>();
  for (let i = 0; i < codes.length; i++) {
    const code = combination(atoms, i);
    codes[i] = code === -1 ? -2 : (place.get(code) ?? -1);
    if (codes[i] === -1) newLevels.set(i, atoms.map((atom) => atom.extended[atom.codes[i]]).join(':'));
  }
  return { levels, codes, newLevels };
}

/** Rows that are each of a new group, whatever their table has. */
export function newGroups(recipe: GroupRecipe, rows: number): GroupOfRows {
  return { levels: levelsOf(recipe).levels, codes: new Int32Array(rows).fill(-1), newLevels: new Map() };
}

/** Levels of a grouping factor, as they name its random effects. */
export function groupLevels(recipe: GroupRecipe): readonly string[] {
  return levelsOf(recipe).levels;
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

/** Texts of the levels, and the level of each code over the atoms. */
function levelsOf({ atoms, combinations }: GroupRecipe): { levels: readonly string[]; place: Map<number, number> } {
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

/** The variables of a grouping factor in the levels of the fit; `extended` has the new ones behind them. */
function newAtoms(variables: readonly Variable[], recipe: GroupRecipe, scope: Scope) {
  return variables.map(({ expression }, a) => {
    const { levels } = recipe.atoms[a];
    const variable = evaluateVariable(expression, scope);
    const { levels: extended, codes } =
      variable.kind === 'factor' ? extendLevels(levels, variable) : extendNumberLevels(levels, variable.values);
    return { levels, extended, codes };
  });
}
