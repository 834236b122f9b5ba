import { FitError } from '../../errors.ts';

const MATRIX = ['matrix.mtx.gz', 'matrix.mtx'];
const FEATURES = ['features.tsv.gz', 'features.tsv', 'genes.tsv.gz', 'genes.tsv'];
const BARCODES = ['barcodes.tsv.gz', 'barcodes.tsv'];

/** Folders of other tools, whose matrices are cells x genes. */
const CELLS_BY_GENES = [
  {
    tool: 'kallisto bustools',
    matrix: /^(cells_x_genes|cells_x_tcc|.*spliced.*)\.(?:\w+\.)?mtx(\.gz)?$/,
    names: (stem: string) => [`${stem}.genes.txt`, `${stem}.barcodes.txt`],
  },
  {
    tool: 'alevin-fry',
    matrix: /^(quants_mat)\.mtx(\.gz)?$/,
    names: (stem: string) => [`${stem}_cols.txt`, `${stem}_rows.txt`],
  },
];

/** Prefixes that a message lists. */
const LISTED = 6;

/** The files of a matrix in a folder. */
export interface TenxNames {
  readonly matrix: string;
  readonly features: string;
  readonly barcodes: string;
  /** True for kallisto's and alevin-fry's matrices: a row a cell, a column a gene. */
  readonly cellsByGenes: boolean;
}

/** True for the name of the matrix of a 10x folder, also with a prefix (`GSM1_matrix.mtx.gz`), or of a like folder. */
export function isTenxMatrix(path: string): boolean {
  if (/matrix\.mtx(\.gz)?$/.test(path)) return true;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return CELLS_BY_GENES.some(({ matrix }) => matrix.test(name));
}

/**
 * The names of the three files in a folder that holds the files `present`. `prefix` precedes each; without it a folder with
 * one set of prefixed files is read (`GSM1_matrix.mtx.gz`, as GEO has them; features may be shared under another prefix),
 * and kallisto's and alevin-fry's names are known.
 *
 * @throws FitError `DataError`, `unreadable` when one is missing, and where several sets are there
 */
export function tenxNames(folder: string, prefix: string | undefined, present: ReadonlySet<string>): TenxNames {
  for (const { matrix, names } of CELLS_BY_GENES) {
    if (prefix !== undefined && prefix !== '') break;
    for (const file of present) {
      const found = matrix.exec(file);
      const own = found && names(found[1]).map((name) => [name, `${name}.gz`].find((text) => present.has(text)));
      if (own?.[0] !== undefined && own[1] !== undefined) {
        return { matrix: file, features: own[0], barcodes: own[1], cellsByGenes: true };
      }
    }
  }
  const chosen = prefix ?? onlyPrefix(folder, present);
  const find = (names: readonly string[], shared = false): string => {
    const name = names.find((candidate) => present.has(chosen + candidate));
    if (name !== undefined) return chosen + name;
    // Features are often kept once for a series of samples.
    const others = shared ? [...present].filter((file) => names.some((candidate) => file.endsWith(candidate))) : [];
    if (others.length === 1) return others[0];
    const nested = [...present].filter((entry) => /^(filtered|raw)_(feature|gene)_bc_matri/.test(entry)).sort();
    const sets = prefixesIn(present).filter((other) => other !== chosen);
    throw new FitError('DataError', `${folder} has no ${chosen}${names[names.length - 1]}`, {
      path: folder,
      unreadable: true,
      remedy:
        nested.length > 0
          ? `give the folder of the matrix inside it, such as ${folder}/${nested[0]}`
          : prefix !== undefined && sets.length > 0
            ? `there ${sets.length === 1 ? 'is' : 'are'} ${firstOf(sets)} for “prefix”`
            : `a 10x folder holds matrix.mtx, features.tsv (or genes.tsv) and barcodes.tsv, each plain or .gz`,
    });
  };
  return { matrix: find(MATRIX), features: find(FEATURES, true), barcodes: find(BARCODES), cellsByGenes: false };
}

/** What precedes `matrix.mtx` in the only file of that kind; nothing where there is a plain one, or none. */
function onlyPrefix(folder: string, present: ReadonlySet<string>): string {
  if (MATRIX.some((name) => present.has(name))) return '';
  const distinct = prefixesIn(present);
  if (distinct.length <= 1) return distinct[0] ?? '';
  throw new FitError('DataError', `${folder} holds ${distinct.length} matrices: ${firstOf(distinct)}`, {
    path: folder,
    option: 'prefix',
    remedy: `Name one: “prefix: ${distinct[0]}”`,
  });
}

/** What precedes `matrix.mtx` in files of that kind, in order. */
function prefixesIn(present: ReadonlySet<string>): string[] {
  const prefixes = [...present].flatMap((file) => {
    const found = /^(.+)matrix\.mtx(\.gz)?$/.exec(file);
    return found ? [found[1]] : [];
  });
  return [...new Set(prefixes)].sort();
}

function firstOf(names: readonly string[]): string {
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return `${names.slice(0, LISTED).join(', ')}${more}`;
}
