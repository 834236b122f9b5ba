/** What there is to say of factors whose order counts in a model, where it is that of the alphabet. */
import { compareCodePoints } from '../data/table/level-order.ts';
import type { ResidualRows, StructureName } from '../types/residual.ts';
import type { ContrastCoding } from './contrasts.ts';
import { type Frame, frameVariable } from './frame.ts';
import type { Formula } from './parse.ts';
import { orderToldBy } from './usual-order.ts';

/** Structures in which it counts which visits are neighbours. */
const BY_ORDER: ReadonlySet<StructureName> = new Set(['ar1', 'ar1h', 'toep', 'toeph', 'ad', 'adh']);
/** Levels that a note names. */
const MOST_SHOWN = 12;

/**
 * A line for each factor of a structure of neighbours, or of polynomial contrasts, whose levels stand in the order of the alphabet
 * while their names tell another one or none.
 */
export function orderNotes(
  { formula, frame, codings }: { formula: Formula; frame: Frame; codings: ReadonlyMap<string, ContrastCoding> },
  residual: ResidualRows | undefined,
): string[] {
  const notes: string[] = [];
  const add = (what: string, name: string, levels: readonly string[]): void => {
    const note = orderNote(what, name, levels);
    if (note !== null && !notes.includes(note)) notes.push(note);
  };
  // Two visits are neighbours either way.
  if (residual?.visit && BY_ORDER.has(residual.structure) && residual.visit.levels.length > 2) {
    add(residual.structure, residual.visit.name, residual.visit.levels);
  }
  for (const { structure, terms } of formula.random) {
    const variable = structure === 'ar1' ? frameVariable(frame, terms.variables[0].label) : null;
    if (variable?.kind === 'factor' && variable.levels.length > 2) {
      add('ar1', terms.variables[0].label, variable.levels);
    }
  }
  for (const { label } of formula.fixed.variables) {
    const variable = frameVariable(frame, label);
    if (variable.kind !== 'factor') continue;
    const coding = codings.get(label) ?? (variable.ordered ? 'poly' : 'treatment');
    if (coding === 'poly') add('polynomial contrasts', label, variable.levels);
  }
  return notes;
}

function orderNote(what: string, name: string, levels: readonly string[]): string | null {
  if (levels.every((level) => !Number.isNaN(Number(level)))) return null;
  // Somebody has chosen any other order.
  if (levels.some((level, k) => k > 0 && compareCodePoints(levels[k - 1], level) > 0)) return null;
  const told = orderToldBy(levels);
  if (told?.every((level, k) => level === levels[k])) return null;
  const usual = told === null ? 'name them in theirs where it is another' : `their names tell ${shown(told)}`;
  return `${what} ${what.endsWith('s') ? 'take' : 'takes'} the levels of '${name}' in the order of the alphabet, ${shown(levels)}: ${usual} (“factor”)`;
}

function shown(levels: readonly string[]): string {
  return levels.length > MOST_SHOWN ? `${levels.slice(0, MOST_SHOWN - 1).join(', ')}, ...` : levels.join(', ');
}
