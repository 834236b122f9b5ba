/**
 * Entry of the worker thread of the CPU backend: hands requests to what does the work, and imports nothing itself. A bundler
 * puts into an entry what its parts share, they import it from there, and WebKit then runs the entry of a worker a second
 * time, with variables of its own, to which all messages go.
 */

import type { WorkReply, WorkRequest } from './work.ts';

const loading = import('./fit-work.ts');

async function answer(request: WorkRequest): Promise<WorkReply> {
  return (await loading).reply(request);
}

const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
const port = threads?.parentPort;
if (port) port.on('message', async (request: WorkRequest) => port.postMessage(await answer(request)));
else if (typeof self !== 'undefined') {
  // What cannot be loaded becomes an error of the thread, as anything else that ends it.
  self.onmessage = ({ data }: MessageEvent<WorkRequest>) => {
    answer(data).then((replied) => self.postMessage(replied), reportError);
  };
}
