/** Which column of a formula tells the visits of a subject apart. */

import type { Column, ModelRecipe, Table } from 'webgpu-lmm';
import { type DesignPart, parseFormula } from 'webgpu-lmm/steps';

/** A grouping factor over the rows of a design. */
export interface Subjects {
  readonly name: string;
  readonly levels: readonly string[];
  readonly codes: Int32Array;
}

export interface TimeColumn {
  readonly name: string;
  /** By row of the design: the number, or the place of the level; NaN where missing. */
  readonly values: Float64Array;
  /** Levels of a factor; null for numbers. */
  readonly visits: readonly string[] | null;
  readonly subjects: Subjects;
}

const NAMED =
  /^(time|day|week|month|year|hour|visit|session|wave|timepoint|age)s?\d*$|(^|[_.])(time|day|week|visit)s?$/i;
const VISIT_LEVEL =
  /^(visit|week|wk|day|month|year|hour|session|t|v|w|d|m|h)[ _.-]?\d+$|^\d+([ _.-]?(h|d|w|m|days?|weeks?|months?|hours?))?$/i;
/** Visits of a subject at most, and distinct times over all cells at most: more are measurements, no visits. */
const MOST_VISITS = 60;
const MOST_TIMES_OF_CELLS = 30;
/** A number without a name for time counts from so many values a subject on. */
const LEAST_VISITS = 3;

/** The column, with the subjects that are followed; null where the design has none. */
export function timeColumn(
  table: Table,
  { design }: DesignPart,
  recipe: ModelRecipe | null,
  ofCells: boolean,
): TimeColumn | null {
  const fixed = new Set(effectsOf(recipe).flatMap(({ columns }) => columns));
  // A group that the condition or the visit makes, such as a sample, is not followed over time.
  const followed = subjectsOf({ design }).filter(({ name }) => !name.split(':').some((part) => fixed.has(part)));
  if (followed.length === 0) return null;
  const candidates = [...fixed].flatMap((name) => {
    const column = table.columns.get(name);
    const values = column && timeValues(name, column, design.rows);
    if (!values) return [];
    const subjects = closest(followed, values.values);
    const { repeated, distinct } = visitsOf(subjects, values.values);
    const named = NAMED.test(name) || values.visits !== null;
    if (repeated < (named ? 2 : LEAST_VISITS) || repeated > MOST_VISITS) return [];
    if (distinct < 3 || (ofCells && distinct > MOST_TIMES_OF_CELLS)) return [];
    return [{ name, ...values, subjects, rank: (NAMED.test(name) ? 2 : 0) + (values.visits === null ? 1 : 0) }];
  });
  return candidates.sort((a, b) => b.rank - a.rank)[0] ?? null;
}

/** Variables of a model that have effects: an exposure has none. */
function effectsOf(recipe: ModelRecipe | null): ModelRecipe['variables'] {
  if (!recipe) return [];
  const { variables, offsets } = parseFormula(recipe.formula).fixed;
  const exposures = offsets.map((index) => variables[index].label);
  return recipe.variables.filter(({ label }) => !exposures.includes(label));
}

/** Grouping factors of a design, those that hold others first: of its random terms, and the subjects of its residuals. */
export function subjectsOf({ design }: Pick<DesignPart, 'design'>): Subjects[] {
  const found = new Map<string, Subjects>();
  for (const { group, levels, codes } of design.random) found.set(group, { name: group, levels, codes });
  const subject = design.residual?.subject;
  if (subject && !found.has(subject.name)) found.set(subject.name, subject);
  const all = [...found.values()];
  const depth = new Map(all.map((one) => [one, all.filter((other) => liesWithin(one, other)).length]));
  return all.sort((a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0));
}

/** Whether each level of a factor has rows of one level of another, which has fewer: a sample of its donor. */
function liesWithin(inner: Subjects, outer: Subjects): boolean {
  if (inner.levels.length <= outer.levels.length) return false;
  const holder = new Int32Array(inner.levels.length).fill(-1);
  return inner.codes.every((code, i) => {
    if (holder[code] < 0) holder[code] = outer.codes[i];
    return holder[code] === outer.codes[i];
  });
}

function timeValues(name: string, column: Column, rows: Int32Array): Pick<TimeColumn, 'values' | 'visits'> | null {
  if (column.kind === 'numeric') return { values: Float64Array.from(rows, (row) => column.values[row]), visits: null };
  if (column.kind !== 'factor' || column.levels.length < 3) return null;
  const { levels, codes, ordered } = column;
  if (!ordered && !NAMED.test(name) && !levels.every((level) => VISIT_LEVEL.test(level))) return null;
  return { values: Float64Array.from(rows, (row) => (codes[row] < 0 ? Number.NaN : codes[row])), visits: levels };
}

/** The factor with the fewest rows a level and time: the one that is followed over time. */
function closest(all: readonly Subjects[], time: Float64Array): Subjects {
  const cells = (subjects: Subjects): number => cellsOf(subjects, time).size;
  return all.reduce((best, one) => (cells(one) > cells(best) ? one : best));
}

function cellsOf({ codes }: Subjects, time: Float64Array): Set<string> {
  return new Set(Array.from(time, (value, i) => `${codes[i]} ${value}`));
}

/** Median number of times of a subject, and how many times there are in all. */
function visitsOf({ levels, codes }: Subjects, time: Float64Array): { repeated: number; distinct: number } {
  const own = levels.map(() => new Set<number>());
  const all = new Set<number>();
  time.forEach((value, i) => {
    if (Number.isNaN(value) || codes[i] < 0) return;
    own[codes[i]].add(value);
    all.add(value);
  });
  const counts = own.map(({ size }) => size).sort((a, b) => a - b);
  return { repeated: counts[counts.length >> 1] ?? 0, distinct: all.size };
}
