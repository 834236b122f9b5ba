/** Passes over the matrices of a stack, one after the other. */
import type { EntryPass, PassRunOptions, PassSums } from '../types/entry-pass.ts';
import type { MatrixBlock, MatrixSource, PassOptions } from '../types/responses.ts';
import { passBytes, runPass, SumOfShares } from './shares.ts';

/** A matrix of a stack. */
export interface StackMember {
  /** Opens it, more than once: each may hold a thread while it is open. */
  readonly open: () => Promise<MatrixSource>;
  /** The matrix, where it stays open. */
  readonly held: MatrixSource | null;
  readonly path: string;
  readonly rows: number;
  /** Row of the stack of its first row. */
  readonly from: number;
  /** Place in the stack of each of its responses. */
  readonly place: Int32Array;
}

/** Works with a matrix while it is open. */
export async function withMember<T>(
  { open, held }: StackMember,
  work: (source: MatrixSource) => Promise<T>,
): Promise<T> {
  if (held) return work(held);
  const source = await open();
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}

/** The blocks of all matrices, in the rows and responses of the stack. */
export async function* stackedBlocks(
  members: readonly StackMember[],
  options: PassOptions = {},
): AsyncGenerator<MatrixBlock> {
  for (const { open, held, from, place } of members) {
    const source = held ?? (await open());
    try {
      for await (const { major, majors, indices, whole, ...rest } of source.blocks(options)) {
        const shift = (rows: Int32Array) => (from === 0 ? rows : rows.map((row) => row + from));
        const match = (responses: Int32Array) => responses.map((k) => place[k]);
        if (major === 'row') yield { major, majors: shift(majors), indices: match(indices), whole, ...rest };
        // The other matrices have entries of the same responses.
        else
          yield {
            major,
            majors: match(majors),
            indices: shift(indices),
            whole: whole && members.length === 1,
            ...rest,
          };
      }
    } finally {
      if (!held) await source.close();
    }
  }
}

/** Runs a pass over each matrix and adds up the sums, in the order of the matrices. */
export async function passOverStack(
  members: readonly StackMember[],
  pass: EntryPass,
  options: PassRunOptions,
): Promise<PassSums> {
  const sum = new SumOfShares(members.length, passBytes(pass));
  for (const [part, member] of members.entries()) {
    const own = await withMember(member, (source) => runPass(source, passOfMember(pass, member, source), options));
    if (own.kind === 'no totals') return own;
    await sum.add(part, inStack(own, member, pass.rows));
  }
  return sum.result;
}

/** The rows and responses of a pass that one matrix has. */
function passOfMember(pass: EntryPass, { from, rows, place }: StackMember, source: MatrixSource): EntryPass {
  if (pass.kind === 'totals') return { ...pass, rows };
  const { totals, partOf, rowOf } = pass;
  return {
    ...pass,
    matrix: { path: source.path, layers: source.layers ?? [] },
    rows,
    totals: totals?.slice(from, from + rows) ?? null,
    place: place.map((g) => pass.place[g]),
    partOf: partOf.slice(from, from + rows),
    rowOf: rowOf.slice(from, from + rows),
  };
}

/** Sums of one matrix as those of a pass over the stack. */
function inStack(sums: Exclude<PassSums, { kind: 'no totals' }>, { from }: StackMember, rows: number): PassSums {
  if (sums.kind === 'totals') {
    const totals = new Float64Array(rows);
    totals.set(sums.totals, from);
    return { kind: 'totals', totals };
  }
  const filled = new Uint8Array(rows);
  filled.set(sums.filled, from);
  return { ...sums, filled };
}
