/**
 * Scores rows that a fit with a covariance by blocks was made without: their log density given the other rows, at the parameters
 * t and b of the fit, is log p(all) - log p(others). With the symbols of `blocks-objective.ts` and d = R b - Q'W^(1/2) y,
 *
 *     -2 log p = sum_P n_P log|V_P| + M_rr - 2 d'M_qr + d'M_qq d - log|W| + n log 2 pi
 *
 * over the blocks of either side, so that no cost depends on the number of subjects.
 */
import type { CovarianceBlock, CovarianceBlocks } from '../../moments/covariance-evidence.ts';
import type { DesignMoments } from '../../moments/moments.ts';
import { choleskyInPlace, inverseFromCholesky } from '../../numeric/cholesky.ts';
import { findTerm } from '../../types/parameters.ts';
import { solveUpper } from '../covariance-factor.ts';
import { residualSquare } from '../gaussian-score.ts';
import type { HeldOutScorer, ScoredSide } from '../held-out-score.ts';
import { addProducts, type LoadedResponse, productsLength } from './block-products.ts';
import { knownParameters } from './block-residuals.ts';
import { type FrameState, frameStates } from './block-states.ts';
import { type CovarianceParameters, covarianceParameters, idleParameters } from './covariance-parameters.ts';
import { rescale, responseScale } from './parameter-start.ts';

/**
 * The scorer of such a design on all rows and on the others; `theta` of both sides is t of the fit. Its squared error is that of
 * X b: of rows that are independent of the others. Null where {@link openCovariance} says why.
 */
export function blocksHeldOutScorer(all: DesignMoments, others: DesignMoments): HeldOutScorer | null {
  if (openCovariance(all, others).length > 0 || !others.blocks) return null;
  const [whole, rest] = [new BlocksDensity(all, others), new BlocksDensity(others, others)];
  return (one, other, _sigma, out) => {
    const scale = responseScale(other.responses.rss[other.k], others.n - others.p);
    const t = rescale(whole.parameters, knownParameters(other.theta, whole.parameters.count), scale);
    const apart = whole.evaluate(one, t, scale) - rest.evaluate(other, t, scale);
    const constant = (all.n - others.n) * (Math.log(2 * Math.PI) - 2 * Math.log(scale));
    out.logDensity = -0.5 * (constant - (all.logDetW - others.logDetW) + apart);
    out.squaredError = Math.max(0, whole.square - rest.square);
  };
}

/** What of the covariance of all rows the others do not tell, in words; empty where they tell all of it. */
export function openCovariance(all: DesignMoments, others: DesignMoments): string[] {
  const [whole, rest] = [all.blocks, others.blocks];
  if (!whole || !rest) return [];
  const { layout } = rest;
  const lacking = (names: readonly string[], known: readonly string[]) => names.filter((name) => !known.includes(name));
  const visits = lacking(whole.layout.visits, layout.visits).map((visit) => `visit '${visit}'`);
  const groups = lacking(whole.layout.groups, layout.groups).map((group) => `'${group}' of ${whole.layout.by}`);
  if (visits.length + groups.length > 0) return shortened([...groups, ...visits]);
  const scales = lacking(whole.layout.scales, layout.scales).map((name) => `the standard deviation of ${name}`);
  if (scales.length > 0) return shortened(scales);
  const parameters = covarianceParameters(layout, others.terms);
  const known = idleParameters(parameters, rest);
  const needed = idleParameters(covarianceParameters(whole.layout, all.terms), whole);
  const open = known.some((idle, k) => idle === 1 && needed[k] === 0);
  return open ? [`a correlation of ${layout.text}`] : [];
}

/** Names listed before the others are counted. */
const MOST_LISTED = 3;

function shortened(names: readonly string[]): string[] {
  if (names.length <= MOST_LISTED + 1) return [...names];
  return [...names.slice(0, MOST_LISTED), `${names.length - MOST_LISTED} more`];
}

/** -2 log density of responses of a design at the parameters of a fit of another, without what n and W add. */
class BlocksDensity {
  readonly parameters: CovarianceParameters;
  /** The square of W^(1/2) (y - X b) of the response last evaluated. */
  square = Number.NaN;
  private readonly design: DesignMoments;
  private readonly width: number;
  private readonly frames: readonly FrameState[];
  private readonly M: Float64Array;
  private readonly left: Float64Array;
  private readonly work: Float64Array;
  private readonly half: Float64Array;
  private readonly loaded: LoadedResponse = { data: new Float64Array(0), from: 0, scale: 1 };

  constructor(design: DesignMoments, fitted: DesignMoments) {
    const { p } = design;
    const { blocks, layout, width } = design.blocks as CovarianceBlocks; // as the caller has looked
    const { layout: of } = fitted.blocks as CovarianceBlocks;
    this.design = design;
    this.width = width;
    // What blocks are made of is the design's own matter, what the parameters mean that of the fit.
    this.parameters = covarianceParameters({ ...of, form: layout.form }, fitted.terms);
    this.frames = frameStates(this.parameters, inBasisOf(blocks, design, fitted), p);
    const largest = blocks.reduce((most, { size }) => Math.max(most, size), 0);
    this.M = new Float64Array((p + 1) * (p + 1));
    this.left = new Float64Array(p);
    this.work = new Float64Array(largest * largest);
    this.half = new Float64Array(productsLength(largest, p));
  }

  /** At t of the response times `scale`; NaN where V has no inverse. */
  evaluate({ responses, k, beta }: ScoredSide, t: Float64Array, scale: number): number {
    const { design, frames, M, left, loaded, work, half } = this;
    const { p } = design;
    Object.assign(loaded, { data: responses.blocks, from: k * this.width, scale });
    this.square = residualSquare(design, responses, k, beta, left);
    const log = Math.log(scale);
    let value = 0;
    M.fill(0);
    for (const { covariance: V, members } of frames) {
      V.form(t, log, false);
      for (const state of members) {
        const { block, inverse, types } = state;
        const m = block.size;
        for (let a = 0; a < m; a++) for (let b = 0; b <= a; b++) work[a * m + b] = V.V[types[a] * V.size + types[b]];
        const logDet = choleskyInPlace(work, m);
        if (Number.isNaN(logDet)) return Number.NaN;
        inverseFromCholesky(work, m, inverse);
        value += block.count * logDet;
        addProducts(state, loaded, p, half, M);
      }
    }
    // `left` is -d; M_qq is in the leading p rows, M_qr and M_rr in the last one.
    const last = p * (p + 1);
    value += M[last + p];
    for (let i = 0; i < p; i++) {
      const own = scale * left[i];
      value += own * (2 * M[last + i] + own * M[i * (p + 2)]);
      for (let j = 0; j < i; j++) value += 2 * own * scale * left[j] * M[i * (p + 1) + j];
    }
    return value;
  }
}

/** Blocks of a design with the effects of terms of any covariance in the basis of another's, whose parameters they meet. */
function inBasisOf(
  blocks: readonly CovarianceBlock[],
  { terms, blocks: evidence }: DesignMoments,
  fitted: DesignMoments,
): readonly CovarianceBlock[] {
  const changes = terms.map((term, t): Float64Array | null => {
    const own = findTerm(fitted.terms, term);
    if (!own || own.transform === term.transform || evidence?.layout.terms[t]) return null;
    // zt = z T^-1: z T_fitted^-1 = zt T T_fitted^-1.
    const { q } = term;
    const identity = Float64Array.from({ length: q * q }, (_, i) => (i % (q + 1) === 0 ? 1 : 0));
    const inverse = solveUpper(own.transform, identity, q);
    const change = new Float64Array(q * q);
    for (let a = 0; a < q; a++) {
      for (let c = 0; c < q; c++) {
        for (let b = a; b < q; b++) change[a * q + c] += term.transform[a * q + b] * inverse[b * q + c];
      }
    }
    return change;
  });
  if (changes.every((change) => change === null)) return blocks;
  return blocks.map((block) => {
    const effects = block.effects.map((effect, t) => {
      const change = changes[t];
      if (!change) return effect;
      const { q } = terms[t];
      const z = new Float64Array(effect.z.length);
      for (let i = 0; i < block.size; i++) {
        for (let c = 0; c < q; c++) for (let a = 0; a < q; a++) z[i * q + c] += effect.z[i * q + a] * change[a * q + c];
      }
      return { ...effect, z };
    });
    return { ...block, effects };
  });
}
