/**
 * Moments of fits with a covariance by blocks without one of their units (subjects of the residuals, levels of the grouping factor),
 * formed anew from the rows that are left: sums by pattern do not tell whose they are.
 */
import type { FitRows } from '../fit/readable-fit.ts';
import { subsetDesign } from '../formula/subset.ts';
import { searchedLength } from '../lmm/structured/covariance-parameters.ts';
import { addDenseResponse } from '../moments/dense.ts';
import { projectDesign } from '../moments/design-moments.ts';
import { emptyResponseMoments, type MomentBatch } from '../moments/moments.ts';
import type { Design } from '../types/design.ts';
import type { RowFactor } from '../types/residual.ts';

/** The units of a batch, and its moments without one of them. */
export interface SubjectDeletion {
  readonly levels: readonly string[];
  /** Null where a coefficient or a parameter of the covariance cannot be told without the unit. */
  without(level: number, index: Int32Array): MomentBatch | null;
}

/** The factor whose levels are independent of each other: subjects, or the grouping factor of the random effects. */
export function unitsOf({ residual, random }: Design): RowFactor | null {
  if (residual) return residual.subject;
  const [first] = random;
  return first ? { name: first.group, levels: first.levels, codes: first.codes } : null;
}

export function subjectDeletion(
  batch: FitRows['batches'][number],
  { responses, source }: Pick<FitRows, 'responses' | 'source'>,
): SubjectDeletion {
  const { whole, keep, design: moments } = batch;
  const design = keep ? subsetDesign(whole, keep) : whole;
  const units = unitsOf(design);
  if (!units) throw new RangeError('a design without units');
  const members = Array.from(batch.index, (model) => (source ? source[model] : model));
  const { rows: stride, values, weights } = responses;
  return {
    levels: units.levels,
    without(level, index) {
      const stay = Int32Array.from({ length: design.n }, (_, i) => i).filter((i) => units.codes[i] !== level);
      const left = subsetDesign(design, stay);
      const own = weights
        ? Float64Array.from(left.rows, (row, i) => weights[members[0] * stride + row] * (left.weights?.[i] ?? 1))
        : undefined;
      if (left.fixed.names.join('\n') !== design.fixed.names.join('\n') || left.n <= left.fixed.names.length) {
        return null;
      }
      const projector = projectDesign(left, null, own);
      const { blocks } = projector.moments;
      const [a, b] = [blocks?.layout, moments.blocks?.layout];
      const same =
        a?.scales.join('\n') === b?.scales.join('\n') &&
        a?.visits.join('\n') === b?.visits.join('\n') &&
        a?.groups.join('\n') === b?.groups.join('\n') &&
        searchedLength(projector.moments) === searchedLength(moments);
      if (!same || blocks?.unseen !== null) return null;
      const out = emptyResponseMoments(projector.moments, members.length);
      const y = new Float64Array(left.n);
      const workspace = new Float64Array(projector.m);
      members.forEach((k, at) => {
        for (let i = 0; i < left.n; i++) y[i] = values[k * stride + left.rows[i]];
        addDenseResponse(projector, y, 0, out, at, workspace);
      });
      return { design: projector.moments, responses: out, index };
    },
  };
}
