import type { CovarianceBlocks } from '../../moments/covariance-blocks.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import { quadraticForm } from '../../numeric/dense.ts';
import { NO_KENWARD_ROGER, type VarianceModel } from '../../types/inference.ts';
import { rowDf } from '../degrees-of-freedom.ts';
import { type Engine, type EngineOptions, type Fits, REASON, REASONS } from '../engine.ts';
import { criterionDegrees } from '../objective.ts';
import { CERTIFICATE, screenDesign, screenedEngine, screenResponse, setStatus } from '../screen.ts';
import { SINGULAR_BELOW, testRows } from '../test-rows.ts';
import { termCovariance } from './block-covariance.ts';
import { knownParameters } from './block-residuals.ts';
import type { BlocksDraws } from './blocks-bootstrap.ts';
import { BlocksObjective } from './blocks-objective.ts';
import { blocksVariance } from './blocks-variance.ts';
import { covarianceParameters, idleParameters } from './covariance-parameters.ts';
import { CovarianceSearch, type SearchEnd } from './covariance-search.ts';
import { flatScales, rescale, startParameters } from './parameter-start.ts';
import { residualDeviations } from './residual-summary.ts';

/** Correlations of neighbours that searches begin with, in turn until one ends with its certificate. */
const CORRELATIONS = [0.3, 0.01, 0.8, 0.55];
/** A standard deviation below this share of the largest has vanished: the rows that it belongs to are reproduced. */
const VANISHED = 1e-6;

/** -2 log likelihood beside log|V|, the residual sum of squares and log|M|: log|X'X| (REML) - log|W| + d log 2 pi. */
export function blocksConstant(design: DesignMoments, method: 'REML' | 'ML'): number {
  const { p, r, logDetW } = design;
  let logDetX = 0;
  for (let k = 0; k < p; k++) logDetX += 2 * Math.log(Math.abs(r[k * p + k]));
  return (method === 'REML' ? logDetX : 0) - logDetW + criterionDegrees(design, method) * Math.log(2 * Math.PI);
}

/** Engine of models with structured residuals, dispersion models and structured random effects. `theta` of its fits is t. */
export function blocksEngine(design: DesignMoments, options: EngineOptions): Engine {
  return blocksFitter(design, options).engine;
}

/** The same with what fits draws of it; null where the design has no fits. */
export function blocksFitter(
  design: DesignMoments,
  options: EngineOptions,
): { readonly engine: Engine; readonly draws: BlocksDraws | null } {
  const { blocks: evidence } = design;
  if (!evidence) throw new RangeError('the design has no blocks of a covariance');
  const problem = screenDesign(design) ?? screenBlocks(evidence);
  if (problem) return { engine: screenedEngine(problem), draws: null };
  const { p } = design;
  const { method, ddf } = options;
  const parameters = covarianceParameters(evidence.layout, design.terms);
  const idle = idleParameters(parameters, evidence);
  const flat = flatScales(parameters, evidence);
  const objective = new BlocksObjective(parameters, evidence, p, method === 'REML');
  const search = new CovarianceSearch(objective, idle);
  const variances = blocksVariance(objective);
  const { rows, columns } = testRows(design, options.contrasts);
  const constant = blocksConstant(design, method);
  const d = criterionDegrees(design, method);
  const information = options.information ?? 'observed';

  /** The lowest certified end point of a search from several starts. The objective is left standing there. */
  function optimum(deviation: number, scale: number): SearchEnd {
    let kept: SearchEnd | null = null;
    let at: Float64Array | null = null;
    let evaluations = 0;
    for (const correlation of CORRELATIONS) {
      const end = search.minimise(startParameters(parameters, flat, deviation, correlation, scale));
      evaluations += end.evaluations;
      if (certified(end)) return { ...end, evaluations };
      if (!Number.isFinite(end.value) || (kept && !(end.value < kept.value))) continue;
      kept = end;
      at = search.t.slice();
    }
    if (!kept || !at) return { value: Number.NaN, decrement: Number.NaN, minimum: false, evaluations };
    const again = search.minimise(at);
    return { ...again, evaluations: evaluations + again.evaluations };
  }

  function fitResponse({ responses }: MomentBatch, k: number, fits: Fits, at: number): void {
    const rss = responses.rss[k];
    if (screenResponse(responses.constant[k], rss, fits, at)) return;
    // A power of two that brings the residual variance near 1, so that no square overflows.
    const scale = 2 ** -Math.round(Math.log2(rss / (design.n - p)) / 2);
    const data = responses.blocks;
    if (!data) throw new RangeError('the responses have no sums by block');
    objective.load(data, k * (evidence as CovarianceBlocks).width, scale);
    const deviation = scale * Math.sqrt(rss / (design.n - p));
    const end = optimum(deviation, scale);
    write(responses.qty, k, scale, end, fits, at);
  }

  function write(qty: Float64Array, k: number, scale: number, end: SearchEnd, fits: Fits, at: number): void {
    fits.evaluations[at] = end.evaluations;
    if (!Number.isFinite(end.value)) {
      setStatus(fits, at, 'failed', REASON.noCriterion);
      return;
    }
    const t = rescale(parameters, search.t, 1 / scale);
    for (let e = 0; e < t.length; e++) fits.theta[at * fits.thetas + e] = idle[e] ? Number.NaN : t[e];
    writeDispersionErrors(fits, at);
    const { first, least, most } = residualDeviations(parameters, evidence as CovarianceBlocks, t);
    fits.sigma[at] = first;
    fits.criterion[at] = constant + end.value - 2 * d * Math.log(scale);
    fits.gradient[at] = end.decrement;
    const converged = certified(end);
    fits.converged[at] = converged ? 1 : 0;
    if (!(least > VANISHED * most)) {
      setStatus(fits, at, 'perfect_fit', REASON.perfectFit);
      return;
    }
    if (!converged) setStatus(fits, at, 'not_converged', REASON.noOptimum);
    if (isSingular(first * scale)) fits.singular[at] = 1;

    const { covariance, shift } = objective;
    let variance: VarianceModel | null = null;
    if (ddf !== 'asymptotic') {
      variance = ddf === 'kenward-roger' ? variances.kenwardRoger(information) : variances.satterthwaite();
      if (!variance) {
        variance = variances.satterthwaite();
        if (converged) fits.reason[at] = REASONS.indexOf(NO_KENWARD_ROGER);
      }
    }
    for (let c = 0; c < columns; c++) {
      let estimate = 0;
      for (let i = 0; i < p; i++) estimate += rows[c * p + i] * (qty[k * p + i] + shift[i] / scale);
      const to = at * columns + c;
      fits.estimate[to] = estimate;
      const square = quadraticForm(variance?.adjusted ?? covariance, 0, rows, c * p, p);
      fits.standardError[to] = Math.sqrt(square) / scale;
      if (c < p && !(fits.standardError[to] > 0 && Number.isFinite(estimate * square))) {
        setStatus(fits, at, 'failed', REASON.outOfRange);
        return;
      }
      if (variance) fits.df[to] = rowDf(variance, Number.POSITIVE_INFINITY, rows, c * p, p);
    }
  }

  /** Standard errors of the dispersion model's coefficients behind t. */
  function writeDispersionErrors(fits: Fits, at: number): void {
    const { dispersion } = parameters.layout;
    if (dispersion === 0) return;
    const { weights } = variances.satterthwaite();
    const { count } = parameters;
    for (let c = 0; c < dispersion; c++) {
      fits.theta[at * fits.thetas + count + c] = Math.sqrt(weights[c * count + c]);
    }
  }

  /** Whether a random term has lost a dimension beside residuals of this standard deviation. */
  function isSingular(sigma: number): boolean {
    const t = search.t;
    return parameters.terms.some((term) => {
      if (term.structure) return false;
      const G = new Float64Array(term.q * term.q);
      termCovariance(term, t, G, G.slice());
      for (let a = 0; a < term.q; a++) {
        const own = t[term.offset + (a * (a + 1)) / 2 + a];
        if (Math.abs(own) < SINGULAR_BELOW * Math.max(Math.sqrt(G[a * term.q + a]), sigma)) return true;
      }
      return false;
    });
  }

  const engine: Engine = {
    fit: fitResponse,
    finish(batch, k, fits, at) {
      fitResponse(batch, k, fits, at);
      return true;
    },
  };
  const draws: BlocksDraws = {
    objective,
    rows,
    columns,
    parametersOf: (fits, at) =>
      knownParameters(fits.theta.subarray(at * fits.thetas, (at + 1) * fits.thetas), parameters.count),
    load(responses) {
      const scale = 2 ** -Math.round(Math.log2(responses.rss[0] / (design.n - p)) / 2);
      objective.load(responses.blocks ?? new Float64Array(0), 0, scale);
      return scale;
    },
    rescale: (t, factor) => rescale(parameters, t, factor),
    search(start, responses, scale) {
      if (certified(search.minimise(start))) return search.t;
      const end = optimum(scale * Math.sqrt(responses.rss[0] / (design.n - p)), scale);
      return certified(end) ? search.t : null;
    },
  };
  return { engine, draws };
}

function certified({ value, decrement, minimum }: SearchEnd): boolean {
  return Number.isFinite(value) && minimum && decrement <= CERTIFICATE;
}

/** What can be said of blocks before any response is looked at. */
function screenBlocks({ unseen, fewSubjects, units }: CovarianceBlocks) {
  if (unseen !== null) return { status: 'rank_deficient', reason: REASON.unseenPair } as const;
  if (fewSubjects) return { status: 'too_few', reason: REASON.fewSubjects } as const;
  if (units.name !== null && units.count < 2) return { status: 'too_few', reason: REASON.fewLevels } as const;
  return null;
}
