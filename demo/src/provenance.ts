/** What results belong to, in words: the line that stands above them, and the head of what is saved. Pure. */

import type { FitTable } from 'webgpu-lmm';
import { count, counted } from './number-text.ts';
import type { Results } from './store.ts';

export interface Fact {
  readonly name: string;
  readonly text: string;
}

const DDF: Readonly<Record<string, string>> = {
  'kenward-roger': 'Kenward-Roger t tests',
  satterthwaite: 'Satterthwaite t tests',
  'between-within': 'between-within t tests',
  asymptotic: 'z tests',
};

/** Facts about results, those first that tell one fit from another. */
export function provenance({ outcome, settings, source, summary, fitted }: Results): Fact[] {
  const { table } = outcome;
  const facts: (Fact | null)[] = [
    { name: 'data', text: source.kind === 'example' ? `example ${summary.name}` : summary.name },
    { name: 'formula', text: settings.formula },
    { name: 'model', text: modelText(table) },
    { name: 'rows', text: `${rangeText(table, (m) => table.nobs[m])} of ${counted(summary.rows, summary.rowNoun)}` },
    ...table.groups.map((group, g) => ({
      name: group,
      text: `${rangeText(table, (m) => table.groupLevels[m * table.groups.length + g])} of ${group}`,
    })),
    summary.kind === 'table' ? null : { name: 'normalisation', text: normalizationText(settings) },
    { name: 'weights', text: settings.weights || summary.roles.weights || 'no weights' },
    settings.offset === '' ? null : { name: 'offset', text: `offset ${settings.offset}` },
    settings.where === '' ? null : { name: 'filter', text: `where ${settings.where}` },
    settings.splitBy === '' ? null : { name: 'split', text: `by ${settings.splitBy}` },
    { name: 'tests', text: `${DDF[table.ddf] ?? table.ddf}, p adjusted by ${table.adjust}` },
    { name: 'fitted', text: fitted === undefined ? 'time of the fit unknown' : `fitted ${timeText(fitted)}` },
  ];
  return facts.filter((fact) => fact !== null);
}

/** Day and time of the clock on the wall. */
export function timeText(time: number): string {
  return new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
}

function modelText({ family, method }: FitTable): string {
  if (!family) return `linear mixed model, ${method}`;
  return `${family.family}, ${family.link} link`;
}

function normalizationText({ normalize, layer }: Results['settings']): string {
  const values = layer === '' ? 'values' : `layer ${layer}`;
  return normalize === 'none' ? `${values} as they are` : `${values} by ${normalize}`;
}

/** A number of the models that have a fit: one, or from the least to the most. */
function rangeText(table: FitTable, numberOf: (model: number) => number): string {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let m = 0; m < table.models; m++) {
    if (table.status[m] !== 0) continue;
    least = Math.min(least, numberOf(m));
    most = Math.max(most, numberOf(m));
  }
  return least >= most ? count(most) : `${count(least)} to ${count(most)}`;
}
