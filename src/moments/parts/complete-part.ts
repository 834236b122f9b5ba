/** Moments that all files of a data set have given their rows to. */
import { judgedSquares } from '../dense.ts';
import { keepsOffsets } from '../family-rows.ts';
import { isConstant } from '../family-values.ts';
import { type MomentPart, mergeMoments, seenResponses } from '../merge.ts';
import type { DesignMoments, Moments, ResponseMoments } from '../moments.ts';
import { settleNodes } from './merge-family.ts';
import { type MomentsPart, notJoined, type PartRows, requireComplete, type WholeDesign } from './part.ts';

/**
 * The moments of the whole data set, as one run over all files forms them.
 *
 * @throws FitError DataError that names the files that are not among the parts
 */
export function completeMoments(part: MomentsPart, path?: string): Moments {
  const { whole, splits, notes } = part;
  requireComplete(part, path);
  if (whole.kind === 'rows') throw notJoined(part, path);
  const least = typeof whole.options['minCells'] === 'number' ? whole.options['minCells'] : 0;
  const merged = splits.flatMap((rows, s): MomentPart[] => {
    if (rows === null) return [];
    const moments = splitMoments(rows, whole, s);
    return [{ split: whole.splits[s].split, moments, keep: seenResponses(moments, least) }];
  });
  const { moments } = mergeMoments(merged);
  return { ...moments, notes: [...new Set([...whole.notes, ...moments.notes, ...notes])] };
}

function splitMoments({ design, responses }: PartRows, whole: WholeDesign, s: number): Moments {
  const { recipe, notes } = whole.splits[s];
  const { names, genes, formula } = whole;
  const settled = design.family
    ? completeFamily(design, responses)
    : { design, responses: completeGaussian(design, responses) };
  return {
    formula,
    names,
    ...(genes ? { genes } : {}),
    batches: [{ ...settled, index: Int32Array.from(names.keys()) }],
    coefficients: design.coefficients,
    notes,
    recipe,
  };
}

/** Squares that are rounding are none. */
function completeGaussian({ p, n }: DesignMoments, responses: ResponseMoments): ResponseMoments {
  const rss = responses.rss.map((value, g) => {
    let total = value;
    for (let k = g * p; k < (g + 1) * p; k++) total += responses.qty[k] ** 2;
    return responses.constant[g] === 1 ? value : judgedSquares(value, total, n, true);
  });
  return { ...responses, rss };
}

function completeFamily(
  design: DesignMoments,
  responses: ResponseMoments,
): { readonly design: DesignMoments; readonly responses: ResponseMoments } {
  const { family, n } = design;
  const { family: values, count, expressed } = responses;
  if (!family || !values) throw new RangeError('a generalised model without its evidence');
  const constant = Uint8Array.from(expressed, (seen) =>
    isConstant(family.family, seen < n ? 0 : 1, seen > 0 ? 1 : 0) ? 1 : 0,
  );
  const joined =
    family.family === 'nbinom2' && !keepsOffsets(n, count)
      ? settleNodes({ evidence: family, values }, count)
      : { evidence: family, values };
  return {
    design: { ...design, family: joined.evidence },
    responses: { ...responses, constant, family: joined.values },
  };
}
