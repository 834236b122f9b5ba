import { eliminationChoice } from '../lmm/elimination.ts';
import { ABILITIES, type EngineAbilities, type EnginePath } from '../lmm/engine.ts';
import { isScalar } from '../lmm/screen.ts';
import { searchedLength } from '../lmm/structured/covariance-parameters.ts';
import type { DesignMoments, Moments } from '../moments/moments.ts';
import { familyPlan } from './family-plan.ts';
import { structuredPlan } from './structured-plan.ts';

/** How the models of one batch are fitted, and why. Plain data. */
export interface BatchPlan {
  readonly path: EnginePath;
  readonly reason: string;
  /** Responses of the batch. */
  readonly models: number;
  /** Estimated nanoseconds of one fit on one core, and of setting the design up. */
  readonly fitCost: number;
  readonly setUpCost: number;
  /** Estimated nanoseconds of one draw of a bootstrap: drawn, fitted and counted among the others. */
  readonly drawCost: number;
}

/** What will run where; `fit --explain` prints it. */
export interface FitPlan {
  readonly batches: readonly BatchPlan[];
  readonly threads: number;
  /** True when the main thread should stay free for progress and cancellation even if one thread does the work. */
  readonly background: boolean;
  /** Models a work item. */
  readonly chunk: number;
  readonly arithmetic: 'float64' | 'f32 search, float64 finish' | 'f32 search, df64 finish' | 'f32 (preview)';
  readonly backend: 'cpu' | 'webgpu';
  /** What the device will search, in words; empty without one. */
  readonly device?: readonly string[] | undefined;
  /** Who forms the moments of dense responses, in words, where a device may. */
  readonly moments?: readonly string[] | undefined;
  /** Why that backend, in words. */
  readonly choice?: string | undefined;
  /** What the user should know before the work begins. */
  readonly warnings?: readonly string[] | undefined;
}

/** What the plan of a run depends on besides the moments. */
export interface PlanOptions {
  readonly method: 'REML' | 'ML';
  readonly backend?: 'cpu' | 'webgpu' | undefined;
  readonly precision?: 'auto' | 'f64' | 'df64' | 'f32' | undefined;
  /** Threads at most; the plan takes fewer when there is little to do. */
  readonly threads: number;
  /** Draws of the bootstrap of each model. */
  readonly draws?: number | undefined;
}

/** Covariance parameters of one model beyond which its search is long, and seldom what was meant. */
const MANY_PARAMETERS = 200;

/** A warning for models with so many variances and covariances that their search takes long. */
function searchWarnings(moments: Moments): string[] {
  const most = moments.batches.reduce((largest, { design }) => {
    return Math.max(largest, searchedLength(design));
  }, 0);
  if (most <= MANY_PARAMETERS) return [];
  return [
    `WARNING: ${most} variances and covariances are searched for in each model: this may take very long, and few data tell so many apart; fewer columns before the |, or ||, make it a smaller model`,
  ];
}

/** Nanoseconds of work below which a further thread costs more (start-up, copies) than it saves. */
const WORTH_A_THREAD = 1e8;
/** Nanoseconds of work from which on a single model goes to a worker, so that it can be cancelled. */
const WORTH_THE_BACKGROUND = 2e9;
/** Nanoseconds of a work item, about, at most: progress shows, and a run that is killed loses little. */
const WORK_ITEM = 2e9;
/** Nanoseconds an operation, measured on a 2026 server core: eigen-decomposition (of J^3), spectral fits, Newton fits. */
const EIGEN_TIME = 2.1;
const SPECTRAL_TIME = 0.54;
const NEWTON_TIME = 1.35;
/** Of setting the engine of any design up, however small. */
const SET_UP_TIME = 5e4;
/** Of a column of Z in the elimination of crossed factors. */
const LEVEL_SET_UP = 2e3;
/**
 * With so few levels there may be two optima, which only a scan is sure to tell apart: that of the spectral path, and on the CPU
 * that of the sums over levels.
 */
const FEW_LEVELS = 16;
/**
 * Nanoseconds of a fit of one scalar random term from sums over its levels, on one 2026 server core with all that it takes:
 * of any, of a level, of a level and a product of two columns, of the cube of the columns (bench/own-designs.mjs).
 */
const SUMS_TIME = { fit: 8000, level: 140, product: 30, cube: 100 } as const;
/**
 * What a fit took over what its operations as counted here say, which leave out memory, set-up and the harder responses:
 * geometric means of the records in bench/results, two machines of which one is four times as fast as the other. Which
 * path is cheaper does not depend on them.
 */
const TAKEN = { linear: 1, spectral: 3.6, block: 7.5, crossed: 3, structured: 1.5, family: 1 } as const;
/** What two effects a level take of that: their sweeps are written out (`lmm/block-pair.ts`; bench/slopes.mjs, before and after). */
const PAIR_SHARE = 0.2;
/** Share of a fit that a draw takes: it needs no start, no degrees of freedom and no tests (bench/bootstrap.mjs). */
const DRAW_SHARE = { linear: 1, spectral: 0.7, block: 0.85, crossed: 0.45, structured: 0.9, family: 1 } as const;
/** Share of a fit that its sample for tests takes: one evaluation, where a fit has several (bench/inference.mjs). */
const SAMPLE_SHARE = { linear: 1, spectral: 0.3, block: 0.15, crossed: 0.15, structured: 0.1, family: 0.2 } as const;
/** Nanoseconds of a test with its tail, and of a tail of the studentized range. */
const TEST_TIME = 500;
const RANGE_TIME = 3000;
/** Newton evaluations of a typical fit on each path. */
const SPECTRAL_EVALUATIONS = 14;
const NEWTON_EVALUATIONS = 9;
const STRUCTURED_EVALUATIONS = 9;

const DEVICE_ARITHMETIC = {
  auto: 'f32 search, float64 finish',
  f64: 'f32 search, float64 finish',
  df64: 'f32 search, df64 finish',
  f32: 'f32 (preview)',
} as const;

/** The plan of the fits of all models: path of each batch, arithmetic, threads and chunks. Nothing is computed from responses. */
export function planFit(moments: Moments, options: PlanOptions): FitPlan {
  const refits = 1 + (options.draws ?? 0);
  const batches = planBatches(moments, refits, options.backend);
  const work = estimatedWork(batches, options.draws);
  const models = batches.reduce((sum, b) => sum + b.models, 0);
  const threads = Math.max(1, Math.min(options.threads, Math.floor(work / WORTH_A_THREAD), models));
  // Several chunks a thread, so that progress shows and the threads end together.
  const short = Math.ceil((WORK_ITEM * models) / Math.max(1, work));
  const chunk = Math.max(1, Math.min(Math.ceil(2048 / refits), Math.ceil(models / (threads * 8)), short));
  // A bootstrap of one response may take long, so that its thread should not be this one.
  const background = refits > 1 ? work > WORTH_A_THREAD : options.threads > 1 && work > WORTH_THE_BACKGROUND;
  if (options.backend === 'webgpu') {
    return {
      batches,
      threads,
      background,
      chunk,
      arithmetic: DEVICE_ARITHMETIC[options.precision ?? 'auto'],
      backend: 'webgpu',
      warnings: searchWarnings(moments),
    };
  }
  const warnings = searchWarnings(moments);
  return { batches, threads, background, chunk, arithmetic: 'float64', backend: 'cpu', warnings };
}

/** The plans of all batches; designs of responses' own, of which there may be thousands, mostly have that of the one before. */
function planBatches(moments: Moments, refits: number, searcher: 'cpu' | 'webgpu' | undefined): BatchPlan[] {
  let last: { readonly design: DesignMoments; readonly plan: BatchPlan } | null = null;
  return moments.batches.map(({ design, responses: { count } }) => {
    if (last?.plan.models === count && hasShape(design, last.design)) return last.plan;
    const plan = planBatch(design, count, refits, searcher);
    last = { design, plan };
    return plan;
  });
}

/** Whether all that a plan depends on is the same in two designs of one grouping factor. */
function hasShape({ n, p, factors, terms }: DesignMoments, other: DesignMoments): boolean {
  if (factors.length !== 1 || other.factors.length !== 1) return false;
  const same = p === other.p && terms.length === other.terms.length && factors[0].q === other.factors[0].q;
  const levels = factors[0].levels.length;
  if (!same || levels !== other.factors[0].levels.length) return false;
  return n > p + levels === other.n > p + levels;
}

/** How tests of fitted models are run: as {@link planFit} has it, by what reading each model and its tests take. */
export function planTests(
  moments: Moments,
  { threads: most, tests, ranges }: { readonly threads: number; readonly tests: number; readonly ranges: number },
): Pick<FitPlan, 'batches' | 'threads' | 'chunk'> {
  const batches = planBatches(moments, 1, 'cpu');
  const own = tests * TEST_TIME + ranges * RANGE_TIME;
  const work = batches.reduce((sum, { path, models, setUpCost, fitCost }) => {
    return sum + setUpCost + models * (SAMPLE_SHARE[path] * fitCost + own);
  }, 0);
  const models = batches.reduce((sum, b) => sum + b.models, 0);
  const threads = Math.max(1, Math.min(most, Math.floor(work / WORTH_A_THREAD), models));
  return { batches, threads, chunk: Math.max(1, Math.min(2048, Math.ceil(models / (threads * 8)))) };
}

/** Nanoseconds of some batches on one core; `draws` of each response, and of a response without random effects. */
export function estimatedWork(batches: readonly BatchPlan[], draws = 0): number {
  return batches.reduce((sum, { models, setUpCost, fitCost, drawCost }) => {
    return sum + setUpCost + models * fitCost + (models + 1) * draws * drawCost;
  }, 0);
}

/** Whether the engines of all batches of a plan can do something. */
export function canDo({ batches }: Pick<FitPlan, 'batches'>, ability: keyof EngineAbilities): boolean {
  return batches.every(({ path }) => ABILITIES[path][ability]);
}

/** What a fit and a draw take by the operations of a fit, nanoseconds. */
function costs(path: EnginePath, operations: number): Pick<BatchPlan, 'fitCost' | 'drawCost'> {
  const fitCost = TAKEN[path] * operations;
  return { fitCost, drawCost: DRAW_SHARE[path] * fitCost };
}

/** Chooses the path of one design for `models` responses, each fitted `refits` times (bootstrap), by who searches. */
export function planBatch(
  design: DesignMoments,
  models: number,
  refits = 1,
  searcher: 'cpu' | 'webgpu' = 'cpu',
): BatchPlan {
  const { p, factors, terms, q: Q } = design;
  if (design.family) {
    const { operations, reason } = familyPlan(design, design.family);
    return { path: 'family', models, ...costs('family', operations), setUpCost: SET_UP_TIME, reason };
  }
  if (design.blocks) {
    const { operations, searches, reason } = structuredPlan(design.blocks, terms, p);
    return {
      path: 'structured',
      models,
      ...costs('structured', searches * STRUCTURED_EVALUATIONS * operations),
      setUpCost: SET_UP_TIME,
      reason,
    };
  }
  if (factors.length === 0) {
    return {
      path: 'linear',
      models,
      ...costs('linear', 200 + 2 * p * p),
      setUpCost: SET_UP_TIME,
      reason: 'no random term: least squares',
    };
  }
  if (factors.length > 1) {
    const { factor, border, operations } = eliminationChoice(design);
    const eliminated = factors[factor];
    const fitCost = NEWTON_TIME * NEWTON_EVALUATIONS * (operations + 1e4);
    const groups = factors.map((f) => `${f.group} (${f.levels.length})`).join(', ');
    return {
      path: 'crossed',
      models,
      ...costs('crossed', fitCost),
      setUpCost: SET_UP_TIME + LEVEL_SET_UP * Q + Q * border,
      reason: `${factors.length} grouping factors, ${groups}: ${eliminated.group} is eliminated level by level, ${border} border columns remain`,
    };
  }
  const levels = factors[0].levels.length;
  const { q } = factors[0];
  const blockOperations = levels * (q ** 3 + q * q * p + 2 * q * p * p + q ** 4 + 30) + p ** 3 + 300;
  const blockCost = (q === 2 ? PAIR_SHARE : 1) * NEWTON_TIME * NEWTON_EVALUATIONS * blockOperations;
  const scalar = terms.length === 1 && q === 1;
  if (scalar) {
    const { fit, level, product, cube } = SUMS_TIME;
    // Sums over the levels are the CPU's; a device's search by blocks takes what it took. Draws follow the path, so what is drawn
    // for a response may depend neither on how many others there are, nor on who draws.
    const summed = isScalar(design) && searcher === 'cpu' && refits === 1;
    const blockFit = summed
      ? fit + level * levels + (product * levels * (p + 1) * (p + 2)) / 2 + cube * p ** 3
      : costs('block', blockCost).fitCost;
    const setUpCost = SET_UP_TIME + EIGEN_TIME * levels ** 3;
    const spectralCost = SPECTRAL_TIME * (levels * levels + SPECTRAL_EVALUATIONS * 8 * levels + 4 * p * levels + 300);
    const spectral = costs('spectral', spectralCost);
    const fits = refits > 1 ? refits : models;
    const unsure = levels <= FEW_LEVELS && !summed;
    const pays = summed
      ? setUpCost + fits * spectral.fitCost <= fits * blockFit
      : EIGEN_TIME * levels ** 3 + fits * spectralCost <= fits * blockCost;
    if (unsure || pays) {
      return {
        path: 'spectral',
        models,
        ...spectral,
        setUpCost,
        reason: `one scalar random term with ${levels} levels: one eigen-decomposition serves ${models} ${models === 1 ? 'response' : 'responses'}`,
      };
    }
    return {
      path: 'block',
      models,
      fitCost: blockFit,
      drawCost: costs('block', blockCost).drawCost,
      setUpCost: levels * p,
      reason: `one scalar random term with ${levels} levels, but too few responses share the design for its eigen-decomposition to pay`,
    };
  }
  return {
    path: 'block',
    models,
    ...costs('block', blockCost),
    setUpCost: SET_UP_TIME + levels * q * p,
    reason: `${q} random effects a level of one grouping factor with ${levels} levels: blocks are eliminated one by one`,
  };
}
