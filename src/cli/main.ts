#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { FitError } from '../errors.ts';
import type { CommandName } from '../options/option.ts';
import { failureStatus, sayFailure, sayMisuse } from './failure.ts';
import { watchInterruption } from './interruption.ts';
import { addOptions, type FromCommander, knownElsewhere, readOptions, withOptionalValues } from './options.ts';
import type { TellRun } from './run-facts.ts';
import { SOFTWARE } from './software.ts';

const interruption = watchInterruption();
/** Help and version, written at the end. */
const printed: string[] = [];

const program = new Command('webgpu-lmm')
  .description('Fit thousands of linear mixed models at once, with lme4-grade numbers.')
  .version(SOFTWARE.version)
  .exitOverride()
  .showSuggestionAfterError(true)
  .configureOutput({ outputError: () => {}, writeOut: (text) => printed.push(text) });

let status = 0;

type Run = (data: readonly string[], words: FromCommander, tell: TellRun) => Promise<number>;

/** A command with its options; what it needs beyond them is loaded when it runs. */
function addCommand(name: CommandName, place: string, description: string, run: Run): void {
  addOptions(program.command(`${name} ${place}`).description(description).exitOverride(), name).action(
    async (data: string | readonly string[] | undefined, words: FromCommander) => {
      status = await runLogged(name, data === undefined ? [] : ([] as string[]).concat(data), words, run);
    },
  );
}

/** Runs a command, and keeps the log of the run that is asked for. */
async function runLogged(name: CommandName, data: readonly string[], words: FromCommander, run: Run): Promise<number> {
  const path = words['logJson'];
  if (typeof path !== 'string') return run(data, words, () => undefined);
  const { RunLog } = await import('./run-log.ts');
  const log = new RunLog(name, path, data);
  try {
    await log.begin(words);
    const ended = await run(data, words, log.tell);
    await log.end(ended);
    return ended;
  } catch (error) {
    // The error that ended the run is the one to be said, whether or not it can be logged.
    await log.fail(failureStatus(error, interruption.status()), error).catch(() => undefined);
    throw error;
  }
}

const { signal } = interruption;
addCommand('fit', '<data...>', 'fit one model per response', async (data, words, tell) => {
  const { fitCommand } = await import('./fit-command.ts');
  return fitCommand(data, words, signal, tell);
});
addCommand(
  'gather',
  '<parts...>',
  'the results of all shards of a fit (fit --shard) together, as if fitted at once',
  async (parts, words, tell) => {
    const { gatherCommand } = await import('./gather-command.ts');
    return gatherCommand(parts, words, signal, tell);
  },
);
addCommand(
  'design',
  '<data...>',
  'what lies within what, what each test would rest on, and the formulas that fit',
  async (data, words) => {
    const { designCommand } = await import('./design-command.ts');
    return designCommand(data, words);
  },
);
addCommand(
  'compare',
  '<data...>',
  'compare models: criteria, ranks, likelihood-ratio tests',
  async (data, words, tell) => {
    const { compareCommand } = await import('./compare-command.ts');
    return compareCommand(data, words, signal, tell);
  },
);
addCommand(
  'calibrate',
  '<data...>',
  'type-I error of each test under the null, on the rows and groups of the data',
  async (data, words) => {
    const { calibrateCommand } = await import('./calibrate-command.ts');
    return calibrateCommand(data, words, signal);
  },
);
addCommand(
  'moments',
  '<data...>',
  'form sufficient statistics, to fit later or elsewhere',
  async (data, words, tell) => {
    const { momentsCommand } = await import('./moments-command.ts');
    return momentsCommand(data, words, signal, tell);
  },
);
addCommand('merge', '<moments...>', 'join the moments of the parts of a data set', async (data, words, tell) => {
  const { mergeCommand } = await import('./merge-command.ts');
  return mergeCommand(data, words, tell);
});
addCommand(
  'pseudobulk',
  '<data...>',
  'add up the cells of each sample, for models of samples',
  async (data, words, tell) => {
    const { pseudobulkCommand } = await import('./pseudobulk-command.ts');
    return pseudobulkCommand(data, words, signal, tell);
  },
);
addCommand(
  'simulate',
  '[data]',
  'make data with known truth, or responses from a saved fit (--from) for the rows of a table',
  async ([data], words) => {
    const options = readOptions('simulate', words);
    if (options.from !== undefined) {
      const { simulateFitCommand } = await import('./simulate-fit-command.ts');
      return simulateFitCommand(options.from, data, options, signal);
    }
    if (data !== undefined) {
      throw new FitError('OptionError', `simulate ${data}: data are for “from”, which is not given`, {
        option: 'from',
        remedy: 'Name a saved fit with “from”, or leave the data out.',
      });
    }
    const { simulateCommand } = await import('./simulate-command.ts');
    return simulateCommand(options);
  },
);
addCommand(
  'influence',
  '<data...>',
  'what each level of the grouping factor does to the estimates',
  async (data, words) => {
    const { influenceCommand } = await import('./influence-command.ts');
    return influenceCommand(data, words, signal);
  },
);
addOptions(
  program.command('predict <fit> <newdata>').description('predict from a fit saved with fit --save'),
  'predict',
).action(async (fit: string, data: string, words: FromCommander) => {
  const { predictCommand } = await import('./predict-command.ts');
  status = await predictCommand(fit, data, words, signal);
});

program
  .command('devices')
  .description('WebGPU adapters, limits, and what the arithmetic probe finds')
  .action(async () => {
    const { devicesCommand } = await import('./devices-command.ts');
    status = await devicesCommand();
  });

// A reader of the notes that goes away (2>&1 | head) must not end the run with an error.
process.stderr.on('error', () => undefined);

try {
  await program.parseAsync([...process.argv.slice(0, 2), ...withOptionalValues(process.argv.slice(2))]);
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version are no errors; everything else that commander finds is misuse.
    status = error.exitCode === 0 ? 0 : 2;
    if (status !== 0) await sayMisuse(error, knownElsewhere);
  } else {
    status = failureStatus(error, interruption.status());
    await sayFailure(error);
  }
}
try {
  if (printed.length > 0) {
    const { writeStream } = await import('../result/stream.node.ts');
    await writeStream(process.stdout, printed);
  }
} catch (error) {
  status = 1;
  await sayFailure(error);
}
process.exitCode = status;
