import { estimatedWork, type FitPlan } from './plan.ts';

/** Seconds of estimated work on the CPU from which on a device is worth opening and measuring. */
const WORTH_MEASURING = 3;

/** Seconds that a model takes, measured on a sample of the run's own models. */
export interface MeasuredCost {
  /** On one thread. */
  readonly cpu: number;
  /** On the device, with what the host does before and after. */
  readonly device: number;
}

/** Seconds that the CPU will take for all of a plan, as estimated from its shapes. */
export function estimatedSeconds({ batches, threads }: FitPlan, draws = 0): number {
  return estimatedWork(batches, draws) / 1e9 / threads;
}

/** Whether a device may shorten a run enough to be opened and measured. */
export function worthMeasuring(plan: FitPlan, draws = 0): boolean {
  return estimatedSeconds(plan, draws) >= WORTH_MEASURING;
}

/** The faster backend by measured cost, and why, in words. */
export function fasterBackend(
  { cpu, device }: MeasuredCost,
  threads: number,
): { readonly backend: 'cpu' | 'webgpu'; readonly reason: string } {
  const rate = (seconds: number): string => Number((1 / seconds).toPrecision(2)).toLocaleString('en-US');
  const onThreads = `${rate(cpu / threads)} on ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return {
    backend: device < cpu / threads ? 'webgpu' : 'cpu',
    reason: `measured ${rate(device)} models a second on the device, ${onThreads}`,
  };
}
