/** Entries of records whose keys are names out of files: a column may be called `constructor` or `__proto__`. */

/** The entry of that name, none of those that every object has. */
export function ownEntry<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
