import { FitError } from '../errors.ts';
import { writeMoments } from '../moments/file.node.ts';
import { OPTIONS } from '../options/entries.ts';
import { prepareMoments } from '../prepare/prepare-moments.ts';
import { readInput } from '../prepare/read-input.ts';
import { diskFiles } from '../reading/input-files.node.ts';
import { checkArguments } from './arguments.ts';
import { noteWriter, requireData } from './notes.ts';
import { type FromCommander, readOptions } from './options.ts';
import { keepInputs, requireFolders } from './output-targets.ts';
import { startProgress } from './progress.ts';
import { SOFTWARE } from './software.ts';

/** `webgpu-lmm moments DATA --formula F --out M.moments`: returns the exit status. */
export async function momentsCommand(path: string, words: FromCommander, signal: AbortSignal): Promise<number> {
  const raw = readOptions('moments', words);
  if (raw.formula === undefined || raw.outFile?.length !== 1) {
    throw new FitError('OptionError', 'moments need “formula” and one “out”', {
      option: raw.formula === undefined ? 'formula' : 'out',
      remedy: "Write webgpu-lmm moments DATA --formula '~ x + (1 | g)' --out FILE.moments.",
    });
  }
  const [out] = raw.outFile;
  if (out === '-' || /\.(tsv|csv|json|parquet|gz)$/i.test(out)) {
    throw new FitError('OptionError', `“out: ${out}”: moments are written to a file of their own kind`, {
      option: 'out',
      remedy: 'Give the file the extension .moments.',
    });
  }
  requireData(path);
  const args = checkArguments(raw);
  requireFolders([out]);
  keepInputs([path, raw.obs, raw.weights], [out]);
  const quiet = raw.quiet === true;
  const note = noteWriter(raw);
  const progress = await startProgress(quiet);
  const started = performance.now();
  try {
    const input = await readInput(path, args, diskFiles);
    try {
      const { moments, notes } = await prepareMoments(input, args, progress.report, signal);
      progress.stop();
      for (const line of notes) note(line);
      await writeMoments(
        out,
        { ...moments, notes: [...new Set(notes)] },
        { software: SOFTWARE, data: path, normalisation: args.normalisation ?? OPTIONS.normalisation.fallback },
      );
      if (!quiet) {
        const seconds = ((performance.now() - started) / 1000).toFixed(2);
        process.stderr.write(
          `wrote the moments of ${moments.names.length} ${moments.names.length === 1 ? 'response' : 'responses'} to ${out} in ${seconds} s\n`,
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
