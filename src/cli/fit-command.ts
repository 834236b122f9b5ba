import { FitError } from '../errors.ts';
import { fitMoments, type MomentFitOptions } from '../fit/fit-moments.ts';
import { withFittedValues } from '../fit/fitted-values.ts';
import { withTests } from '../fit/tested-fit.ts';
import { OPTIONS } from '../options/entries.ts';
import { type Prepared, prepareMoments } from '../prepare/prepare-moments.ts';
import { readInput } from '../prepare/read-input.ts';
import { diskFiles } from '../reading/input-files.node.ts';
import { checkMarginal } from '../result/marginal-means.ts';
import { writeOutput } from '../result/output.node.ts';
import type { OutputTarget } from '../result/output-target.ts';
import { jsonOmissions, parseOmit } from '../result/write-json.ts';
import type { FitResult } from '../types/fit-result.ts';
import { checkArguments, type FitArguments } from './arguments.ts';
import { checkParameters, confidenceIntervals, intervalsOf, missingLimits } from './confidence.ts';
import { dataPaths } from './data-paths.ts';
import { type DerivedTables, derivedOptions, derivedTables } from './derived-tables.ts';
import { noteWriter } from './notes.ts';
import { type FromCommander, type Given, readOptions } from './options.ts';
import { checkToptables, keepInputs, outputTargets, requireFolders } from './output-targets.ts';
import { type ProgressReport, startProgress } from './progress.ts';
import { allFitted, closingLine, commonReason, exitStatus, explainPlan } from './report.ts';
import { SOFTWARE } from './software.ts';
import { storedMoments, storedPath, withStored } from './stored.ts';

/** `webgpu-lmm fit DATA --formula F`: returns the exit status. */
export async function fitCommand(data: readonly string[], words: FromCommander, signal: AbortSignal): Promise<number> {
  const paths = await dataPaths(data);
  const [path] = paths;
  const raw = readOptions('fit', words);
  const quiet = raw.quiet === true;
  const note = noteWriter(raw);
  const started = performance.now();
  const stored = (await storedPath(paths)) !== null;
  if (raw.formula === undefined && !stored) {
    throw new FitError('OptionError', 'a fit needs “formula”', {
      option: 'formula',
      remedy: "Write one, such as 'y ~ time + (time | subject)'.",
    });
  }
  const args = checkArguments(raw);
  const drawsIntervals = raw.confMethod !== undefined && !['wald', 'profile'].includes(raw.confMethod);
  if (raw.seed !== undefined && !args.bootstrap && !drawsIntervals) {
    throw new FitError('OptionError', '“seed” belongs to “bootstrap”, which is not given', {
      option: 'seed',
      remedy: 'Add “bootstrap: 1000”, or leave “seed” out: a fit alone draws no random numbers.',
    });
  }
  if (raw.save !== undefined) checkSaved(raw.save, paths, raw);
  const asked = confidenceIntervals(raw);
  const confLevel = asked?.level;
  const derived = derivedTables(raw, confLevel);
  const format = raw.format ?? derived.format;
  const targets = outputTargets(paths, format === undefined ? raw : { ...raw, format });
  const progress = await startProgress(quiet);
  try {
    const prepared = stored ? await storedMoments(path, args, raw) : await fromData(paths, args, progress, signal);
    progress.stop();
    checkToptables(targets, prepared.moments, Object.keys(args.contrasts));
    const { recipe, batches } = prepared.moments;
    if (derived.marginal) checkMarginal(recipe, derived.marginal, batches[0]?.design.family);
    checkParameters(asked, prepared.moments, Object.keys(args.contrasts));
    for (const line of prepared.notes) note(line);
    const run = <T>(work: () => Promise<T>): Promise<T> => (stored ? withStored(path, work) : work());
    const fitOptions: MomentFitOptions = {
      ...args,
      bootstrap: args.bootstrap && { ...args.bootstrap, ...(confLevel === undefined ? {} : { level: confLevel }) },
      onProgress: progress.report,
      onPlan: (plan) => {
        for (const warning of plan.warnings ?? []) note(warning);
        if (raw.explain) process.stderr.write(`${explainPlan(plan, prepared.plan)}\n`);
      },
      signal,
    };
    const ofMoments = await run(() => fitMoments(prepared.moments, fitOptions));
    const { dense } = prepared;
    const fitted = dense ? withFittedValues(ofMoments, dense.batches, dense.responses, dense.source) : ofMoments;
    progress.stop();
    // The notes before the fit have been said.
    for (const line of fitted.notes) note(line);
    const intervals = asked && (await intervalsOf(fitted, asked, args, progress.report, signal));
    progress.stop();
    if (intervals && args.backend === 'webgpu') note('intervals are found on the CPU, in float64');
    const missing = intervals === undefined ? null : missingLimits(fitted.table, intervals);
    if (missing !== null) note(missing);
    const result = { ...fitted, notes: unique([...prepared.notes, ...fitted.notes]), intervals };
    if (args.bootstrap && targets.every(({ table }) => table === 'toptable' || table === 'glance')) {
      note('the bootstrap shows in tidy tables and JSON only');
    }
    if (raw.save !== undefined) {
      const { writeFit } = await import('../fit/saved-fit.node.ts');
      await writeFit(raw.save, result, {
        software: SOFTWARE,
        data: paths.length === 1 ? path : paths,
        normalisation: args.normalisation ?? OPTIONS.normalisation.fallback,
      });
    }
    const tested = await withTests(
      result,
      {
        anova: targets.some(({ table }) => table === 'anova') ? derived.anovaType : undefined,
        means: derived.marginal,
      },
      { threads: args.threads, signal },
    );
    await run(() => writeTargets(tested, targets, { raw, confLevel, derived, note, signal }));
    const reason = commonReason(result.table);
    if (reason !== null) note(reason);
    // What became of the models is no progress: only a run of which nothing is to be said is silent.
    if (!quiet || !allFitted(result.table)) note(closingLine(result.table, (performance.now() - started) / 1000));
    return exitStatus(result.table, raw.strict === true);
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

/** The place of --save, checked before anything is read. */
function checkSaved(save: string, paths: readonly string[], raw: Given): void {
  if (save === '-' || /\.(tsv|csv|json|parquet|gz|h5ad|moments)$/i.test(save)) {
    throw new FitError('OptionError', `“save: ${save}”: a fit is saved to a file of its own kind`, {
      option: 'save',
      remedy: 'Give the file the extension .fit; tables and JSON go to “out”.',
    });
  }
  requireFolders([save]);
  keepInputs([...paths, raw.obs, raw.weights], [save], 'save');
}

async function writeTargets(
  result: FitResult,
  targets: readonly OutputTarget[],
  run: {
    readonly raw: Given;
    readonly confLevel: number | undefined;
    readonly derived: DerivedTables;
    readonly note: (text: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { raw, confLevel, derived, note, signal } = run;
  const omit = raw.omit === undefined ? undefined : parseOmit(raw.omit);
  const tables = derivedOptions(result, derived, note);
  for (const target of targets) {
    if (target.table === 'json') {
      const left = jsonOmissions(result.table.models, omit).note;
      if (left !== null) note(left);
    }
    await writeOutput(result, target, {
      software: SOFTWARE,
      signal,
      ...tables,
      ...(omit ? { omit } : {}),
      ...(confLevel === undefined ? {} : { confLevel }),
      ...(raw.exponentiate ? { exponentiate: true } : {}),
      ...(raw.sorted ? { sorted: true } : {}),
    });
  }
}

function unique(notes: readonly string[]): string[] {
  return [...new Set(notes)];
}
