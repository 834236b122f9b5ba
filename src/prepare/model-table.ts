/** A table with the responses in columns beside the variables of the model. */
import type { InputFiles } from '../data/input-files.ts';
import { applyColumnOptions } from '../data/table/column-options.ts';
import { selectResponses } from '../data/table/response-selection.ts';
import { hasDecimalCommas, isLimit, strayText } from '../data/table/stray-text.ts';
import { tableColumn } from '../data/table/table-rows.ts';
import { FitError } from '../errors.ts';
import { type Formula, formulaVariables } from '../formula/parse.ts';
import { residualColumns } from '../formula/residual.ts';
import { collectNames } from '../formula/syntax.ts';
import type { DenseResponses } from '../types/responses.ts';
import type { FactorColumn, Table } from '../types/table.ts';
import { transformed } from './bulk-table.ts';
import type { InputOptions } from './data-options.ts';
import { leftSideResponses, namedResponses } from './family-responses.ts';
import {
  checkOptionColumns,
  columnOptions,
  columnsOrFirst,
  type Input,
  present,
  responseSpec,
  selectDense,
  textOptions,
} from './input.ts';

export async function readModelTable(
  path: string,
  formula: Formula,
  wanted: Set<string>,
  args: InputOptions,
  files: InputFiles,
): Promise<Input> {
  const names = await files.tableColumns(path);
  let columns: string[] = [];
  if (formula.responses.length === 0) {
    if (args.responses === undefined) {
      throw new FitError('FormulaError', `the formula '${args.formula}' names no response`, {
        source: args.formula,
        position: 1,
        remedy:
          'Write the response before the ~ (cbind(y1, y2) for several), or name columns with “responses”. A table with a response in each row needs the table of its samples, “obs: FILE”.',
      });
    }
    const spec = await responseSpec(args.responses, files);
    columns = Array.from(selectResponses(names, spec), (i) => names[i]);
    for (const name of columns) wanted.add(name);
  } else for (const name of formulaVariables(formula)) wanted.add(name);
  if (args.weightsFile) {
    throw new FitError('OptionError', `“weights: ${args.weights}”: a table of weights needs responses in rows`, {
      option: 'weights',
      remedy: 'Name a column of weights, or give the responses one a row and the model frame with “obs”.',
    });
  }
  checkOptionColumns(names, args, path);
  const read = {
    ...(await files.readTable(path, {
      ...textOptions(args),
      columns: columnsOrFirst(present(wanted, names, args), names),
    })),
    columnNames: names,
  };
  const table = applyColumnOptions(read, columnOptions(args));
  let responses: DenseResponses;
  let leftNotes: readonly string[] = [];
  if (formula.responses.length > 0) {
    if (!takesLevels(args)) refuseTexts(formula, table, path);
    const left = leftSideResponses(formula, table, args);
    responses = left.responses;
    leftNotes = left.notes;
    if (args.responses !== undefined) {
      responses = selectDense(responses, selectResponses(responses.names, await responseSpec(args.responses, files)));
    }
  } else if (takesLevels(args)) {
    const left = namedResponses(columns, table, args);
    responses = left.responses;
    leftNotes = left.notes;
  } else {
    const values = new Float64Array(columns.length * table.rows);
    columns.forEach((name, k) => {
      const column = tableColumn(table, name);
      if (column.kind === 'factor') {
        throw textResponse(name, column, path);
      }
      values.set(column.values, k * table.rows);
    });
    responses = { kind: 'dense', rows: table.rows, names: columns, values };
  }
  responses = transformed(responses, args, path);
  const variables = new Set([...formulaVariables(formula, { rightOnly: true }), ...residualColumns(args)]);
  const notes = [...leftNotes, ...textNotes(read, variables, args)];
  return { formula, table, responses, matrixRows: null, select: null, notes, close: async () => {} };
}

/** Whether levels of a factor can be a response. */
function takesLevels({ family }: InputOptions): boolean {
  return family === 'binomial' || family === 'cumulative';
}

/** @throws DataError for a response that reads a column of text */
function refuseTexts(formula: Formula, table: Table, path: string): void {
  for (const { expression } of formula.responses) {
    const read = new Set<string>();
    collectNames(expression, read);
    for (const name of read) {
      const column = table.columns.get(name);
      if (column?.kind === 'factor') throw textResponse(name, column, path);
    }
  }
}

export function textResponse(name: string, column: FactorColumn, path: string): FitError {
  const stray = strayText(column);
  const what = stray
    ? `'${stray.text}' in line ${stray.line}, which makes it text`
    : `text, such as '${column.levels[0]}'`;
  return new FitError('DataError', `${path}: the response '${name}' holds ${what}`, {
    path,
    ...(stray ? { line: stray.line } : {}),
    remedy: stray
      ? `Responses are numbers; mend the value, add “naStrings: ${stray.text}” where it means missing, or leave the cell empty${isLimit(stray.text) ? ' (a limit means none: write what stands for it, such as half of it)' : ''}.`
      : `Responses are numbers; mend the values, write NA where they are missing, or take ${column.levels.length <= 2 ? 'the “family: binomial” for yes and no' : 'the “family: cumulative” for levels in order'}.`,
  });
}

/** A note on each covariate that is a factor only because of a stray text. */
export function textNotes(table: Table, variables: ReadonlySet<string>, args: InputOptions): string[] {
  const asked = [...(args.factor ?? []), ...(args.ordered ?? [])].map((spec) => spec.split('=')[0]);
  const notes: string[] = [];
  for (const [name, column] of table.columns) {
    if (column.kind !== 'factor' || !variables.has(name) || asked.includes(name)) continue;
    if (column.levels.length === 2 && column.levels.every((level) => level === 'T' || level === 'F')) {
      notes.push(`column '${name}' holds T and F: a factor with the levels F and T; TRUE and FALSE make it logical`);
      continue;
    }
    if (hasDecimalCommas(column)) {
      notes.push(
        `WARNING: column '${name}' is a factor of ${column.levels.length} levels, yet its values look like numbers with decimal commas, such as '${column.levels[0]}'; “decimal: ,” reads them as numbers`,
      );
      continue;
    }
    const stray = strayText(column);
    if (!stray) continue;
    notes.push(
      `WARNING: column '${name}' is a factor of ${column.levels.length} levels because of '${stray.text}' in line ${stray.line}; mend the value if numbers are meant`,
    );
  }
  return notes;
}
