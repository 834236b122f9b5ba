/**
 * Errors of predictions x'b + z'u of rows whose random effects are those of the data of a fit with a covariance by blocks
 * (D. A. Harville, JASA 72, 1977; universal kriging). With c = Z_s G z, the covariance of z'u with the rows of its block s:
 *
 *     Var = z'G z - c'V_s^-1 c + (x - X_s'V_s^-1 c)' C (x - X_s'V_s^-1 c)
 *
 * A row of several levels sums over the blocks that they stand in.
 */
import type { CovarianceBlock, CovarianceBlocks } from '../../moments/covariance-blocks.ts';
import type { DesignMoments } from '../../moments/moments.ts';
import { choleskyInPlace, inverseFromCholesky } from '../../numeric/cholesky.ts';
import { BlockCovariance, termCovariance } from './block-covariance.ts';
import { knownParameters } from './block-residuals.ts';
import { covarianceParameters } from './covariance-parameters.ts';

/** The variance for x (raw columns), and by term z in the fit's basis and a level of the fit, or -1 for a new one. */
export type EffectVariance = (x: Float64Array, z: readonly Float64Array[], levels: Int32Array) => number;

/** `covariance` is C of the raw coefficients. */
export function effectVariance(design: DesignMoments, t: Float64Array, covariance: Float64Array): EffectVariance {
  const { blocks: evidence, p, r } = design;
  if (!evidence) throw new RangeError('the design has no blocks of a covariance');
  const parameters = covarianceParameters(evidence.layout, design.terms);
  const known = knownParameters(t, parameters.count);
  const inverses = new Map<CovarianceBlock, Float64Array>();
  const places = levelPlaces(design, evidence);
  const G = parameters.terms.map((term) => {
    const own = new Float64Array(term.q * term.q);
    termCovariance(term, known, own, own.slice());
    return own;
  });

  function inverseOf(block: CovarianceBlock): Float64Array {
    let made = inverses.get(block);
    if (made) return made;
    const V = new BlockCovariance(parameters, block);
    V.form(known, 0, false);
    made = new Float64Array(block.size ** 2);
    choleskyInPlace(V.V, block.size);
    inverseFromCholesky(V.V, block.size, made);
    inverses.set(block, made);
    return made;
  }

  return (x, z, levels) => {
    let variance = 0;
    const rest = x.slice();
    const visited = new Set<string>();
    const moved = z.map((own, e) => product(G[e], own));
    moved.forEach((Gz, e) => {
      for (let c = 0; c < Gz.length; c++) variance += z[e][c] * Gz[c];
    });
    levels.forEach((level, e) => {
      const place = level < 0 ? undefined : places[e][level];
      if (!place || visited.has(`${place.at} ${place.member}`)) return;
      visited.add(`${place.at} ${place.member}`);
      const block = evidence.blocks[place.at];
      const { size: m, effects, q: rows } = block;
      const c = new Float64Array(m);
      effects.forEach(({ z: own, codes }, f) => {
        const { q } = parameters.terms[f];
        for (let a = 0; a < m; a++) {
          if (levels[f] < 0 || codes[place.member * m + a] !== levels[f]) continue;
          for (let b = 0; b < q; b++) c[a] += own[a * q + b] * moved[f][b];
        }
      });
      const weights = product(inverseOf(block), c);
      const shift = new Float64Array(p); // Q_s'V_s^-1 c, X = Q R
      for (let a = 0; a < m; a++) {
        variance -= weights[a] * c[a];
        for (let k = 0; k < p; k++) shift[k] += weights[a] * rows[(place.member * m + a) * p + k];
      }
      for (let k = 0; k < p; k++) for (let j = 0; j <= k; j++) rest[k] -= r[j * p + k] * shift[j];
    });
    for (let a = 0; a < p; a++) for (let b = 0; b < p; b++) variance += rest[a] * covariance[a * p + b] * rest[b];
    return Math.max(0, variance);
  };
}

/** Block, and which of its kind, that each level of each term stands in. */
function levelPlaces(
  { terms, factors }: DesignMoments,
  { blocks }: CovarianceBlocks,
): ({ readonly at: number; readonly member: number } | undefined)[][] {
  const places = terms.map(({ factor }) => {
    return new Array<{ at: number; member: number } | undefined>(factors[factor].levels.length).fill(undefined);
  });
  blocks.forEach(({ size, effects, sums }, at) => {
    if (sums) return; // of rows without random effects
    effects.forEach(({ codes }, e) => {
      codes.forEach((level, i) => {
        places[e][level] = { at, member: Math.floor(i / size) };
      });
    });
  });
  return places;
}

/** A x for square A. */
function product(A: Float64Array, x: Float64Array): Float64Array {
  const k = x.length;
  return x.map((_, a) => {
    let sum = 0;
    for (let b = 0; b < k; b++) sum += A[a * k + b] * x[b];
    return sum;
  });
}
