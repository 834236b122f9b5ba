/** Kinds, levels and coding of columns in words. Pure. */

import { modelFactors } from '../model/coded-columns.ts';
import { usedCodings } from '../model/column-options.ts';
import { ownEntry } from '../model/own-entry.ts';
import type { Settings } from '../protocol/settings.ts';

const CODED: Readonly<Record<Settings['codings'][string], string>> = {
  treatment: 'as differences from its reference',
  sum: 'as differences from the mean of all its levels',
  helmert: 'as differences from the mean of the levels before',
  poly: 'as trends over its levels (polynomial)',
};

export interface FactorFact {
  readonly name: 'factor' | 'ordered' | 'coding';
  readonly text: string;
}

/** What was chosen of columns that stand in a model: "arm: placebo (reference), treated". */
export function factorWords(settings: Settings): FactorFact[] {
  const { factors, ordered, levels } = modelFactors(settings);
  const plain = [...new Set([...factors, ...Object.keys(levels)])].filter((name) => !ordered.includes(name));
  const levelText = (name: string, first: string): string | null => {
    const [reference, ...others] = ownEntry(levels, name) ?? [];
    return reference === undefined ? null : [`${reference}${first}`, ...others].join(', ');
  };
  return [
    ...plain.map((name): FactorFact => {
      const listed = levelText(name, ' (reference)');
      return { name: 'factor', text: listed === null ? `${name} by its levels` : `${name}: ${listed}` };
    }),
    ...ordered.map((name): FactorFact => {
      const listed = levelText(name, '');
      return { name: 'ordered', text: `${name} in order${listed === null ? '' : `: ${listed}`}` };
    }),
    ...Object.entries(usedCodings(settings)).map(([name, coding]): FactorFact => {
      return { name: 'coding', text: `${name} ${CODED[coding] ?? `by ${coding}`}` };
    }),
  ];
}
