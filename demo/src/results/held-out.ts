/** What cross-validation can hold out: whole units, or single rows. Pure. */

import { groupingColumns } from '../model/builder.ts';
import { formulaNames } from '../model/formula-names.ts';
import { residualChoice } from '../model/residual-structures.ts';
import type { Results } from './results-view.ts';

/** Levels below which folds of whole levels make no sense. */
const FEWEST = 3;

export interface HeldOut {
  readonly column: string;
  readonly levels: number;
}

/**
 * Columns whose levels can be held out whole. First the units that tests rest on: the subjects of structured residuals, the
 * donors of the design, grouping factors of the formula, the outermost first; then what else has levels.
 */
export function heldOutColumns({ outcome: { table }, settings, summary }: Results): {
  readonly units: readonly HeldOut[];
  readonly others: readonly HeldOut[];
} {
  const grouped = table.groups.map((column, k): HeldOut => {
    let levels = 0;
    for (let m = 0; m < table.models; m++) levels = Math.max(levels, table.groupLevels[m * table.groups.length + k]);
    return { column, levels };
  });
  const known = groupingColumns(summary).flatMap(({ name, distinct }): HeldOut[] =>
    distinct >= FEWEST ? [{ column: name, levels: distinct }] : [],
  );
  const first = [residualChoice(settings.residual)?.subject, summary.reading?.layout.donor];
  const nested = [...grouped].sort((a, b) => a.levels - b.levels).map(({ column }) => column);
  const names = [...new Set([...first, ...nested])];
  const units = names.flatMap((name) => known.filter(({ column }) => column === name && name !== settings.splitBy));
  const response = settings.formula.split('~')[0].trim();
  // Covariates are numbers, and a split has one level of its column in each part.
  const covariates = [...formulaNames(settings.formula)].filter(
    (name) => summary.columns.find((column) => column.name === name)?.kind === 'numeric',
  );
  const none = new Set([response, settings.splitBy, ...covariates, ...units.map(({ column }) => column)]);
  const others = known.filter(({ column }) => !none.has(column));
  return { units, others };
}

/** Folds of so many units: five, or one a unit where they are fewer. */
export function usualFolds(units: number): number {
  return units >= 2 ? Math.min(5, units) : 5;
}
