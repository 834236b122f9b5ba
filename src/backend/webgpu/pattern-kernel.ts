import type { EngineOptions } from '../../lmm/engine.ts';
import { blocksEngine } from '../../lmm/structured/blocks-engine.ts';
import { patternStart } from '../../lmm/structured/pattern-search.ts';
import type { MomentBatch } from '../../moments/moments.ts';
import type { StructureName } from '../../types/residual.ts';
import { readFactors } from './factor-kernel.ts';
import { link } from './link.ts';
import { patternLayout, patternMatrices, patternReducer, patternWords } from './pattern-tables.ts';
import { type Refusal, type SearchKernel, WORKGROUP } from './search-kernel.ts';

/** Values of STRUCTURE in shaders/lmm/visit-structures.wgsl. */
const CODES: Partial<Readonly<Record<StructureName, number>>> = {
  ...{ diag: 0, cs: 1, csh: 1, ar1: 2, ar1h: 2, ad: 3, adh: 3, us: 4 },
};
/** Evaluations of a search at most: all of them in one dispatch. */
const TURNS = 90;

/** What the text of the kernel depends on. */
export interface PatternSizes {
  readonly structure: StructureName;
  readonly p: number;
  /** Most rows of a pattern. */
  readonly visits: number;
  readonly scales: number;
  readonly parameters: number;
}

export function patternCode(
  { structure, p, visits, scales, parameters }: PatternSizes,
  method: EngineOptions['method'],
): string {
  return link('kernels/pattern-search', {
    number: 'f32',
    constants: {
      ...{ P: p, VISITS: visits, SCALES: scales, PARAMETERS: parameters },
      ...{ STRUCTURE: CODES[structure] ?? 0, REML: method === 'REML' ? 1 : 0 },
    },
  });
}

/** The kernel for a design with structured residuals that all models share, or why a device does not search it. */
export function patternKernel(
  batch: MomentBatch,
  optionsOf: (batch: MomentBatch) => EngineOptions,
): SearchKernel | Refusal {
  const { blocks, p } = batch.design;
  const { method } = optionsOf(batch);
  const begin = patternStart(batch.design, method);
  if (!blocks || !begin) return { refusal: 'the criterion has no curvature to begin with' };
  const { parameters, points } = begin;
  const { count, scales } = parameters;
  const layout = patternLayout(blocks, parameters, p);
  const { visits, designRows, responseRows } = layout;
  const sizes = { structure: blocks.layout.structure ?? 'diag', p, visits, scales, parameters: count } as const;
  const label = 'pattern search';
  const found = { parameters: count, places: Int32Array.from({ length: count }, (_, k) => k), engineSquares: count };
  return {
    label,
    path: 'structured',
    variants: [{ label, code: patternCode(sizes, method), perWorkgroup: WORKGROUP, needs: null }],
    variantKey: label,
    own: false,
    structure: patternWords(layout, begin),
    designWords: 16,
    designRows,
    responseRows,
    resultRows: count + 1,
    workspaceRows: 0,
    shapeWords: [blocks.blocks.length, 1, points.length, blocks.layout.visits.length, TURNS],
    rounds: 1,
    finisher: null,
    draws: null,
    open({ design }) {
      const options = optionsOf(batch);
      return {
        design: patternMatrices(layout),
        pack: patternReducer(design, blocks.width, layout, points),
        start: (results, column) => readFactors(results, column, found, 1),
        engine: () => blocksEngine(design, options),
        options: { ...options, bootstrap: undefined },
      };
    },
  };
}
