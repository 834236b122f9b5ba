/** Whether a table of fits that comes from a file is what a run writes: every column there, of its kind and length. */
import {
  array,
  boolean,
  integer,
  is,
  minValue,
  nullable,
  number,
  object,
  optional,
  picklist,
  pipe,
  string,
} from 'valibot';
import { ADJUSTMENTS } from '../infer/adjust.ts';
import { DDF_METHODS } from '../infer/small-sample.ts';
import { MOST_CORRELATED } from '../lmm/structured/residual-summary.ts';
import { FAMILIES, LINKS } from '../types/family.ts';
import type { CovarianceTable, FamilyTable, FitTable } from '../types/fit-table.ts';
import { layoutTerms } from '../types/parameters.ts';
import { STRUCTURES } from '../types/residual.ts';

const count = pipe(number(), integer(), minValue(0));
const texts = array(string());
const term = object({ group: string(), names: texts, thetaOffset: count, covarianceOffset: count });

const header = object({
  formula: string(),
  method: picklist(['REML', 'ML']),
  ddf: picklist(DDF_METHODS),
  adjust: picklist(ADJUSTMENTS),
  adjustAcross: picklist(['within', 'all']),
  backend: picklist(['cpu', 'webgpu']),
  device: nullable(string()),
  models: count,
  messages: array(nullable(string())),
  groups: texts,
  terms: array(term),
  coefficients: object({ names: texts }),
  contrasts: object({ names: texts }),
  bootstrap: nullable(object({ draws: count, seed: number(), level: nullable(number()) })),
  moderation: optional(object({ robust: boolean(), trend: boolean() })),
  structured: optional(
    object({
      structure: nullable(picklist(STRUCTURES)),
      residual: string(),
      dispersionFormula: string(),
      information: picklist(['observed', 'expected']),
      by: nullable(string()),
      ...{ groups: texts, visits: texts, names: texts },
      dispersion: object({ names: texts }),
    }),
  ),
  family: optional(
    object({
      ...{ family: picklist(FAMILIES), link: picklist(LINKS), nodes: count },
      dispersion: nullable(object({ name: string() })),
      thresholds: nullable(object({ names: texts })),
      checks: optional(object({ zeros: nullable(object({})) })),
    }),
  ),
});

type Column = readonly [unknown, number];
const TESTS = ['estimate', 'standardError', 'df', 'statistic', 'pValue', 'log10P', 'adjustedP'] as const;
const BOOTSTRAP_TESTS = ['pValue', 'log10P', 'adjustedP', 'halfWidth'] as const;
const MODERATED_TESTS = ['statistic', 'df', 'pValue', 'log10P', 'adjustedP', 'logOdds'] as const;
const NUMBERS = [
  ...['mean', 'sigma', 'criterion', 'logLik', 'AIC', 'BIC', 'dfResidual', 'gradient'],
  ...['r2Marginal', 'r2Conditional', 'icc'],
] as const;
const WHOLE = ['nobs', 'rank', 'expressed', 'evaluations'] as const;
const CODES = ['status', 'singular', 'converged', 'finish', 'search'] as const;

/**
 * What does not fit in a table of a number of coefficients, whose models have at most so many parameters of a covariance by
 * blocks, or of generalised models (null where there are none); null when all does.
 */
export function tableFault(
  table: FitTable,
  coefficients: number,
  { structured: searched, family: generalised }: { readonly structured: number | null; readonly family: number | null },
): string | null {
  if (!is(header, table)) return 'the table of fits is damaged';
  const { models, terms, groups, contrasts, bootstrap, moderation, structured, family } = table;
  if ((structured === undefined) !== (searched === null)) return 'the covariances of the table are damaged';
  if ((family === undefined) !== (generalised === null)) return 'the families of the table are damaged';
  if (table.responses.length !== models) return `${models} models for ${table.responses.length} responses`;
  const { thetas, covariances: squares } = layoutTerms(terms);
  const widths = [coefficients, contrasts.names.length];
  const pick = (from: object, names: readonly string[], width: number): Column[] =>
    names.map((name) => [Reflect.get(from, name), width]);
  const both = (from: { readonly coefficients: object; readonly contrasts: object }, names: readonly string[]) =>
    [from.coefficients, from.contrasts].flatMap((tests, k) => pick(tests, names, widths[k]));
  const numbers: Column[] = [
    ...pick(table, NUMBERS, 1),
    ...pick(table, ['theta'], thetas),
    ...pick(table, ['covariance'], squares),
    ...both(table, TESTS),
    ...(bootstrap ? both(bootstrap, BOOTSTRAP_TESTS) : []),
    ...(bootstrap ? pick(bootstrap, ['varianceRatio', 'varianceP'], 1) : []),
    ...(structured ? covarianceColumns(structured, searched ?? 0) : []),
    ...(family ? familyColumns(family, generalised ?? 0, coefficients) : []),
    ...(moderation ? both(moderation, MODERATED_TESTS) : []),
    ...(moderation ? pick(moderation, ['residualDf', 'priorDf', 'priorVariance', 'posteriorVariance'], 1) : []),
  ];
  const whole = [...pick(table, WHOLE, 1), ...pick(table, ['groupLevels'], groups.length)];
  const poisson: Column[] = family?.dispersion ? [[family.dispersion.poisson, 1]] : [];
  const codes = [...pick(table, CODES, 1), ...poisson, ...(bootstrap ? both(bootstrap, ['bound']) : [])];
  const wrong = (Kind: typeof Float64Array | typeof Int32Array | typeof Uint8Array) => {
    return ([values, width]: Column) => !(values instanceof Kind && values.length === models * width);
  };
  if (numbers.some(wrong(Float64Array)) || whole.some(wrong(Int32Array)) || codes.some(wrong(Uint8Array))) {
    return 'a column of the table does not have the kind or length it should have';
  }
  if (table.messages.length !== models) return 'the messages of the table are damaged';
  if (table.coefficients.names.length !== coefficients) return 'the coefficients of the table are damaged';
  const weights = table.contrastWeights;
  if (!(weights instanceof Float64Array && weights.length === contrasts.names.length * coefficients)) {
    return 'the contrasts of the table are damaged';
  }
  return offsetsFault(table);
}

/** The columns of structured covariances, with the numbers that a model has in each. */
function covarianceColumns(structured: CovarianceTable, searched: number): Column[] {
  const { groups, visits, names, dispersion } = structured;
  const { parameters, sd, correlation, values } = structured;
  return [
    [parameters, searched],
    [sd, groups.length * Math.max(1, visits.length)],
    [correlation, groups.length * (visits.length <= MOST_CORRELATED ? visits.length ** 2 : 0)],
    [values, groups.length * names.length],
    [dispersion.estimate, dispersion.names.length],
    [dispersion.standardError, dispersion.names.length],
  ];
}

/** The columns of generalised models. */
function familyColumns(family: FamilyTable, generalised: number, coefficients: number): Column[] {
  const { parameters, dispersion, thresholds, conditionalStandardError, otherMinimum, checks } = family;
  const checked = checks ? [checks.pearson, checks.ratio, checks.deviance, ...Object.values(checks.zeros ?? {})] : [];
  return [
    [parameters, generalised],
    [conditionalStandardError, coefficients],
    [otherMinimum, 1],
    ...checked.map((values): Column => [values, 1]),
    ...(dispersion ? ([dispersion.value, dispersion.logStandardError].map((values) => [values, 1]) as Column[]) : []),
    ...(thresholds
      ? ([thresholds.estimate, thresholds.standardError].map((values) => [values, thresholds.names.length]) as Column[])
      : []),
  ];
}

/** Terms whose places in the columns of parameters are not one behind the other. */
function offsetsFault({ terms }: FitTable): string | null {
  const layout = layoutTerms(terms).terms;
  const sound = terms.every(({ thetaOffset, covarianceOffset }, t) => {
    return layout[t]?.thetaOffset === thetaOffset && layout[t].covarianceOffset === covarianceOffset;
  });
  return sound ? null : 'the random terms of the table are damaged';
}
