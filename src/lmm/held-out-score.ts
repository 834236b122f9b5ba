/**
 * Scores rows that a fit was made without, from the moments of all rows and those of the others at the parameters of the fit:
 * the log density of the rows given the others, log p(all) - log p(others), and the sum of their squared errors as the fixed
 * effects and the random effects of known levels predict them.
 *
 * With one grouping factor M of `gaussian-score.ts` falls into blocks, one a level, and a level that none of the rows belongs
 * to has the same block on both sides: only the levels of the rows are visited.
 */
import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { backwardSolve, choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import { findTerm } from '../types/parameters.ts';
import { solveUpper } from './covariance-factor.ts';
import { residualMoments, residualSquare, solveEffects } from './gaussian-score.ts';

/** Responses of a design and parameters over its own coefficients and terms. */
export interface ScoredSide {
  readonly responses: ResponseMoments;
  readonly k: number;
  /** Raw coefficients over `design.coefficients`. */
  readonly beta: Float64Array;
  /** Relative covariance factors of the terms, lower triangles by columns, in the design's order. */
  readonly theta: Float64Array;
}

export interface HeldOutScore {
  logDensity: number;
  squaredError: number;
}

/** Scores one response: what all rows and the others say, sigma, and where the score goes. */
export type HeldOutScorer = (all: ScoredSide, others: ScoredSide, sigma: number, out: HeldOutScore) => void;

/**
 * The scorer of a design on all rows and on the others, which has the same terms and some of the same levels. `visited` holds
 * the levels of the one grouping factor that any of the rows belongs to; all are visited without it.
 */
export function heldOutScorer(
  all: DesignMoments,
  others: DesignMoments,
  visited?: ReadonlySet<string> | undefined,
): HeldOutScorer {
  return all.factors.length > 1 ? crossedScorer(all, others) : blockScorer(all, others, visited);
}

/** What n and log|W| of the held-out rows add to -2 log density. */
function rowsApart(all: DesignMoments, others: DesignMoments, sigma: number): number {
  return (all.n - others.n) * Math.log(2 * Math.PI * sigma * sigma) - (all.logDetW - others.logDetW);
}

/** The blocks of a design with at most one grouping factor, one level at a time. */
class LevelBlocks {
  readonly levels: readonly string[];
  /** T L of all terms, q x q. */
  readonly L: Float64Array;
  /** Of the level last solved: log|M_i|, v_i'M_i^-1 v_i and M_i^-1 v_i. */
  logDet = 0;
  explained = 0;
  readonly solution: Float64Array;
  private readonly design: DesignMoments;
  private readonly q: number;
  private readonly ztz: Float64Array;
  private readonly ztx: Float64Array;
  /** Q'y - R b of the response, and Z_i'W(y - X b) of the level. */
  private readonly left: Float64Array;
  private readonly b: Float64Array;
  private readonly M: Float64Array;
  private readonly half: Float64Array;
  private from = 0;

  constructor(design: DesignMoments) {
    const q = design.factors.length === 0 ? 0 : design.factors[0].q;
    const none = new Float64Array(0);
    const { levels, ztz, ztx } = design.factors[0] ?? { levels: [], ztz: none, ztx: none };
    this.design = design;
    this.levels = levels;
    this.q = q;
    this.ztz = ztz;
    this.ztx = ztx;
    this.L = new Float64Array(q * q);
    this.solution = new Float64Array(q);
    this.left = new Float64Array(design.p);
    this.b = new Float64Array(q);
    this.M = new Float64Array(q * q);
    this.half = new Float64Array(q * q);
  }

  /** Takes a response with parameters; returns the square of W^(1/2) (y - X b). */
  load({ responses, k, beta, theta }: ScoredSide): number {
    const { design, q, L, left } = this;
    this.from = k * design.q;
    let at = 0;
    for (const { q: own, column, transform } of design.terms) {
      // Column c of the lower triangle has own - c elements.
      for (let c = 0; c < own; c++) {
        for (let a = 0; a < own; a++) {
          let sum = 0;
          for (let r = Math.max(a, c); r < own; r++) sum += transform[a * own + r] * theta[at + r - c];
          L[(column + a) * q + column + c] = sum;
        }
        at += own - c;
      }
    }
    return residualSquare(design, responses, k, beta, left);
  }

  solve({ ztr }: ResponseMoments, level: number): void {
    const { q, L, M, half, b, left, ztz, ztx, solution } = this;
    const p = left.length;
    for (let a = 0; a < q; a++) {
      let sum = ztr[this.from + level * q + a];
      for (let j = 0; j < p; j++) sum += ztx[(level * q + a) * p + j] * left[j];
      b[a] = sum;
      for (let c = 0; c < q; c++) {
        let product = 0;
        for (let e = 0; e < q; e++) product += ztz[(level * q + a) * q + e] * L[e * q + c];
        half[a * q + c] = product;
      }
    }
    for (let a = 0; a < q; a++) {
      let v = 0;
      for (let e = 0; e < q; e++) v += L[e * q + a] * b[e];
      solution[a] = v;
      for (let c = 0; c <= a; c++) {
        let sum = a === c ? 1 : 0;
        for (let e = 0; e < q; e++) sum += L[e * q + a] * half[e * q + c];
        M[a * q + c] = sum;
      }
    }
    this.logDet = choleskyInPlace(M, q);
    forwardSolve(M, q, solution);
    let explained = 0;
    for (let a = 0; a < q; a++) explained += solution[a] * solution[a];
    this.explained = explained;
    backwardSolve(M, q, solution);
  }

  /** The predictions of the level last solved, L M_i^-1 v_i. */
  predict(out: Float64Array): void {
    const { q, L, solution } = this;
    for (let a = 0; a < q; a++) {
      let sum = 0;
      for (let c = 0; c < q; c++) sum += L[a * q + c] * solution[c];
      out[a] = sum;
    }
  }

  /** u'Z_i'WZ_i u - 2 u'Z_i'W(y - X b): how predictions u of the level last solved change the squared error. */
  change(level: number, u: Float64Array): number {
    const { q, b, ztz } = this;
    let sum = 0;
    for (let a = 0; a < q; a++) {
      let inner = -2 * b[a];
      for (let c = 0; c < q; c++) inner += ztz[(level * q + a) * q + c] * u[c];
      sum += u[a] * inner;
    }
    return sum;
  }
}

function blockScorer(
  all: DesignMoments,
  others: DesignMoments,
  visited: ReadonlySet<string> | undefined,
): HeldOutScorer {
  const [whole, rest] = [new LevelBlocks(all), new LevelBlocks(others)];
  const places = new Map(rest.levels.map((level, i) => [level, i]));
  const pairs = whole.levels.flatMap((level, i) =>
    visited === undefined || visited.has(level) ? [{ level: i, other: places.get(level) ?? -1 }] : [],
  );
  const q = all.factors.length === 0 ? 0 : all.factors[0].q;
  const known = new Float64Array(q);
  const moved = new Float64Array(q);
  const change = basisChange(others, all);
  return (one, other, sigma, out) => {
    const square = whole.load(one) - rest.load(other);
    let logDet = 0;
    let explained = 0;
    let errors = square;
    for (const pair of pairs) {
      whole.solve(one.responses, pair.level);
      logDet += whole.logDet;
      explained += whole.explained;
      if (pair.other < 0) continue;
      rest.solve(other.responses, pair.other);
      logDet -= rest.logDet;
      explained -= rest.explained;
      rest.predict(known);
      change(known, 0, moved, 0, 0);
      errors += whole.change(pair.level, moved) - rest.change(pair.other, known);
    }
    out.logDensity = -0.5 * (rowsApart(all, others, sigma) + logDet + (square - explained) / (sigma * sigma));
    out.squaredError = Math.max(0, errors);
  };
}

/**
 * Takes the effects of a level of factor f of one design at `at` into the basis of another, at `to` of `out`: T_to T_from^-1 u,
 * term by term.
 */
function basisChange(
  from: DesignMoments,
  into: DesignMoments,
): (effects: Float64Array, at: number, out: Float64Array, to: number, f: number) => void {
  const byFactor = into.factors.map((_, f) =>
    into.terms.flatMap((term) => {
      const source = term.factor === f ? findTerm(from.terms, term) : undefined;
      if (!source) return [];
      const { q } = term;
      const identity = new Float64Array(q * q);
      for (let a = 0; a < q; a++) identity[a * q + a] = 1;
      const inverse = solveUpper(source.transform, identity, q);
      const matrix = new Float64Array(q * q);
      for (let a = 0; a < q; a++) {
        for (let c = 0; c < q; c++) {
          for (let b = a; b < q; b++) matrix[a * q + c] += term.transform[a * q + b] * inverse[b * q + c];
        }
      }
      return [{ q, matrix, source: source.column, target: term.column }];
    }),
  );
  return (effects, at, out, to, f) => {
    for (const { q, matrix, source, target } of byFactor[f]) {
      for (let a = 0; a < q; a++) {
        let sum = 0;
        for (let c = 0; c < q; c++) sum += matrix[a * q + c] * effects[at + source + c];
        out[to + target + a] = sum;
      }
    }
  };
}

/** Of designs with several grouping factors, whose equations do not fall into blocks. */
function crossedScorer(all: DesignMoments, others: DesignMoments): HeldOutScorer {
  const change = basisChange(others, all);
  // Where each known level of each factor stands among the columns of the other side.
  const places = all.factors.flatMap(({ group, levels, offset, q }, f) => {
    const own = others.factors.find((factor) => factor.group === group);
    if (!own) return [];
    const known = new Map(own.levels.map((level, i) => [level, i]));
    return levels.flatMap((level, i) => {
      const other = known.get(level);
      return other === undefined ? [] : [{ f, to: offset + i * q, from: own.offset + other * own.q }];
    });
  });
  const moved = new Float64Array(all.q);
  return (one, other, sigma, out) => {
    const whole = residualMoments(all, one.responses, one.k, one.beta);
    const rest = residualMoments(others, other.responses, other.k, other.beta);
    const [a, b] = [solveEffects(all, whole.ztr, one.theta), solveEffects(others, rest.ztr, other.theta)];
    const square = whole.square - rest.square;
    const explained = a.explained - b.explained;
    moved.fill(0);
    for (const { f, to, from } of places) change(b.effects, from, moved, to, f);
    out.logDensity =
      -0.5 * (rowsApart(all, others, sigma) + a.logDet - b.logDet + (square - explained) / (sigma * sigma));
    const errors = predictionChange(all, whole.ztr, moved) - predictionChange(others, rest.ztr, b.effects);
    out.squaredError = Math.max(0, square + errors);
  };
}

/** |W^(1/2) (y - X b - Z u)|^2 less |W^(1/2) (y - X b)|^2: u'Z'WZ u - 2 u'Z'W(y - X b). */
function predictionChange({ factors, crosses, q: Q }: DesignMoments, ztr: Float64Array, u: Float64Array): number {
  let change = 0;
  for (let i = 0; i < Q; i++) change -= 2 * u[i] * ztr[i];
  for (const { levels, offset, q, ztz } of factors) {
    for (let level = 0; level < levels.length; level++) {
      const at = offset + level * q;
      for (let a = 0; a < q; a++)
        for (let b = 0; b < q; b++) change += u[at + a] * ztz[(level * q + a) * q + b] * u[at + b];
    }
  }
  for (const { a, b, pointers, columns, values } of crosses) {
    const [fa, fb] = [factors[a], factors[b]];
    for (let i = 0; i + 1 < pointers.length; i++) {
      for (let k = pointers[i]; k < pointers[i + 1]; k++) {
        for (let s = 0; s < fa.q; s++) {
          for (let t = 0; t < fb.q; t++) {
            const value = values[(k * fa.q + s) * fb.q + t];
            change += 2 * u[fa.offset + i * fa.q + s] * value * u[fb.offset + columns[k] * fb.q + t];
          }
        }
      }
    }
  }
  return change;
}
