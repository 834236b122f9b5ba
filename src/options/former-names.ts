/** Options that had other names before: those are taken still. */
import { FitError } from '../errors.ts';
import { entryOf, OPTIONS, type OptionName } from './entries.ts';

/** Names of today by those of before. */
const FORMER: ReadonlyMap<string, OptionName> = new Map(
  (Object.keys(OPTIONS) as OptionName[]).flatMap((name) => {
    const { formerly } = entryOf(name);
    return formerly === undefined ? [] : [[formerly, name] as const];
  }),
);

/**
 * The options under the names of today; the same object where no other name is used.
 *
 * @throws OptionError for an option that is given under both of its names
 */
export function withPresentNames<T extends object>(options: T): T {
  const given = options as Readonly<Record<string, unknown>>; // whatever it has
  const renamed = [...FORMER].filter(([former]) => given[former] !== undefined);
  if (renamed.length === 0) return options;
  const present: Record<string, unknown> = { ...given };
  for (const [former, name] of renamed) {
    if (given[name] !== undefined) {
      throw new FitError('OptionError', `“${name}” is given twice, as '${former}' too`, {
        option: name,
        remedy: 'Leave one of them out.',
      });
    }
    present[name] = given[former];
    delete present[former];
  }
  return present as T; // its keys, some of them renamed
}

/** What there is to say of former names among the options. */
export function formerNameNotes(options: object): string[] {
  const given = options as Readonly<Record<string, unknown>>; // as above
  return [...FORMER].flatMap(([former, name]) =>
    given[former] === undefined ? [] : [`'${former}' is called “${name}” now; the old name is taken still`],
  );
}
