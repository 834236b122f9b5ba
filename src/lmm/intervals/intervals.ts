import type { MomentBatch } from '../../moments/moments.ts';
import { STATUSES } from '../../types/fit-table.ts';
import { INTERVAL_REASONS } from '../../types/inference.ts';
import { afterEachFit, type Engine, type Fits } from '../engine.ts';
import { type IntervalOptions, type IntervalReason, limitsOf, reasonCode } from './interval-options.ts';

/** Fills the limits of row `at` from the fit that stands there. */
export type IntervalFinder = (batch: MomentBatch, k: number, fits: Fits, at: number) => void;

/** An engine whose fits get their intervals at once. */
export function withIntervals(engine: Engine, find: IntervalFinder, { asked }: IntervalOptions): Engine {
  return afterEachFit(engine, (batch, k, fits, at) => {
    const width = asked.length;
    const status = STATUSES[fits.status[at]];
    const fitted = status === 'ok' && fits.converged[at] === 1;
    for (let i = 0; i < width; i++) {
      const unfitted = status === 'not_converged' ? INTERVAL_REASONS[3] : INTERVAL_REASONS[2];
      if (asked[i] === 0) fits.intervalReason[at * width + i] = reasonCode('not asked for');
      else if (!fitted) fits.intervalReason[at * width + i] = reasonCode(unfitted);
    }
    if (fitted) find(batch, k, fits, at);
  });
}

/** Writes the limits of parameter i of row `at`; a limit that is NaN takes the reason with it. */
export function writeInterval(
  fits: Fits,
  at: number,
  i: number,
  low: number,
  high: number,
  reason: IntervalReason,
): void {
  const to = at * limitsOf(fits) + i;
  fits.low[to] = low;
  fits.high[to] = high;
  fits.intervalReason[to] = Number.isNaN(low) || Number.isNaN(high) ? reasonCode(reason) : 0;
}
