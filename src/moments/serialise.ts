import type { ModelRecipe } from '../types/recipe.ts';
import type { MomentBatch, Moments, ResponseMoments } from './moments.ts';
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

/**
 * Batches may carry the rows they came from; a file must not. Equal moments give equal bytes, whichever way they were made: equal
 * recipes are one, and columns of responses have their order.
 */
function storedMoments({ recipe, batches, ...rest }: Moments): StoredMoments {
  const places = new Map<ModelRecipe, number>();
  const texts = new Map<string, number>();
  const recipes: ModelRecipe[] = [];
  const place = (made: ModelRecipe | undefined): { recipe?: number } => {
    if (!made) return {};
    const known = places.get(made);
    if (known !== undefined) return { recipe: known };
    const text = JSON.stringify(made);
    const at = texts.get(text) ?? recipes.push(made) - 1;
    texts.set(text, at);
    places.set(made, at);
    return { recipe: at };
  };
  const stored = batches.map(({ design, responses, index, recipe: own }) => {
    return { design, responses: storedResponses(responses), index, ...place(own) };
  });
  return { ...rest, ...place(recipe), recipes, batches: stored };
}

/** Without streams, which follow from the names. */
function storedResponses(responses: ResponseMoments): ResponseMoments {
  const { count, qty, ztr, rss, mean, constant, expressed, blocks, family } = responses;
  return { count, qty, ztr, rss, mean, constant, expressed, blocks, family };
}
