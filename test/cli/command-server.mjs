/**
 * Runs the built command again and again in one process, one run after another: starting Node and loading the packages takes
 * ten times as long as most runs of the tests. It gets arguments from its parent and sends back what a process of its own
 * would have left: exit status, stdout and stderr. The entry is evaluated anew for each run, the modules under it once.
 *
 *     node test/cli/command-server.mjs dist/cli.js
 */
import { pathToFileURL } from 'node:url';

const command = process.argv[2];
const entry = pathToFileURL(command).href;

let runs = 0;
let last = Promise.resolve();

/** Takes what is written to a stream; `restore` lets it write by itself again. */
function capture(stream) {
  const pieces = [];
  const { write } = stream;
  const listeners = stream.listeners('error');
  stream.write = (piece, encoding, done) => {
    pieces.push(Buffer.from(piece));
    const callback = typeof encoding === 'function' ? encoding : done;
    if (callback) process.nextTick(callback);
    return true;
  };
  return {
    text: () => Buffer.concat(pieces).toString(),
    restore() {
      stream.write = write;
      for (const listener of stream.listeners('error'))
        if (!listeners.includes(listener)) stream.off('error', listener);
    },
  };
}

async function run(args) {
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  process.argv = [process.execPath, command, ...args];
  process.exitCode = undefined;
  try {
    await import(`${entry}?run=${runs++}`);
    return { status: process.exitCode ?? 0, stdout: stdout.text(), stderr: stderr.text() };
  } catch (error) {
    // What would have ended a process.
    return {
      status: 1,
      stdout: stdout.text(),
      stderr: `${stderr.text()}${error instanceof Error ? error.stack : error}`,
    };
  } finally {
    process.exitCode = undefined;
    stdout.restore();
    stderr.restore();
  }
}

process.on('message', ({ id, args }) => {
  last = last.then(async () => process.send?.({ id, outcome: await run(args) }));
});
process.on('disconnect', () => process.exit(0));
