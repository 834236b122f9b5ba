import { isMarkov, type StructureName } from '../types/residual.ts';
import { LONG_SERIES } from './block-pieces.ts';
import { type CovarianceBlocks, seenPairs } from './covariance-blocks.ts';
import { scaleColumns } from './scale-columns.ts';

/**
 * Whether blocks serve another structure as well as its own would: they are the rows of subjects, and the other has no smaller
 * pieces (`block-pieces.ts`).
 */
export function servesStructure({ blocks, layout }: CovarianceBlocks, structure: StructureName): boolean {
  if (layout.form !== 'subjects') return false;
  if (layout.terms.length > 0) return true;
  const piecewise = structure === 'cs' || isMarkov(structure);
  return !(piecewise && blocks.some(({ size }) => size > LONG_SERIES));
}

/**
 * The blocks of a design that differs in the structure of its residuals alone, over the same visits or times, subjects, groups
 * and dispersion model: sums and rows are the same ones.
 */
export function restructured(given: CovarianceBlocks, structure: StructureName, text: string): CovarianceBlocks {
  const { blocks, layout } = given;
  const { visits, groups, dispersion, scales: names } = layout;
  // Every kind of row once.
  const rows = blocks.flatMap((block) => Array.from({ length: block.size }, (_, a) => ({ block, a })));
  const n = rows.length;
  const { columns, layoutScales } = scaleColumns({
    n,
    structure,
    dispersion:
      layout.dispersionText === ''
        ? null
        : {
            names: names.slice(0, dispersion),
            columns: Array.from({ length: dispersion }, (_, c) =>
              Float64Array.from(rows, ({ block, a }) => block.scales[a * names.length + c]),
            ),
          },
    visits,
    groups,
    group: (i) => rows[i].block.group,
    visit: (i) => rows[i].block.positions[rows[i].a],
  });
  let first = 0;
  const made = blocks.map((block) => {
    const from = first;
    first += block.size;
    const scales = Float64Array.from({ length: block.size * columns.length }, (_, i) => {
      return columns[i % columns.length][from + Math.floor(i / columns.length)];
    });
    return { ...block, scales };
  });
  const seen = structure === 'us' ? seenPairs(blocks, groups, visits) : null;
  return {
    ...given,
    layout: { ...layout, structure, text, ...layoutScales },
    blocks: made,
    unseen: seen?.unseen ?? null,
    fewSubjects: seen?.few ?? false,
  };
}
