/** The exposure of counts in a formula: `offset(log(days))`. Pure. */

import { bareName, QUOTED, quoteName } from './formula-names.ts';

const TERM = new RegExp(`\\s*\\+\\s*offset\\(\\s*log\\(\\s*(${QUOTED}|[\\p{L}.][\\p{L}0-9._]*)\\s*\\)\\s*\\)`, 'u');

/** The column whose logarithm is the offset; empty for none. */
export function exposureOf(formula: string): string {
  return bareName(TERM.exec(formula)?.[1] ?? '');
}

export function withoutExposure(formula: string): string {
  return formula.replace(TERM, '');
}

/** The formula with the exposure of a column; without one where it is empty. */
export function withExposure(formula: string, column: string): string {
  const bare = withoutExposure(formula).trim();
  return column === '' || bare === '' ? bare : `${bare} + offset(log(${quoteName(column)}))`;
}
