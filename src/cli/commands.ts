/** The commands: what stands behind their names, and what they are for. */
import type { CommandName } from '../options/option.ts';

export interface CommandEntry {
  /** Arguments, as commander declares them. */
  readonly place: string;
  readonly description: string;
}

/** Commands that take options of `options/entries.ts`. */
export const COMMAND_ENTRIES: Readonly<Record<CommandName, CommandEntry>> = {
  fit: { place: '<data...>', description: 'fit one model per response' },
  gather: {
    place: '<parts...>',
    description: 'the results of all shards of a fit (fit --shard) together, as if fitted at once',
  },
  design: {
    place: '<data...>',
    description: 'what lies within what, what each test would rest on, and the formulas that fit',
  },
  compare: { place: '<data...>', description: 'compare models: criteria, ranks, likelihood-ratio tests' },
  calibrate: {
    place: '<data...>',
    description: 'type-I error of each test under the null, on the rows and groups of the data',
  },
  moments: { place: '<data...>', description: 'form sufficient statistics, to fit later or elsewhere' },
  merge: { place: '<moments...>', description: 'join the moments of the parts of a data set' },
  pseudobulk: { place: '<data...>', description: 'add up the cells of each sample, for models of samples' },
  simulate: {
    place: '[data]',
    description: 'make data with known truth, or responses from a saved fit (--from) for the rows of a table',
  },
  influence: { place: '<data...>', description: 'what each level of the grouping factor does to the estimates' },
  predict: { place: '<fit> <newdata>', description: 'predict from a fit saved with fit --save' },
  serve: { place: '', description: 'the browser application, at an address of this computer' },
};

/** Commands without such options. */
export const PLAIN_COMMANDS: Readonly<Record<'devices' | 'completion' | 'help', CommandEntry>> = {
  devices: { place: '', description: 'WebGPU adapters, limits, and what the arithmetic probe finds' },
  completion: { place: '<shell>', description: 'a script for bash, zsh or fish that completes commands and options' },
  help: { place: '[words...]', description: 'commands and topics; what one of them, or one option, is about' },
};

/** All commands, in the order of help. */
export const ALL_COMMANDS: Readonly<Record<string, CommandEntry>> = { ...COMMAND_ENTRIES, ...PLAIN_COMMANDS };
