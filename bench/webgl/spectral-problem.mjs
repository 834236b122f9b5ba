/**
 * Random-intercept models as the sums that a kernel needs. With M = I - X (X'X)^-1 X' and the eigenvalues lambda_j and
 * eigenvectors u_j of Z'MZ, z_j = u_j'Z'My / sqrt(lambda_j), the REML criterion profiled over beta and sigma is
 *
 *     c(gamma) = constant + d log s(gamma) + sum log(1 + gamma lambda_j),
 *     s(gamma) = within + sum z_j^2 / (1 + gamma lambda_j),   within = y'My - sum z_j^2,   d = n - p
 *
 * (Kang et al., Genetics 178 (2008), for one random term). Formed by other code than the library's.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Eigenvalues below this share of the largest are zero. */
const ZERO = 1e-10;

/** @param batch a batch of moments whose design has one random intercept */
export function spectralProblem({ design, responses }) {
  const { n, p, q, r, factors } = design;
  const [{ ztz, ztx }] = factors;
  const zmz = new Matrix(q, q);
  for (let i = 0; i < q; i++) {
    for (let j = 0; j < q; j++) {
      let sum = i === j ? ztz[i] : 0;
      for (let k = 0; k < p; k++) sum -= ztx[i * p + k] * ztx[j * p + k];
      zmz.set(i, j, sum);
    }
  }
  const { realEigenvalues, eigenvectorMatrix: u } = new EigenvalueDecomposition(zmz, { assumeSymmetric: true });
  const largest = Math.max(...realEigenvalues);
  const kept = realEigenvalues.flatMap((value, j) => (value > ZERO * largest ? [j] : []));
  const lambda = kept.map((j) => realEigenvalues[j]);
  const levels = kept.length;
  const { count, ztr, rss } = responses;
  const d = n - p;
  // Sums over y'My: the kernel sees numbers near one.
  const z2 = new Float64Array(count * levels);
  const within = new Float64Array(count);
  const constant = new Float64Array(count);
  let fixed = d * (1 + Math.log((2 * Math.PI) / d));
  for (let k = 0; k < p; k++) fixed += 2 * Math.log(Math.abs(r[k * p + k]));
  for (let g = 0; g < count; g++) {
    let between = 0;
    kept.forEach((column, j) => {
      let sum = 0;
      for (let i = 0; i < q; i++) sum += u.get(i, column) * ztr[g * q + i];
      z2[g * levels + j] = (sum * sum) / lambda[j] / rss[g];
      between += z2[g * levels + j];
    });
    within[g] = 1 - between;
    constant[g] = fixed + d * Math.log(rss[g]);
  }
  return { count, levels, d, lambda, z2, within, constant };
}

/** c(gamma) of response g in float64. */
export function criterionAt({ levels, d, lambda, z2, within, constant }, g, gamma) {
  let s = within[g];
  let logs = 0;
  for (let j = 0; j < levels; j++) {
    const t = 1 + gamma * lambda[j];
    s += z2[g * levels + j] / t;
    logs += Math.log(t);
  }
  return constant[g] + d * Math.log(s) + logs;
}
