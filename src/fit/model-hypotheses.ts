import { termStructure } from '../formula/term-structure.ts';
import { type AnovaType, termHypotheses } from '../infer/hypotheses.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { choleskyInPlace } from '../numeric/cholesky.ts';
import type { TermHypothesis, TermStructure } from '../types/inference.ts';
import type { ModelRecipe } from '../types/recipe.ts';

/** Finds the hypotheses of designs, each type of each design once. */
export function hypothesisFinder(): (
  design: DesignMoments,
  recipe: ModelRecipe | null,
  type: AnovaType,
) => readonly TermHypothesis[] | null {
  const structures = new WeakMap<ModelRecipe, TermStructure>();
  const found = new WeakMap<DesignMoments, Map<AnovaType, readonly TermHypothesis[]>>();
  return (design, recipe, type) => {
    const known = found.get(design)?.get(type);
    if (known) return known;
    // Rows of a response's own may alias columns that the recipe has.
    if (recipe === null || recipe.fixed.names.join('\n') !== design.coefficients.join('\n')) return null;
    const byType = found.get(design) ?? new Map<AnovaType, readonly TermHypothesis[]>();
    found.set(design, byType);
    const structure = structures.get(recipe) ?? termStructure(recipe);
    structures.set(recipe, structure);
    const hypotheses = termHypotheses(type, structure, unweightedR(design, recipe));
    byType.set(type, hypotheses);
    return hypotheses;
  };
}

/**
 * R of the rows counted once each: as lmerTest has it, sums of squares of types I and II are sequential in the model
 * matrix without its weights. With weights it comes from the centred cross-product, where the intercept takes up the means.
 */
function unweightedR({ p, r, logDetW, xtxCentred }: DesignMoments, { fixed }: ModelRecipe): Float64Array {
  if (logDetW === 0 || fixed.assign[0] !== 0) return r;
  const lower = xtxCentred.slice();
  lower.fill(0, 0, p);
  for (let i = 0; i < p; i++) lower[i * p] = 0;
  lower[0] = 1;
  if (!Number.isFinite(choleskyInPlace(lower, p))) return r;
  const upper = new Float64Array(p * p);
  for (let i = 0; i < p; i++) for (let j = 0; j <= i; j++) upper[j * p + i] = lower[i * p + j];
  return upper;
}
