/** The texts of help: of the program, a command, a topic, an option. */
import { FitError, nearestName } from '../../errors.ts';
import { entryOf, type OptionName } from '../../options/entries.ts';
import { COMMANDS, type CommandName, flagOf } from '../../options/option.ts';
import { inFlags } from '../../options/words.ts';
import { ALL_COMMANDS } from '../commands.ts';
import { columns, commandLines, textWidth, wrap } from './layout.ts';
import { allGroups, commandsOf, companyOf, flagText, meaningOf, optionGroups, optionsNamed } from './option-help.ts';
import { EXAMPLES, TOPICS } from './topics.ts';

/**
 * `webgpu-lmm help WORDS`: of nothing the list of commands and topics, else of a command, a topic or an option.
 *
 * @throws OptionError for a word that is none of them
 */
export async function helpText(words: readonly string[]): Promise<string> {
  const [first, second, ...more] = words.map((word) => word.replace(/=.*$/s, ''));
  if (first === undefined) return overview();
  if (first === '--man') return (await import('./man-page.ts')).manPage();
  if (more.length > 0) throw unknownWord(words.join(' '), 'help takes a command, a topic or an option');
  if (second !== undefined) {
    const command = COMMANDS.find((name) => name === first);
    const [option] = optionsNamed(bare(second)).filter((name) => command && commandsOf(name).includes(command));
    if (command === undefined || option === undefined) throw unknownWord(second, `${first} has no option '${second}'`);
    return optionHelp([option]);
  }
  if (Object.hasOwn(ALL_COMMANDS, first)) return oneCommand(first);
  if (Object.hasOwn(TOPICS, first)) return topicHelp(first);
  const options = optionsNamed(bare(first));
  if (options.length > 0) return optionHelp(options);
  throw unknownWord(first, `there is no help on '${first}'`);
}

/**
 * `--help` among the words of a command line: of its command, of the program where none is named.
 *
 * @throws OptionError for a command that there is not
 */
export function commandHelp(words: readonly string[]): string {
  const [first] = words.filter((word) => !word.startsWith('-'));
  if (first === undefined) return shortHelp();
  if (Object.hasOwn(ALL_COMMANDS, first)) return oneCommand(first);
  throw unknownWord(first, `unknown command '${first}'`);
}

const bare = (word: string): string => word.replace(/^--?/, '');

function unknownWord(word: string, message: string): FitError {
  const flags = allGroups().flatMap(({ names }) => names.map((name) => flagOf(name, entryOf(name))));
  const near = nearestName(bare(word), [...Object.keys(ALL_COMMANDS), ...Object.keys(TOPICS), ...flags]);
  const list = 'webgpu-lmm help lists commands and topics.';
  return new FitError('OptionError', message, {
    remedy: near === undefined ? list : `Did you mean '${near}'? ${list}`,
  });
}

function shortHelp(): string {
  const width = textWidth();
  return text([
    'Usage: webgpu-lmm COMMAND [DATA...] [options]',
    '',
    ...wrap(
      'Linear and generalised linear mixed models by the thousand, with the numbers of lme4, lmerTest and glmmTMB.',
      width,
    ),
    '',
    'Commands',
    ...columns(commandRows(), width),
    '',
    'Examples',
    ...(EXAMPLES.fit ?? []).slice(0, 2).flatMap((line) => commandLines(line, width)),
    ...(EXAMPLES.compare ?? []).slice(0, 1).flatMap((line) => commandLines(line, width)),
    '',
    ...columns(
      [
        ['webgpu-lmm COMMAND --help', 'options of a command'],
        ['webgpu-lmm help', 'topics: formula, residual, families, tables, exit-codes and others'],
        ['webgpu-lmm --version', 'version'],
      ],
      width,
    ),
  ]);
}

function overview(): string {
  const width = textWidth();
  return text([
    'Usage: webgpu-lmm help COMMAND, webgpu-lmm help TOPIC, webgpu-lmm help --OPTION',
    '',
    'Commands',
    ...columns(commandRows(), width),
    '',
    'Topics',
    ...columns(
      Object.entries(TOPICS).map(([name, { title }]) => [name, title] as const),
      width,
    ),
  ]);
}

function commandRows(): (readonly [string, string])[] {
  return Object.entries(ALL_COMMANDS).map(([name, { description }]) => [name, description] as const);
}

function oneCommand(name: string): string {
  const width = textWidth();
  const { place, description } = ALL_COMMANDS[name];
  const command = COMMANDS.find((own) => own === name);
  const examples = EXAMPLES[name as CommandName] ?? []; // a name of a table is one of its keys
  const lines = [
    ['Usage: webgpu-lmm', name, place, command && '[options]'].filter((part) => part).join(' '),
    '',
    ...wrap(`${description[0].toUpperCase()}${description.slice(1)}.`, width),
  ];
  if (examples.length > 0) lines.push('', 'Examples', ...examples.flatMap((line) => commandLines(line, width)));
  for (const { title, names } of command ? optionGroups(command) : []) {
    lines.push(
      '',
      title,
      ...columns(
        names.map((option) => [flagText(option), meaningOf(option, command)] as const),
        width,
      ),
    );
  }
  if (name === 'help') lines.push('', 'Topics', ...wrap(Object.keys(TOPICS).join(', '), width, '  '));
  if (command) lines.push('', 'webgpu-lmm help lists topics; webgpu-lmm help --OPTION is about one option.');
  return text(lines);
}

function topicHelp(name: string): string {
  const width = textWidth();
  const { title, text: parts, options, examples, page } = TOPICS[name];
  const lines = [`${name}: ${title}`];
  for (const part of parts) {
    lines.push('', ...(typeof part === 'string' ? wrap(inFlags(part), width) : columns(flagged(part), width)));
  }
  lines.push(
    '',
    'Options',
    ...columns(
      options.map((option) => [flagText(option), meaningOf(option)] as const),
      width,
    ),
  );
  lines.push('', 'Examples', ...examples.flatMap((line) => commandLines(line, width)));
  return text([...lines, '', `More: docs/${page}.md in the package, and webgpu-lmm help COMMAND.`]);
}

/** Rows whose meanings name options, in the words of the command line. */
export function flagged(rows: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  return rows.map(([name, meaning]) => [name, inFlags(meaning)] as const);
}

function optionHelp(options: readonly OptionName[]): string {
  const width = textWidth();
  const parts = options.map((name) => {
    const topics = Object.keys(TOPICS).filter((topic) => TOPICS[topic].options.includes(name));
    const meaning = meaningOf(name);
    return [
      flagText(name),
      ...wrap(`${meaning[0].toUpperCase()}${meaning.slice(1)}.`, width, '  '),
      ...companyOf(name).flatMap((line) => wrap(line, width, '  ')),
      ...wrap(`Of ${commandsOf(name).join(', ')}.`, width, '  '),
      ...(topics.length > 0 ? wrap(`See webgpu-lmm help ${topics.join(', ')}.`, width, '  ') : []),
    ];
  });
  return text(parts.flatMap((lines, k) => (k === 0 ? lines : ['', ...lines])));
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
