import type { DesignMoments, MomentBatch } from '../moments/moments.ts';
import { quadraticForm } from '../numeric/dense.ts';
import { NO_KENWARD_ROGER } from '../types/inference.ts';
import { thetaLength } from '../types/parameters.ts';
import { BlockObjective } from './block-objective.ts';
import { CrossedObjective } from './crossed-objective.ts';
import { rowDf } from './degrees-of-freedom.ts';
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
  SEARCHED_ON_DEVICE,
} from './engine.ts';
import { certified, factorWriter } from './factor-finish.ts';
import { FactorNewton, type NewtonOutcome } from './newton.ts';
import type { CovarianceObjective } from './objective.ts';
import { SATURATED, screenDesign, screenedEngine, screenResponse, setStatus, ZERO_WITHIN } from './screen.ts';
import { varianceModels } from './variance-model.ts';

/** Designs with so few rows may have several optima: all starts of a search are run and the lowest kept. */
export const TINY_ROWS = 100;
/** Sizes of the starting factor, tried in turn until the end point is certified. */
const SIZES = [1, 0.1, 10, 0.01];
/** Evaluations from a device's factor beyond which that was no start in the basin. */
const MAXIMAL_FINISH = 12;
/** With more parameters than that a search from every start takes minutes, and no row is left to tell the optima apart. */
const MOST_RESTARTED = 40;
/** Criteria closer than this are the same optimum. */
const RESOLUTION = 1e-9;
/** Share of a column of Z that X must leave for its variance to be estimable. */
export const ESTIMABLE = 1e-9;

/** An engine that also fits draws of a bootstrap; null for a design without fits. */
export interface CovarianceEngine extends Engine {
  readonly draws: DrawFitter | null;
}

/** What fits draws: the engine's objective, loaded by whoever draws, and its search. */
export interface DrawFitter {
  readonly objective: CovarianceObjective;
  /** Rows l'R^-1 of each column, columns x p. */
  readonly rows: Float64Array;
  readonly columns: number;
  /** The optimum of the loaded draw; `start` is the factor drawn from. The objective is left standing there. */
  search(start: Float64Array): NewtonOutcome;
  /** The minimum that Newton's method reaches from a factor near it, and no other. */
  descend(start: Float64Array): NewtonOutcome;
}

/**
 * Engine for everything that the spectral path does not take: vector terms, several terms, nested and crossed factors,
 * designs of a response's own. Newton's method on exact derivatives; the formulas are in `objective.ts`.
 */
export function covarianceEngine(design: DesignMoments, options: EngineOptions): CovarianceEngine {
  const problem = screenDesign(design);
  if (problem) return { ...screenedEngine(problem), draws: null };
  const objective =
    design.factors.length === 1
      ? new BlockObjective(design, options.method)
      : new CrossedObjective(design, options.method);
  if (options.method === 'ML' && objective.withinRows <= 0) return { ...screenedEngine(SATURATED), draws: null };
  return covarianceFitter(design, options, objective);
}

/** Where searches of a design begin. */
export interface SearchStarts {
  /** Typical size of a relative covariance factor: they shrink as the weights grow. */
  readonly unit: number;
  /** Which columns of each term X leaves something of. */
  readonly estimable: readonly (readonly boolean[])[];
  /** Sizes of each term's starting factor in units of `unit`, in the order in which they are tried. */
  readonly starts: readonly (readonly number[])[];
  /** Whether all starts are run and the lowest kept. */
  readonly tiny: boolean;
}

export function searchStarts(design: DesignMoments): SearchStarts {
  const parameters = thetaLength(design.terms);
  const tiny = design.n <= TINY_ROWS && parameters <= MOST_RESTARTED;
  return {
    unit: Math.exp(-design.logDetW / (2 * design.n)), // 1 / root of the geometric mean weight
    estimable: estimableColumns(design),
    starts: startingSizes(design.terms.length, tiny),
    tiny,
  };
}

/** The engine for a design that has fits. The objective holds one response at a time. */
function covarianceFitter(
  design: DesignMoments,
  options: EngineOptions,
  objective: CovarianceObjective,
): CovarianceEngine {
  const { p } = design;
  const { unit, estimable, starts, tiny } = searchStarts(design);
  const newton = new FactorNewton(objective, unit);
  const { d, slots, bases, squares } = objective;
  const writer = factorWriter(design, options, unit);
  const { rows, columns } = writer;
  const start = new Float64Array(squares);
  const best = new Float64Array(squares);
  const change = new Float64Array(bases);
  const spread = new Float64Array(p); // C row'
  const asymptotic = options.ddf === 'asymptotic';
  const kenwardRoger = options.ddf === 'kenward-roger';
  const variances = varianceModels(objective);

  /** The lowest certified end point; the first one unless the design is tiny. The objective is left standing there. */
  function search(): NewtonOutcome {
    let evaluations = 0;
    let kept: NewtonOutcome | null = null;
    let last = false;
    for (const sizes of starts) {
      start.fill(0);
      slots.forEach(({ q, square }, t) => {
        for (let a = 0; a < q; a++) start[square + a * q + a] = estimable[t][a] ? sizes[t] * unit : 0;
      });
      const outcome = newton.minimise(start);
      evaluations += outcome.evaluations;
      last = false;
      if (outcome.failed) continue;
      const better = !kept || (certified(outcome) && !certified(kept)) || outcome.value < kept.value - RESOLUTION;
      if (better) {
        best.set(outcome.lambda);
        kept = { ...outcome, lambda: best };
        last = true;
      }
      if (certified(outcome) && !tiny) break;
    }
    if (!kept)
      return { lambda: best, value: Number.NaN, decrement: Number.NaN, minimum: false, evaluations, failed: true };
    if (last) return { ...kept, evaluations };
    const again = newton.minimise(best);
    return { ...again, evaluations: evaluations + again.evaluations };
  }

  /** Screens and loads response k; returns its scale, or 0 when row `at` has got its status. */
  function load({ responses }: MomentBatch, k: number, fits: Fits, at: number): number {
    const rss = responses.rss[k];
    if (screenResponse(responses.constant[k], rss, fits, at)) return 0;
    // A power of two that brings the residual variance near 1, so that no square overflows.
    const scale = 2 ** -Math.round(Math.log2(rss / d) / 2);
    objective.load(responses, k, design.q, scale);
    if (objective.withinRows > 0 && !(objective.within > ZERO_WITHIN * rss * scale * scale)) {
      setStatus(fits, at, 'perfect_fit', REASON.perfectFit);
      return 0;
    }
    return scale;
  }

  function fit(batch: MomentBatch, k: number, fits: Fits, at: number): void {
    const scale = load(batch, k, fits, at);
    if (scale > 0) write(batch, k, scale, search(), fits, at);
  }

  function finish(batch: MomentBatch, k: number, fits: Fits, at: number, start: DeviceStart): boolean {
    const scale = load(batch, k, fits, at);
    if (scale === 0) return true;
    if (start.preview && start.point.length > 0) {
      const end = newton.stand(start.point);
      write(batch, k, scale, { ...end, evaluations: end.evaluations + start.evaluations }, fits, at);
      labelPreview(fits, at);
      return true;
    }
    const { end, held } = optimumFrom(start);
    write(batch, k, scale, end, fits, at);
    fits.search[at] = SEARCHED_ON_DEVICE;
    fits.finish[at] = held ? FINISHED_ON_HOST : REFITTED_ON_CPU;
    return held;
  }

  /** The optimum of the loaded response, and whether the device's factor led to it. */
  function optimumFrom({ point, evaluations }: DeviceStart): { end: NewtonOutcome; held: boolean } {
    if (point.length === 0) return { end: search(), held: false };
    const first = newton.minimise(point);
    const total = evaluations + first.evaluations;
    if (certified(first) && first.evaluations <= MAXIMAL_FINISH) {
      return { end: { ...first, evaluations: total }, held: true };
    }
    const kept = first.lambda.slice();
    const end = search();
    if (!certified(first) || (certified(end) && end.value <= first.value + RESOLUTION)) return { end, held: false };
    // The device's optimum is the lower one, or the only one: the objective has to stand there again.
    return { end: newton.minimise(kept), held: false };
  }

  /** Writes the results at the point where the objective stands into row `at`. */
  function write(
    { responses }: MomentBatch,
    k: number,
    scale: number,
    end: NewtonOutcome,
    fits: Fits,
    at: number,
  ): void {
    const { S, covariance, changeOfInformation, changeOfS } = objective;
    if (!writer.writeOptimum(responses, k, { ...end, S, scale }, fits, at)) return;
    const adjusted = kenwardRoger ? variances.kenwardRoger() : null;
    if (kenwardRoger && !adjusted && fits.converged[at] === 1) fits.reason[at] = REASONS.indexOf(NO_KENWARD_ROGER);
    for (let c = 0; c < columns; c++) {
      let shift = 0;
      let variance = 0;
      for (let i = 0; i < p; i++) {
        shift += rows[c * p + i] * objective.shift[i];
        let sum = 0;
        for (let j = 0; j < p; j++) sum += covariance[i * p + j] * rows[c * p + j];
        spread[i] = sum;
      }
      for (let i = 0; i < p; i++) variance += rows[c * p + i] * spread[i];
      let delta = Number.NaN;
      if (!adjusted && !asymptotic) {
        for (let e = 0; e < bases; e++) {
          let sum = 0;
          for (let i = 0; i < p; i++) {
            let inner = 0;
            for (let j = 0; j < p; j++) inner += changeOfInformation[e * p * p + i * p + j] * spread[j];
            sum += spread[i] * inner;
          }
          change[e] = sum / variance + changeOfS[e] / S;
        }
        delta = newton.deltaVariance(change);
      }
      if (!writer.writeColumn(responses, k, c, { shift, variance, delta }, scale, fits, at)) return;
      if (!adjusted) continue;
      const to = at * columns + c;
      fits.standardError[to] = fits.sigma[at] * Math.sqrt(quadraticForm(adjusted.adjusted, 0, rows, c * p, p));
      fits.df[to] = rowDf(adjusted, d, rows, c * p, p);
    }
  }
  // As a response is searched where there may be several optima, and from a factor of zero, which is stationary.
  const searchDraw = (from: Float64Array): NewtonOutcome => {
    if (tiny || from.every((value) => value === 0)) return search();
    const end = newton.minimise(from);
    return certified(end) ? end : search();
  };
  return {
    fit,
    finish,
    draws: { objective, rows, columns, search: searchDraw, descend: (from) => newton.minimise(from) },
  };
}

/** Which columns of each term X leaves something of: tr(Z_k'M Z_k) against tr(Z_k'Z_k). */
function estimableColumns(design: DesignMoments): boolean[][] {
  const { p, factors } = design;
  return design.terms.map(({ q, factor, column }) => {
    const { q: width, ztz, ztx, levels } = factors[factor];
    return Array.from({ length: q }, (_, a) => {
      let whole = 0;
      let taken = 0;
      for (let i = 0; i < levels.length; i++) {
        const row = i * width + column + a;
        whole += ztz[row * width + column + a];
        for (let k = 0; k < p; k++) taken += ztx[row * p + k] ** 2;
      }
      return whole - taken > ESTIMABLE * whole;
    });
  });
}

/** Starting sizes of each term: the same for all, and in tiny designs one term small beside the others. */
function startingSizes(terms: number, tiny: boolean): number[][] {
  const starts = SIZES.map((size) => new Array<number>(terms).fill(size));
  if (tiny && terms > 1) {
    for (let t = 0; t < terms; t++) starts.push(Array.from({ length: terms }, (_, k) => (k === t ? 0.1 : 3)));
  }
  return starts;
}
