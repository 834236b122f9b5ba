import type { ModelShape } from './device-models.mjs';

export interface DeviceCase extends ModelShape {
  readonly name: string;
  /** What fits it, with so many responses. */
  readonly engine: 'spectral' | 'block' | 'crossed';
  /** Those that are tested; benches take numbers of their own. */
  readonly responses: number;
  /** Benches time it. */
  readonly timed?: true;
  /** Methods that are tested: both, unless it is slow. */
  readonly methods?: readonly ['REML'];
  /** Share of the fits that float64 may refuse, where it is not the usual one. */
  readonly refits?: number;
  /** Why the device leaves it to the CPU: a regular expression. */
  readonly left?: string;
  /** Fewest and most dispatches, where their number is what the case is about. */
  readonly dispatches?: readonly [number, number];
}

export const CASES: readonly DeviceCase[];
