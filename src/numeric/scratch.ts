/**
 * Memory for large arrays that are needed for a moment. Arrays by the row that are left to the collector pile up: it counts what
 * lies outside of its heap as urgent only from tens of megabytes on.
 */

/** Pieces that are lent at the same time, mostly. */
const KEPT = 2;

/** Between two pieces of work the collector may have it. */
let idle: readonly WeakRef<ArrayBuffer>[] = [];

/**
 * Lends memory of any content to work that keeps none of it. Work within such work gets memory of its own.
 *
 * @param bytes that the memory has at least
 */
export function withScratch<T>(bytes: number, work: (memory: ArrayBuffer) => T): T {
  const kept = idle.find((reference) => (reference.deref()?.byteLength ?? -1) >= bytes);
  idle = idle.filter((reference) => reference !== kept);
  const memory = kept?.deref() ?? new ArrayBuffer(bytes);
  try {
    return work(memory);
  } finally {
    idle = [new WeakRef(memory), ...idle].slice(0, KEPT);
  }
}
