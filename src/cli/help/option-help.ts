/** Options as help and manual show them: groups of the table, flags with their values, what they mean. */
import { entryOf, OPTIONS, type OptionName } from '../../options/entries.ts';
import { COMMANDS, type CommandName, flagOf, type OptionEntry } from '../../options/option.ts';
import { inFlags } from '../../options/words.ts';
import { COMPARED, namesOf } from '../options.ts';

/** Whether an option may be given several times. */
function isRepeated(name: OptionName, command: CommandName | null): boolean {
  return entryOf(name).kind === 'texts' || (command === 'compare' && COMPARED.includes(name));
}

/** `--ddf <method>`. */
export function flagText(name: OptionName): string {
  const entry = entryOf(name);
  const { value, optional } = entry;
  const place = value === undefined ? '' : optional ? ` [${value}]` : ` <${value}>`;
  return `--${flagOf(name, entry)}${place}`;
}

/** What an option means, with its choices and what it is when it is not given. */
export function meaningOf(name: OptionName, command: CommandName | null = null): string {
  const { help, kind, choices, fallback, without, formerFlag }: OptionEntry = entryOf(name);
  const listed =
    choices === undefined || kind === 'switch'
      ? help
      : `${help}: ${choices.slice(0, -1).join(', ')}${choices.length > 1 ? ' or ' : ''}${choices.at(-1)}`;
  const usual = without ?? fallback;
  const often = isRepeated(name, command) ? '; may be repeated' : '';
  const before = formerFlag === undefined ? '' : `; formerly --${formerFlag}`;
  return inFlags(`${listed}${often}${before}${usual === undefined ? '' : ` (${usual})`}`);
}

/** What else must be said of an option by itself: what it belongs to, and what it cannot stand with. */
export function companyOf(name: OptionName): string[] {
  const { needs, excludes } = entryOf(name);
  const texts: string[] = [];
  if (needs) texts.push(`It belongs to “${needs.option}${needs.value === undefined ? '' : `: ${needs.value}`}”.`);
  if (excludes) texts.push(`It does not stand with ${excludes.map((other) => `“${other}”`).join(', ')}.`);
  return texts.map(inFlags);
}

/** The options of a command by the headings of the table. */
export function optionGroups(command: CommandName): { readonly title: string; readonly names: OptionName[] }[] {
  const own = new Set(namesOf(command));
  return allGroups()
    .map(({ title, names }) => ({ title, names: names.filter((name) => own.has(name)) }))
    .filter(({ names }) => names.length > 0);
}

/** All options by the headings of the table. */
export function allGroups(): { readonly title: string; readonly names: OptionName[] }[] {
  const groups: { title: string; names: OptionName[] }[] = [];
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    const { group } = entryOf(name);
    if (group !== undefined || groups.length === 0) groups.push({ title: group ?? '', names: [] });
    groups[groups.length - 1].names.push(name);
  }
  return groups;
}

/** The options of a flag, which different commands may have for different ends; also by a former flag and by the library's name. */
export function optionsNamed(word: string): OptionName[] {
  return (Object.keys(OPTIONS) as OptionName[]).filter((name) => {
    const entry = entryOf(name);
    return [flagOf(name, entry), entry.formerFlag, name, entry.formerly].includes(word);
  });
}

/** Commands that have an option, in their order. */
export function commandsOf(name: OptionName): CommandName[] {
  return COMMANDS.filter((command) => entryOf(name).in.includes(command));
}
