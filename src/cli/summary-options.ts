/** How `fit` and `gather` write the summary: for the terminal it goes to, with the tables that are asked for beside the model. */
import { anovaTable } from '../result/anova-table.ts';
import type { OutputTable } from '../result/output-table.ts';
import type { SummaryOptions } from '../result/summary/model-summary.ts';
import { tableLines } from '../result/summary/table-lines.ts';
import { count } from '../result/summary/text-columns.ts';
import type { TableOptions } from '../result/table-runs.ts';
import type { FitResult } from '../types/fit-result.ts';
import type { FitRequest } from './fit-request.ts';

/** Columns where there is no terminal. */
const WIDTH = 80;
/** Rows of a table of many models. */
const ROWS = 10;

export function summaryOptions(
  result: FitResult,
  { raw, summaryNotes }: FitRequest,
  { anovaType, marginal, geneSets }: Pick<TableOptions, 'anovaType' | 'marginal' | 'geneSets'>,
  path: string | null,
): SummaryOptions {
  // A terminal that does not know its width says 0.
  const width = (path === null && process.stdout.isTTY && process.stdout.columns) || WIDTH;
  const asked: (readonly [string, OutputTable])[] = [
    ...(raw.anova ? [[`F tests of type ${anovaType}`, anovaTable(result, anovaType)] as const] : []),
    ...(marginal ? [[`Marginal means, ${raw.emmeans}`, marginal.means] as const] : []),
    ...(marginal ? [['Comparisons', marginal.pairs] as const] : []),
    ...(geneSets ? [['Gene sets', geneSets] as const] : []),
  ];
  const { table } = result;
  const sections = asked.flatMap(([title, rows]) => {
    const single = table.models === 1;
    const lines = tableLines(rows, single ? { width, model: { table, model: 0 } } : { width, rows: ROWS });
    const part = single || rows.rows <= ROWS ? '' : `, first ${ROWS} of ${count(rows.rows)} rows`;
    return lines.length > 0 ? [{ title: `${title}${part}`, lines }] : [];
  });
  return { width, sections, notes: summaryNotes };
}
