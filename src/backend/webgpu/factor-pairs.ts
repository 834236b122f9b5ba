import { type EngineOptions, SEARCHED_ON_DEVICE } from '../../lmm/engine.ts';
import { certified, factorWriter } from '../../lmm/factor-finish.ts';
import { criterionDegrees } from '../../lmm/objective.ts';
import { testRows } from '../../lmm/test-rows.ts';
import { joinDf64, splitDf64 } from '../../numeric/df64.ts';
import { BLOCK_COEFFICIENTS } from '../../plan/device-bins.ts';
import { FINISHES } from '../../types/fit-table.ts';
import { type FactorLayout, type FactorShape, factorScale, factorTable } from './factor-tables.ts';
import { link, type NumberFormat } from './link.ts';
import type { FinishKernel, ModelPacker, SearchResults } from './search-kernel.ts';

/** Rows of a result between the squares and the columns, and rows of a column (shaders/lmm/factor-finish.wgsl). */
const HEAD_ROWS = 4;
const COLUMN_ROWS = 3;
const OUTCOMES = ['found', 'nowhere', 'unsettled'] as const;
/** Elements of the matrices that a thread sums for its columns: those of 4 effects and 8 coefficients. */
const MAXIMUM_SUMS = 360;
/** Products of pairs of columns of Z beside a border, an evaluation: as long as the search of a model may take. */
const MAXIMUM_PAIRS = 2 ** 17;
const DF64 = FINISHES.indexOf('df64');

/** Linked text of the kernel that finishes what the search of the same name found. */
export function finishCode(
  kernel: 'block' | 'crossed',
  { q, widest, p, parameters, squares, scatter }: FinishSizes,
  method: EngineOptions['method'],
  number: NumberFormat,
): string {
  const constants = { Q_LEVEL: q, WIDEST: widest, P: p, PARAMETERS: parameters, SQUARES: squares };
  const flags = { REML: method === 'REML' ? 1 : 0, SCATTER: scatter ? 1 : 0 };
  return link(`kernels/${kernel}-finish`, { number, constants: { ...constants, ...flags } });
}

/** What the text of a finish depends on. */
export type FinishSizes = Pick<FactorLayout, 'q' | 'widest' | 'p' | 'parameters' | 'squares' | 'scatter'>;

/** Rows of f32 that a model is finished in; none where it stays in its thread. */
export function finishRows(kernel: 'block' | 'crossed', { q, types, border, random }: FactorLayout): number {
  if (kernel === 'block') return 0;
  const columns = types * q + random;
  return 2 * (border * (border + 1) + (5 + q + columns) * border + columns + types * q * random);
}

/** Why the device does not finish models of a design, or null: arrays of a thread, and how long it may take. */
export function isFinishable({ q, types, border, random, p, parameters }: FactorLayout): boolean {
  if (p < 1 || p > BLOCK_COEFFICIENTS || parameters * p * (p + 1) > 2 * MAXIMUM_SUMS) return false;
  return ((types * q + random) ** 2 * border) / 2 <= MAXIMUM_PAIRS;
}

/** The kernel that finishes the models of a design in pairs. */
export function factorFinisher(
  kernel: 'block' | 'crossed',
  shape: FactorShape,
  layout: FactorLayout,
  options: EngineOptions,
  number: NumberFormat,
): FinishKernel {
  const { design } = shape;
  const { rows, columns } = testRows(design, options.contrasts);
  const table = factorTable(shape, layout, criterionDegrees(design, options.method));
  const lows = Array.from(table, (value) => value - Math.fround(value));
  return {
    label: `${kernel} finish`,
    code: finishCode(kernel, layout, options.method, number),
    number,
    tables: true,
    constants: Float32Array.from([columns, ...lows, ...Array.from(rows).flatMap((value) => splitDf64(value))]),
    rows: layout.squares + HEAD_ROWS + COLUMN_ROWS * columns,
  };
}

/** What reads a model that the device finished. */
export function finishReader(
  { design, starts: { unit } }: FactorShape,
  { squares, engineSquares, squareOf }: FactorLayout,
  options: EngineOptions,
): Required<Pick<ModelPacker, 'start' | 'write'>> {
  const writer = factorWriter(design, options, unit);
  const d = criterionDegrees(design, options.method);
  const lambda = new Float64Array(engineSquares);
  const pair = ({ floats, stride }: SearchResults, row: number, column: number): number => {
    const at = 2 * (row * stride + column);
    return joinDf64([floats[at], floats[at + 1]]);
  };
  const outcomeOf = ({ floats, stride }: SearchResults, column: number) => {
    const at = 2 * ((squares + HEAD_ROWS - 1) * stride + column);
    return { outcome: OUTCOMES[floats[at]], evaluations: floats[at + 1] };
  };
  const readFactors = (results: SearchResults, column: number): void => {
    design.terms.forEach((term, t) => {
      const { square } = writer.slots[t];
      const width = design.factors[term.factor].q;
      const first = squareOf.get(term.factor) ?? 0;
      for (let a = 0; a < term.q; a++) {
        for (let b = 0; b < term.q; b++) {
          const row = first + (term.column + a) * width + term.column + b;
          lambda[square + a * term.q + b] = pair(results, row, column) * unit;
        }
      }
    });
  };
  return {
    start(results, column) {
      const { outcome, evaluations } = outcomeOf(results, column);
      readFactors(results, column);
      const found = outcome !== 'nowhere' && lambda.every(Number.isFinite);
      return { point: found ? lambda.slice() : new Float64Array(0), evaluations };
    },
    write(results, column, responses, k, fits) {
      const { outcome, evaluations } = outcomeOf(results, column);
      if (outcome !== 'found') return false;
      const scale = factorScale(responses.rss[k], d);
      const S = pair(results, squares, column);
      const decrement = pair(results, squares + 2, column);
      const value = pair(results, squares + 1, column) + d * Math.log(S);
      readFactors(results, column);
      const optimum = { lambda, value, S, scale, decrement, minimum: true, evaluations, failed: false };
      if (!(S > 0) || !Number.isFinite(value) || !certified(optimum)) return false;
      fits.status[k] = 0;
      writer.writeOptimum(responses, k, optimum, fits, k);
      for (let c = 0; c < writer.columns; c++) {
        const row = squares + HEAD_ROWS + COLUMN_ROWS * c;
        const sums = {
          shift: pair(results, row, column),
          variance: pair(results, row + 1, column),
          delta: options.ddf === 'satterthwaite' ? pair(results, row + 2, column) : Number.NaN,
        };
        if (!writer.writeColumn(responses, k, c, sums, scale, fits, k)) break;
      }
      fits.search[k] = SEARCHED_ON_DEVICE;
      fits.finish[k] = DF64;
      return true;
    },
  };
}
