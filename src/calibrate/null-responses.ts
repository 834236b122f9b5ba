import { FitError } from '../errors.ts';
import { type MomentFit, modelLocator } from '../fit/readable-fit.ts';
import { fittedFactors, momentsSimulator } from '../lmm/bootstrap/factor-bootstrap.ts';
import { BlocksSimulator } from '../lmm/structured/blocks-simulator.ts';
import {
  type DesignMoments,
  emptyResponseMoments,
  type MomentBatch,
  type Moments,
  type ResponseMoments,
} from '../moments/moments.ts';

/** A fitted model that null responses are drawn from. */
export interface NullModel {
  readonly batch: MomentBatch;
  /** Relative covariance factors in the coordinates of the design, concatenated squares; the parameters of a covariance by blocks. */
  readonly factors: Float64Array;
}

/** Use of a stream of random numbers, apart from those of bootstrap (1 to 3) and folds (4). */
export const STREAM_CALIBRATION = 5;
/** Numbers of simulated moments that are held at once. */
export const HELD_VALUES = 8e6;

/**
 * The model of each simulation: the fitted responses in turn, or, where there are more of them than simulations, as many at
 * equal distances.
 *
 * @throws DataError where no response has a fit
 */
export function nullModels(fit: MomentFit, simulations: number): NullModel[] {
  const { locate } = modelLocator(fit);
  const fitted: number[] = [];
  for (let m = 0; m < fit.table.models; m++) if (fit.table.converged[m] === 1) fitted.push(m);
  if (fitted.length === 0) {
    throw new FitError('DataError', 'no response has a fit that null responses could be drawn from', {
      remedy: 'Fit the data, and look at the status of each response in the table glance.',
    });
  }
  const known = new Map<number, NullModel>();
  return Array.from({ length: simulations }, (_, s) => {
    const place = simulations < fitted.length ? Math.floor((s * fitted.length) / simulations) : s % fitted.length;
    const model = fitted[place];
    let found = known.get(model);
    if (!found) {
      const located = locate(model);
      if (!located) throw new RangeError('a converged model that is not found');
      const { batch, theta } = located;
      const { design } = batch;
      found = { batch, factors: design.blocks ? theta : fittedFactors(design, { theta, thetas: theta.length }, 0) };
      known.set(model, found);
    }
    return found;
  });
}

/**
 * Moments of simulated responses, piece by piece so that memory stays bounded: response s has the variance ratios of its
 * model, no fixed effects and residual variance 1. Tests of fixed effects are invariant under y -> a y + X b up to the
 * hypothesis itself, so that this is the null of each of them, whatever the other coefficients and sigma are. Of a structured
 * covariance the variances are those of the fit. Numbers are functions of seed and s alone.
 */
export function* simulateNull(moments: Moments, models: readonly NullModel[], seed: number): Generator<Moments> {
  const simulators = new Map<MomentBatch, ReturnType<typeof nullSimulator>>();
  for (let from = 0; from < models.length; ) {
    let to = from;
    for (let held = 0; to < models.length && (to === from || held < HELD_VALUES); to++) {
      held += widthOf(models[to].batch.design);
    }
    const members = new Map<MomentBatch, number[]>();
    for (let s = from; s < to; s++) {
      const own = members.get(models[s].batch);
      if (own) own.push(s);
      else members.set(models[s].batch, [s]);
    }
    const batches = [...members].map(([batch, draws]): MomentBatch => {
      const { design } = batch;
      let simulate = simulators.get(batch);
      if (!simulate) {
        simulate = nullSimulator(design, seed);
        simulators.set(batch, simulate);
      }
      const responses = emptyResponseMoments(design, draws.length);
      for (const [k, s] of draws.entries()) {
        const drawn = simulate(s, models[s].factors);
        responses.qty.set(drawn.qty, k * design.p);
        responses.ztr.set(drawn.ztr, k * design.q);
        responses.rss[k] = drawn.rss[0];
        if (drawn.blocks) responses.blocks?.set(drawn.blocks, k * (design.blocks?.width ?? 0));
      }
      return { design, responses, index: Int32Array.from(draws, (s) => s - from) };
    });
    yield {
      formula: moments.formula,
      names: Array.from({ length: to - from }, (_, k) => `simulation ${from + k + 1}`),
      batches,
      coefficients: moments.coefficients,
      notes: [],
    };
    from = to;
  }
}

/** Draws the moments of response s with some covariances. */
function nullSimulator(design: DesignMoments, seed: number): (s: number, factors: Float64Array) => ResponseMoments {
  if (!design.blocks) {
    const simulate = momentsSimulator(design, seed);
    return (s, factors) => simulate(0, s, STREAM_CALIBRATION, factors);
  }
  const simulator = new BlocksSimulator(design, seed);
  return (s, factors) => {
    simulator.move(factors);
    return simulator.draw(0, s, STREAM_CALIBRATION);
  };
}

function widthOf({ p, q, blocks }: DesignMoments): number {
  return p + q + 1 + (blocks?.width ?? 0);
}
