/** Cells per donor and condition, with what they say of the design. */

import type { DesignRemark } from 'webgpu-lmm';
import { parsedBuilder } from '../builder.ts';
import type { Context } from '../context.ts';
import { element, fill } from '../element.ts';
import { count, counted } from '../number-text.ts';
import { pageWords } from '../page-words.ts';
import type { Tried } from '../store.ts';
import type { Crosstab, DataSummary, DesignReading, Inspection } from '../worker/protocol.ts';

/** Donors and conditions that the table shows. */
const SHOWN_ROWS = 60;
const SHOWN_COLUMNS = 8;

export function designCheck({ store, client }: Context): HTMLElement {
  const host = element('div', { class: 'design-check', 'aria-live': 'polite' });
  let latest = 0;
  let reading: DesignReading | null = null;
  const draw = (): void => {
    const { inspection, summary, settings, tried } = store.state;
    if (!inspection || !summary) {
      fill(host);
      return;
    }
    const remarks = reading?.remarks ?? [];
    const notes = inspection.notes.map((text): DesignRemark => {
      return { severity: text.startsWith('WARNING') ? 'warning' : 'note', text: pageWords(text) };
    });
    const all = [...remarks, ...notes];
    const ordered = [...all.filter(isWarning), ...all.filter((remark) => !isWarning(remark))];
    const parts: Node[] = [inspectionLine(inspection, summary)];
    if (ordered.length > 0) {
      parts.push(
        element(
          'ul',
          { class: 'warnings' },
          ...ordered.map(({ severity, text }) => element('li', { class: severity }, text)),
        ),
      );
    }
    if (reading) {
      parts.push(formulaChoices(reading, settings.formula, tried, (formula) => store.setting({ formula })));
      const { crosstab, layout } = reading;
      if (crosstab) parts.push(crosstabTable(crosstab, layout.donor, layout.condition));
    }
    fill(host, ...parts);
  };
  const update = async (): Promise<void> => {
    const mine = ++latest;
    const { inspection, summary, settings } = store.state;
    if (inspection && summary) {
      const names = summary.columns.map(({ name }) => name);
      const groups = inspection.terms.map(({ group }) => group).filter((name) => names.includes(name));
      const donor = parsedBuilder(settings.formula)?.donor ?? groups[groups.length - 1] ?? '';
      const condition = conditionName(settings.formula, settings.condition, summary);
      const response = settings.formula.split('~')[0].trim();
      const found =
        names.includes(donor) && condition !== donor
          ? await client.ask('design', { condition, donor, response, time: '' }).catch(() => null)
          : null;
      if (mine !== latest) return;
      reading = found;
    }
    draw();
  };
  store.watch(['inspection', 'summary'], () => void update());
  store.watch(['tried'], draw);
  return host;
}

function isWarning({ severity }: DesignRemark): boolean {
  return severity === 'warning';
}

/** The formulas that fit the design, each with what its test rests on and how many models it found so far. */
function formulaChoices(
  { formulas }: DesignReading,
  current: string,
  tried: readonly Tried[],
  choose: (formula: string) => void,
): HTMLElement {
  const squeeze = (formula: string): string => formula.replace(/\s+/g, '');
  const advice = { recommended: 'Recommended', alternative: 'Also possible', warning: 'Not advised' } as const;
  return element(
    'div',
    { class: 'formula-choices', id: 'formula-choices' },
    element('h3', {}, 'Formulas that fit these data'),
    ...formulas.map(({ formula, reason, advice: kind }) => {
      const own = squeeze(formula) === squeeze(current);
      const found = tried.find((one) => squeeze(one.formula) === squeeze(formula));
      return element(
        'div',
        { class: `formula-choice ${kind}${own ? ' chosen' : ''}`, 'data-formula': formula },
        element(
          'div',
          { class: 'row' },
          element('strong', {}, own ? `${advice[kind]}, chosen` : advice[kind]),
          element('code', {}, formula),
          own
            ? null
            : element('button', { type: 'button', class: 'quiet', onclick: () => choose(formula) }, 'Use this'),
        ),
        found
          ? element('p', { class: 'facts found' }, `${count(found.found)} found of ${counted(found.models, 'models')}`)
          : null,
        element('p', { class: 'hint' }, reason),
      );
    }),
  );
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
