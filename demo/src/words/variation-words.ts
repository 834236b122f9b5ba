/** What varies beside the mean in one model, in words: random effects, residuals, their correlations, thresholds. Pure. */

import type { FitTable } from 'webgpu-lmm';
import { ownEntry } from '../model/own-entry.ts';
import type { ParameterLimits } from '../protocol/protocol.ts';
import type { ModelRow } from '../results/model-rows.ts';
import { intervalText, WALD_INTERVAL } from './coefficient-columns.ts';
import { shortNumber } from './number-text.ts';

/** The rows of what varies. */
export function variationRows(rows: readonly ModelRow[]): ModelRow[] {
  return rows.filter(({ effect }) => effect !== 'fixed' && effect !== 'ran_test');
}

/**
 * What varies as a table: the heads, and a line for each of the rows.
 *
 * @param limits of covariance parameters, where the library has any
 * @param words of what varies by the levels of a group
 */
export function variationLines(
  table: FitTable,
  rows: readonly ModelRow[],
  limits: readonly ParameterLimits[],
  words: (group: string, name: string) => string,
): { readonly titles: readonly string[]; readonly lines: readonly (readonly string[])[] } {
  const hasErrors = rows.some((row) => !Number.isNaN(row.number('std.error')));
  const limitsOf = ({ effect, group, term }: ModelRow): string => {
    const found = limits.find((one) => one.effect === effect && one.group === group && one.term === term);
    return found ? intervalText(found.low, found.high) : '';
  };
  const titles = ['Of', 'Quantity', 'Estimate'];
  if (hasErrors) titles.push('SE');
  if (limits.length > 0) titles.push(WALD_INTERVAL);
  const lines = rows.map((row) => [
    placeOf(row, table),
    quantityOf(row, table, words),
    shortNumber(row.number('estimate')),
    ...(hasErrors ? [shortNumber(row.number('std.error'))] : []),
    ...(limits.length > 0 ? [limitsOf(row)] : []),
  ]);
  return { titles, lines };
}

/** A parameter of what varies. */
type Variation = Pick<ModelRow, 'effect' | 'term' | 'group'>;

export function placeOf({ effect, group }: Variation, { structured }: FitTable): string {
  if (effect === 'threshold') return 'grades';
  if (effect === 'dispersion') return structured ? 'residuals' : 'response';
  return group === 'Residual' ? 'residuals' : group.replace(/^Residual:/, 'residuals of ');
}

/** `sd__(Intercept)` as "sd of the level", `cor__week02.week04` as "correlation of week02 and week04". */
export function quantityOf(
  { effect, term, group }: Variation,
  table: FitTable,
  named: (group: string, name: string) => string = (_, name) => name,
): string {
  if (effect === 'threshold') return `threshold ${term.replace('|', ' to ')}`;
  if (effect === 'dispersion') return table.structured ? `log sd, ${term}` : dispersionWords(term);
  const level = (name: string): string => (name === '(Intercept)' ? 'the level' : named(group, name));
  if (term.startsWith('sd__')) {
    const name = term.slice(4);
    return name === 'Observation' ? 'sd' : `sd of ${level(name)}`;
  }
  if (term.startsWith('cor__')) {
    const pair = pairOf(term.slice(5), group, table);
    return pair ? `correlation of ${level(pair[0])} and ${level(pair[1])}` : `correlation ${term.slice(5)}`;
  }
  const words: Readonly<Record<string, string>> = {
    rho: 'correlation of neighbours (rho)',
    range: 'range of the correlation',
  };
  return ownEntry(words, term) ?? `correlation ${term}`;
}

function dispersionWords(term: string): string {
  const words: Readonly<Record<string, string>> = {
    size: 'size (variance μ + μ²/size)',
    phi: 'phi (variance μ (1 + phi))',
    shape: 'shape (variance μ²/shape)',
    precision: 'precision (variance μ (1 − μ)/(1 + precision))',
  };
  return ownEntry(words, term) ?? term;
}

/** The two names that a dot joins: names may hold dots themselves. */
function pairOf(text: string, group: string, { terms, structured }: FitTable): readonly [string, string] | null {
  const names = terms.find((term) => term.group === group && term.names.length > 1)?.names ?? structured?.visits ?? [];
  for (const a of names) for (const b of names) if (text === `${a}.${b}`) return [a, b];
  return null;
}
