export type Clock = 'wall' | 'process' | 'thread';

/** Seconds by clock. */
export type Times = Readonly<Record<Clock, number>>;

export interface Timed<Result> {
  readonly samples: Readonly<Record<Clock, readonly number[]>>;
  readonly seconds: number;
  readonly runs: number;
  readonly last: Result;
}

export interface TimingOptions {
  readonly runs?: number;
  readonly warmUp?: number;
  readonly timedElsewhere?: boolean;
}

export function readClocks(): Times;
export function clocksSince(before: Times): Times;
export function alternate<Result>(
  works: readonly (() => Result | Promise<Result>)[],
  options?: TimingOptions,
): Promise<Timed<Result>[]>;
export function timedEnvironment(more?: Readonly<Record<string, string>>): Record<string, string | undefined>;
