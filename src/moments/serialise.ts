import type { ModelRecipe } from '../types/recipe.ts';
import type { MomentBatch, Moments } from './moments.ts';
import { serialiseHeader } from './stored-header.ts';

/** The pieces of a file, in order. `extra` is kept beside the moments (how they were made). */
export function serialiseMoments(
  moments: Moments,
  extra: Readonly<Record<string, unknown>> = {},
): Generator<Uint8Array> {
  return serialiseHeader({ ...extra, moments: storedMoments(moments) });
}

/** Moments as a file holds them: recipes, which batches share, once each. */
export interface StoredMoments extends Omit<Moments, 'recipe' | 'batches'> {
  readonly recipes?: readonly ModelRecipe[];
  readonly recipe?: number;
  readonly batches: readonly (Omit<MomentBatch, 'recipe'> & { readonly recipe?: number })[];
}

/** Batches may carry the rows they came from; a file must not. */
function storedMoments({ recipe, batches, ...rest }: Moments): StoredMoments {
  const recipes: ModelRecipe[] = [];
  const place = (made: ModelRecipe | undefined): { recipe?: number } => {
    if (!made) return {};
    if (!recipes.includes(made)) recipes.push(made);
    return { recipe: recipes.indexOf(made) };
  };
  const stored = batches.map(({ design, responses, index, recipe: own }) => {
    return { design, responses, index, ...place(own) };
  });
  return { ...rest, ...place(recipe), recipes, batches: stored };
}
