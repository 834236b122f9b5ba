/** Differences of marginal means that the box of contrasts offers. */

import { isFitError } from 'webgpu-lmm';
import { parseFormula } from 'webgpu-lmm/steps';
import { quoteName } from './builder.ts';
import type { Settings } from './settings.ts';
import type { DataSummary } from './worker/protocol.ts';

/** Comparisons that are offered of one factor. */
const MOST_OF_A_FACTOR = 12;

/** `factor:B-A` of each later level with the first, for the factors among the fixed effects. */
export function levelComparisons({ columns }: DataSummary, { formula, factors }: Settings): string[] {
  const used = new Set<string>();
  try {
    for (const { expression } of parseFormula(formula).fixed.variables) {
      if (expression.type === 'name') used.add(expression.name);
    }
  } catch (error) {
    // A formula that is being written has none.
    if (!isFitError(error)) throw error;
  }
  return columns.flatMap(({ name, kind, levels }) => {
    const isFactor = kind === 'factor' || factors.includes(name);
    if (!isFactor || !used.has(name) || levels.length < 2) return [];
    const [first, ...others] = levels.slice(0, MOST_OF_A_FACTOR + 1);
    return others.map(({ label }) => `${quoteName(name)}:${label}-${first.label}`);
  });
}
