import { FitError } from '../errors.ts';
import { findTerm } from '../types/parameters.ts';

/**
 * Refuses a model without random terms, as lmer does, and one that has a term twice.
 *
 * @throws FormulaError
 */
export function requireRandomTerm(
  terms: readonly { readonly group: string; readonly names: readonly string[] }[],
  formula: string,
): void {
  if (terms.length === 0) {
    throw new FitError('FormulaError', `the formula '${formula}' has no random term`, {
      source: formula,
      position: formula.length,
      remedy: 'Add one, such as + (1 | group); for models without random effects use linear regression.',
    });
  }
  terms.forEach(({ group, names }, t) => {
    const first = findTerm(terms, { group, names });
    if (first === terms[t]) return;
    throw new FitError(
      'FormulaError',
      `the random term (${names.join(' + ')} | ${group}) stands twice in '${formula}'`,
      {
        source: formula,
        position: 1,
        remedy: 'Keep one of them: their variances cannot be told apart.',
      },
    );
  });
}
