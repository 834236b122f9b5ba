/** What varies beside the mean in one model: random effects, residuals, their correlations, thresholds. */

import type { FitTable } from 'webgpu-lmm';
import { element } from '../../element.ts';
import type { ModelRow } from '../../results/model-rows.ts';
import { shortNumber } from '../../words/number-text.ts';
import type { ParameterLimits } from '../../worker/protocol.ts';
import { intervalText } from '../one/coefficient-table.ts';

/** @param limits of covariance parameters, where the library has any */
export function variationTable(
  table: FitTable,
  rows: readonly ModelRow[],
  limits: readonly ParameterLimits[],
): HTMLElement {
  const others = variationRows(rows);
  const limitsOf = ({ effect, group, term }: ModelRow): string => {
    const found = limits.find((one) => one.effect === effect && one.group === group && one.term === term);
    return found ? intervalText(found.low, found.high) : '';
  };
  const hasErrors = others.some((row) => !Number.isNaN(row.number('std.error')));
  const cells = others.map((row) => [
    placeOf(row, table),
    quantityOf(row, table),
    shortNumber(row.number('estimate')),
    ...(hasErrors ? [shortNumber(row.number('std.error'))] : []),
    ...(limits.length > 0 ? [limitsOf(row)] : []),
  ]);
  const titles = [
    'Of',
    'Quantity',
    'Estimate',
    ...(hasErrors ? ['SE'] : []),
    ...(limits.length > 0 ? ['95 % interval'] : []),
  ];
  return element(
    'div',
    { class: 'panel' },
    element('h3', {}, 'What varies'),
    element(
      'div',
      { class: 'scroll', tabindex: 0 },
      element(
        'table',
        { id: 'variation-table', class: 'model-table' },
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...titles.map((title, k) => element('th', { scope: 'col', class: k > 1 ? 'number' : undefined }, title)),
          ),
        ),
        element(
          'tbody',
          {},
          ...cells.map((row, i) =>
            element(
              'tr',
              { 'data-parameter': `${others[i].group} ${others[i].term}`.trim() },
              ...row.map((text, k) =>
                element(
                  k === 0 ? 'th' : 'td',
                  k === 0 ? { scope: 'row' } : { class: k > 1 ? 'number' : undefined },
                  text,
                ),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

/** The rows of what varies. */
export function variationRows(rows: readonly ModelRow[]): ModelRow[] {
  return rows.filter(({ effect }) => effect !== 'fixed' && effect !== 'ran_test');
}

export function placeOf({ effect, group }: ModelRow, { structured }: FitTable): string {
  if (effect === 'threshold') return 'grades';
  if (effect === 'dispersion') return structured ? 'residuals' : 'response';
  return group === 'Residual' ? 'residuals' : group.replace(/^Residual:/, 'residuals of ');
}

/** `sd__(Intercept)` as "sd of the level", `cor__week02.week04` as "correlation of week02 and week04". */
export function quantityOf({ effect, term, group }: ModelRow, table: FitTable): string {
  if (effect === 'threshold') return `threshold ${term.replace('|', ' to ')}`;
  if (effect === 'dispersion') return table.structured ? `log sd, ${term}` : dispersionWords(term);
  const level = (name: string): string => (name === '(Intercept)' ? 'the level' : name);
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
  return words[term] ?? `correlation ${term}`;
}

function dispersionWords(term: string): string {
  const words: Readonly<Record<string, string>> = {
    size: 'size (variance μ + μ²/size)',
    phi: 'phi (variance μ (1 + phi))',
    shape: 'shape (variance μ²/shape)',
    precision: 'precision (variance μ (1 − μ)/(1 + precision))',
  };
  return words[term] ?? term;
}

/** The two names that a dot joins: names may hold dots themselves. */
function pairOf(text: string, group: string, { terms, structured }: FitTable): readonly [string, string] | null {
  const names = terms.find((term) => term.group === group && term.names.length > 1)?.names ?? structured?.visits ?? [];
  for (const a of names) for (const b of names) if (text === `${a}.${b}`) return [a, b];
  return null;
}
