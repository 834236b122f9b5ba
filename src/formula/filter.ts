import { nearestName } from '../errors.ts';
import type { Table } from '../types/table.ts';
import { constantText } from './comparison.ts';
import { evaluate } from './expression.ts';
import { ExpressionParser } from './pratt.ts';
import { type SourceText, sourceError } from './source.ts';
import { collectNames, type Expression, visit } from './syntax.ts';
import type { Scope } from './value.ts';
import { describe } from './value.ts';

/** A parsed condition on the rows of a table; plain data. */
export interface Filter {
  readonly source: string;
  readonly expression: Expression;
}

function filterSource(text: string): SourceText {
  return { text, noun: 'filter', tag: 'OptionError', option: 'where' };
}

/** Parses a condition such as `cell_type == 'B cells' & n > 5`. Throws OptionError with the column of the mistake. */
export function parseFilter(source: string): Filter {
  const parser = new ExpressionParser(filterSource(source));
  const expression = parser.expression();
  if (parser.at('~')) parser.unexpected('A filter is a condition, not a formula.');
  parser.end();
  return { source, expression };
}

/** Names of the columns that a filter reads. */
export function filterVariables(filter: Filter): string[] {
  const names = new Set<string>();
  collectNames(filter.expression, names);
  return [...names];
}

/** 1 for the rows that pass, over all rows of the table; a condition that is NA in the end counts as false. */
export function applyFilter(filter: Filter, table: Table): Uint8Array {
  const scope: Scope = { table, source: filterSource(filter.source) };
  const value = evaluate(filter.expression, scope);
  if (value.kind === 'logical') {
    if (value.values.length !== table.rows) {
      throw sourceError(
        scope.source,
        1,
        `this filter has ${value.values.length} values for ${table.rows} rows`,
        'Compare one column; functions such as poly() give several.',
      );
    }
    const { values } = value;
    const passes = new Uint8Array(values.length);
    for (let i = 0; i < values.length; i++) passes[i] = values[i] === 1 ? 1 : 0;
    return passes;
  }
  if (value.kind === 'constant' && value.values.length === 1 && typeof value.values[0] === 'boolean') {
    return new Uint8Array(table.rows).fill(value.values[0] ? 1 : 0);
  }
  throw sourceError(
    scope.source,
    1,
    `this filter is ${describe(value)}, neither TRUE nor FALSE`,
    "Compare a column with a value, as in column == 'value'.",
  );
}

/** Remarks on values that no row can have: `no rows have cell_type 'B cell'; levels are ...`. */
export function filterNotes(filter: Filter, table: Table): string[] {
  const notes: string[] = [];
  const scope: Scope = { table, source: filterSource(filter.source) };
  visit(filter.expression, (part) => {
    if (part.type !== 'binary' || !['==', '!=', '%in%'].includes(part.operator)) return;
    for (const [columnSide, valueSide] of [
      [part.left, part.right],
      [part.right, part.left],
    ]) {
      const name = bare(columnSide);
      const column = name === undefined ? undefined : table.columns.get(name);
      const names = new Set<string>();
      collectNames(valueSide, names);
      if (name === undefined || names.size > 0) continue;
      const value = evaluate(valueSide, scope);
      if (value.kind !== 'constant') continue;
      for (const constant of value.values) {
        if (typeof constant === 'number' && Number.isNaN(constant)) {
          if (part.operator !== '%in%') notes.push(`a comparison with NA holds for no row; use is.na(${name})`);
          continue;
        }
        if (column?.kind !== 'factor' || column.levels.includes(constantText(constant))) continue;
        notes.push(
          `no rows have ${name} '${constantText(constant)}'; ${levelHint(constantText(constant), column.levels)}`,
        );
      }
    }
  });
  return notes;
}

function bare(expression: Expression): string | undefined {
  if (expression.type === 'parenthesis') return bare(expression.inner);
  return expression.type === 'name' ? expression.name : undefined;
}

/** Most levels that a note lists. */
const LISTED = 12;

function levelHint(value: string, levels: readonly string[]): string {
  const near = nearestName(value, levels);
  const shown = levels.slice(0, LISTED).join(', ');
  const list = levels.length > LISTED ? `${shown} and ${levels.length - LISTED} more` : shown;
  return `${near === undefined ? '' : `did you mean '${near}'? `}levels are ${list}`;
}
