/** How the columns of the open data lie within each other, as the library reads a design. */

import { type Column, type DesignQuestion, type DesignReading, readDesign, type Table } from 'webgpu-lmm';
import { quoteName } from '../model/formula-names.ts';
import type { DataSummary } from '../protocol/protocol.ts';
import type { Frame } from './frame.ts';

/** Columns that are read for it at most. */
const MOST_COLUMNS = 120;

/** Reads a design of the frame; null where no column could name donors. */
export async function frameDesign(
  frame: Frame,
  rowNoun: DataSummary['rowNoun'],
  question: DesignQuestion,
): Promise<DesignReading | null> {
  const columns = new Map<string, Column>();
  for (const name of frame.names.slice(0, MOST_COLUMNS)) columns.set(name, await frame.column(name));
  const table: Table = { rows: frame.rows, columns };
  try {
    const reading = readDesign(table, { ...question, rowNoun });
    if (!reading.layout.coded) return reading;
    // Here columns are made levels beside the formula, which the boxes can read then.
    const name = quoteName(reading.layout.condition);
    const plain = (text: string): string => text.replaceAll(`factor(${name})`, name);
    return { ...reading, formulas: reading.formulas.map((choice) => ({ ...choice, formula: plain(choice.formula) })) };
  } catch {
    return null;
  }
}
