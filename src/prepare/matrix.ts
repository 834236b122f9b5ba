/** A cell x gene matrix, its annotation inside it or beside it. */
import type { InputFiles } from '../data/input-files.ts';
import { applyColumnOptions } from '../data/table/column-options.ts';
import { type JoinedObs, joinObs, joinSamples, rowIdentifiers } from '../data/table/join.ts';
import { selectResponses } from '../data/table/response-selection.ts';
import { FitError } from '../errors.ts';
import type { Formula } from '../formula/parse.ts';
import type { MatrixSource } from '../types/responses.ts';
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
    ...(args.modality === undefined ? {} : { modality: args.modality }),
    ...(args.featureType === undefined ? {} : { featureType: args.featureType }),
    ...(args.genome === undefined ? {} : { genome: args.genome }),
    ...(args.prefix === undefined ? {} : { prefix: args.prefix }),
  });
  try {
    let table: Table;
    let matrixRows: Int32Array;
    let notes: readonly string[] = [];
    const { obs } = args;
    if (obs !== undefined) {
      const names = await files.tableColumns(obs);
      checkOptionColumns(args.sampleColumn === undefined ? names : [...names, args.sampleColumn], args, obs);
      const columns = columnsOrFirst(present(wanted, names, args), names);
      const read = await files.readObsTable(obs, columns, textOptions(args));
      const byRow = { ...read, columnNames: names };
      const firstOf = () => firstColumn(obs, names, files, args);
      const joined = await joinAnnotation(source, byRow, args.sampleColumn, firstOf);
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
    const select = await selectOf(source, args, files);
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

/**
 * The annotation of the rows of a matrix, by barcode; of stacked files by file, where it has their names in place of barcodes.
 *
 * @param firstOf texts of the first column that has a name, read where row names match nothing
 */
export async function joinAnnotation(
  source: MatrixSource,
  obs: Table,
  sampleColumn: string | undefined,
  firstOf: () => Promise<readonly string[]> = async () => [],
): Promise<JoinedObs> {
  const { samples } = source;
  const rowNames = await source.rowNames();
  const barcodes = new Set(rowNames);
  const files = new Set(samples?.names);
  const first = rowIdentifiers(obs).some((name) => barcodes.has(name)) ? [] : await firstOf();
  const byFile = namedRows(obs, first, (name) => files.has(name));
  const byCell = namedRows(obs, first, (name) => barcodes.has(name));
  const ofFiles =
    samples !== undefined &&
    !rowIdentifiers(byCell).some((name) => barcodes.has(name)) &&
    rowIdentifiers(byFile).some((name) => files.has(name));
  const joined = ofFiles ? joinSamples(samples, byFile) : joinObs(rowNames, byCell);
  if (sampleColumn === undefined || !samples) return joined;
  const { withSamples } = await import('../data/table/stack-tables.ts');
  return { ...joined, table: withSamples(joined.table, sampleColumn, samples, joined.rows) };
}

/** Responses that a run takes: those named, of those that the source offers; null for all. */
async function selectOf(
  source: MatrixSource,
  { responses }: InputOptions,
  files: InputFiles,
): Promise<Int32Array | null> {
  const { names, genes, wanted } = source;
  if (responses === undefined) return wanted === undefined || wanted.length === names.length ? null : wanted;
  const named = selectResponses(names, await responseSpec(responses, files), genes);
  if (wanted === undefined) return named;
  const offered = new Set(wanted);
  const select = named.filter((g) => offered.has(g));
  if (select.length > 0) return select;
  throw new FitError('OptionError', `“responses: ${responses}” names no gene that all files have`, {
    option: 'responses',
    remedy: '“matchGenes: union” takes genes that a file lacks as zero there.',
  });
}
