/** What generalised models cost, and why they are fitted as they are. */
import { FEW_ROWS } from '../glmm/family-objective.ts';
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import type { DesignMoments } from '../moments/moments.ts';

/** Nanoseconds of a pseudo-row in an evaluation: its likelihood, and a product of two columns of X in the Hessian. */
const ROW_TIME = 40;
const PRODUCT_TIME = 2;
/** Nanoseconds of an element of the blocks of H = I + A'WA, and evaluations of a fit with exact and with differenced Hessians. */
const ELEMENT_TIME = 4;
const EXACT_EVALUATIONS = 12;
const DIFFERENCED_EVALUATIONS = 80;
/** Evaluations of the modes in one of the criterion. */
const INNER = 4;

/** Families that a device searches, by link. */
const DEVICE_FAMILIES: readonly string[] = ['poisson log', 'binomial logit', 'nbinom2 log'];
/** Coefficients up to which a thread keeps the Hessian, and pseudo-rows up to which no dispatch nears the watchdogs of drivers. */
const DEVICE_COEFFICIENTS = 16;
const DEVICE_ROWS = 2 ** 13;

/** Why a device does not search generalised models of a design; null where it does. */
export function beyondFamilies(
  { p, terms }: DesignMoments,
  { family, link, rows, mass, counts }: FamilyEvidence,
): string | null {
  if (!DEVICE_FAMILIES.includes(`${family} ${link}`)) return `no search of ${family} (${link}) on the device`;
  if (!isScalarEffect(terms)) return 'generalised models with more than one random effect a level';
  if (p < 1) return 'generalised models without fixed effects';
  if (p > DEVICE_COEFFICIENTS) {
    return `${p} coefficients of generalised models, more than the ${DEVICE_COEFFICIENTS} that the device takes`;
  }
  if (rows > DEVICE_ROWS) return `${rows} kinds of rows, more than the ${DEVICE_ROWS} that the device takes`;
  if (family === 'nbinom2') {
    const cells = mass.reduce((sum, value) => sum + value, 0);
    if (cells <= FEW_ROWS) return `no more than ${FEW_ROWS} rows, where the dispersion may have several minima`;
    if (!counts.every(Number.isInteger)) return 'counts that are no whole numbers';
  }
  return null;
}

function isScalarEffect(terms: DesignMoments['terms']): boolean {
  return terms.length === 0 || (terms.length === 1 && terms[0].q === 1);
}

/** Nanoseconds of a fit, and the path in words. */
export function familyPlan(
  { n, p, terms, factors }: DesignMoments,
  { family, link, rows }: FamilyEvidence,
): { readonly operations: number; readonly reason: string } {
  const joined = rows < n ? `${n} rows in ${rows} kinds` : `${rows} rows`;
  if (isScalarEffect(terms)) {
    const each = ROW_TIME * INNER + PRODUCT_TIME * p * p;
    const how = terms.length === 0 ? 'no random term' : `one random effect a level of ${terms[0].group}`;
    return {
      operations: EXACT_EVALUATIONS * rows * each + 1e4,
      reason: `${family} (${link}): ${how}, exact derivatives, ${joined}`,
    };
  }
  const width = terms.reduce((sum, { q }) => sum + q, 0);
  const levels = factors.reduce((most, factor) => Math.max(most, factor.levels.length), 0);
  const each = INNER * (rows * (ROW_TIME + ELEMENT_TIME * width * width) + levels * ELEMENT_TIME * width ** 3);
  return {
    operations: DIFFERENCED_EVALUATIONS * each + 1e5,
    reason: `${family} (${link}): ${terms.length} random ${terms.length === 1 ? 'term' : 'terms'}, exact gradient, ${joined}`,
  };
}
