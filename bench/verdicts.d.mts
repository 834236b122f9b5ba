export type Verdict = 'met' | 'missed' | 'within noise' | 'not measured';

/** What must hold of a value. */
export type Bar = { readonly atLeast: number } | { readonly atMost: number };

export interface Spread {
  readonly value: number;
  /** 95 % of its median, or of its sum. */
  readonly interval?: readonly [number, number];
  readonly quartiles?: readonly [number, number];
  readonly runs?: number;
  readonly difference?: true;
}

export function median(values: readonly number[]): number;
export function medianInterval(values: readonly number[]): [number, number];
export function spreadOf(values: readonly number[]): Spread;
export function spreadOfRatio(ours: readonly number[], theirs: readonly number[]): Spread;
export function spreadOfDifference(ours: readonly number[], theirs: readonly number[]): Spread;
export function spreadOfSum(steps: readonly number[]): Spread;
export function verdictOn(row: Spread & { readonly bar?: Bar | undefined }): Verdict | null;
