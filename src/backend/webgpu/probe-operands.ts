import { philox } from '../../numeric/philox.ts';

/** Operands of one kernel call; every family asks something else of the arithmetic. */
export interface OperandPairs {
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/** Pairs of operands for each family. */
export const FAMILY_SIZE = 1024;

/** Uniform numbers in [0, 1) with 52 bits: the same sequence everywhere. */
export function uniformNumbers(stream: number): () => number {
  let at = 0;
  return () => {
    const [high, low] = philox([at++, 0, 0, stream], [0x70726f62, 0x65]);
    return (high * 0x100000 + (low >>> 12)) / 2 ** 52;
  };
}

/**
 * Four families of pairs: wide exponents, massive cancellation, positive numbers of ordinary size, and edges (equal and
 * negated operands, ties, powers of two, squares at the ends of the range). All within the range in which pairs of f32
 * keep their digits, since underflow is not what is asked here.
 */
export function operandPairs(): OperandPairs {
  const uniform = uniformNumbers(1);
  const between = (low: number, high: number): number => low + (high - low) * uniform();
  const sign = (): number => (uniform() < 0.5 ? -1 : 1);
  const significand = (): number => 1 + uniform();
  const wide = (exponent: number): number => sign() * significand() * 2 ** Math.round(between(-exponent, exponent));
  const families: (() => readonly [number, number])[] = [
    () => [wide(30), wide(30)],
    () => {
      const a = wide(20);
      return [a, -a * (1 + sign() * 2 ** -between(1, 44))];
    },
    () => [between(0.5, 1000), between(0.5, 1000)],
  ];
  const a: number[] = [];
  const b: number[] = [];
  for (const family of families) {
    for (let k = 0; k < FAMILY_SIZE; k++) {
      const [first, second] = family();
      a.push(first);
      b.push(second);
    }
  }
  const seeds = [1, -1, 1.5, 3, 1 + 2 ** -23, 2 - 2 ** -23, 4097, 1 / 3, 0.1, 2 ** 24, 2 ** 24 + 2, 2 ** -39, 2 ** 62];
  const ratios = [
    1,
    -1,
    2,
    -0.5,
    2 ** -24,
    3 * 2 ** -24,
    -(2 ** -25),
    1 + 2 ** -23,
    -1 + 2 ** -24,
    2 ** -12,
    4097 / 4096,
  ];
  for (let k = 0; k < FAMILY_SIZE; k++) {
    const round = Math.floor(k / (seeds.length * ratios.length));
    const seed = seeds[k % seeds.length] * (round === 0 ? 1 : significand() / 2);
    a.push(seed);
    b.push(seed * ratios[Math.floor(k / seeds.length) % ratios.length]);
  }
  // A power-of-two edge times less than 1 must not fall below the range.
  return { a: Float64Array.from(a, clampMagnitude), b: Float64Array.from(b, clampMagnitude) };
}

/** Numbers of 2^-39 at least, so that the error of a product is no subnormal number. */
function clampMagnitude(x: number): number {
  return Math.abs(x) < 2 ** -39 ? Math.sign(x) * 2 ** -39 : x;
}

/** Arguments of log, log1p and exp, the same number of each. */
export function functionArguments(): {
  readonly log: Float64Array;
  readonly log1p: Float64Array;
  readonly exp: Float64Array;
} {
  const uniform = uniformNumbers(2);
  const between = (low: number, high: number): number => low + (high - low) * uniform();
  const sign = (): number => (uniform() < 0.5 ? -1 : 1);
  const fill = (...families: (() => number)[]): Float64Array => {
    return Float64Array.from({ length: 4 * FAMILY_SIZE }, (_, k) => families[k % families.length]());
  };
  const small = (): number => sign() * 2 ** -between(1, 40);
  return {
    log: fill(
      () => 1 + small(),
      () => between(0.5, 2),
      () => (1 + uniform()) * 2 ** Math.round(between(-80, 80)),
      () => between(1, 1000),
    ),
    log1p: fill(
      small,
      () => between(-0.3, 0.5),
      () => between(-0.99, 0),
      () => 2 ** between(-1, 60),
    ),
    exp: fill(
      small,
      () => between(-1, 1),
      () => between(-40, 0),
      () => between(0, 80),
    ),
  };
}

/** Sums of products with known results; `terms` x `count`, term-major. */
export interface DotProducts extends OperandPairs {
  readonly terms: number;
  readonly count: number;
  /** Exact sums, and sums of absolute values. */
  readonly sum: Float64Array;
  readonly magnitude: Float64Array;
}

/**
 * Dot products of 257 terms, alternately of positive terms and with condition number 1e10 (sum of absolute values over
 * the sum's own): whatever a compiler does to a loop, to a carried sum or to a product inside a sum shows here.
 *
 * @param round what the device will be given in place of a number (the nearest pair, or the nearest f32)
 */
export function dotProducts(count: number, round: (x: number) => number): DotProducts {
  const terms = 257;
  const uniform = uniformNumbers(3);
  const a = new Float64Array(terms * count);
  const b = new Float64Array(terms * count);
  const sum = new Float64Array(count);
  const magnitude = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    // In units of 2^-104: numbers in (-2048, 2048) are multiples of 2^-52 here, so that the sum is exact.
    let exact = 0n;
    let total = 0;
    for (let t = 0; t < terms; t++) {
      const at = t * count + k;
      const last = t === terms - 1 && k % 2 === 1;
      a[at] = last ? 1 : round(onGrid(1 + uniform()));
      // The last term cancels all but 1e-10 of the others.
      const cancel = -Number(exact) / 2 ** 104 + 1e-10 * total;
      b[at] = last ? round(onGrid(cancel)) : round(onGrid((1 + uniform()) * (k % 2 === 1 && uniform() < 0.5 ? -1 : 1)));
      exact += toUnits(a[at]) * toUnits(b[at]);
      total += Math.abs(a[at] * b[at]);
    }
    sum[k] = Number(exact) / 2 ** 104;
    magnitude[k] = total;
  }
  return { terms, count, a, b, sum, magnitude };
}

/** Rounds to a multiple of 2^-40. */
function onGrid(x: number): number {
  return Math.round(x * 2 ** 40) / 2 ** 40;
}

function toUnits(x: number): bigint {
  return BigInt(x * 2 ** 52);
}
