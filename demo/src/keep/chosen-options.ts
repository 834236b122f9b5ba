/** The options of a run in the words of the page, for a report. Pure. */

import { OPTIONS } from 'webgpu-lmm/steps';
import { DEFAULT_SETTINGS, type Settings } from '../protocol/settings.ts';
import { choiceText } from '../words/option-words.ts';
import { boxLabel } from '../words/page-words.ts';

/** What the head of a report has in words: kinds, levels and coding of columns; what a plot compares, and the machine. */
const LEFT_OUT: readonly string[] = ['factors', 'ordered', 'levels', 'codings', 'condition', 'threads'];

/** Label and value of each option that is not as usual, the formula first. */
export function chosenOptions(settings: Settings): readonly (readonly [string, string])[] {
  const usual: Readonly<Record<string, unknown>> = { ...DEFAULT_SETTINGS };
  return Object.entries(settings).flatMap(([key, value]): (readonly [string, string])[] => {
    if (LEFT_OUT.includes(key) || value === usual[key]) return [];
    const text = textOf(key, value);
    if (text === '') return [];
    return [[key in OPTIONS ? boxLabel(key as keyof typeof OPTIONS) : key, text]]; // one of its keys
  });
}

function textOf(key: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return choiceText(key, value);
  if (key !== 'contrasts' || !Array.isArray(value)) return '';
  return value
    .map((one: Settings['contrasts'][number]) =>
      one.name === one.expression ? one.name : `${one.name} = ${one.expression}`,
    )
    .join(', ');
}
