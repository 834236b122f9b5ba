/** What results belong to, in words: the line that stands above them, and the head of what is saved. Pure. */

import type { FitTable } from 'webgpu-lmm';
import { levelsOf } from '../model/unit-words.ts';
import type { Results } from '../results/results-view.ts';
import { factorWords } from './factor-words.ts';
import { count, counted } from './number-text.ts';
import { valueWords } from './value-words.ts';

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
export function provenance(results: Results): Fact[] {
  const { outcome, settings, source, summary, fitted } = results;
  const { table } = outcome;
  const facts: (Fact | null)[] = [
    { name: 'data', text: source.kind === 'example' ? `${summary.name} (example)` : summary.name },
    { name: 'formula', text: settings.formula },
    { name: 'model', text: modelText(table) },
    { name: 'rows', text: `${rangeText(table, (m) => table.nobs[m])} of ${counted(summary.rows, summary.rowNoun)}` },
    ...table.groups.map((group, g) => ({
      name: group,
      text: levelsOf(
        rangeText(table, (m) => table.groupLevels[m * table.groups.length + g]),
        group,
      ),
    })),
    summary.kind === 'table' && settings.transform === 'none'
      ? null
      : { name: 'normalisation', text: valueWords(settings) },
    { name: 'weights', text: weightText(results) },
    settings.offset === '' ? null : { name: 'offset', text: `offset ${settings.offset}` },
    settings.where === '' ? null : { name: 'filter', text: `where ${settings.where}` },
    settings.splitBy === '' ? null : { name: 'split', text: `by ${settings.splitBy}` },
    settings.residual === '' ? null : { name: 'residuals', text: `residuals ${settings.residual}` },
    settings.dispersion === '' ? null : { name: 'dispersion', text: `their spread ${settings.dispersion}` },
    ...factorWords(settings),
    missingFact(settings),
    { name: 'tests', text: testText(table) },
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
  const laplace = method === 'REML' ? 'restricted Laplace' : 'Laplace';
  const how = family.nodes > 1 ? `${family.nodes} nodes of quadrature` : laplace;
  return `${family.family}, ${family.link} link, ${how}`;
}

function testText({ ddf, adjust, moderation, models, structured }: FitTable): string {
  const information = structured ? `, ${structured.information} information` : '';
  const moderated = moderation
    ? `, moderated${moderation.robust ? ', robust' : ''}${moderation.trend ? ', by trend' : ''}`
    : '';
  const adjusted = models > 1 ? `, p adjusted by ${adjust}` : '';
  return `${DDF[ddf] ?? ddf}${information}${moderated}${adjusted}`;
}

function weightText({ settings: { weights, normFactors }, summary }: Results): string {
  if (weights !== 'voom') return weights || summary.roles.weights || 'no weights';
  return normFactors === 'tmm' ? 'voom weights, library sizes by TMM' : 'voom weights';
}

function missingFact({ na }: Results['settings']): Fact | null {
  const words = { default: '', omit: 'left out for all', 'per-response': 'left out by response', fail: 'refused' };
  return na === 'default' ? null : { name: 'missing values', text: `missing values ${words[na]}` };
}

/** A number of the models that have a fit: one, or from the least to the most. */
function rangeText(table: FitTable, numberOf: (model: number) => number): string {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let m = 0; m < table.models; m++) {
    if (Number.isNaN(table.criterion[m])) continue;
    least = Math.min(least, numberOf(m));
    most = Math.max(most, numberOf(m));
  }
  return least >= most ? count(most) : `${count(least)} to ${count(most)}`;
}
