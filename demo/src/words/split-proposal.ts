/** Single cells of several types: one fit for each, in words with how many cells they have. Pure. */

import { isCellType } from 'webgpu-lmm/steps';
import { formulaNames } from '../model/formula-names.ts';
import type { ColumnSummary, DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { count } from './number-text.ts';

export interface SplitProposal {
  readonly column: string;
  readonly words: string;
}

/** Types that are named, the largest first. */
const NAMED = 4;
/** Types up to which one fit for each is what somebody wants. */
const MOST_TYPES = 60;
/** Names of columns of types, those that people gave before those that programs numbered. */
const KINDS = [/cell.?type/i, /annotation/i, /^cell$/i, /cluster/i, /leiden|louvain/i, /ident/i];

/** The column of the types; null for none. */
function typeColumn(columns: readonly ColumnSummary[]): ColumnSummary | null {
  const types = columns.filter(({ name, distinct, levels }) => {
    return isCellType(name) && levels.length > 0 && distinct >= 2 && distinct <= MOST_TYPES;
  });
  for (const kind of KINDS) {
    const found = types.find(({ name }) => kind.test(name));
    if (found) return found;
  }
  return null;
}

/** Null for tables, for cells without a column of types, and where the split or the formula has it already. */
export function splitProposal(
  { kind, columns }: Pick<DataSummary, 'kind' | 'columns'>,
  { splitBy, formula, where }: Pick<Settings, 'splitBy' | 'formula' | 'where'>,
): SplitProposal | null {
  if (kind !== 'matrix' || splitBy !== '' || where !== '') return null;
  const types = typeColumn(columns);
  if (!types || formulaNames(formula).has(types.name)) return null;
  const { name, distinct, levels } = types;
  const ordered = [...levels].sort((a, b) => b.count - a.count);
  const named = ordered.slice(0, NAMED).map(({ label, count: cells }) => `${label} ${count(cells)}`);
  const others = distinct - named.length;
  const least = ordered[ordered.length - 1];
  const rest =
    others === 0
      ? ''
      : levels.length < distinct
        ? ` and ${others} more`
        : ` and ${others} more, the smallest ${least.label} with ${count(least.count)}`;
  return {
    column: name,
    words: `The cells are of ${distinct} types by '${name}': ${named.join(', ')}${rest}. One fit over all of them is of their mixture: what happens in one type alone is thinned out, and a shift in how many there are of each looks like an effect. A fit for each type says in which of them a gene changes.`,
  };
}
