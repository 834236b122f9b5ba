/** Cells per donor and condition, with what they say of the design. */

import type { DesignRemark } from 'webgpu-lmm';
import { element, fill } from '../../element.ts';
import { parsedBuilder } from '../../model/builder.ts';
import { exposureOf, withExposure } from '../../model/exposure.ts';
import { bareName, leftOf } from '../../model/formula-names.ts';
import { residualChoice } from '../../model/residual-structures.ts';
import { levelsOf } from '../../model/unit-words.ts';
import type { DataSummary, DesignReading, Inspection } from '../../protocol/protocol.ts';
import type { Settings } from '../../protocol/settings.ts';
import type { Context } from '../../state/context.ts';
import { comparisonWords } from '../../words/design-words.ts';
import { effectFacts, effectWords } from '../../words/effect-words.ts';
import { count, counted } from '../../words/number-text.ts';
import { isWarningNote, pageWords } from '../../words/page-words.ts';
import { splitsText } from '../../words/split-words.ts';
import { notLoaded } from '../lazy-pane.ts';
import type { crosstabTable } from './crosstab-table.ts';
import { effectList } from './effect-list.ts';
import { formulaChoices } from './formula-choices.ts';

export function designCheck({ store, client }: Context): HTMLElement {
  const host = element('div', { class: 'design-check', 'aria-live': 'polite' });
  let latest = 0;
  let reading: DesignReading | null = null;
  let counts: HTMLElement | null = null;
  const draw = (): void => {
    const { inspection, summary, settings, tried } = store.state;
    if (!inspection || !summary) {
      fill(host);
      return;
    }
    const remarks = reading?.remarks ?? [];
    const notes = inspection.notes.map((text): DesignRemark => {
      return { severity: isWarningNote(text) ? 'warning' : 'note', text: pageWords(text) };
    });
    const all = [...remarks, ...notes];
    const ordered = [...all.filter(isWarning), ...all.filter((remark) => !isWarning(remark))];
    const parts: Node[] = [inspectionLine(inspection, settings, summary)];
    if (ordered.length > 0) {
      parts.push(
        element(
          'ul',
          { class: 'warnings' },
          ...ordered.map(({ severity, text }) => element('li', { class: severity }, text)),
        ),
      );
    }
    const condition = conditionName(settings.formula, settings.condition, summary);
    if (inspection.coefficients.length > 1) parts.push(effectList(inspection, settings, summary, condition));
    if (reading) {
      const compared = comparisonWords(reading);
      if (compared !== null) parts.unshift(element('p', { class: 'compared', id: 'compared' }, compared));
      // A structure of residuals stands in the place of the random effects that these formulas have.
      if (settings.residual === '')
        parts.push(formulaChoices(reading, settings, tried, (choice) => store.setting(choice)));
      if (counts) parts.push(counts);
    }
    const chosen = document.activeElement;
    const own = chosen instanceof HTMLInputElement && host.contains(chosen) ? chosen.value : null;
    const open = new Map([...host.querySelectorAll('details')].map(({ className, open: on }) => [className, on]));
    fill(host, ...parts);
    for (const part of host.querySelectorAll('details')) part.open = open.get(part.className) ?? part.open;
    const radios = [...host.querySelectorAll<HTMLInputElement>('input[type=radio]')];
    if (own !== null) (radios.find(({ value }) => value === own) ?? radios.find(({ checked }) => checked))?.focus();
  };
  const update = async (): Promise<void> => {
    const mine = ++latest;
    const { inspection, summary, settings } = store.state;
    if (inspection && summary) {
      const names = summary.columns.map(({ name }) => name);
      const groups = inspection.terms.map(({ group }) => group).filter((name) => names.includes(name));
      const built = parsedBuilder(settings.formula)?.donor ?? groups[groups.length - 1] ?? '';
      // Without any of them the data say what is lacking.
      const donor = built || residualChoice(settings.residual)?.subject || summary.reading?.layout.donor || '';
      const condition = conditionName(settings.formula, settings.condition, summary);
      // The formulas that fit keep a left side that is no column, such as a logarithm, and an exposure.
      const left = leftOf(settings.formula);
      const response = names.includes(bareName(left)) ? bareName(left) : '';
      const found =
        names.includes(donor) && condition !== donor
          ? await client
              .ask('design', { condition, donor, response, time: timeOf(summary, condition) })
              .catch(() => null)
          : null;
      const made = found?.crosstab ? await crosstabOf(found.crosstab, found.layout) : null;
      if (mine !== latest) return;
      counts = made;
      const kept = response === '' && left !== '' && summary.kind === 'table' ? `${left} ` : '';
      reading = found && {
        ...found,
        formulas: found.formulas.map((choice) => ({
          ...choice,
          formula: withExposure(`${kept}${choice.formula}`, exposureOf(settings.formula)),
        })),
      };
    }
    draw();
  };
  store.watch(['inspection', 'summary'], () => void update());
  store.watch(['tried'], draw);
  return host;
}

/** The counts of rows, whose code is loaded with the first of them. */
async function crosstabOf(...[counts, layout]: Parameters<typeof crosstabTable>): Promise<HTMLElement> {
  const code = await import('./crosstab-table.ts').catch(() => null);
  return code ? code.crosstabTable(counts, layout) : notLoaded();
}

/** The time on whose course the condition may act, as the data were first read. */
function timeOf({ reading }: DataSummary, condition: string): string {
  return reading?.layout.condition === condition ? reading.layout.time : '';
}

function isWarning({ severity }: DesignRemark): boolean {
  return severity === 'warning';
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
  settings: Settings,
  summary: DataSummary,
): HTMLElement {
  const random = terms.map(
    ({ group, names, levels }) =>
      `${levelsOf(count(levels), group)}${names.length > 1 || names[0] !== '(Intercept)' ? ` (${names.join(', ')})` : ''}`,
  );
  const within =
    splits.length === 0
      ? ''
      : ` in ${splits.length > 1 ? 'each of ' : ''}${splitsText(splits.length, settings.splitBy)}`;
  const parts = [
    `${counted(responses, summary.kind === 'matrix' ? 'genes' : 'responses')}${within}`,
    counted(used, summary.rowNoun),
    counted(coefficients.length, 'coefficients'),
    ...random,
  ];
  const facts = effectFacts(settings, summary.columns, coefficients);
  if (dropped.length > 0)
    parts.push(`left out as aliased: ${dropped.map((name) => effectWords(name, facts) ?? name).join(', ')}`);
  return element('p', { class: 'facts' }, parts.join(' · '));
}
