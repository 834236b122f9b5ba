import { h5adFile } from '../data/matrix/write-h5ad.node.ts';
import { type Replacement, replaceFiles } from '../data/replace-file.node.ts';
import { FitError } from '../errors.ts';
import { OPTIONS } from '../options/entries.ts';
import { type Pseudobulk, pseudobulk } from '../prepare/pseudobulk.ts';
import { readCells } from '../prepare/read-cells.ts';
import { diskFiles } from '../reading/input-files.node.ts';
import { piecesFile } from '../result/output.node.ts';
import type { OutputTable } from '../result/output-table.ts';
import { parseOutput } from '../result/output-target.ts';
import { delimitedText } from '../result/write-delimited.ts';
import { parquetBytes } from '../result/write-parquet.ts';
import { checkArguments } from './arguments.ts';
import { dataPaths } from './data-paths.ts';
import { noteWriter } from './notes.ts';
import { type FromCommander, readOptions } from './options.ts';
import { keepInputs, requireFolders } from './output-targets.ts';
import { startProgress } from './progress.ts';
import type { TellRun } from './run-facts.ts';
import { outputTable } from './table-columns.ts';

/** `webgpu-lmm pseudobulk DATA --by donor,condition --out PLACE`: returns the exit status. */
export async function pseudobulkCommand(
  data: readonly string[],
  words: FromCommander,
  signal: AbortSignal,
  tell: TellRun,
): Promise<number> {
  const paths = await dataPaths(data);
  const raw = readOptions('pseudobulk', words);
  const by = raw.by?.split(',').map((name) => name.trim()) ?? [];
  const out = raw.outFile?.at(-1);
  if (by.length === 0 || out === undefined) {
    throw new FitError('OptionError', 'pseudobulk needs “by” and “out”', {
      option: by.length === 0 ? 'by' : 'out',
      remedy: 'Write webgpu-lmm pseudobulk DATA --by donor,condition --out FILE.tsv, or FILE.h5ad.',
    });
  }
  const { files, samplesPath, write } = outputOf(out);
  tell({
    outputs: files.map((path) => ({ content: path === samplesPath ? 'samples' : 'counts', path })),
    phase: 'read',
  });
  requireFolders(files);
  keepInputs([...paths, raw.obs], files);
  const { quiet = false } = raw;
  const note = noteWriter(raw);
  const progress = await startProgress(quiet);
  const named = [...by, ...(raw.splitBy === undefined ? [] : [raw.splitBy])];
  try {
    const input = await readCells(paths, checkArguments(raw), named, diskFiles);
    try {
      const formed = await pseudobulk(input, { ...raw, by, obs: undefined }, progress.report, signal);
      progress.stop();
      for (const line of formed.notes) note(line);
      tell({ responses: formed.responses.names.length, notes: formed.notes, phase: 'write' });
      await replaceFiles(write(formed));
      if (!quiet) {
        const { samples, responses } = formed;
        const place = samplesPath === null ? out : `${out}, the samples to ${samplesPath}`;
        process.stderr.write(
          `wrote ${raw.statistic ?? OPTIONS.statistic.fallback}s of ${responses.names.length} responses in ${samples.rows} samples to ${place}\n`,
        );
      }
    } finally {
      await input.close();
    }
  } finally {
    progress.stop();
  }
  return 0;
}

/** The files of an output: an .h5ad file that holds all, or a table of responses by sample with the samples beside it. */
function outputOf(out: string): {
  readonly files: readonly string[];
  readonly samplesPath: string | null;
  readonly write: (formed: Pseudobulk) => Replacement[];
} {
  if (/\.h5ad$/i.test(out)) {
    return { files: [out], samplesPath: null, write: (formed) => [h5adFile(out, asMatrix(formed))] };
  }
  const target = parseOutput(out);
  if (target.path === null || !['tsv', 'csv', 'parquet'].includes(target.container)) {
    throw new FitError('OptionError', `“out: ${out}”: pseudobulk is written to a file of a table or an .h5ad file`, {
      option: 'out',
      remedy: 'Give the file the extension .tsv, .csv (also .gz), .parquet or .h5ad.',
    });
  }
  const samplesPath = out.replace(/(\.[a-z]+(?:\.gz)?)$/i, '.samples$1');
  const fileOf = (path: string, table: OutputTable): Replacement =>
    target.container === 'parquet'
      ? piecesFile(path, parquetBytes([table]))
      : piecesFile(path, delimitedText([table], target.container === 'csv' ? ',' : '\t'), { gzip: target.gzip });
  return {
    files: [out, samplesPath],
    samplesPath,
    write: ({ samples, responses }) => [
      fileOf(out, responseTable(responses)),
      fileOf(samplesPath, outputTable(samples, nameColumn(samples), samples.rowNames)),
    ],
  };
}

/** The column that names the samples, by which `fit` joins them; cells may have a column of that name. */
function nameColumn({ columns }: Pseudobulk['samples']): string {
  return ['sample', 'pseudobulk', 'sample_id'].find((name) => !columns.has(name)) ?? 'row';
}

/** A response a row, a sample a column. */
function responseTable({ names, genes = names, rows, rowNames = [], values }: Pseudobulk['responses']): OutputTable {
  return {
    rows: names.length,
    columns: [
      { name: 'response', kind: 'string', values: names },
      ...(genes.some((gene, g) => gene !== names[g]) ? [{ name: 'gene', kind: 'string', values: genes } as const] : []),
      ...rowNames.map((name, s) => {
        const own = Float64Array.from(names, (_, g) => values[g * rows + s]);
        return { name, kind: 'number', values: own } as const;
      }),
    ],
  };
}

/** The same as a matrix with a sample a row. */
function asMatrix({ samples, responses: { names, genes, rows, rowNames = [], values } }: Pseudobulk) {
  const pointers = new Int32Array(rows + 1);
  const indices: number[] = [];
  const kept: number[] = [];
  for (let s = 0; s < rows; s++) {
    for (let g = 0; g < names.length; g++) {
      const value = values[g * rows + s];
      if (value === 0) continue;
      indices.push(g);
      kept.push(value);
    }
    pointers[s + 1] = indices.length;
  }
  const whole = kept.every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 31);
  return {
    rows,
    names,
    ...(genes ? { genes } : {}),
    rowNames,
    obs: samples,
    pointers,
    indices: Int32Array.from(indices),
    values: whole ? Int32Array.from(kept) : Float64Array.from(kept),
  };
}
