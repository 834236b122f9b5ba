/** What a structure of correlations gives (`structures.ts`), and second derivatives of one that has none of its own. */

export interface Structure {
  readonly parameters: number;
  /**
   * K over the first `m` of some positions into `K` (m x m row-major), and its derivatives into `dK` (parameters x m x m) unless
   * that is null. The parameters stand in `phi` from `at` on.
   */
  evaluate(
    phi: Float64Array,
    at: number,
    positions: Float64Array,
    m: number,
    K: Float64Array,
    dK: Float64Array | null,
  ): void;
  /** Adds sum_ij Y_ij d2K_ij / dphi_k dphi_l to element (k, l) of `out`, rows `stride` apart from `to` on; Y symmetric. */
  addCurvature(
    phi: Float64Array,
    at: number,
    positions: Float64Array,
    m: number,
    Y: Float64Array,
    out: Float64Array,
    to: number,
    stride: number,
  ): void;
  /** Sets the parameters so that neighbours have about this correlation; `spacing` is that of neighbouring times. */
  start(phi: Float64Array, at: number, correlation: number, spacing: number): void;
  /** Correlations or the range that users know the parameters by. */
  natural(phi: Float64Array, at: number): { readonly name: string; readonly value: number }[];
}

/** A structure without its second derivatives. */
export type FirstOrder = Omit<Structure, 'addCurvature'>;

/** Step of the differences that give second derivatives: errors of 1e-10 from its square and from rounding alike. */
export const STEP = 2 ** -16;

/** Second derivatives by central differences of the first ones, which are exact: K is small and smooth. */
export function withCurvature(first: FirstOrder): Structure {
  const { parameters, evaluate } = first;
  let [K, dK] = [new Float64Array(0), new Float64Array(0)];
  return {
    ...first,
    addCurvature(phi, at, positions, m, Y, out, to, stride) {
      const size = m * m;
      if (K.length < size) [K, dK] = [new Float64Array(size), new Float64Array(parameters * size)];
      for (let l = 0; l < parameters; l++) {
        const whole = phi[at + l];
        for (const sign of [1, -1]) {
          phi[at + l] = whole + sign * STEP;
          evaluate(phi, at, positions, m, K, dK);
          for (let k = 0; k < parameters; k++) {
            let sum = 0;
            for (let i = 0; i < size; i++) sum += Y[i] * dK[k * size + i];
            // Both halves, so that the matrix stays symmetric.
            const part = (sign * sum) / (4 * STEP);
            out[to + k * stride + l] += part;
            out[to + l * stride + k] += part;
          }
        }
        phi[at + l] = whole;
      }
    },
  };
}

export function setBoth(A: Float64Array, at: number, m: number, i: number, j: number, value: number): void {
  A[at + i * m + j] = value;
  A[at + j * m + i] = value;
}
