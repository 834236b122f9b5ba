/** What a recipe that comes from a file must look like; a file whose checksum is right may still have been edited. */
import {
  array,
  boolean,
  type GenericSchema,
  integer,
  is,
  literal,
  minValue,
  nullable,
  number,
  object,
  optional,
  picklist,
  pipe,
  string,
  tuple,
  variant,
} from 'valibot';
import type { ModelRecipe } from '../types/recipe.ts';

const count = pipe(number(), integer(), minValue(0));
const texts = array(string());
const numbers = array(number());

const column = variant('kind', [
  object({
    name: string(),
    kind: picklist(['numeric', 'logical']),
    mean: nullable(number()),
    minimum: nullable(number()),
    maximum: nullable(number()),
  }),
  object({ name: string(), kind: literal('factor'), levels: texts, counts: numbers, ordered: boolean() }),
]);

const trained = variant('kind', [
  object({ kind: literal('scale'), call: string(), center: number(), scale: number() }),
  object({
    ...{ kind: literal('poly'), call: string(), mean: number(), scale: number(), count: number() },
    ...{ projections: array(numbers), norms: numbers },
  }),
  object({ kind: literal('spline'), call: string(), knots: numbers, boundary: tuple([number(), number()]) }),
  object({ kind: literal('cut'), call: string(), breaks: numbers }),
  object({ kind: literal('factor'), call: string(), levels: texts }),
  object({ kind: literal('means'), call: string(), levels: texts, means: array(nullable(number())) }),
]);

const variable = object({
  label: string(),
  columns: texts,
  kind: picklist(['numeric', 'factor']),
  suffixes: texts,
  levels: texts,
  ordered: boolean(),
  logical: boolean(),
  coding: picklist(['treatment', 'sum', 'helmert', 'poly']),
});

const group = {
  atoms: array(object({ label: string(), levels: texts })),
  combinations: nullable(array(count)),
};

const randomTerm = object({
  group: string(),
  names: texts,
  part: count,
  ...group,
  structure: optional(picklist(['cs', 'ar1', 'diag'])),
});

const residual = object({
  text: string(),
  visit: nullable(object(group)),
  subject: object(group),
  by: nullable(object(group)),
});

const dispersion = object({ text: string(), names: texts, kept: array(count) });

const recipe = object({
  formula: string(),
  rows: count,
  columns: array(column),
  variables: array(variable),
  trained: array(trained),
  fixed: object({
    names: texts,
    assign: array(count),
    kept: array(count),
    dropped: texts,
    aliases: nullable(array(numbers)),
    terms: array(object({ label: string(), variables: texts })),
    intercept: boolean(),
  }),
  nesting: optional(array(object({ label: string(), within: string(), holder: array(count) }))),
  random: array(randomTerm),
  weights: nullable(string()),
  offset: nullable(string()),
  trials: optional(string()),
  residual: optional(residual),
  dispersion: optional(dispersion),
  split: optional(object({ column: string(), level: string() })),
}) satisfies GenericSchema<unknown, unknown>;

/** Whether interior knots increase, or stay, within a boundary of two different knots. */
function isIncreasing([low, high]: readonly [number, number], knots: readonly number[]): boolean {
  return low < high && knots.every((knot, k) => knot > low && knot < high && (k === 0 || knot >= knots[k - 1]));
}

/** Whether a value has the parts of a recipe, each of its kind, in lists whose lengths agree. */
export function isRecipe(value: unknown): value is ModelRecipe {
  if (!is(recipe, value)) return false;
  const { fixed, columns, trained: learned, random, residual: structure, dispersion: deviations } = value;
  return (
    fixed.names.length === fixed.assign.length &&
    fixed.names.length === fixed.kept.length &&
    (fixed.aliases === null || fixed.aliases.length === fixed.dropped.length) &&
    (fixed.aliases?.every((weights) => weights.length === fixed.names.length) ?? true) &&
    fixed.assign.every((term) => term <= fixed.terms.length) &&
    columns.every((each) => each.kind !== 'factor' || each.counts.length === each.levels.length) &&
    learned.every((each) => each.kind !== 'means' || each.means.length === each.levels.length) &&
    learned.every(
      (each) =>
        each.kind !== 'poly' ||
        (each.projections.length === each.norms.length &&
          each.projections.every((row, k) => row.length === 2 * (k + 1))),
    ) &&
    random.every(({ atoms, names }) => atoms.length > 0 && names.length > 0) &&
    [structure?.visit, structure?.subject, structure?.by].every((each) => !each || each.atoms.length > 0) &&
    deviations?.names.length === deviations?.kept.length &&
    learned.every((each) => each.kind !== 'spline' || isIncreasing(each.boundary, each.knots)) &&
    learned.every((each) => each.kind !== 'cut' || each.breaks.every((end, k) => k === 0 || end > each.breaks[k - 1]))
  );
}
