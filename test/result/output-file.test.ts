import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { replaceFiles } from '../../src/data/replace-file.node.ts';
import { type FitError, isFitError } from '../../src/errors.ts';
import { piecesFile, writeFileAtomically, writeOutput } from '../../src/result/output.node.ts';
import { outputPieces } from '../../src/result/output-blob.ts';
import { parseOutput } from '../../src/result/output-target.ts';
import { writeStream } from '../../src/result/stream.node.ts';
import { itUnless } from '../requirements.ts';
import { fakeResult } from './fake-fit.ts';
import { joinPieces } from './pieces.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'output-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const result = fakeResult();
const text = (path: string) => readFile(path, 'utf8');

async function failure(promise: Promise<unknown>): Promise<FitError> {
  try {
    await promise;
  } catch (error) {
    if (isFitError(error)) return error;
    throw error;
  }
  throw new Error('no failure');
}

describe('writeOutput', () => {
  it.each(['tidy=a.tsv', 'glance=a.csv', 'ranef=a.parquet', 'a.json'])(
    '%s is the content, and nothing else',
    async (spec) => {
      const target = parseOutput(spec);
      await writeOutput(result, { ...target, path: join(folder, target.path ?? '') }, { sync: true });
      expect(await readdir(folder)).toEqual([target.path]);
      const expected = await joinPieces(outputPieces(result, target));
      expect(await readFile(join(folder, target.path ?? ''))).toEqual(expected);
    },
  );

  it('compresses', async () => {
    const target = parseOutput('a.tsv.gz');
    await writeOutput(result, { ...target, path: join(folder, 'a.tsv.gz') });
    const expected = await joinPieces(outputPieces(result, target));
    expect(gunzipSync(await readFile(join(folder, 'a.tsv.gz')))).toEqual(expected);
  });

  it('leaves no file when the table is misuse', async () => {
    const target = { ...parseOutput('toptable:nothing=a.tsv'), path: join(folder, 'a.tsv') };
    expect((await failure(writeOutput(result, target))).message).toMatch(/no contrast or coefficient 'nothing'/);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('writeFileAtomically', () => {
  async function* failing() {
    yield 'half of';
    await Promise.resolve();
    throw new Error('the source broke');
  }

  it('leaves no file behind on failure, and an old one as it was', async () => {
    const path = join(folder, 'a.txt');
    await expect(writeFileAtomically(path, failing())).rejects.toThrow('the source broke');
    expect(await readdir(folder)).toEqual([]);
    await writeFile(path, 'old');
    await expect(writeFileAtomically(path, failing(), { gzip: true })).rejects.toThrow('the source broke');
    expect(await readdir(folder)).toEqual(['a.txt']);
    expect(await text(path)).toBe('old');
    await writeFileAtomically(path, ['new ', new TextEncoder().encode('text')]);
    expect(await text(path)).toBe('new text');
  });

  it('keeps the old file until the new one is whole, and can be stopped', async () => {
    const path = join(folder, 'a.txt');
    await writeFile(path, 'old');
    const controller = new AbortController();
    async function* watched() {
      yield 'new';
      await vi.waitFor(async () => expect(await readdir(folder)).toHaveLength(2));
      expect(await text(path)).toBe('old');
      controller.abort();
      yield 'never';
    }
    const error = await failure(writeFileAtomically(path, watched(), { signal: controller.signal }));
    expect(error.tag).toBe('AbortError');
    expect(await readdir(folder)).toEqual(['a.txt']);
    expect(await text(path)).toBe('old');
  });

  it('follows a link', async () => {
    await mkdir(join(folder, 'real'));
    await writeFile(join(folder, 'real', 'a.txt'), 'old');
    await symlink(join(folder, 'real', 'a.txt'), join(folder, 'link.txt'));
    await writeFileAtomically(join(folder, 'link.txt'), ['new']);
    expect(await text(join(folder, 'real', 'a.txt'))).toBe('new');
    expect(await readdir(folder)).toEqual(['link.txt', 'real']);
  });

  it('follows links that lead on, refuses those that lead nowhere, and keeps permissions', async () => {
    await symlink('second.txt', join(folder, 'first.txt'));
    await symlink('third.txt', join(folder, 'second.txt'));
    await writeFileAtomically(join(folder, 'first.txt'), ['text']);
    expect(await text(join(folder, 'third.txt'))).toBe('text');
    expect((await lstat(join(folder, 'second.txt'))).isSymbolicLink()).toBe(true);
    await symlink('circle.txt', join(folder, 'circle.txt'));
    const circle = await failure(writeFileAtomically(join(folder, 'circle.txt'), ['text']));
    expect(circle.message).toMatch(/links lead in a circle/);
    await chmod(join(folder, 'third.txt'), 0o600);
    await writeFileAtomically(join(folder, 'third.txt'), ['again']);
    expect((await stat(join(folder, 'third.txt'))).mode & 0o777).toBe(0o600);
  });

  it('names several files only when all of them are written', async () => {
    const [first, second] = ['a.txt', 'b.txt'].map((name) => join(folder, name));
    await writeFile(first, 'old');
    await expect(replaceFiles([piecesFile(first, ['new']), piecesFile(second, failing())])).rejects.toThrow('broke');
    expect(await readdir(folder)).toEqual(['a.txt']);
    expect(await text(first)).toBe('old');
    await replaceFiles([piecesFile(first, ['new']), piecesFile(second, ['new'])]);
    expect(await text(first)).toBe('new');
    expect(await text(second)).toBe('new');
  });

  itUnless(
    process.platform === 'linux' ? null : '/dev/null is for Linux',
    'writes to a device, which stays one',
    async () => {
      await writeFileAtomically('/dev/null', ['text']);
      expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    },
  );

  it('says why a file cannot be written', async () => {
    const missing = await failure(writeFileAtomically(join(folder, 'no', 'a.txt'), ['text']));
    expect(missing.message).toMatch(/cannot write '.*a\.txt': no such folder/);
    expect(missing.fields).toMatchObject({ unreadable: true, remedy: 'Create the folder first.' });
    const isFolder = await failure(writeFileAtomically(folder, ['text']));
    expect(isFolder.tag).toBe('OptionError');
    expect(isFolder.message).toMatch(/is a folder/);
  });

  it('removes the temporary file on SIGINT, and lets the signal end the process', async () => {
    const others = process.listeners('SIGINT');
    process.removeAllListeners('SIGINT');
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    try {
      async function* interrupted() {
        yield 'text';
        await vi.waitFor(async () => expect(await readdir(folder)).toHaveLength(1));
        process.emit('SIGINT', 'SIGINT');
        expect(await readdir(folder)).toEqual([]);
        throw new Error('the process ends here');
      }
      await expect(writeFileAtomically(join(folder, 'a.txt'), interrupted())).rejects.toThrow('ends here');
      expect(kill).toHaveBeenCalledWith(process.pid, 'SIGINT');
      expect(process.listenerCount('SIGINT')).toBe(0);
    } finally {
      kill.mockRestore();
      for (const listener of others) process.on('SIGINT', listener);
    }
  });

  it('leaves SIGINT to others who listen', async () => {
    let heard = 0;
    const listener = () => heard++;
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const others = process.listeners('SIGINT');
    process.removeAllListeners('SIGINT');
    process.on('SIGINT', listener);
    try {
      function* interrupted() {
        process.emit('SIGINT', 'SIGINT');
        yield 'text';
      }
      await writeFileAtomically(join(folder, 'a.txt'), interrupted());
      expect([heard, kill.mock.calls.length, process.listenerCount('SIGINT')]).toEqual([1, 0, 1]);
      expect(await text(join(folder, 'a.txt'))).toBe('text');
    } finally {
      process.off('SIGINT', listener);
      kill.mockRestore();
      for (const other of others) process.on('SIGINT', other);
    }
  });
});

describe('writeStream', () => {
  it('is no faster than the reader, and leaves the stream open', async () => {
    const received: string[] = [];
    const stream = new Writable({
      highWaterMark: 4,
      write(chunk, _encoding, done) {
        received.push(String(chunk));
        setTimeout(done, 1);
      },
    });
    let made = 0;
    function* pieces() {
      for (; made < 20; made++) {
        expect(made).toBeLessThanOrEqual(received.length + 1);
        yield 'piece';
      }
    }
    await writeStream(stream, pieces());
    expect(received.join('')).toBe('piece'.repeat(20));
    expect(stream.destroyed).toBe(false);
    expect(stream.listenerCount('error') + stream.listenerCount('drain')).toBe(0);
  });

  function breaking(code: string): Writable {
    let writes = 0;
    return new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => done(++writes > 2 ? Object.assign(new Error('broken'), { code }) : null),
    });
  }

  it('ends quietly when the reader has gone', async () => {
    let made = 0;
    function* endless() {
      for (;;) yield `piece ${made++}`;
    }
    await writeStream(breaking('EPIPE'), endless());
    expect(made).toBeLessThan(10);
  });

  it('passes other errors on', async () => {
    await expect(writeStream(breaking('EIO'), ['a', 'b', 'c', 'd'])).rejects.toThrow('broken');
  });
});
