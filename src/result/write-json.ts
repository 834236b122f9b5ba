/** The whole fit as JSON, schema 1: one model a line, numbers that read back exactly, null for what is not finite. */
import { FitError, nearestName } from '../errors.ts';
import type { FitResult } from '../types/fit-result.ts';
import {
  type BootstrapTable,
  type BootstrapTests,
  FINISHES,
  type FitTable,
  type ModeratedTests,
  STATUSES,
} from '../types/fit-table.ts';
import { INTERVAL_REASONS, type IntervalTable } from '../types/inference.ts';
import { covarianceObjects } from './covariance-rows.ts';
import { approximation, conditionalErrors, familyObject } from './family-rows.ts';
import { hasFit, methodOf } from './model-rows.ts';
import { isVarianceBound, varianceTestName } from './tidy.ts';

const omittable = ['ranef', 'vcov'] as const;
/** Parts that can be left out. */
export type JsonPart = (typeof omittable)[number];

/** Above so many models the parts that grow with levels and coefficients are left out unless asked for. */
const fullModels = 5_000;

export interface JsonOptions {
  /** Parts to leave out; undefined leaves out both above 5,000 models, an empty list none. */
  readonly omit?: readonly JsonPart[];
  readonly software?: { readonly name: string; readonly version: string };
}

/**
 * Reads `--omit`: parts separated by commas, or `none`.
 *
 * @throws OptionError for an unknown part.
 */
export function parseOmit(text: string): JsonPart[] {
  if (text === 'none') return [];
  return text.split(',').map((word) => {
    const part = omittable.find((candidate) => candidate === word);
    if (part) return part;
    const nearest = nearestName(word, omittable);
    throw new FitError('OptionError', `cannot omit '${word}'`, {
      option: 'omit',
      source: text,
      remedy: nearest ? `Did you mean '${nearest}'?` : `Use ${omittable.join(', ')} or none.`,
    });
  });
}

/** What is left out of the JSON of so many models, and the note about it where that is automatic. */
export function jsonOmissions(
  models: number,
  omit: readonly JsonPart[] | undefined,
): { readonly omit: ReadonlySet<JsonPart>; readonly note: string | null } {
  if (omit) return { omit: new Set(omit), note: null };
  if (models <= fullModels) return { omit: new Set(), note: null };
  return {
    omit: new Set(omittable),
    note: `${models} models: ranef and vcov are left out of the JSON; “omit: none” keeps them`,
  };
}

/** Characters gathered into one piece of text. */
const pieceLength = 65_536;

/** The JSON text in pieces of some ten thousand characters; each model is one line. */
export function* jsonText(result: FitResult, options: JsonOptions = {}): Generator<string> {
  const { table } = result;
  const { omit, note } = jsonOmissions(table.models, options.omit);
  const head = JSON.stringify({
    schema: 1,
    ...(options.software ? { software: options.software } : {}),
    formula: table.formula,
    method: table.family ? approximation(table.family, table) : table.method,
    ddf: table.ddf,
    adjust: table.adjust,
    backend: table.backend,
    device: table.device,
    refits: countRefits(table),
    ...(table.bootstrap ? { bootstrap: bootstrapHead(table.bootstrap) } : {}),
    ...(result.intervals ? { intervals: intervalsHead(result.intervals) } : {}),
    ...(table.moderation ? { moderated: { robust: table.moderation.robust, trend: table.moderation.trend } } : {}),
    notes: note === null ? result.notes : [...result.notes, note],
  });
  let piece = `${head.slice(0, -1)},"models":[\n`;
  for (let model = 0; model < table.models; model++) {
    piece += JSON.stringify(modelObject(result, model, omit)) + (model + 1 < table.models ? ',\n' : '\n');
    if (piece.length > pieceLength) {
      yield piece;
      piece = '';
    }
  }
  yield `${piece}]}\n`;
}

function bootstrapHead({ draws, seed, level }: BootstrapTable): object {
  return { draws, seed, level };
}

function intervalsHead({ method, level, draws, seed }: IntervalTable): object {
  return { method, level, ...(draws === null ? {} : { draws, seed }) };
}

/** The limits of one model that were asked for; a reason where there is none. */
function intervalObjects({ parameters, low, high, reason }: IntervalTable, model: number): object[] {
  return parameters.flatMap(({ effect, group, term }, i) => {
    const at = model * parameters.length + i;
    if (INTERVAL_REASONS[reason[at]] === 'not asked for') return [];
    const limits = { effect, group, term, low: low[at], high: high[at] };
    return [reason[at] === 0 ? limits : { ...limits, reason: INTERVAL_REASONS[reason[at]] }];
  });
}

function countRefits(table: FitTable): number {
  const code = FINISHES.indexOf('cpu-refit');
  let refits = 0;
  for (let model = 0; model < table.models; model++) if (hasFit(table, model) && table.finish[model] === code) refits++;
  return refits;
}

/** One entry of `models`; NaN and infinities become null when it is written. */
function modelObject(result: FitResult, model: number, omit: ReadonlySet<JsonPart>): object {
  const { table } = result;
  const fitted = hasFit(table, model);
  const number = (values: Float64Array | Int32Array) => (fitted ? values[model] : null);
  const flag = (values: Uint8Array) => (fitted ? values[model] !== 0 : null);
  return {
    split: table.splits?.[model] ?? null,
    response: table.responses[model],
    gene: table.genes?.[model] ?? null,
    status: STATUSES[table.status[model]],
    message: table.messages[model],
    ...(fitted ? { ddf: methodOf(table, model) } : {}),
    n: table.nobs[model],
    p: table.rank[model],
    groups: Object.fromEntries(
      table.groups.map((name, k) => [name, table.groupLevels[model * table.groups.length + k]]),
    ),
    expressed: table.expressed[model] < 0 ? null : table.expressed[model],
    mean: table.mean[model],
    search: fitted ? (table.search[model] === 1 ? 'webgpu' : 'cpu') : null,
    finish: fitted ? FINISHES[table.finish[model]] : null,
    ...familyObject(table, model, fitted),
    theta: fitted ? rowOf(table.theta, model, table.models) : [],
    ...(table.family ? {} : { sigma: number(table.sigma) }),
    logLik: number(table.logLik),
    criterion: number(table.criterion),
    AIC: number(table.AIC),
    BIC: number(table.BIC),
    dfResidual: number(table.dfResidual),
    singular: flag(table.singular),
    converged: flag(table.converged),
    gradient: number(table.gradient),
    evaluations: number(table.evaluations),
    coefficients: fitted ? testObjects(table, 'coefficients', model, 'term').filter((test) => !isAliased(test)) : [],
    ...(table.contrasts.names.length > 0
      ? { contrasts: fitted ? testObjects(table, 'contrasts', model, 'name') : [] }
      : {}),
    ...(omit.has('vcov') ? {} : { vcov: fitted ? covarianceRows(result, model) : [] }),
    varcorr: fitted ? covarianceTerms(table, model) : [],
    ...(fitted ? covarianceObjects(table, model) : {}),
    ...(omit.has('ranef') ? {} : { ranef: fitted ? randomEffectObjects(result, model) : [] }),
    ...(table.bootstrap
      ? {
          varianceTest: {
            kind: varianceTestName(table),
            statistic: number(table.bootstrap.varianceRatio),
            p: number(table.bootstrap.varianceP),
            bound: Number.isNaN(table.bootstrap.varianceP[model]) ? null : isVarianceBound(table.bootstrap, model),
          },
        }
      : {}),
    ...(result.intervals ? { intervals: fitted ? intervalObjects(result.intervals, model) : [] } : {}),
    ...moderationObject(table, model),
    r2: { marginal: number(table.r2Marginal), conditional: number(table.r2Conditional) },
    icc: number(table.icc),
  };
}

interface TestObject {
  readonly [label: string]: string | number;
  readonly estimate: number;
}

function testObjects(
  table: FitTable,
  which: 'coefficients' | 'contrasts',
  model: number,
  label: 'term' | 'name',
): TestObject[] {
  const tests = table[which];
  const bootstrap = table.bootstrap?.[which];
  const moderated = table.moderation?.[which];
  const width = tests.names.length;
  return tests.names.map((name, k) => {
    const at = model * width + k;
    return {
      [label]: name,
      estimate: tests.estimate[at],
      se: tests.standardError[at],
      ...(which === 'coefficients' ? conditionalErrors(table, at) : {}),
      df: tests.df[at],
      statistic: tests.statistic[at],
      p: tests.pValue[at],
      log10p: tests.log10P[at],
      pAdjusted: tests.adjustedP[at],
      ...(moderated ? moderatedObject(moderated, at) : {}),
      ...(bootstrap ? bootstrapObject(bootstrap, at) : {}),
    };
  });
}

function bootstrapObject({ pValue, log10P, bound, adjustedP, halfWidth }: BootstrapTests, at: number): object {
  return {
    pBootstrap: pValue[at],
    pBootstrapBound: Number.isNaN(pValue[at]) ? null : bound[at] !== 0,
    log10pBootstrap: log10P[at],
    pBootstrapAdjusted: adjustedP[at],
    halfWidthBootstrap: halfWidth[at],
  };
}

function moderatedObject({ statistic, df, pValue, log10P, adjustedP, logOdds }: ModeratedTests, at: number): object {
  return {
    statisticModerated: statistic[at],
    dfModerated: df[at],
    pModerated: pValue[at],
    log10pModerated: log10P[at],
    pModeratedAdjusted: adjustedP[at],
    logOdds: logOdds[at],
  };
}

/** Prior and posterior of one model; prior degrees of freedom that are infinite become null. */
function moderationObject({ moderation }: FitTable, model: number): object {
  if (!moderation) return {};
  const { residualDf, priorDf, priorVariance, posteriorVariance } = moderation;
  return {
    moderation: {
      residualDf: residualDf[model],
      priorDf: priorDf[model],
      priorSigma: Math.sqrt(priorVariance[model]),
      posteriorSigma: Math.sqrt(posteriorVariance[model]),
    },
  };
}

function isAliased(test: TestObject): boolean {
  return Number.isNaN(test.estimate);
}

/** Row `model` of a table of `models` rows. */
function rowOf(values: Float64Array, model: number, models: number): number[] {
  const width = values.length / models;
  return Array.from(values.subarray(model * width, (model + 1) * width));
}

/** Row-major values as rows of `width`. */
function rowsOf(values: Float64Array, width: number): number[][] {
  const rows: number[][] = [];
  for (let start = 0; start < values.length; start += width)
    rows.push(Array.from(values.subarray(start, start + width)));
  return rows;
}

function covarianceRows(result: FitResult, model: number): number[][] {
  const covariance = result.covarianceOfCoefficients(model);
  return covariance ? rowsOf(covariance.values, covariance.names.length) : [];
}

function covarianceTerms(table: FitTable, model: number): object[] {
  const width = table.covariance.length / table.models;
  return table.terms.map(({ group, names, covarianceOffset }) => {
    const start = model * width + covarianceOffset;
    return {
      group,
      terms: names,
      cov: rowsOf(table.covariance.subarray(start, start + names.length ** 2), names.length),
    };
  });
}

function randomEffectObjects(result: FitResult, model: number): object[] {
  return result.randomEffects(model).map(({ group, levels, names, estimate, standardError }) => ({
    group,
    levels,
    terms: names,
    blup: rowsOf(estimate, names.length),
    sd: rowsOf(standardError, names.length),
  }));
}
