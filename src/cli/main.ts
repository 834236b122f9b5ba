#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { FitError } from '../errors.ts';
import type { CommandName } from '../options/option.ts';
import { COMMAND_ENTRIES, PLAIN_COMMANDS } from './commands.ts';
import { failureStatus, sayFailure, sayMisuse } from './failure.ts';
import { watchInterruption } from './interruption.ts';
import { addOptions, type FromCommander, knownElsewhere, readOptions, withOptionalValues } from './options.ts';
import type { TellRun } from './run-facts.ts';
import { SOFTWARE } from './software.ts';

const interruption = watchInterruption();
/** Help and version, written at the end. */
const printed: string[] = [];

const program = new Command('webgpu-lmm')
  .version(SOFTWARE.version)
  .exitOverride()
  .helpOption(false)
  .helpCommand(false)
  .showSuggestionAfterError(true)
  .configureOutput({ outputError: () => {}, writeErr: () => {}, writeOut: (text) => printed.push(text) });

let status = 0;

type Run = (data: readonly string[], words: FromCommander, tell: TellRun) => Promise<number>;

/** Data of a command as a list, whether it takes one, several or none. */
const listed = (data: string | readonly string[] | undefined): string[] => ([] as string[]).concat(data ?? []);

/** A command with its options; what it needs beyond them is loaded when it runs. */
function addCommand(name: CommandName, run: Run): void {
  const { place, description } = COMMAND_ENTRIES[name];
  const command = program.command(`${name} ${place}`.trim()).description(description).exitOverride().helpOption(false);
  addOptions(command, name).action(async (...given: readonly unknown[]) => {
    // Commander gives the arguments of the place, the options, and the command itself.
    const [words] = given.slice(-2) as [FromCommander];
    const data = given.slice(0, -2).flatMap((one) => listed(one as string | string[] | undefined));
    status = await runLogged(name, data, words, run);
  });
}

/** A command that has no options of the table. */
function addPlainCommand(name: keyof typeof PLAIN_COMMANDS, run: (words: readonly string[]) => Promise<number>): void {
  const { place, description } = PLAIN_COMMANDS[name];
  const command = program.command(`${name} ${place}`.trim()).description(description).exitOverride().helpOption(false);
  // Help is on options too.
  if (name === 'help') command.allowUnknownOption();
  command.action(async (...given: readonly unknown[]) => {
    status = await run(given.slice(0, -2).flatMap((words) => listed(words as string | string[] | undefined)));
  });
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
addCommand('fit', async (data, words, tell) =>
  (await import('./fit-command.ts')).fitCommand(data, words, signal, tell),
);
addCommand('gather', async (data, words, tell) =>
  (await import('./gather-command.ts')).gatherCommand(data, words, signal, tell),
);
addCommand('design', async (data, words) => (await import('./design-command.ts')).designCommand(data, words));
addCommand('compare', async (data, words, tell) =>
  (await import('./compare-command.ts')).compareCommand(data, words, signal, tell),
);
addCommand('calibrate', async (data, words) => {
  return (await import('./calibrate-command.ts')).calibrateCommand(data, words, signal);
});
addCommand('moments', async (data, words, tell) =>
  (await import('./moments-command.ts')).momentsCommand(data, words, signal, tell),
);
addCommand('merge', async (data, words, tell) => (await import('./merge-command.ts')).mergeCommand(data, words, tell));
addCommand('pseudobulk', async (data, words, tell) => {
  return (await import('./pseudobulk-command.ts')).pseudobulkCommand(data, words, signal, tell);
});
addCommand('simulate', async ([data], words) => {
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
});
addCommand('influence', async (data, words) => {
  return (await import('./influence-command.ts')).influenceCommand(data, words, signal);
});
addCommand('predict', async ([fit, data], words) => {
  return (await import('./predict-command.ts')).predictCommand(fit, data, words, signal);
});
addCommand('serve', async (_data, words) => (await import('./serve-command.ts')).serveCommand(words, signal));
addPlainCommand('devices', async () => (await import('./devices-command.ts')).devicesCommand());
addPlainCommand('completion', async ([shell]) => {
  printed.push((await import('./help/completion.ts')).completionScript(shell));
  return 0;
});
addPlainCommand('help', async (words) => {
  printed.push(await (await import('./help/help-text.ts')).helpText(words));
  return 0;
});

// A reader of the notes that goes away (2>&1 | head) must not end the run with an error.
process.stderr.on('error', () => undefined);

/** `COMMAND --help` asks for the help on a command. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).some((word) => word === '--help' || word === '-h');
}

try {
  const words = process.argv.slice(2);
  if (asksForHelp(words)) printed.push((await import('./help/help-text.ts')).commandHelp(words));
  else await program.parseAsync([...process.argv.slice(0, 2), ...withOptionalValues(words)]);
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
