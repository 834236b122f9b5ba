/** Kinds and levels of columns as the library takes them: `column=level,level`, the first level the reference. Pure. */

import type { ColumnSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { modelFactors } from './coded-columns.ts';
import { formulaNames } from './formula-names.ts';
import { ownEntry } from './own-entry.ts';

/** A value of a CSV record. */
function field(text: string): string {
  return /[",\n\r]|^\s|\s$/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text;
}

function spec(column: string, levels: readonly string[] | undefined): string {
  return levels === undefined || levels.length === 0 ? column : `${column}=${levels.map(field).join(',')}`;
}

/** What `factor` and `ordered` of the library are given. */
export function columnOptions(
  settings: Pick<Settings, 'factors' | 'ordered' | 'levels' | 'formula' | 'residual' | 'dispersion'> &
    Partial<Pick<Settings, 'where' | 'splitBy'>>,
): {
  readonly factor: readonly string[];
  readonly ordered: readonly string[];
} {
  const { factors, ordered, levels } = modelFactors(settings);
  const plain = [...new Set([...factors, ...Object.keys(levels)])].filter((name) => !ordered.includes(name));
  return {
    factor: plain.map((name) => spec(name, ownEntry(levels, name))),
    ordered: ordered.map((name) => spec(name, ownEntry(levels, name))),
  };
}

/** The codings of columns that the formula names: one that was chosen for another formula is none of this. */
export function usedCodings({ codings, formula }: Pick<Settings, 'codings' | 'formula'>): Settings['codings'] {
  const named = formulaNames(formula);
  return Object.fromEntries(Object.entries(codings).filter(([column]) => named.has(column)));
}

/** The levels of a column in the order of the model; empty for numbers that are no factor. */
export function levelsInModel(
  column: Pick<ColumnSummary, 'name' | 'kind' | 'levels'>,
  { factors, ordered, levels }: Pick<Settings, 'factors' | 'ordered' | 'levels'>,
): readonly string[] {
  const { name, kind } = column;
  const own = ownEntry(levels, name);
  if (own !== undefined) return own;
  const isFactor = kind !== 'numeric' || factors.includes(name) || ordered.includes(name);
  return isFactor ? column.levels.map(({ label }) => label) : [];
}

/** The settings with the levels of a column in another order; none where it is that of the data. */
export function withLevels(
  settings: Settings,
  { name, levels }: Pick<ColumnSummary, 'name' | 'levels'>,
  order: readonly string[],
): Partial<Settings> {
  const { [name]: _before, ...others } = settings.levels;
  const same = order.every((level, i) => level === levels[i]?.label);
  return { levels: same ? others : { ...others, [name]: order } };
}
