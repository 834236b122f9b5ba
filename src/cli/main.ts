#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { FitError, isFitError } from '../errors.ts';
import type { CommandName } from '../options/option.ts';
import { inFlags } from '../options/words.ts';
import { watchInterruption } from './interruption.ts';
import { addOptions, type FromCommander, knownElsewhere, readOptions, withOptionalValues } from './options.ts';
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

type Run = (data: string, words: FromCommander) => Promise<number>;

/** A command with its options; what it needs beyond them is loaded when it runs. */
function addCommand(name: CommandName, place: string, description: string, run: Run): void {
  addOptions(program.command(`${name} ${place}`).description(description).exitOverride(), name).action(
    async (data: string, words: FromCommander) => {
      status = await run(data, words);
    },
  );
}

const { signal } = interruption;
addCommand('fit', '<data>', 'fit one model per response', async (data, words) => {
  const { fitCommand } = await import('./fit-command.ts');
  return fitCommand(data, words, signal);
});
addCommand(
  'design',
  '<data>',
  'what lies within what, what each test would rest on, and the formulas that fit',
  async (data, words) => {
    const { designCommand } = await import('./design-command.ts');
    return designCommand(data, words);
  },
);
addCommand('compare', '<data>', 'compare models: criteria, ranks, likelihood-ratio tests', async (data, words) => {
  const { compareCommand } = await import('./compare-command.ts');
  return compareCommand(data, words, signal);
});
addCommand(
  'calibrate',
  '<data>',
  'type-I error of each test under the null, on the rows and groups of the data',
  async (data, words) => {
    const { calibrateCommand } = await import('./calibrate-command.ts');
    return calibrateCommand(data, words, signal);
  },
);
addCommand('moments', '<data>', 'form sufficient statistics, to fit later or elsewhere', async (data, words) => {
  const { momentsCommand } = await import('./moments-command.ts');
  return momentsCommand(data, words, signal);
});
addCommand('pseudobulk', '<data>', 'add up the cells of each sample, for models of samples', async (data, words) => {
  const { pseudobulkCommand } = await import('./pseudobulk-command.ts');
  return pseudobulkCommand(data, words, signal);
});
addCommand(
  'simulate',
  '[data]',
  'make data with known truth, or responses from a saved fit (--from) for the rows of a table',
  async (data: string | undefined, words) => {
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
  '<data>',
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

/** One message: what, where, remedy. */
function explain(error: FitError): string {
  const { path, line, remedy } = error.fields;
  const place =
    path !== undefined && !error.message.includes(path) ? `${path}${line === undefined ? '' : `:${line}`}: ` : '';
  const told = remedy === undefined || error.message.includes(remedy) ? '' : `\n${remedy}`;
  return inFlags(`${place}${error.message}${told}`);
}

/** Exit status of a failed run: 1 unreadable input, no device, cancelled I/O; 2 misuse. */
function failureStatus(error: unknown): number {
  if (isFitError(error, 'AbortError')) return interruption.status() ?? 130;
  if (isFitError(error, 'DeviceError')) return 1;
  if (isFitError(error)) return error.fields.unreadable ? 1 : 2;
  return 1;
}

async function say(text: string): Promise<void> {
  const { default: pc } = await import('picocolors');
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
          ? 'a command is needed: fit, design, compare, predict, influence, calibrate, moments, pseudobulk, simulate or devices'
          : error.message.replace(/^error: /, '');
      await say(`${text}\n${knownElsewhere(text)}See webgpu-lmm --help, or --help behind a command.`);
    }
  } else {
    status = failureStatus(error);
    if (isFitError(error)) await say(explain(error));
    else
      await say(
        error instanceof Error
          ? process.env['DEBUG']
            ? (error.stack ?? error.message)
            : error.message
          : String(error),
      );
  }
}
try {
  if (printed.length > 0) {
    const { writeStream } = await import('../result/stream.node.ts');
    await writeStream(process.stdout, printed);
  }
} catch (error) {
  status = 1;
  await say(isFitError(error) ? explain(error) : String(error));
}
process.exitCode = status;
