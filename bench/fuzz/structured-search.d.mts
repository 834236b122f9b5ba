import type { Design } from '../../src/types/design.ts';

/** The criterion of a design with structured residuals, in log standard deviations, correlations by group, log sd of intercepts. */
export function structuredProblem(
  design: Design,
  y: ArrayLike<number>,
  method: 'REML' | 'ML',
): {
  readonly criterion: (u: Float64Array) => number;
  readonly count: number;
  readonly starts: readonly Float64Array[];
};

export function quasiNewton(
  f: (u: Float64Array) => number,
  start: Float64Array,
  until: number,
): { readonly u: Float64Array; readonly value: number; readonly slope: number };
