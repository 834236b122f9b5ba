/**
 * Inflates chunk after chunk into the same memory. `inflateSync` allocates its output anew each time, which the collector does
 * not count as urgent: some 60 MB a thread are waiting at any time, and allocating takes a fifth of the time. The object
 * behind a stream of node:zlib can do better, but is no documented interface: it is tried out first, every result is
 * compared with the length that is due, and whatever is odd goes to `inflateSync`.
 */
import { constants, createInflate, deflateSync, inflateSync } from 'node:zlib';
import type { Bytes } from './bytes.ts';

/** Room behind the inflated bytes, without which zlib begins another piece to find the end. */
const SPARE_BYTES = 64;

/** What a stream of node:zlib is made of, where it is that. */
interface Engine {
  readonly _handle: {
    /** Called in place of a result. */
    onerror: unknown;
    reset(): void;
    writeSync(flush: number, input: Bytes, from: number, length: number, output: Bytes, at: number, room: number): void;
  };
  /** Bytes left of the room, and of the input; as they were where there was an error. */
  readonly _writeState: Uint32Array;
}

function isEngine(value: unknown): value is Engine {
  const { _handle: handle, _writeState: state } = value as { _handle?: Record<string, unknown>; _writeState?: unknown };
  return (
    typeof handle?.['reset'] === 'function' &&
    typeof handle['writeSync'] === 'function' &&
    state instanceof Uint32Array &&
    state.length === 2
  );
}

/** Inflates zlib streams into memory that is handed in. */
export class Inflater {
  private readonly engine: Engine | null;

  constructor() {
    const engine: unknown = createInflate();
    this.engine = isEngine(engine) && works(engine) ? engine : null;
  }

  /**
   * @param into at least `length` bytes and {@link room} more, where the result may lie
   * @throws Error of zlib for a damaged stream
   */
  inflate(packed: Bytes, length: number, into: Bytes): Bytes {
    const done = this.engine === null ? -1 : inflateInto(this.engine, packed, into.subarray(0, length + SPARE_BYTES));
    if (done === length) return into.subarray(0, length);
    const most = length + SPARE_BYTES;
    return inflateSync(packed, { chunkSize: most, maxOutputLength: most });
  }

  /** Bytes that the memory must have beside those of the result. */
  static readonly room = SPARE_BYTES;
}

/** Bytes inflated from the whole input; -1 where that failed. */
function inflateInto({ _handle: handle, _writeState: state }: Engine, packed: Bytes, into: Bytes): number {
  let failed = false;
  handle.onerror = () => {
    failed = true;
  };
  state.fill(into.length + 1);
  handle.reset();
  handle.writeSync(constants.Z_FINISH, packed, 0, packed.length, into, 0, into.length);
  const [room, input] = state;
  return !failed && input === 0 && room > 0 && room <= into.length ? into.length - room : -1;
}

/** Whether the engine inflates streams, and notices those that are cut off or damaged, in any order. */
function works(engine: Engine): boolean {
  const content = Uint8Array.from({ length: 3000 }, (_, i) => (i * i) % 251);
  const packed = new Uint8Array(deflateSync(content));
  const damaged = packed.slice();
  damaged[damaged.length - 1] ^= 1;
  const into = new Uint8Array(content.length + SPARE_BYTES);
  try {
    return [packed, packed.subarray(0, 100), packed, damaged, packed].every((stream) => {
      into.fill(0);
      const done = inflateInto(engine, stream, into);
      if (stream !== packed) return done === -1;
      return done === content.length && content.every((value, i) => value === into[i]);
    });
  } catch {
    return false;
  }
}
