import { FitError } from '../errors.ts';
import type { MomentFit } from '../fit/readable-fit.ts';
import type { ModelRecipe } from '../types/recipe.ts';

/** The recipes of a run, each once. Throws OptionError where there is none. */
export function runRecipes(result: MomentFit): ModelRecipe[] {
  const recipes = new Set<ModelRecipe>();
  if (result.recipe) recipes.add(result.recipe);
  for (const { recipe } of result.moments.batches) if (recipe) recipes.add(recipe);
  if (recipes.size === 0) {
    throw new FitError('OptionError', 'this fit does not say how its design was made from a table', {
      remedy: 'Fit a formula to a table or matrix; designs and moments made by hand have no variables to predict from.',
    });
  }
  return [...recipes];
}
