/** Differences of marginal means that the box of contrasts offers. */

import { isFitError } from 'webgpu-lmm';
import { parseFormula } from 'webgpu-lmm/steps';
import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { quoteName } from './builder.ts';
import { levelsInModel } from './column-options.ts';

/** Comparisons that are offered of one factor. */
const MOST_OF_A_FACTOR = 12;

/** Columns that stand by themselves among the fixed effects; none of a formula that is being written. */
export function fixedColumns(formula: string): string[] {
  try {
    const { variables } = parseFormula(formula).fixed;
    return variables.flatMap(({ expression }) => (expression.type === 'name' ? [expression.name] : []));
  } catch (error) {
    if (!isFitError(error)) throw error;
    return [];
  }
}

/** `factor:B-A` of each later level with the first, for the factors among the fixed effects. */
export function levelComparisons({ columns }: DataSummary, settings: Settings): string[] {
  const used = new Set(fixedColumns(settings.formula));
  return columns.flatMap((column) => {
    const { name, kind } = column;
    const levels = kind === 'logical' ? [] : levelsInModel(column, settings);
    if (!used.has(name) || levels.length < 2) return [];
    const [first, ...others] = levels.slice(0, MOST_OF_A_FACTOR + 1);
    return others.map((label) => `${quoteName(name)}:${label}-${first}`);
  });
}
