/** R code that fits a model to `d`: by lme4, nlme, glmmTMB or ordinal, whichever has it. */

import type { Settings } from '../protocol/settings.ts';
import { bare, type RSettings, rName } from './r-words.ts';

/** How coefficients and their covariance are read off the fit. */
export type RKind = 'lmer' | 'glmer' | 'glmmTMB' | 'gls' | 'lm' | 'clmm' | 'mmrm';

export interface RModel {
  readonly kind: RKind;
  readonly libraries: readonly string[];
  /** Lines that make columns which the call needs. */
  readonly before: readonly string[];
  readonly call: string;
  readonly summary: string;
}

export interface ModelParts {
  readonly left: string;
  readonly right: string;
  /** Column of weights; empty for none. */
  readonly weights: string;
}

const STRUCTURED = /\b(cs|ar1|diag|us)\(/;

export function rModel(settings: Settings & RSettings, parts: ModelParts): RModel {
  const { family, residual, dispersion } = settings;
  if (family === 'cumulative') return ordinal(settings, parts);
  if (family !== 'gaussian') return generalised(settings, parts);
  if (dispersion !== '') return unequal(settings, parts) ?? dispersed(settings, parts);
  if (residual !== '') return structured(settings, parts);
  if (STRUCTURED.test(parts.right)) return dispersed(settings, parts);
  return linear(settings, parts);
}

function argumentsOf(list: readonly string[]): string {
  return list
    .filter((part) => part !== '')
    .map((part) => `, ${part}`)
    .join('');
}

function offsetOf({ offset }: Settings): string {
  return offset === '' ? '' : `offset = ${rName(offset)}`;
}

function weightsOf({ weights }: ModelParts): string {
  return weights === '' ? '' : `weights = ${rName(weights)}`;
}

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
    before: [],
    call: `lmer(${left} ~ ${right}, d${argumentsOf([ml ? 'REML = FALSE' : '', ...extra])})`,
    summary: summaries[settings.ddf],
  };
}

/** Structured residuals without random effects are nlme's, where it has the structure, else mmrm's. */
function structured(settings: Settings & RSettings, parts: ModelParts): RModel {
  const { left, right } = parts;
  const { residual } = settings;
  const ml = settings.method === 'ML';
  const found = /^\s*(\w+)\s*\(\s*(.+?)\s*\|\s*(.+?)\s*\)\s*$/.exec(residual);
  const [, name = '', visit = '', subject = ''] = found ?? [];
  const grouped = subject.includes('/');
  const place = name === 'sp_exp' ? rName(bare(visit)) : `as.integer(factor(${rName(bare(visit))}))`;
  const form = `form = ~ ${name === 'sp_exp' ? place : 'visit_'} | ${rName(bare(subject))}`;
  const correlations: Readonly<Record<string, string>> = {
    us: `corSymm(${form})`,
    cs: `corCompSymm(${form})`,
    csh: `corCompSymm(${form})`,
    ar1: `corAR1(${form})`,
    ar1h: `corAR1(${form})`,
    sp_exp: `corExp(${form})`,
    diag: '',
  };
  const correlation = correlations[name];
  const before = name === 'sp_exp' ? [] : [`d$visit_ <- ${place.replace('factor(', 'factor(d$')}`];
  const uneven = ['us', 'csh', 'ar1h', 'diag'].includes(name);
  const random = HAS_RANDOM.test(right);
  if (correlation === undefined || grouped || random || parts.weights !== '' || settings.offset !== '') {
    if (random) return nlmeOrNothing(settings, parts);
    const factors = [
      `d$${rName(bare(subject.split('/').pop() ?? ''))} <- factor(d$${rName(bare(subject.split('/').pop() ?? ''))})`,
    ];
    const method = settings.ddf === 'satterthwaite' ? 'Satterthwaite' : 'Kenward-Roger';
    const how = ml ? ', reml = FALSE, method = "Satterthwaite"' : `, method = "${method}"`;
    return {
      kind: 'mmrm',
      libraries: ['mmrm'],
      before: [
        ...factors,
        ...(name === 'sp_exp' ? [] : [`d$${rName(bare(visit))} <- factor(d$${rName(bare(visit))})`]),
      ],
      call: `mmrm(${left} ~ ${right} + ${residual}, d${argumentsOf([weightsOf(parts)])}${how})`,
      summary: 'summary(m)',
    };
  }
  const own = [
    correlation === '' ? '' : `correlation = ${correlation}`,
    uneven ? 'weights = varIdent(form = ~ 1 | visit_)' : '',
    ml ? 'method = "ML"' : '',
    'na.action = na.omit',
  ];
  return {
    kind: 'gls',
    libraries: ['nlme'],
    before,
    call: `gls(${left} ~ ${right}, d${argumentsOf(own)})`,
    summary: 'summary(m) # with residual degrees of freedom; mmrm has those of Satterthwaite, and Kenward and Roger',
  };
}

/** Random effects beside structured residuals. */
function nlmeOrNothing(settings: Settings & RSettings, parts: ModelParts): RModel {
  const { left, right } = parts;
  const { residual, method } = settings;
  const terms = [...right.matchAll(/\(([^()|]+)\|([^()|]+)\)/g)];
  const [, name = '', visit = '', subject = ''] = /^\s*(\w+)\s*\(\s*(.+?)\s*\|\s*(.+?)\s*\)\s*$/.exec(residual) ?? [];
  const fixed = right
    .replace(/\+?\s*\([^()|]+\|[^()|]+\)/g, '')
    .replace(/^\s*\+\s*/, '')
    .trim();
  const classes: Readonly<Record<string, string>> = {
    ar1: 'corAR1',
    ar1h: 'corAR1',
    cs: 'corCompSymm',
    us: 'corSymm',
    sp_exp: 'corExp',
  };
  const [first] = terms;
  const own = [
    first ? `random = ~ ${first[1].trim()} | ${first[2].trim()}` : '',
    `correlation = ${classes[name] ?? 'corAR1'}(form = ~ ${name === 'sp_exp' ? rName(bare(visit)) : 'visit_'} | ${rName(bare(subject))})`,
    method === 'ML' ? 'method = "ML"' : '',
    'na.action = na.omit',
  ];
  return {
    kind: 'gls',
    libraries: ['nlme'],
    before: [`d$visit_ <- as.integer(factor(d$${rName(bare(visit))}))`],
    call: `lme(${left} ~ ${fixed === '' ? '1' : fixed}, d${argumentsOf(own)})`,
    summary: `summary(m) # residuals: ${residual}${terms.length > 1 || !(name in classes) ? '; nlme has no such model as a whole: this is the nearest' : ''}`,
  };
}

/** Standard deviations by one column, with at most one random term: nlme; null for others. */
function unequal(settings: Settings & RSettings, parts: ModelParts): RModel | null {
  const { left, right } = parts;
  const [, , name] = /^\s*~\s*(0\s*\+\s*)?([\w.]+|`[^`]+`)\s*$/.exec(settings.dispersion) ?? [];
  const terms = [...right.matchAll(/\(([^()|]+)\|([^()|]+)\)/g)];
  const simple =
    terms.every(([, , group]) => !/[:/]/.test(group)) && terms.length === (right.match(/\|/g)?.length ?? 0);
  if (name === undefined || terms.length > 1 || !simple || settings.residual !== '') return null;
  if (parts.weights !== '' || settings.offset !== '') return null;
  const fixed = right
    .replace(/\+?\s*\([^()|]+\|[^()|]+\)/g, '')
    .replace(/^\s*\+\s*/, '')
    .trim();
  const [random] = terms;
  const own = [
    random ? `random = ~ ${random[1].trim()} | ${random[2].trim()}` : '',
    `weights = if (is.numeric(d$${name})) varExp(form = ~ ${name}) else varIdent(form = ~ 1 | ${name})`,
    settings.method === 'ML' ? 'method = "ML"' : '',
    'na.action = na.omit',
  ];
  return {
    kind: 'gls',
    libraries: ['nlme'],
    before: [],
    call: `${random ? 'lme' : 'gls'}(${left} ~ ${fixed === '' ? '1' : fixed}, d${argumentsOf(own)})`,
    summary: 'summary(m) # nlme counts degrees of freedom in its own way',
  };
}

/** Standard deviations that move, and structured random effects: glmmTMB. */
function dispersed(settings: Settings & RSettings, parts: ModelParts): RModel {
  const { left, right } = parts;
  const { dispersion, residual } = settings;
  const own = [
    dispersion === '' ? '' : `dispformula = ${dispersion}`,
    settings.method === 'ML' ? '' : 'REML = TRUE',
    weightsOf(parts),
    offsetOf(settings),
  ];
  const note =
    residual === '' ? '' : ` # residuals: ${residual}, which glmmTMB takes as a random term with dispformula = ~ 0`;
  return {
    kind: 'glmmTMB',
    libraries: ['glmmTMB'],
    before: [],
    call: `glmmTMB(${left} ~ ${right}, d${argumentsOf(own)})`,
    summary: `summary(m) # z tests${note}`,
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
