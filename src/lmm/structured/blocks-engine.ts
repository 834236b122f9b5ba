import type { CovarianceBlocks } from '../../moments/covariance-blocks.ts';
import type { DesignMoments, MomentBatch, ResponseMoments } from '../../moments/moments.ts';
import { quadraticForm } from '../../numeric/dense.ts';
import { KENWARD_ROGER_UNFORMED, NO_KENWARD_ROGER, type VarianceModel } from '../../types/inference.ts';
import { isMarkov } from '../../types/residual.ts';
import { rowDf } from '../degrees-of-freedom.ts';
import {
  type DeviceStart,
  type Engine,
  type EngineOptions,
  FINISHED_ON_HOST,
  type Fits,
  labelPreview,
  REASON,
  REASONS,
  REFITTED_ON_CPU,
  type Reason,
  SEARCHED_ON_DEVICE,
} from '../engine.ts';
import { criterionDegrees } from '../objective.ts';
import { screenDesign, screenedEngine, screenResponse, setStatus } from '../screen.ts';
import { SINGULAR_BELOW, testRows } from '../test-rows.ts';
import { termCovariance } from './block-covariance.ts';
import { knownParameters } from './block-residuals.ts';
import type { BlocksDraws } from './blocks-bootstrap.ts';
import { BlocksObjective, blocksConstant } from './blocks-objective.ts';
import type { BlocksProfiles } from './blocks-profiles.ts';
import { blocksVariance } from './blocks-variance.ts';
import { CovarianceOptimum, isCertified } from './covariance-optimum.ts';
import { covarianceParameters, idleParameters } from './covariance-parameters.ts';
import { CovarianceSearch, type SearchEnd } from './covariance-search.ts';
import { observedStart } from './observed-start.ts';
import { inUserUnits, rescale, responseScale } from './parameter-start.ts';
import { type LeftOver, ReproducedRows } from './reproduced-rows.ts';
import { residualSummary } from './residual-summary.ts';

/** Decrement, in deviance units, of a search that ran away above which the criterion was still falling there. */
const STILL_FALLING = 1e-3;
/** Evaluations from where a device's search ended beyond which that was no start in the basin. */
const MAXIMAL_FINISH = 16;
/** A standard deviation below this share of the largest has vanished: the rows that it belongs to are reproduced. */
const VANISHED = 1e-6;
/** Standard deviations this far apart, e^7: it is seen whether the smallest one says anything. */
const FAR_APART = 1100;
/** Standard deviations so far apart that squares of residuals of the larger leave half their digits to those of the smaller. */
const ROUNDED = 1e4;
/** Deviance that a standard deviation e times as large costs where it has rows of its own: about one a row, nothing where these are reproduced, but for rounding. */
const SAYS_NOTHING = 0.05;
/** Curvature below which that is looked at: it is about two a row, and falls with the square of a standard deviation that vanishes. */
const LEVEL = 1e-4;

/** Engine of models with structured residuals, dispersion models and structured random effects. `theta` of its fits is t. */
export function blocksEngine(design: DesignMoments, options: EngineOptions): Engine {
  return blocksFitter(design, options).engine;
}

/** The same with what draws from its fits and what profiles them, where it can. */
export function blocksFitter(
  design: DesignMoments,
  options: EngineOptions,
): { readonly engine: Engine; readonly draws: BlocksDraws | null; readonly profiles: BlocksProfiles | null } {
  const { blocks: evidence } = design;
  if (!evidence) throw new RangeError('the design has no blocks of a covariance');
  const problem = screenDesign(design) ?? screenBlocks(evidence);
  if (problem) return { engine: screenedEngine(problem), draws: null, profiles: null };
  const { p } = design;
  const { method, ddf } = options;
  const parameters = covarianceParameters(evidence.layout, design.terms);
  const idle = idleParameters(parameters, evidence);
  const objective = new BlocksObjective(parameters, evidence, p, method === 'REML');
  const search = new CovarianceSearch(objective, idle);
  const optimum = new CovarianceOptimum(design, evidence, parameters, idle, objective, search);
  const { flat, isSmall } = optimum;
  const observe = observedStart(parameters, evidence, p);
  const variances = blocksVariance(objective);
  const summary = residualSummary(parameters, evidence);
  const reproduced = new ReproducedRows(parameters, evidence, p, method === 'REML');
  const { rows, columns } = testRows(design, options.contrasts);
  const constant = blocksConstant(design, method);
  const d = criterionDegrees(design, method);
  const information = options.information ?? 'observed';

  /** Screens and loads response k; returns its scale, or 0 when row `at` has got its status. */
  function load(batch: MomentBatch, k: number, fits: Fits, at: number): number {
    const { responses } = batch;
    return screenResponse(responses.constant[k], responses.rss[k], fits, at) ? 0 : loadResponse(batch, k);
  }

  function loadResponse({ responses }: MomentBatch, k: number): number {
    const scale = responseScale(responses.rss[k], design.n - p);
    const data = responses.blocks;
    if (!data) throw new RangeError('the responses have no sums by block');
    objective.load(data, k * (evidence as CovarianceBlocks).width, scale);
    return scale;
  }

  /** The root mean square of the residuals of least squares, of the response times its scale. */
  function deviationOf({ rss }: ResponseMoments, k: number, scale: number): number {
    return scale * Math.sqrt(rss[k] / (design.n - p));
  }

  /** The optimum of the loaded response, number k of some. */
  function searchResponse(responses: ResponseMoments, k: number, scale: number): SearchEnd {
    const { width } = evidence as CovarianceBlocks;
    const start = isSmall || !responses.blocks ? null : observe?.(responses.blocks, k * width, scale);
    return optimum.minimise(deviationOf(responses, k, scale), scale, start ?? null);
  }

  function fit(batch: MomentBatch, k: number, fits: Fits, at: number): void {
    const scale = load(batch, k, fits, at);
    if (scale > 0) write(batch.responses, k, scale, searchResponse(batch.responses, k, scale), fits, at);
  }

  function finish(batch: MomentBatch, k: number, fits: Fits, at: number, start: DeviceStart): boolean {
    const scale = load(batch, k, fits, at);
    if (scale === 0) return true;
    const { evaluations, preview = false } = start;
    const found = start.point.length > 0;
    const point = found ? inUserUnits(start.point, flat, scale) : null;
    let end = point && (preview ? search.stand(point) : search.minimise(point));
    const held = end !== null && (preview || (isCertified(end) && end.evaluations <= MAXIMAL_FINISH));
    if (!end || !held) end = searchResponse(batch.responses, k, scale);
    write(batch.responses, k, scale, { ...end, evaluations: end.evaluations + evaluations }, fits, at);
    if (held && preview) {
      labelPreview(fits, at);
      return true;
    }
    fits.search[at] = SEARCHED_ON_DEVICE;
    fits.finish[at] = held ? FINISHED_ON_HOST : REFITTED_ON_CPU;
    return held;
  }

  function write(responses: ResponseMoments, k: number, scale: number, end: SearchEnd, fits: Fits, at: number): void {
    const { qty } = responses;
    fits.evaluations[at] = end.evaluations;
    const whole = qty.subarray(k * p, (k + 1) * p).reduce((sum, value) => sum + value * value, responses.rss[k]);
    // Without a certificate it is chance, by the rounding of sums, how far the search came, and whether there is a criterion.
    const converged = isCertified(end);
    const { first, least, most } = summary.deviations(search.t);
    const apart = !(least > VANISHED * most);
    const far = !(most < FAR_APART * least);
    const left = apart || (far && !converged) ? reproduced.smallest(search.t, objective.response, whole) : 'something';
    const vanished =
      (far || !converged ? reproducedRows(whole) : null) ??
      (far && isVanishing(left, converged) ? REASON.vanishedStratum : null);
    if (!Number.isFinite(end.value)) {
      if (vanished) setStatus(fits, at, 'perfect_fit', vanished);
      else setStatus(fits, at, 'failed', REASON.noCriterion);
      return;
    }
    const t = rescale(parameters, search.t, 1 / scale);
    for (let e = 0; e < t.length; e++) fits.theta[at * fits.thetas + e] = idle[e] ? Number.NaN : t[e];
    writeDispersionErrors(fits, at);
    fits.sigma[at] = first;
    fits.criterion[at] = constant + end.value - 2 * d * Math.log(scale);
    fits.gradient[at] = end.decrement;
    fits.converged[at] = converged ? 1 : 0;
    if (vanished) {
      setStatus(fits, at, 'perfect_fit', vanished);
      return;
    }
    if (!converged || (apart && left === 'something')) {
      fits.converged[at] = 0;
      setStatus(fits, at, 'not_converged', most > ROUNDED * least ? REASON.farApart : reasonOf(end));
    }
    if (isSingular(first * scale)) fits.singular[at] = 1;

    const { covariance, shift } = objective;
    let variance: VarianceModel | null = null;
    if (ddf !== 'asymptotic') {
      variance = ddf === 'kenward-roger' ? variances.kenwardRoger(information) : variances.satterthwaite();
      if (!variance) {
        variance = variances.satterthwaite();
        const reason = objective.cut ? KENWARD_ROGER_UNFORMED : NO_KENWARD_ROGER;
        if (converged) fits.reason[at] = REASONS.indexOf(reason);
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

  /** Why the criterion falls for ever: the effects leave nothing of rows of a response with this sum of squares. */
  function reproducedRows(whole: number): Reason | null {
    const found = reproduced.vanishing(objective.response, whole);
    return found && (found === 'all' ? REASON.perfectFit : REASON.vanishedStratum);
  }

  /**
   * Whether a standard deviation vanishes that no rows tell, without the criterion falling for ever; `left` is what effects leave
   * of the rows whose one is smaller than doubles tell. That of a visit beside an effect of the subjects, which then is what was
   * seen there, may be zero; of a stratum the criterion is flat, and where a search stops is chance.
   */
  function isVanishing(left: LeftOver, converged: boolean): boolean {
    const { scales, layout, terms } = parameters;
    if (layout.structure !== null) return left !== 'something' && !(converged && terms.length > 0);
    if (left !== 'something') return true;
    if (scales < 2) return false;
    const { hessian, count } = objective;
    const level = reproduced.directions.filter((direction) => {
      let curvature = 0;
      for (let c = 0; c < scales; c++) {
        for (let e = 0; e < scales; e++) curvature += direction[c] * hessian[c * count + e] * direction[e];
      }
      return Math.abs(curvature) < LEVEL;
    });
    if (level.length === 0) return false;
    const t = search.t.slice();
    const here = objective.evaluate(t, 'value');
    const flat = level.some((direction) => {
      const there = t.map((log, c) => (c < scales ? log + direction[c] : log));
      return Math.abs(objective.evaluate(there, 'value') - here) < SAYS_NOTHING;
    });
    objective.evaluate(t, 'hessian');
    return flat;
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

  const engine: Engine = { fit, finish };
  const read = {
    ...{ objective, rows, columns },
    parametersOf: (fits: Fits, at: number) =>
      knownParameters(fits.theta.subarray(at * fits.thetas, (at + 1) * fits.thetas), parameters.count),
    rescale: (t: Float64Array, factor: number) => rescale(parameters, t, factor),
  };
  const draws: BlocksDraws = {
    ...read,
    load(responses) {
      const scale = responseScale(responses.rss[0], design.n - p);
      objective.load(responses.blocks ?? new Float64Array(0), 0, scale);
      return scale;
    },
    search(start, responses, scale) {
      if (isCertified(search.minimise(start))) return search.t;
      const end = searchResponse(responses, 0, scale);
      return isCertified(end) ? search.t : null;
    },
  };
  const profiles: BlocksProfiles = {
    ...read,
    ...{ parameters, evidence, idle, isSmall },
    load: loadResponse,
    starts: ({ responses }, k, scale) => optimum.startPoints(deviationOf(responses, k, scale), scale),
  };
  // Pairs of neighbours cannot be drawn one by one: they share rows.
  return { engine, draws: objective.cut ? null : draws, profiles };
}

/** A search that ran away wins as much with every step, where the likelihood has no bound, or next to nothing. */
function reasonOf({ diverged, decrement }: SearchEnd): Reason {
  if (!diverged) return REASON.noCovariance;
  return decrement > STILL_FALLING ? REASON.unbounded : REASON.endOfRange;
}

/** What can be said of blocks before any response is looked at. */
function screenBlocks({ unseen, fewSubjects, units, layout }: CovarianceBlocks) {
  if (unseen !== null) return { status: 'rank_deficient', reason: REASON.unseenPair } as const;
  if (fewSubjects) return { status: 'too_few', reason: REASON.fewSubjects } as const;
  // One series tells its own correlations; nothing repeats a whole covariance.
  const series = layout.structure !== null && isMarkov(layout.structure);
  if (units.name !== null && units.count < 2 && !series)
    return { status: 'too_few', reason: REASON.fewLevels } as const;
  return null;
}
