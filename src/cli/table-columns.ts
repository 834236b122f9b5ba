import { columnTexts } from '../data/table/table-rows.ts';
import type { OutputColumn, OutputTable } from '../result/output-table.ts';
import type { Table } from '../types/table.ts';

/** A table as output columns, with the names of its rows first. */
export function outputTable(table: Table, nameColumn?: string, names?: readonly string[]): OutputTable {
  const columns: OutputColumn[] = [];
  if (nameColumn !== undefined && names) columns.push({ kind: 'string', name: nameColumn, values: names });
  for (const [name, column] of table.columns) {
    if (column.kind === 'numeric') columns.push({ kind: 'number', name, values: column.values });
    else
      columns.push({
        kind: 'string',
        name,
        values: column.kind === 'factor' ? columnTexts(column) : logicals(column.values),
      });
  }
  return { columns, rows: table.rows };
}

function logicals(values: Float64Array): (string | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value === 1 ? 'TRUE' : 'FALSE'));
}
