/**
 * Variance fractions of one model, by the rule of variancePartition's `calcVarPart` (Hoffman and Schadt, "variancePartition:
 * interpreting drivers of variation in complex gene expression studies", BMC Bioinformatics 17, 2016):
 *
 *  - a random term has its variance (with slopes: the mean of z'Gz over the rows, Johnson 2014),
 *  - a part X_k b_k of the linear predictor has v_k / sum(v) of the variance of X b, v_k the variance of X_k b_k alone; parts
 *    that go together share what they explain together,
 *  - residuals have sigma^2;
 *
 * all over their sum. Variances over the rows have divisor n and no weights.
 */
import type { DesignMoments } from '../moments/moments.ts';

/** Parts of the linear predictor: columns of X, each part a list of them. */
export interface FixedParts {
  readonly names: readonly string[];
  readonly columns: readonly (readonly number[])[];
}

/** The parts of a design by term of its formula, or one a coefficient; the intercept has no variance and is left out. */
export function fixedParts(design: DesignMoments, by: 'term' | 'coefficient'): FixedParts {
  const { coefficients, assign, termLabels } = design;
  const names: string[] = [];
  const columns: number[][] = [];
  coefficients.forEach((coefficient, k) => {
    if (coefficient === '(Intercept)') return;
    const name = by === 'term' && assign && termLabels ? termLabels[assign[k]] : coefficient;
    const at = names.indexOf(name);
    if (at >= 0) columns[at].push(k);
    else {
      names.push(name);
      columns.push([k]);
    }
  });
  return { names, columns };
}

/**
 * Fractions of the fixed parts, of the random terms in the design's order, and of the residuals; they add up to 1.
 * `beta` has p raw coefficients, `covariances` the q x q covariance of each term in raw units.
 */
export function varianceFractions(
  design: DesignMoments,
  parts: FixedParts,
  beta: Float64Array,
  covariances: readonly Float64Array[],
  sigma: number,
): Float64Array {
  const { p, n, xtxCentred, terms } = design;
  const spread = (columns: readonly number[]) => {
    let sum = 0;
    for (const a of columns) for (const b of columns) sum += beta[a] * beta[b] * xtxCentred[a * p + b];
    return sum / n;
  };
  const own = parts.columns.map(spread);
  const apart = own.reduce((sum, value) => sum + value, 0);
  const together = spread(parts.columns.flat());
  const fixed = own.map((value) => (apart > 0 ? (value / apart) * together : 0));
  const random = terms.map(({ meanSquare }, t) =>
    covariances[t].reduce((sum, value, i) => sum + value * meanSquare[i], 0),
  );
  const all = Float64Array.of(...fixed, ...random, sigma * sigma);
  const total = all.reduce((sum, value) => sum + value, 0);
  return all.map((value) => value / total);
}

/** Names of {@link varianceFractions}: parts, random terms (their group, with its columns where a group has several), residuals. */
export function fractionNames({ terms }: DesignMoments, parts: FixedParts): string[] {
  const random = terms.map(({ group, names }) => {
    const alone = terms.filter((other) => other.group === group).length === 1;
    return alone || names.join() === '(Intercept)' ? group : `${group}.${names.join('.')}`;
  });
  return [...parts.names, ...random, 'Residuals'];
}

/** Names over several designs: fixed parts first, then random terms, then residuals. */
export function allFractionNames(designs: readonly DesignMoments[], by: 'term' | 'coefficient'): string[] {
  const fixed = new Set<string>();
  const random = new Set<string>();
  for (const design of designs) {
    const parts = fixedParts(design, by);
    for (const name of parts.names) fixed.add(name);
    for (const name of fractionNames(design, parts).slice(parts.names.length, -1)) random.add(name);
  }
  return [...new Set([...fixed, ...random, 'Residuals'])];
}
