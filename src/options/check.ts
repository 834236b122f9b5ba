/** Checks of whole sets of options: callers in JavaScript may give anything, and some options belong to others. */
import { FitError } from '../errors.ts';
import { entryOf, type OptionName } from './entries.ts';
import { choiceOf, numberOf } from './option.ts';

/**
 * Checks the kind of a value and its choices or bounds, and the options that it needs or excludes.
 *
 * @throws OptionError
 */
export function checkOptions(given: object, names: readonly OptionName[]): void {
  const values = given as Readonly<Record<string, unknown>>; // whatever it has
  for (const name of names) {
    if (values[name] === undefined) continue;
    checkValue(name, values[name]);
    checkCompany(name, values);
  }
}

function checkValue(name: OptionName, value: unknown): void {
  const entry = entryOf(name);
  const refuse = (wanted: string) =>
    new FitError('OptionError', `“${name}: ${String(value)}”: ${wanted} is needed`, { option: name });
  if (entry.kind === 'choice') choiceOf(name, String(value), entry.choices ?? []);
  else if (entry.kind === 'switch') {
    if (typeof value !== 'boolean') throw refuse('true or false');
  } else if (entry.kind === 'texts') {
    if (!Array.isArray(value) || value.some((one) => typeof one !== 'string')) throw refuse('a list of texts');
  } else if (entry.kind === 'text') {
    if (typeof value !== 'string') throw refuse('a text');
  } else if (typeof value !== 'number') throw refuse('a number');
  else numberOf(name, value, entry);
}

/** @throws OptionError for an option without the one that it belongs to, or beside one that it cannot stand with */
export function checkCompany(name: OptionName, given: Readonly<Record<string, unknown>>): void {
  const { needs, excludes = [] } = entryOf(name);
  const other = excludes.find((excluded) => given[excluded] !== undefined);
  if (other !== undefined) {
    throw new FitError('OptionError', `“${name}” does not belong to “${other}”`, {
      option: name,
      remedy: 'Leave one of them out.',
    });
  }
  if (!needs) return;
  const owner = entryOf(needs.option as OptionName); // the tests check that entries name entries
  const value = given[needs.option] ?? (needs.value === undefined ? undefined : owner.fallback);
  const there = needs.value === undefined ? value !== undefined && value !== owner.fallback : value === needs.value;
  if (there) return;
  const wanted = needs.value === undefined ? `“${needs.option}”` : `“${needs.option}: ${needs.value}”`;
  throw new FitError('OptionError', `“${name}” belongs to ${wanted}, which is not given`, {
    option: name,
    remedy: `Add ${wanted}, or leave “${name}” out.`,
  });
}
