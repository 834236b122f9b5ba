/** What generalised models have beside their coefficients, in the columns of a table of fits. */
import { LARGEST_DEVIATION } from '../glmm/family-objective.ts';
import { type FitRowLayout, fitRowLayout, naturalExtras } from '../glmm/fit-row.ts';
import { latentVariance } from '../infer/latent-variance.ts';
import type { DesignMoments, Moments } from '../moments/moments.ts';
import { median } from '../numeric/order-statistics.ts';
import { lowerTriangle } from '../numeric/triangle.ts';
import { DISPERSION_OF, type FamilyName, isCounts } from '../types/family.ts';
import type { FamilyTable } from '../types/fit-table.ts';
import { nameUnion, triangleSize } from '../types/parameters.ts';

/** Writes fits of generalised models into the columns of a table. */
export interface FamilyWriter {
  readonly table: FamilyTable;
  /**
   * Takes what a fit of model m left (`glmm/fit-row.ts`), whose coefficients are `columns` of the table's. Gives the number of
   * its parameters, the variance of its distribution on the scale of the link, and what there is to say of it.
   */
  write(
    design: DesignMoments,
    columns: readonly number[],
    m: number,
    row: Float64Array,
    mean: number,
  ): { readonly parameters: number; readonly latent: number; readonly remarks: readonly FamilyRemark[] };
}

/** Null for a run of gaussian responses. */
export function familyWriter(moments: Moments, nodes: number): FamilyWriter | null {
  const designs = moments.batches.map(({ design }) => design);
  const first = designs.find((design) => design.family)?.family;
  if (!first) return null;
  const models = moments.names.length;
  const coefficients = moments.coefficients.length;
  const numbers = (length: number) => new Float64Array(length).fill(Number.NaN);
  const width = designs.reduce((most, design) => Math.max(most, fitRowLayout(design).extraErrors), 0);
  const name = dispersionOf(first.family);
  const thresholds = first.family === 'cumulative' ? nameUnion(designs.map(thresholdNames)) : null;
  const table: FamilyTable = {
    family: first.family,
    link: first.link,
    nodes,
    parameters: numbers(models * width),
    dispersion: name && {
      name,
      value: numbers(models),
      logStandardError: numbers(models),
      poisson: new Uint8Array(models),
    },
    thresholds: thresholds && {
      names: thresholds,
      estimate: numbers(models * thresholds.length),
      standardError: numbers(models * thresholds.length),
    },
    conditionalStandardError: numbers(models * coefficients),
    otherMinimum: numbers(models),
  };
  return {
    table,
    write(design, columns, m, row, mean) {
      const { family, link } = design.family ?? first;
      const layout = fitRowLayout(design);
      const { p, m: covariances, d, extraErrors, conditionalErrors } = layout;
      table.parameters.set(row.subarray(0, extraErrors), m * width);
      const extras = naturalExtras(family, row.subarray(p + covariances, extraErrors));
      if (table.dispersion) {
        table.dispersion.value[m] = extras[0];
        table.dispersion.logStandardError[m] = row[extraErrors];
        table.dispersion.poisson[m] = isPoisson(family, row[p + covariances]) ? 1 : 0;
      }
      if (table.thresholds) {
        const { names, estimate, standardError } = table.thresholds;
        thresholdNames(design).forEach((threshold, k) => {
          const at = m * names.length + names.indexOf(threshold);
          estimate[at] = extras[k];
          standardError[at] = row[extraErrors + k];
        });
      }
      for (let c = 0; c < p; c++) {
        table.conditionalStandardError[m * coefficients + columns[c]] = row[conditionalErrors + c];
      }
      table.otherMinimum[m] = row[layout.otherMinimum];
      const latent = latentVariance(family, link, mean, extras[0]);
      return { parameters: p + covariances + d, latent, remarks: remarksOf(row, layout, design, table.nodes) };
    },
  };
}

/** What is said of single models. */
export const REMARKS = {
  multimodal: 'multimodal: the criterion has another local minimum, the lowest is kept',
  sparse: 'sparse: the data tell less about the effect of a level than one count would',
  unbounded: 'unbounded: the standard deviation of a random effect ran to its bound, 30 on the scale of the link',
  doubtful: 'Laplace’s approximation is doubtful: large random effects, and little told about each (take “nagq”)',
} as const;
export type FamilyRemark = (typeof REMARKS)[keyof typeof REMARKS];

/** The largest standard deviation, but for rounding. */
const NEARLY_LARGEST = LARGEST_DEVIATION * (1 - 1e-6);
/** Laplace's approximation is doubtful where random effects are as large as that and the data tell less than that of each. */
const LARGE_DEVIATION = 1.5;
const LITTLE_INFORMATION = 2;

function remarksOf(row: Float64Array, layout: FitRowLayout, design: DesignMoments, nodes: number): FamilyRemark[] {
  const information = row[layout.information];
  const family = design.family?.family ?? 'binomial';
  const remarks: FamilyRemark[] = [];
  if (row[layout.otherMinimum] > 0) remarks.push(REMARKS.multimodal);
  if (isUnbounded(row, layout, design)) remarks.push(REMARKS.unbounded);
  const doubtful = Math.abs(row[layout.p]) > LARGE_DEVIATION && information < LITTLE_INFORMATION;
  if (nodes === 1 && doubtful) remarks.push(REMARKS.doubtful);
  else if (isCounts(family) && information < 1) remarks.push(REMARKS.sparse);
  return remarks;
}

/** Whether the effects of a term have the largest standard deviation that searches go to, in the median of the linear predictors. */
function isUnbounded(row: Float64Array, { p }: FitRowLayout, { terms, family }: DesignMoments): boolean {
  let at = p;
  return terms.some(({ q }, t) => {
    const L = lowerTriangle(row, at, q);
    at += triangleSize(q);
    const { z } = family?.effects[t] ?? { z: new Float64Array(0) };
    const reach = z.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (!(L.reduce((sum, value) => sum + Math.abs(value), 0) * reach >= NEARLY_LARGEST)) return false;
    const deviations = Float64Array.from({ length: z.length / q }, (_, i) => {
      let square = 0;
      for (let c = 0; c < q; c++) {
        let sum = 0;
        for (let r = c; r < q; r++) sum += L[r * q + c] * z[i * q + r];
        square += sum * sum;
      }
      return Math.sqrt(square);
    });
    return median(deviations.filter((deviation) => deviation > 0)) >= NEARLY_LARGEST;
  });
}

/** Whether a negative binomial is at its limit. */
function isPoisson(family: FamilyName, extra: number): boolean {
  return (family === 'nbinom2' || family === 'nbinom1') && extra === 0;
}

function dispersionOf(family: FamilyName): (typeof DISPERSION_OF)[keyof typeof DISPERSION_OF] | null {
  return family in DISPERSION_OF ? DISPERSION_OF[family as keyof typeof DISPERSION_OF] : null;
}

/** `1|2`, `2|3` ... of the categories in use. */
function thresholdNames({ family }: DesignMoments): string[] {
  const categories = family?.categories ?? [];
  return categories.slice(1).map((category, k) => `${categories[k]}|${category}`);
}
