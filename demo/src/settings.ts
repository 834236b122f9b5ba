/** What the user chose: a model and how it is fitted. Plain data that can be stored. */

import type { Adjustment, ContrastCoding, DdfMethod, Normalisation } from 'webgpu-lmm';
import { OPTIONS } from 'webgpu-lmm/steps';

/** As the library takes it: linear in coefficient names, or `factor:B-A`, a difference of marginal means. */
export interface NamedContrast {
  readonly name: string;
  readonly expression: string;
}

export interface Settings {
  readonly formula: string;
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
  /** Columns; empty for none. */
  readonly weights: string;
  readonly offset: string;
  /** Responses wanted; empty for all. */
  readonly responses: string;
  /** Columns of numbers to be taken as factors. */
  readonly factors: readonly string[];
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

export const DEFAULT_SETTINGS: Settings = {
  formula: '',
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
  offset: '',
  responses: '',
  factors: [],
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
    Object.entries(OPTIONS).flatMap(([name, entry]) => ('choices' in entry ? [[name, entry.choices]] : [])),
  ),
  na: ['default', ...OPTIONS.na.choices],
};

/** Whether what stands in a stored setting can be one: a file may hold anything. */
function hasRightParts(key: string, value: unknown): boolean {
  if (WORDS[key]) return WORDS[key].includes(String(value));
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
  if (key === 'factors') return Array.isArray(value) && value.every((name) => typeof name === 'string');
  if (key === 'contrasts') {
    return (
      Array.isArray(value) && value.every((one) => typeof one?.name === 'string' && typeof one.expression === 'string')
    );
  }
  if (key === 'codings')
    return value !== null && Object.values(value as object).every((coding) => typeof coding === 'string');
  return true;
}
