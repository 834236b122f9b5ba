import { existsSync } from 'node:fs';
import { parseRecord } from '../data/table/column-options.ts';
import { tableFormat } from '../data/table/file.node.ts';
import { FitError } from '../errors.ts';
import { CONTRAST_CODINGS, type ContrastCoding } from '../formula/contrasts.ts';
import type { Adjustment } from '../infer/adjust.ts';
import type { ModerationOptions } from '../infer/moderation/moderate.ts';
import type { Normalisation } from '../moments/normalise.ts';
import { OPTIONS, type OptionValue } from '../options/entries.ts';
import { choiceOf } from '../options/option.ts';
import type { DdfMethod } from '../types/inference.ts';
import type { Given } from './options.ts';

/** Checked options of `fit` and `moments`. */
export interface FitArguments {
  readonly backend: 'auto' | 'cpu' | 'webgpu';
  readonly formula: string;
  readonly method: 'REML' | 'ML';
  readonly ddf: DdfMethod | 'auto';
  readonly contrasts: Readonly<Record<string, string>>;
  readonly factor: readonly string[];
  readonly ordered: readonly string[];
  readonly contrastCodings: Readonly<Record<string, ContrastCoding>>;
  readonly weights: string | undefined;
  /** True when `weights` is a file in the bulk layout. */
  readonly weightsFile: boolean;
  readonly normFactors: OptionValue<'normFactors'> | undefined;
  readonly offset: string | undefined;
  readonly na: OptionValue<'na'> | undefined;
  readonly obs: string | undefined;
  readonly normalisation: Normalisation;
  readonly totals: string | undefined;
  readonly layer: string | undefined;
  readonly featureType: string | undefined;
  readonly where: string | undefined;
  readonly minCells: number;
  readonly minCounts: number;
  readonly decimal: '.' | ',' | undefined;
  readonly naStrings: readonly string[] | undefined;
  readonly transform: OptionValue<'transform'>;
  readonly zeroIsMissing: boolean;
  readonly genome: string | undefined;
  readonly prefix: string | undefined;
  readonly splitBy: string | undefined;
  readonly responses: string | undefined;
  readonly adjust: Adjustment;
  readonly adjustAcross: 'within' | 'all';
  readonly threads: number | undefined;
  readonly memory: number | undefined;
  readonly precision: 'auto' | 'f64' | 'df64' | 'f32';
  readonly bootstrap: { readonly draws: number; readonly seed: number } | undefined;
  /** Empirical Bayes over the responses. */
  readonly moderate: ModerationOptions | undefined;
}

/** Checks everything that can be checked before any file is opened. */
export function checkArguments(given: Given): FitArguments {
  const { weights } = given;
  const weightsFile = weights !== undefined && tableFormat(weights) !== null && existsSync(weights);
  if (weights !== undefined && !weightsFile && tableFormat(weights) !== null) {
    throw new FitError('DataError', `“weights: ${weights}”: no such file`, {
      option: 'weights',
      path: weights,
      unreadable: true,
      remedy: 'Check the name; a column is named without an extension.',
    });
  }
  const seed = given.seed ?? OPTIONS.seed.fallback;
  return {
    backend: given.backend ?? OPTIONS.backend.fallback,
    precision: given.precision ?? OPTIONS.precision.fallback,
    formula: given.formula ?? '',
    method: given.method ?? 'REML',
    ddf: given.ddf ?? OPTIONS.ddf.fallback,
    contrasts: namedContrasts(given.contrasts ?? []),
    factor: given.factor ?? [],
    ordered: given.ordered ?? [],
    contrastCodings: codings(given.contrastCodings ?? []),
    weights,
    weightsFile,
    normFactors: given.normFactors,
    offset: given.offset,
    na: given.na,
    obs: given.obs,
    normalisation: given.normalisation ?? OPTIONS.normalisation.fallback,
    totals: given.totals,
    layer: given.layer,
    featureType: given.featureType,
    where: given.where,
    minCells: given.minCells ?? OPTIONS.minCells.fallback,
    minCounts: given.minCounts ?? OPTIONS.minCounts.fallback,
    decimal: given.decimal,
    naStrings: given.naStrings === undefined ? undefined : parseRecord(given.naStrings, 'naStrings', given.naStrings),
    transform: given.transform ?? OPTIONS.transform.fallback,
    zeroIsMissing: given.zeroIsMissing === true,
    genome: given.genome,
    prefix: given.prefix,
    splitBy: given.splitBy,
    responses: given.responses,
    adjust: given.adjust ?? OPTIONS.adjust.fallback,
    adjustAcross: given.adjustAcross ?? OPTIONS.adjustAcross.fallback,
    threads: given.threads,
    memory: given.memory,
    bootstrap: given.bootstrap === undefined ? undefined : { draws: given.bootstrap, seed },
    moderate: moderation(given.moderate),
  };
}

/** `--moderate`, `--moderate robust`, `--moderate trend`, `--moderate robust,trend`. */
function moderation(option: string | undefined): ModerationOptions | undefined {
  if (option === undefined) return undefined;
  const words = option === 'plain' ? [] : option.split(',');
  for (const word of words) choiceOf('moderate', word, ['robust', 'trend', 'plain']);
  return { robust: words.includes('robust'), trend: words.includes('trend') };
}

function namedContrasts(specs: readonly string[]): Record<string, string> {
  const contrasts: Record<string, string> = {};
  for (const spec of specs) {
    const equals = spec.indexOf('=');
    const name = spec.slice(0, equals).trim();
    if (equals <= 0 || name === '' || spec.slice(equals + 1).trim() === '') {
      throw new FitError('OptionError', `“contrasts: ${spec}”: it needs a name and an expression`, {
        option: 'contrasts',
        remedy: "Write NAME=EXPR, such as 'late=visitV4 - visitV3'.",
      });
    }
    if (Object.hasOwn(contrasts, name)) {
      throw new FitError('OptionError', `“contrasts: ${name}” is given twice`, { option: 'contrasts' });
    }
    contrasts[name] = spec.slice(equals + 1).trim();
  }
  return contrasts;
}

function codings(specs: readonly string[]): Record<string, ContrastCoding> {
  const found: Record<string, ContrastCoding> = {};
  for (const spec of specs) {
    const equals = spec.lastIndexOf('=');
    if (equals <= 0) {
      throw new FitError('OptionError', `“contrastCodings: ${spec}”: it needs a column and a coding`, {
        option: 'contrastCodings',
        remedy: `Write COLUMN=${CONTRAST_CODINGS.join('|')}.`,
      });
    }
    found[spec.slice(0, equals)] = choiceOf('contrastCodings', spec.slice(equals + 1), CONTRAST_CODINGS);
  }
  return found;
}
