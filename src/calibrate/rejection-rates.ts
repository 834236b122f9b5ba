import { type OutputTable, OutputTableBuilder } from '../result/output-table.ts';

/** Levels of tests whose type-I error is reported. */
export const LEVELS = [0.05, 0.01, 0.001] as const;

/** The p-values of one test of one hypothesis under the null. */
export interface NullPValues {
  readonly test: string;
  readonly term: string;
  /** One a simulated (or permuted) response; NaN where it has no test. */
  readonly pValues: Float64Array;
}

/** How often a test rejects at a level. */
export interface RejectionRate {
  readonly simulations: number;
  readonly rejections: number;
  readonly rate: number;
  /** Monte-Carlo standard error of the rate. */
  readonly standardError: number;
  /** Wilson's 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/** The normal quantile of 95 % intervals. */
const Z = 1.959963984540054;

/**
 * Share of the p-values up to a level. The standard error is the binomial one; where p-values come in clusters (the responses
 * of one permutation, `clusters[i]` a number from 0 on) the larger of it and that of the sums over clusters, and the interval
 * is Wilson's (1927) for as many independent p-values as would have that standard error. Clusters that agree entirely tell
 * no more than their number.
 */
export function rejectionRate(pValues: Float64Array, level: number, clusters: Int32Array | null = null): RejectionRate {
  let simulations = 0;
  let rejections = 0;
  for (const p of pValues) {
    if (Number.isNaN(p)) continue;
    simulations++;
    if (p <= level) rejections++;
  }
  const rate = rejections / simulations;
  const binomial = (rate * (1 - rate)) / simulations;
  const variance = clusters ? Math.max(binomial, clusteredVariance(pValues, level, clusters, rate)) : binomial;
  let size = simulations;
  if (clusters && variance > 0) size = (rate * (1 - rate)) / variance;
  else if (clusters) size = Math.min(simulations, new Set(clusters).size);
  return {
    simulations,
    rejections,
    rate,
    standardError: Math.sqrt(variance),
    ...wilsonInterval(rate, size),
  };
}

/** Wilson's 95 % interval of a share of n. */
export function wilsonInterval(rate: number, n: number): { readonly low: number; readonly high: number } {
  const scale = 1 + (Z * Z) / n;
  const centre = (rate + (Z * Z) / (2 * n)) / scale;
  const half = (Z / scale) * Math.sqrt((rate * (1 - rate)) / n + (Z * Z) / (4 * n * n));
  return { low: rate === 0 ? 0 : centre - half, high: rate === 1 ? 1 : centre + half };
}

function clusteredVariance(pValues: Float64Array, level: number, clusters: Int32Array, rate: number): number {
  const sums = new Map<number, number>();
  let n = 0;
  pValues.forEach((p, i) => {
    if (Number.isNaN(p)) return;
    n++;
    sums.set(clusters[i], (sums.get(clusters[i]) ?? 0) + (p <= level ? 1 : 0) - rate);
  });
  if (sums.size < 2) return 0;
  let total = 0;
  for (const sum of sums.values()) total += sum * sum;
  return ((total / (n * n)) * sums.size) / (sums.size - 1);
}

/** Columns `test term level simulations rejections rate se conf.low conf.high`, by term, then by test, then by level. */
export function rateTable(curves: readonly NullPValues[], clusters: Int32Array | null): OutputTable {
  const rows = curves.length * LEVELS.length;
  const builder = new OutputTableBuilder(rows);
  const test = builder.string('test');
  const term = builder.string('term');
  const levels = builder.number('level');
  const simulations = builder.integer('simulations');
  const rejections = builder.integer('rejections');
  const rates = builder.number('rate');
  const standardError = builder.number('se');
  const low = builder.number('conf.low');
  const high = builder.number('conf.high');
  curves.forEach((curve, c) => {
    LEVELS.forEach((level, l) => {
      const row = c * LEVELS.length + l;
      const found = rejectionRate(curve.pValues, level, clusters);
      test[row] = curve.test;
      term[row] = curve.term;
      levels[row] = level;
      simulations[row] = found.simulations;
      rejections[row] = found.rejections;
      rates[row] = found.rate;
      standardError[row] = found.standardError;
      low[row] = found.low;
      high[row] = found.high;
    });
  });
  return builder.finish(rows);
}

/** Columns `simulation [response] test term p.value`, by simulation. */
export function pValueTable(curves: readonly NullPValues[], responses: readonly string[] | null): OutputTable {
  const simulations = curves[0]?.pValues.length ?? 0;
  const rows = simulations * curves.length;
  const builder = new OutputTableBuilder(rows);
  const simulation = builder.integer('simulation');
  const response = responses ? builder.string('response') : null;
  const test = builder.string('test');
  const term = builder.string('term');
  const pValue = builder.number('p.value');
  for (let row = 0; row < rows; row++) {
    const s = Math.floor(row / curves.length);
    const curve = curves[row % curves.length];
    simulation[row] = s + 1;
    if (response && responses) response[row] = responses[s];
    test[row] = curve.test;
    term[row] = curve.term;
    pValue[row] = curve.pValues[s];
  }
  return builder.finish(rows);
}
