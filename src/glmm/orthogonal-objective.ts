import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { lowerTriangle, writeTriangle } from '../numeric/triangle.ts';
import { triangleSize } from '../types/parameters.ts';
import { type DesignBasis, type DesignBasisOptions, designBasis, turnedFactor } from './design-basis.ts';
import type { FamilyObjective } from './family-objective.ts';

/**
 * A criterion in the parameters of a model, formed in coordinates in which its columns are orthogonal (`design-basis.ts`). Searches
 * and differences go by `own`, where steps of all parameters are of one size; what is asked here is answered in raw units, but for
 * the covariance parameters between `parametersOf` and `theta`, which are those of the own effects.
 */
export class OrthogonalObjective implements FamilyObjective {
  readonly p: number;
  readonly m: number;
  readonly d: number;
  readonly least: Float64Array;
  readonly most: Float64Array;
  readonly size: Float64Array;
  /** The criterion in its own coordinates. */
  readonly own: FamilyObjective;
  readonly basis: DesignBasis;
  /** Whether columns of random effects are others than in the model. */
  readonly turned: boolean;
  /** Columns of each random term. */
  private readonly widths: readonly number[];

  constructor(own: FamilyObjective, basis: DesignBasis) {
    const { p, m, d } = own;
    const n = p + m + d;
    const { forward, evidence } = basis;
    this.p = p;
    this.m = m;
    this.d = d;
    this.own = own;
    this.basis = basis;
    this.widths = evidence.effects.map(({ z }) => (evidence.rows === 0 ? 0 : z.length / evidence.rows));
    this.turned = basis.turns.some((turn) => turn !== null);
    this.least = own.least;
    this.most = own.most ?? new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    this.size = Float64Array.from({ length: n }, (_, j) => {
      let square = 0;
      for (let i = 0; i < n; i++) square += (forward[i * n + j] / (own.size?.[i] ?? 1)) ** 2;
      return 1 / Math.sqrt(square);
    });
  }

  ownParameters(parameters: Float64Array): Float64Array {
    return product(this.basis.forward, parameters);
  }

  rawParameters(own: Float64Array): Float64Array {
    return product(this.basis.back, own);
  }

  get origin(): Float64Array {
    return this.own.origin ?? new Float64Array(this.least.length).fill(Number.POSITIVE_INFINITY);
  }

  get costlyHessian(): boolean {
    return this.own.costlyHessian === true;
  }

  get eta(): Float64Array {
    return this.own.eta;
  }

  load(values: Float64Array, at: number): void {
    this.own.load(values, at);
  }

  startModes(estimates: readonly Float64Array[], near = false): void {
    this.own.startModes?.(estimates, near);
  }

  evaluate(parameters: Float64Array, order: 0 | 1 | 2): number {
    return this.own.evaluate(this.ownParameters(parameters), order);
  }

  /** F'g. */
  get gradient(): Float64Array {
    return transposedProduct(this.basis.forward, this.own.gradient);
  }

  /** F'H F. */
  get hessian(): Float64Array {
    return sandwich(this.basis.forward, this.own.hessian, this.p + this.m + this.d);
  }

  theta(parameters: Float64Array): Float64Array {
    return this.turnFactors(this.own.theta(parameters), 'back');
  }

  parametersOf(beta: Float64Array, theta: Float64Array, extras: Float64Array): Float64Array {
    return this.own.parametersOf(beta, this.turnFactors(theta, 'forward'), extras);
  }

  /** Factors of the covariances of R b, or of R^-1 b. */
  private turnFactors(theta: Float64Array, direction: 'forward' | 'back'): Float64Array {
    const { turns } = this.basis;
    const out = theta.slice();
    let at = 0;
    turns.forEach((turn, t) => {
      const q = this.widths[t];
      if (turn) writeTriangle(turnedFactor(turn[direction], lowerTriangle(theta, at, q), q), q, out, at);
      at += triangleSize(q);
    });
    return out;
  }

  modes(): { readonly estimate: Float64Array; readonly standardError: Float64Array }[] {
    return this.own.modes(this.basis.turns.map((turn) => turn?.back ?? null));
  }

  /** The information of F beta with raw extras held: of columns that are not centred. */
  ownInformation(): Float64Array {
    const { p, m, d, own, basis } = this;
    if (!own.fixedInformation) return new Float64Array(p * p).fill(Number.NaN);
    if (basis.evidence.family !== 'cumulative' || d === 0) return own.fixedInformation();
    const first = (p + m) * (p + m + d);
    return own.fixedInformation(basis.back.slice(first, first + p));
  }

  medianInformation(): number {
    return this.own.medianInformation?.() ?? Number.NaN;
  }

  fixedInformation(): Float64Array {
    const { p, m, d, basis } = this;
    const forward = firstBlock(basis.forward, p + m + d, p);
    return sandwich(forward, this.ownInformation(), p);
  }

  effectVariance(levels: ArrayLike<number>, z: readonly ArrayLike<number>[]): number {
    const { turns } = this.basis;
    // z'b = z'R^-1 (R b).
    const own = z.map((row, t) => {
      const turn = turns[t];
      return turn === null || levels[t] < 0 ? row : transposedProduct(turn.back, row);
    });
    return this.own.effectVariance(levels, own);
  }
}

/** The criterion that `open` makes of evidence, in such coordinates. */
export function orthogonalObjective(
  evidence: FamilyEvidence,
  extras: number,
  open: (evidence: FamilyEvidence) => FamilyObjective,
  options: DesignBasisOptions = {},
): OrthogonalObjective {
  const basis = designBasis(evidence, extras, options);
  return new OrthogonalObjective(open(basis.evidence), basis);
}

/** A v of a square matrix. */
function product(A: Float64Array, v: ArrayLike<number>): Float64Array {
  const n = v.length;
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) if (A[i * n + j] !== 0) sum += A[i * n + j] * v[j];
    out[i] = sum;
  }
  return out;
}

/** A'v. */
function transposedProduct(A: Float64Array, v: ArrayLike<number>): Float64Array {
  const n = v.length;
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) if (A[i * n + j] !== 0) out[j] += A[i * n + j] * v[i];
  }
  return out;
}

/** F'A F of a symmetric matrix. */
function sandwich(F: Float64Array, A: Float64Array, n: number): Float64Array {
  const half = new Float64Array(n * n);
  const out = new Float64Array(n * n);
  // Rows of A F as columns of F'A, then the same once more.
  for (let j = 0; j < n; j++) half.set(transposedProduct(F, A.subarray(j * n, (j + 1) * n)), j * n);
  for (let j = 0; j < n; j++) {
    const column = Float64Array.from({ length: n }, (_, i) => half[i * n + j]);
    out.set(transposedProduct(F, column), j * n);
  }
  return out;
}

/** The first p x p of a matrix with n columns. */
export function firstBlock(A: Float64Array, n: number, p: number): Float64Array {
  const block = new Float64Array(p * p);
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) block[i * p + j] = A[i * n + j];
  return block;
}
