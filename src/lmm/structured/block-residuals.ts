/**
 * Residuals of the rows of a design on the scales of their covariance. With e = y - X b - Z u over rows that go together, V
 * their covariance, weights included, R that of the residuals alone (V where there are no random effects), C = (X'V^-1 X)^-1 and
 * P = V^-1 - V^-1 X C X'V^-1:
 *
 *     Pearson        e_i / sqrt(R_ii)
 *     whitened       L^-1 e, R = L L' over the rows of a subject in the order of visits    (nlme: "normalized")
 *     standardised   e_i / sqrt((R P R)_ii), the standard deviation of e_i
 *     hat            H of y -> X b + Z u at V: I - H = R P, H_ii = 1 - (R P)_ii
 *
 * For R = s^2 I these are lme4's: R P R = s^2 (I - H).
 */
import { choleskyInPlace, forwardSolve, inverseFromCholesky } from '../../numeric/cholesky.ts';

/** Of each row of a design. */
export interface ResidualScales {
  readonly pearson: Float64Array;
  readonly whitened: Float64Array;
  readonly standardised: Float64Array;
  readonly hat: Float64Array;
}

/** Rows of a fit: X (n x p column-major), its residuals, and the covariance C of the coefficients. */
export interface FittedDesignRows {
  readonly x: Float64Array;
  readonly p: number;
  readonly residual: Float64Array;
  readonly covariance: Float64Array;
}

/** Rows that are independent of all others, each subject's one behind the other in the order of visits; V and R over them. */
export interface CovarianceComponent {
  readonly rows: readonly number[];
  readonly V: Float64Array;
  readonly R: Float64Array;
}

export function residualScales(components: Iterable<CovarianceComponent>, rows: FittedDesignRows): ResidualScales {
  const numbers = () => new Float64Array(rows.residual.length).fill(Number.NaN);
  const out: ResidualScales = { pearson: numbers(), whitened: numbers(), standardised: numbers(), hat: numbers() };
  for (const { rows: members, V, R } of components) {
    const m = members.length;
    const inverse = new Float64Array(m * m);
    const factor = V.slice();
    if (Number.isNaN(choleskyInPlace(factor, m))) continue;
    inverseFromCholesky(factor, m, inverse);
    const share = new Float64Array(m * m);
    for (let a = 0; a < m; a++) {
      for (let b = 0; b < m; b++) {
        let sum = 0;
        for (let c = 0; c < m; c++) sum += R[a * m + c] * inverse[c * m + b];
        share[a * m + b] = sum;
      }
    }
    scaleMembers(members, { R, root: lowerRoot(R, m), inverse, share }, rows, out);
  }
  return out;
}

/** Parameters with zeros where nothing is known of them: they are in no block. */
export function knownParameters(t: Float64Array, count: number): Float64Array {
  return t.subarray(0, count).map((value) => (Number.isNaN(value) ? 0 : value));
}

/** Lower factor; null where it is singular. That of R is zero between subjects, as R is. */
export function lowerRoot(matrix: Float64Array, size: number): Float64Array | null {
  const root = matrix.slice();
  if (Number.isNaN(choleskyInPlace(root, size))) return null;
  for (let a = 0; a < size; a++) root.fill(0, a * size + a + 1, (a + 1) * size);
  return root;
}

/** One block's covariances: R, its factor (null where it is singular), V^-1 and R V^-1. */
interface BlockMatrices {
  readonly R: Float64Array;
  readonly root: Float64Array | null;
  readonly inverse: Float64Array;
  readonly share: Float64Array;
}

function scaleMembers(
  members: readonly number[],
  { R, root, inverse, share }: BlockMatrices,
  { x, p, residual, covariance }: FittedDesignRows,
  out: ResidualScales,
): void {
  const m = members.length;
  const n = residual.length;
  const e = Float64Array.from(members, (row) => residual[row]);
  members.forEach((row, a) => {
    out.pearson[row] = e[a] / Math.sqrt(R[a * m + a]);
  });
  if (root) {
    forwardSolve(root, m, e);
    members.forEach((row, a) => {
      out.whitened[row] = e[a];
    });
  }
  const [weighted, shared] = [inverse, share].map((matrix) => {
    const product = new Float64Array(m * p); // V^-1 X and R V^-1 X
    for (let a = 0; a < m; a++) {
      for (let b = 0; b < m; b++) {
        const value = matrix[a * m + b];
        for (let c = 0; c < p; c++) product[a * p + c] += value * x[c * n + members[b]];
      }
    }
    return product;
  });
  members.forEach((row, a) => {
    let variance = 0;
    let hat = 1 - share[a * m + a];
    for (let b = 0; b < m; b++) variance += share[a * m + b] * R[b * m + a];
    for (let c = 0; c < p; c++) {
      let turned = 0; // (R V^-1 X C)_ac
      for (let f = 0; f < p; f++) turned += shared[a * p + f] * covariance[f * p + c];
      variance -= turned * shared[a * p + c];
      hat += turned * weighted[a * p + c];
    }
    out.standardised[row] = residual[row] / Math.sqrt(variance);
    out.hat[row] = hat;
  });
}
