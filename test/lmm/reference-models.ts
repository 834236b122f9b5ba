/** Designs and moments of R's reference fits, so that the engines can be called on them directly. */

import type { ContrastCoding } from '../../src/formula/contrasts.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { denseMoments, tableResponses } from '../../src/moments/table-moments.ts';
import type { Design } from '../../src/types/design.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { type ReferenceFit, referenceFits } from '../reference-fit.ts';

export interface ReferenceModel {
  readonly reference: ReferenceFit;
  readonly design: Design;
  readonly batch: MomentBatch;
}

export function referenceModels(): ReferenceModel[] {
  return referenceFits().map((reference) => {
    const table = referenceTable(reference.data);
    const formula = parseFormula(reference.formula);
    const contrasts: Record<string, ContrastCoding> = {};
    for (const [name, how] of Object.entries(reference.contrasts ?? {})) {
      if (table.columns.has(name)) contrasts[name] = how.split(' ')[0] as ContrastCoding; // 'sum (last level is -1)'
    }
    const responses = tableResponses(formula, table);
    const design = buildDesign(formula, table, {
      coding: contrasts,
      weights: reference.weights ?? undefined,
      complete: [responses.values],
    });
    return { reference, design, batch: denseMoments(design, responses).batches[0] };
  });
}
