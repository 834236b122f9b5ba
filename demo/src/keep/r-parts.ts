/** What R code of a model is made of, and what it is. */

/** How coefficients and their covariance are read off the fit. */
export type RKind = 'lmer' | 'glmer' | 'glmmTMB' | 'gls' | 'lm' | 'clmm' | 'mmrm';

export interface RModel {
  readonly kind: RKind;
  readonly libraries: readonly string[];
  /** Lines that make columns which the call needs. */
  readonly before: readonly string[];
  readonly call: string;
  /** Lines that make the fit `m`, where it takes more than the call. */
  readonly fit?: readonly string[];
  readonly summary: string;
}

export interface ModelParts {
  readonly left: string;
  readonly right: string;
  /** Column of weights; empty for none. */
  readonly weights: string;
}
