/** Notes that are said many times, or differ in numbers alone, each once with how many there are. Pure. */

import { count } from './number-text.ts';
import { isWarningNote } from './page-words.ts';

export interface CollectedNote {
  readonly text: string;
  readonly isWarning: boolean;
  /** Each of those that stand behind the text, where it does not say them all. */
  readonly all: readonly string[];
}

/** Notes alike from which on they are collected: two are read as fast as their sum. */
const MANY = 3;
const NUMBER = /\d+(?:[.,]\d+)*/g;
/** Numbers behind such a word are names, and can stand in a list. */
const COUNTED = /\b(fold|draw|permutation|visit) $/;

/** Warnings first, else in the order in which their kinds came; `say` puts a note into words. */
export function collectNotes(notes: readonly string[], say: (note: string) => string): CollectedNote[] {
  const kinds = new Map<string, Map<string, number>>();
  for (const note of notes) {
    const key = note.replace(NUMBER, '#');
    const kind = kinds.get(key) ?? new Map<string, number>();
    kind.set(note, (kind.get(note) ?? 0) + 1);
    kinds.set(key, kind);
  }
  const collected = [...kinds.values()].flatMap((kind): CollectedNote[] => {
    const own = [...kind];
    const isWarning = isWarningNote(own[0][0]);
    if (own.length < MANY) {
      return own.map(([note, times]) => ({
        text: times > 1 ? `${say(note)} (${count(times)} times)` : say(note),
        ...{ isWarning, all: [] },
      }));
    }
    const listed = listedNote(own.map(([note]) => note));
    if (listed !== null) return [{ text: say(listed), isWarning, all: [] }];
    const all = own.map(([note]) => say(note));
    return [{ text: `${all[0]} (and ${count(own.length - 1)} more like it)`, isWarning, all }];
  });
  return [...collected.filter((note) => note.isWarning), ...collected.filter((note) => !note.isWarning)];
}

/** Notes that differ in one number, which names something, as one note; null where they do not. */
function listedNote(notes: readonly string[]): string | null {
  const numbers = notes.map((note) => note.match(NUMBER) ?? []);
  const varying = numbers[0].flatMap((first, at) => (numbers.some((own) => own[at] !== first) ? [at] : []));
  if (varying.length !== 1) return null;
  const [at] = varying;
  const match = [...notes[0].matchAll(NUMBER)][at];
  const before = notes[0].slice(0, match.index);
  if (!COUNTED.test(before)) return null;
  const values = numbers.map((own) => own[at]);
  const [last, rest] = [values[values.length - 1], values.slice(0, -1)];
  return `${before.replace(/ $/, 's ')}${rest.join(', ')} and ${last}${notes[0].slice(match.index + match[0].length)}`;
}
