/** Names of which none repeats, and what had to be done for it. */
export interface UniqueNames {
  /** As given, save that repeats carry `-1`, `-2` ...; same order and length. */
  readonly names: readonly string[];
  /** How many names were changed. */
  readonly renamed: number;
  /** A remark for the user; null when nothing was changed. */
  readonly note: string | null;
}

/**
 * Makes names unique the way anndata does: the first of several keeps its name, the second gets `-1`, the third `-2`;
 * a suffixed name that already stands elsewhere in the list is passed over. `noun` (plural) says in the note what the
 * names are.
 */
export function uniqueNames(names: readonly string[], noun = 'response names'): UniqueNames {
  const taken = new Set(names);
  if (taken.size === names.length) return { names, renamed: 0, note: null };
  const seen = new Set<string>();
  const suffixes = new Map<string, number>();
  let example = '';
  let renamed = 0;
  const unique = names.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let suffix = suffixes.get(name) ?? 0;
    let candidate: string;
    do {
      suffix += 1;
      candidate = `${name}-${suffix}`;
    } while (taken.has(candidate));
    suffixes.set(name, suffix);
    taken.add(candidate);
    if (renamed === 0) example = `'${name}' became '${candidate}'`;
    renamed += 1;
    return candidate;
  });
  const counted = renamed === 1 ? noun.replace(/s$/, '') : noun;
  const note = `${renamed} repeated ${counted} got a suffix (${example}${renamed > 1 ? ', ...' : ''})`;
  return { names: unique, renamed, note };
}
