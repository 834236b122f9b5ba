/**
 * Maximum likelihood of a generalised mixed model from several starts. Criteria of counts have several minima now and then: in
 * the variance of a random effect where a response has a few counts, in the dispersion where one count is far off. Values on a
 * grid of variances tell which basins there are.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { DISPERSION_OF } from '../types/family.ts';
import type { Extras, FamilyKernel } from './family-kernel.ts';
import { CERTIFICATE, FamilyNewton, type FamilyNewtonEnd, GOAL } from './family-newton.ts';
import { columnSizes, type FamilyObjective, FEW_ROWS, LITTLE_INFORMATION, typicalSizes } from './family-objective.ts';
import { FamilyStart } from './family-start.ts';
import { mirroredPoint } from './mirrored-point.ts';
import { openFamily } from './open-family.ts';
import { type OrthogonalObjective, orthogonalObjective } from './orthogonal-objective.ts';
import { PoissonLimit } from './poisson-limit.ts';
import { Separation } from './separation.ts';
import { variancePaths } from './variance-path.ts';

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
  /** Whether one ran to its greatest value. */
  readonly capped: boolean;
  /** Coefficients that go to infinity, by column of X: the likelihood has no maximum. */
  readonly separated: readonly number[];
  /** The criterion at another local minimum, the lowest of them (also one that a variance without bounds ran away to); null where none was met. */
  readonly multimodal: number | null;
  /** Whether a negative binomial ended as Poisson's limit. */
  readonly poissonLimit: boolean;
}

/** Variances of the random effects, in linear predictors, that a search of unbounded factors may begin with. */
const GRID = [0.01, 0.2, 4];
/** Rows of a random effect's column this far out of most of them make another basin, in which their levels are what they are. */
const OUTLYING = 10;
/** Few levels, and what their information is little up to. */
const FEW_LEVELS = { levels: 12, information: 300 };
/** Criteria this far apart are not those of two minima that compete. */
const COMPETING = 6;
/** What random effects win at the least if no dispersion without them does better. */
const WEAK = 10;
/** Points this close, in linear predictors, lead to one minimum. */
const CLOSE = 0.1;
/** Minima this close are one. */
const ONE_MINIMUM = 1e-6;

export type OpenObjective = (evidence: FamilyEvidence, kernel: FamilyKernel) => FamilyObjective;

export class FamilySearch {
  readonly objective: OrthogonalObjective;
  readonly kernel: FamilyKernel;
  private readonly evidence: FamilyEvidence;
  /** The criterion in its own coordinates, by which all of the search goes. */
  private readonly own: FamilyObjective;
  private readonly newton: FamilyNewton;
  private readonly start: FamilyStart;
  /** Of a negative binomial family. */
  private readonly limit: { readonly model: PoissonLimit; readonly search: FamilySearch } | null;
  /** Linear predictors of the limit by pseudo-row. */
  private readonly eta: Float64Array;
  private readonly separation: Separation;
  private readonly levels: number;
  private readonly fewRows: boolean;
  private readonly fewOutcomes: boolean;
  /** Whether a column of random effects has rows far out. */
  private readonly outlying: boolean;
  private readonly goal: number;
  private ends: FamilyNewtonEnd[] = [];
  private evaluations = 0;
  /** Another minimum of the Poisson limit. */
  private limitOther: number | null = null;
  /** Where the objective stands. */
  private standing: FamilyNewtonEnd | null = null;

  /** @param goal a minimum of this decrement will do */
  constructor(evidence: FamilyEvidence, open: OpenObjective, goal = GOAL) {
    const { family, mass, rows } = evidence;
    const kernel = openFamily(evidence);
    const objective = orthogonalObjective(evidence, kernel.extras, (turned) => open(turned, kernel));
    this.objective = objective;
    this.own = objective.own;
    this.kernel = kernel;
    this.evidence = evidence;
    this.newton = new FamilyNewton(objective.own);
    this.start = new FamilyStart(objective.basis.evidence, kernel);
    this.eta = new Float64Array(rows);
    const model = family === 'nbinom2' ? new PoissonLimit(evidence) : null;
    // Where another search begins need be known no better than that minima can be told apart.
    this.limit = model === null ? null : { model, search: new FamilySearch(model.evidence, open, CERTIFICATE) };
    this.goal = goal;
    this.separation = new Separation(evidence, objective);
    this.levels = evidence.effects.reduce((sum, { codes }) => sum + new Set(codes).size, 0);
    const dispersed = family in DISPERSION_OF;
    const few = mass.reduce((sum, value) => sum + value, 0) <= FEW_ROWS;
    this.fewRows = dispersed && few;
    // Mass of counts is none of theirs.
    this.fewOutcomes = few && family !== 'poisson';
    this.outlying = evidence.effects.some(({ z }) => {
      const q = z.length / rows;
      const sizes = columnSizes(z, q);
      return typicalSizes(z, q).some((size, c) => size > OUTLYING * sizes[c]);
    });
  }

  /** Fits the response whose numbers stand in `values` from `at` on; the objective stands at the optimum afterwards, with its Hessian. */
  fit(values: Float64Array, at: number): FamilyOptimum {
    const { own: objective } = this;
    this.ends = [];
    this.evaluations = 0;
    this.limitOther = null;
    objective.load(values, at);
    if (this.limit === null) this.searchAlone();
    else this.searchFromLimit(values, at);
    this.searchMirrored();
    return this.standLowest();
  }

  /**
   * Searches from one point alone, for the response whose numbers stand in `values` from `at` on, with the modes of a scalar term
   * about there; `stand` takes the point as it is. Whoever found the point answers for the basin, but for a variance that may
   * not be needed beside a dispersion.
   */
  refine(values: Float64Array, at: number, point: Float64Array, modes: Float64Array, stand = false): FamilyOptimum {
    const { own: objective } = this;
    this.ends = [];
    this.evaluations = 0;
    this.limitOther = null;
    objective.load(values, at);
    if (modes.length > 0) objective.startModes?.([modes], true);
    const from = this.objective.ownParameters(point);
    if (stand) {
      const end = this.newton.minimise(from, { rough: Number.POSITIVE_INFINITY });
      return this.optimum(end, [end], end.evaluations);
    }
    this.minimise(from);
    if (this.limit !== null) this.searchWithoutWeak(this.ends[0].parameters);
    return this.standLowest();
  }

  /** The lowest end, with the objective standing there. */
  private standLowest(): FamilyOptimum {
    const { ends, own: objective } = this;
    const best = lowest(ends, objective);
    if (best !== this.standing) {
      objective.evaluate(best.parameters, 2);
      this.evaluations++;
    }
    return this.optimum(best, ends, this.evaluations);
  }

  /** The minimum without a random effect that wins little, after a search that ended at some point. */
  private searchWithoutWeak(parameters: Float64Array): void {
    const { own: objective } = this;
    const { p, m } = objective;
    const variance = m > 0 && objective.least[p] === 0 ? parameters[p] : 0;
    const gain = variance > 0 ? (objective.effectGain?.() ?? 0) : 0;
    if (variance > 0 && (this.fewRows || gain < WEAK)) this.searchWithout(parameters);
  }

  private minimise(point: Float64Array): void {
    const end = this.newton.minimise(point, { rough: this.goal });
    this.evaluations += end.evaluations;
    this.ends.push(end);
    this.standing = end;
  }

  private evaluate(point: Float64Array, order: 0 | 1): number {
    this.evaluations++;
    this.standing = null;
    return this.own.evaluate(point, order);
  }

  /** From a generalised linear model. */
  private searchAlone(): void {
    const { own: objective, start } = this;
    start.find();
    const information = start.totalInformation;
    const little =
      this.fewOutcomes ||
      information < (this.levels <= FEW_LEVELS.levels ? FEW_LEVELS.information : LITTLE_INFORMATION);
    for (const extras of this.starts(start.eta)) {
      if (objective.m === 0) this.minimise(objective.parametersOf(start.beta, new Float64Array(0), extras));
      else if (objective.least[objective.p] !== 0) this.searchFactors(start.beta, extras, little);
      else this.searchVariance(start.beta, extras, little);
      if (this.outlying) this.searchTypical(start.beta, extras);
    }
  }

  /** One variance, from zero where that is a minimum and from where it is likely. */
  private searchVariance(beta: Float64Array, extras: Extras, little: boolean): void {
    const { own: objective } = this;
    const { p } = objective;
    const point = objective.parametersOf(beta, new Float64Array(1), extras);
    const value = this.evaluate(point, 1);
    const falling = Number.isFinite(value) && objective.gradient[p] < 0;
    const likely = objective.likelyVariance?.() ?? (falling ? GRID[1] * (objective.size?.[p] ?? 1) : 0);
    if (!falling) this.minimise(point);
    else if (little) this.searchWithout(point);
    if (likely > 0 || falling) {
      point[p] = likely > 0 ? likely : GRID[0] * (objective.size?.[p] ?? 1);
      this.minimise(point);
    }
    if (little) this.searchPath(point);
  }

  /** Minima along the path of variances, but those that were found from elsewhere. */
  private searchPath(point: Float64Array): void {
    const { own: objective, newton } = this;
    const { p, m } = objective;
    const { minima, evaluations } = variancePaths(objective, newton, point);
    this.evaluations += evaluations;
    this.standing = null;
    for (const { end, low, high } of minima) {
      const isKnown = this.ends.some(({ parameters, value }) => {
        if (value > end.value + ONE_MINIMUM) return false;
        return m === 1 ? parameters[p] > low && parameters[p] < high : isClose(parameters, end.parameters, objective);
      });
      if (!isKnown) this.minimise(end.parameters);
    }
  }

  /** The minimum without the random effect, where it is one with it too. */
  private searchWithout(point: Float64Array): void {
    const { own: objective, newton } = this;
    const { p } = objective;
    const without = point.slice();
    without[p] = 0;
    // Few rows are worth a remark about a minimum that loses.
    const below = this.fewRows || this.ends.length === 0 ? Number.POSITIVE_INFINITY : this.ends[0].value;
    const end = newton.minimise(without, { rough: CERTIFICATE, held: p, below });
    this.evaluations += end.evaluations;
    this.standing = null;
    if (end.converged && objective.gradient[p] >= 0) this.minimise(end.parameters);
  }

  /** Factors of any covariance: from the minima over a grid of equal variances. */
  private searchFactors(beta: Float64Array, extras: Extras, little: boolean): void {
    const { own: objective } = this;
    const points = GRID.map((variance) => objective.parametersOf(beta, this.factors(variance), extras));
    const values = points.map((point) => {
      const value = this.evaluate(point, 0);
      return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
    });
    const least = values.indexOf(Math.min(...values));
    this.minimise(points[least]);
    const { p, m } = objective;
    const capped = () => this.ends.every(({ parameters }) => isCapped(parameters, objective, p, p + m));
    if (little || capped()) this.searchPath(points[least]);
    // A variance that ran away has passed minima by, if there are any.
    if (capped()) for (const [k, point] of points.entries()) if (k !== least) this.minimise(point);
  }

  /** From random effects that move most linear predictors, but for rows far out, by as much. */
  private searchTypical(beta: Float64Array, extras: Extras): void {
    for (const variance of GRID.slice(1)) {
      // In the model's own columns: orthogonal ones mix what is far out with the rest.
      const point = this.objective.parametersOf(beta, this.factors(variance, this.evidence, typicalSizes), extras);
      if (Number.isFinite(this.evaluate(point, 0))) this.minimise(point);
    }
  }

  /** From the other side of the middle, where grades or answers have random effects so large that there are two minima. */
  private searchMirrored(): void {
    const { own: objective, ends, evidence } = this;
    const discrete = evidence.family === 'binomial' || evidence.family === 'cumulative';
    if (!discrete || objective.m === 0) return;
    const best = lowest(ends, objective);
    const point = best.converged ? mirroredPoint(objective, this.objective.basis.evidence.x, best.parameters) : null;
    if (point && Number.isFinite(this.evaluate(point, 0))) this.minimise(point);
  }

  /** From the Poisson limit, which is a minimum itself where the dispersion has no slope there. */
  private searchFromLimit(values: Float64Array, at: number): void {
    const { own: objective, limit, evidence, eta } = this;
    if (limit === null) return;
    const { p, m } = objective;
    const poisson = limit.search.fit(limit.model.response(values, at), 0);
    this.limitOther = poisson.multimodal;
    if (m > 0) objective.startModes?.(limit.search.objective.modes().map(({ estimate }) => estimate));
    limit.model.spread(limit.search.objective.eta, evidence.offset, eta);
    const { objective: whole } = this;
    const limitTheta = limit.search.objective.theta(poisson.parameters);
    const point = whole.ownParameters(
      whole.parametersOf(poisson.parameters.slice(0, p), limitTheta, this.starts(eta)[0]),
    );
    this.minimise(point);
    if (this.outlying && m > 0) this.searchTypical(point.slice(0, p), point.slice(p + m));
    const { value, parameters } = this.ends[0];
    this.searchWithoutWeak(parameters);
    if (parameters[p + m] > 0 && (this.fewRows || value > poisson.value - COMPETING)) {
      point[p + m] = 0;
      if (Number.isFinite(this.evaluate(point, 1)) && objective.gradient[p + m] >= 0) this.minimise(point);
    }
    if (this.fewRows && m > 0) this.searchPath(parameters);
  }

  /** Extras to begin with, within their bounds: of responses that lie on their means a dispersion is none. */
  private starts(eta: Float64Array): Extras[] {
    const { p, m, most } = this.own;
    return this.kernel
      .starts(eta)
      .map((extras) => extras.map((value, e) => Math.min(value, most?.[p + m + e] ?? Number.POSITIVE_INFINITY)));
  }

  /** Factors of uncorrelated random effects with this variance in linear predictors. */
  private factors(variance: number, evidence = this.objective.basis.evidence, sizesOf = columnSizes): Float64Array {
    const theta: number[] = [];
    for (const { z } of evidence.effects) {
      const q = evidence.rows === 0 ? 0 : z.length / evidence.rows;
      const sizes = sizesOf(z, q);
      for (let c = 0; c < q; c++) for (let r = c; r < q; r++) theta.push(r === c ? Math.sqrt(variance) * sizes[c] : 0);
    }
    return Float64Array.from(theta);
  }

  private optimum(best: FamilyNewtonEnd, ends: readonly FamilyNewtonEnd[], evaluations: number): FamilyOptimum {
    const { own: objective, kernel } = this;
    const { p, m, d, least, most } = objective;
    const { parameters: own, value, decrement } = best;
    const parameters = this.objective.rawParameters(own);
    const poissonLimit = d > 0 && kernel.least[0] === 0 && own[p + m] === 0;
    const others = ends
      .filter((end) => end.converged && Math.abs(end.value - value) > ONE_MINIMUM)
      .map((end) => end.value);
    const separated = this.separation.columns(best);
    return {
      ...{ parameters, value, decrement, evaluations, converged: best.converged || separated.length > 0 },
      atBound: Array.from(own, (x, j) => x === least[j] || x === most?.[j]),
      capped: isCapped(own, objective, 0, own.length),
      separated,
      multimodal: others.length > 0 ? Math.min(...others) : poissonLimit ? this.limitOther : null,
      poissonLimit,
    };
  }
}

/**
 * The lowest end, of some as low one that is certain. One where a variance ran to its greatest value is no minimum, and taken where
 * there is no other.
 */
function lowest(ends: readonly FamilyNewtonEnd[], objective: FamilyObjective): FamilyNewtonEnd {
  if (ends.length === 1) return ends[0];
  const { p, m } = objective;
  const finite = ends.filter((end) => Number.isFinite(end.value));
  const minima = finite.filter((end) => !isCapped(end.parameters, objective, p, p + m));
  const candidates = minima.some(({ converged }) => converged) ? minima : finite;
  const least = Math.min(...candidates.map(({ value }) => value));
  const best = candidates.filter(({ value }) => value <= least + 1e-9);
  return best.find(({ converged }) => converged) ?? best[0] ?? ends[0];
}

/** Whether points are in each other's reach, up to signs of factors. */
function isClose(a: Float64Array, b: Float64Array, { size }: FamilyObjective): boolean {
  return a.every((value, j) => Math.abs(Math.abs(value) - Math.abs(b[j])) <= CLOSE * (size?.[j] ?? 1));
}

/** Whether one of the parameters from `from` to `to` ran to its greatest size. */
function isCapped(parameters: Float64Array, { least, most }: FamilyObjective, from: number, to: number): boolean {
  for (let j = from; j < to; j++) {
    if (most === undefined || most[j] === least[j]) continue;
    if (parameters[j] >= most[j] || (least[j] < 0 && parameters[j] <= least[j])) return true;
  }
  return false;
}
