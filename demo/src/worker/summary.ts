/** What was found in the files, for the page to show. */

import type { Column, MatrixSource } from 'webgpu-lmm';
import type { ColumnSummary, DataSummary } from '../protocol/protocol.ts';
import type { DataSet } from './data-set.ts';
import { frameDesign } from './design.ts';
import { type Frame, summariseColumn } from './frame.ts';

/** Entries looked at to tell counts from other values. */
const LOOKED_AT = 100_000;

export async function summarise(data: DataSet, frame: Frame): Promise<DataSummary> {
  const { files, roles, tables, modalities, isMatrix } = data;
  const columns: ColumnSummary[] = [];
  const read = new Map<string, Column>();
  const isTable = !isMatrix && roles.obs === null;
  for (const name of frame.names) {
    const column = await frame.column(name);
    columns.push(summariseColumn(name, column));
    if (isTable) read.set(name, column);
  }
  const rowNoun = isMatrix ? 'cells' : roles.obs !== null ? 'samples' : 'rows';
  const response = isTable ? (await import('./guess.ts')).guessResponse({ rows: frame.rows, columns: read }) : '';
  const reading = await frameDesign(frame, rowNoun, { response });
  const apart = frame.apart ? [`WARNING: ${frame.apart.message}; ${frame.apart.fields.remedy ?? ''}`] : [];
  const base = { name: roles.data, roles, tables, modalities, columns, reading };
  if (isMatrix) {
    const source = await files.openMatrix(roles.data);
    const unmatched = source.rows - frame.rows;
    const notes = [...(source.notes ?? []), ...apart];
    if (frame.names.length === 0)
      notes.push('There is no annotation of the cells: add a table with a row for each barcode.');
    else if (unmatched > 0 && frame.rows > 0)
      notes.push(`${unmatched.toLocaleString('en')} cells have no row in ${roles.obs} and are left out.`);
    return {
      ...base,
      kind: 'matrix',
      rows: frame.rows,
      responses: source.names.length,
      rowNoun: 'cells',
      layers: source.layers ?? [],
      looksLikeCounts: await looksLikeCounts(source),
      entries: source.entries ?? null,
      notes,
    };
  }
  if (roles.obs !== null) {
    // Columns that the annotation does not name, such as symbols of genes, are no samples.
    const samples = new Set((await files.readObsTable(roles.obs)).rowNames ?? []);
    const bulk = await files.readBulk(roles.data, { samples });
    return {
      ...base,
      kind: 'bulk',
      rows: frame.rows,
      responses: bulk.names.length,
      rowNoun: 'samples',
      layers: [],
      looksLikeCounts:
        bulk.values.every((value) => !(value < 0) && !(value % 1)) && bulk.values.some((value) => value > 10),
      entries: null,
      notes: [...apart, ...bulk.notes],
    };
  }
  return {
    ...base,
    kind: 'table',
    rows: frame.rows,
    responses: 0,
    rowNoun: 'rows',
    layers: [],
    looksLikeCounts: null,
    entries: null,
    notes: [],
  };
}

async function looksLikeCounts(source: MatrixSource): Promise<boolean> {
  let largest = 0;
  try {
    for await (const { values } of source.blocks({ maxEntries: LOOKED_AT })) {
      for (const value of values) {
        if (value < 0 || !Number.isInteger(value)) return false;
        if (value > largest) largest = value;
      }
      break;
    }
  } catch {
    return false; // the fit will say what is wrong
  }
  return largest > 1;
}
