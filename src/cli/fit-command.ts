import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { diskFiles } from '../data/input-files.node.ts';
import { FitError } from '../errors.ts';
import { fitMoments } from '../fit-moments.ts';
import { withFittedValues } from '../fitted-values.ts';
import { readMoments } from '../moments/file.node.ts';
import { isMomentsFile } from '../moments/serialise.ts';
import { type Prepared, prepareMoments } from '../prepare-moments.ts';
import { readInput } from '../read-input.ts';
import { writeOutput } from '../result/output.node.ts';
import type { OutputTarget } from '../result/output-target.ts';
import { jsonOmissions, parseOmit } from '../result/write-json.ts';
import type { FitResult } from '../types.ts';
import { checkArguments, type FitArguments, type RawOptions } from './arguments.ts';
import { checkToptables, outputTargets } from './output-targets.ts';
import { type ProgressReport, startProgress } from './progress.ts';
import { closingLine, commonReason, exitStatus, explainPlan } from './report.ts';
import { SOFTWARE } from './software.ts';

/** `webgpu-lmm fit DATA --formula F`: returns the exit status. */
export async function fitCommand(path: string, raw: RawOptions, signal: AbortSignal): Promise<number> {
  const quiet = raw.quiet === true;
  const note = (text: string) => {
    if (!quiet) process.stderr.write(`${text}\n`);
  };
  const started = performance.now();
  const stored = await looksLikeMoments(path);
  if (raw.formula === undefined && !stored) {
    throw new FitError('OptionError', 'a fit needs --formula', {
      option: 'formula',
      remedy: "Write one, such as --formula 'y ~ time + (time | subject)'.",
    });
  }
  const args = checkArguments(raw);
  const targets = outputTargets(path, raw);
  const confLevel = confidenceLevel(raw.confInt);
  const progress = startProgress(quiet);
  try {
    const prepared = stored ? await storedMoments(path, args, raw) : await fromData(path, args, progress, signal);
    progress.stop();
    checkToptables(targets, prepared.moments, Object.keys(args.contrasts));
    for (const line of unique(prepared.notes)) note(line);
    const fitted = await fitMoments(prepared.moments, {
      backend: args.backend,
      precision: args.precision,
      method: args.method,
      ddf: args.ddf,
      contrasts: args.contrasts,
      adjust: args.adjust,
      adjustAcross: args.adjustAcross,
      threads: args.threads,
      memory: args.memory,
      bootstrap: args.bootstrap && { ...args.bootstrap, ...(confLevel === undefined ? {} : { level: confLevel }) },
      onProgress: progress.report,
      onPlan: raw.explain ? (plan) => process.stderr.write(`${explainPlan(plan, prepared.plan)}\n`) : undefined,
      signal,
    });
    progress.stop();
    // What happened on the way to a device; the notes before it have been said.
    for (const line of unique(fitted.notes)) if (!prepared.notes.includes(line)) note(line);
    const { dense } = prepared;
    const result: FitResult = {
      ...(dense ? withFittedValues(fitted, dense.batches, dense.responses, dense.source) : fitted),
      notes: unique([...prepared.notes, ...fitted.notes]),
    };
    if (args.bootstrap && targets.every(({ table }) => table === 'toptable' || table === 'glance')) {
      note('the bootstrap shows in tidy tables and JSON only');
    }
    await writeTargets(result, targets, raw, confLevel, note, signal);
    const reason = commonReason(result.table);
    if (reason !== null) note(reason);
    note(closingLine(result.table, (performance.now() - started) / 1000));
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

async function looksLikeMoments(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
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

/** Options that shape the moments cannot be changed once they are stored. */
const SHAPING = [
  ['obs', 'obs'],
  ['weights', 'weights'],
  ['offset', 'offset'],
  ['na', 'na'],
  ['normalize', 'normalize'],
  ['totals', 'totals'],
  ['layer', 'layer'],
  ['featureType', 'feature-type'],
  ['where', 'where'],
  ['splitBy', 'split-by'],
  ['minCells', 'min-cells'],
  ['responses', 'responses'],
  ['factor', 'factor'],
  ['ordered', 'ordered'],
  ['contrasts', 'contrasts'],
] as const;

async function storedMoments(path: string, args: FitArguments, raw: RawOptions): Promise<Prepared> {
  const { moments } = await readMoments(path);
  const squeeze = (formula: string) => formula.replace(/\s+/g, '');
  if (raw.formula !== undefined && squeeze(raw.formula) !== squeeze(moments.formula)) {
    throw new FitError('OptionError', `${path} holds moments of ${moments.formula}, not of ${args.formula}`, {
      option: 'formula',
      path,
      remedy: 'Leave --formula out, or form the moments of the new formula with webgpu-lmm moments.',
    });
  }
  for (const [key, option] of SHAPING) {
    if (raw[key] === undefined) continue;
    throw new FitError('OptionError', `--${option} cannot be changed for stored moments`, {
      option,
      remedy: `Give it to webgpu-lmm moments when the moments are formed.`,
    });
  }
  return { moments, dense: null, notes: moments.notes, plan: [`read from ${path}`], parts: [] };
}

async function writeTargets(
  result: FitResult,
  targets: readonly OutputTarget[],
  raw: RawOptions,
  confLevel: number | undefined,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const omit = raw.omit === undefined ? undefined : parseOmit(raw.omit);
  for (const target of targets) {
    if (target.table === 'json') {
      const left = jsonOmissions(result.table.models, omit).note;
      if (left !== null) note(left);
    }
    await writeOutput(result, target, {
      software: SOFTWARE,
      signal,
      ...(omit ? { omit } : {}),
      ...(confLevel === undefined ? {} : { confLevel }),
    });
  }
}

function confidenceLevel(option: string | boolean | undefined): number | undefined {
  if (option === undefined || option === false) return undefined;
  const level = option === true ? 0.95 : Number(option);
  if (level > 0 && level < 1) return level;
  throw new FitError('OptionError', `--conf-int ${option}: a level between 0 and 1 is needed`, {
    option: 'conf-int',
    remedy: 'Write --conf-int 0.95, or --conf-int behind the other arguments for 95 %.',
  });
}

function unique(notes: readonly string[]): string[] {
  return [...new Set(notes)];
}
