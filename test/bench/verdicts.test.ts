import { describe, expect, it } from 'vitest';
import { alternate } from '../../bench/clocks.mjs';
import {
  median,
  medianInterval,
  type Spread,
  spreadOf,
  spreadOfDifference,
  spreadOfRatio,
  spreadOfSum,
  verdictOn,
} from '../../bench/verdicts.mjs';

/** P(at most k of n fair coins). */
function binomialTail(n: number, k: number): number {
  let term = 0.5 ** n;
  let sum = term;
  for (let i = 1; i <= k; i++) sum += term *= (n - i + 1) / i;
  return sum;
}

describe('the interval of a median', () => {
  it('holds it with 95 %, and no narrower pair of order statistics does', () => {
    for (let n = 6; n <= 60; n++) {
      const values = Array.from({ length: n }, (_, i) => (7 * i) % n); // 0 to n - 1, or some of them twice
      const sorted = [...values].sort((a, b) => a - b);
      const [low, high] = medianInterval(Array.from({ length: n }, (_, i) => n - i));
      const k = low; // the values are their ranks
      expect(high).toBe(n + 1 - k);
      expect(1 - 2 * binomialTail(n, k - 1)).toBeGreaterThanOrEqual(0.95);
      if (k < n / 2) expect(1 - 2 * binomialTail(n, k)).toBeLessThan(0.95);
      expect(medianInterval(values)).toEqual([sorted[k - 1], sorted[n - k]]);
    }
  });

  it('is the range of up to five runs, and is left out below three', () => {
    expect(medianInterval([3, 1, 2])).toEqual([1, 3]);
    expect(medianInterval([5, 1, 2, 3, 4])).toEqual([1, 5]);
    expect(spreadOf([1, 2]).interval).toBeUndefined();
    expect(spreadOf([1, 2, 4])).toEqual({ value: 2, interval: [1, 4], quartiles: [1.5, 3], runs: 3 });
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('moves and stretches with the values', () => {
    const values = [3.1, 2.7, 9.4, 3.3, 2.9, 3.0, 3.2, 2.8, 3.05];
    const { value, interval, quartiles } = spreadOf(values);
    const other = spreadOf(values.map((one) => 8 - 2 * one));
    expect(other.value).toBeCloseTo(8 - 2 * value, 12);
    expect(other.interval?.[0]).toBeCloseTo(8 - 2 * (interval?.[1] ?? Number.NaN), 12);
    expect(other.quartiles?.[1]).toBeCloseTo(8 - 2 * (quartiles?.[0] ?? Number.NaN), 12);
  });
});

describe('runs in turns', () => {
  it('are compared round by round, so that what disturbs a round cancels', () => {
    const disturbed = [1, 5, 1.2, 9, 1.1, 3, 1.05];
    const ratio = spreadOfRatio(
      disturbed.map((value) => 0.8 * value),
      disturbed,
    );
    expect(ratio.value).toBeCloseTo(0.8, 12);
    expect(ratio.interval?.[1]).toBeCloseTo(0.8, 12);
    const difference = spreadOfDifference(
      disturbed.map((value) => value + 0.25),
      disturbed,
    );
    expect(difference).toMatchObject({ difference: true, runs: 7 });
    expect(difference.value).toBeCloseTo(0.25, 12);
  });

  it('go forwards and backwards, and the warm-up does not count', async () => {
    const order: string[] = [];
    const work = (name: string) => () => {
      order.push(name);
      return { name, clocks: { wall: order.length, process: 2 * order.length, thread: Number.NaN } };
    };
    const [a, b] = await alternate([work('a'), work('b')], { runs: 2, warmUp: 1, timedElsewhere: true });
    expect(order.join('')).toBe('abbaab');
    expect(a.samples).toEqual({ wall: [4, 5], process: [8, 10], thread: [Number.NaN, Number.NaN] });
    expect(b.samples.wall).toEqual([3, 6]);
    expect([a.last.name, b.last.name, a.seconds]).toEqual(['a', 'b', 4.5]);
  });

  it('count the processor time of the process and of the thread', async () => {
    let sum = 0;
    const spin = () => {
      for (let i = 0; i < 1e7; i++) sum += Math.sqrt(i);
    };
    const [{ samples }] = await alternate([spin, () => new Promise((resolve) => setTimeout(resolve, 20))], { runs: 1 });
    expect(sum).toBeGreaterThan(0);
    expect(samples.process[0]).toBeGreaterThan(0);
    if (process.platform === 'linux') expect(samples.thread[0]).toBeGreaterThan(0);
  });
});

describe('a verdict', () => {
  const on = (value: number, interval: [number, number] | undefined, bar: { atMost: number } | { atLeast: number }) =>
    verdictOn({ value, ...(interval ? { interval } : {}), bar });
  const onDifference = (interval: [number, number], atMost: number, value = (interval[0] + interval[1]) / 2) =>
    verdictOn({ value, interval, difference: true, bar: { atMost } });

  it('needs a bar, and a number', () => {
    expect(verdictOn({ value: 3 })).toBeNull();
    expect(on(Number.NaN, undefined, { atMost: 1 })).toBe('not measured');
    expect(on(1, [0.5, Number.POSITIVE_INFINITY], { atMost: 2 })).toBe('not measured');
  });

  it('stands where the whole interval lies on one side of the bar', () => {
    expect(on(9, [8, 10], { atMost: 10 })).toBe('met');
    expect(on(9, [8, 10.1], { atMost: 10 })).toBe('within noise');
    expect(on(12, [11, 13], { atMost: 10 })).toBe('missed');
    expect(on(9, [8, 10], { atLeast: 8 })).toBe('met');
    expect(on(9, [7, 10], { atLeast: 8 })).toBe('within noise');
    expect(on(6, [5, 7], { atLeast: 8 })).toBe('missed');
    expect(on(0, undefined, { atMost: 200 })).toBe('met');
    expect(on(201, undefined, { atMost: 200 })).toBe('missed');
  });

  it('on a difference is none that noise could have made', () => {
    expect(onDifference([0.4, 0.8], 1.5)).toBe('met');
    expect(onDifference([1.6, 2.4], 1.5)).toBe('missed');
    expect(onDifference([1.2, 2.4], 1.5)).toBe('within noise');
    expect(onDifference([-0.2, 0.6], 1.5)).toBe('within noise');
    expect(onDifference([-0.6, -0.2], 1.5)).toBe('within noise');
    expect(onDifference([-4.5, 2], 1.5)).toBe('not measured');
    expect(onDifference([3, 9], 1.5)).toBe('not measured');
    expect(verdictOn({ value: -4.5, difference: true, bar: { atMost: 1.5 } })).toBe('not measured');
    expect(verdictOn({ value: 0.5, difference: true, bar: { atMost: 1.5 } })).toBe('not measured');
  });

  it('on growth rests on the scatter of its steps', () => {
    const growth = (steps: number[]): Spread & { bar: { atMost: number } } => ({
      ...spreadOfSum(steps),
      bar: { atMost: 60 },
    });
    expect(spreadOfSum([1, 2, 3, 2])).toMatchObject({ value: 8, difference: true });
    expect(verdictOn(growth([5, 5.1, 4.9, 5, 5]))).toBe('met');
    expect(verdictOn(growth([20, 20.5, 19.5, 20, 20]))).toBe('missed');
    expect(verdictOn(growth([5, -4, 3, -6, 1]))).toBe('within noise');
    expect(verdictOn(growth([90, -70, 60, -80, 20]))).toBe('not measured');
  });
});
