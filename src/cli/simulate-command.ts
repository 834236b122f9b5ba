import { dirname } from 'node:path';
import { h5adFile } from '../data/matrix/write-h5ad.node.ts';
import { tenxFiles } from '../data/matrix/write-tenx.node.ts';
import { inFolder, type Replacement, replaceFiles } from '../data/replace-file.node.ts';
import { FitError } from '../errors.ts';
import { OPTIONS } from '../options/entries.ts';
import { piecesFile } from '../result/output.node.ts';
import type { OutputTable } from '../result/output-table.ts';
import { delimitedText } from '../result/write-delimited.ts';
import { simulateCells } from '../simulate/cells.ts';
import { simulateVisits } from '../simulate/visits.ts';
import type { Given } from './options.ts';
import { outputTable } from './table-columns.ts';

/** `webgpu-lmm simulate --kind cells|visits ... --out PLACE`: data with known truth; returns the exit status. */
export async function simulateCommand(options: Given): Promise<number> {
  const { kind = OPTIONS.kind.fallback, outFile, seed = OPTIONS.seed.fallback } = options;
  const out = outFile?.at(-1);
  if (out === undefined) {
    throw new FitError('OptionError', 'simulate needs --out', {
      option: 'out',
      remedy: 'Write --out FOLDER (10x), FILE.h5ad, or FILE.csv for --kind visits.',
    });
  }
  let truthPath: string;
  let truth: OutputTable;
  let said: string;
  let folder: string;
  let files: Replacement[];
  if (kind === 'cells') {
    const cells = options.cells ?? OPTIONS.cells.fallback;
    const simulated = simulateCells({
      genes: options.genes ?? OPTIONS.genes.fallback,
      cells,
      donors: options.donors ?? OPTIONS.donors.fallback,
      seed,
      density: options.density ?? OPTIONS.density.fallback,
      sampleSd: options.sampleSd ?? OPTIONS.sampleSd.fallback,
      condition: options.condition ?? OPTIONS.condition.fallback,
    });
    const { names, rowNames, obs } = simulated;
    truth = outputTable(simulated.truth, 'gene', names);
    const matrix = { rows: cells, names, rowNames, obs, blocks: simulated.blocks() };
    if (/\.h5ad$/i.test(out)) {
      folder = dirname(out);
      files = [h5adFile(out, matrix)];
      truthPath = out.replace(/\.h5ad$/i, '.truth.tsv');
    } else {
      if (/\.\w+$/.test(out)) {
        throw new FitError('OptionError', `--out ${out}: cells are written to a folder or an .h5ad file`, {
          option: 'out',
          remedy: 'Give a name without extension, or one that ends in .h5ad.',
        });
      }
      folder = out;
      files = tenxFiles(out, matrix);
      truthPath = `${out}/truth.tsv`;
    }
    said = `${names.length} genes x ${cells} cells`;
  } else {
    const table = /\.(csv|tsv)(\.gz)?$/i.exec(out);
    if (!table) {
      throw new FitError('OptionError', `--out ${out}: visits are written to a .csv or .tsv file (also .gz)`, {
        option: 'out',
        remedy: 'Give the file one of those extensions.',
      });
    }
    const simulated = simulateVisits({
      subjects: options.subjects ?? OPTIONS.subjects.fallback,
      visits: options.visits ?? OPTIONS.visits.fallback,
      responses: options.simulatedResponses ?? OPTIONS.simulatedResponses.fallback,
      missing: options.missing ?? OPTIONS.missing.fallback,
      seed,
    });
    truth = outputTable(simulated.truth, 'response', [...simulated.table.columns.keys()].slice(-simulated.truth.rows));
    folder = dirname(out);
    const separator = table[1].toLowerCase() === 'csv' ? ',' : '\t';
    const text = delimitedText([outputTable(simulated.table)], separator);
    files = [piecesFile(out, text, { gzip: table[2] !== undefined })];
    truthPath = out.replace(/\.(csv|tsv)(\.gz)?$/i, '.truth.tsv');
    said = `${simulated.table.rows} visits`;
  }
  await inFolder(folder, () => replaceFiles([...files, piecesFile(truthPath, delimitedText([truth], '\t'))]));
  if (!options.quiet) process.stderr.write(`wrote ${said} to ${out}, the truth to ${truthPath}\n`);
  return 0;
}
