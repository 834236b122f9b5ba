import { FitError } from '../errors.ts';
import { pivotedCholesky } from '../numeric/cholesky.ts';
import { type DesignMoments, emptyResponseMoments, type Moments } from './moments.ts';

/**
 * Plain sums of cross-products, as FLASH-MM and similar programs keep them and as sites that share no rows can add up:
 * all row-major, for one grouping factor with one scalar random term.
 */
export interface MomentSums {
  readonly n: number;
  /** Names of the p fixed effects, of the grouping factor, of its J levels and of the G responses. */
  readonly coefficients: readonly string[];
  readonly group: string;
  readonly levels: readonly string[];
  readonly names: readonly string[];
  /** X'X, p x p. */
  readonly xtx: Float64Array;
  /** Column sums of X, length p (for R2). */
  readonly xt1: Float64Array;
  /** Z'X, J x p. */
  readonly ztx: Float64Array;
  /** Diagonal of Z'Z, length J (rows a level). */
  readonly ztz: Float64Array;
  /** X'y, G x p. */
  readonly xty: Float64Array;
  /** Z'y, G x J. */
  readonly zty: Float64Array;
  /** y'y, length G. */
  readonly yty: Float64Array;
  /** Sum of y, length G. */
  readonly sumY: Float64Array;
}

/** Digits of y'y that may cancel before a response is refused: eight of sixteen are left. */
const CANCELLATION_LIMIT = 1e8;

/**
 * Moments for {@link fitMoments} from plain sums. Plain sums lose the digits that residual moments keep: X must not be
 * nearly collinear (centre covariates first), and a response whose y'y exceeds its residual sum of squares more than
 * 1e8-fold is not fitted (status `failed`, with a note).
 */
export function momentsFromSums(sums: MomentSums): Moments {
  const { n, coefficients, levels, names } = sums;
  const p = coefficients.length;
  const J = levels.length;
  // X'X = R'R; the columns keep their order, and a column that depends on those before is misuse here.
  const lower = new Float64Array(p * p);
  const order = new Int32Array(p);
  if (pivotedCholesky(sums.xtx, p, lower, order, 1e-12) < p) {
    throw new FitError('DataError', "X'X is singular", { remedy: 'Leave aliased columns out, centre covariates.' });
  }
  const r = plainCholesky(sums.xtx, p);
  const solve = (row: Float64Array, from: number): void => {
    for (let k = 0; k < p; k++) {
      let sum = row[from + k];
      for (let i = 0; i < k; i++) sum -= row[from + i] * r[i * p + k];
      row[from + k] = sum / r[k * p + k];
    }
  };
  const ztx = Float64Array.from(sums.ztx);
  for (let j = 0; j < J; j++) solve(ztx, j * p);
  const xtxCentred = new Float64Array(p * p);
  for (let a = 0; a < p; a++) {
    for (let b = 0; b < p; b++) xtxCentred[a * p + b] = sums.xtx[a * p + b] - (sums.xt1[a] * sums.xt1[b]) / n;
  }
  const design: DesignMoments = {
    kind: 'moments',
    n,
    p,
    coefficients,
    r,
    logDetW: 0,
    terms: [
      {
        group: sums.group,
        names: ['(Intercept)'],
        q: 1,
        factor: 0,
        column: 0,
        transform: Float64Array.of(1),
        meanSquare: Float64Array.of(sums.ztz.reduce((total, value) => total + value, 0) / n),
      },
    ],
    factors: [{ group: sums.group, levels, q: 1, offset: 0, ztz: sums.ztz, ztx }],
    crosses: [],
    q: J,
    xtxCentred,
  };
  const G = names.length;
  const notes: string[] = [];
  const responses = emptyResponseMoments(design, G);
  responses.qty.set(sums.xty);
  responses.ztr.set(sums.zty);
  for (let g = 0; g < G; g++) {
    solve(responses.qty, g * p);
    let rss = sums.yty[g];
    for (let k = 0; k < p; k++) {
      const value = responses.qty[g * p + k];
      rss -= value * value;
      for (let j = 0; j < J; j++) responses.ztr[g * J + j] -= ztx[j * p + k] * value;
    }
    responses.mean[g] = sums.sumY[g] / n;
    if (sums.yty[g] === 0) responses.constant[g] = 1;
    else if (!(sums.yty[g] <= CANCELLATION_LIMIT * rss)) {
      notes.push(
        `'${names[g]}' is not fitted: its sums have lost their digits; subtract a constant near its mean before summing`,
      );
      rss = Number.NaN;
    }
    responses.rss[g] = rss;
  }
  return {
    formula: `~ ${coefficients.join(' + ')} + (1 | ${sums.group})`,
    names,
    batches: [{ design, responses, index: Int32Array.from({ length: G }, (_, g) => g) }],
    coefficients,
    notes,
  };
}

/** R with X'X = R'R, upper triangle, p x p row-major. */
function plainCholesky(a: Float64Array, p: number): Float64Array {
  const r = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let j = i; j < p; j++) {
      let sum = a[i * p + j];
      for (let l = 0; l < i; l++) sum -= r[l * p + i] * r[l * p + j];
      r[i * p + j] = i === j ? Math.sqrt(sum) : sum / r[i * p + i];
    }
  }
  return r;
}
