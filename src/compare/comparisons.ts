/**
 * Comparisons of models as the library offers them. What they do is loaded when one is asked for: most runs fit one model, and
 * never do.
 */
import { FitError } from '../errors.ts';
import type { ResponseMatrix } from '../prepare/given-data.ts';
import type { Input } from '../prepare/input.ts';
import { prepare } from '../prepare/run.ts';
import type { Table } from '../types/table.ts';
import type { Selection, SelectionOptions } from './backward-selection.ts';
import type { Comparison, ComparisonOptions } from './compare.ts';
import type { CrossValidation, CrossValidationOptions } from './cross-validation.ts';
import type { ComparisonDataOptions } from './model-family.ts';
import type { TermRatioTests } from './term-ratio-tests.ts';

/**
 * Fits several models to the same rows of the same responses and compares them: log-likelihood, AIC, BIC, AICc, R2 and ICC,
 * ranks, and likelihood-ratio tests of those that are nested. Data that `readInput` read, for all formulas joined
 * (`joinFormulas`), serve as a table does; here as in all that compares.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse, AbortError when the signal fires.
 */
export async function compare(
  data: Table | ResponseMatrix | Input,
  given: ComparisonOptions & ComparisonDataOptions & { readonly formulas: readonly string[] },
): Promise<Comparison> {
  const [{ compareData }, { comparedModels, withFamilies }, { joinFormulas }] = await Promise.all([
    import('./compare.ts'),
    import('./compared-models.ts'),
    import('./reduced-formulas.ts'),
  ]);
  const options = withFamilies(given);
  if (comparedModels(options.formulas, options).length < 2) {
    throw new FitError('OptionError', 'a comparison needs at least two models', {
      option: 'formula',
      remedy: 'Give the models to compare, one formula each, or several “structures” or “families” of one.',
    });
  }
  const formula = joinFormulas(options.formulas);
  const run = await prepare(data, { ...options, formula }, options.onProgress, options.signal);
  return compareData(run, options.formulas, options);
}

/**
 * K-fold cross-validation of some models on the same folds. Each fold is scored jointly: the log density of its rows given
 * those of the other folds, log p(all) - log p(training), at the parameters of the training fit. For whole groups that is
 * their marginal density, of gaussian models N(X b, s^2 (Z G Z' + W^-1)). With prior weights errors are multiplied by their
 * roots. Both densities of generalised models are Laplace's, or by quadrature.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse, AbortError when the signal fires.
 */
export async function crossValidate(
  data: Table | ResponseMatrix | Input,
  options: CrossValidationOptions &
    Pick<ComparisonOptions, 'method' | 'nagq' | 'threads' | 'backend' | 'precision' | 'signal'> &
    ComparisonDataOptions & { readonly formulas: readonly string[] },
): Promise<CrossValidation> {
  const [{ crossValidateOf }, { withFamilies }, { joinFormulas }] = await Promise.all([
    import('./cross-validation.ts'),
    import('./compared-models.ts'),
    import('./reduced-formulas.ts'),
  ]);
  const { formulas, onProgress, signal } = options;
  const given = { ...withFamilies(options), formula: joinFormulas(formulas) };
  return crossValidateOf(await prepare(data, given, onProgress, signal), formulas, options);
}

/**
 * Backward selection, for each response by itself: terms that no other term contains are left out one by one. Every
 * formula on the way is fitted once, to all responses.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse, AbortError when the signal fires.
 */
export async function selectBackward(
  data: Table | ResponseMatrix | Input,
  options: SelectionOptions &
    Omit<ComparisonOptions, 'rankBy' | 'bootstrap'> &
    ComparisonDataOptions & { readonly formula: string },
): Promise<Selection> {
  const { selectBackwardOf } = await import('./backward-selection.ts');
  const run = await prepare(data, options, options.onProgress, options.signal);
  return selectBackwardOf(run, options.formula, options);
}

type TermTestOptions = Omit<ComparisonOptions, 'rankBy'> & ComparisonDataOptions & { readonly formula: string };

/**
 * Likelihood-ratio tests of each random term, restricted for REML, as `ranova` of lmerTest makes them: `(1 | g)` and
 * `(0 + x | g)` are left out, of `(x | g)` the slope. Without its last random term the model is a linear one.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse, AbortError when the signal fires.
 */
export async function randomTermTests(
  data: Table | ResponseMatrix | Input,
  options: TermTestOptions,
): Promise<TermRatioTests> {
  const { randomTermTestsOf } = await import('./term-ratio-tests.ts');
  return randomTermTestsOf(await prepare(data, options, options.onProgress, options.signal), options.formula, options);
}

/**
 * Likelihood-ratio tests of each fixed term that no other one contains, as R's `drop1` with `test = "Chisq"`: by maximum
 * likelihood. A coefficient without a finite estimate has its test too.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse, AbortError when the signal fires.
 */
export async function fixedTermTests(
  data: Table | ResponseMatrix | Input,
  options: Omit<TermTestOptions, 'method'>,
): Promise<TermRatioTests> {
  const { fixedTermTestsOf } = await import('./term-ratio-tests.ts');
  return fixedTermTestsOf(await prepare(data, options, options.onProgress, options.signal), options.formula, options);
}
