import type { Dataset } from 'h5wasm';
import type { Hdf5Tree, Numbers } from './hdf5-tree.ts';

/** Elements read at a time, about. */
const SLAB_ELEMENTS = 1 << 20;
/** The library's memory ends at 2 GB and holds a slab beside the packed chunk. */
const SLAB_BYTES = 1 << 29;

/**
 * Reads a dataset of one dimension forwards in slabs that end where its chunks end, so that each chunk is unpacked once
 * however the requests are cut.
 */
export class SlabReader {
  readonly length: number;
  private readonly tree: Hdf5Tree;
  private readonly dataset: Dataset;
  private readonly slab: number;
  private held: Numbers = new Float64Array(0);
  private heldFrom = 0;

  constructor(tree: Hdf5Tree, dataset: Dataset) {
    this.tree = tree;
    this.dataset = dataset;
    this.length = tree.length(dataset);
    const { chunks, size } = tree.guard(dataset.path, () => dataset.metadata);
    const chunk = Math.max(1, chunks?.[0] ?? 1);
    const slab = Math.ceil(SLAB_ELEMENTS / chunk) * chunk;
    this.slab = Math.min(slab, Math.floor(SLAB_BYTES / Math.max(1, size)));
  }

  /** A fresh array of the elements `from .. to`. */
  read(from: number, to: number): Numbers {
    let result: Numbers | undefined;
    for (let at = from; at < to; ) {
      const begin = Math.floor(at / this.slab) * this.slab;
      if (this.held.length === 0 || this.heldFrom !== begin) {
        this.held = this.tree.numbers(this.dataset, begin, Math.min(this.length, begin + this.slab));
        this.heldFrom = begin;
      }
      const stop = Math.min(to, begin + this.held.length);
      result ??= sameKind(this.held, to - from);
      result.set(this.held.subarray(at - begin, stop - begin), at - from);
      at = stop;
    }
    return result ?? new Float64Array(0);
  }
}

function sameKind(like: Numbers, length: number): Numbers {
  if (like instanceof Int32Array) return new Int32Array(length);
  return like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}
