import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { type FamilyCovariance, familyCovariance } from './family-covariance.ts';
import { FamilyNewton, type FamilyNewtonEnd } from './family-newton.ts';
import { type FamilyOptimum, FamilySearch, type OpenObjective } from './family-search.ts';
import { openFamily } from './open-family.ts';
import { RestrictedObjective } from './restricted-objective.ts';

/** Standard deviations of random effects, in linear predictors, below which a factor is where all its slopes vanish; and where searches begin instead. */
const VANISHED = 0.05;
const STARTS = [0.1, 0.6];

/** What a fit by {@link RestrictedSearch} leaves. */
export interface RestrictedOptimum extends FamilyOptimum {
  /** Null where coefficients are separated. */
  readonly covariance: Pick<FamilyCovariance, 'beta' | 'conditionalErrors' | 'extraErrors'> | null;
}

/**
 * Restricted Laplace fits: the search of maximum likelihood says where to begin and which coefficients have no finite estimate,
 * whose likelihood has no integral either; its optimum stands for theirs.
 */
export class RestrictedSearch {
  /** That of maximum likelihood: it stands at the optimum after a fit, for its modes. */
  readonly search: FamilySearch;
  readonly restricted: RestrictedObjective;
  private readonly newton: FamilyNewton;
  private readonly evidence: FamilyEvidence;

  constructor(evidence: FamilyEvidence, open: OpenObjective) {
    this.evidence = evidence;
    this.search = new FamilySearch(evidence, open);
    this.restricted = new RestrictedObjective(evidence, openFamily(evidence));
    this.newton = new FamilyNewton(this.restricted);
  }

  /** Fits the response whose numbers stand in `values` from `at` on. */
  fit(values: Float64Array, at: number): RestrictedOptimum {
    const { search, restricted, evidence } = this;
    const { objective } = search;
    const free = search.fit(values, at);
    if (free.separated.length > 0 || !Number.isFinite(free.value)) return { ...free, covariance: null };
    const { p, m } = objective;
    restricted.load(values, at);
    const beta = free.parameters.slice(0, p);
    const theta = objective.theta(free.parameters);
    const extras = free.parameters.slice(p + m);
    const ends = this.startsOf(theta).map((start) => {
      restricted.startCoefficients(beta);
      return this.minimise(restricted.parametersOf(beta, start, extras));
    });
    const best = ends.reduce((least, end) =>
      end.value < least.value - 1e-9 || Number.isNaN(least.value) ? end : least,
    );
    restricted.startCoefficients(beta);
    const value = restricted.evaluate(best.parameters, 2);
    const extraErrors = familyCovariance(restricted, evidence.family, best.parameters).extraErrors;
    const estimates = restricted.beta;
    const covariances = restricted.coefficientCovariances(best.parameters);
    const parameters = objective.parametersOf(
      estimates,
      restricted.theta(best.parameters),
      best.parameters.slice(restricted.m),
    );
    objective.evaluate(parameters, 0);
    return {
      ...free,
      ...{ parameters, value, decrement: best.decrement, converged: best.converged },
      evaluations: free.evaluations + ends.reduce((sum, end) => sum + end.evaluations, 1),
      poissonLimit: free.poissonLimit && parameters[p + m] === 0,
      atBound: Array.from(parameters, (x, j) => x === objective.least[j] || x === objective.most?.[j]),
      covariance: {
        beta: covariances.whole,
        conditionalErrors: Float64Array.from({ length: p }, (_, j) => Math.sqrt(covariances.held[j * p + j])),
        extraErrors,
      },
    };
  }

  private minimise(point: Float64Array): FamilyNewtonEnd {
    if (point.length > 0) return this.newton.minimise(point);
    const value = this.restricted.evaluate(point, 0);
    return { parameters: point, value, decrement: 0, evaluations: 1, converged: true, step: new Float64Array(0) };
  }

  /** The factors of maximum likelihood; where one has vanished, several that have not. */
  private startsOf(theta: Float64Array): Float64Array[] {
    const { restricted, evidence } = this;
    const diagonals: number[] = [];
    let at = 0;
    for (const { z } of evidence.effects) {
      const q = evidence.rows === 0 ? 0 : z.length / evidence.rows;
      for (let c = 0; c < q; c++) {
        diagonals.push(at);
        at += q - c;
      }
    }
    const vanished = diagonals.filter((j) => theta[j] < VANISHED * restricted.size[j]);
    if (vanished.length === 0) return [theta];
    return STARTS.map((start) => {
      const moved = theta.slice();
      for (const j of vanished) moved[j] = start * restricted.size[j];
      return moved;
    });
  }
}
