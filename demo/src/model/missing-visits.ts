/** Visits of a trial that are not there, and its value before treatment. Pure. */

import type { ColumnSummary, DataSummary } from '../protocol/protocol.ts';
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
  { kind, rows, columns }: Pick<DataSummary, 'kind' | 'rows' | 'columns'>,
  { residual, where, splitBy, formula }: Pick<Settings, 'residual' | 'where' | 'splitBy' | 'formula'>,
  seen?: number,
): string {
  const choice = residualChoice(residual);
  if (kind !== 'table' || !choice || choice.structure === 'sp_exp' || where !== '' || splitBy !== '') return '';
  const distinctOf = (wanted: string): number => columns.find(({ name }) => name === wanted)?.distinct ?? 0;
  const response = responseName(formula);
  const missing = columns.find(({ name }) => name === response)?.missing ?? 0;
  return missingVisitWords(distinctOf(choice.subject) * distinctOf(choice.visit), seen ?? rows - missing);
}

/** Names of values before treatment. */
const BASELINE =
  /^(base|baseline|bsl|bl|pre|pretreatment)$|(^|[_. -])(base|baseline|bsl|bl)([_. -]|\d*$)|^base(line)?[A-Z_.]/;

/** The column that holds the value of a subject before treatment, no row of its own; null for none. */
export function baselineColumn(
  columns: readonly ColumnSummary[],
  { response, subject }: { readonly response: string; readonly subject: string },
): string | null {
  const subjects = columns.find(({ name }) => name === subject)?.distinct ?? 0;
  const found = columns.find(
    ({ name, kind, distinct }) =>
      kind === 'numeric' && distinct > 2 && distinct <= subjects && name !== response && BASELINE.test(name),
  );
  return found?.name ?? null;
}
