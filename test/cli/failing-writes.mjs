/**
 * A disk that fails, for a process that loads this before its own code: `node --import ./failing-writes.mjs cli.js ...`.
 * Counts the calls that change a file or standard output, over all threads, and spoils one of them:
 *
 *     FAIL_AT=N          the N-th of them fails (none without it)
 *     FAIL_CODE=EIO      how (ENOSPC); a number for what Node has no name for, such as 122, the quota of Linux
 *     FAIL_HOW=short     it writes half of what it was given instead
 *     FAIL_HOW=onwards   it and all after it fail, as on a disk that stays full
 *     FAIL_LOG=FILE      a line a call: number, name, what it is done to, and FAILED where it was spoilt
 *
 * Only public functions are replaced, so that it holds in every version of Node. `writeFile` and its like, which reach the
 * system by ways of their own, are written anew from those. A call that fails has no effect, except that a file is closed.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { getSystemErrorMap } from 'node:util';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const { FAIL_AT = '0', FAIL_CODE = 'ENOSPC', FAIL_HOW = 'once', FAIL_LOG } = process.env;
const KEY = 'failing-writes';
if (isMainThread) setEnvironmentData(KEY, new Int32Array(new SharedArrayBuffer(4)));
const counter = getEnvironmentData(KEY);

const real = { ...fs };
const promises = { ...fs.promises };
const log = FAIL_LOG === undefined ? null : real.openSync(FAIL_LOG, 'a');
/** Paths of what is open for writing, by descriptor. */
const open = new Map();

/** Counts a call: null where it goes its way, else `short` or the error. Closing needs no room: a full disk allows it. */
function spoil(call, target) {
  const count = Atomics.add(counter, 0, 1) + 1;
  const at = Number(FAIL_AT);
  const spoilt = count === at || (FAIL_HOW === 'onwards' && at > 0 && count > at && call !== 'close');
  if (log !== null) real.writeSync(log, `${count} ${call} ${target}${spoilt ? ' FAILED' : ''}\n`);
  if (!spoilt) return null;
  if (FAIL_HOW === 'short') return 'short';
  const known = [...getSystemErrorMap()].find(
    ([number, [name]]) => name === FAIL_CODE || number === -Number(FAIL_CODE),
  );
  const unknown = `Unknown system error -${FAIL_CODE}`;
  const [errno, [code, text]] = known ?? [-Number(FAIL_CODE), [unknown, unknown]];
  return Object.assign(new Error(`${code}: ${text}, ${call} '${target}'`), { errno, code, syscall: call });
}

function forWriting(flags = 'r') {
  return typeof flags === 'number' ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0 : flags !== 'r';
}

/** Bytes of what a writing function is given as (data, offset or encoding, length): those that are to be written. */
function bytesOf(data, offset, length) {
  if (typeof data === 'string') return Buffer.from(data, typeof length === 'string' ? length : 'utf8');
  const all = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (typeof offset === 'object' && offset !== null) return bytesOf(data, offset.offset, offset.length);
  return all.subarray(offset ?? 0, (offset ?? 0) + (length ?? all.length - (offset ?? 0)));
}

const half = (bytes) => bytes.subarray(0, Math.ceil(bytes.length / 2));

/** Functions that answer at once. */
const named = ['rename', 'mkdir', 'mkdtemp', 'copyFile', 'truncate'];
for (const call of named) {
  const name = `${call}Sync`;
  fs[name] = (...given) => {
    const failure = spoil(call, given[call === 'rename' || call === 'copyFile' ? 1 : 0]);
    if (failure instanceof Error) throw failure;
    return real[name](...given);
  };
}
fs.openSync = (path, flags, mode) => {
  if (!forWriting(flags)) return real.openSync(path, flags, mode);
  const failure = spoil('open', path);
  if (failure instanceof Error) throw failure;
  const fd = real.openSync(path, flags, mode);
  open.set(fd, path);
  return fd;
};
fs.writeSync = (fd, data, offset, length, position) => {
  const failure = open.has(fd) ? spoil('write', open.get(fd)) : null;
  if (failure === null) return real.writeSync(fd, data, offset, length, position);
  if (failure instanceof Error) throw failure;
  const bytes = half(bytesOf(data, offset, length));
  const place = typeof data === 'string' ? offset : typeof offset === 'object' ? offset?.position : position;
  return real.writeSync(fd, bytes, 0, bytes.length, place);
};
for (const call of ['fsync', 'fdatasync', 'ftruncate', 'close']) {
  fs[`${call}Sync`] = (fd, ...given) => {
    const failure = open.has(fd) ? spoil(call, open.get(fd)) : null;
    if (call === 'close') open.delete(fd);
    if (call === 'close' || failure === null) real[`${call}Sync`](fd, ...given);
    if (failure instanceof Error) throw failure;
  };
}
fs.writeFileSync = (path, data, options) => {
  const fd = fs.openSync(path, options?.flag ?? 'w', options?.mode);
  try {
    const bytes = bytesOf(data);
    for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done, bytes.length - done);
  } finally {
    fs.closeSync(fd);
  }
};

/** Functions with a callback, which streams use. */
fs.open = (path, flags, ...rest) => {
  const done = rest.pop();
  if (!forWriting(flags)) return real.open(path, flags, ...rest, done);
  const failure = spoil('open', path);
  if (failure instanceof Error) return process.nextTick(done, failure);
  return real.open(path, flags, ...rest, (error, fd) => {
    if (!error) open.set(fd, path);
    done(error, fd);
  });
};
fs.write = (fd, data, ...rest) => {
  const done = rest.pop();
  const failure = open.has(fd) ? spoil('write', open.get(fd)) : null;
  if (failure === null) return real.write(fd, data, ...rest, done);
  if (failure instanceof Error) return process.nextTick(done, failure);
  const bytes = half(bytesOf(data, rest[0], rest[1]));
  return real.write(fd, bytes, 0, bytes.length, rest[2], (error, written) => done(error, written, data));
};
fs.writev = (fd, pieces, ...rest) => {
  const done = rest.pop();
  const failure = open.has(fd) ? spoil('writev', open.get(fd)) : null;
  if (failure === null) return real.writev(fd, pieces, ...rest, done);
  if (failure instanceof Error) return process.nextTick(done, failure);
  const bytes = half(bytesOf(pieces[0]));
  return real.write(fd, bytes, 0, bytes.length, rest[0], (error, written) => done(error, written, pieces));
};
fs.close = (fd, done = () => {}) => {
  const failure = open.has(fd) ? spoil('close', open.get(fd)) : null;
  open.delete(fd);
  real.close(fd, (error) => done(failure instanceof Error ? failure : error));
};

/** Promises, and the handles that they give. */
for (const call of named) {
  fs.promises[call] = async (...given) => {
    const failure = spoil(call, given[call === 'rename' || call === 'copyFile' ? 1 : 0]);
    if (failure instanceof Error) throw failure;
    return promises[call](...given);
  };
}
fs.promises.open = async (path, flags, mode) => {
  if (!forWriting(flags)) return promises.open(path, flags, mode);
  const failure = spoil('open', path);
  if (failure instanceof Error) throw failure;
  return spoiltHandle(await promises.open(path, flags, mode), path);
};
fs.promises.writeFile = async (path, data, options) => {
  const handle = await fs.promises.open(path, options?.flag ?? 'w', options?.mode);
  try {
    await handle.writeFile(data);
  } finally {
    await handle.close();
  }
};

function spoiltHandle(handle, path) {
  const own = Object.fromEntries(
    ['write', 'sync', 'datasync', 'truncate', 'close'].map((call) => [call, handle[call].bind(handle)]),
  );
  for (const call of ['sync', 'datasync', 'truncate', 'close']) {
    handle[call] = async (...given) => {
      const failure = spoil(call, path);
      if (call === 'close' || failure === null) await own[call](...given);
      if (failure instanceof Error) throw failure;
    };
  }
  handle.write = async (data, offset, length, position) => {
    const failure = spoil('write', path);
    if (failure === null) return own.write(data, offset, length, position);
    if (failure instanceof Error) throw failure;
    const bytes = half(bytesOf(data, offset, length));
    const place = typeof data === 'string' ? offset : typeof offset === 'object' ? offset?.position : position;
    return { ...(await own.write(bytes, 0, bytes.length, place)), buffer: data };
  };
  handle.writeFile = async (data) => {
    const pieces = typeof data === 'string' || ArrayBuffer.isView(data) ? [data] : data;
    for await (const piece of pieces) {
      const bytes = bytesOf(piece);
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done, null)).bytesWritten;
      }
    }
  };
  handle.appendFile = handle.writeFile;
  return handle;
}

/** Standard output, whatever is behind it. Threads send theirs to the main one. */
if (isMainThread) {
  for (const call of ['_write', '_writev']) {
    const write = process.stdout[call]?.bind(process.stdout);
    if (write === undefined) continue;
    process.stdout[call] = (...given) => {
      const failure = spoil('write', 'standard output');
      if (failure instanceof Error) given.at(-1)(failure);
      else write(...given);
    };
  }
}

syncBuiltinESMExports();
