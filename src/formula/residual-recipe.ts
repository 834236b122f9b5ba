/** How the residuals' structure and standard deviations are made from a table, as plain data, and what they are in another. */
import type { Design } from '../types/design.ts';
import type { GroupRecipe, ModelRecipe } from '../types/recipe.ts';
import type { DispersionRows, ResidualRows, RowFactor } from '../types/residual.ts';
import type { Table } from '../types/table.ts';
import type { BuiltDesign } from './design.ts';
import { evaluateVariable, frameVariable, gatherFrame } from './frame.ts';
import { type GroupOfRows, groupOfRows, groupRecipe, newGroups } from './group-recipe.ts';
import type { GroupingFactor } from './grouping.ts';
import { modelMatrix } from './model-matrix.ts';
import { newColumns, newScope } from './new-columns.ts';
import { dispersionSource, parseDispersion, parseResidual, type ResidualFormula, residualSource } from './residual.ts';

/** What a recipe has of the residuals of a design. */
export function residualRecipes({
  source,
  residual,
  dispersion,
}: BuiltDesign): Pick<ModelRecipe, 'residual' | 'dispersion'> {
  const { frame, codings } = source;
  const recipe = (group: GroupingFactor | null, factor: RowFactor | null): GroupRecipe | null =>
    group && factor && groupRecipe(group, factor, frame);
  const groups = source.residual && groupsOf(source.residual);
  const columns =
    source.dispersion &&
    modelMatrix(source.dispersion.terms, gatherFrame(frame, new Int32Array(0)), { codings, strict: false }).names;
  return {
    ...(groups && residual
      ? {
          residual: {
            text: residual.text,
            visit: recipe(groups.visit, residual.visit),
            subject: groupRecipe(groups.subject, residual.subject, frame),
            by: recipe(groups.by, residual.by),
          },
        }
      : {}),
    ...(columns && dispersion
      ? { dispersion: { text: dispersion.text, names: dispersion.names, kept: placesOf(dispersion.names, columns) } }
      : {}),
  };
}

/** Place of each kept column among all, in whose order they stand. */
function placesOf(names: readonly string[], all: readonly string[]): number[] {
  const kept: number[] = [];
  all.forEach((name, j) => {
    if (name === names[kept.length]) kept.push(j);
  });
  return kept;
}

/** Visit, subject and groups as grouping factors. */
function groupsOf({ visit, subject, by }: ResidualFormula) {
  return { visit: { name: visit.label, variables: [visit] }, subject, by };
}

/**
 * Whether the residuals of some rows of a design have the visits, groups and columns of the whole, so that one recipe does for
 * both; subjects may be fewer, as levels of random terms may.
 */
export function sameResiduals(design: BuiltDesign, subset: BuiltDesign): boolean {
  const same = (whole: RowFactor | null | undefined, part: RowFactor | null | undefined) =>
    (whole?.levels.length ?? 0) === (part?.levels.length ?? 0);
  const levels = ({ source }: BuiltDesign) =>
    (source.dispersion?.terms.variables ?? []).map(({ label }) => {
      const variable = frameVariable(source.frame, label);
      return variable.kind === 'factor' ? variable.levels.length : 0;
    });
  const names = ({ dispersion }: Design) => dispersion?.names ?? [];
  return (
    same(design.residual?.visit, subset.residual?.visit) &&
    same(design.residual?.by, subset.residual?.by) &&
    levels(design).join() === levels(subset).join() &&
    names(design).join('\n') === names(subset).join('\n')
  );
}

/** The structure of residuals for a table, in the levels of the fit. */
export interface ResidualOfRows {
  readonly structure: ResidualRows['structure'];
  readonly text: string;
  /** Null for the times of `sp_exp`. */
  readonly visit: (GroupOfRows & { readonly name: string }) | null;
  /** Null for visits; NaN is missing. */
  readonly time: ResidualRows['time'];
  readonly subject: GroupOfRows & { readonly name: string };
  readonly by: (GroupOfRows & { readonly name: string }) | null;
}

/**
 * Visits or times, subjects and groups of the rows of a table; null where the fit had independent residuals. New levels are
 * no error: their codes are -1. Without `subjects` every row is of a subject of its own, and the table needs no column of them.
 *
 * Throws FormulaError for a column that is not there, DataError for text where the fit had numbers.
 */
export function residualOfRows(
  recipe: ModelRecipe,
  table: Table,
  { subjects = true }: { readonly subjects?: boolean } = {},
): ResidualOfRows | null {
  if (recipe.residual === undefined) return null;
  const { text, visit, subject, by } = recipe.residual;
  const parsed = parseResidual(text);
  const groups = groupsOf(parsed);
  const scope = newScope(recipe, table, residualSource(text));
  const rows = (group: GroupingFactor, levels: GroupRecipe) => ({
    name: group.name,
    ...groupOfRows(group.variables, levels, scope),
  });
  const time = visit === null ? evaluateVariable(parsed.visit.expression, scope) : null;
  return {
    structure: parsed.structure,
    text,
    visit: visit && rows(groups.visit, visit),
    time: time?.kind === 'numeric' ? { name: groups.visit.name, values: time.values } : null,
    subject: subjects
      ? rows(groups.subject, subject)
      : { name: groups.subject.name, ...newGroups(subject, table.rows) },
    by: by && groups.by && rows(groups.by, by),
  };
}

/**
 * The columns of the residuals' log standard deviation for a table, rows x names column-major, NaN in rows with a missing
 * value; null where the fit had equal ones.
 *
 * Throws DataError for a level that the fit did not have, unless `unknownLevels` are to be missing values; FormulaError for a
 * column that is not there.
 */
export function dispersionOfRows(
  recipe: ModelRecipe,
  table: Table,
  { unknownLevels = 'error' }: { readonly unknownLevels?: 'error' | 'missing' } = {},
): DispersionRows | null {
  if (recipe.dispersion === undefined) return null;
  const { text, names, kept } = recipe.dispersion;
  const scope = newScope(recipe, table, dispersionSource(text));
  const unknown = unknownLevels === 'missing' ? new Set<number>() : null;
  const all = newColumns(parseDispersion(text).terms, scope, recipe, { fixed: true, unknown });
  const n = table.rows;
  const x = new Float64Array(n * kept.length);
  kept.forEach((from, to) => {
    x.set(all.subarray(from * n, (from + 1) * n), to * n);
  });
  return { text, names, x };
}
