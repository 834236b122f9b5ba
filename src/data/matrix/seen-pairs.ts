import { FitError } from '../../errors.ts';

/** Bytes that the marks of all pairs may take. */
const MOST_BYTES = 1 << 29;

/**
 * Remembers which pairs of feature and cell a file had, in any order. Files in the order of features and cells need no marks:
 * their pairs only grow. Others get one bit a pair.
 */
export class SeenPairs {
  private readonly features: number;
  private readonly cells: number;
  private readonly path: string;
  private readonly bits: Uint8Array | null;
  private last = -1;
  private growing = true;

  constructor(features: number, cells: number, path: string) {
    this.features = features;
    this.cells = cells;
    this.path = path;
    const bytes = Math.ceil((features * cells) / 8);
    this.bits = bytes <= MOST_BYTES ? new Uint8Array(bytes) : null;
  }

  /**
   * Marks a pair; false where it was there before.
   *
   * @throws FitError DataError for a matrix in no order that is too large to be checked
   */
  add(feature: number, cell: number): boolean {
    const key = feature * this.cells + cell;
    if (key <= this.last) this.growing = false;
    this.last = key;
    if (this.bits === null) {
      if (this.growing) return true;
      throw new FitError(
        'DataError',
        `the entries of ${this.path} are in no order, and ${this.features} x ${this.cells} pairs are too many to look for repeats`,
        { path: this.path, remedy: 'Sort the file by cell: its columns in increasing order.' },
      );
    }
    const byte = Math.floor(key / 8);
    const bit = 1 << (key % 8);
    if ((this.bits[byte] & bit) !== 0) return false;
    this.bits[byte] |= bit;
    return true;
  }
}
