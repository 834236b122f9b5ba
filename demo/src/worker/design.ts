/** How the columns of the open data lie within each other, as the library reads a design. */

import { type Column, type DesignQuestion, type DesignReading, readDesign, type Table } from 'webgpu-lmm';
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
    return readDesign(table, { ...question, rowNoun });
  } catch {
    return null;
  }
}
