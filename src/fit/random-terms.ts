import { FitError } from '../errors.ts';
import { findTerm, randomTermText, type TermEffects } from '../types/parameters.ts';

/**
 * Refuses a model without random terms, for what needs one.
 *
 * @throws FormulaError
 */
export function requireRandomTerm(terms: readonly TermEffects[], formula: string): void {
  if (terms.length > 0) return;
  throw new FitError('FormulaError', `the formula '${formula}' has no random term`, {
    source: formula,
    position: formula.length,
    remedy: 'Add one, such as + (1 | group); the tests of a linear model are exact where its rows are independent.',
  });
}

/**
 * Refuses a model that has a random term twice.
 *
 * @throws FormulaError
 */
export function checkRandomTerms(terms: readonly TermEffects[], formula: string): void {
  terms.forEach((term) => {
    if (findTerm(terms, term) === term) return;
    throw new FitError('FormulaError', `the random term ${randomTermText(term)} stands twice in '${formula}'`, {
      source: formula,
      position: 1,
      remedy: 'Keep one of them: their variances cannot be told apart.',
    });
  });
}
