import type { DesignMoments } from '../moments/moments.ts';
import { STATUSES, type Status } from '../types/fit-table.ts';
import { type Engine, type Fits, REASON, REASONS, type Reason } from './engine.ts';

/** Newton decrement, in deviance units, at most which a fit counts as converged. */
export const CERTIFICATE = 1e-8;
/** Residual sum of squares inside the levels below this multiple of the whole is rounding. */
export const ZERO_WITHIN = 1e-13;

/** Why no response of a design has an ordinary fit. */
export interface DesignProblem {
  readonly status: Status;
  readonly reason: Reason;
}

/** Engine of a design without fits: all its models get the same status. */
export function screenedEngine({ status, reason }: DesignProblem): Engine {
  return {
    fit: (_batch, _k, fits, at) => setStatus(fits, at, status, reason),
    finish(_batch, _k, fits, at) {
      setStatus(fits, at, status, reason);
      return true;
    },
  };
}

/** Writes the status and its reason into row `at`. */
export function setStatus(fits: Fits, at: number, status: Status, reason: Reason): void {
  fits.status[at] = STATUSES.indexOf(status);
  fits.reason[at] = REASONS.indexOf(reason);
}

/** What can be said of a design before any response is looked at: the status that all of its models get, or null. */
export function screenDesign(design: DesignMoments): DesignProblem | null {
  const { n, p, factors, terms } = design;
  if (n === 0) return { status: 'too_few', reason: REASON.noRows };
  if (p === 0 && (design.dropped ?? 0) > 0) return { status: 'rank_deficient', reason: REASON.noFixedEffect };
  if (n <= p) return { status: 'too_few', reason: REASON.noResidual };
  for (const factor of factors) {
    if (factor.levels.length < 2) return { status: 'too_few', reason: REASON.fewLevels };
  }
  for (const term of terms) {
    if (factors[term.factor].levels.length * term.q >= n) return { status: 'too_few', reason: REASON.effectsAsRows };
  }
  return null;
}

/** The same of generalised models. */
export function screenFamily({ n, p, factors, dropped = 0, family }: DesignMoments): DesignProblem | null {
  if (n === 0) return { status: 'too_few', reason: REASON.noRows };
  if (p === 0 && dropped > 0 && family?.family !== 'cumulative') {
    return { status: 'rank_deficient', reason: REASON.noFixedEffect };
  }
  if (n <= p) return { status: 'too_few', reason: REASON.noResidual };
  if (factors.some(({ levels }) => levels.length < 2)) return { status: 'too_few', reason: REASON.fewLevels };
  return null;
}

/** Of a design whose fixed and random effects reach every row, where the criterion then falls for ever or is flat. */
export const SATURATED: DesignProblem = { status: 'too_few', reason: REASON.saturated };

/**
 * Whether `ScalarEngine` fits a design: one scalar random term, and rows that neither fixed nor random effects reach, so
 * that the criterion has a minimum.
 */
export function isScalar({ n, p, terms, factors }: DesignMoments): boolean {
  return terms.length === 1 && terms[0].q === 1 && n > p + factors[0].levels.length;
}

/** Status of response k from its moments alone: constant, or reproduced by the fixed effects; true when it has been set. */
export function screenResponse(constant: number, rss: number, fits: Fits, at: number): boolean {
  if (constant === 1) setStatus(fits, at, 'constant', REASON.constant);
  else if (rss === 0) setStatus(fits, at, 'perfect_fit', REASON.perfectFit);
  else if (!Number.isFinite(rss)) setStatus(fits, at, 'failed', REASON.outOfRange);
  else return false;
  return true;
}
