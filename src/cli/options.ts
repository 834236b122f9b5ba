/** The options of `src/options/entries.ts` on the command line: flags with their help, and the checks that all share. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { FitError } from '../errors.ts';
import { checkCompany } from '../options/check.ts';
import { entryOf, OPTIONS, type OptionName, type OptionValue } from '../options/entries.ts';
import { type CommandName, choiceOf, flagOf, inputPath, numberOf, type OptionEntry } from '../options/option.ts';
import { noteWriter } from './notes.ts';

/** Checked values of the options of a command, by their names in the library; what was not given is absent. */
export type Given = { readonly [K in OptionName]?: OptionValue<K> | undefined };

/** What commander hands over: flags in camel case. */
export type FromCommander = Readonly<Record<string, unknown>>;

const NAMES = Object.keys(OPTIONS) as OptionName[]; // the keys of a constant

/** The options of a command, in the order of the table. */
export function namesOf(command: CommandName): OptionName[] {
  return NAMES.filter((name) => entryOf(name).in.includes(command));
}

/** Where an option is known that a command does not know, from what commander says of it; empty for no option of any. */
export function knownElsewhere(message: string): string {
  const flag = /unknown option '--([^'=]+)/.exec(message)?.[1];
  const name = NAMES.find((option) => flagOf(option, entryOf(option)) === flag);
  if (name === undefined) return '';
  const chosen = name === 'structures' ? ', which ranks them; --residual takes the one that a fit is to have' : '';
  return `It is an option of ${entryOf(name).in.join(', ')}${chosen}. `;
}

/** Options that name a file to read, where `-` is standard input; of `responses` that is `@-`. */
const READ: readonly OptionName[] = ['obs', 'weights', 'design', 'responses', 'geneSets'];

/** Options of `compare` that may be given several times: what it compares. */
export const COMPARED: readonly OptionName[] = ['formula', 'residual', 'family'];

/** Adds the options of a command. */
export function addOptions(command: Command, name: CommandName): Command {
  for (const option of namesOf(name)) {
    const entry = entryOf(option);
    const flag = `--${flagOf(option, entry)}`;
    const place = entry.value === undefined ? '' : entry.optional ? ` [${entry.value}]` : ` <${entry.value}>`;
    const several = name === 'compare' && COMPARED.includes(option);
    const repeated = entry.kind === 'texts' || several;
    // Help is written from the table itself.
    if (repeated) command.option(`${flag}${place}`, '', collect);
    else if (option === 'formula' || option === 'residual' || option === 'dispersion') {
      command.option(`${flag}${place}`, '', onceOf(option));
    } else command.option(`${flag}${place}`);
    if (entry.formerFlag !== undefined) command.option(`--${entry.formerFlag}${place}`, '', collect);
  }
  return command;
}

const collect = (value: string, before: string[] = []) => [...before, value];

/** An option that may stand once: which of two formulas is meant cannot be guessed. */
const onceOf =
  (option: 'formula' | 'residual' | 'dispersion') =>
  (value: string, before?: string): string => {
    if (before === undefined) return value;
    throw new FitError('OptionError', `“${option}” is given twice`, {
      option,
      remedy:
        option === 'residual'
          ? 'Compare structures with “structures”, or run the command once for each.'
          : `Run the command once for each ${option}.`,
    });
  };

/**
 * Checks what each option can be checked for by itself, and which go together; `held` are options that a file has from an
 * earlier command, for which these stand in.
 *
 * @throws OptionError
 */
export function readOptions(command: CommandName, words: FromCommander, held: Given = {}): Given {
  const given: Record<string, unknown> = {};
  for (const name of namesOf(command)) {
    const entry = entryOf(name);
    const flag = flagOf(name, entry);
    // Of --no-notes commander makes a notes that is false.
    const word = flag.startsWith('no-') ? words[flag.slice(3)] === false : wordOf(words, flag, entry.formerFlag);
    if (word === undefined || word === false) continue;
    given[name] = readValue(name, entry, word);
  }
  const all = { ...held, ...given };
  const note = noteWriter(all as Given); // each value was read by its own entry
  for (const name of namesOf(command)) {
    const { formerFlag } = entryOf(name);
    if (formerFlag === undefined || words[camelCase(formerFlag)] === undefined) continue;
    note(`--${formerFlag} is called “${name}” now; the old name is taken still`);
  }
  for (const name of namesOf(command)) if (given[name] !== undefined) checkCompany(name, all);
  return all as Given; // each value was read by its own entry
}

/** What is given under a flag and the one that it had before; both are lists where there are two. */
function wordOf(words: FromCommander, flag: string, former: string | undefined): unknown {
  const word = words[camelCase(flag)];
  const old = former === undefined ? undefined : words[camelCase(former)];
  return Array.isArray(word) && Array.isArray(old) ? [...old, ...word] : (word ?? old);
}

function readValue(name: OptionName, entry: OptionEntry, word: unknown): unknown {
  if (entry.kind === 'switch') return entry.choices === undefined ? true : entry.choices[1];
  if (entry.kind === 'texts' || typeof word !== 'string') return word;
  if (READ.includes(name)) return name === 'responses' && word === '@-' ? `@${inputPath('-')}` : inputPath(word);
  if (entry.kind === 'choice') return choiceOf(name, spelled(name, word), entry.choices ?? []);
  return entry.kind === 'text' ? word : numberOf(name, word, entry);
}

/** Types of sums of squares are numbers to many. */
function spelled(name: OptionName, word: string): string {
  if (name !== 'anova') return word;
  return OPTIONS.anova.choices[Number(word) - 1] ?? word.toUpperCase();
}

/** The words of a command line with the optional values written out, so that none of them swallows the path of the data. */
export function withOptionalValues(words: readonly string[]): string[] {
  const optional = new Map<string, NonNullable<OptionEntry['optional']>>(
    NAMES.flatMap((name) => {
      const entry = entryOf(name);
      return entry.optional ? [[`--${flagOf(name, entry)}`, entry.optional] as const] : [];
    }),
  );
  return words.map((word, i) => {
    const found = optional.get(word);
    if (!found) return word;
    const next = words[i + 1];
    const isValue = next !== undefined && found.values.test(next) && !existsSync(next);
    return isValue ? word : `${word}=${found.fallback}`;
  });
}

function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
