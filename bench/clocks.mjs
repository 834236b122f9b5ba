/**
 * Clocks of benches: the wall, the processor time of this thread, and that of the process with its other threads (workers,
 * garbage collection, compilation). On a busy machine only processor time tells what a piece of work costs.
 */
import { readFileSync } from 'node:fs';
import { median, spreadOf, spreadOfDifference, spreadOfRatio } from './verdicts.mjs';

/** Names of the clocks, in the order in which they are printed. */
export const CLOCKS = ['wall', 'process', 'thread'];

/**
 * Seconds of processor time that the calling thread has used: Node's own count where it has one, Linux's otherwise, which is
 * brought up to date some hundred times a second. NaN where neither is there.
 */
export function threadSeconds() {
  if (typeof process.threadCpuUsage === 'function') {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1e6;
  }
  try {
    // Documentation/scheduler/sched-stats.rst of Linux: nanoseconds on a processor come first.
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e9;
  } catch {
    return Number.NaN;
  }
}

/** All clocks, in seconds. */
export function readClocks() {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, process: (user + system) / 1e6, thread: threadSeconds() };
}

/** Seconds of every clock since a reading. */
export function clocksSince(before) {
  const now = readClocks();
  return Object.fromEntries(CLOCKS.map((clock) => [clock, now[clock] - before[clock]]));
}

/**
 * Runs several pieces of work in turns after a warm-up, every other round in reverse, so that what drifts or disturbs meets
 * all of them. For each: seconds by clock of every round (`samples`), the median on the wall and what the last run returned.
 * A piece that keeps clocks of its own (a child process, say) is one of `timedElsewhere`: it returns `{ clocks, ... }`.
 */
export async function alternate(works, { runs = 5, warmUp = 1, timedElsewhere = false } = {}) {
  const last = [];
  const samples = works.map(() => Object.fromEntries(CLOCKS.map((clock) => [clock, []])));
  for (let round = 0; round < warmUp + runs; round++) {
    const order = [...works.keys()];
    if (round % 2 === 1) order.reverse();
    for (const k of order) {
      const before = readClocks();
      last[k] = await works[k]();
      const clocks = timedElsewhere ? last[k].clocks : clocksSince(before);
      if (round >= warmUp) for (const clock of CLOCKS) samples[k][clock].push(clocks[clock]);
    }
  }
  return works.map((_, k) => ({ samples: samples[k], seconds: median(samples[k].wall), runs, last: last[k] }));
}

/** One piece of work, some times after a warm-up: see `alternate`. */
export async function repeat(work, options) {
  const [timed] = await alternate([work], options);
  return timed;
}

/** Median seconds of each clock. */
export function clockMedians({ samples }) {
  return Object.fromEntries(CLOCKS.map((clock) => [clock, median(samples[clock])]));
}

/** The part of a bench's row that timed work fills in: a quantity of the seconds of a clock, its spread, and all clocks. */
export function measured(timed, clock, quantity = (seconds) => seconds) {
  return { ...spreadOf(timed.samples[clock].map(quantity)), clock, times: clockMedians(timed) };
}

/** The same for the ratio of two that alternated. */
export function measuredRatio(ours, theirs, clock) {
  return { ...spreadOfRatio(ours.samples[clock], theirs.samples[clock]), clock, times: clockMedians(ours) };
}

/** The same for their difference, in some unit. */
export function measuredDifference(ours, theirs, clock, quantity = (seconds) => seconds) {
  const [a, b] = [ours, theirs].map(({ samples }) => samples[clock].map(quantity));
  return { ...spreadOfDifference(a, b), clock, times: clockMedians(ours) };
}

/**
 * Environment of a command that is timed: without certificates of the machine's own, which Node parses at each start (44 ms where
 * they are all that Debian has).
 */
export function timedEnvironment(more = {}) {
  const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;
  return { ...environment, ...more };
}
