/** What the tests of one model rest on. Pure. */

import type { FitOutcome } from '../protocol/protocol.ts';

/** Words by coefficient; none where they are not known. */
export function unitsOfModel(
  { units, unitsByDesign }: Pick<FitOutcome, 'units' | 'unitsByDesign'>,
  model: number,
): Readonly<Record<string, string>> {
  return unitsByDesign?.words?.[unitsByDesign.design?.[model] ?? -1] ?? units ?? {};
}
