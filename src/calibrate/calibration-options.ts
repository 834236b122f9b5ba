/** What a calibration may be asked for, and the checks of it. */
import { FitError } from '../errors.ts';
import type { MomentFitOptions } from '../fit/fit-moments.ts';
import { chosen, numberIfGiven, OPTIONS } from '../options/entries.ts';
import { choiceOf } from '../options/option.ts';
import type { FamilyName } from '../types/family.ts';
import type { HypothesisOptions, NullHypothesis } from './null-hypotheses.ts';
import { CALIBRATED_TESTS, type CalibratedTest } from './response-tests.ts';

export const CALIBRATION_SCHEMES = OPTIONS.scheme.choices;

/** Options of {@link calibrate}. */
export interface CalibrationOptions
  extends HypothesisOptions,
    Pick<
      MomentFitOptions,
      'method' | 'reml' | 'nagq' | 'backend' | 'precision' | 'threads' | 'memory' | 'onProgress' | 'signal'
    > {
  /** Tests of each hypothesis in all (2000). */
  readonly simulations?: number | undefined;
  /** A whole number from 0 on (1). */
  readonly seed?: number | undefined;
  /** `simulate` (default) draws responses from fitted models without the effect; `permute` shuffles the column tested. */
  readonly scheme?: (typeof CALIBRATION_SCHEMES)[number] | undefined;
  /**
   * With `simulate`: the formula of the model that null responses are drawn from, which holds the model tested; `model` is that
   * model itself. Without it the model tested, with a term for samples (donor x condition) where it lacks one.
   */
  readonly truth?: string | undefined;
  /** The column shuffled, where the terms tested read several. */
  readonly permute?: string | undefined;
  /**
   * Which tests: without it all that the models have but `bootstrap`, `kenward-roger` for REML only and `lrt` for maximum likelihood
   * only.
   */
  readonly tests?: readonly CalibratedTest[] | undefined;
  /** Draws of the test `bootstrap` (400). */
  readonly draws?: number | undefined;
}

/** Options with their defaults. */
export interface CheckedOptions {
  readonly simulations: number;
  readonly seed: number;
  readonly scheme: (typeof CALIBRATION_SCHEMES)[number];
  readonly tests: readonly CalibratedTest[];
  readonly bootstrap: { readonly draws: number; readonly seed: number } | undefined;
}

/** Tests of linear models, and of generalised ones. */
const TESTS_OF_LINEAR: readonly CalibratedTest[] = ['z', 'satterthwaite', 'kenward-roger', 'bootstrap', 'naive'];
const TESTS_OF_FAMILY: readonly CalibratedTest[] = ['z', 'between-within', 'lrt', 'bootstrap', 'naive'];

/** @throws OptionError for what is no test, number or seed of models of a family, which null is for gaussian ones */
export function checkOptions(options: CalibrationOptions, family: FamilyName | undefined): CheckedOptions {
  const { method = 'REML', reml } = options;
  const simulations = numberIfGiven('simulations', options.simulations) ?? OPTIONS.simulations.fallback;
  const seed = numberIfGiven('seed', options.seed) ?? OPTIONS.seed.fallback;
  const draws = numberIfGiven('draws', options.draws);
  const names = options.tests?.map((name) => choiceOf('calibratedTests', name, CALIBRATED_TESTS));
  if (names?.length === 0) throw new FitError('OptionError', 'no test is named', { option: 'calibratedTests' });
  const theirs = family === undefined ? TESTS_OF_LINEAR : TESTS_OF_FAMILY;
  const refuse = (test: CalibratedTest, message: string, remedy: string): void => {
    if (names?.includes(test)) throw new FitError('OptionError', message, { option: 'calibratedTests', remedy });
  };
  for (const test of names ?? []) {
    if (theirs.includes(test)) continue;
    const whose = family === undefined ? 'gaussian models' : `models of the family ${family}`;
    refuse(test, `${test} is no test of ${whose} that is calibrated`, `Use ${theirs.join(', ')}.`);
  }
  const restricted = family === undefined ? method === 'REML' : reml === true;
  if (!restricted) {
    refuse('kenward-roger', 'Kenward-Roger tests are defined for REML fits', 'Leave “method: ML” out, or the test.');
  } else {
    refuse('lrt', 'restricted likelihoods of different coefficients cannot be compared', 'Leave “reml” out, or lrt.');
    if (family !== undefined) {
      refuse('bootstrap', 'draws are fitted by maximum likelihood', 'Leave “reml” out, or bootstrap.');
    }
  }
  const offered = theirs.filter((test) => {
    if (test === 'bootstrap') return draws !== undefined;
    return test === 'kenward-roger' ? restricted : test !== 'lrt' || !restricted;
  });
  const tests = names ? CALIBRATED_TESTS.filter((test) => names.includes(test)) : offered;
  if (draws !== undefined && !tests.includes('bootstrap')) {
    throw new FitError('OptionError', 'draws are for the test bootstrap, which is not asked for', {
      option: 'draws',
      remedy: 'Add bootstrap to the tests, or leave the draws out.',
    });
  }
  const bootstrap = tests.includes('bootstrap') ? { draws: draws ?? OPTIONS.draws.fallback, seed } : undefined;
  return {
    simulations,
    seed,
    scheme: chosen('scheme', options.scheme),
    tests,
    bootstrap,
  };
}

/** @throws OptionError for a bootstrap of a term of several coefficients, which is not offered */
export function requireSingleRows(hypotheses: readonly NullHypothesis[], tests: readonly CalibratedTest[]): void {
  const joint = hypotheses.find(({ rows }) => rows.length > 1);
  if (!joint || !tests.includes('bootstrap')) return;
  throw new FitError(
    'OptionError',
    `'${joint.name}' has ${joint.rows.length} coefficients: there is no bootstrap of them jointly`,
    {
      option: 'calibratedTests',
      remedy: 'Leave bootstrap out, or name one coefficient or contrast.',
    },
  );
}
