import {
  areStrata,
  CONTESTED_SUBJECTS,
  covarianceParameters,
  parametersOf,
} from '../lmm/structured/covariance-parameters.ts';
import { flatScales } from '../lmm/structured/parameter-start.ts';
import type { CovarianceBlocks } from '../moments/covariance-blocks.ts';
import type { TermMoments } from '../moments/moments.ts';
import type { StructureName } from '../types/residual.ts';

/** Sizes up to which the arrays of a pattern search stay in a thread: coefficients, rows of a pattern, parameters. */
const PATTERN_COEFFICIENTS = 16;
const PATTERN_VISITS = 6;
const PATTERN_PARAMETERS = 32;
/** Multiply-adds of an evaluation up to which a whole search in one dispatch stays far from the watchdogs of drivers. */
const PATTERN_WORK = 2 ** 20;
/** Structures that have a kernel. */
const PATTERN_STRUCTURES: readonly StructureName[] = ['us', 'cs', 'csh', 'ar1', 'ar1h', 'ad', 'adh', 'diag'];
/** Distance from one of a combination of the columns of scales that is one but for its rounding. */
const FLAT = 1e-9;

/** Why a device does not search a design with blocks; null where it does. */
export function beyondPatterns(evidence: CovarianceBlocks, terms: readonly TermMoments[], p: number): string | null {
  const { layout, blocks } = evidence;
  const structure = layout.structure ?? 'diag';
  if (terms.length > 0) return 'random effects beside structured residuals, or structured ones';
  if (!PATTERN_STRUCTURES.includes(structure)) return `no search of ${structure} on the device`;
  if (layout.form !== 'subjects')
    return 'means, deviations or neighbours of long series, which cost the CPU next to nothing';
  if (structure === 'us' && layout.dispersion > 0) return 'an unstructured covariance beside a dispersion model';
  if (p < 1) return 'no fixed effects beside structured residuals';
  const over = (what: string, value: number, most: number): string | null =>
    value > most ? `${value} ${what} beside structured residuals, more than the ${most} that the device takes` : null;
  const parameters = covarianceParameters(layout, terms);
  const rows = blocks.reduce((most, { size }) => Math.max(most, size), 0);
  const beyond =
    over('coefficients', p, PATTERN_COEFFICIENTS) ??
    over('visits', rows, PATTERN_VISITS) ??
    over('covariance parameters', parameters.count, PATTERN_PARAMETERS);
  if (beyond !== null) return beyond;
  // Patterns of few subjects, whose rows the CPU keeps, are sums on the device like all others.
  const work = blocks.reduce((sum, { size: m }) => sum + m * (m + 1) * p * (p + 4) + 4 * m ** 3, p ** 3);
  if (work > PATTERN_WORK) return `${blocks.length} patterns of visits take longer than a dispatch may last`;
  const { scales } = parameters;
  const flat = flatScales(parameters, evidence);
  const isFlat = blocks.every(({ size, scales: columns }) => {
    for (let a = 0; a < size; a++) {
      let value = -1;
      for (let c = 0; c < scales; c++) value += columns[a * scales + c] * flat[c];
      if (!(Math.abs(value) < FLAT)) return false;
    }
    return true;
  });
  return isFlat ? null : 'a dispersion model without a constant';
}

/** Searches of a fit where random effects of few subjects stand beside the structure of their residuals (`covariance-optimum.ts`). */
const CONTESTED_SEARCHES = 4;

/** Operations of one evaluation of a criterion by blocks with its Hessian, searches of a fit, and in words what the blocks are. */
export function structuredPlan(
  evidence: CovarianceBlocks,
  terms: readonly TermMoments[],
  p: number,
): { readonly operations: number; readonly searches: number; readonly reason: string } {
  const { layout, blocks, units } = evidence;
  const parameters = covarianceParameters(layout, terms);
  let operations = 0;
  let [patterns, rows] = [0, 0];
  const strata = areStrata(parameters, blocks);
  for (const block of blocks) {
    const { size: m, count, sums } = block;
    if (strata) {
      // Rows against p and p x p, and those of a level by its parameters squared.
      operations += (sums ? m : count * m) * (p + 1) * (p + 4) + (sums ? 0 : count * m * m * (p + 4));
      if (sums) patterns++;
      else rows += count * m;
      continue;
    }
    const k = parametersOf(parameters, block).length;
    const own = sums ? ((m * (m + 1)) / 2) * (p + 1) * (p + 2) * 0.5 : count * m * (p + 1) * (m + p / 2);
    operations += (2 + k) * own + k * m ** 3 * 3 + (k * k * m * m) / 2;
    if (sums) patterns++;
    else rows += count * m;
  }
  const of = [layout.text, layout.dispersionText === '' ? '' : `dispersion ${layout.dispersionText}`].filter(
    (text) => text !== '',
  );
  const kept = [
    ...(patterns > 0 ? [`${patterns} ${patterns === 1 ? 'pattern' : 'patterns'} of sums`] : []),
    ...(rows > 0 ? [`${rows} ${rows === 1 ? 'row' : 'rows'}`] : []),
  ];
  const whose = units.name === null ? `${units.count} rows` : `${units.count} levels of ${units.name}`;
  const what = of.length > 0 ? of.join(', ') : 'structured random effects';
  const subjects = evidence.subjects?.factor.group;
  const contested = layout.structure !== null && terms.some(({ group }) => group === subjects);
  return {
    operations,
    searches: contested && units.count <= CONTESTED_SUBJECTS ? CONTESTED_SEARCHES : 1,
    reason: `${what}: ${parameters.count} covariance parameters; ${whose} are kept as ${kept.join(' and ')}`,
  };
}
