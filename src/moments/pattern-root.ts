/**
 * What draws of responses need of a pattern of covariance blocks. With x_i the rows q_i1 ... q_im of a subject one behind the
 * other, A the matrix of them (subjects x mp) and y_i independent N(0, V), everything that a fit takes follows from A'Y and
 * Y'Y. With A = U B, U'U = I, these are
 *
 *     A'Y = B'(U'Y),   Y'Y = (U'Y)'(U'Y) + a Wishart matrix of count - rank degrees of freedom
 *
 * and the rows of U'Y are independent N(0, V) again: `rank` subjects with the rows of B stand for all of them. The rank is that
 * of the functions of subjects that X is made of, three for an arm, a baseline and visits.
 */

/** Share of a row beyond which it is not spanned by others: the square root of what sums keep. */
const SPANNED = 1e-9;

/** B, rank x size x p; `rows` are those of the design by subject, q is n x p column-major. */
export function patternRoot(
  rows: Int32Array,
  count: number,
  size: number,
  q: Float64Array,
  n: number,
  p: number,
): Float64Array {
  const width = size * p;
  const basis: Float64Array[] = [];
  const coordinates: number[][] = [];
  const x = new Float64Array(width);
  for (let s = 0; s < count; s++) {
    for (let a = 0; a < size; a++) {
      for (let c = 0; c < p; c++) x[a * p + c] = q[c * n + rows[s * size + a]];
    }
    const own = new Array<number>(basis.length).fill(0);
    const whole = Math.sqrt(dot(x, x));
    for (let pass = 0; pass < 2; pass++) {
      basis.forEach((direction, k) => {
        const along = dot(direction, x);
        own[k] += along;
        for (let i = 0; i < width; i++) x[i] -= along * direction[i];
      });
    }
    const rest = Math.sqrt(dot(x, x));
    if (rest > SPANNED * whole) {
      basis.push(x.map((value) => value / rest));
      own.push(rest);
    }
    coordinates.push(own);
  }
  // A = K E with E the basis: B = L'E, K'K = L L'. A pivot that rounding has eaten is zero.
  const rank = basis.length;
  const L = new Float64Array(rank * rank);
  for (const own of coordinates) {
    for (let k = 0; k < own.length; k++) for (let l = 0; l <= k; l++) L[k * rank + l] += own[k] * own[l];
  }
  for (let i = 0; i < rank; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = L[i * rank + j];
      for (let k = 0; k < j; k++) sum -= L[i * rank + k] * L[j * rank + k];
      if (i === j) L[i * rank + i] = Math.sqrt(Math.max(0, sum));
      else L[i * rank + j] = L[j * rank + j] > 0 ? sum / L[j * rank + j] : 0;
    }
  }
  const out = new Float64Array(rank * width);
  for (let j = 0; j < rank; j++) {
    for (let k = j; k < rank; k++) {
      for (let i = 0; i < width; i++) out[j * width + i] += L[k * rank + j] * basis[k][i];
    }
  }
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
