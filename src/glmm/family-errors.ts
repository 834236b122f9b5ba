import { choleskyInPlace, inverseFromCholesky } from '../numeric/cholesky.ts';
import type { FamilyName } from '../types/family.ts';
import type { FamilyObjective } from './family-objective.ts';
import type { FamilyOptimum } from './family-search.ts';

export interface FamilyEstimates {
  readonly covariance: Float64Array;
  readonly extras: Float64Array;
  readonly conditional: Float64Array;
}

export class FamilyErrors {
  constructor(
    private readonly family: FamilyName,
    private readonly objective: FamilyObjective,
  ) {}

  at({ parameters, atBound }: FamilyOptimum): FamilyEstimates {
    const { p, m, d, hessian } = this.objective;
    const n = p + m + d;
    const free = [...parameters.keys()].filter((j) => !atBound[j]);
    const V = inverse(hessian, n, free);
    const covariance = new Float64Array(p * p);
    for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) covariance[i * p + j] = V[i * n + j];
    const C = inverse(hessian, n, [...Array(p).keys()]);
    const conditional = Float64Array.from({ length: p }, (_, i) => Math.sqrt(C[i * n + i]));
    const extras = new Float64Array(d).fill(Number.NaN);
    if (d > 0) {
      const at = p + m;
      if (this.family === 'nbinom2' || this.family === 'nbinom1') extras[0] = atBound[at] ? Number.NaN : Math.sqrt(V[at * n + at]) / parameters[at];
      else if (this.family !== 'cumulative') extras[0] = Math.sqrt(V[at * n + at]);
      else
        for (let k = 0; k < d; k++) {
          let s = 0;
          for (let a = 0; a <= k; a++) for (let b = 0; b <= k; b++) s += (a ? Math.exp(parameters[at + a]) : 1) * (b ? Math.exp(parameters[at + b]) : 1) * V[(at + a) * n + at + b];
          extras[k] = Math.sqrt(s);
        }
    }
    return { covariance, extras, conditional };
  }

  covarianceAt(parameters: Float64Array): Float64Array {
    const { least } = this.objective;
    const atBound = Array.from(parameters, (x, j) => x === least[j]);
    return this.at({ parameters, atBound } as unknown as FamilyOptimum).covariance;
  }
}

function inverse(H: Float64Array, n: number, free: readonly number[]): Float64Array {
  const k = free.length;
  const A = new Float64Array(k * k);
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) A[i * k + j] = H[free[i] * n + free[j]] / 2;
  const out = new Float64Array(n * n);
  if (Number.isNaN(choleskyInPlace(A, k))) return out.fill(Number.NaN);
  const B = new Float64Array(k * k);
  inverseFromCholesky(A, k, B);
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) out[free[i] * n + free[j]] = B[i * k + j];
  return out;
}
