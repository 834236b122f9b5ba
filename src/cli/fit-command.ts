import { FitError } from '../errors.ts';
import { planMomentFit } from '../fit/fit-moments.ts';
import { withFittedValues } from '../fit/fitted-values.ts';
import { OPTIONS } from '../options/entries.ts';
import { parseShard } from '../plan/shards.ts';
import { type Prepared, prepareMoments } from '../prepare/prepare-moments.ts';
import { readInput } from '../prepare/read-input.ts';
import { diskFiles } from '../reading/input-files.node.ts';
import type { FitArguments } from './arguments.ts';
import { dataPaths } from './data-paths.ts';
import { writeFits } from './fit-outputs.ts';
import { checkAgainst, fitOptions, fitRequest } from './fit-request.ts';
import { keepFits } from './kept-fits.ts';
import { type FromCommander, readOptions } from './options.ts';
import { type ProgressReport, startProgress } from './progress.ts';
import { allFitted, closingLine, explainPlan } from './report.ts';
import { storedMoments, storedPath, withStored } from './stored.ts';

/** `webgpu-lmm fit DATA --formula F`: returns the exit status. */
export async function fitCommand(data: readonly string[], words: FromCommander, signal: AbortSignal): Promise<number> {
  const paths = await dataPaths(data);
  const [path] = paths;
  const raw = readOptions('fit', words);
  const quiet = raw.quiet === true;
  const stored = (await storedPath(paths)) !== null;
  if (raw.formula === undefined && !stored) {
    throw new FitError('OptionError', 'a fit needs “formula”', {
      option: 'formula',
      remedy: "Write one, such as 'y ~ time + (time | subject)'.",
    });
  }
  const request = fitRequest([...paths, raw.obs, raw.weights], raw);
  const { args, note, started } = request;
  const shard = raw.shard === undefined ? null : parseShard(raw.shard);
  const progress = await startProgress(quiet);
  try {
    const prepared = stored ? await storedMoments(path, args, raw) : await fromData(paths, args, progress, signal);
    progress.stop();
    const { moments, dense } = prepared;
    checkAgainst(request, moments);
    for (const line of prepared.notes) note(line);
    const guard = <T>(work: () => Promise<T>): Promise<T> => (stored ? withStored(path, work) : work());
    const source = {
      data: paths.length === 1 ? path : paths,
      normalisation: args.normalize ?? OPTIONS.normalize.fallback,
    };
    // Which backend is faster is measured, and shards are fitted alike.
    const backend = shard && (args.backend ?? 'auto') === 'auto' ? 'cpu' : args.backend;
    const planned = await guard(() =>
      planMomentFit(moments, {
        ...fitOptions(request),
        backend,
        onProgress: progress.report,
        onPlan: (plan) => {
          for (const warning of plan.warnings ?? []) note(warning);
          if (raw.explain) process.stderr.write(`${explainPlan(plan, prepared.plan)}\n`);
        },
        signal,
      }),
    );
    const kept = await keepFits(moments, planned.decisions, request);
    try {
      if (shard) {
        const { fitShard } = await import('./fit-shard.ts');
        const line = await guard(() => fitShard(shard, prepared, planned, { kept, request, source }));
        progress.stop();
        await kept.remove();
        if (!quiet) note(line);
        return 0;
      }
      const ofMoments = await guard(async () => planned.assemble(await kept.run(planned, null)));
      const fitted = dense ? withFittedValues(ofMoments, dense.batches, dense.responses, dense.source) : ofMoments;
      progress.stop();
      const run = { notes: prepared.notes, source, progress, signal, guard };
      const status = await writeFits(fitted, request, run);
      await kept.remove();
      // What became of the models is no progress: only a run of which nothing is to be said is silent.
      if (!quiet || !allFitted(fitted.table)) note(closingLine(fitted.table, (performance.now() - started) / 1000));
      return status;
    } catch (error) {
      progress.stop();
      await kept.leave();
      throw error;
    }
  } finally {
    progress.stop();
  }
}

async function fromData(
  paths: readonly string[],
  args: FitArguments,
  progress: ProgressReport,
  signal: AbortSignal,
): Promise<Prepared> {
  const input = await readInput(paths, args, diskFiles);
  try {
    return await prepareMoments(input, args, progress.report, signal);
  } finally {
    await input.close();
  }
}
