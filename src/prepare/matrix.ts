/** A cell x gene matrix, its annotation inside it or beside it. */
import type { InputFiles } from '../data/input-files.ts';
import { applyColumnOptions } from '../data/table/column-options.ts';
import { joinObs, rowIdentifiers } from '../data/table/join.ts';
import { selectResponses } from '../data/table/response-selection.ts';
import { FitError } from '../errors.ts';
import type { Formula } from '../formula/parse.ts';
import type { Table } from '../types/table.ts';
import { firstColumn, namedRows } from './bulk-table.ts';
import type { InputOptions } from './data-options.ts';
import {
  checkOptionColumns,
  columnOptions,
  columnsOrFirst,
  type Input,
  noLeftSide,
  present,
  responseSpec,
  textOptions,
} from './input.ts';

export async function readMatrix(
  path: string,
  formula: Formula,
  wanted: Set<string>,
  args: InputOptions,
  files: InputFiles,
): Promise<Input> {
  noLeftSide(formula, 'the genes of the matrix are the responses');
  if (args.weightsFile) {
    throw new FitError(
      'OptionError',
      `“weights: ${args.weights}”: weights by gene and cell need a table of responses`,
      {
        option: 'weights',
        remedy: 'For a matrix name a column of the annotation.',
      },
    );
  }
  const source = await files.openMatrix(path, {
    ...(args.layer === undefined ? {} : { layer: args.layer }),
    ...(args.featureType === undefined ? {} : { featureType: args.featureType }),
    ...(args.genome === undefined ? {} : { genome: args.genome }),
    ...(args.prefix === undefined ? {} : { prefix: args.prefix }),
  });
  try {
    let table: Table;
    let matrixRows: Int32Array;
    let notes: readonly string[] = [];
    if (args.obs !== undefined) {
      const names = await files.tableColumns(args.obs);
      checkOptionColumns(names, args, args.obs);
      const columns = columnsOrFirst(present(wanted, names, args), names);
      const read = await files.readObsTable(args.obs, columns, textOptions(args));
      const byRow = { ...read, columnNames: names };
      const rowNames = await source.rowNames();
      const known = new Set(rowNames);
      const matches = (name: string) => known.has(name);
      const first = rowIdentifiers(byRow).some(matches) ? [] : await firstColumn(args.obs, names, files, args);
      const joined = joinObs(rowNames, namedRows(byRow, first, matches));
      table = joined.table;
      matrixRows = joined.rows;
      notes = joined.notes;
    } else {
      if (source.obsColumns.length === 0) {
        throw new FitError('OptionError', `${path} has no annotation of its cells`, {
          option: 'obs',
          path,
          remedy: 'Give a table with “obs: FILE”: barcodes in the first column, then donor, condition and so on.',
        });
      }
      if ((await source.repeatedRowNames?.()) === true) {
        notes = [`barcodes repeat in ${path}: rows are told apart by their place, which is all that a fit needs`];
      }
      checkOptionColumns(source.obsColumns, args, path);
      table = {
        ...(await source.readObs(present(wanted, source.obsColumns, args), { rowNames: false })),
        path,
        columnNames: source.obsColumns,
      };
      matrixRows = Int32Array.from({ length: source.rows }, (_, i) => i);
    }
    table = applyColumnOptions(table, columnOptions(args));
    const select =
      args.responses === undefined
        ? null
        : selectResponses(source.names, await responseSpec(args.responses, files), source.genes);
    return {
      formula,
      table,
      responses: source,
      matrixRows,
      select,
      notes: [...(source.notes ?? []), ...notes],
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}
