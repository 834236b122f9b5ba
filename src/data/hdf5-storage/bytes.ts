/** Bytes of a file at any place, and the fields of HDF5's structures read from them (all little-endian). */

/** Bytes that no other thread writes to. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A file whose bytes can be had from any place. */
export interface ByteSource {
  readonly size: number;
  /** Exactly these bytes, where it can in memory of the caller's. @throws RangeError where the file ends before */
  read(offset: number, length: number, into?: { room(bytes: number): Bytes }): Bytes;
}

/** A structure that is not as simple as this reader wants it, or damaged: the HDF5 library then reads the data set. */
export class NotSimpleError extends Error {}

/** Checks the signature that a structure begins with. @throws NotSimpleError */
export function requireSignature(fields: Fields, signature: string): void {
  for (const letter of signature) {
    if (fields.number(1) !== letter.charCodeAt(0)) throw new NotSimpleError(`no ${signature}`);
  }
}

/** The undefined address: all bits set. */
export const NO_ADDRESS = -1;

/** Reads the fields of a structure one after the other. @throws RangeError at the end of its bytes */
export class Fields {
  at = 0;
  private readonly view: DataView<ArrayBuffer>;

  constructor(bytes: Bytes) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.view.byteLength - this.at;
  }

  skip(bytes: number): void {
    this.at += bytes;
  }

  /** A whole number of 1 to 8 bytes. @throws NotSimpleError beyond 2^53 */
  number(bytes: number): number {
    let value = 0;
    for (let k = bytes - 1; k >= 0; k--) value = value * 256 + this.view.getUint8(this.at + k);
    this.at += bytes;
    if (!Number.isSafeInteger(value)) throw new NotSimpleError('a number beyond 2^53');
    return value;
  }

  /** An address of 8 bytes, {@link NO_ADDRESS} where it is undefined. */
  address(): number {
    const { view, at } = this;
    if (view.getUint32(at, true) === 0xffffffff && view.getUint32(at + 4, true) === 0xffffffff) {
      this.at += 8;
      return NO_ADDRESS;
    }
    return this.number(8);
  }

  /** The next bytes. */
  bytes(count: number): Bytes {
    const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, count);
    if (count > this.left) throw new RangeError(`no ${count} bytes`);
    this.at += count;
    return bytes;
  }

  /** The fields of the next bytes. */
  part(bytes: number): Fields {
    return new Fields(this.bytes(bytes));
  }
}

/** The text before the first zero, UTF-8. */
export function textOf(bytes: Bytes): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

const decoder = new TextDecoder();
