/** Which choices that come from a file or a store can be. Files may be edited. Pure. */

import type { IntervalQuestion, MeansQuestion } from '../protocol/analysis-protocol.ts';
import { DRAWS, type KeptChoices } from './kept-choices.ts';

/** How p-values of means can be adjusted. */
export const MEAN_ADJUSTMENTS: readonly MeansQuestion['adjust'][] = ['tukey', 'holm', 'bonferroni', 'BH', 'none'];

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value.length <= LONGEST;
const yesNo: Check = (value) => typeof value === 'boolean';
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.some((word) => word === value);
const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
const between =
  (low: number, high: number): Check =>
  (value) =>
    typeof value === 'number' && value > low && value < high;

/** Characters of a formula, and formulas of a list, that are kept. */
const LONGEST = 10_000;
const MOST_FORMULAS = 100;

/** What each choice can be: a file may hold anything. */
const CHECKS: { readonly [P in keyof KeptChoices]-?: { readonly [K in keyof NonNullable<KeptChoices[P]>]-?: Check } } =
  {
    models: {
      formulas: (value) => Array.isArray(value) && value.length <= MOST_FORMULAS && value.every(text),
      ...{ structures: text, families: text, beside: text, plain: yesNo },
      method: oneOf('REML', 'ML'),
      rankBy: oneOf('AIC', 'AICc', 'BIC'),
      draws: whole(0, DRAWS.most),
    },
    validation: { by: text, folds: whole(2), seed: whole(0) },
    selection: { by: oneOf('lrt', 'aic'), alpha: between(0, 1), random: yesNo },
    calibration: { test: text, simulations: whole(1), scheme: oneOf('simulate', 'permute') },
    sets: { correlation: between(-1, 1), least: whole(1) },
    means: {
      ...{ axis: text, values: text, lines: text, slopes: text, within: yesNo, reverse: yesNo },
      ...{ level: between(0, 1), type: oneOf('link', 'response'), model: whole(0) },
      adjust: oneOf(...MEAN_ADJUSTMENTS),
    },
    intervals: {
      method: oneOf('wald', 'profile', 'bootstrap', 'bca'),
      ...{ level: between(0, 1), draws: whole(DRAWS.least, DRAWS.most) },
    },
  };

/** Whether the page can say which intervals were asked for. */
export function isIntervalQuestion(value: unknown): value is IntervalQuestion {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(CHECKS.intervals).every(([key, check]) => check(Reflect.get(value, key)));
}

/** Choices of a session or a store, those that can be. */
export function restoreChoices(stored: unknown): KeptChoices {
  const restored: Record<string, Record<string, unknown>> = {};
  if (typeof stored !== 'object' || stored === null) return restored;
  for (const [part, checks] of Object.entries(CHECKS)) {
    const own: unknown = Reflect.get(stored, part);
    if (typeof own !== 'object' || own === null) continue;
    const sound = Object.entries(checks).flatMap(([key, check]) => {
      const value: unknown = Reflect.get(own, key);
      return value !== undefined && check(value) ? [[key, value] as const] : [];
    });
    restored[part] = Object.fromEntries(sound);
  }
  return restored; // every value as its check has it
}
