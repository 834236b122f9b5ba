/** Loaded into a child by `--import`: writes its peak memory and processor time to BENCH_USAGE when it ends. */
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { threadSeconds } from './clocks.mjs';

if (isMainThread) {
  process.on('exit', () => {
    const usage = { ...process.resourceUsage(), mainThreadSeconds: threadSeconds() };
    writeFileSync(process.env.BENCH_USAGE, JSON.stringify(usage));
  });
}
