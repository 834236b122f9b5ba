/** What donors by conditions say about a design before anything is fitted. Pure. */

import { counted } from './number-text.ts';
import type { Crosstab } from './worker/protocol.ts';

/** Donors below which their variance is hardly known. */
const FEW_DONORS = 6;
/** Donors of one condition below which nothing can be said of it. */
const FEWEST_PER_CONDITION = 3;
/** Cells of a donor in a condition below which their mean says little. */
const FEW_CELLS = 10;

export interface Warning {
  readonly severity: 'note' | 'warning';
  readonly text: string;
}

/** @param table donors x conditions; `cells` is false where a row is an observation that is expected to be rare */
export function designWarnings(table: Crosstab, donor: string, condition: string, cells: boolean): Warning[] {
  const { rows, columns, counts } = table;
  const width = columns.length;
  const at = (i: number, k: number): number => counts[i * width + k];
  const warnings: Warning[] = [];
  if (rows.length < 2) {
    warnings.push({
      severity: 'warning',
      text: `'${donor}' has one level: there is no variation between donors to compare with.`,
    });
    return warnings;
  }
  if (rows.length < FEW_DONORS) {
    warnings.push({
      severity: 'warning',
      text: `Only ${counted(rows.length, 'levels')} of '${donor}': the variance between them is hardly known, and few degrees of freedom are left.`,
    });
  }
  const perCondition = columns.map((_, k) => rows.filter((_donor, i) => at(i, k) > 0).length);
  perCondition.forEach((donors, k) => {
    if (donors >= FEWEST_PER_CONDITION) return;
    warnings.push({
      severity: 'warning',
      text: `'${columns[k]}' is seen in ${counted(donors, 'levels')} of '${donor}' only: its difference from other conditions cannot be told from a difference between donors.`,
    });
  });
  const conditionsOf = rows.map((_, i) => columns.filter((_c, k) => at(i, k) > 0).length);
  if (width > 1 && conditionsOf.every((number) => number === 1)) {
    warnings.push({
      severity: 'note',
      text: `Each level of '${donor}' has one level of '${condition}': the comparison is between donors, so donors count, not ${cells ? 'cells' : 'rows'}.`,
    });
  } else if (width > 1) {
    const whole = conditionsOf.filter((number) => number === width).length;
    const text =
      whole === rows.length
        ? `Every level of '${donor}' has all of '${condition}': the comparison is within donors.`
        : `${whole} of ${rows.length} levels of '${donor}' have all of '${condition}'.`;
    warnings.push({ severity: 'note', text });
  }
  if (cells) {
    let thin = 0;
    for (const number of counts) if (number > 0 && number < FEW_CELLS) thin += 1;
    if (thin > 0) {
      warnings.push({
        severity: 'warning',
        text: `${counted(thin, 'combinations')} of donor and condition have fewer than ${FEW_CELLS} cells.`,
      });
    }
  }
  return warnings;
}

/** A warning where another column runs along with the condition; null where it does not. `table` is the column x conditions. */
export function confounding(table: Crosstab, column: string, condition: string): Warning | null {
  const { rows, columns, counts } = table;
  const width = columns.length;
  if (rows.length < 2 || width < 2) return null;
  const nested = rows.every((_, i) => columns.filter((_c, k) => counts[i * width + k] > 0).length === 1);
  if (!nested) return null;
  return {
    severity: 'warning',
    text: `Every level of '${column}' has one level of '${condition}' only: the two are confounded, and no model can tell them apart.`,
  };
}
