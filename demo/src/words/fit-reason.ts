/** Why nothing can be fitted yet, and the field that mends it. Pure. */

import type { ErrorReport } from '../protocol/protocol.ts';
import type { State } from '../state/store.ts';
import { pageWords } from './page-words.ts';

export interface FitReason {
  readonly text: string;
  /** What the link to the field says, and the selector of the field. */
  readonly link: string;
  readonly field: string;
}

const FORMULA = { link: 'Go to the formula', field: '#formula' } as const;
/** Options whose boxes have other keys than their names. */
const KEYS: Readonly<Record<string, string>> = {
  residual: 'residual written',
  dispersion: 'dispersion written',
  factor: 'factors',
};

/** Null where a fit can start, and while the design is being checked. */
export function fitReason({ summary, settings, designError }: State): FitReason | null {
  if (!summary) return { text: 'There are no data yet.', link: 'Go to the data', field: '#files' };
  if (summary.rows === 0 && summary.roles.obs !== null) {
    const text = `No name in the data matches the first column of ${summary.roles.obs}: there is nothing to fit.`;
    return { text, link: 'Go to the data', field: '#files' };
  }
  if (settings.formula.trim() === '') {
    const text = 'There is no formula yet: choose what is measured, compared and repeated, or write one.';
    return { text, ...FORMULA };
  }
  return designError === null ? null : { text: sentence(designError), ...placeOf(designError) };
}

function sentence({ message }: ErrorReport): string {
  const text = pageWords(message);
  return `Not to be fitted as it is: ${text}${/[.?!]$/.test(text) ? '' : '.'}`;
}

function placeOf({ option }: ErrorReport): Pick<FitReason, 'link' | 'field'> {
  if (option === null) return FORMULA;
  return { link: 'Go to the option', field: `[data-key="${CSS.escape(KEYS[option] ?? option)}"]` };
}
