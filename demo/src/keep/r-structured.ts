/** R code of models whose residuals go together: mmrm, gls, and lme where there are random effects beside them. */

import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { randomOfLme } from './r-lme.ts';
import type { ModelParts, RModel } from './r-parts.ts';
import { type RResidual, rResidual, varianceFunction } from './r-residuals.ts';
import { type RTerms, rTerms } from './r-terms.ts';
import { argumentsOf, type RSettings, rName } from './r-words.ts';

/** Correlations of nlme; `diag` has none, and no variance function but that of visits. */
const NLME: Readonly<Record<string, string>> = {
  us: 'corSymm',
  cs: 'corCompSymm',
  csh: 'corCompSymm',
  ar1: 'corAR1',
  ar1h: 'corAR1',
  sp_exp: 'corExp',
  diag: '',
};
/** Random terms of glmmTMB that are the same structures, in place of the residuals. */
const GLMMTMB: Readonly<Record<string, string>> = { us: 'us', csh: 'cs', toeph: 'toep', ar1: 'ar1', diag: 'diag' };
/** Its usual search stops early without residuals. */
const BFGS =
  'control = glmmTMBControl(optimizer = optim, optArgs = list(method = "BFGS"), optCtrl = list(maxit = 1000, reltol = 1e-12))';

/** Left and right side without offsets, which neither nlme nor mmrm takes, and the line that takes them off. */
export function withoutOffsets(
  { offset }: Settings,
  left: string,
  { offsets }: RTerms,
): { readonly left: string; readonly lines: readonly string[] } {
  const all = [...offsets, ...(offset === '' ? [] : [rName(offset)])];
  if (all.length === 0) return { left, lines: [] };
  return { left: 'y_', lines: [`d$y_ <- with(d, ${left} - ${all.map((one) => `(${one})`).join(' - ')})`] };
}

export function structured(settings: Settings & RSettings, parts: ModelParts, summary: DataSummary): RModel {
  const terms = rTerms(parts.right);
  const residual = rResidual(settings, summary);
  const { left, lines } = withoutOffsets(settings, parts.left, terms);
  const variance = varianceFunction(settings, summary, { visits: residual.uneven, weights: parts.weights });
  const own = { settings, left, terms, residual, variance, weights: parts.weights, lines };
  return terms.random.length > 0 ? beside(own, summary) : alone(own);
}

interface Model {
  readonly settings: Settings & RSettings;
  readonly left: string;
  readonly terms: RTerms;
  readonly residual: RResidual;
  /** `weights =` of nlme; null where it has none such. */
  readonly variance: string | null;
  readonly weights: string;
  /** Lines that make columns. */
  readonly lines: readonly string[];
}

/** Arguments of nlme's functions. `within` is the group of the correlation. */
function nlmeArguments({ settings, residual, variance }: Model, within: string): string[] {
  const correlation = NLME[residual.structure] ?? 'corAR1';
  return [
    correlation === '' ? '' : `correlation = ${correlation}(form = ~ ${residual.codes} | ${within})`,
    variance ? `weights = ${variance}` : '',
    settings.method === 'ML' ? 'method = "ML"' : '',
    'na.action = na.omit',
  ];
}

/** Without random effects: mmrm where it is installed, gls where it has the model. */
function alone(model: Model): RModel {
  const { settings, left, terms, residual, variance, lines } = model;
  const { structure, visit, subject, by } = residual;
  const { ddf, dispersion } = settings;
  const ml = settings.method === 'ML';
  const inGls = structure in NLME && by === '' && variance !== null;
  const inMmrm = structure !== 'diag' && dispersion === '';
  const gls = `gls(${left} ~ ${terms.fixed}, d${argumentsOf(nlmeArguments(model, subject))})`;
  if (inGls && (!inMmrm || ddf === 'asymptotic')) {
    return {
      kind: 'gls',
      libraries: ['nlme'],
      before: [...lines, ...residual.factors.filter((line) => !line.includes('visits_')), ...residual.coded],
      call: gls,
      summary:
        ddf === 'asymptotic'
          ? 'summary(m)'
          : 'summary(m) # with n - p degrees of freedom: df and p are not those of the page',
    };
  }
  const kenward = !ml && (ddf === 'kenward-roger' || (ddf === 'auto' && settings.bootstrap === 0));
  const methods = {
    'between-within': ['method = "Between-Within"'],
    asymptotic: ['method = "Satterthwaite"'],
    'kenward-roger': ['method = "Kenward-Roger"', 'vcov = "Kenward-Roger-Linear"'],
    satterthwaite: ['method = "Satterthwaite"'],
  };
  const method = methods[ddf === 'auto' ? (kenward ? 'kenward-roger' : 'satterthwaite') : ddf];
  const own = [model.weights === '' ? '' : `weights = d$${model.weights}`, ml ? 'reml = FALSE' : '', ...method];
  const formula = `${left} ~ ${terms.fixed} + ${structure}(${visit} | ${by === '' ? '' : `${by} / `}${subject})`;
  const mmrm = `mmrm(${formula}, d${argumentsOf(own)})`;
  const unlike =
    dispersion === ''
      ? []
      : [`# no package of R has ${settings.residual} beside the dispersion ${dispersion}: this leaves it out`];
  if (!inGls) {
    return {
      kind: 'mmrm',
      libraries: ['mmrm'],
      before: [...unlike, '# mmrm, of CRAN: nlme has no such structure', ...lines, ...residual.factors],
      call: mmrm,
      summary: 'summary(m)',
    };
  }
  const same = kenward
    ? [
        "# mmrm, of CRAN, tests as the page does, by Kenward and Roger's method of first order. gls has the same estimates, but",
        '# standard errors without its adjustment, and n - p degrees of freedom: standard errors, df and p differ.',
      ]
    : [
        '# mmrm, of CRAN, tests as the page does. gls has the same estimates and standard errors, but n - p degrees of freedom:',
        '# df and p differ.',
      ];
  return {
    kind: 'mmrm',
    libraries: [],
    before: [...lines, ...residual.factors],
    call: gls,
    fit: [
      ...same,
      'if (requireNamespace("mmrm", quietly = TRUE)) {',
      `  m <- mmrm::${mmrm}`,
      '} else {',
      '  library(nlme)',
      ...residual.coded.map((line) => `  ${line}`),
      `  m <- ${gls}`,
      '}',
    ],
    summary: 'summary(m)',
  };
}

/** Random effects beside structured residuals: lme, glmmTMB for a structure that it has alone. */
function beside(model: Model, summary: DataSummary): RModel {
  const { settings, left, terms, residual, variance, weights, lines } = model;
  const { structure, by, subject, factors, coded, visit } = residual;
  const ml = settings.method === 'ML';
  const plain = terms.random.every((part) => part.structure === undefined);
  const simple = by === '' && plain && variance !== null;
  if (
    !(simple && structure in NLME) &&
    by === '' &&
    settings.dispersion === '' &&
    weights === '' &&
    structure in GLMMTMB
  ) {
    const random = terms.random.map((part) => `${part.structure ?? ''}(${part.text})`);
    const formula = [terms.fixed, ...random, `${GLMMTMB[structure]}(0 + ${visit} | ${subject})`].join(' + ');
    return {
      kind: 'glmmTMB',
      libraries: ['glmmTMB'],
      before: [
        ...lines,
        ...factors,
        '# the residuals are a random term here: none are left, but for a trace that glmmTMB needs',
      ],
      call: `glmmTMB(${left} ~ ${formula}, d, dispformula = ~ 0${ml ? '' : ', REML = TRUE'}, ${BFGS})`,
      summary: `summary(m) # z tests${ml ? '' : '; REML standard errors of glmmTMB take in that of the variances'}`,
    };
  }
  const random = randomOfLme(terms.random, subject, settings, summary);
  const missing = [
    ...(structure in NLME ? [] : [`${structure} residuals (ar1 in their place)`]),
    ...(by === '' ? [] : [`parameters by ${by} (one set for all)`]),
    ...(plain ? [] : ['a structure of the random effects (any covariance)']),
    ...(variance === null ? [`the dispersion ${settings.dispersion} (none)`] : []),
  ];
  const note =
    missing.length === 0
      ? []
      : [`# NOT THE SAME MODEL: no package of R has random effects beside ${missing.join(', ')}. The numbers differ.`];
  const kenward = !ml && (settings.ddf === 'kenward-roger' || settings.ddf === 'auto');
  return {
    kind: 'gls',
    libraries: ['nlme'],
    before: [...note, ...lines, ...factors.filter((line) => !line.includes('visits_')), ...coded, ...random.before],
    call: `lme(${left} ~ ${terms.fixed}, d${argumentsOf([`random = ${random.text}`, ...nlmeArguments(model, random.within)])})`,
    summary: `summary(m) # lme counts degrees of freedom by groups: df${kenward ? ', p, and standard errors (here without adjustment)' : ' and p'} are not those of the page`,
  };
}
