/**
 * Maximum likelihood of a generalised mixed model from several starts. Criteria of counts have several minima now and then: in
 * the variance of a random effect where a response has a few counts, in the dispersion where one count is far off. Values on a
 * grid of variances tell which basins there are.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import type { Extras, FamilyKernel } from './family-kernel.ts';
import { CERTIFICATE, FamilyNewton, type FamilyNewtonEnd } from './family-newton.ts';
import { columnSizes, type FamilyObjective } from './family-objective.ts';
import { FamilyStart } from './family-start.ts';

/** The best minimum of a criterion, and what is to be said about it. */
export interface FamilyOptimum {
  /** beta, covariance, extras. */
  readonly parameters: Float64Array;
  /** The criterion; where coefficients are separated, its infimum to 1e-6. */
  readonly value: number;
  /** Half of g'H^-1 g over the parameters that no bound holds: below 1e-8 a minimum is certain. */
  readonly decrement: number;
  readonly evaluations: number;
  readonly converged: boolean;
  /** Which parameters are at their least or greatest value. */
  readonly atBound: readonly boolean[];
  /** Coefficients that go to infinity, by column of X: the likelihood has no maximum. */
  readonly separated: readonly number[];
  /** The criterion at another local minimum, the lowest of them; null where none was met. */
  readonly multimodal: number | null;
  /** Whether a negative binomial ended as Poisson's limit. */
  readonly poissonLimit: boolean;
}

/** Variances of the random effects, in linear predictors, that tell basins apart. */
const GRID = [0, 0.01, 0.2, 4];
/** Minima this close are one. */
const ONE_MINIMUM = 1e-6;
/** A step of the linear predictor this long that wins less than a certificate goes to infinity: its standard error is thousands. */
const RUNAWAY = 0.2;
/** Coefficients that move less than this part of the predictor in such a step stay where they are. */
const MOVING = 0.02;

export class FamilySearch {
  private readonly objective: FamilyObjective;
  private readonly kernel: FamilyKernel;
  private readonly evidence: FamilyEvidence;
  private readonly newton: FamilyNewton;
  private readonly start: FamilyStart;
  /** Largest |x| of each column. */
  private readonly reach: Float64Array;

  /** `kernel` is the one that `objective` has. */
  constructor(evidence: FamilyEvidence, kernel: FamilyKernel, objective: FamilyObjective) {
    this.objective = objective;
    this.kernel = kernel;
    this.evidence = evidence;
    this.newton = new FamilyNewton(objective);
    this.start = new FamilyStart(evidence, kernel);
    const { p } = objective;
    this.reach = new Float64Array(p);
    evidence.x.forEach((value, e) => {
      this.reach[e % p] = Math.max(this.reach[e % p], Math.abs(value));
    });
  }

  /** Fits the response whose numbers stand in `values` from `at` on; the objective stands at the optimum afterwards, with its Hessian. */
  fit(values: Float64Array, at: number): FamilyOptimum {
    const { objective, kernel, start } = this;
    objective.load(values, at);
    start.find();
    const extras = kernel.starts(start.eta);
    const starts: Float64Array[] = [];
    let evaluations = 0;
    const { points, evaluations: scanned } = this.basins(start.beta, extras[0]);
    starts.push(...points);
    evaluations += scanned;
    const ends: FamilyNewtonEnd[] = [];
    for (const point of starts) {
      const end = this.newton.minimise(point);
      evaluations += end.evaluations;
      ends.push(end);
    }
    for (const other of extras.slice(1)) {
      const best = lowest(ends);
      const { point, evaluations: asked } = this.otherExtras(best, other);
      evaluations += asked;
      if (point === null) continue;
      const end = this.newton.minimise(point);
      evaluations += end.evaluations;
      ends.push(end);
    }
    const best = lowest(ends);
    if (best !== ends[ends.length - 1]) {
      objective.evaluate(best.parameters, 2);
      evaluations++;
    }
    return this.optimum(best, ends, evaluations);
  }

  /** Searches from one point alone. */
  refine(point: Float64Array): FamilyOptimum {
    const end = this.newton.minimise(point);
    return this.optimum(end, [end], end.evaluations);
  }

  /** Points to search from: the minima over the grid of variances. */
  private basins(beta: Float64Array, extras: Extras): { points: Float64Array[]; evaluations: number } {
    const { objective } = this;
    if (objective.m === 0)
      return { points: [objective.parametersOf(beta, new Float64Array(0), extras)], evaluations: 0 };
    const bounded = objective.least[objective.p] === 0;
    const points = GRID.filter((variance) => bounded || variance > 0).map((variance) =>
      objective.parametersOf(beta, this.factors(variance), extras),
    );
    const values = points.map((point, k) => {
      const value = objective.evaluate(point, k === 0 && bounded ? 1 : 0);
      // Downhill from zero: no minimum there.
      if (k === 0 && bounded && objective.gradient[objective.p] < 0) return Number.POSITIVE_INFINITY;
      return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
    });
    const minima = points.filter(
      (_, k) =>
        values[k] < (values[k - 1] ?? Number.POSITIVE_INFINITY) &&
        values[k] <= (values[k + 1] ?? Number.POSITIVE_INFINITY),
    );
    return { points: minima.length > 0 ? minima : [points[points.length > 1 ? 1 : 0]], evaluations: points.length };
  }

  /** Factors of uncorrelated random effects with this variance in linear predictors. */
  private factors(variance: number): Float64Array {
    const { evidence, objective } = this;
    const theta: number[] = [];
    for (const { z } of evidence.effects) {
      const q = evidence.rows === 0 ? 0 : z.length / evidence.rows;
      const sizes = columnSizes(z, q);
      for (let c = 0; c < q; c++) for (let r = c; r < q; r++) theta.push(r === c ? Math.sqrt(variance) * sizes[c] : 0);
    }
    return Float64Array.from(theta).subarray(0, Math.max(theta.length, objective.m));
  }

  /** A point with other extras that may lead to another minimum than `best`; null where that is not to be expected. */
  private otherExtras(best: FamilyNewtonEnd, extras: Extras): { point: Float64Array | null; evaluations: number } {
    const { objective } = this;
    const { p, m, d, least } = objective;
    const point = best.parameters.slice();
    point.set(extras, p + m);
    for (let e = p + m; e < p + m + d; e++) {
      if (point[e] !== least[e]) continue;
      // The best minimum is there already, or the limit is left downhill.
      if (best.parameters[e] === least[e]) return { point: null, evaluations: 0 };
      const value = objective.evaluate(point, 1);
      if (!Number.isFinite(value) || objective.gradient[e] < 0) return { point: null, evaluations: 1 };
      return { point, evaluations: 1 };
    }
    return { point, evaluations: 0 };
  }

  private optimum(best: FamilyNewtonEnd, ends: readonly FamilyNewtonEnd[], evaluations: number): FamilyOptimum {
    const { objective, kernel } = this;
    const { p, m, d, least, most } = objective;
    const { parameters, value, decrement } = best;
    const others = ends.filter((end) => end.converged && end.value > value + ONE_MINIMUM).map((end) => end.value);
    return {
      ...{ parameters, value, decrement, evaluations, converged: best.converged },
      atBound: Array.from(parameters, (x, j) => x === least[j] || x === most?.[j]),
      separated: this.separated(best),
      multimodal: others.length > 0 ? Math.min(...others) : null,
      poissonLimit: d > 0 && kernel.least[0] === 0 && parameters[p + m] === 0,
    };
  }

  /** Columns of the coefficients that a certified minimum would still move far. */
  private separated({ step, decrement }: FamilyNewtonEnd): number[] {
    const { evidence, objective, reach } = this;
    const { p, size } = objective;
    if (!(decrement <= CERTIFICATE)) return [];
    const move = Array.from({ length: p }, (_, k) => step[k] * (size?.[k] ?? 1));
    let longest = 0;
    for (let i = 0; i < evidence.rows; i++) {
      let sum = 0;
      for (let k = 0; k < p; k++) sum += evidence.x[i * p + k] * move[k];
      longest = Math.max(longest, Math.abs(sum));
    }
    if (longest < RUNAWAY) return [];
    return move.flatMap((value, k) => (Math.abs(value) * reach[k] > MOVING * longest ? [k] : []));
  }
}

function lowest(ends: readonly FamilyNewtonEnd[]): FamilyNewtonEnd {
  const finite = ends.filter((end) => Number.isFinite(end.value));
  return finite.reduce((best, end) => (end.value < best.value - 1e-9 ? end : best), finite[0] ?? ends[0]);
}
