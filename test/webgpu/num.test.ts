// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { NumberFormat } from '../../src/backend/webgpu/link.ts';
import { callKernel } from '../../src/backend/webgpu/probe-kernel.ts';
import { operandPairs } from '../../src/backend/webgpu/probe-operands.ts';
import { probeVariant } from '../../src/backend/webgpu/probe-variant.ts';
import { SHADERS } from '../../src/backend/webgpu/shaders.gen.ts';
import { type Df64, df64Operations, EXACT_TRANSFORMS, joinDf64, splitDf64 } from '../../src/numeric/df64.ts';
import { philox } from '../../src/numeric/philox.ts';
import { describeUnless } from '../requirements.ts';
import { findDevice } from './open-device.ts';

/**
 * Largest relative errors over four families of operands (wide exponents, cancellation, ordinary, edges), with pairs of
 * f32 (unit 2^-48). Analysis gives 3 units for a sum of two two-sums, 7 for a product that drops low * low, about 10 for
 * a quotient with one correction; functions add their series and the argument's reduction.
 */
const PAIR_ERRORS: Readonly<Record<string, number>> = {
  add: 3 * 2 ** -48,
  sub: 3 * 2 ** -48,
  mul: 7 * 2 ** -48,
  'mul-add': 10 * 2 ** -48,
  sqr: 7 * 2 ** -48,
  div: 10 * 2 ** -48,
  recip: 10 * 2 ** -48,
  sqrt: 8 * 2 ** -48,
  'add to constant': 3 * 2 ** -48,
  log: 12 * 2 ** -48,
  log1p: 12 * 2 ** -48,
  exp: 8 * 2 ** -48,
};

/** The same for f32 (unit 2^-24), where the device rounds correctly: half a unit an operation, a few for functions. */
const SINGLE_ERRORS: Readonly<Record<string, number>> = {
  add: 2 ** -24,
  mul: 2 ** -24,
  div: 2 ** -24,
  sqrt: 2 ** -24,
  log: 4 * 2 ** -24,
  log1p: 4 * 2 ** -24,
  exp: 3 * 2 ** -24,
};

const { gpu, lacking, device } = await findDevice();

/** SwiftShader's compiler and roundings are known; other devices are judged by the probe, at run time. */
const otherDevice = gpu?.adapter.architecture === 'swiftshader' ? null : 'not on SwiftShader';

describeUnless(lacking ?? otherDevice, 'arithmetic on SwiftShader', () => {
  const cases: readonly (readonly [NumberFormat, Readonly<Record<string, number>>])[] = [
    ['df64-opaque', PAIR_ERRORS],
    ['df64-xor', PAIR_ERRORS],
    ['f32', SINGLE_ERRORS],
  ];
  it.each(cases)('%s keeps to the error of every operation', async (number, errors) => {
    const { checks } = await probeVariant(device(), number);
    const worst = Object.fromEntries(checks.map((check) => [check.name, check.worst]));
    for (const [name, bound] of Object.entries(errors)) expect(worst[name], name).toBeLessThanOrEqual(bound);
    expect(worst['sub of equals']).toBe(0);
  });

  it('the host twin computes the same bits', async () => {
    const { a, b } = operandPairs();
    const count = a.length;
    const pairs = Array.from(a, (x, k): readonly [Df64, Df64] => [splitDf64(x), splitDf64(b[k])]);
    const operands = Float32Array.from(pairs.flat(2));
    const [bytes] = await callKernel(device(), {
      kernel: 'probe/operations',
      number: 'df64-opaque',
      count,
      group: 64,
      inputs: [{ data: operands }],
      outputs: [{ size: 12 * count * 8, binding: 2 }],
    });
    const results = new Float32Array(bytes);
    const { add, sub, mul, div } = df64Operations();
    for (const [row, operation] of [add, sub, mul].entries()) {
      const different = pairs.filter(([x, y], k) => {
        const at = 2 * (row * count + k);
        const twin = operation(x, y);
        return results[at] !== twin[0] || results[at + 1] !== twin[1];
      });
      expect(different).toEqual([]);
    }
    const quotients = pairs.filter(([x, y], k) => {
      const at = 2 * (5 * count + k);
      const twin = div(x, y);
      return results[at] !== twin[0] || results[at + 1] !== twin[1];
    });
    expect(quotients).toEqual([]);
  });
});

describe('the host twin', () => {
  /** Largest relative error of products over the operands. */
  const worstProduct = (mul: (a: Df64, b: Df64) => Df64): number => {
    const { a, b } = operandPairs();
    return a.reduce((worst, _, k) => {
      const x = splitDf64(a[k]);
      const y = splitDf64(b[k]);
      const exact = joinDf64(x) * joinDf64(y);
      return Math.max(worst, Math.abs(joinDf64(mul(x, y)) - exact) / Math.abs(exact));
    }, 0);
  };

  it('splits and joins without loss beyond 48 bits', () => {
    for (const x of [1 / 3, Math.PI * 1e10, -1e-20, 0, 2 ** 24 + 1]) {
      expect(Math.abs(joinDf64(splitDf64(x)) - x)).toBeLessThanOrEqual(Math.abs(x) * 2 ** -48);
    }
    expect(joinDf64(splitDf64(Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY);
  });

  it('keeps to the bound, and would not if products were contracted into the sums that follow', () => {
    expect(worstProduct(df64Operations().mul)).toBeLessThan(PAIR_ERRORS['mul']);
    // What NVIDIA's compiler does: the product, not yet rounded, enters both sums, though its error was taken rightly.
    const contracted = df64Operations({
      ...EXACT_TRANSFORMS,
      product: (a, b) => [a * b, EXACT_TRANSFORMS.product(a, b)[1]],
    });
    expect(worstProduct(contracted.mul)).toBeGreaterThan(2 ** -44);
  });
});

describe('the pair modules', () => {
  it('have constants that are the two rounded words of what their comment says', () => {
    const meanings: Readonly<Record<string, number>> = { 'log(2)': Math.LN2 };
    const found = [...SHADERS['num/df64'].matchAll(/num_pair\(([\d.e-]+)f, ([\d.e-]+)f\).*\/\/ (.+)/g)];
    expect(found.length).toBeGreaterThanOrEqual(7);
    for (const [, hi, lo, meaning] of found) {
      const [above, below] = meaning.split('/').map(Number);
      const value = meanings[meaning] ?? above / below;
      expect([Math.fround(Number(hi)), Math.fround(Number(lo))], meaning).toEqual(splitDf64(value));
    }
  });

  it('take constants through num_of and num_pair only', () => {
    const code = ['num/df64', 'num/df64-split', 'num/df64-opaque', 'num/df64-xor', 'num/df64-fma']
      .flatMap((name) => SHADERS[name].split('\n'))
      .map((line) => line.replace(/\/\/.*/, ''));
    // A literal as an argument of an operation on pairs, or of a transform.
    const bare = /\b(?:num_(?:add|sub|mul|div|sqr|sqrt)|two_sum|quick_two_sum|two_prod)\([^()]*(?<![\w.])\d+\.\d*/;
    expect(code.filter((line) => bare.test(line))).toEqual([]);
    expect(bare.test('num_add(1.0f, x)')).toBe(true);
    // Abstract floats are evaluated in float64.
    expect(code.filter((line) => /\b\d+\.\d+(?:e[+-]?\d+)?(?![\dfe.])/.test(line))).toEqual([]);
  });

  it('use fma in the one module that is about it, and where the device is asked', () => {
    const users = Object.keys(SHADERS).filter((name) => /\bfma\(/.test(SHADERS[name].replace(/\/\/.*/g, '')));
    expect(users).toEqual(['num/df64-fma', 'probe/facts']);
  });
});

describe('philox', () => {
  it('gives the known answers', () => {
    const pi = philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]);
    expect(pi).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(philox([-1, -1, -1, -1], [-1, -1])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  });
});
