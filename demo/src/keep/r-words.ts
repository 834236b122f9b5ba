/** Pieces of R code, and the settings that it is made of. */

import type { Settings } from '../protocol/settings.ts';

/** What R code is made of: settings with those that a session of an earlier version lacks as they are by default. */
export interface RSettings {
  readonly formula: string;
  readonly family: string;
  readonly link: string;
  readonly trials: string;
  readonly nagq: number;
  readonly reml: boolean;
  readonly residual: string;
  readonly dispersion: string;
  readonly moderate: string;
  readonly transform: string;
  readonly totals: string;
  readonly normFactors: string;
  readonly zeroIsMissing: boolean;
  readonly ordered: readonly string[];
  readonly levels: Readonly<Record<string, readonly string[]>>;
}

const USUAL: Omit<RSettings, 'formula'> = {
  family: 'gaussian',
  link: '',
  trials: '',
  nagq: 1,
  reml: false,
  residual: '',
  dispersion: '',
  moderate: '',
  transform: 'none',
  totals: '',
  normFactors: 'none',
  zeroIsMissing: false,
  ordered: [],
  levels: {},
};

export function rSettings(settings: Settings): Settings & RSettings {
  return { ...USUAL, ...settings };
}

/** A text as R reads it. */
export function rString(value: string): string {
  // R knows no escape of ten thousand and more in four digits with a pair of surrogates, and needs none: its files are UTF-8.
  return JSON.stringify(value);
}

/** A name as R reads it, in backticks where it is no plain one. */
export function rName(name: string): string {
  return /^[A-Za-z.][A-Za-z0-9._]*$/.test(name) ? name : `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** Arguments behind the first ones, without those that are empty. */
export function argumentsOf(list: readonly string[]): string {
  return list
    .filter((part) => part !== '')
    .map((part) => `, ${part}`)
    .join('');
}

export { bareName as bare } from '../model/formula-names.ts';
