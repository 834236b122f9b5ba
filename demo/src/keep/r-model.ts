/** R code that fits a model to `d`: by lme4, nlme, glmmTMB or ordinal, whichever has it. */

import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { randomOfLme } from './r-lme.ts';
import type { ModelParts, RModel } from './r-parts.ts';
import { varianceFunction } from './r-residuals.ts';
import { structured, withoutOffsets } from './r-structured.ts';
import { hasSeveralVariances, rTerms } from './r-terms.ts';
import { argumentsOf, bare, type RSettings, rName } from './r-words.ts';

const STRUCTURED = /\b(cs|ar1|diag|us)\(/;

export function rModel(settings: Settings & RSettings, parts: ModelParts, summary: DataSummary): RModel {
  const { family, residual, dispersion } = settings;
  if (family === 'cumulative') return ordinal(settings, parts);
  if (family !== 'gaussian') return generalised(settings, parts);
  if (residual !== '') return structured(settings, parts, summary);
  if (dispersion !== '') return unequal(settings, parts, summary) ?? dispersed(settings, parts);
  if (STRUCTURED.test(parts.right)) return dispersed(settings, parts);
  return linear(settings, parts);
}

function offsetOf({ offset }: Settings): string {
  return offset === '' ? '' : `offset = ${rName(offset)}`;
}

function weightsOf({ weights }: ModelParts): string {
  return weights === '' ? '' : `weights = ${rName(weights)}`;
}

const BOBYQA = 'control = lmerControl(optimizer = "bobyqa")';

const HAS_RANDOM = /\([^()]*(\([^()]*\)[^()]*)*\|/;

function linear(settings: Settings & RSettings, parts: ModelParts): RModel {
  const { left, right } = parts;
  const extra = [weightsOf(parts), offsetOf(settings)];
  if (!HAS_RANDOM.test(right)) {
    return {
      kind: 'lm',
      libraries: [],
      before: [],
      call: `lm(${left} ~ ${right}, d${argumentsOf(extra)})`,
      summary: 'summary(m)',
    };
  }
  const ml = settings.method === 'ML';
  const several = hasSeveralVariances(rTerms(right).random);
  // pbkrtest leaves prior weights out: 185 degrees of freedom for 48 rows.
  const kenward =
    parts.weights === ''
      ? "summary(m, ddf = 'Kenward-Roger') # needs pbkrtest"
      : "summary(m) # Satterthwaite's: pbkrtest's Kenward-Roger leaves weights out of account";
  const summaries = {
    auto: ml || settings.bootstrap > 0 ? 'summary(m)' : kenward,
    satterthwaite: 'summary(m)',
    'kenward-roger': kenward,
    asymptotic: "summary(m, ddf = 'lme4') # z tests: estimates over their standard errors",
    'between-within': 'summary(m) # nlme::lme has these degrees of freedom, but for its intercept',
  } as const;
  return {
    kind: 'lmer',
    libraries: ['lmerTest'],
    before: several
      ? ["# bobyqa: lmer's usual search stops early where variances or correlations are at their bounds"]
      : [],
    call: `lmer(${left} ~ ${right}, d${argumentsOf([ml ? 'REML = FALSE' : '', ...extra, several ? BOBYQA : ''])})`,
    summary: summaries[settings.ddf],
  };
}

/** Standard deviations by one column, or beside weights, with at most one random term: nlme; null for others. */
function unequal(settings: Settings & RSettings, parts: ModelParts, summary: DataSummary): RModel | null {
  const terms = rTerms(parts.right);
  const variance = varianceFunction(settings, summary, { visits: false, weights: parts.weights });
  if (variance === null || (/^varComb/.test(variance) && parts.weights === '')) return null;
  if (terms.random.length > 1 || terms.random.some(({ structure }) => structure !== undefined)) return null;
  const { left, lines } = withoutOffsets(settings, parts.left, terms);
  const random = terms.random.length === 0 ? null : randomOfLme(terms.random, '', settings, summary);
  const own = [
    random ? `random = ${random.text}` : '',
    `weights = ${variance}`,
    settings.method === 'ML' ? 'method = "ML"' : '',
    'na.action = na.omit',
  ];
  return {
    kind: 'gls',
    libraries: ['nlme'],
    before: [...lines, ...(random?.before ?? [])],
    call: `${random ? 'lme' : 'gls'}(${left} ~ ${terms.fixed}, d${argumentsOf(own)})`,
    summary: 'summary(m) # nlme counts degrees of freedom in its own way: df and p are not those of the page',
  };
}

/** Standard deviations that move, and structured random effects: glmmTMB. */
function dispersed(settings: Settings & RSettings, parts: ModelParts): RModel {
  const { left, right } = parts;
  const { dispersion } = settings;
  const own = [
    dispersion === '' ? '' : `dispformula = ${dispersion}`,
    settings.method === 'ML' ? '' : 'REML = TRUE',
    weightsOf(parts),
    offsetOf(settings),
  ];
  return {
    kind: 'glmmTMB',
    libraries: ['glmmTMB'],
    before:
      parts.weights === ''
        ? []
        : ['# NOT THE SAME MODEL: weights of glmmTMB multiply rows, they are no precisions. The numbers differ.'],
    call: `glmmTMB(${left} ~ ${right}, d${argumentsOf(own)})`,
    summary: `summary(m) # z tests${settings.method === 'ML' ? '' : '; REML standard errors of glmmTMB take in that of the variances'}`,
  };
}

/** Binomial and Poisson responses are lme4's, the others glmmTMB's. */
function generalised(settings: Settings & RSettings, parts: ModelParts): RModel {
  const { right } = parts;
  const { family, link, trials, nagq, reml } = settings;
  const counted = trials === '' ? parts.left : `cbind(${parts.left}, ${rName(trials)} - ${parts.left})`;
  const inLme4 = (family === 'binomial' || family === 'poisson') && !reml && HAS_RANDOM.test(right);
  if (inLme4) {
    const chosen = link === '' ? family : `${family}(${link})`;
    const own = [`family = ${chosen}`, nagq > 1 ? `nAGQ = ${nagq}` : '', weightsOf(parts), offsetOf(settings)];
    return {
      kind: 'glmer',
      libraries: ['lme4'],
      before: [],
      call: `glmer(${counted} ~ ${right}, d${argumentsOf(own)})`,
      summary: 'summary(m)',
    };
  }
  const families: Readonly<Record<string, string>> = {
    binomial: `binomial(${link || 'logit'})`,
    poisson: 'poisson()',
    nbinom2: 'nbinom2()',
    nbinom1: 'nbinom1()',
    Gamma: `Gamma(link = "${link || 'log'}")`,
    beta: 'beta_family()',
  };
  const own = [
    `family = ${families[family] ?? family}`,
    reml ? 'REML = TRUE' : '',
    weightsOf(parts),
    offsetOf(settings),
  ];
  return {
    kind: 'glmmTMB',
    libraries: ['glmmTMB'],
    before: [],
    call: `glmmTMB(${counted} ~ ${right}, d${argumentsOf(own)})`,
    summary: `summary(m)${nagq > 1 ? ' # by Laplace: glmmTMB has no quadrature' : ''}`,
  };
}

function ordinal(settings: Settings & RSettings, parts: ModelParts): RModel {
  const { left, right } = parts;
  const { link, nagq } = settings;
  const random = HAS_RANDOM.test(right);
  const own = [`link = "${link || 'logit'}"`, random && nagq > 1 ? `nAGQ = ${nagq}` : '', weightsOf(parts)];
  const offset = settings.offset === '' ? '' : ` + offset(${rName(settings.offset)})`;
  return {
    kind: 'clmm',
    libraries: ['ordinal'],
    before: [`d$${rName(bare(left))} <- factor(d$${rName(bare(left))})`],
    call: `${random ? 'clmm' : 'clm'}(${left} ~ ${right}${offset}, data = d${argumentsOf(own)})`,
    summary: 'summary(m)',
  };
}
