/** Pseudo-rows of every family and link, with random statistics, and derivatives of kernels by differences. */
import {
  type FamilyKernel,
  type RowDerivatives,
  type RowOrder,
  rowDerivatives,
} from '../../../src/glmm/family-kernel.ts';
import { openFamily } from '../../../src/glmm/open-family.ts';
import type { FamilyEvidence } from '../../../src/moments/family-evidence.ts';
import type { FamilyName, LinkName } from '../../../src/types/family.ts';
import { FAMILIES, LINKS_OF } from '../../../src/types/family.ts';
import { TestRandom } from '../../lmm/random.ts';

export const FAMILY_LINKS: readonly (readonly [FamilyName, LinkName])[] = FAMILIES.flatMap((family) =>
  LINKS_OF[family].map((link) => [family, link] as const),
);

export interface Shape {
  readonly mass: readonly number[];
  readonly counts?: readonly number[];
  readonly categories?: number;
}

const TAIL: Readonly<Partial<Record<FamilyName, number>>> = { Gamma: 2 };

/** A kernel on pseudo-rows of given masses, with a response of given numbers. */
export function kernelOn(family: FamilyName, link: LinkName, shape: Shape, numbers: readonly number[]): FamilyKernel {
  const rows = shape.mass.length;
  const { counts = [], categories = 0 } = shape;
  const statistics = family === 'cumulative' ? categories : family === 'beta' ? 2 : 1;
  const evidence: FamilyEvidence = {
    ...{ family, link, rows, statistics, effects: [] },
    x: new Float64Array(0),
    offset: new Float64Array(rows),
    mass: Float64Array.from(shape.mass),
    counts: Float64Array.from(counts),
    categories: Array.from({ length: categories }, (_, c) => `${c}`),
    width: statistics * rows + 1 + counts.length + (TAIL[family] ?? 0),
  };
  const kernel = openFamily(evidence);
  // Not at the beginning of the array: kernels read from where they are told to.
  const values = Float64Array.of(Number.NaN, Number.NaN, ...numbers);
  if (numbers.length !== evidence.width) throw new Error(`${numbers.length} numbers, not ${evidence.width}`);
  kernel.load(values, 2);
  return kernel;
}

export interface Case {
  readonly kernel: FamilyKernel;
  readonly eta: Float64Array;
  readonly extras: Float64Array;
  readonly shape: Shape;
  readonly numbers: readonly number[];
}

/** Random pseudo-rows with fractional masses, at random predictors and extras. */
export function randomCase(family: FamilyName, link: LinkName, seed: number, rows = 6): Case {
  const random = new TestRandom(seed);
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const make = (of: () => number, count = rows) => Array.from({ length: count }, of);
  const eta = Float64Array.from(make(() => between(-2.5, 2)));
  const mass = make(() => between(0.2, 4));
  const build = (numbers: readonly number[], extras: readonly number[], shape: Shape = { mass }): Case => {
    return { kernel: kernelOn(family, link, shape, numbers), eta, extras: Float64Array.from(extras), shape, numbers };
  };
  switch (family) {
    case 'binomial':
      return build([...mass.map((m, i) => (i === 0 ? 0 : i === 1 ? m : m * random.uniform())), 0.3], []);
    case 'poisson':
      return build([...make(() => between(0, 6)), 0.3], []);
    case 'nbinom2': {
      const counts = [1, 2, 5, 30, 31, 200.5];
      return build(
        [...make(() => between(0, 6)), 0.3, ...make(() => between(-0.2, 3), counts.length)],
        [between(0, 2)],
        {
          ...{ mass, counts },
        },
      );
    }
    case 'nbinom1':
      return build(
        [...make(() => random.integer(7)), 0.3].map((y, i) => (i === 0 ? 60 : y)),
        [between(0, 3)],
      );
    case 'Gamma': {
      const logs = between(-12, -8);
      return build([...mass.map((m) => m * between(0.2, 4)), 0.3, logs, logs - 1], [between(-2, 3)]);
    }
    case 'beta': {
      const y = make(() => between(0.05, 0.95));
      const logs = [...y.map((v, i) => mass[i] * Math.log(v)), ...y.map((v, i) => mass[i] * Math.log1p(-v))];
      return build([...logs, 0.3], [between(-1, 4)]);
    }
    case 'cumulative': {
      const categories = 2 + random.integer(4);
      const counts = make(() => (random.uniform() < 0.25 ? 0 : between(0, 3)), rows * categories);
      return build([...counts, 0.3], [between(-3, 0), ...make(() => between(-3, 1), categories - 2)], {
        mass,
        categories,
      });
    }
  }
}

/** All derivatives at some predictors and extras. */
export function rowsAt(
  kernel: FamilyKernel,
  eta: Float64Array,
  extras: Float64Array,
  order: RowOrder = 3,
): RowDerivatives {
  const out = rowDerivatives(eta.length, kernel.extras);
  kernel.evaluate(eta, extras, order, out);
  return out;
}

export function remainderAt(kernel: FamilyKernel, extras: Float64Array, order: RowOrder = 3) {
  const d = kernel.extras;
  const out = { value: 0, first: new Float64Array(d), second: new Float64Array(d * d) };
  kernel.remainder(extras, order, out);
  return out;
}

/** Log likelihood of all pseudo-rows and the remainder. */
export function logLikelihood(kernel: FamilyKernel, eta: Float64Array, extras: Float64Array): number {
  return rowsAt(kernel, eta, extras, 1).l.reduce((sum, l) => sum + l, remainderAt(kernel, extras, 1).value);
}

const STEP = 8e-3;

/** The derivative at 0 of an array-valued function, by central differences of the eighth order. */
export function slopes(f: (h: number) => Float64Array): Float64Array {
  const weights = [4 / 5, -1 / 5, 4 / 105, -1 / 280];
  const sum = new Float64Array(f(0).length);
  weights.forEach((weight, k) => {
    const up = f((k + 1) * STEP);
    const down = f(-(k + 1) * STEP);
    for (let i = 0; i < sum.length; i++) sum[i] += (weight * (up[i] - down[i])) / STEP;
  });
  return sum;
}
