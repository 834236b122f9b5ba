#!/usr/bin/env node
import { availableParallelism } from 'node:os';
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { FitError, isFitError } from '../errors.ts';
import { writeStream } from '../result/output.node.ts';
import type { RawOptions } from './arguments.ts';
import type { CalibrateOptions } from './calibrate-command.ts';
import type { CompareOptions } from './compare-command.ts';
import type { DesignCommandOptions } from './design-command.ts';
import { fitCommand } from './fit-command.ts';
import { watchInterruption } from './interruption.ts';
import { momentsCommand } from './moments-command.ts';
import { withOptionalValues } from './notes.ts';
import type { PredictCommandOptions } from './predict-command.ts';
import type { SimulateOptions } from './simulate-command.ts';
import { SOFTWARE } from './software.ts';

const interruption = watchInterruption();
const collect = (value: string, before: string[] = []) => [...before, value];

/** An option that may stand once: which of two formulas is meant cannot be guessed. */
const once = (value: string, before?: string): string => {
  if (before === undefined) return value;
  throw new FitError('OptionError', '--formula is given twice', {
    option: 'formula',
    remedy: 'Run the command once for each formula.',
  });
};

/** Help and version, written at the end. */
const printed: string[] = [];

const program = new Command('webgpu-lmm')
  .description('Fit thousands of linear mixed models at once, with lme4-grade numbers.')
  .version(SOFTWARE.version)
  .exitOverride()
  .showSuggestionAfterError(true)
  .configureOutput({ outputError: () => {}, writeOut: (text) => printed.push(text) });

let status = 0;

dataCommand(program.command('fit <data>').description('fit one model per response'))
  .option('--ml', 'maximum likelihood instead of REML')
  .option('--backend <name>', 'auto, cpu or webgpu (auto)')
  .option('--precision <name>', 'auto, f64, df64 or f32 (auto)')
  .option(
    '--ddf <method>',
    'kenward-roger, satterthwaite or asymptotic (auto: kenward-roger for REML, else satterthwaite)',
  )
  .option('--contrast <name=expr>', 'test EXPR, linear in coefficient names; may be repeated', collect)
  .option('--anova [type]', 'F tests of the terms, of type I, II or III (III), in the table anova')
  .option(
    '--emmeans <factors>',
    "marginal means: 'condition', 'a * b', 'a | b'; tables emmeans and pairs (comparisons)",
  )
  .option('--slopes <column>', 'slopes by a covariate in place of means, for --emmeans')
  .option('--at <name=values>', 'covariate values or levels for --emmeans; may be repeated', collect)
  .option('--pairs-adjust <method>', 'tukey, holm, bonferroni, BH or none, over the comparisons of a response (tukey)')
  .option('--moderate [how]', "empirical Bayes as limma and dream do it: plain, or 'robust', 'trend', 'robust,trend'")
  .option('--adjust <method>', 'BH, holm, bonferroni, storey or none (BH)')
  .option('--adjust-across <what>', 'within a split or over all (within)')
  .option('--conf-int [level]', 'confidence intervals in the tidy and ranef tables (0.95)')
  .option('--sorted', 'levels of a ranef table by increasing estimate')
  .option('--conf-method <how>', 'wald, profile, bootstrap (percentiles of the draws) or bca (wald)')
  .option('--conf-parameters <list>', 'all, beta, or terms of the tidy table: intervals of these alone (all)')
  .option(
    '--bootstrap <n>',
    'parametric bootstrap: n draws (100 or more) of every model, p-values and, with --conf-int, intervals; in tidy and JSON',
  )
  .option('--seed <n>', 'seed of the bootstrap (1)')
  .option(
    '--format <content>',
    'tidy, glance, ranef, augment, toptable, variance, anova, emmeans, pairs, status (models without a fit, and why) or json (tidy)',
  )
  .option('--out <[table=]file>', 'write to a .tsv, .csv, .parquet or .json file; may be repeated', collect)
  .option('--omit <parts>', 'ranef,vcov: leave out of JSON (automatic above 5,000 models; none keeps them)')
  .option('--save <file>', 'keep the fit for predict, simulate and influence')
  .option('--threads <n>', `threads at most (${availableParallelism()} here)`)
  .option('--explain', 'print the plan: path, arithmetic, threads')
  .option('--strict', 'exit 3 for any status but ok')
  .action(async (data: string, options: RawOptions) => {
    status = await fitCommand(data, options, interruption.signal);
  });

program
  .command('design <data>')
  .description('what lies within what, what each test would rest on, and the formulas that fit')
  .option('--condition <column>', 'what is compared (guessed)')
  .option('--donor <column>', 'donors, subjects, animals: the independent units (guessed)')
  .option('--covariates <list>', 'columns beside the condition')
  .option('--response <column>', 'left side of the formulas, for a table (guessed)')
  .option('--obs <file>', 'table of cells or samples, joined by its first column')
  .option('--where <expr>', "look at rows: cell_type == 'B cells' & n > 5")
  .option('--layer <name>', 'layer of an .h5ad file, or raw')
  .option('--factor <col[=levels]>', 'treat a column as a factor; may be repeated', collect)
  .option('--ordered <col=levels>', 'ordered factor; may be repeated', collect)
  .option('--format <how>', 'text or json (text)')
  .action(async (data: string, options: DesignCommandOptions) => {
    const { designCommand } = await import('./design-command.ts');
    status = await designCommand(data, options);
  });

dataCommand(
  program.command('compare <data>').description('compare models: criteria, ranks, likelihood-ratio tests'),
  collect,
)
  .option('--ml', 'maximum likelihood also where all models have the same fixed effects')
  .option('--tests <what>', 'ranova: test each random term of one model')
  .option('--cv <k>', 'k-fold cross-validation: held-out log score and RMSE')
  .option('--cv-by <what>', 'rows, or a column whose groups are held out whole (rows)')
  .option('--select <how>', 'lrt or aic: backward selection from one model, for each response')
  .option('--alpha <level>', 'of --select lrt: terms with p above it go (0.05)')
  .option('--select-random', 'let --select leave out random terms too')
  .option('--rank-by <criterion>', 'AIC, AICc or BIC (AIC)')
  .option('--reference <what>', 'of tests of variances: mixture, or plain chisq as in R (mixture)')
  .option('--bootstrap <n>', 'parametric bootstrap of each likelihood ratio, n draws (100 or more)')
  .option('--seed <n>', 'seed of the bootstrap and of the folds (1)')
  .option('--adjust <method>', 'BH, holm, bonferroni or none (BH)')
  .option('--adjust-across <what>', 'within a split or over all (within)')
  .option('--backend <name>', 'auto, cpu or webgpu (auto)')
  .option('--precision <name>', 'auto, f64, df64 or f32 (auto)')
  .option('--format <content>', 'models, tests, summary, ranova, cv, folds, path or json')
  .option('--out <[table=]file>', 'write to a .tsv, .csv, .parquet or .json file; may be repeated', collect)
  .option('--threads <n>', `threads at most (${availableParallelism()} here)`)
  .option('--strict', 'exit 3 for any status but ok')
  .action(async (data: string, options: CompareOptions) => {
    const { compareCommand } = await import('./compare-command.ts');
    status = await compareCommand(data, options, interruption.signal);
  });

dataCommand(
  program
    .command('calibrate <data>')
    .description('type-I error of each test under the null, on the rows and groups of the data'),
)
  .option('--ml', 'maximum likelihood instead of REML')
  .option('--term <name>', 'test a term of the formula or a coefficient; may be repeated (all coefficients)', collect)
  .option('--contrast <name=expr>', 'test EXPR, linear in coefficient names; may be repeated', collect)
  .option(
    '--truth <formula>',
    'with --scheme simulate: the model that null responses are drawn from, or model for the one tested (with a term for samples where it has none)',
  )
  .option('--simulations <n>', 'tests of each hypothesis in all (2000)')
  .option('--seed <n>', 'seed of simulations and permutations (1)')
  .option('--scheme <how>', 'simulate from the fitted null, or permute the column tested (simulate)')
  .option('--permute <column>', 'with --scheme permute: the column, where the terms tested read several')
  .option('--tests <list>', 'z, satterthwaite, kenward-roger, bootstrap, naive (all but bootstrap)')
  .option('--bootstrap <n>', 'draws of the test bootstrap (400)')
  .option('--plot <file>', 'quantile-quantile plot of the p-values, an .svg file')
  .option('--backend <name>', 'auto, cpu or webgpu (auto)')
  .option('--precision <name>', 'auto, f64, df64 or f32 (auto)')
  .option('--format <content>', 'rates, pvalues or json')
  .option('--out <[table=]file>', 'write to a .tsv, .csv, .parquet or .json file; may be repeated', collect)
  .option('--threads <n>', `threads at most (${availableParallelism()} here)`)
  .option('--strict', 'exit 3 for any status but ok')
  .action(async (data: string, options: CalibrateOptions) => {
    const { calibrateCommand } = await import('./calibrate-command.ts');
    status = await calibrateCommand(data, options, interruption.signal);
  });

dataCommand(program.command('moments <data>').description('form sufficient statistics, to fit later or elsewhere'))
  .option('--out <file>', 'file to write', collect)
  .action(async (data: string, options: RawOptions) => {
    status = await momentsCommand(data, options, interruption.signal);
  });

program
  .command('simulate [data]')
  .description('make data with known truth, or responses from a saved fit (--from) for the rows of a table')
  .option('--from <fit>', 'a fit saved with fit --save')
  .option('--nsim <n>', 'with --from: draws of each response (1)')
  .option('--use-random-effects', 'with --from: keep the random effects of known groups; drawn anew otherwise')
  .option('--kind <kind>', 'cells (single-cell counts) or visits (repeated measures) (cells)')
  .option('--genes <n>', 'genes (500)')
  .option('--cells <n>', 'cells (3000)')
  .option('--donors <n>', 'donors (12)')
  .option('--density <share>', 'share of non-zero counts (0.08)')
  .option('--condition <where>', 'within or between donors (within)')
  .option('--sample-sd <sd>', 'natural-log standard deviation between samples of a donor (0.1)')
  .option('--subjects <n>', 'subjects of --kind visits (40)')
  .option('--visits <n>', 'visits a subject (6)')
  .option('--responses <n>', 'responses of --kind visits (1)')
  .option('--missing <share>', 'share of missing visits (0)')
  .option('--seed <n>', 'seed (1)')
  .option('--out <place>', 'folder (10x), FILE.h5ad or FILE.csv')
  .option('--quiet', 'say nothing')
  .action(async (data: string | undefined, options: SimulateOptions) => {
    if (options.from !== undefined) {
      const { simulateFitCommand } = await import('./simulate-fit-command.ts');
      status = await simulateFitCommand(options.from, data, options, interruption.signal);
      return;
    }
    // Loaded when needed: writing .h5ad brings WebAssembly with it.
    const { simulateCommand } = await import('./simulate-command.ts');
    status = await simulateCommand(options);
  });

dataCommand(
  program.command('influence <data>').description('what each level of the grouping factor does to the estimates'),
)
  .option('--ml', 'maximum likelihood instead of REML')
  .option('--group <factor>', 'the grouping factor whose levels are left out (the one of the model)')
  .option('--one-step', 'hold the variance ratios: coefficients and sigma move alone, nothing is fitted again')
  .option('--out <file>', 'write to a .tsv, .csv or .parquet file', collect)
  .option('--threads <n>', `threads at most (${availableParallelism()} here)`)
  .action(async (data: string, options: RawOptions) => {
    const { influenceCommand } = await import('./influence-command.ts');
    status = await influenceCommand(data, options, interruption.signal);
  });

program
  .command('predict <fit> <newdata>')
  .description('predict from a fit saved with fit --save')
  .option('--re-form <which>', 'all: with the random effects of each group; none: the population (all)')
  .option('--allow-new-levels', "groups that the fit did not have get the population's value")
  .option('--se', 'standard errors of the predictions')
  .option('--interval <kind>', 'limits: confidence (of the mean) or prediction (of a new observation)')
  .option('--level <level>', 'level of the limits (0.95)')
  .option('--out <file>', 'write to a .tsv, .csv or .parquet file')
  .option('--quiet', 'no closing line')
  .action(async (fit: string, data: string, options: PredictCommandOptions) => {
    const { predictCommand } = await import('./predict-command.ts');
    status = await predictCommand(fit, data, options, interruption.signal);
  });

program
  .command('devices')
  .description('WebGPU adapters, limits, and what the arithmetic probe finds')
  .action(async () => {
    const { devicesCommand } = await import('./devices-command.ts');
    status = await devicesCommand();
  });

/** Options that `fit`, `moments` and `compare` share; `formula` tells what becomes of a second --formula. */
function dataCommand(command: Command, formula: typeof once | typeof collect = once): Command {
  return command
    .exitOverride()
    .option<string | string[] | undefined>(
      '--formula <formula>',
      "R's formula language: 'y ~ x + (1 | g)'; for a matrix without the left side",
      formula as (value: string, before: string | string[] | undefined) => string | string[], // one of two, each for its own command
    )
    .option('--obs <file>', 'table of cells or samples, joined by its first column')
    .option('--responses <list>', 'names, @FILE or /REGEX/')
    .option('--where <expr>', "keep rows: cell_type == 'B cells' & n > 5")
    .option('--split-by <column>', 'one result set per level')
    .option('--min-cells <n>', 'keep genes seen in at least n cells (0)')
    .option('--min-counts <n>', 'leave out cells or samples with fewer counts over all genes (0)')
    .option('--normalize <how>', 'log1p-cpm, log1p-cp10k or none (none)')
    .option('--totals <column>', 'totals of the cells for --normalize')
    .option('--layer <name>', 'layer of an .h5ad file, or raw')
    .option('--feature-type <name>', 'feature type of 10x data (Gene Expression)')
    .option(
      '--decimal <mark>',
      'mark before decimals in text tables: , or . (found by itself where fields are cut by ;)',
    )
    .option('--na-strings <list>', 'texts that mean missing, besides empty, NA, NaN and nan')
    .option('--transform <how>', 'of the responses of a table: log2, log, log10, log1p or sqrt (none)')
    .option('--zero-is-missing', 'a zero among the responses of a table stands for nothing found')
    .option('--genome <name>', 'genome of a CellRanger file that holds several')
    .option('--prefix <text>', 'what precedes matrix.mtx in a folder with several sets of files')
    .option('--factor <col[=levels]>', 'treat a column as a factor; may be repeated', collect)
    .option('--ordered <col=levels>', 'ordered factor; may be repeated', collect)
    .option('--contrasts <col=coding>', 'treatment, sum, helmert or poly; may be repeated', collect)
    .option('--weights <column|file>', 'prior weights, a table of weights by response and sample, or voom for counts')
    .option('--norm-factors <how>', 'normalisation of library sizes for --weights voom: tmm or none (none)')
    .option('--offset <column>', 'offset')
    .option('--na <how>', 'omit, per-response or fail')
    .option('--memory <mb>', 'at most this much for the sums (refused above) and for chunks on a device (made smaller)')
    .option('--quiet', 'no progress; warnings and notes stay')
    .option('--no-notes', 'no warnings or notes either');
}

/** One message: what, where, remedy. */
function explain(error: FitError): string {
  const { path, line, remedy } = error.fields;
  const place =
    path !== undefined && !error.message.includes(path) ? `${path}${line === undefined ? '' : `:${line}`}: ` : '';
  return `${place}${error.message}${remedy === undefined || error.message.includes(remedy) ? '' : `\n${remedy}`}`;
}

/** Exit status of a failed run: 1 unreadable input, no device, cancelled I/O; 2 misuse. */
function failureStatus(error: unknown): number {
  if (isFitError(error, 'AbortError')) return interruption.status() ?? 130;
  if (isFitError(error, 'DeviceError')) return 1;
  if (isFitError(error)) return error.fields.unreadable ? 1 : 2;
  return 1;
}

function say(text: string): void {
  process.stderr.write(`${pc.red('error:')} ${text}\n`);
}

// A reader of the notes that goes away (2>&1 | head) must not end the run with an error.
process.stderr.on('error', () => undefined);

try {
  await program.parseAsync([...process.argv.slice(0, 2), ...withOptionalValues(process.argv.slice(2))]);
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version are no errors; everything else that commander finds is misuse.
    status = error.exitCode === 0 || error.code === 'commander.help' ? (error.exitCode === 0 ? 0 : 2) : 2;
    if (status !== 0) {
      const text =
        error.code === 'commander.help'
          ? 'a command is needed: fit, design, compare, predict, influence, calibrate, moments, simulate or devices'
          : error.message.replace(/^error: /, '');
      say(`${text}\nSee webgpu-lmm --help, or --help behind a command.`);
    }
  } else {
    status = failureStatus(error);
    if (isFitError(error)) say(explain(error));
    else
      say(
        error instanceof Error
          ? process.env['DEBUG']
            ? (error.stack ?? error.message)
            : error.message
          : String(error),
      );
  }
}
try {
  if (printed.length > 0) await writeStream(process.stdout, printed);
} catch (error) {
  status = 1;
  say(isFitError(error) ? explain(error) : String(error));
}
process.exitCode = status;
