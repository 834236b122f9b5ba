/** Cells per donor and condition, with what they say of the design. */

import { parsedBuilder } from '../builder.ts';
import type { Context } from '../context.ts';
import { confounding, designWarnings, type Warning } from '../design-warnings.ts';
import { element, fill } from '../element.ts';
import { count, counted } from '../number-text.ts';
import type { Crosstab, DataSummary, Inspection } from '../worker/protocol.ts';

/** Donors and conditions that the table shows. */
const SHOWN_ROWS = 60;
const SHOWN_COLUMNS = 8;
/** Other columns looked at for confounding. */
const LOOKED_AT = 12;

export function designCheck({ store, client }: Context): HTMLElement {
  const host = element('div', { class: 'design-check', 'aria-live': 'polite' });
  let latest = 0;
  const update = async (): Promise<void> => {
    const mine = ++latest;
    const { inspection, summary, settings } = store.state;
    if (!inspection || !summary) {
      fill(host);
      return;
    }
    const donor = inspection.terms[0]?.group ?? '';
    const names = summary.columns.map(({ name }) => name);
    const condition = conditionName(settings.formula, settings.condition, summary);
    const parts: Node[] = [inspectionLine(inspection, summary)];
    let warnings: Warning[] = [];
    let table: Crosstab | null = null;
    if (names.includes(donor) && condition !== '' && condition !== donor) {
      try {
        table = await client.ask('crosstab', { row: donor, column: condition });
        warnings = designWarnings(table, donor, condition, summary.kind === 'matrix');
        for (const other of othersThan(summary, [donor, condition])) {
          const found = confounding(await client.ask('crosstab', { row: other, column: condition }), other, condition);
          const betweenDonors = warnings.some(({ text }) => text.startsWith('Each level of'));
          // Whatever belongs to a donor runs along with a condition between donors if few levels do.
          if (found && (!betweenDonors || (levelsOf(summary, other) ?? Infinity) <= 3)) warnings.push(found);
        }
      } catch {
        table = null; // a column of measured numbers: nothing to count by
      }
    }
    if (mine !== latest) return;
    const notes = inspection.notes.map(
      (text): Warning => ({ severity: text.startsWith('WARNING') ? 'warning' : 'note', text }),
    );
    const all = [
      ...warnings.filter(({ severity }) => severity === 'warning'),
      ...warnings.filter(({ severity }) => severity === 'note'),
      ...notes,
    ];
    if (all.length > 0) {
      parts.push(
        element(
          'ul',
          { class: 'warnings' },
          ...all.map(({ severity, text }) => element('li', { class: severity }, text)),
        ),
      );
    }
    if (table) parts.push(crosstabTable(table, donor, condition));
    fill(host, ...parts);
  };
  store.watch(['inspection', 'summary'], () => void update());
  return host;
}

/** The condition of the builder, else the one chosen for the gene page. */
export function conditionName(formula: string, chosen: string, summary: DataSummary): string {
  const built = parsedBuilder(formula);
  const grouped = (name: string): boolean =>
    summary.columns.some((column) => column.name === name && column.levels.length > 0 && column.distinct <= 40);
  for (const name of [chosen, built?.condition ?? '', built?.interaction ?? '', ...(built?.covariates ?? [])]) {
    if (name !== '' && grouped(name)) return name;
  }
  return '';
}

function levelsOf(summary: DataSummary, name: string): number | undefined {
  return summary.columns.find((column) => column.name === name)?.distinct;
}

function othersThan({ columns }: DataSummary, names: readonly string[]): string[] {
  return columns
    .filter(
      ({ name, distinct, levels }) => !names.includes(name) && levels.length > 0 && distinct >= 2 && distinct <= 40,
    )
    .map(({ name }) => name)
    .slice(0, LOOKED_AT);
}

function inspectionLine(
  { coefficients, dropped, used, terms, splits, responses }: Inspection,
  summary: DataSummary,
): HTMLElement {
  const random = terms.map(
    ({ group, names, levels }) =>
      `${counted(levels, 'levels')} of ${group}${names.length > 1 || names[0] !== '(Intercept)' ? ` (${names.join(', ')})` : ''}`,
  );
  const parts = [
    splits.length > 0
      ? `${counted(responses, 'responses')} in each of ${splits.length} splits`
      : counted(responses, summary.kind === 'matrix' ? 'genes' : 'responses'),
    counted(used, summary.rowNoun),
    counted(coefficients.length, 'coefficients'),
    ...random,
  ];
  if (dropped.length > 0) parts.push(`left out as aliased: ${dropped.join(', ')}`);
  return element('p', { class: 'facts', title: coefficients.join(', ') }, parts.join(' · '));
}

function crosstabTable({ rows, columns, counts }: Crosstab, donor: string, condition: string): HTMLElement {
  const width = columns.length;
  const most = counts.reduce((largest, value) => Math.max(largest, value), 1);
  const shownColumns = columns.slice(0, SHOWN_COLUMNS);
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col' }, donor),
    ...shownColumns.map((name) => element('th', { scope: 'col', class: 'number' }, name)),
  );
  const body = rows.slice(0, SHOWN_ROWS).map((name, i) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      ...shownColumns.map((_, k) => {
        const value = counts[i * width + k];
        // Five shades: styles cannot be written into attributes under the page's policy.
        const shade = value === 0 ? 0 : Math.ceil((4 * value) / most);
        return element('td', { class: `number shade${shade}` }, value === 0 ? '–' : count(value));
      }),
    ),
  );
  const more = rows.length > SHOWN_ROWS || width > SHOWN_COLUMNS;
  return element(
    'details',
    { class: 'crosstab', open: rows.length <= 16 },
    element('summary', {}, `Rows by ${donor} and ${condition}`),
    element(
      'div',
      { class: 'scroll', tabindex: 0 },
      element('table', {}, element('thead', {}, head), element('tbody', {}, ...body)),
    ),
    more ? element('p', { class: 'hint' }, `The first of ${count(rows.length)} × ${count(width)}.`) : null,
  );
}
