/**
 * Shares of the entries of a matrix that are summed apart and added in their order. Their number depends on the data alone, so
 * that sums have the same digits whatever the threads.
 */
import type { EntryPass, PassRunOptions, PassSums } from '../types/entry-pass.ts';
import type { MatrixSource } from '../types/responses.ts';
import { accumulatePass, PASS_BLOCKS } from './entry-pass.ts';
import { bytesOfSums } from './part-sums.ts';

/** Entries of a share at least: about 0.1 s of work. */
const LEAST_ENTRIES = 1 << 22;
const MOST_SHARES = 16;
/** Bytes of all shares' sums, which are added up one after the other. */
const MOST_BYTES = 2 ** 30;
/** Bytes of copies of shares that came before their turn. */
const WAITING_BYTES = 2 ** 22;

/** Shares that a pass is cut into. */
export function shareCount(pass: EntryPass, entries: number): number {
  const bounds = [MOST_SHARES, Math.floor(entries / LEAST_ENTRIES), Math.floor(MOST_BYTES / passBytes(pass))];
  return Math.max(1, Math.min(...bounds));
}

/** Bytes that the sums of a pass take. */
export function passBytes(pass: EntryPass): number {
  if (pass.kind === 'totals') return 8 * pass.rows;
  return pass.parts.reduce((sum, part) => sum + bytesOfSums(part, pass.responses), pass.rows);
}

/** Runs a pass over a source, in threads where it has some. */
export async function runPass(source: MatrixSource, pass: EntryPass, options: PassRunOptions): Promise<PassSums> {
  if (source.runPass) return source.runPass(pass, options);
  const of = source.divisible === true ? shareCount(pass, entriesOf(source)) : 1;
  const sum = new SumOfShares(of, passBytes(pass));
  const accumulator = accumulatePass(pass);
  for (let part = 0; part < of; part++) {
    const blocks = source.blocks({ ...PASS_BLOCKS, share: { part, of }, signal: options.signal });
    await sum.add(part, await accumulator.sum(blocks, options.onEntries));
  }
  return sum.result;
}

/** Entries of a matrix; of a dense one as many as it has room for. */
export function entriesOf(source: Pick<MatrixSource, 'entries' | 'rows' | 'names'>): number {
  return source.entries ?? source.rows * source.names.length;
}

/** The sums of a share that came before its turn: a copy, or those of somebody who waits. */
interface Waiting {
  readonly sums: PassSums;
  readonly release: (() => void) | null;
}

/** Adds the sums of shares in their order, whichever comes first. */
export class SumOfShares {
  private readonly shares: number;
  /** Copies that may wait. */
  private copies: number;
  private sum: PassSums | null = null;
  private next = 0;
  private readonly waiting = new Map<number, Waiting>();
  /** Copies that were added, to be copied into again: left to the collector they would pile up. */
  private readonly free: PassSums[] = [];

  /** @param bytes of the sums of a share */
  constructor(shares: number, bytes: number) {
    this.shares = shares;
    this.copies = Math.floor(WAITING_BYTES / bytes);
  }

  /** Resolves when the sums may be overwritten: those that are too large to be copied wait for their turn. */
  async add(part: number, sums: PassSums): Promise<void> {
    if (part !== this.next) {
      if (this.copies > 0) {
        this.copies--;
        this.waiting.set(part, { sums: copied(sums, this.free.pop()), release: null });
        return;
      }
      await new Promise<void>((release) => {
        this.waiting.set(part, { sums, release });
      });
      return;
    }
    this.take(this.sum === null && this.shares > 1 ? copied(sums) : sums);
    for (let ready = this.waiting.get(this.next); ready; ready = this.waiting.get(this.next)) {
      this.waiting.delete(this.next);
      this.take(ready.sums);
      ready.release?.();
      if (ready.release !== null) continue;
      this.copies++;
      this.free.push(ready.sums);
    }
  }

  /** Lets those go on who wait for a share that will not come. */
  abandon(): void {
    for (const { release } of this.waiting.values()) release?.();
    this.waiting.clear();
  }

  private take(sums: PassSums): void {
    this.next++;
    this.sum = this.sum === null ? sums : added(this.sum, sums);
  }

  get result(): PassSums {
    return this.sum ?? { kind: 'no totals' };
  }
}

/** The sums of both; overwrites the first. */
function added(sum: PassSums, more: PassSums): PassSums {
  if (sum.kind === 'totals' && more.kind === 'totals') {
    addTo(sum.totals, more.totals);
    return sum;
  }
  if (sum.kind !== 'sums' || more.kind !== 'sums') return { kind: 'no totals' };
  sum.parts.forEach((part, s) => {
    const other = more.parts[s];
    addTo(part.expressed, other.expressed);
    addTo(part.total, other.total);
    part.sums.forEach((values, k) => {
      addTo(values, other.sums[k]);
    });
  });
  markFilled(sum.filled, more.filled);
  const facts = {
    counts: sum.facts.counts && more.facts.counts,
    largest: Math.max(sum.facts.largest, more.facts.largest),
    seen: sum.facts.seen + more.facts.seen,
  };
  return { ...sum, facts };
}

// Loops stand by themselves: sums of other threads come as objects of other shapes, for each of which the engine would compile
// what holds the loop again.

function markFilled(into: Uint8Array, more: Uint8Array): void {
  for (let i = 0; i < into.length; i++) into[i] |= more[i];
}

function addTo(into: Float64Array, more: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] += more[i];
}

/** A copy, in the memory of another of its shape where there is one. */
function copied(sums: PassSums, into?: PassSums): PassSums {
  if (sums.kind === 'totals')
    return { kind: 'totals', totals: copyOf(sums.totals, into?.kind === 'totals' ? into.totals : undefined) };
  if (sums.kind === 'no totals') return sums;
  const other = into?.kind === 'sums' ? into : undefined;
  const parts = sums.parts.map(({ expressed, total, sums: values }, s) => ({
    expressed: copyOf(expressed, other?.parts[s].expressed),
    total: copyOf(total, other?.parts[s].total),
    sums: values.map((one, k) => copyOf(one, other?.parts[s].sums[k])),
  }));
  return { ...sums, parts, filled: copyOf(sums.filled, other?.filled) };
}

function copyOf<T extends Float64Array | Uint8Array>(values: T, into?: T): T {
  // A slice of shared memory is shared memory of its own.
  if (into === undefined) return values.slice() as T;
  into.set(values);
  return into;
}
