/** Options of every command as a page, from the table that the command itself reads (`src/options/entries.ts`). */
import { COMMAND_ENTRIES } from '../../src/cli/commands.ts';
import { OPTIONS } from '../../src/options/entries.ts';
import { COMMANDS, type CommandName, flagOf, type OptionEntry } from '../../src/options/option.ts';
import { inFlags } from '../../src/options/words.ts';

export { COMMANDS };

/** Text of a cell of a table in Markdown. */
const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;');
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

/** What an option takes, as words. */
function valuesOf({ kind, choices, least, most, above, below }: OptionEntry): string {
  if (kind === 'switch') return 'no value';
  if (choices !== undefined) return choices.map(code).join(', ');
  const number = kind === 'whole' ? 'whole number' : 'number';
  if (kind === 'whole' || kind === 'number') {
    const bounds = [
      least === undefined ? '' : `from ${least}`,
      most === undefined ? '' : `to ${most}`,
      above === undefined ? '' : `above ${above}`,
      below === undefined ? '' : `below ${below}`,
    ].filter((bound) => bound !== '');
    return [number, ...bounds].join(' ');
  }
  return kind === 'texts' ? 'text, may be repeated' : 'text';
}

/** What an option needs and excludes. */
function companyOf({ needs, excludes }: OptionEntry): string {
  const named = (name: string) => `“${name}”`;
  return [
    needs === undefined ? '' : `needs ${named(needs.option)}${needs.value === undefined ? '' : ` ${needs.value}`}`,
    excludes === undefined ? '' : `not with ${excludes.map(named).join(', ')}`,
  ]
    .filter((text) => text !== '')
    .join('; ');
}

/** A line of the table for one option. */
function lineOf(name: string, entry: OptionEntry): string {
  const value = entry.value === undefined ? '' : entry.optional ? ` [${entry.value}]` : ` <${entry.value}>`;
  const usual = entry.without ?? (entry.fallback === undefined ? '' : String(entry.fallback));
  const help = [entry.help, companyOf(entry)].filter((text) => text !== '').join('; ');
  return `| ${[
    code(`--${flagOf(name, entry)}${value}`),
    code(name),
    cell(inFlags(help)),
    valuesOf(entry),
    cell(inFlags(usual)),
  ].join(' | ')} |`;
}

/** Options of a command under the headings of its help; a heading stands at the first entry of its group. */
function groupsOf(command: CommandName): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  let heading = 'Options';
  for (const [name, entry] of Object.entries<OptionEntry>(OPTIONS)) {
    heading = entry.group ?? heading;
    if (!entry.in.includes(command)) continue;
    groups.set(heading, [...(groups.get(heading) ?? []), lineOf(name, entry)]);
  }
  return groups;
}

const HEAD = ['| flag | in the library | meaning | values | if left out |', '| --- | --- | --- | --- | --- |'];

/** The page of a command in Markdown. */
export function optionsPage(command: CommandName): string {
  const { place, description } = COMMAND_ENTRIES[command];
  const tables = [...groupsOf(command)].flatMap(([heading, lines]) => [`## ${heading}`, '', ...HEAD, ...lines, '']);
  return [
    `# webgpu-lmm ${command}`,
    '',
    `${code(`webgpu-lmm ${command} ${place}`)}: ${cell(description)}. The command, the library and the page share the table of its options;`,
    `the library takes them under the names of the second column, and ${code(`webgpu-lmm ${command} --help`)} prints them.`,
    '',
    ...tables,
  ].join('\n');
}
