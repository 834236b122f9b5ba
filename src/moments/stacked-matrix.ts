/** A matrix of the rows of several, file after file, its responses matched by name. */
import {
  requireEverywhere,
  requireNewColumn,
  type StackedTable,
  stackTables,
  withSampleColumn,
} from '../data/table/stack-tables.ts';
import { FitError } from '../errors.ts';
import type { MatrixSource } from '../types/responses.ts';
import { passOverStack, type StackMember, stackedBlocks, withMember } from './stacked-passes.ts';

/** How matrices are put under each other. */
export interface StackOptions {
  /** Responses that a run takes: those that all matrices have (default), or all, zero in the rows of a matrix that lacks them. */
  readonly genes?: 'intersection' | 'union' | undefined;
  /** Responses that a run takes, in their order, where that is known already; matrices may lack some of them. */
  readonly names?: readonly string[] | undefined;
  /** Names of the matrices, and the column of the annotation that holds them; none without it. */
  readonly samples?: readonly string[] | undefined;
  readonly sampleColumn?: string | undefined;
  /** Whether barcodes have the name of their matrix in front; where some repeat without it. */
  readonly prefixed?: boolean | undefined;
  /** Columns of the annotation that no matrix may lack where another has them. */
  readonly columns?: ReadonlySet<string> | undefined;
  /** What messages call the stack. */
  readonly path?: string | undefined;
}

/** What is known of a matrix without its names. */
interface MemberFacts {
  readonly entries: number | undefined;
  readonly notes: readonly string[];
  readonly layers: readonly string[];
  readonly obsColumns: readonly string[];
}

/** A matrix that is open, and closed with the stack, or how to open one when it is needed. */
export type StackedSource = MatrixSource | StackMember['open'];

/**
 * Stacks matrices. All their responses are kept, as the total of a row is over all
 * that its file has; `wanted` are those that a run takes. Barcodes that matrices share get the name of the matrix in front,
 * `sample_barcode`.
 *
 * @throws FitError DataError where no response is in all of them, and for a column that one of them lacks
 */
export async function stackMatrices(
  sources: readonly StackedSource[],
  options: StackOptions = {},
): Promise<MatrixSource> {
  const { genes = 'intersection', names, sampleColumn } = options;
  const responses = new StackedResponses(names ?? []);
  const members: StackMember[] = [];
  const facts: MemberFacts[] = [];
  let rows = 0;
  const close = async (): Promise<void> => {
    for (const { held } of members) await held?.close();
  };
  try {
    for (const given of sources) {
      const open = typeof given === 'function' ? given : async () => given;
      const source = await open();
      // A thread for each of a hundred files is too many.
      const held = source === given || source.runPass === undefined ? source : null;
      members.push({ open, held, path: source.path, rows: source.rows, from: rows, place: responses.add(source) });
      const { entries, notes = [], layers = [], obsColumns } = source;
      facts.push({ entries, notes, layers, obsColumns });
      rows += source.rows;
      if (!held) await source.close();
    }
    const columnsOf = members.map(({ path }, k) => ({ path, columns: facts[k].obsColumns }));
    if (options.columns) requireEverywhere(options.columns, columnsOf);
    for (const each of columnsOf) requireNewColumn(sampleColumn, each.columns, each.path);
    const everywhere = responses.in(members.length);
    const all = Int32Array.from(responses.names.keys());
    const wanted = names ? all.subarray(0, names.length) : genes === 'union' ? all : everywhere;
    const path = options.path ?? stackName(members.map((member) => member.path));
    if (wanted.length === 0) throw nothingShared(path);
    const notes = new Set(facts.flatMap((one) => one.notes));
    if (!names && everywhere.length < all.length) notes.add(matchingNote(all.length, everywhere.length, genes));
    const samples = options.samples ?? members.map((member) => member.path);
    const obsColumns = facts[0].obsColumns.filter((name) => facts.every((one) => one.obsColumns.includes(name)));
    const symbols = responses.symbols;
    const named = () => stackedNames(members, samples, options.prefixed);
    const counted = facts.every(({ entries }) => entries !== undefined);
    return {
      kind: 'matrix',
      path,
      rows,
      names: responses.names,
      ...(symbols ? { genes: symbols } : {}),
      ...(counted ? { entries: facts.reduce((sum, { entries = 0 }) => sum + entries, 0) } : {}),
      get notes() {
        return [...notes];
      },
      layers: facts[0].layers.filter((layer) => facts.every(({ layers }) => layers.includes(layer))),
      wanted,
      samples: { names: samples, of: samplesOf(members), prefixed: async () => (await named()).prefixed },
      obsColumns: sampleColumn === undefined ? obsColumns : [...obsColumns, sampleColumn],
      rowNames: async () => (await named()).names,
      async repeatedRowNames() {
        for (const member of members) {
          if (await withMember(member, async (source) => (await source.repeatedRowNames?.()) === true)) return true;
        }
        return false;
      },
      async readObs(columns = obsColumns, how) {
        const own = columns.filter((name) => name !== sampleColumn);
        const parts: StackedTable[] = [];
        for (const [k, member] of members.entries()) {
          const table = await withMember(member, (source) => source.readObs(own, how));
          parts.push({
            table: sampleColumn === undefined ? table : withSampleColumn(table, sampleColumn, samples[k]),
            path: member.path,
          });
        }
        const stacked = stackTables(parts, path);
        for (const note of stacked.notes) notes.add(note);
        return stacked.table;
      },
      blocks: (pass) => stackedBlocks(members, pass),
      runPass: (pass, run) => passOverStack(members, pass, run),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function samplesOf(members: readonly StackMember[]): Int32Array {
  const of = new Int32Array(members.reduce((sum, { rows }) => sum + rows, 0));
  members.forEach(({ from, rows }, k) => {
    of.fill(k, from, from + rows);
  });
  return of;
}

/** `a.h5ad`, `a.h5ad and 3 more files`. */
export function stackName(paths: readonly string[]): string {
  const more = paths.length - 1;
  return more === 0 ? paths[0] : `${paths[0]} and ${more} more ${more === 1 ? 'file' : 'files'}`;
}

/** Responses of a stack in the order in which they appear. */
class StackedResponses {
  readonly names: string[];
  private readonly places: Map<string, number>;
  private readonly counts: number[];
  private readonly known: (string | undefined)[] = [];

  constructor(names: readonly string[]) {
    this.names = [...names];
    this.places = new Map(names.map((name, g) => [name, g]));
    this.counts = names.map(() => 0);
  }

  /** Places of the responses of one more matrix. */
  add({ names, genes }: MatrixSource): Int32Array {
    return Int32Array.from(names, (name, k) => {
      let g = this.places.get(name);
      if (g === undefined) {
        g = this.names.length;
        this.places.set(name, g);
        this.names.push(name);
        this.counts.push(0);
      }
      this.counts[g]++;
      this.known[g] ??= genes?.[k];
      return g;
    });
  }

  /** Those that so many matrices have. */
  in(matrices: number): Int32Array {
    return Int32Array.from(this.counts.keys()).filter((g) => this.counts[g] === matrices);
  }

  get symbols(): readonly string[] | undefined {
    if (this.known.length === 0 || this.known.every((symbol) => symbol === undefined)) return undefined;
    return this.names.map((name, g) => this.known[g] ?? name);
  }
}

function matchingNote(all: number, everywhere: number, genes: 'intersection' | 'union'): string {
  const some = all - everywhere;
  return genes === 'union'
    ? `${all} genes in the files together, ${some} of them in some files only: they are zero in the cells of the others`
    : `${everywhere} genes are in every file; ${some} that some files lack are left out (“matchGenes: union” takes them as zero there)`;
}

/** Names of the rows of all matrices; where some are in several, each has the name of its matrix in front. */
async function stackedNames(
  members: readonly StackMember[],
  samples: readonly string[],
  given: boolean | undefined,
): Promise<{ readonly names: readonly string[]; readonly prefixed: boolean }> {
  const names: (readonly string[])[] = [];
  for (const member of members) names.push(await withMember(member, (source) => source.rowNames()));
  const within = names.reduce((sum, own) => sum + new Set(own).size, 0);
  const prefixed = given ?? new Set(names.flat()).size < within;
  return { names: names.flatMap((own, k) => (prefixed ? own.map((name) => `${samples[k]}_${name}`) : own)), prefixed };
}

function nothingShared(path: string): FitError {
  return new FitError('DataError', `no gene is in all of ${path}`, {
    path,
    option: 'matchGenes',
    remedy:
      'Genes are matched by their ids: they may be symbols in one file and Ensembl ids in another. “matchGenes: union” takes those that a file lacks as zero there.',
  });
}
