import type { CellOptions, SimulatedCells } from '../src/simulate/cells.ts';
import type { SimulatedVisits, VisitOptions } from '../src/simulate/visits.ts';

export const visitOptions: VisitOptions;
export const cellOptions: CellOptions;
/** Text of every example file by its name inside examples/, before compression. */
export function makeExamples(simulators: {
  readonly simulateCells: (options: CellOptions) => SimulatedCells;
  readonly simulateVisits: (options: VisitOptions) => SimulatedVisits;
}): Map<string, string>;
