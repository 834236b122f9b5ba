/** What the tests of results rest on, in one line above tables of tests: the units of the library, effect by effect. Pure. */

import type { Results } from '../results/results-view.ts';
import { effectFacts, effectWords } from './effect-words.ts';
import { unitsOfModel } from './test-units.ts';

/** Effects that a line names for the units that they rest on, and kinds of units. */
const NAMED = 2;
const MOST_KINDS = 4;

/**
 * "These tests rest on 80 subjects (277 visits)", or what each effect rests on where they differ; null where that is not known.
 * `only` takes one effect or contrast.
 */
export function unitsLine(results: Results, subject: string, only?: string): string | null {
  const { outcome, settings, summary } = results;
  const { table } = outcome;
  const texts = unitsByName(results, only);
  if (texts.size === 0) return null;
  const distinct = [...new Set(texts.values())];
  if (distinct.length === 1) return `${subject} on ${distinct[0]}.`;
  const facts = effectFacts(settings, summary.columns, table.coefficients.names);
  const wordsOf = (name: string): string =>
    table.contrasts.names.includes(name) ? name : (effectWords(name, facts) ?? name);
  const parts = distinct.slice(0, MOST_KINDS).map((text) => {
    const names = [...texts].filter(([, own]) => own === text).map(([name]) => wordsOf(name));
    const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
    return `${text} (${names.slice(0, NAMED).join('; ')}${more})`;
  });
  return `${subject} on the units of their effects: ${parts.join(', ')}${distinct.length > MOST_KINDS ? ' and others' : ''}.`;
}

/** What each effect rests on, over all models with a fit; `only` takes one. */
export function unitsByName(
  { outcome, summary }: Pick<Results, 'outcome' | 'summary'>,
  only?: string,
): ReadonlyMap<string, string> {
  const found = new Map<string, Set<string>>();
  // One design of all responses, or those of responses with missing values of their own.
  const first = outcome.unitsByDesign ? firstModels(outcome.unitsByDesign.design, outcome.table.sigma) : [0];
  for (const model of first) {
    for (const [name, text] of Object.entries(unitsOfModel(outcome, model, summary))) {
      if (only !== undefined && name !== only) continue;
      found.set(name, (found.get(name) ?? new Set()).add(text));
    }
  }
  return new Map([...found].map(([name, own]) => [name, rangeOf([...own])]));
}

/** The first model with a fit of each design. */
function firstModels(design: readonly number[], sigma: Float64Array): number[] {
  const seen = new Map<number, number>();
  design.forEach((own, model) => {
    if (!seen.has(own) && !Number.isNaN(sigma[model])) seen.set(own, model);
  });
  return [...seen.values()];
}

/** Counts of the same units as a range, "13 to 14 patients (25 to 28 samples)"; other units one beside the other. */
function rangeOf(texts: readonly string[]): string {
  if (texts.length === 1) return texts[0];
  const groups = new Map<string, { units: number[]; rows: number[]; noun: string; rowNoun: string }>();
  const others = new Set<string>();
  for (const own of texts) {
    // What is said of one count beside it has no range.
    const text = own.replace(/, \d+ with several$/, '').replace(/^(\d+) of \d+ (.+) with \w+ to compare$/, '$1 $2');
    const match = /^(\d+) ([^(,]+?)(?: \((\d+) (\w+)\))?$/.exec(text);
    if (!match) {
      others.add(text);
      continue;
    }
    const [, units, noun, rows, rowNoun = ''] = match;
    const group = groups.get(noun) ?? { units: [], rows: [], noun, rowNoun };
    group.units.push(Number(units));
    if (rows !== undefined) {
      group.rows.push(Number(rows));
      group.rowNoun = rowNoun;
    }
    groups.set(noun, group);
  }
  const range = (numbers: readonly number[]): string => {
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    return least === most ? `${least}` : `${least} to ${most}`;
  };
  const counted = [...groups.values()].map(
    ({ units, rows, noun, rowNoun }) =>
      `${range(units)} ${noun}${rows.length > 0 ? ` (${range(rows)} ${rowNoun})` : ''}`,
  );
  const all = [...counted, ...others];
  return `${all.slice(0, MOST_KINDS).join(' or ')}${all.length > MOST_KINDS ? ' or others' : ''}`;
}
