/** Moments of generalised models without one level of a grouping factor, formed anew from the rows that are left. */
import type { FitRows } from '../fit/readable-fit.ts';
import { subsetDesign } from '../formula/subset.ts';
import { familyMoments } from '../moments/family-moments.ts';
import { batchResponses } from './batch-responses.ts';
import type { SubjectDeletion } from './subject-deletion.ts';

/** The levels of a grouping factor of a batch, of the first without a name, and its moments without one of them. */
export function familyDeletion(
  batch: FitRows['batches'][number],
  { responses, source }: Pick<FitRows, 'responses' | 'source'>,
  group: string | undefined,
): SubjectDeletion {
  const { whole, keep, design: moments } = batch;
  const { family } = moments;
  const design = keep ? subsetDesign(whole, keep) : whole;
  const factor = design.random.find((term) => group === undefined || term.group === group);
  if (!family || !factor) throw new RangeError('a design without a family or a grouping factor');
  const own = batchResponses(batch, responses, source);
  const { trials, categories, rows } = responses;
  const choice = {
    ...{ family: family.family, link: family.link },
    ...(trials ? { trials: trials.subarray(0, rows) } : {}),
    ...(categories ? { categories } : {}),
  };
  return {
    levels: factor.levels,
    without(level, index) {
      const stay = Int32Array.from({ length: design.n }, (_, i) => i).filter((i) => factor.codes[i] !== level);
      const left = subsetDesign(design, stay);
      if (left.fixed.names.join('\n') !== design.fixed.names.join('\n')) return null;
      // Responses of a batch share their rows, and so do those without some.
      const [first, ...others] = familyMoments(left, own, choice).batches;
      return first && others.length === 0 ? { design: first.design, responses: first.responses, index } : null;
    },
  };
}
