/** R code of the page's own tests, where the summary of a fit has others. */

import type { Settings } from '../protocol/settings.ts';
import type { RModel } from './r-parts.ts';
import { type RSettings, rName } from './r-words.ts';

/** What a run says of one response beside its settings. */
export interface RKnown {
  /** Degrees of freedom of the coefficients, infinite for z; in the order of their names. */
  readonly degrees?: readonly number[];
  readonly contrastDegrees?: readonly number[];
  /** Whether the data are the page's own, made by its command. */
  readonly isExample?: boolean;
}

/** How coefficients are read off a fit, and their covariance. */
export const READERS: Readonly<Record<RModel['kind'], readonly [string, string]>> = {
  lmer: ['fixef(m)', 'vcov(m)'],
  glmer: ['fixef(m)', 'vcov(m)'],
  glmmTMB: ['fixef(m)$cond', 'vcov(m)$cond'],
  gls: ['if (inherits(m, "lme")) fixef(m) else coef(m)', 'vcov(m)'],
  lm: ['coef(m)', 'vcov(m)'],
  clmm: ['m$beta', 'vcov(m)[names(m$beta), names(m$beta)]'],
  mmrm: ['coef(m)', 'vcov(m)'],
};

/** Whether the page tests by z, or by t with degrees of freedom that the summary of R does not have. */
export function hasOwnTests(
  { family, ddf }: Settings & RSettings,
  { kind }: RModel,
  { degrees = [] }: RKnown,
): boolean {
  if (family !== 'gaussian') return degrees.some(Number.isFinite);
  if (ddf === 'between-within') return kind !== 'lm' && kind !== 'mmrm' && degrees.length > 0;
  return ddf === 'asymptotic';
}

/** Tests of the coefficients of `m`, with the degrees of freedom of the page. */
export function rTests(
  settings: Settings & RSettings,
  model: RModel,
  coefficients: readonly string[],
  known: RKnown,
): string[] {
  if (!hasOwnTests(settings, model, known)) return [];
  const [b, v] = READERS[model.kind];
  const { degrees = [] } = known;
  const finite = degrees.some(Number.isFinite);
  const lines = [`b <- ${b}`, `se <- sqrt(diag(as.matrix(${v})))`];
  if (!finite || settings.ddf === 'asymptotic') {
    return ['# the page tests by z', ...lines, 'cbind(estimate = b, se = se, z = b / se, p = 2 * pnorm(-abs(b / se)))'];
  }
  const entries = coefficients.map((name, k) => `${rName(name)} = ${rNumber(degrees[k])}`);
  return [
    '# the page tests by t; degrees of freedom between and within units as it counts them: units (or rows) less coefficients',
    ...lines,
    `df <- c(${entries.join(', ')})[names(b)]`,
    'cbind(estimate = b, se = se, df = df, t = b / se, p = 2 * pt(-abs(b / se), df))',
  ];
}

export function rNumber(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return 'NA';
  return Number.isFinite(value) ? String(value) : 'Inf';
}
