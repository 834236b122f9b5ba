/**
 * Degrees of freedom of tests in generalised mixed models by where a coefficient is compared (the inner and outer rule of
 * J. C. Pinheiro and D. M. Bates, "Mixed-Effects Models in S and S-PLUS", 2000, section 2.4.2; for groups with binary outcomes
 * P. Li and D. T. Redden, "Comparing denominator degrees of freedom approximations for the generalized linear mixed model in
 * analyzing binary outcome in small sample cluster-randomized trials", 2015):
 *
 *     constant in the levels of f, which lie in those of g      J_f - (J_g + number of columns that are constant in f and not in g)
 *     constant in the levels of f alone                         J_f - number of columns that are constant in f
 *     with random slopes by f                                   J_f - number of columns that are constant in f
 *     else                                                      none: z tests
 *
 * with J the numbers of levels. Of several such factors the one with the fewest levels counts.
 */
import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import type { DesignMoments } from '../../moments/moments.ts';

/** A grouping factor on the pseudo-rows. */
interface Grouping {
  readonly levels: number;
  readonly codes: Int32Array;
  /** Columns of X that have one value in each level. */
  readonly constant: readonly boolean[];
  /** Coefficients whose effects vary by level. */
  readonly slopes: ReadonlySet<string>;
}

/** Degrees of freedom of each coefficient; NaN for z tests, also where levels do not suffice. */
export function betweenWithin(design: DesignMoments, evidence: FamilyEvidence): Float64Array {
  const { p, coefficients } = design;
  const groupings = groupingsOf(design, evidence).sort((a, b) => a.levels - b.levels);
  // Thresholds are constant everywhere.
  const always = evidence.family === 'cumulative' ? 1 : 0;
  return Float64Array.from({ length: p }, (_, k) => {
    const own = groupings.find(({ constant }) => constant[k]);
    const sloped = groupings.find(({ slopes }) => slopes.has(coefficients[k]));
    const rests = sloped && (!own || sloped.levels < own.levels) ? sloped : own;
    if (!rests) return Number.NaN;
    const outer =
      rests === own ? groupings.find((other) => other.levels < own.levels && isWithin(own, other)) : undefined;
    const columns = rests.constant.filter((constant, j) => constant && !outer?.constant[j]).length;
    const df = rests.levels - columns - (outer ? outer.levels : always);
    return df > 0 ? df : Number.NaN;
  });
}

/** The same of each row of weights over the coefficients: the least of those that it weighs. */
export function rowsBetweenWithin(df: Float64Array, rows: Float64Array): Float64Array {
  const p = df.length;
  return Float64Array.from({ length: p === 0 ? 0 : rows.length / p }, (_, c) => {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < p; k++) if (rows[c * p + k] !== 0 && df[k] < least) least = df[k];
    return Number.isFinite(least) ? least : Number.NaN;
  });
}

function groupingsOf({ p, terms, factors }: DesignMoments, { rows, x, effects }: FamilyEvidence): Grouping[] {
  return factors.map(({ levels }, f) => {
    const own = [...terms.keys()].filter((t) => terms[t].factor === f);
    const { codes } = effects[own[0]];
    const slopes = new Set(own.flatMap((t) => terms[t].names).filter((name) => name !== '(Intercept)'));
    const constant = Array.from({ length: p }, (_, k) => isConstant(x, p, k, codes, levels.length, rows));
    return { levels: levels.length, codes, constant, slopes };
  });
}

/** Whether a column has one value in each level. */
function isConstant(x: Float64Array, p: number, k: number, codes: Int32Array, levels: number, rows: number): boolean {
  const value = new Float64Array(levels).fill(Number.NaN);
  for (let i = 0; i < rows; i++) {
    const known = value[codes[i]];
    if (Number.isNaN(known)) value[codes[i]] = x[i * p + k];
    else if (known !== x[i * p + k]) return false;
  }
  return true;
}

/** Whether each level of `inner` lies in one of `outer`. */
function isWithin(inner: Grouping, outer: Grouping): boolean {
  const holder = new Int32Array(inner.levels).fill(-1);
  for (let i = 0; i < inner.codes.length; i++) {
    const known = holder[inner.codes[i]];
    if (known >= 0 && known !== outer.codes[i]) return false;
    holder[inner.codes[i]] = outer.codes[i];
  }
  return true;
}
