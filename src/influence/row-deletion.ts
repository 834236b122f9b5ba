/** Moments of gaussian models with several grouping factors without one level of one of them, formed anew from the rows left. */
import type { FitRows } from '../fit/readable-fit.ts';
import { subsetDesign } from '../formula/subset.ts';
import { denseMoments } from '../moments/table-moments.ts';
import { batchResponses } from './batch-responses.ts';
import type { SubjectDeletion } from './subject-deletion.ts';

/** The levels of the grouping factor `group` of a batch, and its moments without one of them. */
export function rowDeletion(
  batch: FitRows['batches'][number],
  { responses, source }: Pick<FitRows, 'responses' | 'source'>,
  group: string | undefined,
): SubjectDeletion {
  const { whole, keep } = batch;
  const design = keep ? subsetDesign(whole, keep) : whole;
  const factor = design.random.find((term) => term.group === group);
  if (!factor) throw new RangeError('a design without the grouping factor');
  const own = batchResponses(batch, responses, source);
  return {
    levels: factor.levels,
    without(level, index) {
      const stay = Int32Array.from({ length: design.n }, (_, i) => i).filter((i) => factor.codes[i] !== level);
      const left = subsetDesign(design, stay);
      if (left.fixed.names.join('\n') !== design.fixed.names.join('\n') || left.n <= left.fixed.names.length) {
        return null;
      }
      // Responses of a batch share their rows, and so do those without some.
      const [first, ...others] = denseMoments(left, own).batches;
      return first && others.length === 0 ? { design: first.design, responses: first.responses, index } : null;
    },
  };
}
