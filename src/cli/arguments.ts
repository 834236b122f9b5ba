import { existsSync } from 'node:fs';
import { parseRecord } from '../data/table/column-options.ts';
import { tableFormat } from '../data/table/file.node.ts';
import { FitError } from '../errors.ts';
import { CONTRAST_CODINGS, type ContrastCoding } from '../formula/contrasts.ts';
import { ADJUSTMENTS, type Adjustment } from '../infer/adjust.ts';
import type { ModerationOptions } from '../infer/moderation/moderate.ts';
import { DDF_METHODS } from '../infer/small-sample.ts';
import { type Normalisation, parseNormalisation } from '../moments/normalise.ts';
import { choice } from '../options/choice.ts';
import { TRANSFORMS, type Transform } from '../prepare/input.ts';
import type { DdfMethod } from '../types/inference.ts';

/** Options as commander hands them over, before they are checked. */
export interface RawOptions {
  readonly formula?: string;
  readonly ml?: boolean;
  readonly backend?: string;
  readonly precision?: string;
  readonly ddf?: string;
  readonly contrast?: string[];
  readonly anova?: string | boolean;
  readonly emmeans?: string;
  readonly slopes?: string;
  readonly at?: string[];
  readonly pairsAdjust?: string;
  readonly factor?: string[];
  readonly ordered?: string[];
  readonly contrasts?: string[];
  readonly weights?: string;
  readonly normFactors?: string;
  readonly offset?: string;
  readonly na?: string;
  readonly obs?: string;
  readonly normalize?: string;
  readonly totals?: string;
  readonly layer?: string;
  readonly featureType?: string;
  readonly where?: string;
  readonly minCells?: string;
  readonly minCounts?: string;
  readonly decimal?: string;
  readonly naStrings?: string;
  readonly transform?: string;
  readonly zeroIsMissing?: boolean;
  readonly genome?: string;
  readonly prefix?: string;
  readonly splitBy?: string;
  readonly responses?: string;
  readonly adjust?: string;
  readonly adjustAcross?: string;
  readonly moderate?: string | boolean;
  readonly format?: string;
  readonly out?: string[];
  readonly omit?: string;
  readonly confInt?: string | boolean;
  readonly sorted?: boolean;
  readonly group?: string;
  readonly oneStep?: boolean;
  readonly confMethod?: string;
  readonly confParameters?: string;
  readonly save?: string;
  readonly threads?: string;
  readonly seed?: string;
  readonly bootstrap?: string;
  readonly memory?: string;
  readonly explain?: boolean;
  readonly quiet?: boolean;
  /** False with --no-notes. */
  readonly notes?: boolean;
  readonly strict?: boolean;
}

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
  /** Factors of normalisation of `--weights voom`; undefined without it. */
  readonly voom: 'tmm' | 'none' | undefined;
  readonly offset: string | undefined;
  readonly na: (typeof MISSING_VALUES)[number] | undefined;
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
  readonly transform: Transform;
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

const MISSING_VALUES = ['omit', 'per-response', 'fail'] as const;

/** A whole number of at least `least`. */
export function wholeNumber(option: string, value: string | undefined, least: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number;
  throw new FitError('OptionError', `--${option} ${value}: a whole number of at least ${least} is needed`, { option });
}

/** Checks everything that can be checked before any file is opened. */
export function checkArguments(raw: RawOptions): FitArguments {
  const voom = raw.weights === 'voom';
  if (raw.normFactors !== undefined && !voom) {
    throw new FitError('OptionError', '--norm-factors belongs to --weights voom', {
      option: 'norm-factors',
      remedy: 'Add --weights voom, or leave --norm-factors out.',
    });
  }
  const weightsFile = raw.weights !== undefined && tableFormat(raw.weights) !== null && existsSync(raw.weights);
  if (raw.weights !== undefined && !weightsFile && tableFormat(raw.weights) !== null) {
    throw new FitError('DataError', `--weights ${raw.weights}: no such file`, {
      option: 'weights',
      path: raw.weights,
      unreadable: true,
      remedy: 'Check the name; a column is named without an extension.',
    });
  }
  if (raw.totals !== undefined && (raw.normalize ?? 'none') === 'none') {
    throw new FitError('OptionError', '--totals belongs to --normalize, which is not given', {
      option: 'totals',
      remedy: 'Add --normalize log1p-cpm or log1p-cp10k, or leave --totals out.',
    });
  }
  const draws = wholeNumber('bootstrap', raw.bootstrap, 1);
  const seed = wholeNumber('seed', raw.seed, 0) ?? 1;
  return {
    backend: choice('--backend', raw.backend, ['auto', 'cpu', 'webgpu'], 'auto'),
    precision: choice('--precision', raw.precision, ['auto', 'f64', 'df64', 'f32'], 'auto'),
    formula: raw.formula ?? '',
    method: raw.ml ? 'ML' : 'REML',
    ddf: choice('--ddf', raw.ddf, ['auto', ...DDF_METHODS], 'auto'),
    contrasts: namedContrasts(raw.contrast ?? []),
    factor: raw.factor ?? [],
    ordered: raw.ordered ?? [],
    contrastCodings: codings(raw.contrasts ?? []),
    weights: voom ? undefined : raw.weights,
    weightsFile,
    voom: voom ? choice<'tmm' | 'none'>('--norm-factors', raw.normFactors, ['tmm', 'none'], 'none') : undefined,
    offset: raw.offset,
    na: raw.na === undefined ? undefined : choice('--na', raw.na, MISSING_VALUES, 'omit'),
    obs: raw.obs,
    normalisation: parseNormalisation(raw.normalize ?? 'none'),
    totals: raw.totals,
    layer: raw.layer,
    featureType: raw.featureType,
    where: raw.where,
    minCells: wholeNumber('min-cells', raw.minCells, 0) ?? 0,
    minCounts: wholeNumber('min-counts', raw.minCounts, 0) ?? 0,
    decimal: raw.decimal === undefined ? undefined : choice<'.' | ','>('--decimal', raw.decimal, [',', '.'], '.'),
    naStrings: raw.naStrings === undefined ? undefined : parseRecord(raw.naStrings, 'na-strings', raw.naStrings),
    transform: choice('--transform', raw.transform, TRANSFORMS, 'none'),
    zeroIsMissing: raw.zeroIsMissing === true,
    genome: raw.genome,
    prefix: raw.prefix,
    splitBy: raw.splitBy,
    responses: raw.responses,
    adjust: choice('--adjust', raw.adjust, ADJUSTMENTS, 'BH'),
    adjustAcross: choice('--adjust-across', raw.adjustAcross, ['within', 'all'], 'within'),
    threads: wholeNumber('threads', raw.threads, 1),
    memory: wholeNumber('memory', raw.memory, 1),
    bootstrap: draws === undefined ? undefined : { draws, seed },
    moderate: moderation(raw.moderate),
  };
}

/** `--moderate`, `--moderate robust`, `--moderate trend`, `--moderate robust,trend`. */
function moderation(option: string | boolean | undefined): ModerationOptions | undefined {
  if (option === undefined || option === false) return undefined;
  const words = option === true || option === 'plain' ? [] : option.split(',');
  for (const word of words) choice('--moderate', word, ['robust', 'trend', 'plain'], 'robust');
  return { robust: words.includes('robust'), trend: words.includes('trend') };
}

function namedContrasts(specs: readonly string[]): Record<string, string> {
  const contrasts: Record<string, string> = {};
  for (const spec of specs) {
    const equals = spec.indexOf('=');
    const name = spec.slice(0, equals).trim();
    if (equals <= 0 || name === '' || spec.slice(equals + 1).trim() === '') {
      throw new FitError('OptionError', `--contrast ${spec}: it needs a name and an expression`, {
        option: 'contrast',
        remedy: "Write NAME=EXPR, such as 'late=visitV4 - visitV3'.",
      });
    }
    if (Object.hasOwn(contrasts, name)) {
      throw new FitError('OptionError', `--contrast ${name} is given twice`, { option: 'contrast' });
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
      throw new FitError('OptionError', `--contrasts ${spec}: it needs a column and a coding`, {
        option: 'contrasts',
        remedy: `Write COLUMN=${CONTRAST_CODINGS.join('|')}.`,
      });
    }
    found[spec.slice(0, equals)] = choice('--contrasts', spec.slice(equals + 1), CONTRAST_CODINGS, 'treatment');
  }
  return found;
}
