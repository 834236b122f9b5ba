/** Options that had other names before: those are taken still. */
import { FitError } from '../errors.ts';
import { entryOf, OPTIONS, type OptionName } from './entries.ts';

/** The former names among the keys of options, with those of today. */
function formerNames(options: object): (readonly [former: string, name: OptionName])[] {
  return (Object.keys(OPTIONS) as OptionName[]).flatMap((name) => {
    const { formerly } = entryOf(name);
    return formerly !== undefined && Reflect.get(options, formerly) !== undefined ? [[formerly, name] as const] : [];
  });
}

/**
 * The options under the names of today; the same object where no other name is used.
 *
 * @throws OptionError for an option under both of its names
 */
export function withPresentNames<T extends object>(options: T): T {
  let present = { ...options } as Record<string, unknown>; // whatever it has
  const renamed = formerNames(options);
  for (const [former, name] of renamed) {
    const { [former]: value, ...others } = present;
    if (others[name] !== undefined) {
      throw new FitError('OptionError', `“${name}” is given twice, as '${former}' too`, { option: name });
    }
    present = { ...others, [name]: value };
  }
  return renamed.length === 0 ? options : (present as T); // its keys, some of them renamed
}

/** What there is to say of former names among the options. */
export function formerNameNotes(options: object): string[] {
  return formerNames(options).map(
    ([former, name]) => `'${former}' is called “${name}” now; the old name is taken still`,
  );
}
