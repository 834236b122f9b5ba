/** Visits of a trial that are not there, and its value before treatment. Pure. */

import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { responseName } from './family-proposal.ts';
import { residualChoice } from './residual-structures.ts';

/** How many visits were planned, how many are missing, and what the fit makes of it; empty where none is missing. */
export function missingVisitWords(planned: number, seen: number): string {
  const absent = planned - seen;
  if (!(absent > 0)) return '';
  return `Of ${planned} visits ${absent} are missing: the fit takes all that were seen, which is right where what is missing can be told from what was seen (missing at random).`;
}

/**
 * The same of a table whose rows go together by visit and subject; empty for other models, for times that are measured, and for
 * a part of the rows.
 *
 * @param seen rows with a response, where a fit has told them; else as the columns say
 */
export function missingVisitsOf(
  { kind, rows, columns, reading }: Pick<DataSummary, 'kind' | 'rows' | 'columns' | 'reading'>,
  { residual, where, splitBy, formula }: Pick<Settings, 'residual' | 'where' | 'splitBy' | 'formula'>,
  seen?: number,
): string {
  const choice = residualChoice(residual);
  const baseline = reading?.baseline;
  // Without the visit that a covariate holds the others are counted as before.
  const left = where !== '' && where === baseline?.filter && choice?.visit === baseline.visit ? baseline.rows : 0;
  if (kind !== 'table' || !choice || choice.structure === 'sp_exp' || splitBy !== '') return '';
  if (where !== '' && left === 0) return '';
  const distinctOf = (wanted: string): number => columns.find(({ name }) => name === wanted)?.distinct ?? 0;
  const response = responseName(formula);
  const missing = columns.find(({ name }) => name === response)?.missing ?? 0;
  const visits = distinctOf(choice.visit) - (left > 0 ? 1 : 0);
  return missingVisitWords(distinctOf(choice.subject) * visits, seen ?? rows - missing - left);
}

/** The filter of a model with a baseline as a covariate, where rows hold the baseline as well; and why, in words. */
export function withoutBaseline(
  { reading }: Pick<DataSummary, 'reading'>,
  column: string,
  where: string,
): { readonly words: string; readonly change: Partial<Settings> } {
  const found = reading?.baseline;
  if (found?.column !== column) return { words: '', change: {} };
  const { filter, visit, level, rows } = found;
  return {
    words: ` The ${rows} rows of ${visit} ${level} hold the same values as '${column}': they leave the model with it.`,
    change: { where: where === '' ? filter : where.includes(filter) ? where : `(${where}) & ${filter}` },
  };
}

/** Names of values before treatment. */
const BASELINE =
  /^(base|baseline|bsl|bl|pre|pretreatment)$|(^|[_. -])(base|baseline|bsl|bl)([_. -]|\d*$)|^base(line)?[A-Z_.]/;

/** The column that holds the value of a subject before treatment, no row of its own; null for none. */
export function baselineColumn(
  { columns, reading }: Pick<DataSummary, 'columns' | 'reading'>,
  { response, subject }: { readonly response: string; readonly subject: string },
): string | null {
  const { layout, baseline } = reading ?? {};
  if (baseline && layout?.response === response && layout.donor === subject) return baseline.column;
  const subjects = columns.find(({ name }) => name === subject)?.distinct ?? 0;
  const found = columns.find(
    ({ name, kind, distinct }) =>
      kind === 'numeric' && distinct > 2 && distinct <= subjects && name !== response && BASELINE.test(name),
  );
  return found?.name ?? null;
}
