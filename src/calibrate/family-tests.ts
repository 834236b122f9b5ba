/** Tests of generalised models: z, t between levels, likelihood ratios, bootstrap, and models of rows without random effects. */
import { fitMoments } from '../fit/fit-moments.ts';
import type { MomentFit } from '../fit/readable-fit.ts';
import type { Moments } from '../moments/moments.ts';
import { upperTailChiSquared } from '../numeric/distributions/chi-squared.ts';
import { STATUSES } from '../types/fit-table.ts';
import { constrainedMoments, momentsOfRows } from './constrained-moments.ts';
import type { NullFitOptions } from './family-nulls.ts';
import type { NullHypothesis } from './null-hypotheses.ts';
import {
  type CalibratedTest,
  fillJoint,
  normalTails,
  SingleRows,
  type TestedResponses,
  type TestFitOptions,
} from './response-tests.ts';

/** Options of the fits behind the tests. */
export type FamilyTestOptions = NullFitOptions & Pick<TestFitOptions, 'bootstrap' | 'onFits'>;

/** Fits every response and tests every hypothesis by every method; z, between-within and bootstrap share a fit. */
export async function testFamilyResponses(
  moments: Moments,
  hypotheses: readonly NullHypothesis[],
  tests: readonly CalibratedTest[],
  { bootstrap, onFits, ...options }: FamilyTestOptions,
): Promise<TestedResponses> {
  const single = new SingleRows(hypotheses);
  const models = moments.names.length;
  const found = new Map<CalibratedTest, Float64Array[]>();
  const whole = await fitMoments(moments, {
    ...options,
    ddf: 'between-within',
    contrasts: single.contrasts,
    adjust: 'none',
    bootstrap: tests.includes('bootstrap') ? bootstrap : undefined,
    onProgress: (phase, done) => {
      if (phase === 'fit') onFits?.(done, models);
    },
  });
  const { status, singular, contrasts } = whole.table;
  if (tests.includes('z')) found.set('z', single.byHypothesis(contrasts.statistic, models).map(normalTails));
  if (tests.includes('between-within')) {
    found.set('between-within', single.byHypothesis(contrasts.pValue, models));
  }
  const drawn = whole.table.bootstrap;
  if (drawn) found.set('bootstrap', single.byHypothesis(drawn.contrasts.pValue, models));
  await fillJoint(whole, hypotheses, found, ['z', 'between-within'], options.signal);
  if (tests.includes('lrt')) {
    const ratios: Float64Array[] = [];
    for (const hypothesis of hypotheses) {
      const without = await fitMoments(constrainedMoments(moments, hypothesis).moments, { ...options, ...UNTESTED });
      ratios.push(ratioTests(without, whole));
    }
    found.set('lrt', ratios);
  }
  if (tests.includes('naive')) {
    const { backend, precision, threads, memory, signal } = options;
    const rows = await fitMoments(momentsOfRows(moments), {
      ...{ backend, precision, threads, memory, signal },
      ...{ ddf: 'asymptotic', adjust: 'none', contrasts: single.contrasts },
    });
    found.set('naive', single.byHypothesis(rows.table.contrasts.pValue, models));
    await fillJoint(rows, hypotheses, found, ['naive'], signal);
  }
  return { pValues: tests.map((test) => found.get(test) ?? []), status, singular };
}

const UNTESTED = { ddf: 'asymptotic', adjust: 'none' } as const;

/** p of twice the difference of log-likelihoods; NaN where a model has no fit, or nothing more than the smaller one. */
function ratioTests({ table: small }: MomentFit, { table: large }: MomentFit): Float64Array {
  return large.criterion.map((criterion, m) => {
    const df = large.rank[m] - small.rank[m];
    if (df <= 0 || !hasMinimum(small, m) || !hasMinimum(large, m)) return Number.NaN;
    return upperTailChiSquared(Math.max(0, small.criterion[m] - criterion), df).p;
  });
}

/** Whether the likelihood of a model was maximised, or its supremum found. */
function hasMinimum({ status }: MomentFit['table'], model: number): boolean {
  const word = STATUSES[status[model]];
  return word === 'ok' || word === 'separated';
}
