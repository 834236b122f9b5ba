/**
 * Degrees of freedom by the level at which a column of X varies (the between-within method of Schluchter and Elashoff 1990, DDFM=BW
 * of SAS; of nested factors the inner-outer rule of Pinheiro and Bates 2000, section 2.4.2). Of factors of m_1 < m_2 < ... levels, each
 * nested in the one before, and n rows,
 *
 *     df = m_i - m_{i-1} - p_i        m_0 = 0, m of the rows n
 *
 * with p_i the columns that have one value in each level of factor i but not in those of the one before, the intercept among those
 * of the first (nlme has it among the rows). Beside structured residuals the subjects are the one factor. A combination of coefficients
 * has the least df of those that it weighs. These are counts of the design: unlike Satterthwaite's they do not move with the variances.
 *
 * Generalised models have the same (for binary outcomes Li and Redden 2015), where a coefficient with random slopes by a factor is
 * compared between its levels, thresholds count as one column, and where factors are crossed the one with the fewest levels in which
 * a column is constant counts, less the levels of one that holds it; what varies within all factors has the rows, less the levels of
 * the largest.
 */
import { withSubjects } from '../moments/covariance-blocks.ts';
import type { DesignMoments, FactorMoments } from '../moments/moments.ts';
import type { ModelReader } from './engine.ts';
import { holderOf, LevelMeans } from './level-means.ts';

/** Weights below this share of the largest are rounding. */
const ROUNDING = 1e-9;

/** The factors by whose levels columns are told apart, the coarsest first; null where they are not nested in one another. */
function nestedFactors(
  design: DesignMoments,
): { readonly design: DesignMoments; readonly factors: FactorMoments[] } | null {
  const whole = withSubjects(design);
  const subjects = design.blocks?.subjects?.factor.group;
  const factors = whole.factors.filter(({ group }) => subjects === undefined || group === subjects);
  factors.sort((a, b) => a.levels.length - b.levels.length);
  const nested = factors.every((factor, i) => i === 0 || holderOf(whole, factor, factors[i - 1]) !== null);
  return nested ? { design: whole, factors } : null;
}

/** Whether the method is defined for a design. */
export function isNested(design: DesignMoments): boolean {
  return nestedFactors(design) !== null;
}

/** df of each of the p coefficients; 0 where no levels are left, NaN without factors and of gaussian designs whose factors are not nested. */
export function betweenWithinDf(design: DesignMoments): Float64Array {
  if (design.family) return betweenDf(design, design.family.family === 'cumulative' ? 1 : 0);
  const { n, p } = design;
  const found = nestedFactors(design);
  if (!found) return new Float64Array(p).fill(Number.NaN);
  const { factors } = found;
  const means = factors.map((factor) => new LevelMeans(found.design, factor));
  const level = Int32Array.from({ length: p }, (_, k) => {
    const at = means.findIndex((own) => own.isConstant(k));
    return at < 0 ? factors.length : at;
  });
  const sizes = [...factors.map(({ levels }) => levels.length), n];
  const df = sizes.map((size, i) => {
    const columns = level.reduce((count, own) => count + (own === i ? 1 : 0), 0);
    return size - (i === 0 ? 0 : sizes[i - 1]) - columns;
  });
  return Float64Array.from(level, (own) => Math.max(0, df[own]));
}

/** The same of a generalised model, with as many columns of thresholds. */
function betweenDf(design: DesignMoments, thresholds: number): Float64Array {
  const { n, p, coefficients, terms } = design;
  const means = design.factors.map((factor) => new LevelMeans(design, factor));
  means.sort((a, b) => a.factor.levels.length - b.factor.levels.length);
  const constant = means.map((own) => Array.from({ length: p }, (_, k) => own.isConstant(k)));
  const hasSlope = (i: number, k: number): boolean =>
    terms.some(({ group, names }) => group === means[i].factor.group && names.includes(coefficients[k]));
  const outer = means.map(({ factor }, i) => {
    for (let j = i - 1; j >= 0; j--) if (holderOf(design, factor, means[j].factor)) return j;
    return -1;
  });
  const levelOf = Int32Array.from({ length: p }, (_, k) =>
    means.findIndex((_own, at) => constant[at][k] || (coefficients[k] !== '(Intercept)' && hasSlope(at, k))),
  );
  const withinAll = n - (means.at(-1)?.factor.levels.length ?? 0) - levelOf.filter((i) => i < 0).length;
  return Float64Array.from(levelOf, (i, k) => {
    if (means.length === 0) return Number.NaN;
    if (i < 0) return Math.max(0, withinAll);
    const held = constant[i][k] ? outer[i] : -1;
    const columns = constant[i].filter((own, c) => own && !(held >= 0 && constant[held][c])).length;
    const levels = means[i].factor.levels.length - (held >= 0 ? means[held].factor.levels.length : thresholds);
    return Math.max(0, levels - columns);
  });
}

/** The least df of the coefficients that a row of weights weighs; NaN where it weighs none. */
export function leastDf(df: Float64Array, weights: Float64Array): number {
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < df.length; k++) {
    if (!(Math.abs(weights[k]) > ROUNDING * largest)) continue;
    // What has z tests does not take the others' degrees of freedom away.
    if (df[k] < least) least = df[k];
  }
  return least === Number.POSITIVE_INFINITY ? Number.NaN : least;
}

/** The same of the row at `at` of rows x in orthonormal coordinates, l = x R. */
export function leastDfOfRow(df: Float64Array, r: Float64Array, x: Float64Array, at: number): number {
  const p = df.length;
  const weights = new Float64Array(p);
  for (let k = 0; k < p; k++) for (let i = 0; i <= k; i++) weights[k] += x[at + i] * r[i * p + k];
  return leastDf(df, weights);
}

/** A reader whose tests by this method are those of the model's own covariance with the degrees of freedom of its design. */
export function withBetweenWithin(reader: ModelReader, design: DesignMoments): ModelReader {
  let columnDf: Float64Array | null = null;
  return {
    ...reader,
    covariance: (batch, k, theta, sigma, ddf) =>
      reader.covariance(batch, k, theta, sigma, ddf === 'between-within' ? 'asymptotic' : ddf),
    smallSample(batch, k, theta, sigma, ddf) {
      if (ddf !== 'between-within') return reader.smallSample(batch, k, theta, sigma, ddf);
      columnDf ??= betweenWithinDf(design);
      return { ...reader.smallSample(batch, k, theta, sigma, 'satterthwaite'), method: ddf, columnDf };
    },
  };
}
