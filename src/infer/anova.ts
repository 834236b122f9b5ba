import { upperTailF } from '../numeric/distributions/f-distribution.ts';
import type { FitResult } from '../types/fit-result.ts';
import type { DdfMethod, SmallSample, TermHypothesis, TermTestColumns, TermTests } from '../types/inference.ts';
import type { AnovaType } from './hypotheses.ts';
import { HypothesisTester, isTested, orthonormalRows } from './small-sample.ts';

/** F test of one term of one model. */
export interface TermTest {
  readonly term: string;
  /** `meanSquare` times the numerator's degrees of freedom. */
  readonly sumOfSquares: number;
  /** The Wald statistic over its rank, times the residual variance. */
  readonly meanSquare: number;
  /** 0, and everything else NaN, for a term without a coefficient that can be estimated. */
  readonly numeratorDf: number;
  /** Infinity with asymptotic tests; NaN, like p, where nothing repeats what the term compares. */
  readonly denominatorDf: number;
  readonly statistic: number;
  readonly pValue: number;
  readonly log10P: number;
  /** Whose degrees of freedom these are. */
  readonly method: DdfMethod;
}

/** Tests without results, as many as `rows`. */
export function emptyTermTests(rows: number): TermTestColumns {
  const numbers = () => new Float64Array(rows).fill(Number.NaN);
  return {
    sumOfSquares: numbers(),
    meanSquare: numbers(),
    numeratorDf: numbers(),
    denominatorDf: numbers(),
    statistic: numbers(),
    pValue: numbers(),
    log10P: numbers(),
  };
}

/** Hypotheses about the coefficients of a design, made ready once for all of its models. */
export interface PreparedHypotheses {
  /** Rows over the coefficients, and in the orthonormal coordinates; one hypothesis below the other. */
  readonly weights: readonly Float64Array[];
  readonly rows: Float64Array;
  /** First row of each hypothesis, the end behind the last. */
  readonly first: Int32Array;
}

export function prepareHypotheses(
  design: Pick<SmallSample, 'r' | 'names'>,
  hypotheses: readonly Pick<TermHypothesis, 'rows'>[],
): PreparedHypotheses {
  const p = design.names.length;
  const first = new Int32Array(hypotheses.length + 1);
  hypotheses.forEach(({ rows }, h) => {
    first[h + 1] = first[h] + (p === 0 ? 0 : rows.length / p);
  });
  const rows = new Float64Array(first[hypotheses.length] * p);
  hypotheses.forEach(({ rows: own }, h) => {
    rows.set(orthonormalRows(design, own), first[h] * p);
  });
  return { weights: hypotheses.map(({ rows: own }) => own), rows, first };
}

/** What tests the prepared hypotheses of one model after another. */
export function termTester({ names: { length: p } }: Pick<SmallSample, 'names'>, prepared: PreparedHypotheses) {
  const { weights, rows, first } = prepared;
  const most = weights.reduce((rowsOfOne, _, h) => Math.max(rowsOfOne, first[h + 1] - first[h]), 0);
  const tester = new HypothesisTester(p, most);
  /** Writes the tests of a model into rows `at` onward. */
  return (sample: SmallSample, out: TermTestColumns, at: number): void => {
    for (let h = 0; h < weights.length; h++) {
      const to = at + h;
      const free = isTested(sample, weights[h]);
      const joint = tester.jointly(sample, rows, first[h] * p, first[h + 1] - first[h], free);
      const { statistic, numeratorDf, scale, tested, denominatorDf } = joint;
      // Sums of squares are of one residual variance, and structured residuals have several.
      const meanSquare = Number.isFinite(sample.d) ? (statistic / scale) * sample.sigma ** 2 : Number.NaN;
      out.sumOfSquares[to] = meanSquare * numeratorDf;
      out.meanSquare[to] = meanSquare;
      out.numeratorDf[to] = numeratorDf;
      out.statistic[to] = statistic;
      if (!tested) continue;
      const { p: pValue, log10P } = upperTailF(statistic, numeratorDf, denominatorDf);
      out.denominatorDf[to] = denominatorDf;
      out.pValue[to] = pValue;
      out.log10P[to] = log10P;
    }
  };
}

/**
 * The F tests of the terms of a model, in the order of the formula, by the degrees of freedom of the fit (Satterthwaite's,
 * Kenward and Roger's, or infinite). Types of hypotheses as in `infer/hypotheses.ts`. Empty for a model without a fit, and
 * where the terms behind the coefficients are not known (moments formed elsewhere).
 */
export function anova(result: FitResult, model = 0, type: AnovaType = 'III'): TermTest[] {
  const hypotheses = result.hypotheses(model, type);
  const sample = hypotheses && result.smallSample(model);
  if (!hypotheses || !sample) return [];
  const tests = emptyTermTests(hypotheses.length);
  termTester(sample, prepareHypotheses(sample, hypotheses))(sample, tests, 0);
  return hypotheses.map(({ term }, h) => ({
    term,
    sumOfSquares: tests.sumOfSquares[h],
    meanSquare: tests.meanSquare[h],
    numeratorDf: tests.numeratorDf[h],
    denominatorDf: tests.denominatorDf[h],
    statistic: tests.statistic[h],
    pValue: tests.pValue[h],
    log10P: tests.log10P[h],
    method: sample.method,
  }));
}

/** Where the tests of each model go, and the terms that they are of. */
export function layoutTermTests(
  { table, hypotheses }: Pick<FitResult, 'table' | 'hypotheses'>,
  type: AnovaType,
): Pick<TermTests, 'first' | 'term'> {
  const first = new Int32Array(table.models + 1);
  const term: (string | null)[] = [];
  for (let model = 0; model < table.models; model++) {
    const own = hypotheses(model, type) ?? [];
    if (own.length === 0) term.push(null);
    for (const { term: label } of own) term.push(label);
    first[model + 1] = term.length;
  }
  return { first, term };
}

/** {@link anova} of all models at once; those that the result holds already are taken. */
export function termTests(result: FitResult, type: AnovaType): TermTests {
  const held = result.tests?.terms;
  if (held?.type === type) return held;
  const { first, term } = layoutTermTests(result, type);
  const columns = emptyTermTests(term.length);
  const method = new Array<DdfMethod | null>(result.table.models).fill(null);
  const testers = new WeakMap<readonly TermHypothesis[], ReturnType<typeof termTester>>();
  result.eachSample((model, sample) => {
    const hypotheses = result.hypotheses(model, type);
    if (!hypotheses || hypotheses.length === 0) return;
    let test = testers.get(hypotheses);
    if (!test) {
      test = termTester(sample, prepareHypotheses(sample, hypotheses));
      testers.set(hypotheses, test);
    }
    test(sample, columns, first[model]);
    method[model] = sample.method;
  });
  return { type, first, term, method, columns };
}
