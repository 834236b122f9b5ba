import { fittedFactors } from '../../lmm/bootstrap/factor-bootstrap.ts';
import { covarianceEngine } from '../../lmm/covariance-engine.ts';
import type { DeviceStart, EngineOptions } from '../../lmm/engine.ts';
import { criterionDegrees } from '../../lmm/objective.ts';
import { testRows } from '../../lmm/test-rows.ts';
import type { MomentBatch } from '../../moments/moments.ts';
import { BLOCK_COEFFICIENTS, BLOCK_COLUMNS, type DeviceBin } from '../../plan/device-bins.ts';
import { factorFinisher, finishReader, finishRows, isFinishable } from './factor-pairs.ts';
import {
  designRows,
  drawRoots,
  type FactorLayout,
  type FactorShape,
  type FactorSizes,
  factorLayout,
  factorShape,
  factorTable,
  responseReducer,
  responseRows,
} from './factor-tables.ts';
import { link, type NumberFormat } from './link.ts';
import {
  type DrawKernels,
  type ModelPacker,
  NO_ROWS_WITHIN,
  type Refusal,
  type SearchKernel,
  type SearchResults,
  WORKGROUP,
} from './search-kernel.ts';

/**
 * Bound on about an eighth of the operations of an evaluation, over all starts. A thread does about 100 evaluations one
 * after another and no chunk is shorter than one thread: beyond this it nears the watchdogs of drivers.
 */
const MAXIMUM_WORK = 2 ** 17;
/** Evaluations of a start, at most (shaders/lmm/factor-search.wgsl). */
const MAXIMAL_EVALUATIONS = 90;
/** Larger models go on in further dispatches, each of which begins its Hessian anew: that pays from so many evaluations. */
const LEAST_TURNS = 12;
/** Dispatches beyond what the evaluations need: a Hessian begun anew costs some. */
const SPARE_ROUNDS = 4;

/** Linked text of a kernel that keeps a model in its thread, for one grouping factor. */
export function blockCode(
  kernel: 'search' | 'statistics',
  { q, p, parameters, scatter }: Pick<FactorLayout, 'q' | 'p' | 'parameters' | 'scatter'>,
  method: EngineOptions['method'],
): string {
  const constants = { Q_LEVEL: q, P: p, PARAMETERS: parameters, SQUARES: q * q };
  const flags = { REML: method === 'REML' ? 1 : 0, SCATTER: scatter ? 1 : 0 };
  return link(`kernels/block-${kernel}`, { number: 'f32', constants: { ...constants, ...flags } });
}

/** Linked text of a kernel that keeps its matrices in storage, for any structure. */
export function crossedCode(
  kernel: 'search' | 'statistics',
  { q, parameters, squares, scatter }: Pick<FactorLayout, 'q' | 'parameters' | 'squares' | 'scatter'>,
  method: EngineOptions['method'],
): string {
  const constants = { Q_LEVEL: q, PARAMETERS: parameters, SQUARES: squares };
  const flags = { REML: method === 'REML' ? 1 : 0, SCATTER: scatter ? 1 : 0 };
  return link(`kernels/crossed-${kernel}`, { number: 'f32', constants: { ...constants, ...flags } });
}

/**
 * The kernel for designs with vector terms, several terms or several factors, or why a device does not search them; `number`
 * where the device finishes what it can, in that number type.
 */
export function factorKernel(
  bin: DeviceBin,
  batches: readonly MomentBatch[],
  optionsOf: (batch: MomentBatch) => EngineOptions,
  number: NumberFormat | null,
): SearchKernel | Refusal {
  const [first] = batches;
  const { method, ddf } = optionsOf(first);
  const model = factorShape(first.design, !bin.own);
  const sizes: FactorSizes = bin.own
    ? { types: bin.levels, border: bin.border }
    : { types: model.counts.length, border: model.order.others.map(({ levels }) => levels) };
  const layout = factorLayout(model, sizes);
  const { q, p, types, starts, border, random, parameters } = layout;
  const work = starts * (types * q * (q + border) ** 2 + (random > 0 ? border ** 3 : 0));
  const turns = Math.min(MAXIMAL_EVALUATIONS, Math.floor((MAXIMAL_EVALUATIONS * MAXIMUM_WORK) / work));
  if (turns < LEAST_TURNS || (turns < MAXIMAL_EVALUATIONS && starts > 1)) {
    return { refusal: `${types} types of levels beside ${border} columns take longer than a dispatch may last` };
  }
  const inThread = random === 0 && q <= BLOCK_COLUMNS && p >= 1 && p <= BLOCK_COEFFICIENTS;
  const codeOf = (kernel: 'search' | 'statistics'): string =>
    inThread ? blockCode(kernel, layout, method) : crossedCode(kernel, layout, method);
  const shared = !bin.own && turns === MAXIMAL_EVALUATIONS;
  const name = inThread ? 'block' : 'crossed';
  const finishes = number !== null && shared && ddf !== 'kenward-roger' && (inThread || isFinishable(layout));
  const finisher = finishes ? factorFinisher(name, model, layout, optionsOf(first), number) : null;
  const words = finisher ? 2 : 1;
  const label = `${name} search`;
  // The kernel binds it also where the border is empty.
  const searchRows = inThread ? 0 : Math.max(1, border * (border + 1) + (5 + 2 * q) * border);
  return {
    label,
    path: random > 0 ? 'crossed' : 'block',
    variants: [{ label, code: codeOf('search'), perWorkgroup: WORKGROUP, needs: null }],
    variantKey: label,
    own: bin.own,
    structure: layout.structure,
    designWords: 1,
    designRows: designRows(layout),
    responseRows: words * responseRows(layout),
    resultRows: parameters + 1,
    workspaceRows: Math.max(searchRows, finisher ? finishRows(name, layout) : 0),
    shapeWords: [types, starts, border, random, turns],
    rounds: turns < MAXIMAL_EVALUATIONS ? Math.ceil(MAXIMAL_EVALUATIONS / turns) + SPARE_ROUNDS : 1,
    finisher,
    draws: !shared ? null : () => factorDraws(model, layout, optionsOf(first), codeOf),
    open(batch) {
      const shape = bin.own ? factorShape(batch.design, false) : model;
      // There the criterion may fall for ever, and how far is a matter of rounding.
      if (shape.withinRows <= shape.design.p) return { refusal: NO_ROWS_WITHIN };
      if (!shape.starts.estimable.flat().every(Boolean)) {
        return { refusal: 'the fixed effects take up a column of the random effects' };
      }
      return factorPacker(shape, layout, optionsOf(batch), finisher !== null);
    },
  };
}

function factorPacker(
  shape: FactorShape,
  layout: FactorLayout,
  options: EngineOptions,
  finished: boolean,
): ModelPacker {
  const { design, starts } = shape;
  const d = criterionDegrees(design, options.method);
  return {
    design: Float32Array.from(factorTable(shape, layout, d)),
    pack: responseReducer(shape, layout, d, finished ? 2 : 1),
    ...(finished
      ? finishReader(shape, layout, options)
      : { start: (results, column) => readFactors(results, column, layout, starts.unit) }),
    engine: () => covarianceEngine(design, options),
    options: { ...options, bootstrap: undefined },
  };
}

function factorDraws(
  shape: FactorShape,
  layout: FactorLayout,
  options: EngineOptions,
  codeOf: (kernel: 'search' | 'statistics') => string,
): DrawKernels {
  const { design, order, starts } = shape;
  const { q, parameters, squares, places, scatter } = layout;
  const constants = { Q_LEVEL: q, PARAMETERS: parameters, SQUARES: squares, SCATTER: scatter ? 1 : 0 };
  const { roots, rank } = drawRoots(shape, layout);
  return {
    draw: { label: 'factor draw', code: link('kernels/factor-draw', { number: 'f32', constants }) },
    search: { label: 'search of draws', code: codeOf('search') },
    statistics: { label: 'statistics of draws', code: codeOf('statistics') },
    design: Float32Array.from(factorTable(shape, layout, criterionDegrees(design, options.method))),
    tests: Float32Array.from(testRows(design, options.contrasts).rows),
    roots,
    scratchRows: 2 * layout.border,
    levels: order.levels,
    outside: Math.max(0, design.n - order.totalRank - rank),
    parameters,
    fitted(fits, at) {
      const factors = fittedFactors(design, fits, at);
      return Float64Array.from(places, (place) => factors[place] / starts.unit);
    },
  };
}

/** The squares of a column of a read-back; none where the device found nothing to start from. */
export function readFactors(
  { words, floats, stride }: SearchResults,
  column: number,
  { parameters, places, engineSquares }: Pick<FactorLayout, 'parameters' | 'places' | 'engineSquares'>,
  unit: number,
): DeviceStart {
  const packed = words[parameters * stride + column];
  const evaluations = packed & 0xffff;
  const point = new Float64Array(engineSquares);
  let found = packed >>> 16 === 0;
  for (let k = 0; k < parameters; k++) {
    const value = floats[k * stride + column];
    found &&= Number.isFinite(value);
    point[places[k]] = value * unit;
  }
  return { point: found ? point : new Float64Array(0), evaluations };
}
