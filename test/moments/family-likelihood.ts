/** Log likelihoods of generalised models row by row and by pseudo-row, at one point that names alone decide. */
import { type Remainder, rowDerivatives } from '../../src/glmm/family-kernel.ts';
import { openFamily } from '../../src/glmm/open-family.ts';
import type { ResponseFamily } from '../../src/moments/family-rows.ts';
import type { DesignMoments, ResponseMoments } from '../../src/moments/moments.ts';
import type { Design } from '../../src/types/design.ts';

/** A number between -0.5 and 0.5 that belongs to a text. */
function effectOf(text: string): number {
  let hash = 2166136261;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32 - 0.5;
}

/** Extras of each family at which likelihoods are compared, as kernels take them. */
const EXTRAS: Readonly<Record<string, readonly number[]>> = {
  nbinom2: [0.7],
  nbinom1: [0.4],
  Gamma: [0.3],
  beta: [1.1],
};

/** Thresholds, as differences of the first from nothing and of others from those before. */
function thresholds(categories: number): Float64Array {
  return Float64Array.from({ length: categories - 1 }, (_, j) => (j === 0 ? -0.6 : Math.log(0.5 + 0.1 * j)));
}

/** Log likelihood of response k from the numbers of its evidence; `extras` replace those of the family. */
export function evidenceLogLikelihood(
  design: DesignMoments,
  responses: ResponseMoments,
  k: number,
  extras?: Float64Array,
): number {
  const { family: evidence, terms, factors, coefficients, p } = design;
  const { family: values } = responses;
  if (!evidence || !values) throw new Error('no family');
  const eta = Float64Array.from(evidence.offset);
  for (let i = 0; i < evidence.rows; i++) {
    coefficients.forEach((name, c) => {
      eta[i] += evidence.x[i * p + c] * effectOf(name);
    });
    terms.forEach(({ group, names, q, factor }, t) => {
      const { z, codes } = evidence.effects[t];
      const level = factors[factor].levels[codes[i]];
      names.forEach((name, c) => {
        eta[i] += z[i * q + c] * effectOf(`${group} ${name} ${level}`);
      });
    });
  }
  const kernel = openFamily(evidence);
  kernel.load(values, k * evidence.width);
  const at = extras ?? familyExtras(evidence.family, evidence.categories.length);
  const out = rowDerivatives(evidence.rows, kernel.extras);
  kernel.evaluate(eta, at, 1, out);
  const { extras: e } = kernel;
  const remainder: Remainder = { value: 0, first: new Float64Array(e), second: new Float64Array(e * e) };
  kernel.remainder(at, 1, remainder);
  return out.l.reduce((sum, value) => sum + value, remainder.value);
}

function familyExtras(family: string, categories: number): Float64Array {
  return family === 'cumulative' ? thresholds(categories) : Float64Array.from(EXTRAS[family] ?? []);
}

/** The same over the rows of a design, with values y by row of the table; rows whose value is missing are left out. */
export function rowsLogLikelihood(
  design: Design,
  { family, link, trials }: ResponseFamily,
  y: ArrayLike<number>,
  weights: Float64Array | undefined = design.weights,
  extras?: Float64Array,
): number {
  const { n, rows, fixed, random } = design;
  const used = [...new Set(Array.from(rows, (row) => y[row]).filter((value) => !Number.isNaN(value)))].sort(
    (a, b) => a - b,
  );
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const value = y[rows[i]];
    if (Number.isNaN(value)) continue;
    let eta = design.offset?.[i] ?? 0;
    fixed.names.forEach((name, c) => {
      eta += fixed.x[c * n + i] * effectOf(name);
    });
    for (const { group, names, levels, codes, z } of random) {
      names.forEach((name, c) => {
        eta += z[c * n + i] * effectOf(`${group} ${name} ${levels[codes[i]]}`);
      });
    }
    const w = weights?.[i] ?? 1;
    const at = extras ?? familyExtras(family, used.length);
    if (family === 'binomial') sum += binomialLog(link, eta, value, w, trials ? trials[rows[i]] : null);
    else if (family === 'cumulative') sum += w * cumulativeLog(link, eta, used.indexOf(value), at);
    else sum += w * logDensity(family, eta, value, at[0]);
  }
  return sum;
}

function binomialLog(link: string, eta: number, y: number, w: number, trials: number | null): number {
  const p = distribution(link, eta);
  const [m, k, weight] = trials === null ? [w, w * y, 1] : [trials, y, w];
  const coefficient = k > 0 && k < m ? logGamma(m + 1) - logGamma(k + 1) - logGamma(m - k + 1) : 0;
  return weight * (coefficient + (k > 0 ? k * Math.log(p) : 0) + (m > k ? (m - k) * Math.log1p(-p) : 0));
}

function cumulativeLog(link: string, eta: number, category: number, extras: Float64Array): number {
  let threshold = 0;
  let below = 0;
  for (let j = 0; j <= category; j++) {
    if (j === extras.length) return Math.log(1 - below);
    threshold = j === 0 ? extras[0] : threshold + Math.exp(extras[j]);
    const above = distribution(link, threshold - eta);
    if (j === category) return Math.log(above - below);
    below = above;
  }
  throw new Error('no such category');
}

/** log density with the family's extra as kernels take it. */
function logDensity(family: string, eta: number, y: number, extra: number): number {
  const mu = Math.exp(eta);
  switch (family) {
    case 'poisson':
      return y * eta - mu - logGamma(y + 1);
    case 'nbinom2': {
      if (extra === 0) return y * eta - mu - logGamma(y + 1);
      const size = 1 / extra;
      const log = logGamma(y + size) - logGamma(size) - logGamma(y + 1);
      return log + size * Math.log(size / (size + mu)) + y * Math.log(mu / (size + mu));
    }
    case 'nbinom1': {
      const size = mu / extra;
      const log = logGamma(y + size) - logGamma(size) - logGamma(y + 1);
      return log - size * Math.log1p(extra) + y * Math.log(extra / (1 + extra));
    }
    case 'Gamma': {
      const shape = Math.exp(extra);
      return shape * Math.log(shape / mu) + (shape - 1) * Math.log(y) - (shape * y) / mu - logGamma(shape);
    }
    default: {
      const precision = Math.exp(extra);
      const p = 1 / (1 + Math.exp(-eta));
      const [a, b] = [precision * p, precision * (1 - p)];
      const log = logGamma(precision) - logGamma(a) - logGamma(b);
      return log + (a - 1) * Math.log(y) + (b - 1) * Math.log1p(-y);
    }
  }
}

function distribution(link: string, x: number): number {
  if (link === 'logit') return 1 / (1 + Math.exp(-x));
  return link === 'cloglog' ? -Math.expm1(-Math.exp(x)) : normal(x);
}

/** The normal distribution function near zero: its series (Abramowitz and Stegun 26.2.11). */
function normal(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; k < 200; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Stirling's series from 20 on. */
function logGamma(x: number): number {
  let y = x;
  let below = 0;
  while (y < 20) below += Math.log(y++);
  const v = 1 / (y * y);
  const series = (1 / 12 - v * (1 / 360 - v * (1 / 1260 - v * (1 / 1680 - v / 1188)))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - below;
}
