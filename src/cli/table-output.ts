import { FitError } from '../errors.ts';
import { writeFileAtomically } from '../result/output.node.ts';
import type { OutputTable } from '../result/output-table.ts';
import { type OutputTarget, parseOutput, SUMMARY } from '../result/output-target.ts';
import { writeStream } from '../result/stream.node.ts';
import { delimitedText } from '../result/write-delimited.ts';
import { parquetBytes } from '../result/write-parquet.ts';
import { keepInputs, requireFolders } from './output-targets.ts';

/** Where a command that makes one table writes it, checked before anything is read: TSV to standard output without --out. */
export function tableTarget(out: string | undefined, inputs: readonly (string | undefined)[]): OutputTarget {
  const target = parseOutput(out ?? '-');
  if (target.table === 'json' || target.table === SUMMARY) {
    throw new FitError('OptionError', `--out ${out}: this command writes a table`, {
      option: 'out',
      remedy: 'Give the file the extension .tsv, .csv or .parquet (also .tsv.gz, .csv.gz).',
    });
  }
  if (target.path !== null) {
    requireFolders([target.path]);
    keepInputs(inputs, [target.path]);
  }
  return target;
}

/** Writes a table that comes in runs of rows. */
export async function writeTable(
  runs: Iterable<OutputTable>,
  target: OutputTarget,
  signal: AbortSignal,
): Promise<void> {
  const pieces =
    target.container === 'parquet' ? parquetBytes(runs) : delimitedText(runs, target.container === 'csv' ? ',' : '\t');
  if (target.path === null) await writeStream(process.stdout, pieces);
  else await writeFileAtomically(target.path, pieces, { gzip: target.gzip, signal });
}
