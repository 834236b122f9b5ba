/** Means of linear predictors by links: mu, of shares also 1 - mu with all its digits, and dmu/deta. */
import { normalProbability, normalQuantile } from '../../numeric/distributions/normal.ts';
import type { LinkName } from '../../types/family.ts';

export interface InverseLink {
  mean(eta: number): number;
  /** 1 - mu; of the logarithm nothing to speak of. */
  rest(eta: number): number;
  slope(eta: number): number;
  /** The linear predictor of a mean. */
  link(mean: number): number;
}

const LOG: InverseLink = { mean: Math.exp, rest: (eta) => 1 - Math.exp(eta), slope: Math.exp, link: Math.log };

const LOGIT: InverseLink = {
  mean: (eta) => 1 / (1 + Math.exp(-eta)),
  rest: (eta) => 1 / (1 + Math.exp(eta)),
  slope(eta) {
    const e = Math.exp(-Math.abs(eta));
    return e / ((1 + e) * (1 + e));
  },
  link: (mean) => Math.log(mean / (1 - mean)),
};

const PROBIT: InverseLink = {
  mean: normalProbability,
  rest: (eta) => normalProbability(-eta),
  slope: (eta) => Math.exp(-0.5 * eta * eta) / Math.sqrt(2 * Math.PI),
  link: normalQuantile,
};

const CLOGLOG: InverseLink = {
  mean: (eta) => -Math.expm1(-Math.exp(eta)),
  rest: (eta) => Math.exp(-Math.exp(eta)),
  slope: (eta) => Math.exp(eta - Math.exp(eta)),
  link: (mean) => Math.log(-Math.log1p(-mean)),
};

const LINKS: Readonly<Record<LinkName, InverseLink>> = { log: LOG, logit: LOGIT, probit: PROBIT, cloglog: CLOGLOG };

export function inverseLink(link: LinkName): InverseLink {
  return LINKS[link];
}
