/**
 * Fits of a run in a file beside its output as they are finished, so that they outlive a process that is killed: records one
 * behind the other, each a 32-bit number of bytes and an `array-file.ts` with its checksum. The first one says what the fits
 * are of; a last one that was not written to its end is left out.
 */
import { type FileHandle, open, readFile, unlink } from 'node:fs/promises';
import { FitError } from '../../errors.ts';
import type { FitChunk } from '../../lmm/engine.ts';
import { deserialiseArrays, hasMagic, serialiseArrays } from '../../moments/array-file.ts';
import { type FitOrigin, originDifference } from './fit-origin.node.ts';
import { packFits, unpackFits } from './packed-fits.ts';

const MAGIC = 'webgpu-lmm fits 1\n';
const LENGTH = 4;
/** Milliseconds from which on a run is long. */
const LONG_RUN = 60_000;

export interface UnfinishedOptions {
  /** Take the fits of an earlier run, and keep those of this one from its beginning; else a long run keeps its fits. */
  readonly resume: boolean;
  /** Found when it is needed: it takes a pass over all moments. */
  readonly origin: () => Promise<FitOrigin>;
  readonly note: (text: string) => void;
}

/** The file, and the fits of an earlier run in it. */
export class UnfinishedFits {
  /** Fits of an earlier run of the same origin. */
  readonly held: readonly FitChunk[];
  private readonly path: string;
  private readonly options: UnfinishedOptions;
  private readonly begins: number;
  private file: FileHandle | null;
  private writing: Promise<void> | null = null;
  private waiting: FitChunk[] = [];
  private kept: number;
  /** False once the file cannot be written, or is another's. */
  private keeps = true;

  private constructor(path: string, options: UnfinishedOptions, held: readonly FitChunk[], file: FileHandle | null) {
    this.path = path;
    this.options = options;
    this.held = held;
    this.file = file;
    this.kept = held.reduce((sum, { count }) => sum + count, 0);
    this.begins = options.resume ? 0 : Date.now() + LONG_RUN;
  }

  /**
   * Reads what an earlier run left. Another's file of that name stays as it is: nothing is kept then, and where fits are to be resumed
   * this rejects with DataError (`unreadable`).
   */
  static async open(path: string, options: UnfinishedOptions): Promise<UnfinishedFits> {
    const { resume, note } = options;
    const kind = await kindOf(path);
    if (kind === 'none') return new UnfinishedFits(path, options, [], null);
    if (kind === 'other') {
      const remedy = 'Move that file, or give the output another name.';
      const message = `${path} is in the way: finished fits are kept there`;
      if (resume) throw new FitError('DataError', message, { path, unreadable: true, remedy });
      const none = new UnfinishedFits(path, options, [], null);
      none.keeps = false;
      return none;
    }
    if (!resume) {
      note(`${path} holds fits of a run that did not end: “resume” would take them, this run begins anew`);
      return new UnfinishedFits(path, options, [], null);
    }
    const { origin, chunks, end } = readRecords(await readFile(path));
    const difference = origin === null ? 'no origin' : originDifference(origin, await options.origin());
    if (difference !== null) {
      note(`the fits in ${path} are not those of this run (${difference}): all are fitted anew`);
      return new UnfinishedFits(path, options, [], null);
    }
    const file = await open(path, 'a');
    await file.truncate(end);
    const held = new UnfinishedFits(path, options, chunks, file);
    note(`${held.kept} fits of a run that did not end are taken from ${path}`);
    return held;
  }

  /** Keeps a chunk, whose rows stay as they are, at once or later. */
  add(chunk: FitChunk): void {
    if (!this.keeps) return;
    this.waiting.push(chunk);
    if (Date.now() < this.begins) return;
    this.writing ??= this.write().finally(() => {
      this.writing = null;
    });
  }

  /** Ends the keeping, where a run fails: what is kept stays for another one. */
  async leave(): Promise<void> {
    await this.close();
    if (this.kept > 0 && this.keeps) {
      this.options.note(`${this.kept} finished fits are kept in ${this.path}: “resume” goes on from them`);
    }
  }

  /** Ends the keeping, where a run has done its work: nothing is left. */
  async remove(): Promise<void> {
    await this.close();
    if ((await kindOf(this.path)) === 'fits') await unlink(this.path);
  }

  private async close(): Promise<void> {
    await this.writing;
    await this.file?.close();
    this.file = null;
    this.waiting = [];
  }

  private async write(): Promise<void> {
    try {
      while (this.waiting.length > 0) {
        if (this.file === null) {
          const first = recordOf({ origin: await this.options.origin() });
          this.file = await open(this.path, 'w');
          await this.file.appendFile(first);
        }
        const chunks = this.waiting.splice(0);
        await this.file.appendFile(recordOf(packFits(chunks)));
        this.kept += chunks.reduce((sum, { count }) => sum + count, 0);
      }
    } catch (error) {
      // The fits matter more than their copies.
      this.keeps = false;
      this.options.note(
        `finished fits cannot be kept in ${this.path}: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
}

/** Whether there are fits at a path, nothing, or what is not ours. */
async function kindOf(path: string): Promise<'none' | 'fits' | 'other'> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => cause);
  if (file instanceof Error) return file.code === 'ENOENT' ? 'none' : 'other';
  try {
    const head = new Uint8Array(LENGTH + MAGIC.length);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    // A run may have been killed before it wrote anything.
    return bytesRead === 0 || hasMagic(MAGIC, head.subarray(LENGTH)) ? 'fits' : 'other';
  } catch {
    return 'other'; // a folder
  } finally {
    await file.close();
  }
}

function recordOf(content: object): Uint8Array {
  const pieces = [...serialiseArrays(MAGIC, content)];
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const record = new Uint8Array(LENGTH + size);
  new DataView(record.buffer).setUint32(0, size, true);
  let at = LENGTH;
  for (const piece of pieces) {
    record.set(piece, at);
    at += piece.length;
  }
  return record;
}

/** What the whole records of a file say, and where they end. */
function readRecords(bytes: Uint8Array): { origin: FitOrigin | null; chunks: FitChunk[]; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: FitChunk[] = [];
  let origin: FitOrigin | null = null;
  let end = 0;
  try {
    while (end + LENGTH < bytes.length) {
      const size = view.getUint32(end, true);
      const content = deserialiseArrays(MAGIC, bytes.subarray(end + LENGTH, end + LENGTH + size));
      if (end === 0) origin = (content as { origin: FitOrigin }).origin;
      else chunks.push(...unpackFits(content));
      end += LENGTH + size;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // a record that was not written to its end
  }
  return { origin, chunks, end };
}
