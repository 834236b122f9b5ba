import { calibrateData, calibrateMoments } from '../calibrate/calibrate.ts';
import type { Calibration } from '../calibrate/collected-tests.ts';
import { calibrationPlot } from '../calibrate/quantile-plot.ts';
import { LEVELS, rejectionRate } from '../calibrate/rejection-rates.ts';
import { CALIBRATED_TESTS } from '../calibrate/response-tests.ts';
import { FitError } from '../errors.ts';
import { OPTIONS } from '../options/entries.ts';
import { choiceOf } from '../options/option.ts';
import { readInput } from '../prepare/read-input.ts';
import { prepare } from '../prepare/run.ts';
import { diskFiles } from '../reading/input-files.node.ts';
import { writeFileAtomically } from '../result/output.node.ts';
import { checkArguments } from './arguments.ts';
import { comparisonTargets, writeComparison } from './comparison-output.ts';
import { dataPaths } from './data-paths.ts';
import { noteWriter } from './notes.ts';
import { type FromCommander, readOptions } from './options.ts';
import { keepInputs, requireFolders } from './output-targets.ts';
import { startProgress } from './progress.ts';
import { storedMoments, storedPath } from './stored.ts';

/** `webgpu-lmm calibrate DATA --formula F`: type-I error of the tests on the user's own design; returns the exit status. */
export async function calibrateCommand(
  data: readonly string[],
  words: FromCommander,
  signal: AbortSignal,
): Promise<number> {
  const paths = await dataPaths(data);
  const raw = readOptions('calibrate', words);
  const quiet = raw.quiet === true;
  const note = noteWriter(raw);
  const stored = (await storedPath(paths)) !== null;
  if (raw.formula === undefined && !stored) {
    throw new FitError('OptionError', 'a calibration needs --formula', {
      option: 'formula',
      remedy: "Write one, such as --formula 'y ~ time + (time | subject)'.",
    });
  }
  const args = checkArguments(raw);
  const scheme = raw.scheme ?? OPTIONS.scheme.fallback;
  if (raw.truth !== undefined && (scheme === 'permute' || stored || args.weights === 'voom')) {
    throw new FitError(
      'OptionError',
      '--truth needs --scheme simulate and the data themselves, without --weights voom',
      {
        option: 'truth',
        remedy: 'Leave --truth out: null responses are then those of the model tested.',
      },
    );
  }
  const targets = comparisonTargets(raw.out, raw.format, ['rates', 'pvalues']);
  const files = targets.flatMap((target) => (target.path === null ? [] : [target.path]));
  if (raw.plot !== undefined) checkPlot(raw.plot, files);
  const outputs = [...files, ...(raw.plot === undefined ? [] : [raw.plot])];
  requireFolders(outputs);
  keepInputs([...paths, raw.obs, raw.weights], outputs);
  const progress = await startProgress(quiet);
  const options = {
    ...{ method: args.method, reml: args.reml, nagq: args.nagq, backend: args.backend, precision: args.precision },
    ...{ threads: args.threads, memory: args.memory, signal, onProgress: progress.report },
    contrasts: args.contrasts,
    terms: raw.terms,
    simulations: raw.simulations,
    seed: raw.seed,
    draws: raw.draws,
    tests: raw.calibratedTests
      ?.split(',')
      .map((name) => choiceOf('calibratedTests', TEST_NAMES[name.trim()] ?? name.trim(), CALIBRATED_TESTS)),
    scheme,
    permute: raw.permute,
    truth: raw.truth,
    formula: args.formula,
  };
  const started = performance.now();
  try {
    let found: Calibration;
    if (stored) found = await calibrateMoments((await storedMoments(paths[0], args, raw)).moments, options);
    else {
      const input = await readInput(paths, args, diskFiles);
      try {
        found = await calibrateData(await prepare(input, args, progress.report, signal), options);
      } finally {
        await input.close();
      }
    }
    progress.stop();
    for (const line of new Set(found.notes)) note(line);
    const pvalues = targets.some(({ content }) => content === 'pvalues' || content === 'json');
    const tables = { rates: found.rates, ...(pvalues ? { pvalues: found.pValueTable() } : {}) };
    await writeComparison(targets, tables, { command: 'calibrate', scheme, method: args.method }, signal);
    if (raw.plot !== undefined) {
      const title = `${args.formula === '' ? paths[0] : args.formula}`;
      await writeFileAtomically(raw.plot, [calibrationPlot(found, title)], { signal });
    }
    for (const line of rateLines(found)) note(line);
    note(statusLine(found, (performance.now() - started) / 1000));
    return exitStatusOf(found, raw.strict === true);
  } finally {
    progress.stop();
  }
}

/** What people write for a test that has another name. */
const TEST_NAMES: Readonly<Record<string, string>> = {
  kr: 'kenward-roger',
  bw: 'between-within',
  lr: 'lrt',
  asymptotic: 'z',
  wald: 'z',
  ols: 'naive',
  lm: 'naive',
  glm: 'naive',
};

function checkPlot(plot: string, files: readonly string[]): void {
  if (!/\.svg$/i.test(plot)) {
    throw new FitError('OptionError', `--plot ${plot}: plots are SVG files`, {
      option: 'plot',
      remedy: 'Give the file the extension .svg.',
    });
  }
  if (files.includes(plot)) {
    throw new FitError('OptionError', `two outputs go to ${plot}`, {
      option: 'plot',
      remedy: 'Give each its own file.',
    });
  }
}

/** One line a test and hypothesis: the share of p-values up to 0.05. */
function rateLines({ pValues, clusters }: Calibration): string[] {
  return pValues.map((curve) => {
    const [level] = LEVELS;
    const { simulations, rate, low, high } = rejectionRate(curve.pValues, level, clusters);
    if (simulations === 0) return `${curve.term}, ${curve.test}: no test`;
    const percent = (share: number) => (100 * share).toFixed(1);
    const verdict = low > level ? 'too many false positives' : high < level ? 'fewer than nominal' : 'as it should be';
    return `${curve.term}, ${curve.test}: ${percent(rate)} % of p-values up to ${level} (${percent(low)} to ${percent(high)} %), ${verdict}`;
  });
}

function statusLine({ statuses, singular, scheme, clusters }: Calibration, seconds: number): string {
  const counts = Object.entries(statuses);
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  const remarks = [
    ...(singular > 0 ? [`${singular} singular`] : []),
    ...counts.filter(([status]) => status !== 'ok').map(([status, count]) => `${count} ${status.replace('_', ' ')}`),
  ];
  const permutations = new Set(clusters ?? []).size;
  const what =
    scheme === 'simulate'
      ? 'simulated'
      : `permuted (${permutations} ${permutations === 1 ? 'permutation' : 'permutations'})`;
  return `fitted ${statuses.ok ?? 0} of ${all} ${what} responses${remarks.length > 0 ? ` (${remarks.join(', ')})` : ''} in ${seconds.toFixed(2)} s`;
}

/** 3 when fits did not converge or failed (any status but ok with `strict`). */
function exitStatusOf({ statuses }: Calibration, strict: boolean): number {
  const { ok: _, ...others } = statuses;
  const bad = strict
    ? Object.keys(others).length > 0
    : statuses.not_converged !== undefined || statuses.failed !== undefined;
  return bad ? 3 : 0;
}
