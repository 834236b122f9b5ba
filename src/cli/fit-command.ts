import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { diskFiles } from '../data/input-files.node.ts';
import { FitError } from '../errors.ts';
import { fitMoments, type MomentFitOptions } from '../fit/fit-moments.ts';
import { withFittedValues } from '../fit/fitted-values.ts';
import { writeFit } from '../fit/saved-fit.node.ts';
import { withTests } from '../fit/tested-fit.ts';
import { readMoments } from '../moments/file.node.ts';
import { isMomentsFile } from '../moments/serialise.ts';
import { entryOf, OPTIONS, type OptionName } from '../options/entries.ts';
import { type Prepared, prepareMoments } from '../prepare/prepare-moments.ts';
import { readInput } from '../prepare/read-input.ts';
import { checkMarginal } from '../result/marginal-means.ts';
import { writeOutput } from '../result/output.node.ts';
import type { OutputTarget } from '../result/output-target.ts';
import { jsonOmissions, parseOmit } from '../result/write-json.ts';
import type { FitResult } from '../types/fit-result.ts';
import { checkArguments, type FitArguments } from './arguments.ts';
import { checkParameters, confidenceIntervals, intervalsOf, missingLimits } from './confidence.ts';
import { type DerivedTables, derivedOptions, derivedTables } from './derived-tables.ts';
import { noteWriter, requireData } from './notes.ts';
import { type FromCommander, type Given, readOptions } from './options.ts';
import { checkToptables, keepInputs, outputTargets, requireFolders } from './output-targets.ts';
import { type ProgressReport, startProgress } from './progress.ts';
import { allFitted, closingLine, commonReason, exitStatus, explainPlan } from './report.ts';
import { SOFTWARE } from './software.ts';
import { withStored } from './stored.ts';

/** `webgpu-lmm fit DATA --formula F`: returns the exit status. */
export async function fitCommand(path: string, words: FromCommander, signal: AbortSignal): Promise<number> {
  requireData(path);
  const raw = readOptions('fit', words);
  const quiet = raw.quiet === true;
  const note = noteWriter(raw);
  const started = performance.now();
  const stored = await looksLikeMoments(path);
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
  if (raw.save !== undefined) checkSaved(raw.save, path, raw);
  const asked = confidenceIntervals(raw);
  const confLevel = asked?.level;
  const derived = derivedTables(raw, confLevel);
  const format = raw.format ?? derived.format;
  const targets = outputTargets(path, format === undefined ? raw : { ...raw, format });
  const progress = startProgress(quiet);
  try {
    const prepared = stored ? await storedMoments(path, args, raw) : await fromData(path, args, progress, signal);
    progress.stop();
    checkToptables(targets, prepared.moments, Object.keys(args.contrasts));
    if (derived.marginal) checkMarginal(prepared.moments.recipe, derived.marginal);
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
    const fitted = await run(() => fitMoments(prepared.moments, fitOptions));
    progress.stop();
    // The notes before the fit have been said.
    for (const line of fitted.notes) note(line);
    const { dense } = prepared;
    const intervals = asked && (await intervalsOf(fitted, asked, args, progress.report, signal));
    progress.stop();
    if (intervals && args.backend === 'webgpu') note('intervals are found on the CPU, in float64');
    const missing = intervals === undefined ? null : missingLimits(fitted.table, intervals);
    if (missing !== null) note(missing);
    const result = {
      ...(dense ? withFittedValues(fitted, dense.batches, dense.responses, dense.source) : fitted),
      notes: unique([...prepared.notes, ...fitted.notes]),
      intervals,
    };
    if (args.bootstrap && targets.every(({ table }) => table === 'toptable' || table === 'glance')) {
      note('the bootstrap shows in tidy tables and JSON only');
    }
    if (raw.save !== undefined) {
      await writeFit(raw.save, result, {
        software: SOFTWARE,
        data: path,
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
  path: string,
  args: FitArguments,
  progress: ProgressReport,
  signal: AbortSignal,
): Promise<Prepared> {
  const input = await readInput(path, args, diskFiles);
  try {
    return await prepareMoments(input, args, progress.report, signal);
  } finally {
    await input.close();
  }
}

/** Whether a file begins as stored moments do. */
export async function looksLikeMoments(path: string): Promise<boolean> {
  // A pipe can be read once, and moments are no text.
  if (!(statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)) return false;
  const file = await open(path).catch(() => null);
  if (!file) return false;
  try {
    const head = new Uint8Array(64);
    await file.read(head, 0, 64, 0);
    return isMomentsFile(head);
  } catch {
    return false; // a folder
  } finally {
    await file.close();
  }
}

/** Moments that were stored; options that shape moments cannot be changed any more. */
export async function storedMoments(path: string, args: FitArguments, raw: Given): Promise<Prepared> {
  const { moments } = await readMoments(path);
  const squeeze = (formula: string) => formula.replace(/\s+/g, '');
  if (raw.formula !== undefined && squeeze(raw.formula) !== squeeze(moments.formula)) {
    throw new FitError('OptionError', `${path} holds moments of ${moments.formula}, not of ${args.formula}`, {
      option: 'formula',
      path,
      remedy: 'Leave “formula” out, or form the moments of the new formula with webgpu-lmm moments.',
    });
  }
  for (const name of Object.keys(raw) as OptionName[]) {
    if (entryOf(name).shapes !== true) continue;
    throw new FitError('OptionError', `“${name}” cannot be changed for stored moments`, {
      option: name,
      remedy: `Give it to webgpu-lmm moments when the moments are formed.`,
    });
  }
  return { moments, dense: null, notes: moments.notes, plan: [`read from ${path}`], parts: [] };
}

/** The place of --save, checked before anything is read. */
function checkSaved(save: string, path: string, raw: Given): void {
  if (save === '-' || /\.(tsv|csv|json|parquet|gz|h5ad|moments)$/i.test(save)) {
    throw new FitError('OptionError', `“save: ${save}”: a fit is saved to a file of its own kind`, {
      option: 'save',
      remedy: 'Give the file the extension .fit; tables and JSON go to “out”.',
    });
  }
  requireFolders([save]);
  keepInputs([path, raw.obs, raw.weights], [save], 'save');
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
      ...(raw.sorted ? { sorted: true } : {}),
    });
  }
}

function unique(notes: readonly string[]): string[] {
  return [...new Set(notes)];
}
