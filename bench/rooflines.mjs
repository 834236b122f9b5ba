/** Devices, and which of their limits a kernel meets first. */
import { trafficOf } from './kernel-counts.mjs';

/**
 * By their makers' data sheets. A copy to the M2's unified memory is one within it. The M2 has no bus, and its host is fast,
 * but all times of the host are those of the machine that the bench runs on.
 */
export const CARDS = [
  { name: 'H100 (SXM)', flops: 67e12, memory: 3.35e12, transfer: 55e9 },
  { name: 'RTX 4090', flops: 82.6e12, memory: 1.01e12, transfer: 25e9 },
  { name: 'M2', flops: 3.6e12, memory: 100e9, transfer: 100e9 },
];

/**
 * Shares of the peak. Arithmetic: peaks count fused multiply-adds, of which the kernels have few (a half), and every other
 * instruction is an address, a load or a comparison (a half of that); where threads search, a group of 32 goes on until its
 * last has found, which is measured. Memory and bus: what streams reach.
 */
export const EFFICIENCY = { arithmetic: 0.25, memory: 0.8, transfer: 0.8 };

/** Threads that share instructions. */
export const LOCKSTEP = 32;

/** Share of the turns of a group that its threads use, from the evaluations of columns in order. */
export function lockstepShare(evaluations) {
  let used = 0;
  let taken = 0;
  for (let first = 0; first < evaluations.length; first += LOCKSTEP) {
    const group = evaluations.slice(first, first + LOCKSTEP);
    used += group.reduce((sum, count) => sum + count, 0);
    taken += group.length * Math.max(...group);
  }
  return taken === 0 ? 1 : used / taken;
}

/**
 * Seconds of a column by each limit, the largest, and the largest on the device: of `columns` that share what goes up once, with so many seconds of the
 * host for each.
 */
export function roofline(count, card, { columns, host, lockstep = 1 }) {
  const limits = {
    transfer: (count.up + count.down + count.once / columns) / (card.transfer * EFFICIENCY.transfer),
    memory: trafficOf(count) / (card.memory * EFFICIENCY.memory),
    arithmetic: count.operations / (card.flops * EFFICIENCY.arithmetic * lockstep),
    'host finish': host,
  };
  const largest = (entries) => entries.reduce((a, b) => (b[1] > a[1] ? b : a));
  const [starved, seconds] = largest(Object.entries(limits));
  const [device] = largest(Object.entries(limits).filter(([limit]) => limit !== 'host finish'));
  return { limits, starved, device, seconds };
}
