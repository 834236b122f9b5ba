/** What users know a covariance by: standard deviations, correlations and parameters by group. */
import type { CovarianceBlocks } from '../../moments/covariance-blocks.ts';
import { type CovarianceParameters, correlationsAt } from './covariance-parameters.ts';

/** Standard deviations of residuals of rows of weight one, over all rows. */
export interface ResidualDeviations {
  /** Of the first visit of the first group. */
  readonly first: number;
  readonly least: number;
  readonly most: number;
  /** Mean variance over the rows. */
  readonly meanVariance: number;
}

/** What the fits of one design have of their residuals, as functions of t. */
export interface ResidualSummary {
  deviations(t: Float64Array): ResidualDeviations;
  groups(t: Float64Array): GroupCovariance[];
}

/** Made once a design: thousands of responses share it. */
export function residualSummary(parameters: CovarianceParameters, evidence: CovarianceBlocks): ResidualSummary {
  const { layout, structure, scales } = parameters;
  const columns = deviationColumns(parameters, evidence);
  const kinds = rowKinds(parameters, evidence);
  const byVisit = hasVisits(parameters);
  const m = layout.visits.length <= MOST_CORRELATED ? layout.visits.length : 0;
  const places = Float64Array.from({ length: m }, (_, v) => v);
  return {
    deviations(t) {
      let [least, most] = [Number.POSITIVE_INFINITY, 0];
      let sum = 0;
      let rows = 0;
      for (const { group, position, scales: own, count } of kinds) {
        let log = 0;
        for (let c = 0; c < scales; c++) if (own[c] !== 0) log += own[c] * t[c];
        const size = Math.exp(log) * rootOf(parameters, t, group, position);
        least = Math.min(least, size);
        most = Math.max(most, size);
        sum += count * size * size;
        rows += count;
      }
      const [{ scales: seen, deviation }] = columns;
      const slot = seen.findIndex((mean) => mean !== null);
      return { first: slot < 0 ? Number.NaN : deviation(t, slot), least, most, meanVariance: sum / rows };
    },
    groups(t) {
      return columns.map(({ scales: seen, deviation }, g) => {
        const at = correlationsAt(parameters, g);
        const K = new Float64Array(m * m);
        structure.evaluate(t, at, places, m, K, null);
        const correlation = K.map((value, i) => {
          const [a, b] = [Math.floor(i / m), i % m];
          return a === b ? 1 : value / Math.sqrt(K[a * m + a] * K[b * m + b]);
        });
        const sd = new Float64Array(seen.length);
        if (byVisit) for (let slot = 0; slot < sd.length; slot++) sd[slot] = deviation(t, slot);
        else sd.fill(deviation(t, 0));
        return { sd, correlation, parameters: structure.natural(t, at) };
      });
    },
  };
}

/** The covariance of one group's residuals. */
export interface GroupCovariance {
  /** One a visit, or one; where a dispersion model gives rows of a visit different ones, of their mean logarithm. */
  readonly sd: Float64Array;
  /** visits x visits; empty for times, and for more than {@link MOST_CORRELATED} visits. */
  readonly correlation: Float64Array;
  readonly parameters: readonly { readonly name: string; readonly value: number }[];
}

/** Visits up to which all correlations are listed: of longer series the parameters say more. */
export const MOST_CORRELATED = 100;

/** Standard deviations of a group as functions of t. */
export interface DeviationColumns {
  /** By visit (one without visits) the mean over its rows of the columns of the log standard deviation; null where there are none. */
  readonly scales: readonly (Float64Array | null)[];
  deviation(t: Float64Array, slot: number): number;
}

export function deviationColumns(parameters: CovarianceParameters, evidence: CovarianceBlocks): DeviationColumns[] {
  const { layout, scales: columns } = parameters;
  const width = Math.max(1, layout.visits.length);
  const byVisit = hasVisits(parameters);
  const means = layout.groups.map(() => new Array<Float64Array | null>(width).fill(null));
  const counts = layout.groups.map(() => new Float64Array(width));
  for (const { group, size, count, positions, scales } of evidence.blocks) {
    for (let a = 0; a < size; a++) {
      // Pieces of a turned or cut series have no visit.
      const own = byVisit ? positions[a] : 0;
      const mean = means[group][own] ?? new Float64Array(columns);
      means[group][own] = mean;
      // A mean of one value over and over would be rounded.
      const next = counts[group][own] + count;
      for (let c = 0; next !== 0 && c < columns; c++) mean[c] += (count / next) * (scales[a * columns + c] - mean[c]);
      counts[group][own] = next;
    }
  }
  return means.map((all, group) => {
    const seen = Array.from({ length: width }, (_, slot) => {
      const own = byVisit ? slot : 0;
      return counts[group][own] === 0 ? null : all[own];
    });
    return {
      scales: seen,
      deviation(t, slot) {
        const mean = seen[slot];
        if (mean === null) return Number.NaN;
        let log = 0;
        for (let c = 0; c < columns; c++) if (mean[c] !== 0) log += mean[c] * t[c];
        return Math.exp(log) * (byVisit ? rootOf(parameters, t, group, slot) : 1);
      },
    };
  });
}

/** Whether positions of blocks are the numbers of visits. */
function hasVisits({ layout: { form, structure, visits } }: CovarianceParameters): boolean {
  return visits.length > 0 && form !== 'means' && !(form === 'neighbours' && structure === 'ar1');
}

/** Rows of one standard deviation whatever t is. */
interface RowKind {
  readonly group: number;
  readonly position: number;
  readonly scales: Float64Array;
  count: number;
}

function rowKinds({ scales, layout }: CovarianceParameters, { blocks }: CovarianceBlocks): RowKind[] {
  const kinds = new Map<string, RowKind>();
  for (const { group, size, count, positions, scales: rows } of blocks) {
    for (let a = 0; a < size; a++) {
      const own = rows.slice(a * scales, (a + 1) * scales);
      // `us` alone has lengths of its own by visit.
      const key = layout.structure === 'us' ? `${group} ${positions[a]} ${own}` : String(own);
      const known = kinds.get(key);
      if (known) known.count += count;
      else kinds.set(key, { group, position: positions[a], scales: own, count });
    }
  }
  return [...kinds.values()];
}

const diagonal = new Float64Array(1);
const place = new Float64Array(1);

/** Root of the diagonal element of K at a position: one, save for `us`. */
export function rootOf(parameters: CovarianceParameters, t: Float64Array, group: number, position: number): number {
  if (parameters.layout.structure !== 'us') return 1;
  place[0] = position;
  parameters.structure.evaluate(t, correlationsAt(parameters, group), place, 1, diagonal, null);
  return Math.sqrt(diagonal[0]);
}
