/** What results belong to, in words: the line that stands above them, and the head of what is saved. Pure. */

import type { FitTable } from 'webgpu-lmm';
import { levelsOf, unitNoun } from '../model/unit-words.ts';
import type { Results } from '../results/results-view.ts';
import { factorWords } from './factor-words.ts';
import { count, counted } from './number-text.ts';
import { valueWords } from './value-words.ts';

export interface Fact {
  readonly name: string;
  /** As it stands in a line of facts, without the name. */
  readonly text: string;
  /** As it stands behind the name, where the text says the name again. */
  readonly value?: string;
}

/** What stands behind the name of a fact. */
export function factValue({ text, value }: Fact): string {
  return value ?? text;
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
    rowsFact(results),
    ...table.groups.map((group, g) => {
      const levels = rangeText(table, (m) => table.groupLevels[m * table.groups.length + g]);
      const value = unitNoun(group) === null ? `${levels} ${levels === '1' ? 'level' : 'levels'}` : levels;
      return { name: group, text: levelsOf(levels, group), value };
    }),
    summary.kind === 'table' && settings.transform === 'none'
      ? null
      : { name: 'normalisation', text: valueWords(settings) },
    weightFact(results),
    settings.offset === '' ? null : named('offset', 'offset', settings.offset),
    settings.where === '' ? null : named('filter', 'where', settings.where),
    settings.splitBy === '' ? null : named('split', 'by', settings.splitBy),
    settings.residual === '' ? null : named('residuals', 'residuals', settings.residual),
    settings.dispersion === '' ? null : named('dispersion', 'their spread', settings.dispersion),
    ...factorWords(settings),
    missingFact(settings),
    { name: 'tests', text: testText(table) },
    fitted === undefined
      ? { name: 'fitted', text: 'time of the fit unknown', value: 'at an unknown time' }
      : named('fitted', 'fitted', timeText(fitted)),
  ];
  return facts.filter((fact) => fact !== null);
}

/** Day and time of the clock on the wall. */
export function timeText(time: number): string {
  return new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
}

function modelText({ family, method, terms }: FitTable): string {
  if (!family) return `${terms.length === 0 ? 'linear model' : 'linear mixed model'}, ${method}`;
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

function rowsFact({ outcome: { table }, summary: { rows, rowNoun } }: Results): Fact {
  const fitted = rangeText(table, (m) => table.nobs[m]);
  const text = `${fitted} of ${counted(rows, rowNoun)}`;
  return { name: 'rows', text, ...(rowNoun === 'rows' ? { value: `${fitted} of ${count(rows)}` } : {}) };
}

function named(name: string, word: string, value: string): Fact {
  return { name, text: `${word} ${value}`, value };
}

function weightFact({ settings: { weights, normFactors }, summary }: Results): Fact {
  const name = 'weights';
  if (weights === 'voom') {
    const tmm = normFactors === 'tmm' ? ', library sizes by TMM' : '';
    return { name, text: `voom weights${tmm}`, value: `voom${tmm}` };
  }
  const own = weights || summary.roles.weights || '';
  return own === '' ? { name, text: 'no weights', value: 'none' } : { name, text: own };
}

function missingFact({ na }: Results['settings']): Fact | null {
  const words = { default: '', omit: 'left out for all', 'per-response': 'left out by response', fail: 'refused' };
  return na === 'default' ? null : named('missing values', 'missing values', words[na]);
}

/** A number of the models that have a fit, of all where none has: one, or from the least to the most. */
function rangeText({ models, criterion }: FitTable, numberOf: (model: number) => number): string {
  const unfitted = criterion.every(Number.isNaN);
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let m = 0; m < models; m++) {
    if (Number.isNaN(criterion[m]) && !unfitted) continue;
    least = Math.min(least, numberOf(m));
    most = Math.max(most, numberOf(m));
  }
  return least >= most ? count(most) : `${count(least)} to ${count(most)}`;
}
