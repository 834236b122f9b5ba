import type { Design, RandomTerm } from '../types/design.ts';
import { gatherCodes, gatherMatrix, gatherNumbers } from './columns.ts';
import {
  aliasNotes,
  type BuiltDesign,
  codedFactors,
  dispersionNotes,
  fixedEffects,
  randomTerms,
  rankOf,
  structuredResiduals,
} from './design.ts';
import { dropUnusedLevels, frameVariable, gatherFrame } from './frame.ts';
import { dropUnused } from './grouping.ts';
import { subsetDispersion, subsetResidual } from './residual-rows.ts';

/**
 * The design on some of its used rows, as if the response were missing in the others. `keep` holds indices into
 * 0..n-1, increasing. Levels that lose all their rows disappear, with their columns; aliased columns are dropped;
 * transformations (poly, scale) stay as they were evaluated. Random terms keep the order of `design`, so that the
 * parameters of many subsets line up. Never throws: a design may come out empty.
 *
 * A design without the variables it was built from (made by hand) keeps its columns, save aliased ones.
 */
export function subsetDesign(design: Design | BuiltDesign, keep: Int32Array): Design | BuiltDesign {
  const notes: string[] = [];
  const base = {
    formula: design.formula,
    rows: gatherCodes(design.rows, keep),
    n: keep.length,
    ...(design.weights === undefined ? {} : { weights: gatherNumbers(design.weights, keep) }),
    ...(design.offset === undefined ? {} : { offset: gatherNumbers(design.offset, keep) }),
  };
  if (!('source' in design)) {
    const columns = subsetColumns(design, keep);
    const { notes: said, ...structured } = subsetResiduals(design, keep);
    return { ...base, ...columns, ...structured, notes: [...aliasNotes(columns.fixed.dropped), ...said] };
  }
  const gathered = gatherFrame(design.source.frame, keep);
  const { frame, dropped } = dropUnusedLevels(gathered);
  const source = { ...design.source, frame };
  const { notes: said, ...structured } = structuredResiduals(source, false);
  const lost = codedFactors(design.source).filter((label) => dropped.has(label));
  for (const label of lost) {
    const variable = frameVariable(frame, label);
    const left = variable.kind === 'factor' ? variable.levels.length : 0;
    notes.push(`'${label}': ${left} levels left, without ${dropped.get(label)?.join(', ')}`);
  }
  if (lost.length === 0) {
    const columns = subsetColumns(design, keep);
    return { ...base, ...columns, ...structured, notes: [...aliasNotes(columns.fixed.dropped), ...said], source };
  }
  const fixed = fixedEffects(source, false);
  const terms = randomTerms(source, false);
  const random = source.order.map((index) => terms[index]);
  return { ...base, fixed, random, ...structured, notes: [...notes, ...aliasNotes(fixed.dropped), ...said], source };
}

/** The residuals of a design whose variables are not known. */
function subsetResiduals(design: Design, keep: Int32Array): Pick<Design, 'residual' | 'dispersion' | 'notes'> {
  const { residual, dispersion, n } = design;
  const deviations = dispersion && subsetDispersion(dispersion, n, keep);
  return {
    ...(residual === undefined ? {} : { residual: subsetResidual(residual, keep) }),
    ...(deviations === undefined ? {} : { dispersion: deviations.rows }),
    notes: deviations ? dispersionNotes(deviations.dropped) : [],
  };
}

function subsetColumns(design: Design | BuiltDesign, keep: Int32Array): Pick<Design, 'fixed' | 'random'> {
  const { n, fixed } = design;
  const matrices = new Map<Float64Array, Float64Array>();
  const random = design.random.map((term): RandomTerm => {
    let z = matrices.get(term.z);
    if (z === undefined) {
      z = gatherMatrix(term.z, n, keep);
      matrices.set(term.z, z);
    }
    const { levels, codes } = dropUnused({ levels: term.levels, codes: gatherCodes(term.codes, keep) });
    return { ...term, levels, codes, z };
  });
  const rank = rankOf('source' in design ? design.source : {});
  return { fixed: rank(keep.length, { ...fixed, x: gatherMatrix(fixed.x, n, keep) }), random };
}
