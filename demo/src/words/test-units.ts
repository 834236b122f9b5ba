/** What the tests of one model rest on. Pure. */

import { rowNounOf, unitWords } from '../model/unit-words.ts';
import type { DataSummary, FitOutcome } from '../protocol/protocol.ts';

/** Words by coefficient; none where they are not known. */
export function unitsOfModel(
  { units, unitsByDesign, table }: Pick<FitOutcome, 'units' | 'unitsByDesign'> & Partial<Pick<FitOutcome, 'table'>>,
  model: number,
  { rowNoun }: Pick<DataSummary, 'rowNoun'>,
): Readonly<Record<string, string>> {
  const own = unitsByDesign?.words?.[unitsByDesign.design?.[model] ?? -1] ?? units ?? {};
  // Names of the user's own: `__proto__` is one.
  const noun = rowNounOf(rowNoun, table?.structured?.residual);
  const worded: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries(own)) worded[name] = unitWords(text, noun);
  return worded;
}
