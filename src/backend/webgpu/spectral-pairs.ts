import type { DeviceStart, EngineOptions } from '../../lmm/engine.ts';
import { SEARCHED_ON_DEVICE } from '../../lmm/engine.ts';
import { emptyOptimum } from '../../lmm/ratio-search.ts';
import { CERTIFICATE } from '../../lmm/screen.ts';
import { spectralFitter } from '../../lmm/spectral.ts';
import type { SpectralDesign } from '../../lmm/spectral-design.ts';
import { writeColumn, writeOptimum } from '../../lmm/spectral-finish.ts';
import { projectResponse } from '../../lmm/spectral-response.ts';
import { joinDf64, splitDf64 } from '../../numeric/df64.ts';
import { FINISHES } from '../../types/fit-table.ts';
import { link, type NumberFormat } from './link.ts';
import type { FinishKernel, ModelPacker, SearchResults } from './search-kernel.ts';
import { OUTCOMES, type SpectralSizes, spectralColumns, spectralTables } from './spectral-tables.ts';

/** Rows of a result before those of the columns, and rows of a column (kernels/spectral-finish.wgsl). */
const HEAD_ROWS = 7;
const COLUMN_ROWS = 3;
const DF64 = FINISHES.indexOf('df64');

/** The kernel that finishes the models of a design in pairs. */
export function spectralFinisher(spectral: SpectralDesign, sizes: SpectralSizes, number: NumberFormat): FinishKernel {
  const { columns, space } = spectral;
  const { levels, blocks } = sizes;
  const mean = Math.exp(spectralTables(space, sizes).logMean);
  const values: number[] = [space.d, space.sumMu / mean];
  for (const value of space.lambda) values.push(value / mean);
  for (let m = 0; m < 4 * blocks; m++) values.push(m < space.mu.length ? space.mu[m] / mean : 0);
  values.push(...spectralColumns(spectral, mean));
  if (levels !== space.lambda.length) throw new RangeError('pairs are for designs that models share');
  return {
    label: 'spectral finish',
    code: link('kernels/spectral-finish', { number }),
    number,
    tables: false,
    constants: Float32Array.from(values.flatMap((value) => splitDf64(value))),
    rows: HEAD_ROWS + COLUMN_ROWS * columns,
  };
}

/** Packs r_w and z as pairs, and reads what the device finished. */
export function pairPacker(spectral: SpectralDesign, sizes: SpectralSizes, options: EngineOptions): ModelPacker {
  const { design, logMean } = spectralTables(spectral.space, sizes);
  const { lambda, zeros, space, columns, variance0 } = spectral;
  const mean = Math.exp(logMean);
  const w = new Float64Array(lambda.length);
  const z2 = new Float64Array(space.lambda.length);
  const optimum = emptyOptimum();
  const pair = ({ floats, stride }: SearchResults, row: number, column: number): number => {
    const at = 2 * (row * stride + column);
    return joinDf64([floats[at], floats[at + 1]]);
  };
  const outcomeOf = ({ floats, stride }: SearchResults, column: number) => {
    const at = 2 * ((HEAD_ROWS - 1) * stride + column);
    return { outcome: OUTCOMES[floats[at]], evaluations: floats[at + 1] };
  };
  return {
    design,
    pack(responses, k, out, column, stride) {
      const rss = responses.rss[k];
      if (responses.constant[k] === 1 || !(rss > 0 && Number.isFinite(rss))) return false;
      const within = projectResponse(spectral, responses, k, w, z2);
      if (!(within > 0)) return false;
      const scale = scaleOf(rss, space.d);
      const put = (row: number, value: number): void => {
        const at = 2 * (row * stride + column);
        [out[at], out[at + 1]] = splitDf64(value);
      };
      put(0, within * scale * scale);
      for (let j = 0; j < sizes.levels; j++) {
        put(1 + j, (w[zeros + j] * scale) / Math.sqrt(lambda[zeros + j]));
      }
      return true;
    },
    start(results, column): DeviceStart {
      const { outcome, evaluations } = outcomeOf(results, column);
      let u = Number.NaN;
      if (outcome === 'interior') u = Math.log(pair(results, 0, column) / mean);
      else if (outcome === 'boundary') u = Number.NEGATIVE_INFINITY;
      return { point: Float64Array.of(u), evaluations };
    },
    write(results, column, responses, k, fits) {
      const { outcome, evaluations } = outcomeOf(results, column);
      if (outcome !== 'interior' && outcome !== 'boundary') return false;
      const scale = scaleOf(responses.rss[k], space.d);
      optimum.gamma = pair(results, 0, column) / mean;
      optimum.S = pair(results, 1, column) / (scale * scale);
      optimum.difference = pair(results, 2, column);
      optimum.A = pair(results, 3, column);
      optimum.slope = pair(results, 4, column);
      optimum.curvature = pair(results, 5, column);
      optimum.evaluations = evaluations;
      const decrement = optimum.gamma === 0 ? 0 : optimum.slope ** 2 / (2 * optimum.curvature);
      optimum.converged = decrement <= CERTIFICATE;
      if (!(optimum.S > 0) || !optimum.converged) return false;
      fits.status[k] = 0;
      writeOptimum(spectral, responses.rss[k], optimum, fits, k);
      for (let c = 0; c < columns; c++) {
        const row = HEAD_ROWS + COLUMN_ROWS * c;
        const sums = {
          shift: (pair(results, row, column) * Math.sqrt(variance0[c])) / scale,
          variance: pair(results, row + 1, column) * variance0[c],
          change: pair(results, row + 2, column) * variance0[c],
        };
        if (!writeColumn(spectral, responses, k, c, sums, optimum, fits, k)) break;
      }
      fits.search[k] = SEARCHED_ON_DEVICE;
      fits.finish[k] = DF64;
      return true;
    },
    engine: () => spectralFitter(spectral),
    options: { ...options, bootstrap: undefined },
  };
}

/** Power of two that brings the residual standard deviation near 1. */
function scaleOf(rss: number, d: number): number {
  return 2 ** -Math.floor(Math.log2(rss / d) / 2);
}
