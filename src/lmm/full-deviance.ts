import type { CovarianceObjective } from './objective.ts';

/**
 * The deviance (maximum likelihood) with the residual variance not profiled out, over s = log sigma^2 and the absolute
 * covariance C = sigma^2 G of the random effects (symmetric basis, as in `objective.ts`):
 *
 *     F      = n s + log|V(G)| + exp(-s) S(G),                  G = exp(-s) C
 *     dF/dC  = exp(-s) A,    A = tr(V^-1 V_e) + exp(-s) dS/dG_e
 *     dF/ds  = n - A.G - exp(-s) S
 *     d2F    = exp(-2s) B over C,    B = -tr(V^-1 V_e V^-1 V_f) + exp(-s) d2S/dG_e dG_f
 *     d2F/dC ds = exp(-s) (A' - A),  A' = dA/ds = -B G - exp(-s) dS/dG
 *     d2F/ds2   = A.G - A'.G + exp(-s) (S + dS/dG.G)
 *
 * all from one evaluation of the objective, whose own criterion is log|V| + n log S.
 */
export class FullDeviance {
  readonly objective: CovarianceObjective;
  /** dF/dC as symmetric matrices, concatenated like factors. */
  readonly gradient: Float64Array;
  /** d2F over the symmetric basis, bases x bases; d2F/dC ds, length bases. */
  readonly hessian: Float64Array;
  readonly mixed: Float64Array;
  slope = 0;
  curvature = 0;
  private readonly relative: Float64Array;
  private readonly G: Float64Array;

  constructor(objective: CovarianceObjective) {
    const { squares, bases } = objective;
    this.objective = objective;
    this.gradient = new Float64Array(squares);
    this.hessian = new Float64Array(bases * bases);
    this.mixed = new Float64Array(bases);
    this.relative = new Float64Array(squares);
    this.G = new Float64Array(bases);
  }

  /** F at the absolute factor M (C = M M'; concatenated squares in the objective's basis) and s; NaN where it cannot be formed. */
  evaluate(factor: Float64Array, s: number): number {
    const { objective, relative, G, gradient, hessian, mixed } = this;
    const { slots, bases, d: n, changeOfS, curvatureOfS } = objective;
    const inverse = Math.exp(-s);
    const root = Math.exp(-0.5 * s);
    for (let i = 0; i < factor.length; i++) relative[i] = factor[i] * root;
    const profiled = objective.evaluate(relative);
    if (!Number.isFinite(profiled)) return Number.NaN;
    const { S } = objective;
    // What the profiled criterion has beyond the trace parts.
    for (const { q, square, basis } of slots) {
      let e = basis;
      for (let a = 0; a < q; a++) {
        for (let b = 0; b <= a; b++, e++) {
          let sum = 0;
          for (let c = 0; c < q; c++) sum += relative[square + a * q + c] * relative[square + b * q + c];
          G[e] = sum;
          const change = changeOfS[e] * (a === b ? 1 : 0.5) * (inverse - n / S);
          gradient[square + a * q + b] = objective.gradient[square + a * q + b] + change;
          gradient[square + b * q + a] = gradient[square + a * q + b];
        }
      }
    }
    for (let e = 0; e < bases; e++) {
      for (let f = 0; f < bases; f++) {
        const at = e * bases + f;
        const profile = n * (curvatureOfS[at] / S - (changeOfS[e] * changeOfS[f]) / (S * S));
        hessian[at] = objective.hessian[at] - profile + inverse * curvatureOfS[at];
      }
    }
    let AG = 0;
    let BGG = 0;
    let cG = 0;
    for (const { q, square, basis } of slots) {
      let e = basis;
      for (let a = 0; a < q; a++) {
        for (let b = 0; b <= a; b++, e++) {
          const A = gradient[square + a * q + b] * (a === b ? 1 : 2);
          let BG = 0;
          for (let f = 0; f < bases; f++) BG += hessian[e * bases + f] * G[f];
          AG += A * G[e];
          BGG += BG * G[e];
          cG += changeOfS[e] * G[e];
          mixed[e] = inverse * (-BG - inverse * changeOfS[e] - A);
        }
      }
    }
    this.slope = n - AG - inverse * S;
    // A'.G = -G.B.G - exp(-s) dS.G
    this.curvature = AG + BGG + 2 * inverse * cG + inverse * S;
    for (let i = 0; i < gradient.length; i++) gradient[i] *= inverse;
    for (let i = 0; i < hessian.length; i++) hessian[i] *= inverse * inverse;
    return n * s + profiled - n * Math.log(S) + inverse * S;
  }
}
