import { isFitError } from '../../errors.ts';
import { EXACT_TRANSFORMS, joinDf64, splitDf64 } from '../../numeric/df64.ts';
import type { WebGpu } from './device.ts';
import type { NumberFormat } from './link.ts';
import { callKernel } from './probe-kernel.ts';
import { dotProducts, functionArguments, operandPairs } from './probe-operands.ts';

/** Worst error of one operation over all its operands, and what it may be. */
export interface Check {
  readonly name: string;
  readonly worst: number;
  readonly bound: number;
}

export interface VariantReport {
  readonly name: NumberFormat;
  readonly passed: boolean;
  readonly checks: readonly Check[];
  /** Why the checks could not be run: the compiler's or the device's message. */
  readonly failure: string | null;
}

/**
 * Bounds for pairs, relative to the exact result. The operations err by 2^-45 at most, what a broken transform leaves by
 * 2^-24 or more; dot products relative to the sum of absolute values, where 257 roundings of 2^-47 add up like 2^-43.
 */
const PAIR_BOUNDS = { operation: 2 ** -44, exponential: 2 ** -43, chain: 2 ** -42 };
/** Bounds for f32: WGSL allows a quotient 2.5 units, so a few ulp; 257 roundings of 2^-24. */
const SINGLE_BOUNDS = { operation: 2 ** -21, exponential: 2 ** -20, chain: 2 ** -15 };

/** Names of the rows of probe/operations: exact result, and the magnitude that the error is relative to. */
const OPERATIONS: readonly (readonly [
  name: string,
  exact: (a: number, b: number) => number,
  sized?: typeof magnitudeOf,
])[] = [
  ['add', (a, b) => a + b],
  ['sub', (a, b) => a - b],
  ['mul', (a, b) => a * b],
  ['mul-add', (a, b) => a * b + a, magnitudeOf],
  ['sqr', (a) => a * a],
  ['div', (a, b) => a / b],
  ['recip', (_a, b) => 1 / b],
  ['sqrt', (a) => Math.sqrt(Math.abs(a))],
  ['sub of equals', () => 0],
  ['mul of equals', (a) => a * a],
  ['add of negated', (a, b) => a - b],
  ['add to constant', (_a, b) => 1 + b],
];

function magnitudeOf(a: number, b: number): number {
  return Math.abs(a * b) + Math.abs(a);
}

const GROUP = 64;
const CHAINS = 64;
const CHAIN_GROUP = 32;

/**
 * Runs every check of one number module on the device and compares with float64. A module that does not compile fails;
 * a device that goes away rejects.
 *
 * @param sources shader modules, for tests with broken ones
 */
export async function probeVariant(
  gpu: WebGpu,
  number: NumberFormat,
  sources?: Readonly<Record<string, string>>,
): Promise<VariantReport> {
  const call = { number, ...(sources === undefined ? {} : { sources }) };
  const checks: Check[] = [];
  try {
    if (number !== 'f32') checks.push(...(await checkTransforms(gpu, call)));
    checks.push(...(await checkOperations(gpu, call)));
    checks.push(...(await checkFunctions(gpu, call)));
    checks.push(...(await checkChains(gpu, call)));
    if (gpu.features.has('subgroups')) checks.push(await checkSubgroups(gpu, call));
  } catch (error) {
    if (!isFitError(error, 'DeviceError')) throw error;
    gpu.check(); // a device that is gone says nothing of the variant
    return { name: number, passed: false, checks, failure: error.message };
  }
  return { name: number, passed: checks.every(({ worst, bound }) => worst <= bound), checks, failure: null };
}

interface Call {
  readonly number: NumberFormat;
  readonly sources?: Readonly<Record<string, string>>;
}

function boundsFor(number: NumberFormat): typeof PAIR_BOUNDS {
  return number === 'f32' ? SINGLE_BOUNDS : PAIR_BOUNDS;
}

/** What a device is given in place of x: the nearest pair, or the nearest f32. */
function rounderFor(number: NumberFormat): (x: number) => number {
  return number === 'f32' ? Math.fround : (x) => joinDf64(splitDf64(x));
}

/** Pairs interleaved: hi, lo of one number after the other. */
function pairsOf(...columns: readonly Float64Array[]): Float32Array {
  const [first] = columns;
  const pairs = new Float32Array(2 * columns.length * first.length);
  for (let k = 0; k < first.length; k++) {
    columns.forEach((column, c) => {
      pairs.set(splitDf64(column[k]), 2 * (k * columns.length + c));
    });
  }
  return pairs;
}

/** Relative error; infinite for NaN, and for anything but 0 where 0 is right. */
function errorOf(got: number, exact: number, size = Math.abs(exact)): number {
  if (got === exact) return 0;
  const error = Math.abs(got - exact) / size;
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

/** Share of sums, ordered sums and products whose rounded value or rounding error is not bit for bit the right one. */
async function checkTransforms(gpu: WebGpu, call: Call): Promise<Check[]> {
  const { a, b } = operandPairs();
  const count = a.length;
  const operands = new Float32Array(2 * count);
  for (let k = 0; k < count; k++) operands.set([a[k], b[k]], 2 * k);
  const size = 3 * count * 8;
  const [bytes] = await callKernel(gpu, {
    ...call,
    kernel: 'probe/transforms',
    count,
    group: GROUP,
    inputs: [{ data: operands }],
    outputs: [{ size, binding: 2 }],
  });
  const results = new Float32Array(bytes);
  const { sum, product } = EXACT_TRANSFORMS;
  const exact = [
    (x: number, y: number) => sum(x, y, false),
    (x: number, y: number) => sum(x, y, true),
    product,
  ] as const;
  return exact.map((transform, row) => {
    let wrong = 0;
    for (let k = 0; k < count; k++) {
      const [x, y] = operands.subarray(2 * k, 2 * k + 2);
      const [s, e] = transform(x, y);
      const at = 2 * (row * count + k);
      if (results[at] !== s || results[at + 1] !== e) wrong++;
    }
    return { name: ['two_sum', 'quick_two_sum', 'two_prod'][row], worst: wrong / count, bound: 0 };
  });
}

async function checkOperations(gpu: WebGpu, call: Call): Promise<Check[]> {
  const pairs = operandPairs();
  const round = rounderFor(call.number);
  const a = pairs.a.map(round);
  const b = pairs.b.map(round);
  const count = a.length;
  const [bytes] = await callKernel(gpu, {
    ...call,
    kernel: 'probe/operations',
    count,
    group: GROUP,
    inputs: [{ data: pairsOf(a, b) }],
    outputs: [{ size: OPERATIONS.length * count * 8, binding: 2 }],
  });
  const results = new Float32Array(bytes);
  return OPERATIONS.map(([name, exact, sized], row) => {
    let worst = 0;
    for (let k = 0; k < count; k++) {
      const at = 2 * (row * count + k);
      const right = exact(a[k], b[k]);
      worst = Math.max(worst, errorOf(joinDf64([results[at], results[at + 1]]), right, sized?.(a[k], b[k])));
    }
    return { name, worst, bound: boundsFor(call.number).operation };
  });
}

async function checkFunctions(gpu: WebGpu, call: Call): Promise<Check[]> {
  const round = rounderFor(call.number);
  const given = functionArguments();
  const rows = (['log', 'log1p', 'exp'] as const).map((name) => ({ name, column: given[name].map(round) }));
  const count = given.log.length;
  const operands = new Float32Array(rows.length * 2 * count);
  rows.forEach(({ column }, row) => {
    operands.set(pairsOf(column), row * 2 * count);
  });
  const [bytes] = await callKernel(gpu, {
    ...call,
    kernel: 'probe/functions',
    count,
    group: GROUP,
    inputs: [{ data: operands }],
    outputs: [{ size: operands.byteLength, binding: 2 }],
  });
  const results = new Float32Array(bytes);
  const { operation, exponential } = boundsFor(call.number);
  return rows.map(({ name, column }, row) => {
    let worst = 0;
    for (let k = 0; k < count; k++) {
      const at = 2 * (row * count + k);
      worst = Math.max(worst, errorOf(joinDf64([results[at], results[at + 1]]), Math[name](column[k])));
    }
    return { name, worst, bound: name === 'exp' ? exponential : operation };
  });
}

async function checkChains(gpu: WebGpu, call: Call): Promise<Check[]> {
  const { terms, a, b, sum, magnitude } = dotProducts(CHAINS, rounderFor(call.number));
  const operands = pairsOf(a, b);
  const slots = 8;
  const first = new Float32Array(4 * slots);
  let slotSum = 0;
  let slotMagnitude = 0;
  for (let s = 0; s < slots; s++) {
    const at = s * CHAINS;
    first.set(operands.subarray(4 * at, 4 * at + 4), 4 * s);
    slotSum += a[at] * b[at];
    slotMagnitude += Math.abs(a[at] * b[at]);
  }
  const [bytes] = await callKernel(gpu, {
    ...call,
    kernel: 'probe/chains',
    constants: { TERMS: terms },
    count: CHAINS,
    group: CHAIN_GROUP,
    inputs: [{ data: operands }, { data: first, uniform: true }],
    outputs: [{ size: 4 * CHAINS * 8, binding: 3 }],
  });
  const results = new Float32Array(bytes);
  const groupSums = (k: number, column: Float64Array): number => {
    const start = Math.floor(k / CHAIN_GROUP) * CHAIN_GROUP;
    return column.subarray(start, start + CHAIN_GROUP).reduce((x, y) => x + y, 0);
  };
  const rows: readonly (readonly [string, (k: number) => number, (k: number) => number])[] = [
    ['dot product', (k) => sum[k], (k) => magnitude[k]],
    ['dot product, private array', (k) => sum[k], (k) => magnitude[k]],
    ['sum of uniform operands', () => slotSum, () => slotMagnitude],
    ['sum over a workgroup', (k) => groupSums(k, sum), (k) => groupSums(k, magnitude)],
  ];
  return rows.map(([name, exact, size], row) => {
    let worst = 0;
    for (let k = 0; k < CHAINS; k++) {
      const at = 2 * (row * CHAINS + k);
      worst = Math.max(worst, errorOf(joinDf64([results[at], results[at + 1]]), exact(k), size(k)));
    }
    return { name, worst, bound: boundsFor(call.number).chain };
  });
}

/** Sums with a neighbour's number; who the neighbour is, the device says, so that no mapping is assumed. */
async function checkSubgroups(gpu: WebGpu, call: Call): Promise<Check> {
  const pairs = operandPairs();
  const round = rounderFor(call.number);
  const a = pairs.a.map(round);
  const count = a.length;
  const [bytes] = await callKernel(gpu, {
    ...call,
    kernel: 'probe/subgroups',
    count,
    group: GROUP,
    inputs: [{ data: pairsOf(a, pairs.b) }],
    outputs: [{ size: count * 16, binding: 2 }],
  });
  const results = new Float32Array(bytes);
  let worst = 0;
  for (let k = 0; k < count; k++) {
    const neighbour = results[4 * k + 2];
    const other = a[neighbour];
    const got = joinDf64([results[4 * k], results[4 * k + 1]]);
    worst = Math.max(
      worst,
      other === undefined || neighbour === k ? Number.POSITIVE_INFINITY : errorOf(got, a[k] + other),
    );
  }
  return { name: 'sum over a subgroup', worst, bound: boundsFor(call.number).operation };
}
