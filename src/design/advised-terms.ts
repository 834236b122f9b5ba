/** Which random terms a model that has none lacks: those of the formula that a reader of the design recommends. */
import { asLevels } from '../data/table/table-rows.ts';
import { gatherCodes } from '../formula/columns.ts';
import { quotedName } from '../formula/syntax.ts';
import type { Table } from '../types/table.ts';
import { isNested } from './crosstab.ts';
import { recommendedTerms } from './formulas.ts';
import { columnFacts } from './layout.ts';
import { readDesign } from './reading.ts';
import { guessRoles } from './roles.ts';
import { namedVisits } from './visit-order.ts';

/** Distinct values up to which a column of the fixed effects is one that is compared. */
const MOST_CONDITIONS = 12;

/** A model without random terms, by what its columns are. */
export interface UnheldModel {
  /** Columns that the fixed effects read, in the order of the formula. */
  readonly fixed: readonly string[];
  /** Columns that name units whose rows count as replicates: one at least. */
  readonly shared: readonly string[];
  /** Those that may name samples, libraries or clusters of the units. */
  readonly others: readonly string[];
  readonly rows: Int32Array;
}

export interface AdvisedTerms {
  /** Random terms to be added together. */
  readonly terms: readonly string[];
  /** Columns of units that these leave out, as the design does not say whether they count. */
  readonly left: readonly string[];
}

/** What is to be added to a model, as {@link readDesign} recommends it for the same units and the same comparison. */
export function advisedTerms(table: Table, { fixed, shared, others, rows }: UnheldModel): AdvisedTerms {
  const known = columnFacts(withColumns(table, [...fixed, ...shared]), rows);
  const facts = (names: readonly string[]) => known.filter(({ name }) => names.includes(name));
  const donor = guessRoles(facts(shared), rows.length).donor || shared[0];
  const guess = guessRoles(facts(fixed), rows.length);
  const levels = facts(fixed).filter(
    ({ discrete, distinct }) => discrete && distinct > 1 && distinct <= MOST_CONDITIONS,
  );
  const condition = guess.condition || (levels[0]?.name ?? '');
  // A course over time is one of the model where its time is in it.
  const time = condition !== '' && guess.time !== condition ? guess.time : '';
  const [visits = ''] = time === '' ? namedVisits(table, levels).filter((name) => name !== condition) : [];
  const read = new Set([donor, condition, time, visits, ...shared, ...others.filter((name) => !fixed.includes(name))]);
  read.delete('');
  const { layout } = readDesign(withColumns(table, [...read]), { donor, condition, time, visits, rows, codes: false });
  const terms = recommendedTerms(layout);
  const used = shared.filter((name) => terms.some((term) => namesOf(term).includes(quotedName(name))));
  const codes = (name: string): Int32Array => codesOf(table, name, rows);
  const left = shared.filter((name) => {
    if (used.includes(name)) return false;
    return !used.some((other) => isNested(codes(name), codes(other)) && isNested(codes(other), codes(name)));
  });
  return { terms, left };
}

/** Random terms of what lies within the samples of units and conditions (slices, libraries), as {@link readDesign} recommends them. */
export function finerTerms(
  table: Table,
  { donor, condition, others, rows }: { donor: string; condition: string; others: readonly string[]; rows: Int32Array },
): readonly string[] {
  const { layout } = readDesign(withColumns(table, [donor, condition, ...others]), {
    ...{ donor, condition, rows },
    ...{ time: '', visits: '', codes: false },
  });
  return layout.libraries.map((name) => `(1 | ${quotedName(name)})`);
}

function withColumns(table: Table, names: readonly string[]): Table {
  const columns = [...table.columns].filter(([name]) => names.includes(name));
  return { rows: table.rows, columns: new Map(columns), path: table.path };
}

function codesOf(table: Table, name: string, rows: Int32Array): Int32Array {
  const column = table.columns.get(name);
  return column ? gatherCodes(asLevels(column).codes, rows) : new Int32Array(rows.length).fill(-1);
}

/** The parts of the grouping factor of a term: `donor` and `stim` of `(1 | donor:stim)`. */
function namesOf(term: string): string[] {
  return term.slice(term.indexOf('| ') + 2, -1).split(':');
}
