/** What a prediction with the effects of known groups should say: rows whose groups and conditions the fit never saw together. */
import type { MomentFit } from '../fit/readable-fit.ts';
import { holderOf, LevelMeans } from '../lmm/level-means.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { chosen } from '../options/entries.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { Table } from '../types/table.ts';
import { factorLevels } from './linear-predictor.ts';
import { type NewRows, newRows, runRecipes } from './new-rows.ts';
import type { PredictOptions } from './predict.ts';

/** Values of a column that agree to this are one. */
const EQUAL = 1e-6;
/** Rows that a note numbers. */
const NUMBERED = 3;

/**
 * Notes on rows of a new table that have a known group (a sample) in a condition, or in another group (a donor), that it never had
 * in the fit. They are predicted all the same: as if that group were there. None where groups are left out (`randomEffects: none`).
 *
 * Throws as the function predict does.
 */
export function groupNotes(
  result: MomentFit,
  table: Table,
  options: Pick<PredictOptions, 'randomEffects'> = {},
): string[] {
  if (result.table.terms.length === 0 || chosen('randomEffects', options.randomEffects) !== 'all') return [];
  const recipes = runRecipes(result);
  const rows = newRows(recipes, table, { random: true, allowNewLevels: true });
  // A row that goes together in one part of the data does.
  const found = new Map<string, { pair: Pair; wrong: Map<number, string>; right: Set<number> }>();
  for (const recipe of recipes) {
    const batch = result.moments.batches.find((one) => (one.recipe ?? result.recipe) === recipe);
    const own = rows.get(recipe);
    if (!batch || !own) continue;
    for (const { column, group, wrong, right } of comparedRows(recipe, own, batch.design)) {
      const key = JSON.stringify([column, group]);
      const known = found.get(key) ?? { pair: { column, group }, wrong: new Map(), right: new Set() };
      found.set(key, known);
      for (const [row, level] of wrong) known.wrong.set(row, level);
      for (const row of right) known.right.add(row);
    }
  }
  return [...found.values()].flatMap(({ pair, wrong, right }) => {
    const apart = [...wrong].filter(([row]) => !right.has(row)).sort(([a], [b]) => a - b);
    return apart.length === 0 ? [] : [noteOf(pair, apart)];
  });
}

/** `row 2 has a 'stim' that its 'sample' never had in the data ('d1_ctrl')`. */
function noteOf({ column, group }: Pair, found: readonly (readonly [row: number, level: string])[]): string {
  const numbers = found.slice(0, NUMBERED).map(([row]) => String(row + 1));
  const more = found.length > NUMBERED ? ` and ${found.length - NUMBERED} more` : '';
  const levels = [...new Set(found.slice(0, NUMBERED).map(([, level]) => `'${level}'`))].join(', ');
  const [rows, their, are] =
    found.length === 1
      ? [`row ${numbers[0]} has`, 'its', 'it is']
      : [`rows ${numbers.join(', ')}${more} have`, 'their', 'they are'];
  return `${rows} a '${column}' that ${their} '${group}' never had in the data (${levels}): ${are} predicted as if it had`;
}

/** A column of the fixed effects or a grouping factor, and the grouping factor that goes with it. */
interface Pair {
  readonly column: string;
  readonly group: string;
}

/** Rows of known levels that have, and that have not, what their level had in the fit. */
interface ComparedRows extends Pair {
  /** With the level of the group. */
  readonly wrong: ReadonlyMap<number, string>;
  readonly right: readonly number[];
}

function* comparedRows(recipe: ModelRecipe, rows: NewRows, design: DesignMoments): Generator<ComparedRows> {
  const { factors } = design;
  const count = rows.fixed.rows;
  const codes = factorLevels(rows, design, true);
  const codeOf = (row: number, f: number): number => codes[row * factors.length + f];
  for (const [f, inner] of factors.entries()) {
    const compare = (column: string, fits: (row: number, level: number) => boolean | null): ComparedRows => {
      const wrong = new Map<number, string>();
      const right: number[] = [];
      for (let row = 0; row < count; row++) {
        const level = codeOf(row, f);
        const own = level < 0 ? null : fits(row, level);
        if (own === true) right.push(row);
        else if (own === false) wrong.set(row, inner.levels[level]);
      }
      return { column, group: inner.group, wrong, right };
    };
    const levels = new LevelMeans(design, inner);
    for (const { label, columns } of levels.hasMeans ? factorColumns(recipe, rows, design) : []) {
      if (!columns.every(({ k }) => levels.isConstant(k))) continue;
      const means = columns.map(({ k }) => levels.meansOfColumn(k).slice());
      yield compare(label, (row, level) => {
        const values = columns.map(({ j }) => rows.fixed.values[j * count + row]);
        if (values.some(Number.isNaN)) return null;
        return values.every((value, c) => Math.abs(value - means[c][level]) <= EQUAL * Math.max(1, Math.abs(value)));
      });
    }
    for (const [g, outer] of factors.entries()) {
      if (g === f || outer.levels.length >= inner.levels.length) continue;
      const holder = holderOf(design, inner, outer);
      if (!holder) continue;
      yield compare(outer.group, (row, level) => {
        const code = codeOf(row, g);
        return code === -2 ? null : code === holder[level];
      });
    }
  }
}

/** Columns of the factors of the fixed effects: place in the design, and among those of new rows. */
function factorColumns({ fixed, variables }: ModelRecipe, rows: NewRows, { coefficients }: DesignMoments) {
  return fixed.terms.flatMap(({ label, variables: own }, t) => {
    const [name] = own;
    if (own.length !== 1 || variables.find((variable) => variable.label === name)?.kind !== 'factor') return [];
    const columns = fixed.names.flatMap((coefficient, place) => {
      const [k, j] = [coefficients.indexOf(coefficient), rows.fixed.names.indexOf(coefficient)];
      return fixed.assign[place] === t + 1 && k >= 0 && j >= 0 ? [{ k, j }] : [];
    });
    return columns.length === 0 ? [] : [{ label, columns }];
  });
}
