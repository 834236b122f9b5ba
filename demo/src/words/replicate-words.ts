/**
 * Models that take rows as replicates of what these share, marked wherever models are ranked: a criterion does not see that,
 * and such a model is no choice because it ranks first. Pure.
 */

import type { OutputTable } from 'webgpu-lmm';
import { numberAt, type ShownColumn } from './table-cells.ts';

/** The columns with the mark behind the number of a model. */
export function markedColumns(columns: readonly ShownColumn[], replicates: readonly boolean[]): ShownColumn[] {
  if (!replicates.includes(true)) return [...columns];
  return columns.map((column) =>
    column.name === 'model'
      ? { ...column, wide: 2, words: (text) => (replicates[Number(text) - 1] ? `${text}, rows as replicates` : text) }
      : column,
  );
}

/** What is to be known of such models before their ranks are read; null where there is none. */
export function replicateText(replicates: readonly boolean[], ranked: string): string | null {
  const numbers = replicates.flatMap((own, k) => (own ? [k + 1] : []));
  if (numbers.length === 0) return null;
  const [subject, its, it] =
    numbers.length === 1
      ? [`Model ${numbers[0]} takes`, 'Its', 'it']
      : [`Models ${numbers.join(', ')} take`, 'Their', 'one of them'];
  return `${subject} rows as replicates although these share units. ${its} place by ${ranked} says nothing of the tests: where units differ, p-values are too small, so that a first place does not make ${it} the model to report. The notes below say what is lacking.`;
}

/** For how many responses each model comes first among those that take no rows as replicates; NaN for the others. */
export function firstAmongOthers(models: OutputTable, replicates: readonly boolean[]): Float64Array {
  const firsts = Float64Array.from(replicates, (own) => (own ? Number.NaN : 0));
  const size = replicates.length;
  // By response, then by rank.
  for (let start = 0; start < models.rows; start += size) {
    let best = Number.NaN;
    for (let row = start; row < start + size; row++) {
      const [model, rank] = [numberAt(models, 'model', row) - 1, numberAt(models, 'rank', row)];
      if (replicates[model] || Number.isNaN(rank)) continue;
      if (Number.isNaN(best)) best = rank;
      if (rank === best) firsts[model] += 1;
    }
  }
  return firsts;
}
