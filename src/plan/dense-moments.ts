/**
 * Whether a device forms the moments of dense responses: by the work there is, then by measured time. Plain data and pure
 * functions; nothing here knows a GPU.
 */

/** Multiply-adds of float64 from which on a device is worth a measurement: about half a second of one core. */
export const WORTH_MEASURING = 5e8;
/** Seconds from which on a chunk's time says what the device can do: shorter ones are mostly waiting. */
const TELLING_SECONDS = 0.05;

/** Multiply-adds that the moments of one response take: two projections, their sums, the square and the levels. */
export function momentWork(rows: number, columns: number, entries: number): number {
  return rows * (4 * columns + 3) + entries;
}

/** Seconds of a response, with all that the host does for it. */
export interface MomentCost {
  readonly device: number;
  readonly host: number;
}

/**
 * What follows from a trial of `responses` responses: the faster of the two, or a larger trial (`grow`) where the device
 * lost a short one.
 */
export function afterTrial(
  { device, host }: MomentCost,
  responses: number,
  largest: boolean,
): 'device' | 'host' | 'grow' {
  if (device < host) return 'device';
  return largest || device * responses >= TELLING_SECONDS ? 'host' : 'grow';
}

/** The same in words, for `--explain`. */
export function costText({ device, host }: MomentCost): string {
  const rate = (seconds: number): string => Number((1 / seconds).toPrecision(2)).toLocaleString('en-US');
  return `measured ${rate(device)} responses a second on the device, ${rate(host)} on the host`;
}
