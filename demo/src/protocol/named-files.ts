/** Files by name, and Zarr stores among them: a folder with the ending `.zarr`, whose files are not to be chosen one by one. */

export interface NamedFile {
  /** Name, with its folders where a folder was dropped. */
  readonly name: string;
  readonly file: Blob;
}

const INSIDE = /^((?:[^/]+\/)*?[^/]*\.zarr)\//i;

/** The store that a file lies in, by the names of its folders; null outside of one. The outermost counts: a file of `a.zarr/b.zarr` is of `a.zarr`. */
export function storeOf(name: string): string | null {
  return INSIDE.exec(name)?.[1] ?? null;
}

/** Names with those of the files of a store as the one of the store. */
export function withStores(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => storeOf(name) ?? name))];
}
