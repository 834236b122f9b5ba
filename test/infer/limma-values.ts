import { readFileSync } from 'node:fs';

interface SqueezeCase {
  readonly var: number[];
  readonly df: number[];
  readonly covariate: number[] | null;
  readonly robust: boolean;
  readonly df_prior: (number | 'Inf')[];
  readonly var_prior: number[];
  readonly var_post: number[];
}

export interface BayesCase {
  readonly t: number[][];
  readonly df_total: number[];
  readonly p: number[][];
  readonly lods: number[][];
  readonly F: number[];
  readonly F_p: number[];
}

interface LimmaValues {
  readonly squeeze: Readonly<Record<string, SqueezeCase>>;
  readonly ebayes: {
    readonly coefficients: number[][];
    readonly stdev_unscaled: number[][];
    readonly sigma: number[];
    readonly df: number[];
    readonly mean: number[];
    readonly cov: number[][];
    readonly plain: BayesCase;
    readonly robust: BayesCase;
    readonly trend: BayesCase;
  };
  readonly lowess: Readonly<Record<'x' | 'y' | 'half' | 'wide' | 'no_delta' | 'once', number[]>>;
  readonly qvalue: {
    readonly p: number[];
    readonly pi0: number[];
    readonly smooth: number[];
    readonly default: number[];
    readonly bootstrap: number;
  };
  readonly voom: {
    readonly counts: number[][];
    readonly group: number[];
    readonly E: number[][];
    readonly weights: number[][];
    readonly tmm: number[];
    readonly tmm_E: number[][];
    readonly tmm_weights: number[][];
  };
}

/** What limma, edgeR and R give (`r/limma-values.R`). */
export const LIMMA = JSON.parse(readFileSync(new URL('r/limma-values.json', import.meta.url), 'utf8')) as LimmaValues; // the file is ours

/** Largest relative difference. */
export function worstRelative(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = found.length === expected.length ? 0 : Number.NaN;
  for (let i = 0; i < expected.length; i++) {
    if (found[i] === expected[i]) continue;
    worst = Math.max(worst, Math.abs(found[i] - expected[i]) / Math.abs(expected[i]));
  }
  return worst;
}
