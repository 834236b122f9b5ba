/** Gene sets in the GMT format of MSigDB and GSEA: a set a line, its name, a description, its genes, parted by tabs. */
import { FitError, nearestName } from '../../errors.ts';

/** A named set of genes, as a file has it. */
export interface GeneSet {
  readonly name: string;
  readonly description: string;
  /** Names or symbols, each once, in the order of the file. */
  readonly genes: readonly string[];
}

/** Gene sets with their places among the genes of a run. */
export interface PlacedGeneSets {
  /** Places of the genes of each set that the run has, ascending; one array a set. */
  readonly places: readonly Int32Array[];
  /** Names in the sets, counted once each, and how many of them the run has. */
  readonly named: number;
  readonly known: number;
}

/**
 * Reads the text of a `.gmt` file. Empty lines are passed over, a gene that a set names twice counts once.
 *
 * @param path name of the file, for messages.
 * @throws DataError for a line without genes, two sets of one name, or no sets at all.
 */
export function parseGeneSets(text: string, path?: string): GeneSet[] {
  const sets: GeneSet[] = [];
  const lines = new Map<string, number>();
  const remedy = 'A .gmt file has a set a line: its name, a description and its genes, parted by tabs.';
  for (const [k, raw] of text.split(/\r\n|\n|\r/).entries()) {
    if (raw.trim() === '') continue;
    const [name, description = '', ...rest] = raw.replace(/^\uFEFF/, '').split('\t');
    const genes = [...new Set(rest.map((gene) => gene.trim()).filter((gene) => gene !== ''))];
    const label = name.trim();
    if (label === '' || genes.length === 0) {
      const what = label === '' ? 'a gene set without a name' : `gene set '${label}' has no genes`;
      throw new FitError('DataError', what, { path, line: k + 1, remedy });
    }
    const before = lines.get(label);
    if (before !== undefined) {
      const message = `gene set '${label}' stands in line ${before} already`;
      throw new FitError('DataError', message, { path, line: k + 1, remedy: 'Give each set a name of its own.' });
    }
    lines.set(label, k + 1);
    sets.push({ name: label, description: description.trim(), genes });
  }
  if (sets.length === 0) throw new FitError('DataError', 'the file holds no gene sets', { path, remedy });
  return sets;
}

/**
 * Where the genes of each set stand in a run. A gene is found by any of its names (id or symbol); one symbol of several
 * rows brings all of them, as limma's `ids2indices` does.
 *
 * @param names lists of one length, each with a name a gene; empty names are none.
 * @throws DataError where no gene of any set is known.
 */
export function placeGeneSets(sets: readonly GeneSet[], names: readonly (readonly string[])[]): PlacedGeneSets {
  const rows = new Map<string, number[]>();
  for (const list of names) {
    for (const [at, name] of list.entries()) {
      const own = rows.get(name);
      if (name === '') continue;
      if (!own) rows.set(name, [at]);
      else if (own[own.length - 1] !== at) own.push(at);
    }
  }
  const wanted = new Set<string>();
  let known = 0;
  const places = sets.map(({ genes }) => {
    const found = new Set<number>();
    for (const gene of genes) {
      const own = rows.get(gene);
      for (const at of own ?? []) found.add(at);
      if (wanted.has(gene)) continue;
      wanted.add(gene);
      if (own) known += 1;
    }
    return Int32Array.from(found).sort();
  });
  if (known === 0) {
    const [first] = wanted;
    const near = nearestName(first ?? '', rows.keys());
    throw new FitError('DataError', `the results have none of the ${wanted.size} genes that the sets name`, {
      remedy: `The sets name genes such as '${first}', the results such as '${near ?? rows.keys().next().value}': take sets of the same species and kind of name.`,
    });
  }
  return { places, named: wanted.size, known };
}
