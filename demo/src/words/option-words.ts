/** What the choices of options are called, in their boxes and in reports. Pure. */

import { FAMILY_WORDS, LINK_WORDS } from '../model/families.ts';
import { ownEntry } from '../model/own-entry.ts';
import type { Settings } from '../protocol/settings.ts';
import { count } from './number-text.ts';
import { NORMALISED } from './value-words.ts';

type Words = Readonly<Record<string, string>>;

/** By setting; choices that are not among them speak for themselves. */
export const CHOICE_WORDS = {
  family: FAMILY_WORDS,
  link: LINK_WORDS,
  normalize: NORMALISED,
  method: { REML: 'REML (restricted)', ML: 'ML' },
  ddf: {
    'kenward-roger': 'Kenward-Roger (REML)',
    satterthwaite: 'Satterthwaite, as lmerTest',
    'between-within': 'between-within: counts of levels',
    asymptotic: 'asymptotic (z)',
  },
  adjust: { BH: 'Benjamini-Hochberg', holm: 'Holm', bonferroni: 'Bonferroni', storey: 'Storey (q-values)' },
  adjustAcross: { within: 'each split', all: 'all splits' },
  na: { default: 'as usual', omit: 'omit rows', 'per-response': 'by response', fail: 'refuse' },
  information: {
    default: 'as usual',
    observed: 'observed, as SAS and mmrm',
    expected: 'expected, as pbkrtest',
  },
  offset: { library: 'log of the counts of each row' },
  weights: { voom: 'by the trend of counts (voom)' },
  normFactors: { none: 'as they are', tmm: 'scaled by trimmed means (TMM)' },
  moderate: {
    '': 'no',
    plain: 'empirical Bayes, as limma',
    robust: 'robust to outlying variances',
    trend: 'by the trend with the mean',
    'robust,trend': 'robust, by trend',
  },
  transform: { none: 'they are', log2: 'log2', log: 'log', log10: 'log10', log1p: 'log(1 + x)', sqrt: 'square roots' },
  backend: { auto: 'the faster', cpu: 'float64 workers', webgpu: 'WebGPU' },
} as const satisfies Partial<Record<keyof Settings, Words>>;

/** Numbers with what they count. */
const COUNTED: Readonly<Record<string, (value: number) => string>> = {
  nagq: (nodes) => `${count(nodes)} nodes`,
  bootstrap: (draws) => `${count(draws)} draws`,
};

/** The value of a setting, as its box has it. */
export function choiceText(key: string, value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return ownEntry(COUNTED, key)?.(value) ?? count(value);
  const words: Words | undefined = ownEntry<Words>(CHOICE_WORDS, key);
  return ownEntry(words, value) ?? value;
}
