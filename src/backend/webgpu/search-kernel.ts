import type { DeviceStart, Engine, EngineOptions, EnginePath, Fits } from '../../lmm/engine.ts';
import type { MomentBatch, ResponseMoments } from '../../moments/moments.ts';
import type { NumberFormat } from './link.ts';

/**
 * A kernel that searches the models of one bin, and how they get into its buffers. All kernels bind shape, structure,
 * design, responses, optima and workspace, in this order; buffers hold models as columns of rows of `stride`.
 */
export interface SearchKernel {
  readonly label: string;
  /** The path of the engine that finishes its models. */
  readonly path: EnginePath;
  /** Ways to run the search: the first runs everywhere, and the fastest is kept. */
  readonly variants: readonly SearchVariant[];
  /** What the times of the variants depend on, beside the device. */
  readonly variantKey: string;
  /** Whether every model brings a design of its own. */
  readonly own: boolean;
  /** What all models share whatever their designs are; null where the kernel reads none. */
  readonly structure: Uint32Array<ArrayBuffer> | null;
  /** Words of one element of a design (4 where the kernel reads vectors), and elements of a design. */
  readonly designWords: number;
  readonly designRows: number;
  /** Rows of f32 that a response takes, of words that a result takes, of f32 that a model is worked on in. */
  readonly responseRows: number;
  readonly resultRows: number;
  readonly workspaceRows: number;
  /** Words of the uniform `Shape` after models, stride, design_row and design_step; the number of the round follows. */
  readonly shapeWords: readonly number[];
  /** Dispatches that a search takes, one after another, so that none lasts too long. */
  readonly rounds: number;
  /** The kernel that finishes on the device what was found; null where the host finishes. */
  readonly finisher: FinishKernel | null;
  /** The kernels that draw from fits of a design that all models share; null where each has its own, or is too large. */
  readonly draws: (() => DrawKernels) | null;
  /** What packs and finishes the models of a batch of the bin, or why they are not for the device. */
  open(batch: MomentBatch): ModelPacker | Refusal;
}

/** A kernel by its linked text. */
export interface Program {
  readonly label: string;
  readonly code: string;
}

/** One way to give the models of a search to threads; bindings and results are the same in all. */
export interface SearchVariant extends Program {
  /** Models a workgroup. */
  readonly perWorkgroup: number;
  /** The feature of the device that it takes. */
  readonly needs: GPUFeatureName | null;
}

/** A kernel that finishes models in pairs of f32. */
export interface FinishKernel extends Program {
  readonly number: NumberFormat;
  /** Whether it reads the structure and the design of the search, and works in its workspace. */
  readonly tables: boolean;
  /** What it reads of the design beside or instead of them. */
  readonly constants: Float32Array<ArrayBuffer>;
  /** Pairs of a result. */
  readonly rows: number;
}

/** What draws responses from the fits of a design, fits them and says what they tell of every column. */
export interface DrawKernels {
  readonly draw: Program;
  readonly search: Program;
  readonly statistics: Program;
  /** The design in the kernels' layout. */
  readonly design: Float32Array<ArrayBuffer>;
  /** Values of `tests` and, where the draw reads them, of `roots`. */
  readonly tests: Float32Array<ArrayBuffer>;
  readonly roots: Float32Array<ArrayBuffer> | null;
  /** Rows of f32 that a draw is made in, beside those of the search. */
  readonly scratchRows: number;
  /** Levels of the eliminated factor, and degrees of freedom that nothing in the model reaches. */
  readonly levels: number;
  readonly outside: number;
  /** Parameters of a fit on the device, in number and by row of the fits. */
  readonly parameters: number;
  fitted(fits: Fits, at: number): ArrayLike<number>;
}

export interface ModelPacker {
  /** designRows x designWords values of the batch's design. */
  readonly design: Float32Array<ArrayBuffer>;
  /**
   * Reduces and scales response k into column `column` of rows of `stride`. False where the host has to say what
   * becomes of the response: it is constant, out of range, or the random effects leave nothing of it.
   */
  pack(responses: ResponseMoments, k: number, out: Float32Array, column: number, stride: number): boolean;
  /** The point of column `column` of a read-back, in the units of the engine. */
  start(results: SearchResults, column: number): DeviceStart;
  /**
   * Where the device finishes: writes the model of column `column` of what it finished into row k of `fits`; false
   * where the device is not certain of it.
   */
  readonly write?: (
    results: SearchResults,
    column: number,
    responses: ResponseMoments,
    k: number,
    fits: Fits,
  ) => boolean;
  /** The engine that finishes the batch's models, and the options that it is made with. */
  engine(): Engine;
  readonly options: EngineOptions;
}

/** A read-back: rows of `stride` words. */
export interface SearchResults {
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  readonly stride: number;
}

/** Models a workgroup of the search kernels. */
export const WORKGROUP = 64;

/** Why a design is not searched on the device. */
export interface Refusal {
  readonly refusal: string;
}

export function isRefusal(value: object): value is Refusal {
  return 'refusal' in value;
}

export const NO_ROWS_WITHIN = 'levels and fixed effects leave no rows to search with in single precision';
