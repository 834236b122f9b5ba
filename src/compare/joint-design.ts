/** Several designs of one table: on the rows that all of them use, and the design that holds them. */
import { FitError } from '../errors.ts';
import { count } from '../formula/design.ts';
import { fullRank } from '../formula/full-rank.ts';
import { subsetDesign } from '../formula/subset.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import { columnsInside, sameGroups, sameNumbers } from './nested-models.ts';

/**
 * Restricts designs of one table to the rows that all of them use; designs that are the same object stay so.
 *
 * @throws DataError where there is no such row
 */
export function onCommonRows(own: readonly Design[]): { designs: Design[]; notes: string[] } {
  const uses = new Map<number, number>();
  for (const { rows } of own) for (const row of rows) uses.set(row, (uses.get(row) ?? 0) + 1);
  const common = own[0].rows.filter((row) => uses.get(row) === own.length);
  if (common.length === 0) {
    throw new FitError('DataError', 'no row is complete for all formulas', {
      remedy: 'Compare models of variables that are known in the same rows.',
    });
  }
  const most = Math.max(...own.map(({ n }) => n));
  const notes =
    common.length < most
      ? [
          `all models are fitted to the ${common.length} rows that are complete for every formula (${count(most - common.length, 'row')} fewer than one of them would use)`,
        ]
      : [];
  const restricted = new Map([...new Set(own)].map((design) => [design, onRows(design, common)]));
  return { designs: own.map((design) => restricted.get(design) ?? design), notes };
}

/** A design on some of its rows, given as rows of the table. */
export function onRows(design: Design, rows: Int32Array): Design {
  if (design.n === rows.length) return design;
  const keep = new Int32Array(rows.length);
  let at = 0;
  for (let i = 0; i < design.n && at < rows.length; i++) if (design.rows[i] === rows[at]) keep[at++] = i;
  if (at < rows.length) throw new RangeError('the design lacks rows of the others');
  return subsetDesign(design, keep);
}

/**
 * A design whose columns and random terms hold those of all the given ones, which have the same rows.
 *
 * @throws FormulaError where they have different offsets
 */
export function jointDesign(designs: readonly Design[]): Design {
  const [first] = designs;
  const { n } = first;
  if (!designs.every(({ offset }) => sameNumbers(offset, first.offset))) {
    throw new FitError('FormulaError', 'the formulas have different offsets', {
      source: designs[1].formula,
      remedy: 'Models with different offsets are models of different responses: give all the same.',
    });
  }
  const random: RandomTerm[] = [];
  for (const term of designs.flatMap((design) => design.random)) {
    const inside = (a: RandomTerm, b: RandomTerm) =>
      sameGroups(a, b) && columnsInside({ names: a.names, x: a.z }, { names: b.names, x: b.z }, n) !== null;
    if (random.some((known) => inside(term, known))) continue;
    for (let t = random.length - 1; t >= 0; t--) if (inside(random[t], term)) random.splice(t, 1);
    // One factor for all terms with the same groups, whatever it is called.
    const alike = random.find((known) => sameGroups(term, known));
    random.push(alike ? { ...term, group: alike.group, levels: alike.levels, codes: alike.codes } : term);
  }
  // Not a copy of the first design: that would bring along the variables from which its own columns are built anew.
  const { rows, weights, offset, residual, dispersion } = first;
  // Models with several structures have their own in their designs.
  const common = designs.every((design) => design.residual?.text === residual?.text);
  return {
    formula: designs.map(({ formula }) => formula).join(', '),
    rows,
    n,
    fixed: jointFixed(designs),
    random,
    ...(common && residual ? { residual } : {}),
    ...(dispersion === undefined ? {} : { dispersion }),
    ...(weights === undefined ? {} : { weights }),
    ...(offset === undefined ? {} : { offset }),
    notes: [],
  };
}

function jointFixed(designs: readonly Design[]): Design['fixed'] {
  const [{ n }] = designs;
  const names: string[] = [];
  const columns: Float64Array[] = [];
  for (const { fixed } of designs) {
    fixed.names.forEach((name, k) => {
      const column = fixed.x.subarray(k * n, (k + 1) * n);
      if (columns.some((known, j) => names[j] === name && sameNumbers(known, column))) return;
      names.push(name);
      columns.push(column);
    });
  }
  const x = new Float64Array(n * columns.length);
  columns.forEach((column, k) => {
    x.set(column, k * n);
  });
  return fullRank(n, { names, assign: names.map(() => 0), termLabels: ['(Intercept)'], x, dropped: [] });
}
