import { philox } from '../../numeric/philox.ts';
import type { WebGpu } from './device.ts';
import { callKernel } from './probe-kernel.ts';
import { uniformNumbers } from './probe-operands.ts';

/** What single precision and integers do on a device, where WGSL leaves it free or drivers are known to differ. */
export interface ArithmeticFacts {
  /** Results below 2^-126 survive; operands likewise. */
  readonly keepsSubnormalResults: boolean;
  readonly keepsSubnormalOperands: boolean;
  /** Share of sums, products, quotients and roots that are not the correctly rounded ones. */
  readonly sumsMisrounded: number;
  readonly productsMisrounded: number;
  readonly quotientsMisrounded: number;
  readonly rootsMisrounded: number;
  /** The compiler fuses a * b + c by itself; `fma` is one rounding. */
  readonly contracts: boolean;
  readonly fusedFma: boolean;
  /** Largest relative errors of WGSL's own functions. */
  readonly builtinLog: number;
  readonly builtinExp: number;
  /** Words of Philox that are not the known ones. */
  readonly philoxMismatches: number;
}

const COUNT = 4096;
const GROUP = 64;

/** Known answers of Random123: counter, key, words. */
const PHILOX_ANSWERS: readonly (readonly [number[], number[], number[]])[] = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];
const PHILOX_COUNT = 256;

/** Asks the device; one dispatch. */
export async function probeFacts(gpu: WebGpu): Promise<ArithmeticFacts> {
  const operands = factOperands();
  const { counters, words: expectedWords } = philoxCases();
  const [bits, words] = await callKernel(gpu, {
    kernel: 'probe/facts',
    number: 'f32',
    count: COUNT,
    group: GROUP,
    inputs: [{ data: operands }, { data: counters }],
    outputs: [
      { size: 8 * COUNT * 4, binding: 2 },
      { size: PHILOX_COUNT * 16, binding: 4 },
    ],
  });
  const results = new Float32Array(bits);
  const { fround } = Math;
  /** Share of the rows, the two subnormal ones apart, that differ from the correctly rounded result. */
  const misrounded = (row: number, expected: (a: number, b: number, c: number, w: number) => number): number => {
    let wrong = 0;
    for (let k = 2; k < COUNT; k++) {
      const [a, b, c, w] = operands.subarray(4 * k, 4 * k + 4);
      if (results[row * COUNT + k] !== fround(expected(a, b, c, w))) wrong++;
    }
    return wrong / (COUNT - 2);
  };
  const worst = (row: number, expected: (a: number, w: number) => number): number => {
    let error = 0;
    for (let k = 2; k < COUNT; k++) {
      const right = expected(operands[4 * k], operands[4 * k + 3]);
      const relative = Math.abs(results[row * COUNT + k] - right) / Math.abs(right);
      if (right !== 0) error = Math.max(error, Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative);
    }
    return error;
  };
  // c is minus the rounded product: a fused operation leaves the rounding error, a separate one 0.
  const fused = (a: number, b: number, c: number): number => a * b + c;
  return {
    keepsSubnormalResults: results[0] === 2 ** -127,
    keepsSubnormalOperands: results[COUNT + 1] === 2 ** -110,
    sumsMisrounded: misrounded(0, (a, b) => a + b),
    productsMisrounded: misrounded(1, (a, b) => a * b),
    quotientsMisrounded: misrounded(4, (a, b) => a / b),
    rootsMisrounded: misrounded(5, (_a, _b, _c, w) => Math.sqrt(w)),
    contracts: misrounded(2, () => 0) > 0.5,
    fusedFma: misrounded(3, fused) === 0,
    builtinLog: worst(6, (_a, w) => Math.log(w)),
    builtinExp: worst(7, (a) => Math.exp(a)),
    philoxMismatches: new Uint32Array(words).reduce(
      (wrong, word, at) => wrong + (word === expectedWords[at] ? 0 : 1),
      0,
    ),
  };
}

/** a, b, c = -round(a b), w > 0 (every other near 1); the first two rows make and take subnormal numbers. */
function factOperands(): Float32Array {
  const uniform = uniformNumbers(4);
  const operands = new Float32Array(4 * COUNT);
  for (let k = 0; k < COUNT; k++) {
    const a = Math.fround((uniform() - 0.5) * 20);
    const b = Math.fround((uniform() < 0.5 ? -1 : 1) * (0.01 + 100 * uniform()));
    const w = k % 2 === 0 ? 1 + (uniform() - 0.5) * 2 ** (-20 * uniform()) : 100 * uniform() + 1e-3;
    operands.set([a, b, -Math.fround(a * b), w], 4 * k);
  }
  operands.set([1.5 * 2 ** -126, -(2 ** -126), 0, 1, 2 ** -130, 2 ** 20, 0, 1], 0);
  return operands;
}

function philoxCases(): { counters: Uint32Array; words: Uint32Array } {
  const counters = new Uint32Array(8 * PHILOX_COUNT);
  const words = new Uint32Array(4 * PHILOX_COUNT);
  for (let k = 0; k < PHILOX_COUNT; k++) {
    const known = PHILOX_ANSWERS[k];
    const mixed = (word: number): number => Math.imul(8 * k + word + 1, 0x9e3779b1) >>> 0;
    const counter: [number, number, number, number] = [mixed(0), mixed(1), mixed(2), mixed(3)];
    const key: [number, number] = [mixed(4), mixed(5)];
    counters.set(known?.[0] ?? counter, 8 * k);
    counters.set(known?.[1] ?? key, 8 * k + 4);
    words.set(known?.[2] ?? philox(counter, key), 4 * k);
  }
  return { counters, words };
}
