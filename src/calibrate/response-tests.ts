import { throwIfAborted } from '../abort.ts';
import { fitMoments, type MomentFitOptions } from '../fit/fit-moments.ts';
import type { MomentFit } from '../fit/readable-fit.ts';
import { testJointly, testRow } from '../infer/small-sample.ts';
import { linearReader } from '../lmm/linear.ts';
import type { Moments } from '../moments/moments.ts';
import { upperTailF } from '../numeric/distributions/f-distribution.ts';
import { twoSidedP } from '../numeric/distributions/student-t.ts';
import { STATUSES } from '../types/fit-table.ts';
import type { SmallSample } from '../types/inference.ts';
import { type NullHypothesis, rowsInside } from './null-hypotheses.ts';

/**
 * Tests of a fixed effect:
 *
 *   z                the estimate over its standard error is standard normal
 *   satterthwaite    it is Student's t with Satterthwaite's degrees of freedom
 *   kenward-roger    the same with Kenward and Roger's standard error and degrees of freedom (REML only)
 *   between-within   it is Student's t with degrees of freedom counted between levels (generalised models)
 *   lrt              twice the difference of log-likelihoods without the effect is chi-squared (generalised models)
 *   bootstrap        it has the distribution found by parametric bootstrap
 *   naive            least squares, or a generalised linear model: rows taken as independent, random effects ignored
 */
export const CALIBRATED_TESTS = [
  'z',
  'satterthwaite',
  'kenward-roger',
  'between-within',
  'lrt',
  'bootstrap',
  'naive',
] as const;
/** A test whose type-I error is counted. */
export type CalibratedTest = (typeof CALIBRATED_TESTS)[number];

/** Options of the fits behind the tests. */
export type TestFitOptions = Pick<
  MomentFitOptions,
  'method' | 'backend' | 'precision' | 'threads' | 'memory' | 'signal'
> & {
  /** Draws and seed of the test `bootstrap`. */
  readonly bootstrap?: { readonly draws: number; readonly seed: number } | undefined;
  /** Called with fits done and fits in all. */
  readonly onFits?: ((done: number, total: number) => void) | undefined;
};

/** p-values of some tests of all responses of a run. */
export interface TestedResponses {
  /** By test, then by hypothesis: one p-value a response, NaN where there is none. */
  readonly pValues: readonly (readonly Float64Array[])[];
  readonly status: Uint8Array;
  readonly singular: Uint8Array;
}

/** Milliseconds of work before others (progress, cancellation) get in. */
const TURN = 40;

/** Hypotheses of one row as contrasts of a fit, beside those of several rows. */
export class SingleRows {
  /** Under names that no coefficient has. */
  readonly contrasts: Readonly<Record<string, number[]>>;
  private readonly hypotheses: readonly NullHypothesis[];
  /** Hypotheses of one row. */
  private readonly single: readonly number[];

  constructor(hypotheses: readonly NullHypothesis[]) {
    this.hypotheses = hypotheses;
    this.single = hypotheses.flatMap(({ rows }, h) => (rows.length === 1 ? [h] : []));
    this.contrasts = Object.fromEntries(
      this.single.map((h): [string, number[]] => [`#${h}`, [...hypotheses[h].rows[0]]]),
    );
  }

  /** Numbers of `models` models, by hypothesis, out of a column of tests of the contrasts; NaN for hypotheses of several rows. */
  byHypothesis(values: Float64Array, models: number): Float64Array[] {
    const { hypotheses, single } = this;
    return hypotheses.map((_, h) => {
      const column = single.indexOf(h);
      return Float64Array.from({ length: models }, (_model, m) =>
        column < 0 ? Number.NaN : values[m * single.length + column],
      );
    });
  }
}

/** Fits every response and tests every hypothesis by every method; z, Satterthwaite and bootstrap share a fit. */
export async function testResponses(
  moments: Moments,
  hypotheses: readonly NullHypothesis[],
  tests: readonly CalibratedTest[],
  { method, bootstrap, onFits, ...options }: TestFitOptions,
): Promise<TestedResponses> {
  const single = new SingleRows(hypotheses);
  const found = new Map<CalibratedTest, Float64Array[]>();
  const models = moments.names.length;
  const rounds = tests.includes('kenward-roger') ? 2 : 1;
  const fitOnce = (ddf: 'satterthwaite' | 'kenward-roger', round: number) =>
    fitMoments(moments, {
      ...options,
      method,
      ddf,
      contrasts: single.contrasts,
      adjust: 'none',
      ...(bootstrap && ddf === 'satterthwaite' && tests.includes('bootstrap') ? { bootstrap } : {}),
      onProgress: (phase, done) => {
        if (phase === 'fit') onFits?.(round * models + done, rounds * models);
      },
    });
  const ordinary = await fitOnce('satterthwaite', 0);
  const { status, singular, contrasts } = ordinary.table;
  const z = single.byHypothesis(contrasts.statistic, models);
  if (tests.includes('z')) found.set('z', z.map(normalTails));
  if (tests.includes('satterthwaite')) found.set('satterthwaite', single.byHypothesis(contrasts.pValue, models));
  const drawn = ordinary.table.bootstrap;
  if (drawn) found.set('bootstrap', single.byHypothesis(drawn.contrasts.pValue, models));
  await fillJoint(ordinary, hypotheses, found, ['z', 'satterthwaite'], options.signal);
  if (tests.includes('kenward-roger')) {
    const adjusted = await fitOnce('kenward-roger', 1);
    found.set('kenward-roger', single.byHypothesis(adjusted.table.contrasts.pValue, models));
    await fillJoint(adjusted, hypotheses, found, ['kenward-roger'], options.signal);
  }
  if (tests.includes('naive')) found.set('naive', naiveTests(moments, hypotheses));
  return { pValues: tests.map((test) => found.get(test) ?? []), status, singular };
}

/** Two-sided p of some z. */
export function normalTails(z: Float64Array): Float64Array {
  return z.map((value) => twoSidedP(value, Number.NaN));
}

/** p-values of the hypotheses of several rows. */
export async function fillJoint(
  fit: MomentFit,
  hypotheses: readonly NullHypothesis[],
  found: ReadonlyMap<CalibratedTest, Float64Array[]>,
  tests: readonly CalibratedTest[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const joint = hypotheses.flatMap(({ rows }, h) => (rows.length > 1 ? [h] : []));
  const wanted = tests.filter((test) => found.has(test));
  if (joint.length === 0 || wanted.length === 0) return;
  let turn = Date.now();
  for (let m = 0; m < fit.table.models; m++) {
    // Coefficients without an end have no covariance.
    const sample = STATUSES[fit.table.status[m]] === 'separated' ? null : fit.smallSample(m);
    if (!sample) continue;
    for (const test of wanted) {
      const asked = test === 'z' ? { ...sample, method: 'asymptotic' as const } : sample;
      for (const h of joint) {
        const values = found.get(test)?.[h];
        if (values) values[m] = hypothesisP(asked, hypotheses[h], fit.moments.coefficients);
      }
    }
    if (Date.now() - turn <= TURN) continue;
    throwIfAborted(signal);
    await new Promise((resolve) => setTimeout(resolve, 0));
    turn = Date.now();
  }
}

/** t test of one row, F test of several; NaN where the model lacks a coefficient that a single row needs. */
function hypothesisP(sample: SmallSample, hypothesis: NullHypothesis, coefficients: readonly string[]): number {
  const own = rowsInside(hypothesis, coefficients, sample.names);
  if (own.length === 0) return Number.NaN;
  if (own.length === 1) {
    const { estimate, standardError, df } = testRow(sample, own[0]);
    return twoSidedP(estimate / standardError, df);
  }
  const { statistic, numeratorDf, denominatorDf } = testJointly(
    sample,
    Float64Array.from(own.flatMap((row) => [...row])),
  );
  return upperTailF(statistic, numeratorDf, denominatorDf).p;
}

const NO_THETA = new Float64Array(0);

/** Tests of least squares from the moments: coordinates Q'y, rss / (n - p) as the variance of each of them. */
export function naiveTests(moments: Moments, hypotheses: readonly NullHypothesis[]): Float64Array[] {
  const pValues = hypotheses.map(() => new Float64Array(moments.names.length).fill(Number.NaN));
  for (const batch of moments.batches) {
    const { n, p } = batch.design;
    if (n <= p) continue;
    const reader = linearReader(batch.design, 'REML');
    batch.index.forEach((m, k) => {
      const rss = batch.responses.rss[k];
      if (!(rss > 0)) return;
      // Without variances to estimate Satterthwaite's degrees of freedom are exact: n - p.
      const sample = reader.smallSample(batch, k, NO_THETA, Math.sqrt(rss / (n - p)), 'satterthwaite');
      hypotheses.forEach((hypothesis, h) => {
        pValues[h][m] = hypothesisP(sample, hypothesis, moments.coefficients);
      });
    });
  }
  return pValues;
}
