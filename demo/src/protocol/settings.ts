/** What the user chose: a model and how it is fitted. Plain data that can be stored. */

import type { Adjustment, ContrastCoding, DdfMethod, Normalisation } from 'webgpu-lmm';
import { OPTIONS } from 'webgpu-lmm/steps';

export type FamilyName = (typeof OPTIONS.family.choices)[number];
export type LinkName = (typeof OPTIONS.link.choices)[number];

/** As the library takes it: linear in coefficient names, or `factor:B-A`, a difference of marginal means. */
export interface NamedContrast {
  readonly name: string;
  readonly expression: string;
}

export interface Settings {
  readonly formula: string;
  /** Distribution of the response. */
  readonly family: FamilyName;
  /** Empty for the one that goes with the family. */
  readonly link: LinkName | '';
  /** Column of the trials of a binomial response; empty for none. */
  readonly trials: string;
  /** Nodes of adaptive quadrature; 1 is Laplace's approximation. */
  readonly nagq: number;
  /** Restricted Laplace, of families. */
  readonly reml: boolean;
  /** Covariance of the residuals of a subject, `us(visit | subject)`; empty for independent ones. */
  readonly residual: string;
  /** Model of their log standard deviation, `~ 0 + sex`; empty for one for all. */
  readonly dispersion: string;
  readonly information: 'default' | 'expected' | 'observed';
  /** Empirical Bayes; empty for none. */
  readonly moderate: Moderation;
  readonly method: 'REML' | 'ML';
  readonly ddf: DdfMethod | 'auto';
  readonly contrasts: readonly NamedContrast[];
  readonly normalize: Normalisation;
  /** A layer of an `.h5ad` file; empty for X. */
  readonly layer: string;
  /** Filter of rows; empty for all. */
  readonly where: string;
  readonly splitBy: string;
  readonly minCells: number;
  /** Rows with fewer counts over all responses are left out. */
  readonly minCounts: number;
  /** Columns; empty for none. Weights may be `voom`, an offset `library`. */
  readonly weights: string;
  readonly normFactors: 'none' | 'tmm';
  readonly offset: string;
  /** Column of the totals that normalisation divides by; empty for their sums. */
  readonly totals: string;
  /** Of the values of a table. */
  readonly transform: (typeof OPTIONS.transform.choices)[number];
  readonly zeroIsMissing: boolean;
  /** Responses wanted; empty for all. */
  readonly responses: string;
  /** Columns of numbers to be taken as factors. */
  readonly factors: readonly string[];
  /** Columns whose levels have an order. */
  readonly ordered: readonly string[];
  /** Order of the levels of columns where it is not that of the data: the first is the reference. */
  readonly levels: Readonly<Record<string, readonly string[]>>;
  /** Coding of factors that are not to be coded by treatment. */
  readonly codings: Readonly<Record<string, ContrastCoding>>;
  readonly na: 'default' | 'omit' | 'per-response' | 'fail';
  readonly adjust: Adjustment;
  readonly adjustAcross: 'within' | 'all';
  readonly backend: 'auto' | 'webgpu' | 'cpu';
  /** 0 takes the processors there are. */
  readonly threads: number;
  /** Draws of the parametric bootstrap; 0 for none. */
  readonly bootstrap: number;
  /** The column whose levels the gene page compares; empty takes the first factor of the formula. */
  readonly condition: string;
}

/** How residual variances are moderated over the responses. */
export type Moderation = (typeof MODERATIONS)[number];
export const MODERATIONS = ['', 'plain', 'robust', 'trend', 'robust,trend'] as const;

export const DEFAULT_SETTINGS: Settings = {
  formula: '',
  family: 'gaussian',
  link: '',
  trials: '',
  nagq: 1,
  reml: false,
  residual: '',
  dispersion: '',
  information: 'default',
  moderate: '',
  method: 'REML',
  ddf: 'auto',
  contrasts: [],
  normalize: 'none',
  layer: '',
  where: '',
  splitBy: '',
  minCells: 0,
  minCounts: 0,
  weights: '',
  normFactors: 'none',
  offset: '',
  totals: '',
  transform: 'none',
  zeroIsMissing: false,
  responses: '',
  factors: [],
  ordered: [],
  levels: {},
  codings: {},
  na: 'default',
  adjust: 'BH',
  adjustAcross: 'within',
  backend: 'auto',
  threads: 0,
  bootstrap: 0,
  condition: '',
};

/** Settings that were stored, as far as they still have the right kinds; everything else as by default. */
export function restoreSettings(stored: unknown): Settings {
  const settings: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  if (typeof stored !== 'object' || stored === null) return DEFAULT_SETTINGS;
  for (const [key, fallback] of Object.entries(DEFAULT_SETTINGS)) {
    const value: unknown = Reflect.get(stored, key);
    if (typeof value !== typeof fallback || Array.isArray(value) !== Array.isArray(fallback)) continue;
    if (hasRightParts(key, value)) settings[key] = value;
  }
  return settings as unknown as Settings; // every key has the kind of its default
}

/** Choices of the settings that are words of a list; what is missing is left to the library unless told. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    Object.entries(OPTIONS).flatMap(([name, entry]) => {
      // The condition of the page is a column, that of simulations a word.
      return 'choices' in entry && name !== 'condition' ? [[name, entry.choices]] : [];
    }),
  ),
  na: ['default', ...OPTIONS.na.choices],
  link: ['', ...OPTIONS.link.choices],
  information: ['default', ...OPTIONS.information.choices],
  moderate: MODERATIONS,
};
/** Numbers that begin above zero. */
const LEAST: Readonly<Record<string, number>> = { nagq: OPTIONS.nagq.least };

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string');

/** Whether what stands in a stored setting can be one: a file may hold anything. */
function hasRightParts(key: string, value: unknown): boolean {
  if (WORDS[key]) return WORDS[key].includes(String(value));
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= (LEAST[key] ?? 0);
  if (key === 'factors' || key === 'ordered') return isTexts(value);
  if (key === 'levels') return value !== null && Object.values(value as object).every(isTexts);
  if (key === 'contrasts') {
    return (
      Array.isArray(value) && value.every((one) => typeof one?.name === 'string' && typeof one.expression === 'string')
    );
  }
  if (key === 'codings')
    return value !== null && Object.values(value as object).every((coding) => typeof coding === 'string');
  return true;
}
