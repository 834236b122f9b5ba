import { FitError } from '../errors.ts';
import { contrastRows } from '../infer/contrast.ts';
import { marginalContrast } from '../infer/marginal-rows.ts';
import type { ModelRecipe } from '../types/recipe.ts';

/** A contrast: an expression linear in coefficient names, `factor:B-A`, or one weight a coefficient. */
export type Contrast = string | readonly number[];

/** `0, 1, -1` or `c(0, 1, -1)`. */
const NUMBERS = /^\s*(?:c\s*\(\s*)?([-+.\deE]+(?:\s*,\s*[-+.\deE]+)+)\s*\)?\s*$/;

/**
 * Weights over the coefficients.
 *
 * @throws FormulaError with the column of the mistake, or for a number of weights that is not that of the coefficients
 */
export function contrastWeights(
  contrast: Contrast,
  coefficients: readonly string[],
  recipe?: ModelRecipe | null,
): Float64Array {
  const listed = typeof contrast === 'string' ? NUMBERS.exec(contrast)?.[1].split(',').map(Number) : contrast;
  if (listed) {
    if (listed.length === coefficients.length && listed.every(Number.isFinite) && listed.some((w) => w !== 0)) {
      return Float64Array.from(listed);
    }
    throw new FitError(
      'FormulaError',
      `a contrast of ${listed.length} weights for ${coefficients.length} coefficients`,
      {
        source: String(contrast),
        option: 'contrasts',
        remedy: `Give one finite weight for each of ${coefficients.join(', ')}, not all of them zero.`,
      },
    );
  }
  const expression = String(contrast);
  const marginal = marginalContrast(recipe, expression, coefficients);
  if (marginal) return marginal;
  try {
    return contrastRows(expression, coefficients);
  } catch (cause) {
    const factor = recipe?.variables.find(({ kind, label }) => kind === 'factor' && expression.startsWith(`${label}:`));
    if (!factor || !expression.includes('-')) throw cause;
    throw new FitError('FormulaError', `'${expression}' compares no two levels of '${factor.label}'`, {
      source: expression,
      option: 'contrasts',
      remedy: `Its levels are ${factor.levels.join(', ')}: write ${factor.label}:B-A for the mean of B less that of A.`,
      cause,
    });
  }
}
