import { FitError } from '../errors.ts';
import { fitMoments } from '../fit/fit-moments.ts';
import { withFittedValues } from '../fit/fitted-values.ts';
import { influence, refuseOneStep } from '../influence/influence.ts';
import { prepareMoments } from '../prepare/prepare-moments.ts';
import { readInput } from '../prepare/read-input.ts';
import { diskFiles } from '../reading/input-files.node.ts';
import { checkArguments } from './arguments.ts';
import { dataPaths } from './data-paths.ts';
import { noteWriter } from './notes.ts';
import { type FromCommander, readOptions } from './options.ts';
import { startProgress } from './progress.ts';
import { tableTarget, writeTable } from './table-output.ts';

/** `webgpu-lmm influence DATA --formula F`: returns the exit status. */
export async function influenceCommand(
  data: readonly string[],
  words: FromCommander,
  signal: AbortSignal,
): Promise<number> {
  const paths = await dataPaths(data);
  const raw = readOptions('influence', words);
  if (raw.formula === undefined) {
    throw new FitError('OptionError', 'influence needs “formula”', {
      option: 'formula',
      remedy: "Write one, such as 'y ~ time + (time | subject)'.",
    });
  }
  if ((raw.outFile?.length ?? 0) > 1) {
    throw new FitError('OptionError', 'influence writes one table, “out” is given twice', { option: 'out' });
  }
  const args = checkArguments(raw);
  if (raw.oneStep && raw.family !== undefined && raw.family !== 'gaussian') refuseOneStep(raw.family);
  const target = tableTarget(raw.outFile?.[0], [...paths, raw.obs, raw.weights]);
  const note = noteWriter(raw);
  const progress = await startProgress(raw.quiet === true);
  try {
    const input = await readInput(paths, args, diskFiles);
    if (input.responses.kind === 'matrix') {
      await input.close();
      throw new FitError('OptionError', 'influence needs the rows in memory, and a matrix is read in blocks', {
        remedy: 'Write a few genes to a table with samples in columns, and give the annotation with “obs”.',
      });
    }
    const { moments, dense, notes } = await prepareMoments(input, args, progress.report, signal);
    progress.stop();
    for (const line of notes) note(line);
    if (!dense) throw new RangeError('dense responses without their rows');
    const fitted = await fitMoments(moments, {
      method: args.method,
      reml: args.reml,
      nagq: args.nagq,
      ddf: 'asymptotic',
      backend: 'cpu',
      threads: args.threads,
      signal,
    });
    const result = withFittedValues(fitted, dense.batches, dense.responses, dense.source);
    const table = await influence(result, {
      group: raw.group,
      refit: raw.oneStep !== true,
      threads: args.threads,
      signal,
    });
    await writeTable([table], target, signal);
  } finally {
    progress.stop();
  }
  return 0;
}
