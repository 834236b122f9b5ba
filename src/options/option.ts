/** What an option is, and the checks that follow from it. `entries.ts` has all of them. */
import { FitError, nearestName } from '../errors.ts';

export const COMMANDS = [
  'fit',
  'gather',
  'design',
  'compare',
  'calibrate',
  'moments',
  'merge',
  'pseudobulk',
  'simulate',
  'influence',
  'predict',
  'serve',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** One option, in the library under the key of its entry. Messages name it so, in quotation marks; see `words.ts`. */
export interface OptionEntry {
  /** Heading in the help, of this entry and of those below it. */
  readonly group?: string;
  readonly in: readonly CommandName[];
  /** On the command line, without dashes; the key with hyphens where it is left out. */
  readonly flag?: string;
  /** What the library and the command line called it before; these names are taken still, with a note. */
  readonly formerly?: string;
  readonly formerFlag?: string;
  /** A switch of two choices is the first without its flag, the second with it. */
  readonly kind: 'switch' | 'choice' | 'whole' | 'number' | 'text' | 'texts';
  readonly choices?: readonly string[];
  /** What the option is where it is not given. */
  readonly fallback?: string | number;
  /** Of numbers: the smallest and the largest that are taken, or the bounds within which they lie. */
  readonly least?: number;
  readonly most?: number;
  readonly above?: number;
  readonly below?: number;
  /** Placeholder of the value in the help. */
  readonly value?: string;
  /** Help of the command line; choices and the default are added. */
  readonly help: string;
  /** In place of the help's default, where no single value says it. */
  readonly without?: string;
  /** The option (and its value) without which this one means nothing. */
  readonly needs?: { readonly option: string; readonly value?: string };
  /** Options with which it cannot stand. */
  readonly excludes?: readonly string[];
  /** What follows the flag may be left out: how a value looks, and what stands for none. */
  readonly optional?: { readonly values: RegExp; readonly fallback: string };
  /** Whether it shapes moments, and so cannot be changed once they are stored. */
  readonly shapes?: true;
  /** The label of its box on the page. */
  readonly box?: string;
}

/** The type of an option's checked value. */
export type ValueOf<E extends OptionEntry> = E extends { kind: 'switch'; choices: readonly (infer C)[] }
  ? C
  : E extends { kind: 'switch' }
    ? boolean
    : E extends { kind: 'choice'; choices: readonly (infer C)[] }
      ? C
      : E extends { kind: 'whole' | 'number' }
        ? number
        : E extends { kind: 'texts' }
          ? readonly string[]
          : string;

/** `minCells` as `min-cells`. */
export function flagOf(name: string, { flag }: Pick<OptionEntry, 'flag'>): string {
  return flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * One of some choices.
 *
 * @throws OptionError for a value that is none of them
 */
export function choiceOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const synonym = SYNONYMS[String(value).toLowerCase()];
  const near = choices.find((candidate) => candidate === synonym) ?? nearestName(String(value), choices);
  throw new FitError('OptionError', `“${name}: ${value}”: there is no such choice`, {
    option: name,
    remedy: `Use ${choices.join(', ')}${near === undefined ? '' : `; did you mean '${near}'?`}`,
  });
}

/**
 * A number within an option's bounds.
 *
 * @throws OptionError for one outside
 */
export function numberOf(name: string, value: number | string, entry: OptionEntry): number {
  const { kind, least = -Infinity, most = Infinity, above = -Infinity, below = Infinity } = entry;
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  const whole = kind !== 'whole' || Number.isSafeInteger(number);
  if (whole && number >= least && number <= most && number > above && number < below) return number;
  throw new FitError('OptionError', `“${name}: ${value}”: ${neededNumber(entry)} is needed`, { option: name });
}

function neededNumber({ kind, least, most, above, below }: OptionEntry): string {
  const noun = kind === 'whole' ? 'a whole number' : 'a number';
  if (above !== undefined && below !== undefined) return `${noun} between ${above} and ${below}`;
  if (least !== undefined && below !== undefined) return `${noun} from ${least} to below ${below}`;
  if (least !== undefined && most !== undefined) return `${noun} from ${least} to ${most}`;
  return least === undefined ? noun : `${noun} of at least ${least}`;
}

/** The path of standard input, on every system. */
export const STANDARD_INPUT = '/dev/stdin';

/** The path that a word of a command line names: `-` is standard input. */
export function inputPath(word: string): string {
  return word === '-' ? STANDARD_INPUT : word;
}

/** What people write for a choice that has another name. */
const SYNONYMS: Readonly<Record<string, string>> = {
  gpu: 'webgpu',
  cuda: 'webgpu',
  double: 'f64',
  float64: 'f64',
  single: 'f32',
  float32: 'f32',
  kr: 'kenward-roger',
  kenward: 'kenward-roger',
  bw: 'between-within',
  'inner-outer': 'between-within',
  z: 'asymptotic',
  none: 'asymptotic',
  normal: 'gaussian',
  bernoulli: 'binomial',
  binary: 'binomial',
  logistic: 'binomial',
  nb: 'nbinom2',
  nb2: 'nbinom2',
  negbin: 'nbinom2',
  nbinom: 'nbinom2',
  negative_binomial: 'nbinom2',
  'negative binomial': 'nbinom2',
  'negative.binomial': 'nbinom2',
  quasipoisson: 'nbinom1',
  nb1: 'nbinom1',
  gamma: 'Gamma',
  ordinal: 'cumulative',
  ordered: 'cumulative',
};
