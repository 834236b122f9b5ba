import { type DesignMoments, streamOf } from '../../moments/moments.ts';
import { thetaLength } from '../../types/parameters.ts';
import { STREAM_FITTED } from '../bootstrap/bootstrap.ts';
import { fittedFactors, momentsSimulator } from '../bootstrap/factor-bootstrap.ts';
import type { DrawFitter } from '../covariance-engine.ts';
import { solveUpper } from '../covariance-factor.ts';
import { emptyIntervalDraws, writeDrawnIntervals } from './interval-draws.ts';
import type { IntervalOptions } from './interval-options.ts';
import type { IntervalFinder } from './intervals.ts';

/** Relative standard deviation below which a correlation with the effect is not defined. */
const ABSENT = 1e-6;

/** Percentile and BCa intervals of any model, from the draws of `factor-bootstrap.ts` (by seed, response and number). */
export function factorIntervalDraws(
  design: DesignMoments,
  { objective, rows, columns, search }: DrawFitter,
  options: IntervalOptions,
): IntervalFinder {
  const { p, terms } = design;
  const { slots, bases, d } = objective;
  const simulate = momentsSimulator(design, options.seed);
  const thetas = thetaLength(terms);
  const draws = emptyIntervalDraws(columns, thetas, bases, options.draws);
  const m = bases + 1;
  const shift = new Float64Array(p);
  const unit = Math.exp(-design.logDetW / (2 * design.n)); // typical size of a relative covariance factor
  // Root mean squares of the columns of Z: the lengths of the columns of T.
  const lengths = terms.map(({ q, transform }) =>
    Float64Array.from({ length: q }, (_, c) => {
      let sum = 0;
      for (let a = 0; a <= c; a++) sum += transform[a * q + c] ** 2;
      return Math.sqrt(sum);
    }),
  );
  // T^-1 of each term.
  const inverses = terms.map(({ q, transform }) => {
    const identity = new Float64Array(q * q);
    for (let a = 0; a < q; a++) identity[a * q + a] = 1;
    return solveUpper(transform, identity, q);
  });

  /** Standard deviations and correlations at a factor (internal basis) times sigma, in the order of theta. */
  function describe(lambda: Float64Array, sigma: number, write: (i: number, value: number) => void): void {
    let at = 0;
    terms.forEach(({ q, transform }, t) => {
      const { square } = slots[t];
      const raw = solveUpper(transform, lambda.subarray(square, square + q * q), q);
      const product = (a: number, b: number) => {
        let sum = 0;
        for (let c = 0; c < q; c++) sum += raw[a * q + c] * raw[b * q + c];
        return sum;
      };
      for (let b = 0; b < q; b++) {
        const sd = Math.sqrt(product(b, b));
        write(at++, sigma * sd);
        for (let a = b + 1; a < q; a++) {
          const other = Math.sqrt(product(a, a));
          const absent = Math.min(sd * lengths[t][b], other * lengths[t][a]) < ABSENT * unit;
          write(at++, absent ? Number.NaN : product(a, b) / (sd * other));
        }
      }
    });
  }

  /** Gradients of variances and correlations over (G, log sigma^2), in units of sigma^2, in the order of theta; then sigma^2. */
  function gradientsAt(lambda: Float64Array): Float64Array[] {
    const out: Float64Array[] = [];
    terms.forEach(({ q }, t) => {
      const { square, basis } = slots[t];
      const inverse = inverses[t];
      /** Of the raw covariance (i, j), with its value behind. */
      const ofElement = (i: number, j: number): Float64Array => {
        const gradient = new Float64Array(m);
        let e = basis;
        let value = 0;
        for (let a = 0; a < q; a++) {
          for (let b = 0; b <= a; b++, e++) {
            const [ia, jb, ib, ja] = [inverse[i * q + a], inverse[j * q + b], inverse[i * q + b], inverse[j * q + a]];
            gradient[e] = a === b ? ia * ja : ia * jb + ib * ja;
            let G = 0;
            for (let c = 0; c < q; c++) G += lambda[square + a * q + c] * lambda[square + b * q + c];
            value += gradient[e] * G;
          }
        }
        gradient[bases] = value;
        return gradient;
      };
      for (let j = 0; j < q; j++) {
        const variance = ofElement(j, j);
        out.push(variance);
        for (let i = j + 1; i < q; i++) {
          const other = ofElement(i, i);
          const covariance = ofElement(i, j);
          const [vj, vi, c] = [variance[bases], other[bases], covariance[bases]];
          // d rho / rho = dc / c - dvi / 2 vi - dvj / 2 vj, free of the scale.
          const gradient = covariance.map((value, e) => value - 0.5 * c * (other[e] / vi + variance[e] / vj));
          gradient[bases] = 0;
          out.push(gradient);
        }
      }
    });
    const residual = new Float64Array(m);
    residual[bases] = 1;
    out.push(residual);
    return out;
  }

  return ({ responses }, k, fits, at) => {
    const stream = streamOf(responses, k);
    const lambda = fittedFactors(design, fits, at);
    const sigma = fits.sigma[at];
    const standard = new Float64Array(columns);
    for (let b = 0; b < options.draws; b++) {
      objective.load(simulate(stream, b, STREAM_FITTED, lambda), 0, design.q);
      objective.evaluate(lambda);
      shift.set(objective.shift);
      for (let e = 0; e < bases; e++) draws.scores[b * m + e] = -objective.changeOfS[e];
      draws.scores[b * m + bases] = objective.S;
      if (b === 0) {
        // (X'V^-1 X)^-1 at the fit: the same for every draw.
        for (let c = 0; c < columns; c++) {
          let sum = 0;
          for (let i = 0; i < p; i++) {
            for (let j = 0; j < p; j++) sum += rows[c * p + i] * objective.covariance[i * p + j] * rows[c * p + j];
          }
          standard[c] = Math.sqrt(sum);
        }
      }
      const end = search(lambda);
      const drawn = end.failed || !end.minimum ? Number.NaN : sigma * Math.sqrt(objective.S / d);
      describe(end.lambda, drawn, (i, value) => {
        draws.parameters[i][b] = Number.isNaN(drawn) ? Number.NaN : value;
      });
      draws.parameters[thetas][b] = drawn;
      for (let c = 0; c < columns; c++) {
        let difference = 0;
        for (let i = 0; i < p; i++) difference += rows[c * p + i] * (objective.shift[i] - shift[i]);
        draws.shifts[c][b] = Number.isNaN(drawn) ? Number.NaN : difference / standard[c];
      }
    }
    const estimates = new Float64Array(thetas + 1);
    describe(lambda, sigma, (i, value) => {
      estimates[i] = value;
    });
    estimates[thetas] = sigma;
    writeDrawnIntervals(draws, estimates, gradientsAt(lambda), options, fits, at);
  };
}
