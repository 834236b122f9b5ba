import type { EngineOptions } from '../../lmm/engine.ts';
import { spectralFitter } from '../../lmm/spectral.ts';
import { type SpectralDesign, spectralDesign } from '../../lmm/spectral-design.ts';
import { projectResponse } from '../../lmm/spectral-response.ts';
import type { MomentBatch, ResponseMoments } from '../../moments/moments.ts';
import type { DeviceBin } from '../../plan/device-bins.ts';
import { type SearchMapping, searchMappings } from '../../plan/search-variants.ts';
import { link, type NumberFormat } from './link.ts';
import { type DrawKernels, type ModelPacker, NO_ROWS_WITHIN, type SearchKernel, WORKGROUP } from './search-kernel.ts';
import { pairPacker, spectralFinisher } from './spectral-pairs.ts';
import {
  readOptimum,
  responseScale,
  type SpectralSizes,
  spectralColumns,
  spectralRows,
  spectralSizes,
  spectralTables,
} from './spectral-tables.ts';

/** Levels of a response that a workgroup keeps in its own memory, at most: 2 kB. */
const MAXIMUM_KEPT = 512;

const KERNELS = {
  thread: { entry: 'spectral-search', suffix: '', perWorkgroup: WORKGROUP, needs: null },
  workgroup: { entry: 'spectral-search-wide', suffix: ', a workgroup a response', perWorkgroup: 1, needs: null },
  subgroup: { entry: 'spectral-search-subgroup', suffix: ', by subgroups', perWorkgroup: 1, needs: 'subgroups' },
} as const;

/**
 * Linked text of the kernel; `separateMu` for ML, where the log-determinant has eigenvalues of its own; responses hold
 * z^2, z itself, or z as pairs; `levels` of the design where the lanes of a workgroup share them.
 */
export function spectralSearchCode(
  separateMu: boolean,
  responses: 'squares' | 'signed' | 'pairs' = 'squares',
  mapping: SearchMapping = 'thread',
  levels = 0,
): string {
  const constants = {
    SEPARATE_MU: separateMu ? 1 : 0,
    SIGNED: responses === 'squares' ? 0 : 1,
    WORDS: responses === 'pairs' ? 2 : 1,
  };
  // A power of two, so that few texts are compiled.
  const kept = { KEPT: Math.min(MAXIMUM_KEPT, 2 ** Math.ceil(Math.log2(Math.max(levels, WORKGROUP)))) };
  return link(`kernels/${KERNELS[mapping].entry}`, {
    number: 'f32',
    constants: mapping === 'thread' ? constants : { ...constants, ...kept },
  });
}

/**
 * The kernel for designs with one scalar random term; `number` where the device finishes too, in that number type; a
 * mapping to use instead of the fastest.
 */
export function spectralKernel(
  bin: DeviceBin,
  batches: readonly MomentBatch[],
  optionsOf: (batch: MomentBatch) => EngineOptions,
  number: NumberFormat | null,
  mapping?: SearchMapping,
): SearchKernel {
  const [first] = batches;
  const shared = bin.own ? null : spectralDesign(first.design, optionsOf(first));
  const separateMu = optionsOf(first).method === 'ML';
  const sizes: SpectralSizes = shared
    ? spectralSizes(shared.space)
    : { levels: bin.levels, blocks: separateMu ? Math.ceil(bin.levels / 4) : 0 };
  const finisher = shared && number !== null ? spectralFinisher(shared, sizes, number) : null;
  const words = finisher ? 2 : 1;
  const mappings = mapping === undefined ? searchMappings('spectral', sizes.levels) : [mapping];
  const label = 'spectral search';
  return {
    label,
    path: 'spectral',
    variants: mappings.map((name) => {
      const { suffix, perWorkgroup, needs } = KERNELS[name];
      const code = spectralSearchCode(separateMu, finisher ? 'pairs' : 'squares', name, sizes.levels);
      return { label: `${label}${suffix}`, code, perWorkgroup, needs };
    }),
    variantKey: [label, mappings, Math.round(Math.log2(sizes.levels)), separateMu, bin.own, words].join(),
    finisher,
    own: bin.own,
    structure: null,
    designWords: 4,
    designRows: spectralRows(sizes),
    responseRows: words * (1 + sizes.levels),
    resultRows: 2,
    workspaceRows: 0,
    shapeWords: [sizes.levels, sizes.blocks, shared?.columns ?? 0, 0],
    rounds: 1,
    draws: shared && (() => spectralDraws(shared, sizes, separateMu)),
    open(batch) {
      const spectral = shared ?? spectralDesign(batch.design, optionsOf(batch));
      // There the criterion may fall for ever, and how far is a matter of rounding.
      if (spectral.withinRows <= 0) return { refusal: NO_ROWS_WITHIN };
      if (spectral.space.lambda.length === 0) return { refusal: 'the fixed effects take up all random effects' };
      const options = optionsOf(batch);
      return finisher ? pairPacker(spectral, sizes, options) : spectralPacker(spectral, sizes, options);
    },
  };
}

function spectralPacker(spectral: SpectralDesign, sizes: SpectralSizes, options: EngineOptions): ModelPacker {
  const { design, logMean } = spectralTables(spectral.space, sizes);
  const { lambda, zeros, space } = spectral;
  const z2 = new Float64Array(space.lambda.length);
  const w = new Float64Array(lambda.length);
  return {
    design,
    pack(responses: ResponseMoments, k, out, column, stride) {
      const rss = responses.rss[k];
      if (responses.constant[k] === 1 || !(rss > 0 && Number.isFinite(rss))) return false;
      const within = projectResponse(spectral, responses, k, w, z2);
      if (!(within > 0)) return false;
      const scale = responseScale(rss, space.d);
      out[column] = within * scale;
      for (let j = 0; j < sizes.levels; j++) {
        out[(j + 1) * stride + column] = j < lambda.length - zeros ? z2[j] * scale : 0;
      }
      return true;
    },
    start: (results, column) => readOptimum(results, column, logMean),
    engine: () => spectralFitter(spectral),
    options: { ...options, bootstrap: undefined },
  };
}

function spectralDraws(spectral: SpectralDesign, sizes: SpectralSizes, separateMu: boolean): DrawKernels {
  const { scale, withinRows } = spectral;
  const { design, logMean } = spectralTables(spectral.space, sizes);
  const mean = Math.exp(logMean);
  const program = (kernel: string) => ({ label: kernel, code: link(`kernels/${kernel}`, { number: 'f32' }) });
  return {
    draw: program('spectral-draw'),
    search: { label: 'spectral search of draws', code: spectralSearchCode(separateMu, 'signed') },
    statistics: program('spectral-statistics'),
    design,
    tests: Float32Array.from(spectralColumns(spectral, mean)),
    roots: null,
    scratchRows: 0,
    levels: sizes.levels,
    outside: withinRows,
    parameters: 1,
    fitted: (fits, at) => [(fits.theta[at] * scale) ** 2 * mean],
  };
}
