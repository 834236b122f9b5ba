/** Random generalised models of every family over small designs of every kind, as evidence by rows. */
import type { FamilyEffects } from '../../src/moments/family-evidence.ts';
import type { FamilyName, LinkName } from '../../src/types/family.ts';
import { TestRandom } from '../lmm/random.ts';
import { type FamilyRowsOf, rowEvidence } from './row-evidence.ts';

export const DESIGNS = [
  'intercept',
  'slope',
  'uncorrelated',
  'nested',
  'crossed',
  'crossed slopes',
  'three factors',
] as const;
export type DesignKind = (typeof DESIGNS)[number];

export const FAMILY_LINKS: readonly (readonly [FamilyName, LinkName])[] = [
  ['binomial', 'logit'],
  ['binomial', 'probit'],
  ['binomial', 'cloglog'],
  ['poisson', 'log'],
  ['nbinom2', 'log'],
  ['nbinom1', 'log'],
  ['Gamma', 'log'],
  ['beta', 'logit'],
  ['cumulative', 'logit'],
  ['cumulative', 'probit'],
  ['cumulative', 'cloglog'],
];

const CATEGORIES = 4;

export interface RandomModel extends ReturnType<typeof rowEvidence> {
  readonly rows: FamilyRowsOf;
  /** A point of the right order of magnitude: the parameters that the response was drawn with, about. */
  readonly beta: Float64Array;
  readonly theta: Float64Array;
  readonly extras: Float64Array;
}

/** Random terms of a design, with the rows shuffled over the levels. */
export function randomEffects(kind: DesignKind, rows: number, random: TestRandom): FamilyEffects[] {
  const codes = (levels: number) => {
    const order = random.permutation(rows);
    return order.map((place) => place % levels);
  };
  const columns = (...of: (() => number)[]) =>
    Float64Array.from({ length: rows * of.length }, (_, e) => of[e % of.length]());
  const one = () => 1;
  const value = () => 0.7 * random.normal();
  const a = codes(7);
  switch (kind) {
    case 'intercept':
      return [{ z: columns(one), codes: a }];
    case 'slope':
      return [{ z: columns(one, value), codes: a }];
    case 'uncorrelated':
      return [
        { z: columns(one), codes: a },
        { z: columns(value), codes: a.slice() },
      ];
    case 'nested': {
      const within = codes(3);
      return [
        { z: columns(one), codes: a.map((level, i) => 3 * level + within[i]) },
        { z: columns(one), codes: a },
      ];
    }
    case 'crossed':
      return [
        { z: columns(one), codes: a },
        { z: columns(one), codes: codes(5) },
      ];
    case 'crossed slopes':
      return [
        { z: columns(one, value), codes: a },
        { z: columns(one, value, value), codes: codes(4) },
      ];
    case 'three factors':
      return [
        { z: columns(one), codes: codes(9) },
        { z: columns(value), codes: a },
        { z: columns(one, value), codes: codes(4) },
      ];
  }
}

export function randomModel(
  family: FamilyName,
  link: LinkName,
  kind: DesignKind,
  seed: number,
  rows = 60,
): RandomModel {
  const random = new TestRandom(seed);
  const effects = randomEffects(kind, rows, random);
  const intercept = family === 'cumulative' ? [] : [1];
  const p = intercept.length + 2;
  const x = new Float64Array(rows * p);
  for (let i = 0; i < rows; i++) x.set([...intercept, random.normal(), i % 2], i * p);
  const counts = family === 'poisson' || family === 'nbinom1' || family === 'nbinom2';
  const beta = Float64Array.from([...intercept.map(() => (counts ? 0.8 : 0.2)), 0.5, -0.4]);
  const theta: number[] = [];
  for (const { z } of effects) {
    const q = z.length / rows;
    for (let c = 0; c < q; c++) for (let r = c; r < q; r++) theta.push(r === c ? 0.7 - 0.15 * c : 0.3 * (-1) ** r);
  }
  const offset = counts || family === 'binomial' ? random.normals(rows).map((value) => 0.3 * value) : undefined;
  const eta = Float64Array.from({ length: rows }, (_, i) => {
    let sum = (offset?.[i] ?? 0) + 0.4 * random.normal();
    for (let j = 0; j < p; j++) sum += x[i * p + j] * beta[j];
    for (const { codes } of effects) sum += 0.6 * Math.sin(1 + 5 * codes[i]);
    return sum;
  });
  const trials = family === 'binomial' ? eta.map(() => 1 + random.integer(4)) : undefined;
  const weights = family === 'poisson' || family === 'binomial' ? undefined : eta.map(() => 0.5 + random.uniform());
  const sigmoid = (t: number) => 1 / (1 + Math.exp(-t));
  const poisson = (mean: number) => {
    let k = 0;
    let left = mean + Math.log(random.uniform());
    while (left > 0) {
      left += Math.log(random.uniform());
      k++;
    }
    return k;
  };
  const y = eta.map((t, i) => {
    if (family === 'binomial') {
      let k = 0;
      for (let j = 0; j < trials![i]; j++) if (random.uniform() < sigmoid(t)) k++;
      return k;
    }
    if (family === 'Gamma') return Math.exp(t + 0.6 * random.normal());
    if (family === 'beta') return sigmoid(t + 0.6 * random.normal());
    if (family === 'cumulative') return 1 + [-1, 0, 1].filter((cut) => cut < t + 1.6 * random.normal()).length;
    return poisson(Math.exp(Math.min(t, 4)));
  });
  const extras: Partial<Record<FamilyName, number[]>> = {
    ...{ nbinom2: [0.4], nbinom1: [0.6], Gamma: [0.8], beta: [1.5], cumulative: [-1, 0.1, -0.1] },
  };
  const categories = family === 'cumulative' ? CATEGORIES : 0;
  const of: FamilyRowsOf = { family, link, x, effects, y, offset, trials, weights, categories };
  return {
    ...rowEvidence(of),
    rows: of,
    beta,
    theta: Float64Array.from(theta),
    extras: Float64Array.from(extras[family] ?? []),
  };
}

/** The gradient of a function by central differences of the eighth order. */
export function differenceGradient(f: (x: Float64Array) => number, at: Float64Array, step = 1e-2): Float64Array {
  return Float64Array.from(
    differenceJacobian((x) => [f(x)], at, step),
    ([slope]) => slope,
  );
}

/** The same of several functions: their derivatives, parameter by parameter. */
export function differenceJacobian(
  f: (x: Float64Array) => ArrayLike<number>,
  at: Float64Array,
  step = 1e-2,
): number[][] {
  const weights = [4 / 5, -1 / 5, 4 / 105, -1 / 280];
  return Array.from(at, (centre, j) => {
    const h = step * Math.max(Math.abs(centre), 0.3);
    const values = (t: number) => Array.from(f(at.map((x, k) => (k === j ? x + t : x))));
    const pairs = weights.map((_, k) => [values((k + 1) * h), values(-(k + 1) * h)]);
    return pairs[0][0].map((_, i) =>
      weights.reduce((sum, w, k) => sum + (w * (pairs[k][0][i] - pairs[k][1][i])) / h, 0),
    );
  });
}
