/** The options of a run in words, for a report. Pure. */

import { OPTIONS } from 'webgpu-lmm/steps';
import { DEFAULT_SETTINGS, type Settings } from '../protocol/settings.ts';
import { boxLabel } from '../words/page-words.ts';

/** Settings that are named otherwise than their options. */
const OPTION_OF: Readonly<Record<string, string>> = { factors: 'factor', codings: 'coding' };

/** Name and value of each option that is not as usual, the formula first. */
export function chosenOptions(settings: Settings): readonly (readonly [string, string])[] {
  const usual: Readonly<Record<string, unknown>> = { ...DEFAULT_SETTINGS };
  return Object.entries(settings).flatMap(([key, value]): (readonly [string, string])[] => {
    const text = textOf(value);
    if (key === 'condition' || key === 'threads' || text === '' || text === textOf(usual[key])) return [];
    const option = OPTION_OF[key] ?? key;
    return [[option in OPTIONS ? boxLabel(option as keyof typeof OPTIONS) : key, text]]; // one of its keys
  });
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) {
    return value
      .map((one: unknown) =>
        typeof one === 'object' && one !== null
          ? [Reflect.get(one, 'name'), Reflect.get(one, 'expression')].join(' = ')
          : String(one),
      )
      .join(', ');
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, one]) => `${name}: ${String(one)}`)
      .join(', ');
  }
  return value === undefined || value === null ? '' : String(value);
}
