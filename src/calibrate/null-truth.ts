/**
 * Null responses of another model than the one tested. A model without a term for samples, fitted to itself, can only look
 * right: what it leaves out is in no draw of it. So its null responses are drawn from the model with that term, fitted to the
 * same data, and its moments follow from those of the larger one without rows (`moments/submodel.ts`).
 */
import { batchDesign, modelFamily, refuseStructures } from '../compare/model-family.ts';
import { embedDesign } from '../compare/nested-models.ts';
import { sampleTerms } from '../design/replicates.ts';
import { FitError } from '../errors.ts';
import { mergeMoments } from '../moments/merge.ts';
import type { DesignMoments, Moments } from '../moments/moments.ts';
import { type Embedding, type Submodel, submodel, submodelResponses } from '../moments/submodel.ts';
import type { Run } from '../prepare/run.ts';
import type { Design } from '../types/design.ts';
import type { SplitDesign } from './permuted-responses.ts';

/** What null responses are drawn from, and how they become responses of the model tested. */
export interface NullTruth {
  readonly formula: string;
  readonly moments: Moments;
  reduce(drawn: Moments): Moments;
}

/**
 * The formula that null responses are drawn from: the one asked for, else that of the model with a term for the samples that
 * it lacks; null where it is the model itself (asked for as `model`).
 */
export function truthFormula(formula: string, parts: readonly SplitDesign[], asked: string | undefined): string | null {
  if (asked === 'model') return null;
  if (asked !== undefined) return asked;
  const terms = [...new Set(parts.flatMap(({ design }) => sampleTerms(design)))];
  return terms.length === 0 ? null : `${formula.trim()} + ${terms.join(' + ')}`;
}

/** Moments of the data under the larger model. Rejects with FormulaError where it does not hold the model tested. */
export async function nullTruth(data: Run, formula: string, truth: string): Promise<NullTruth> {
  const family = await modelFamily(data, [formula, truth]);
  refuseStructures(
    family,
    'truth',
    'responses cannot be drawn from one model with structured covariances for another',
    'Draw them from the model tested itself: “truth: model”.',
  );
  const merged = mergeMoments(family.parts.map(({ split, moments, keep }) => ({ split, moments, keep })));
  // Draws of generalised models have designs of their own, with the R of the one that they are of.
  const embeddings = new Map<Float64Array, { readonly own: Design; readonly embedding: Embedding }>();
  const submodels = new WeakMap<DesignMoments, Submodel>();
  for (const { joint, designs, moments } of family.parts) {
    for (const batch of moments.batches) {
      const [own, whole] = [batchDesign(batch, designs[0]), batchDesign(batch, joint)];
      const embedding = embedDesign(own, whole);
      if (!embedding) {
        throw new FitError('FormulaError', `'${truth}' does not hold the model '${formula}'`, {
          source: truth,
          option: 'truth',
          remedy: 'Null responses are drawn from the model tested with further terms.',
        });
      }
      embeddings.set(batch.design.r, { own, embedding });
    }
  }
  const submodelOf = (design: DesignMoments): Submodel => {
    const known = submodels.get(design);
    if (known) return known;
    const found = embeddings.get(design.r);
    if (!found) throw new RangeError('a draw of a design that is not known');
    const { own, embedding } = found;
    const sub = submodel(design, own, embedding);
    // Names of terms are those of the design on all rows.
    const { assign, termLabels } = own.fixed;
    const made = { ...sub, design: { ...sub.design, assign, termLabels } };
    submodels.set(design, made);
    return made;
  };
  return {
    formula: truth,
    moments: merged.moments,
    reduce: (drawn) => ({
      ...drawn,
      formula,
      batches: drawn.batches.map((batch) => {
        const sub = submodelOf(batch.design);
        return { ...batch, design: sub.design, responses: submodelResponses(batch.design, batch.responses, sub) };
      }),
    }),
  };
}
