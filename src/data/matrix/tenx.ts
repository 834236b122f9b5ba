import { FitError } from '../../errors.ts';
import type { MatrixBlock, MatrixSource, PassOptions } from '../../types/responses.ts';
import type { Table } from '../../types/table.ts';
import { Pace } from './cell-blocks.ts';
import { checkBarcodes, type Features, selectFeatures } from './features.ts';
import { type EntryBatch, MatrixMarketParser } from './matrix-market.ts';
import { DEFAULT_MAX_ENTRIES, OrderedRuns, type RunOptions, UnorderedMatrixError, UnorderedRuns } from './runs.ts';

/** The three files of a 10x folder, wherever they are kept. */
export interface TenxFiles {
  /** Name of the folder, for messages. */
  readonly path: string;
  /** Name of the matrix file, for messages. */
  readonly matrixPath: string;
  readonly featuresPath: string;
  readonly barcodesPath: string;
  readonly features: Features;
  readonly barcodes: readonly string[];
  /** True where a row of the matrix is a cell, a column a gene. */
  readonly cellsByGenes?: boolean;
  /** The bytes of the matrix, unpacked; called once for the header and once a pass. */
  readonly matrix: () => AsyncIterable<Uint8Array>;
}

/**
 * A genes x cells MatrixMarket matrix with its features and barcodes as a source of cells x genes. Blocks hold cells
 * (`major: 'row'`), whole as long as the file is ordered by cell; cells without entries are left out of them. Of several
 * feature types `Gene Expression` is read unless `featureType` says otherwise.
 *
 * @throws FitError `DataError` for repeated barcodes, and (`unreadable`) for files that do not fit together.
 */
export async function tenxSource(
  files: TenxFiles,
  options: { readonly featureType?: string } = {},
): Promise<MatrixSource> {
  const { path, barcodes, features, matrixPath } = files;
  checkBarcodes(barcodes, files.barcodesPath, 'make the barcodes unique, for example by a suffix per sample');
  const selection = selectFeatures(features, files.featuresPath, options.featureType);
  const turned = files.cellsByGenes === true;
  const found = await readHeader(files);
  const header = turned ? { ...found, rows: found.columns, columns: found.rows } : found;
  if (header.rows !== features.ids.length || header.columns !== barcodes.length) {
    const transposed = header.rows === barcodes.length && header.columns === features.ids.length;
    throw new FitError(
      'DataError',
      `${matrixPath} is ${header.rows} x ${header.columns}, but there are ${features.ids.length} features and ${barcodes.length} barcodes`,
      {
        path: matrixPath,
        unreadable: true,
        remedy: transposed
          ? 'the matrix is cells x genes: transpose it, a 10x matrix is genes x cells'
          : 'take matrix, features and barcodes from one and the same run; one of them may be cut off',
      },
    );
  }
  // A file of cells x genes is in the order of genes, as these tools write them.
  let ordered = !turned;

  async function* blocks(pass: PassOptions = {}): AsyncIterable<MatrixBlock> {
    const runOptions: RunOptions = {
      path: matrixPath,
      features: header.rows,
      cells: header.columns,
      ...(selection.position && { position: selection.position }),
      maxEntries: Math.max(1, pass.maxEntries ?? DEFAULT_MAX_ENTRIES),
      nameOfFeature: (feature) => features.ids[feature],
      nameOfCell: (cell) => barcodes[cell],
    };
    const runs = ordered ? new OrderedRuns(runOptions) : new UnorderedRuns(runOptions);
    const parser = new MatrixMarketParser(matrixPath);
    const oriented = (batch: EntryBatch): EntryBatch =>
      turned ? { ...batch, rows: batch.columns, columns: batch.rows } : batch;
    const pace = new Pace(pass.signal);
    try {
      for await (const chunk of files.matrix()) {
        await pace.turn();
        for (const block of runs.push(oriented(parser.push(chunk)))) yield block;
      }
      for (const block of runs.push(oriented(parser.end()))) yield block;
      for (const block of runs.end()) yield block;
    } catch (error) {
      if (error instanceof UnorderedMatrixError) ordered = false;
      throw error;
    }
  }

  return {
    kind: 'matrix',
    path,
    rows: barcodes.length,
    names: selection.names,
    ...(selection.genes && { genes: selection.genes }),
    entries: header.entries,
    get ordered() {
      return ordered;
    },
    notes: selection.notes,
    rowNames: async () => barcodes,
    obsColumns: [],
    readObs: async (columns = []) => noObs(path, barcodes, columns),
    blocks,
    close: async () => {},
  };
}

/** The annotation of a source that has none: its barcodes. Asking it for a column is a mistake. */
export function noObs(path: string, barcodes: readonly string[], columns: readonly string[]): Table {
  if (columns.length > 0) {
    throw new FitError('DataError', `${path} has no annotation of its cells, so no column '${columns[0]}'`, {
      path,
      remedy: 'give a table of the cells with “obs”, its first column the barcode',
    });
  }
  return { rows: barcodes.length, columns: new Map(), rowNames: barcodes, path };
}

/** Reads no more of the matrix than its header. */
async function readHeader(files: TenxFiles): Promise<NonNullable<MatrixMarketParser['header']>> {
  const parser = new MatrixMarketParser(files.matrixPath);
  for await (const chunk of files.matrix()) {
    // Small pieces, so that no more than the header is parsed.
    for (let from = 0; from < chunk.length; from += HEADER_PIECE) {
      parser.push(chunk.subarray(from, from + HEADER_PIECE));
      if (parser.header) return parser.header;
    }
  }
  parser.end();
  if (parser.header) return parser.header;
  throw new FitError('DataError', `${files.matrixPath} has no size line`, { path: files.matrixPath, unreadable: true });
}

const HEADER_PIECE = 512;
