import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import { choleskyInPlace, inverseFromCholesky, solveUpperVector } from '../../numeric/cholesky.ts';
import type { DdfMethod, SmallSample } from '../../types/inference.ts';
import { solveUpperBoth } from '../covariance-factor.ts';
import type { ModelReader } from '../engine.ts';
import { covarianceInRawUnits, criterionDegrees } from '../objective.ts';
import { BlockCovariance, termCovariance } from './block-covariance.ts';
import { knownParameters } from './block-residuals.ts';
import { BlocksObjective, blocksConstant, type Order } from './blocks-objective.ts';
import { blocksVariance } from './blocks-variance.ts';
import { covarianceParameters, idleParameters } from './covariance-parameters.ts';
import { rescale, responseScale } from './parameter-start.ts';
import { residualSummary } from './residual-summary.ts';

/** The reader of models with structured covariances; their `theta` is t in the units of the response. */
export function blocksReader(
  design: DesignMoments,
  method: 'REML' | 'ML',
  information: 'observed' | 'expected' = 'observed',
): ModelReader {
  const { blocks: evidence, p, r, coefficients: names } = design;
  if (!evidence) throw new RangeError('the design has no blocks of a covariance');
  const { blocks, width } = evidence;
  const parameters = covarianceParameters(evidence.layout, design.terms);
  const idle = idleParameters(parameters, evidence);
  const objective = new BlocksObjective(parameters, evidence, p, method === 'REML');
  const variances = blocksVariance(objective);
  const summary = residualSummary(parameters, evidence);
  const d = criterionDegrees(design, method);
  const coordinates = new Float64Array(p);

  function place(batch: MomentBatch, k: number, t: Float64Array, order: Order): { value: number; scale: number } {
    const scale = responseScale(batch.responses.rss[k], design.n - p);
    objective.load(batch.responses.blocks ?? new Float64Array(0), k * width, scale);
    // Behind the parameters stand standard errors of a dispersion model.
    const own = rescale(parameters, t.subarray(0, parameters.count), scale).map((value, e) => (idle[e] ? 0 : value));
    return { value: objective.evaluate(own, order), scale };
  }

  function covariance(batch: MomentBatch, k: number, t: Float64Array, _sigma: number, ddf: DdfMethod): Float64Array {
    const { scale } = place(batch, k, t, ddf === 'kenward-roger' ? 'hessian' : 'value');
    const adjusted = ddf === 'kenward-roger' ? variances.kenwardRoger(information) : null;
    return covarianceInRawUnits(adjusted?.adjusted ?? objective.covariance, r, p, 1 / scale);
  }

  return {
    covariance,
    smallSample(batch, k, t, _sigma, ddf): SmallSample {
      const { scale } = place(batch, k, t, 'hessian');
      const adjusted = ddf === 'kenward-roger' ? variances.kenwardRoger(information) : null;
      const variance = adjusted ?? variances.satterthwaite();
      for (let i = 0; i < p; i++) coordinates[i] = batch.responses.qty[k * p + i] + objective.shift[i] / scale;
      const used = ddf === 'kenward-roger' && !adjusted ? 'satterthwaite' : ddf;
      return { method: used, names, r, coordinates, sigma: 1 / scale, d: Number.POSITIVE_INFINITY, variance };
    },
    coefficients(batch, k, t) {
      const { scale } = place(batch, k, t, 'value');
      const own = Float64Array.from(
        { length: p },
        (_, i) => batch.responses.qty[k * p + i] + objective.shift[i] / scale,
      );
      return solveUpperVector(r, own);
    },
    criterion(batch, k, t) {
      const { value, scale } = place(batch, k, t, 'value');
      const { first } = summary.deviations(t);
      return { criterion: blocksConstant(design, method) + value - 2 * d * Math.log(scale), sigma: first };
    },
    /** b = G Z'V^-1 (y - X b) and Var(b | y) = G - G Z'V^-1 Z G, level by level. */
    modes(batch, k, t) {
      const { scale } = place(batch, k, t, 'value');
      const own = knownParameters(t, parameters.count);
      const data = batch.responses.blocks ?? new Float64Array(0);
      const found = design.terms.map(({ q, factor }) => {
        const levels = design.factors[factor].levels.length;
        return { estimate: new Float64Array(levels * q), standardError: new Float64Array(levels * q) };
      });
      for (const block of blocks) {
        if (block.sums) continue; // of rows without random effects
        const { size: m, count, effects, q: rows, offset } = block;
        const V = new BlockCovariance(parameters, block);
        V.form(own, 0, false);
        const inverse = new Float64Array(m * m);
        const factor = V.V.slice();
        choleskyInPlace(factor, m);
        inverseFromCholesky(factor, m, inverse);
        for (let s = 0; s < count; s++) {
          const weighted = new Float64Array(m); // V^-1 (y - X b)
          const residual = Float64Array.from({ length: m }, (_, a) => {
            let value = data[k * width + offset + s * m + a];
            for (let c = 0; c < p; c++) value -= (rows[(s * m + a) * p + c] * objective.shift[c]) / scale;
            return value;
          });
          for (let a = 0; a < m; a++) for (let b = 0; b < m; b++) weighted[a] += inverse[a * m + b] * residual[b];
          parameters.terms.forEach((term, e) => {
            const { q } = term;
            const { z, levels, codes } = effects[e];
            const { transform } = design.terms[e];
            const G = new Float64Array(q * q);
            termCovariance(term, own, G, new Float64Array(q * q));
            for (const level of new Set(levels)) {
              const at = levels.indexOf(level);
              const to = codes[s * m + at] * q;
              const projected = new Float64Array(q);
              const information = new Float64Array(q * q);
              for (let a = 0; a < m; a++) {
                if (levels[a] !== level) continue;
                for (let c = 0; c < q; c++) projected[c] += z[a * q + c] * weighted[a];
                for (let b = 0; b < m; b++) {
                  if (levels[b] !== level) continue;
                  for (let c = 0; c < q; c++) {
                    for (let f = 0; f < q; f++) {
                      information[c * q + f] += z[a * q + c] * inverse[a * m + b] * z[b * q + f];
                    }
                  }
                }
              }
              const { estimate, standardError } = found[e];
              const mode = new Float64Array(q);
              const middle = G.slice();
              for (let c = 0; c < q; c++) {
                for (let f = 0; f < q; f++) mode[c] += G[c * q + f] * projected[f];
                for (let f = 0; f < q; f++) {
                  for (let g = 0; g < q; g++) {
                    for (let h = 0; h < q; h++) {
                      middle[c * q + f] -= G[c * q + g] * information[g * q + h] * G[h * q + f];
                    }
                  }
                }
              }
              // Effects of any covariance are of zt = z T^-1: b = T^-1 bt.
              const raw = term.structure ? mode : solveUpperVector(transform, mode);
              const spread = term.structure ? middle : solveUpperBoth(transform, middle, q);
              for (let c = 0; c < q; c++) {
                estimate[to + c] = raw[c];
                standardError[to + c] = Math.sqrt(Math.max(0, spread[c * q + c]));
              }
            }
          });
        }
      }
      return found;
    },
  };
}
