/** Parametric bootstrap of models with a covariance by blocks: whole blocks are drawn from V, and each draw is fitted. */
import { type DesignMoments, type MomentBatch, type ResponseMoments, streamOf } from '../../moments/moments.ts';
import { quadraticForm } from '../../numeric/dense.ts';
import { emptyDraws, type Judge, STREAM_FITTED, writeJudgement } from '../bootstrap/bootstrap.ts';
import type { ConditionalDraws } from '../bootstrap/conditional-tails.ts';
import type { BootstrapOptions, Fits } from '../engine.ts';
import { emptyIntervalDraws, writeDrawnIntervals } from '../intervals/interval-draws.ts';
import type { IntervalOptions } from '../intervals/interval-options.ts';
import type { IntervalFinder } from '../intervals/intervals.ts';
import type { BlocksObjective } from './blocks-objective.ts';
import { BlocksSimulator } from './blocks-simulator.ts';
import { covarianceQuantities } from './covariance-quantities.ts';

/** What fits draws. */
export interface BlocksDraws {
  readonly objective: BlocksObjective;
  /** Weights of the coefficients and contrasts in the basis of X, columns x p. */
  readonly rows: Float64Array;
  readonly columns: number;
  /** The parameters of row `at`, in the units of the response; zeros where nothing is known of them. */
  parametersOf(fits: Fits, at: number): Float64Array;
  /** Loads a response; parameters are given for it times the scale that is returned. */
  load(responses: ResponseMoments): number;
  /** Parameters for a response times a factor. */
  rescale(t: Float64Array, factor: number): Float64Array;
  /**
   * Searches from some parameters of the loaded response, and from elsewhere where that has no certificate. The objective is
   * left standing at the end; null where there is none.
   */
  search(start: Float64Array, responses: ResponseMoments, scale: number): Float64Array | null;
}

/** Estimates of a draw about those at the parameters that it was drawn from, in standard errors of the fit. */
interface Draw {
  /** In the units of the response; null for a draw that could not be fitted. */
  readonly t: Float64Array | null;
  readonly mean: Float64Array;
  readonly ratio: Float64Array;
}

/** Draws and fits: `visit` gets the objective at the parameters drawn from, before the search. */
function drawer(design: DesignMoments, draws: BlocksDraws, seed: number) {
  const { objective, rows, columns } = draws;
  const { p } = design;
  const simulator = new BlocksSimulator(design, seed);
  const before = new Float64Array(p);
  const variance = new Float64Array(columns);
  return (t: Float64Array) => {
    simulator.move(t);
    return (stream: number, b: number, derivatives: boolean, visit?: () => void): Draw => {
      const response = simulator.draw(stream, b, STREAM_FITTED);
      const scale = draws.load(response);
      const start = draws.rescale(t, scale);
      const value = objective.evaluate(start, derivatives ? 'gradient' : 'value');
      before.set(objective.shift);
      for (let c = 0; c < columns; c++) variance[c] = quadraticForm(objective.covariance, 0, rows, c * p, p);
      visit?.();
      const end = Number.isNaN(value) ? null : draws.search(start, response, scale);
      const out = {
        t: end && draws.rescale(end, 1 / scale),
        mean: new Float64Array(columns),
        ratio: new Float64Array(columns).fill(Number.NaN),
      };
      for (let c = 0; end && c < columns; c++) {
        let difference = 0;
        for (let i = 0; i < p; i++) difference += rows[c * p + i] * (objective.shift[i] - before[i]);
        out.mean[c] = difference / Math.sqrt(variance[c]);
        out.ratio[c] = Math.sqrt(quadraticForm(objective.covariance, 0, rows, c * p, p) / variance[c]);
      }
      return out;
    };
  };
}

/** p-values and intervals of coefficients and contrasts. */
export function blocksBootstrap(design: DesignMoments, draws: BlocksDraws, options: BootstrapOptions): Judge {
  const { draws: count, seed, level } = options;
  const begin = drawer(design, draws, seed);
  const pairs: ConditionalDraws[] = emptyDraws(draws.columns, count);
  return {
    *judgeEstimates({ responses }: MomentBatch, k, fits, at) {
      const draw = begin(draws.parametersOf(fits, at));
      const stream = streamOf(responses, k);
      for (let b = 0; b < count; b++) {
        yield;
        const { mean, ratio } = draw(stream, b, false);
        pairs.forEach((pair, c) => {
          pair.mean[b] = mean[c];
          pair.ratio[b] = ratio[c];
        });
      }
      writeJudgement(pairs, level, fits, at);
    },
    // What a model without its covariance would be depends on the structure: there is no one test.
    *judgeVariance() {},
  };
}

/** Standard deviations below this share of sigma are zero. */
const VANISHED = 1e-8;

/** Percentile and BCa intervals of coefficients, contrasts and what `covarianceQuantities` names. */
export function blocksIntervalDraws(
  design: DesignMoments,
  draws: BlocksDraws,
  options: IntervalOptions,
): IntervalFinder {
  const begin = drawer(design, draws, options.seed);
  const quantities = covarianceQuantities(design);
  const { objective, columns } = draws;
  const m = objective.count;
  const named = quantities.members.length;
  return ({ responses }, k, fits, at) => {
    // Behind the quantities stands whether a draw was fitted.
    const drawn = emptyIntervalDraws(columns, named, m - 1, options.draws);
    const t = draws.parametersOf(fits, at);
    const draw = begin(t);
    const stream = streamOf(responses, k);
    for (let b = 0; b < options.draws; b++) {
      const { t: end, mean } = draw(stream, b, options.kind === 'bca', () => {
        for (let e = 0; e < m; e++) drawn.scores[b * m + e] = -objective.gradient[e];
      });
      if (!end) continue;
      for (let c = 0; c < columns; c++) drawn.shifts[c][b] = mean[c];
      const values = quantities.values(end);
      // A standard deviation that a search has driven towards zero is zero.
      const least = VANISHED * fits.sigma[at];
      quantities.members.forEach(({ scale }, i) => {
        drawn.parameters[i][b] = scale.kind === 'log' && values[i] < least ? 0 : values[i];
      });
      drawn.parameters[named][b] = 1;
    }
    const slopes = quantities.gradients(t);
    const gradients = Array.from({ length: named + 1 }, (_, i) =>
      i < named ? slopes.subarray(i * m, (i + 1) * m) : new Float64Array(m),
    );
    const estimates = Float64Array.from([...quantities.values(t), 1]);
    writeDrawnIntervals(drawn, estimates, gradients, options, fits, at);
  };
}
