import { FitError } from '../errors.ts';
import { planMomentFit } from '../fit/fit-moments.ts';
import { withFittedValues } from '../fit/fitted-values.ts';
import { parseShard } from '../plan/shards.ts';
import { type Fittable, prepareMoments } from '../prepare/prepare-moments.ts';
import { readInput } from '../prepare/read-input.ts';
import { diskFiles } from '../reading/input-files.node.ts';
import type { FitArguments } from './arguments.ts';
import { dataPaths } from './data-paths.ts';
import { writeFits } from './fit-outputs.ts';
import { checkAgainst, fitOptions, fitRequest } from './fit-request.ts';
import { withGeneSets } from './gene-sets.ts';
import { keepFits } from './kept-fits.ts';
import { type FromCommander, readOptions } from './options.ts';
import { type ProgressReport, startProgress } from './progress.ts';
import { allFitted, closingLine, discoveriesOf, explainPlan } from './report.ts';
import { fitFacts, momentFacts, type TellRun } from './run-facts.ts';
import { shapingOf, storedMoments, storedPath, withStored } from './stored.ts';

/** `webgpu-lmm fit DATA --formula F`: returns the exit status. */
export async function fitCommand(
  data: readonly string[],
  words: FromCommander,
  signal: AbortSignal,
  tell: TellRun,
): Promise<number> {
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
  const request = await withGeneSets(fitRequest([...paths, raw.obs, raw.weights], raw));
  const { args, note, started } = request;
  const shard = raw.shard === undefined ? null : parseShard(raw.shard);
  const progress = await startProgress(quiet);
  tell({ phase: 'read' });
  try {
    const { shaping, ...prepared } = stored
      ? await storedMoments(path, args, raw)
      : { ...(await fromData(paths, args, progress, signal)), shaping: shapingOf(raw) };
    progress.stop();
    const { moments, dense } = prepared;
    tell({ ...momentFacts(moments), shaping, notes: prepared.notes, phase: 'fit' });
    checkAgainst(request, moments);
    for (const line of prepared.notes) note(line);
    const guard = <T>(work: () => Promise<T>): Promise<T> => (stored ? withStored(path, work) : work());
    const source = { data: paths.length === 1 ? path : paths, ...shaping };
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
        const line = await guard(() => fitShard(shard, prepared, planned, { kept, request, source, shaping, tell }));
        progress.stop();
        await kept.remove();
        if (!quiet) note(line);
        return 0;
      }
      const ofMoments = await guard(async () => planned.assemble(await kept.run(planned, null)));
      const fitted = dense ? withFittedValues(ofMoments, dense.batches, dense.responses, dense.source) : ofMoments;
      progress.stop();
      tell({ ...fitFacts(fitted.table, planned, moments.formula, shaping), phase: 'write' });
      const run = { notes: prepared.notes, source, progress, signal, guard, tell };
      const status = await writeFits(fitted, request, run);
      await kept.remove();
      const discoveries = quiet ? null : await discoveriesOf(fitted.table);
      if (discoveries !== null) note(discoveries);
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
): Promise<Fittable> {
  const input = await readInput(paths, args, diskFiles);
  try {
    const { moments, dense, notes, plan } = await prepareMoments(input, args, progress.report, signal);
    return { moments, dense, notes, plan };
  } finally {
    await input.close();
  }
}
