/**
 * Squared errors of held-out rows of models with structured covariances, as the other rows of their subjects and levels predict
 * them: with h the held-out rows of a component and o its others, at the parameters of a fit of the others,
 *
 *     E(y_h | y_o) = X_h b + V_ho V_oo^-1 (y_o - X_o b)
 *
 * Beside independent residuals that is X b + Z u with the random effects of known levels. Of long series it needs no V: a Markov
 * structure tells a row from the nearest others, and with e in units of its standard deviation `cs` has E e_h = rho sum(e_o) /
 * (1 + (c - 1) rho), c the number of others.
 */
import { connectedComponents, RowCovariance, rowsOfDesign } from '../fit/row-covariance.ts';
import { lowerRoot } from '../lmm/structured/block-residuals.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { backwardSolve, forwardSolve } from '../numeric/cholesky.ts';
import type { Design } from '../types/design.ts';
import type { RandomEffects } from '../types/fit-result.ts';
import { isMarkov } from '../types/residual.ts';
import type { DenseResponses } from '../types/responses.ts';

/** Held-out rows among those of a design, and the design of the fit of the others. */
export interface HeldOutRows {
  readonly design: Design;
  readonly held: Uint8Array;
  readonly fitted: DesignMoments;
  readonly responses: DenseResponses;
}

/** A fit of the others to one response: its number among those held dense, b over the design's columns, t, random effects. */
export interface PredictingFit {
  readonly response: number;
  readonly beta: Float64Array;
  readonly t: Float64Array;
  readonly effects: () => readonly RandomEffects[];
}

/** The sum of the squared errors, each times the weight of its row. */
export type HeldOutErrors = (fit: PredictingFit) => number;

/** Null where no held-out row goes together with another one: X b predicts them. */
export function heldOutErrors(rows: HeldOutRows): HeldOutErrors | null {
  const { design, held } = rows;
  const { residual, random } = design;
  const isTied = residual !== undefined && residual.structure !== 'diag';
  const ties = [...(isTied ? [residual.subject] : []), ...random];
  if (!ties.some(({ codes, levels }) => isMixed(codes, levels.length, held))) return null;
  return isTied ? dependentErrors(rows) : effectErrors(rows);
}

/** Whether a level has held-out rows and others. */
function isMixed(codes: Int32Array, levels: number, held: Uint8Array): boolean {
  const seen = new Uint8Array(levels);
  for (let i = 0; i < codes.length; i++) seen[codes[i]] |= held[i] === 1 ? 1 : 2;
  return seen.includes(3);
}

/** y - X b - offset of some rows. */
function fixedErrors({ design, responses }: HeldOutRows, { response, beta }: PredictingFit): (i: number) => number {
  const { n, fixed, offset, rows } = design;
  const from = response * responses.rows;
  return (i) => {
    let error = responses.values[from + rows[i]] - (offset?.[i] ?? 0);
    for (let k = 0; k < beta.length; k++) error -= beta[k] * fixed.x[k * n + i];
    return error;
  };
}

function weightOf({ design, responses }: HeldOutRows, response: number): (i: number) => number {
  const { weights } = responses;
  return (i) => (weights?.[response * responses.rows + design.rows[i]] ?? 1) * (design.weights?.[i] ?? 1);
}

/** Beside independent residuals: what the random effects of known levels leave. */
function effectErrors(rows: HeldOutRows): HeldOutErrors {
  const { design, held, fitted } = rows;
  const places = design.random.map(({ levels }, t) => {
    const known = new Map(fitted.factors[fitted.terms[t].factor].levels.map((level, i) => [level, i]));
    return levels.map((level) => known.get(level) ?? -1);
  });
  return (fit) => {
    const effects = fit.effects();
    const errorOf = fixedErrors(rows, fit);
    const weight = weightOf(rows, fit.response);
    let sum = 0;
    for (let i = 0; i < design.n; i++) {
      if (held[i] === 0) continue;
      let error = errorOf(i);
      design.random.forEach(({ names, codes, z }, t) => {
        const level = places[t][codes[i]];
        if (level < 0) return;
        const q = names.length;
        for (let a = 0; a < q; a++) error -= z[a * design.n + i] * effects[t].estimate[level * q + a];
      });
      sum += weight(i) * error * error;
    }
    return sum;
  };
}

/** Rows that predict each other: all of `members` in the order of visits, or one subject of `cs` in any number. */
function dependentErrors(rows: HeldOutRows): HeldOutErrors {
  const { design, held, fitted } = rows;
  const { residual, random, n } = design;
  const structure = residual?.structure ?? 'diag';
  const alone = random.length === 0;
  const exchangeable = alone && (structure === 'cs' || structure === 'csh');
  let covariance: RowCovariance | null = null;
  let components: number[][] = [];
  return (fit) => {
    const errorOf = fixedErrors(rows, fit);
    const weight = weightOf(rows, fit.response);
    const weights = Float64Array.from({ length: n }, (_, i) => weight(i));
    // Weights of a response's own come with a design of its own.
    if (!covariance) {
      covariance = new RowCovariance(rowsOfDesign(design, weights), fitted).move(fit.t);
      components = connectedComponents(covariance, n, random.length).flatMap((members) => {
        if (!members.some((i) => held[i] === 1)) return [];
        return alone && isMarkov(structure) ? markovPieces(members, held) : [members];
      });
    } else covariance.move(fit.t);
    let sum = 0;
    for (const members of components) {
      const errors = Float64Array.from(members, errorOf);
      const left = exchangeable
        ? exchangeableErrors(members, errors, held, covariance)
        : conditionalErrors(members, errors, held, covariance);
      members.forEach((i, a) => {
        if (held[i] === 1) sum += weights[i] * left[a] * left[a];
      });
    }
    return sum;
  };
}

/** Held-out rows that follow each other, with the others right before and behind them. */
function markovPieces(members: readonly number[], held: Uint8Array): number[][] {
  const pieces: number[][] = [];
  for (let from = 0; from < members.length; from++) {
    if (held[members[from]] === 0) continue;
    let to = from;
    while (to < members.length && held[members[to]] === 1) to++;
    pieces.push(members.slice(Math.max(0, from - 1), to + 1));
    from = to;
  }
  return pieces;
}

/** Errors of the held-out rows of a component given its others, in place of these; NaN where those have no covariance. */
function conditionalErrors(
  members: readonly number[],
  errors: Float64Array,
  held: Uint8Array,
  covariance: RowCovariance,
): Float64Array {
  const m = members.length;
  const others = [...members.keys()].filter((a) => held[members[a]] === 0);
  const k = others.length;
  if (k === 0) return errors;
  const { V } = covariance.over(members);
  const root = lowerRoot(
    Float64Array.from({ length: k * k }, (_, i) => V[others[Math.floor(i / k)] * m + others[i % k]]),
    k,
  );
  if (!root) return errors.fill(Number.NaN);
  const solved = Float64Array.from(others, (a) => errors[a]);
  forwardSolve(root, k, solved);
  backwardSolve(root, k, solved);
  return errors.map((error, a) => {
    others.forEach((b, j) => {
      error -= V[a * m + b] * solved[j];
    });
    return error;
  });
}

/** The same of one subject whose rows have one correlation. */
function exchangeableErrors(
  members: readonly number[],
  errors: Float64Array,
  held: Uint8Array,
  covariance: RowCovariance,
): Float64Array {
  if (members.length < 2) return errors;
  const { V } = covariance.over(members.slice(0, 2));
  const rho = V[1] / Math.sqrt(V[0] * V[3]);
  const variance = covariance.residualVariance();
  let sum = 0;
  let count = 0;
  members.forEach((i, a) => {
    if (held[i] === 1) return;
    sum += errors[a] / Math.sqrt(variance[i]);
    count++;
  });
  const shift = (rho * sum) / (1 + (count - 1) * rho);
  return errors.map((error, a) => error - Math.sqrt(variance[members[a]]) * shift);
}
