/** Sizes and checksums of files and folders, read while the run goes on. */
import { createHash } from 'node:crypto';
import { createReadStream, type Stats, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Null for what is not known: a pipe has no size, and what a failed run did not come to has no checksum. */
export interface FileDigest {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'other' | null;
  /** Of a folder, the files in it and in those below. */
  readonly files: number | null;
  /** Bytes. */
  readonly size: number | null;
  /** Of a folder that of the list of its files, as `sha256sum` writes it, in the order of their paths' code units. */
  readonly sha256: string | null;
}

/** Bytes that are read at once. */
const PIECE = 1 << 20;

/**
 * Checksums of several places, found one after the other. Between pieces of a few milliseconds each the thread does what else
 * there is to do.
 */
export class FileDigests {
  private readonly paths: readonly string[];
  private readonly found: FileDigest[] = [];
  private readonly controller = new AbortController();
  private readonly work: Promise<void>;

  constructor(paths: readonly string[]) {
    this.paths = paths;
    this.work = this.run();
  }

  /** All of them. */
  async all(): Promise<readonly FileDigest[]> {
    await this.work;
    return this.found;
  }

  /** Ends the reading: what was not reached has a size and no checksum. */
  async stop(): Promise<readonly FileDigest[]> {
    this.controller.abort();
    await this.work;
    return this.found;
  }

  private async run(): Promise<void> {
    const { signal } = this.controller;
    for (const path of this.paths) {
      const known = await sizeOf(path);
      const sha256 = await digestOf(known, signal).catch(() => null); // the run itself says what it cannot read
      this.found.push({ ...known, sha256 });
    }
  }
}

/** Kind and size of a place. */
export async function sizeOf(path: string): Promise<FileDigest> {
  const none: FileDigest = { path, kind: null, files: null, size: null, sha256: null };
  const found = kindOf(path);
  if (found?.isFile()) return { ...none, kind: 'file', size: found.size };
  if (!found?.isDirectory()) return found ? { ...none, kind: 'other' } : none;
  const files = await filesIn(path).catch(() => []);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(path, file))).size)).catch(() => null);
  const size = sizes?.reduce((sum, own) => sum + own, 0) ?? null;
  return { ...none, kind: 'folder', files: files.length, size };
}

function kindOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // behind what is no folder
  }
}

async function digestOf({ path, kind }: FileDigest, signal: AbortSignal): Promise<string | null> {
  if (kind === 'file') return sha256Of(path, signal);
  if (kind !== 'folder') return null;
  const list = createHash('sha256');
  for (const file of await filesIn(path)) list.update(`${await sha256Of(join(path, file), signal)}  ${file}\n`);
  return list.digest('hex');
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: PIECE }), hash, { signal });
  return hash.digest('hex');
}

/** Paths of the files below a folder, relative to it and with slashes. */
async function filesIn(folder: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const nested = entries.map(async (entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    return entry.isDirectory() ? filesIn(folder, path) : [path];
  });
  const all = (await Promise.all(nested)).flat();
  return below === '' ? all.sort((a, b) => (a < b ? -1 : 1)) : all;
}
