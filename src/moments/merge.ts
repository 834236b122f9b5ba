import { coefficientUnion } from './accumulate.ts';
import { gatherResponses } from './evidence.ts';
import type { MomentBatch, Moments } from './moments.ts';

/** Moments of one split, and which of its responses are kept. */
export interface MomentPart {
  readonly split: string | null;
  readonly moments: Moments;
  /** Responses kept, indices into `moments.names`, increasing. */
  readonly keep: Int32Array;
}

/** One run out of several splits, split after split. `source[m]` is the response (in its part) that model m came from. */
export function mergeMoments(parts: readonly MomentPart[]): { moments: Moments; source: Int32Array } {
  const names: string[] = [];
  const genes: string[] = [];
  const splits: string[] = [];
  const source: number[] = [];
  const batches: MomentBatch[] = [];
  const [first] = parts;
  for (const { split, moments, keep } of parts) {
    const place = new Int32Array(moments.names.length).fill(-1);
    keep.forEach((g) => {
      place[g] = names.length;
      names.push(moments.names[g]);
      if (moments.genes) genes.push(moments.genes[g]);
      if (split !== null) splits.push(split);
      source.push(g);
    });
    for (const batch of moments.batches) {
      const kept = keptResponses(batch, place);
      if (!kept) continue;
      // Beside the first part's recipe every batch of another needs its own.
      const recipe = kept.recipe ?? (moments === first?.moments ? undefined : moments.recipe);
      batches.push(recipe ? { ...kept, recipe } : kept);
    }
  }
  const notes = mergeNotes(parts.map(({ split, moments }) => ({ split, notes: moments.notes })));
  return {
    moments: {
      formula: first?.moments.formula ?? '',
      names,
      ...(genes.length > 0 ? { genes } : {}),
      ...(splits.length > 0 ? { splits } : {}),
      batches,
      coefficients: coefficientUnion(parts.map(({ moments }) => moments)),
      notes,
      ...(first?.moments.recipe ? { recipe: first.moments.recipe } : {}),
    },
    source: Int32Array.from(source),
  };
}

/** Splits named in front of a note at most. */
const NAMED_SPLITS = 4;

/** The notes of several splits: each text once, with the splits that it is about unless those are all. */
export function mergeNotes(
  parts: readonly { readonly split: string | null; readonly notes: readonly string[] }[],
): string[] {
  const splitsOf = new Map<string, (string | null)[]>();
  for (const { split, notes } of parts) {
    for (const note of new Set(notes)) splitsOf.set(note, [...(splitsOf.get(note) ?? []), split]);
  }
  return [...splitsOf].map(([note, splits]) => {
    if (splits.length === parts.length) return note;
    const more = splits.length > NAMED_SPLITS ? ` and ${splits.length - NAMED_SPLITS} more splits` : '';
    return `${splits.slice(0, NAMED_SPLITS).join(', ')}${more}: ${note}`;
  });
}

/** The batch with the responses that have a place; null when none has. */
function keptResponses<B extends MomentBatch>(batch: B, place: Int32Array): B | null {
  const { design, responses, index } = batch;
  let kept = 0;
  let same = true;
  for (let k = 0; k < index.length; k++) {
    const at = place[index[k]];
    if (at >= 0) kept++;
    if (at !== index[k]) same = false;
  }
  if (kept === 0) return null;
  if (same) return batch; // as a rule, of batches of which there may be thousands
  const positions: number[] = [];
  for (let k = 0; k < index.length; k++) if (place[index[k]] >= 0) positions.push(k);
  const newIndex = Int32Array.from(positions, (k) => place[index[k]]);
  if (kept === index.length) return { ...batch, index: newIndex };
  return { ...batch, index: newIndex, responses: gatherResponses(design, responses, positions) };
}

/** Responses seen in at least `cells` rows, of all that moments hold. */
export function seenResponses(moments: Moments, cells: number): Int32Array {
  const expressed = new Int32Array(moments.names.length);
  for (const { index, responses } of moments.batches) {
    index.forEach((g, k) => {
      expressed[g] = responses.expressed[k];
    });
  }
  return Int32Array.from(expressed.keys()).filter((g) => cells <= 0 || expressed[g] >= cells);
}

/** The moments of some responses, indices into `moments.names`, increasing; everything else stays as it is. */
export function selectMoments(moments: Moments, models: Int32Array): Moments {
  const selected = mergeMoments([{ split: null, moments, keep: models }]).moments;
  const { splits } = moments;
  return splits ? { ...selected, splits: Array.from(models, (model) => splits[model]) } : selected;
}
