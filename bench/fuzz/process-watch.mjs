/**
 * Ends a process that takes too long or too much memory. Time is processor time where the system tells it (Linux), so that
 * a busy machine makes no hangs; what waits without working is given three times as long.
 */
import { readFileSync } from 'node:fs';

/** No attack has a file that needs this much. */
const MEMORY = 3 * 2 ** 30;
const PATIENCE = 3;
const TICKS_PER_SECOND = 100;
const PAGE = 4096;

/** Seconds of processor time and resident bytes of a process; null where the system does not tell. */
function usage(pid) {
  try {
    // Behind the name, which is in parentheses: utime and stime are the 12th and 13th field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, bytes: Number(fields[21]) * PAGE };
  } catch {
    return null;
  }
}

/**
 * Watches a process from now on and calls `end` with a verdict and message once it is beyond `limit` seconds or the
 * memory. Returns a function that stops watching.
 */
export function watchProcess(pid, limit, end) {
  const started = performance.now();
  const before = usage(pid)?.seconds ?? 0;
  const timer = setInterval(() => {
    const wall = (performance.now() - started) / 1000;
    const now = usage(pid);
    const busy = now === null ? wall : now.seconds - before;
    if (busy > limit || wall > PATIENCE * limit) end({ verdict: 'hang', message: `no end within ${limit} s` });
    else if (now !== null && now.bytes > MEMORY)
      end({ verdict: 'crash', message: `memory above ${MEMORY / 2 ** 30} GB` });
  }, 200);
  return () => clearInterval(timer);
}
