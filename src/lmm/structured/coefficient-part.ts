/**
 * What the coefficients add to second derivatives of the criterion (symbols in `blocks-objective.ts`). With C = L L' all of it is
 * inner products: m_k'C m_l = (L'm_k)'(L'm_l) and tr(C M^k C M^l) = <L'M^k L, L'M^l L>.
 */
import { choleskyInPlace } from '../../numeric/cholesky.ts';
import { inner, packed } from './matrix-products.ts';

export class CoefficientPart {
  private readonly count: number;
  private readonly p: number;
  private readonly reml: boolean;
  private readonly L: Float64Array;
  /** L'm_k, count x p. */
  private readonly crossed: Float64Array;
  /** L'M^k L as packed triangles, elements off the diagonal times the root of two. */
  private readonly changes: Float64Array;
  private readonly product: Float64Array;

  /** Of `count` parameters and p coefficients. */
  constructor(count: number, p: number, reml: boolean) {
    this.count = count;
    this.p = p;
    this.reml = reml;
    this.L = new Float64Array(p * p);
    this.crossed = new Float64Array(count * p);
    this.changes = new Float64Array((count * p * (p + 1)) / 2);
    this.product = new Float64Array(p * p);
  }

  /**
   * Adds - 2 m_k'C m_l - tr(C M^k C M^l) to the Hessian, without the trace for ML, or - m_k'C m_l to the average information.
   * `crossed` has m_k (count x p), `triangles` M^k packed.
   */
  addTo(hessian: Float64Array, C: Float64Array, crossed: Float64Array, triangles: Float64Array, exact: boolean): void {
    const { count: k, p, L } = this;
    this.factor(C);
    for (let e = 0; e < k; e++) {
      for (let i = 0; i < p; i++) {
        let sum = 0;
        for (let c = i; c < p; c++) sum += L[c * p + i] * crossed[e * p + c];
        this.crossed[e * p + i] = sum;
      }
    }
    addInner(hessian, k, this.crossed, p, exact ? -2 : -1);
    if (!this.reml || !exact) return;
    this.whiten(triangles);
    addInner(hessian, k, this.changes, (p * (p + 1)) / 2, -1);
  }

  /** Adds tr(C M^k C M^l). */
  addTraces(out: Float64Array, C: Float64Array, triangles: Float64Array): void {
    this.factor(C);
    this.whiten(triangles);
    addInner(out, this.count, this.changes, (this.p * (this.p + 1)) / 2, 1);
  }

  private factor(C: Float64Array): void {
    this.L.set(C);
    if (this.p > 0) choleskyInPlace(this.L, this.p);
  }

  private whiten(triangles: Float64Array): void {
    const { count, p, L, product, changes } = this;
    const triangle = (p * (p + 1)) / 2;
    let to = 0;
    for (let e = 0; e < count; e++) {
      const from = e * triangle;
      // M L, L lower triangular.
      product.fill(0);
      for (let i = 0; i < p; i++) {
        for (let c = 0; c < p; c++) {
          const value = triangles[from + packed(i, c)];
          for (let j = 0; j <= c; j++) product[i * p + j] += value * L[c * p + j];
        }
      }
      for (let i = 0; i < p; i++) {
        for (let j = 0; j <= i; j++) {
          let sum = 0;
          for (let c = i; c < p; c++) sum += L[c * p + i] * product[c * p + j];
          changes[to++] = i === j ? sum : Math.SQRT2 * sum;
        }
      }
    }
  }
}

/** Adds `factor` times the inner products of rows of `width` numbers to a symmetric k x k matrix. */
function addInner(out: Float64Array, k: number, rows: Float64Array, width: number, factor: number): void {
  for (let e = 0; e < k; e++) {
    for (let f = 0; f <= e; f++) {
      const value = factor * inner(rows, e * width, rows, f * width, width);
      out[e * k + f] += value;
      if (f < e) out[f * k + e] += value;
    }
  }
}
