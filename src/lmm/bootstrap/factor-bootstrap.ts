import { type DesignMoments, type ResponseMoments, streamOf } from '../../moments/moments.ts';
import { pivotedCholesky } from '../../numeric/cholesky.ts';
import { CounterNormals } from '../../numeric/counter-normals.ts';
import type { DrawFitter } from '../covariance-engine.ts';
import { lowerFactor } from '../covariance-factor.ts';
import { type Elimination, eliminationOrder } from '../elimination.ts';
import type { BootstrapOptions, Fits } from '../engine.ts';
import { criterionConstant } from '../objective.ts';
import {
  emptyDraws,
  hasNullModel,
  type Judge,
  STREAM_FITTED,
  STREAM_NULL,
  writeJudgement,
  writeVarianceTest,
} from './bootstrap.ts';
import type { ConditionalDraws } from './conditional-tails.ts';

/** Pivots of [Z_rest X]'[Z_rest X] inside the levels below this multiple of their diagonal are rounding. */
const ZERO_PIVOT = 1e-11;

/**
 * Parametric bootstrap of any model from moments alone: with residual variance 1 and no fixed effects (estimates and
 * their differences do not depend on them), level by level of the eliminated factor and with G'G what [Z_rest X] has
 * inside the levels,
 *
 *     r_i = R_i u_i + N_i [u_rest; 0] + e_i,    g = G [u_rest; 0] + e,    rest ~ chi^2 of the rows left
 *
 * from which Z'y, X'y and y'y follow. Numbers of a draw: effects of the border, then those of g, then effects and noise of
 * each level, q each, then the rest. Each draw is fitted by the engine; {@link ConditionalDraws} says what of it counts.
 */
export function factorBootstrap(
  design: DesignMoments,
  { objective, rows, columns, search }: DrawFitter,
  method: 'REML' | 'ML',
  options: BootstrapOptions,
): Judge {
  const { draws: count, seed, level } = options;
  const constant = criterionConstant(design, method);
  const { p } = design;
  const simulate = momentsSimulator(design, seed);
  const zero = new Float64Array(objective.squares);
  const pairs = emptyDraws(columns, count);
  const shift = new Float64Array(p);
  const variance = new Float64Array(columns);
  let nullRatios: Float64Array | null = null;

  function varianceOf(column: number): number {
    let sum = 0;
    for (let i = 0; i < p; i++) {
      for (let j = 0; j < p; j++) {
        sum += rows[column * p + i] * objective.covariance[i * p + j] * rows[column * p + j];
      }
    }
    return sum;
  }

  function* draw(stream: number, lambda: Float64Array): Generator<void, readonly ConditionalDraws[]> {
    for (let b = 0; b < count; b++) {
      yield;
      objective.load(simulate(stream, b, STREAM_FITTED, lambda), 0, design.q);
      objective.evaluate(lambda);
      shift.set(objective.shift);
      for (let c = 0; c < columns; c++) variance[c] = varianceOf(c);
      const end = search(lambda);
      const sigma2 = end.failed || !end.minimum ? Number.NaN : objective.S / objective.d;
      for (let c = 0; c < columns; c++) {
        let difference = 0;
        for (let i = 0; i < p; i++) difference += rows[c * p + i] * (objective.shift[i] - shift[i]);
        pairs[c].mean[b] = difference / Math.sqrt(variance[c]);
        pairs[c].ratio[b] = Math.sqrt((sigma2 * varianceOf(c)) / variance[c]);
      }
    }
    return pairs;
  }

  function* nullDistribution(): Generator<void, Float64Array> {
    const ratios = new Float64Array(count);
    for (let b = 0; b < ratios.length; b++) {
      yield;
      objective.load(simulate(0, b, STREAM_NULL, zero), 0, design.q);
      const without = objective.evaluate(zero);
      ratios[b] = Math.max(0, without - search(zero).value);
    }
    return ratios.sort();
  }

  return {
    *judgeEstimates({ responses }, k, fits, at) {
      writeJudgement(yield* draw(streamOf(responses, k), fittedFactors(design, fits, at)), level, fits, at);
    },
    *judgeVariance({ responses }, k, fits, at) {
      if (!hasNullModel(design)) return;
      nullRatios ??= yield* nullDistribution();
      const without = constant + objective.d * Math.log(responses.rss[k]); // the criterion without random effects
      writeVarianceTest(nullRatios, without - fits.criterion[at], fits, at);
    },
  };
}

/** The factors of the fit in row `at`, concatenated squares in the engine's basis: lower triangles of T G T'. */
export function fittedFactors(
  { terms }: DesignMoments,
  fits: Pick<Fits, 'theta' | 'thetas'>,
  at: number,
): Float64Array {
  const squares: number[] = [];
  let theta = at * fits.thetas;
  for (const { q, transform } of terms) {
    const raw = new Float64Array(q * q);
    for (let c = 0; c < q; c++) for (let r = c; r < q; r++) raw[r * q + c] = fits.theta[theta++];
    const F = new Float64Array(q * q);
    for (let a = 0; a < q; a++) {
      for (let b = 0; b < q; b++) for (let l = 0; l < q; l++) F[a * q + b] += transform[a * q + l] * raw[l * q + b];
    }
    squares.push(...lowerFactor(F, q));
  }
  return Float64Array.from(squares);
}

/** G' with G'G what [Z_rest X] has inside the levels, border x border, its first `rank` columns not zero. */
export function insideRoot({ rest, border }: Elimination): { readonly inside: Float64Array; readonly rank: number } {
  const inside = new Float64Array(border * border);
  const pivots = new Int32Array(border);
  const lower = new Float64Array(border * border);
  const rank = pivotedCholesky(rest, border, lower, pivots, ZERO_PIVOT);
  for (let a = 0; a < border; a++)
    for (let b = 0; b < rank; b++) inside[pivots[a] * border + b] = lower[a * border + b];
  return { inside, rank };
}

/** Returns what draws the moments of one response with relative covariance factors `lambda` (concatenated squares). */
export function momentsSimulator(
  design: DesignMoments,
  seed: number,
): (stream: number, b: number, kind: number, lambda: Float64Array) => ResponseMoments {
  const { n, p, terms, factors } = design;
  if (design.blocks) throw new RangeError('draws of a covariance by blocks come of its own simulator');
  if (terms.length === 0) return linearSimulator(design, seed);
  const order = eliminationOrder(design);
  const { q, levels, pointers, touched, border, zColumns, others } = order;
  const { inside, rank } = insideRoot(order);
  const outside = Math.max(0, n - order.totalRank - rank);
  const normals = new CounterNormals(seed);
  const effect = new Float64Array(q);
  const rest = new Float64Array(border); // [u_rest; 0]
  const wy = new Float64Array(border); // [Z_rest X]'y
  const g = new Float64Array(border);
  const r = new Float64Array(q);
  const out: ResponseMoments = {
    count: 1,
    qty: new Float64Array(p),
    ztr: new Float64Array(design.q),
    rss: new Float64Array(1),
    mean: new Float64Array(1),
    constant: new Uint8Array(1),
    expressed: new Int32Array(1).fill(-1),
  };
  const squareAt: number[] = [];
  terms.reduce((at, term) => {
    squareAt.push(at);
    return at + term.q * term.q;
  }, 0);

  /** Random effects of one level of a factor, term by term. */
  const drawEffects = (factor: number, lambda: Float64Array, to: Float64Array, at: number): void => {
    terms.forEach((term, t) => {
      if (term.factor !== factor) return;
      for (let a = 0; a < term.q; a++) to[at + term.column + a] = 0;
      for (let c = 0; c < term.q; c++) {
        const e = normals.next();
        for (let a = 0; a < term.q; a++) to[at + term.column + a] += lambda[squareAt[t] + a * term.q + c] * e;
      }
    });
  };

  return (stream, b, kind, lambda) => {
    normals.begin(stream, b, kind);
    for (const { factor, offset, q: width, levels: size } of others) {
      for (let i = 0; i < size; i++) drawEffects(factor, lambda, rest, offset + i * width);
    }
    let yy = 0;
    normals.seek(zColumns);
    for (let k = 0; k < rank; k++) {
      let sum = normals.next();
      for (let a = 0; a < zColumns; a++) sum += inside[a * border + k] * rest[a];
      g[k] = sum;
      yy += sum * sum;
    }
    for (let a = 0; a < border; a++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += inside[a * border + k] * g[k];
      wy[a] = sum;
    }
    const own = factors[order.factor].offset;
    for (let i = 0; i < levels; i++) {
      normals.seek(zColumns + border + 2 * q * i);
      drawEffects(order.factor, lambda, effect, 0);
      const width = pointers[i + 1] - pointers[i];
      const ownRank = order.rankOf(i);
      for (let a = 0; a < q; a++) out.ztr[own + i * q + a] = 0;
      for (let a = 0; a < ownRank; a++) {
        let sum = normals.next();
        const at = pointers[i] * q + a * width;
        for (let l = 0; l < q; l++) sum += order.R[(i * q + a) * q + l] * effect[l];
        for (let c = 0; c < width; c++) {
          const column = touched[pointers[i] + c];
          if (column < zColumns) sum += order.N[at + c] * rest[column];
        }
        r[a] = sum;
        yy += sum * sum;
        for (let c = 0; c < width; c++) wy[touched[pointers[i] + c]] += order.N[at + c] * sum;
        for (let l = 0; l < q; l++) out.ztr[own + i * q + l] += order.R[(i * q + a) * q + l] * sum;
      }
    }
    normals.seek(zColumns + border + 2 * q * levels);
    yy += normals.chiSquared(outside);
    for (let k = 0; k < p; k++) {
      out.qty[k] = wy[zColumns + k];
      yy -= out.qty[k] ** 2;
    }
    for (const { factor, offset, q: width, levels: size } of others) {
      out.ztr.set(wy.subarray(offset, offset + width * size), factors[factor].offset);
    }
    // From here on residuals of the least-squares fit.
    for (const { offset, q: width, ztx, levels: names } of factors) {
      for (let i = 0; i < names.length * width; i++) {
        for (let k = 0; k < p; k++) out.ztr[offset + i] -= ztx[i * p + k] * out.qty[k];
      }
    }
    out.rss[0] = yy;
    return out;
  };
}

/** Moments of draws of a linear model: coordinates of y in the basis of X, and what is left. */
function linearSimulator(
  { n, p }: DesignMoments,
  seed: number,
): (stream: number, draw: number, kind: number) => ResponseMoments {
  const normals = new CounterNormals(seed);
  const qty = new Float64Array(p);
  const rss = new Float64Array(1);
  const fixed = { mean: new Float64Array(1), constant: new Uint8Array(1), expressed: Int32Array.of(-1) };
  return (stream, draw, kind) => {
    normals.begin(stream, draw, kind);
    for (let k = 0; k < p; k++) qty[k] = normals.next();
    rss[0] = normals.chiSquared(n - p);
    return { count: 1, qty, ztr: new Float64Array(0), rss, ...fixed };
  };
}
