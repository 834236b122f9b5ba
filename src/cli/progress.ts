import type { SingleBar } from 'cli-progress';
import type { Progress } from '../types/fit-result.ts';

/** Progress on stderr: a bar on a terminal, a plain line every few seconds in a log, nothing when quiet. */
export interface ProgressReport {
  readonly report: Progress | undefined;
  stop(): void;
}

const LABELS = { read: 'reading', fit: 'fitting' } as const;
const UNITS = { read: 'entries', fit: 'models' } as const;
/** Seconds between lines in a log, and before the first: short runs stay silent. */
const LINE_EVERY = 5;

export async function startProgress(quiet: boolean): Promise<ProgressReport> {
  if (quiet) return { report: undefined, stop: () => {} };
  if (!process.stderr.isTTY) return logLines();
  const { SingleBar } = await import('cli-progress');
  return terminalBar(SingleBar);
}

function terminalBar(Bar: typeof SingleBar): ProgressReport {
  let bar: SingleBar | null = null;
  let phase = '';
  let started = 0;
  const stop = () => {
    bar?.stop();
    bar = null;
  };
  return {
    report(next, done, total) {
      if (next !== phase || !bar) {
        stop();
        phase = next;
        bar = new Bar({
          stream: process.stderr,
          format: `${LABELS[next]} {bar} {percentage}% | {value}/{total} ${UNITS[next]} | {rate}/s | {eta_formatted} left`,
          hideCursor: true,
          clearOnComplete: true,
          etaBuffer: 50,
        });
        bar.start(total, 0, { rate: '0' });
        started = Date.now();
      }
      const seconds = Math.max(0.001, (Date.now() - started) / 1000);
      bar.update(done, { rate: rateText(done / seconds) });
      if (done >= total) stop();
    },
    stop,
  };
}

function logLines(): ProgressReport {
  let phase = '';
  let begun = 0;
  let last = 0;
  return {
    report(next, done, total) {
      const now = Date.now() / 1000;
      if (next !== phase) {
        phase = next;
        begun = now;
        last = now;
      }
      if (now - last < LINE_EVERY || done >= total) return;
      last = now;
      const rate = done / Math.max(0.001, now - begun);
      const left = Math.ceil((total - done) / Math.max(rate, 1e-9));
      process.stderr.write(
        `${LABELS[next]}: ${done} of ${total} ${UNITS[next]} (${Math.floor((100 * done) / total)} %), ${rateText(rate)}/s, ${left} s left\n`,
      );
    },
    stop: () => {},
  };
}

/** A rate with at most four digits. */
export function rateText(rate: number): string {
  return rate >= 1000 ? `${Math.round(rate)}` : rate.toPrecision(3);
}
