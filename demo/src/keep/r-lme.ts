/** Random effects as `lme` of nlme takes them, whose groups lie within each other. */

import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { isFactorColumn } from './r-residuals.ts';
import { effectsText, isIntercept, type RTerms } from './r-terms.ts';
import { bare, type RSettings } from './r-words.ts';

type Part = RTerms['random'][number];

/** More levels than that are no columns of one group: `lme` would take minutes. */
const MOST_COLUMNS = 200;

export interface LmeRandom {
  readonly text: string;
  /** Group of a correlation of residuals: as fine as the random effects, at least. */
  readonly within: string;
  /** Lines that make the groups. */
  readonly before: readonly string[];
}

/** Random terms of one group, as `lme` wants their covariance. */
function together(parts: readonly Part[]): string {
  const [first] = parts;
  if (parts.length === 1) return `~ ${effectsText(first)}`;
  return `pdBlocked(list(${parts.map((part) => `~ ${effectsText(part)}`).join(', ')}))`;
}

/** @param subject group of the residuals; empty where they are independent */
export function randomOfLme(
  parts: RTerms['random'],
  subject: string,
  settings: Settings & RSettings,
  summary: DataSummary,
): LmeRandom {
  const before: string[] = [];
  const groups = new Map<string, { readonly column: string; readonly parts: Part[]; readonly levels: number }>();
  for (const part of parts) {
    const { name, variables } = part.group;
    const known = groups.get(name);
    if (known) {
      known.parts.push(part);
      continue;
    }
    const labels = variables.map(({ label }) => label);
    const levels = labels.map((label) => summary.columns.find((column) => column.name === bare(label))?.distinct ?? 0);
    let [column] = labels;
    if (labels.length > 1 || !isFactorColumn(column, settings, summary)) {
      column = `${labels.map((label) => bare(label).replace(/\W+/g, '_')).join('_')}_`;
      const made = labels.length > 1 ? `interaction(${labels.join(', ')}, drop = TRUE)` : `factor(${labels[0]})`;
      if (column !== subject) before.push(`d$${column} <- with(d, ${made})`);
    }
    groups.set(name, { column, parts: [part], levels: Math.max(...levels) });
  }
  const list = [...groups.values()].sort((a, b) => a.levels - b.levels);
  const [first] = list;
  if (list.length === 1 && (subject === '' || first.column === subject)) {
    const inner = together(first.parts);
    const text = inner.startsWith('~') ? `${inner} | ${first.column}` : `list(${first.column} = ${inner})`;
    return { text, within: first.column, before };
  }
  if (parts.every(isIntercept) && list.every(({ levels }) => levels <= MOST_COLUMNS)) {
    // One group of all rows, whose effects are the levels: right whether groups lie within each other or cross.
    const blocks = list.map(({ column }) => `pdIdent(~ 0 + ${column})`);
    return {
      text: `list(all_ = ${blocks.length === 1 ? blocks[0] : `pdBlocked(list(${blocks.join(', ')}))`})`,
      within: subject === '' ? 'all_' : `all_/${subject}`,
      before: [
        ...before,
        'd$all_ <- factor(1) # one group of all rows: lme takes groups only that lie within each other',
      ],
    };
  }
  const columns = list.map(({ column }) => column);
  if (subject !== '' && !columns.includes(subject)) columns.push(subject);
  return {
    text: `list(${list.map(({ column, parts: own }) => `${column} = ${together(own)}`).join(', ')})`,
    within: columns.join('/'),
    before: [
      ...before,
      '# lme takes groups only that lie within each other',
      ...columns
        .slice(1)
        .map(
          (inner, k) =>
            `stopifnot(rowSums(table(d[[${JSON.stringify(bare(inner))}]], d[[${JSON.stringify(bare(columns[k]))}]]) > 0) <= 1)`,
        ),
    ],
  };
}
