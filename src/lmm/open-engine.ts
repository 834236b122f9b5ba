import { FitError } from '../errors.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { type Judge, withBootstrap } from './bootstrap/bootstrap.ts';
import { factorBootstrap } from './bootstrap/factor-bootstrap.ts';
import { spectralBootstrap } from './bootstrap/spectral-bootstrap.ts';
import { covarianceEngine } from './covariance-engine.ts';
import { type BootstrapOptions, type Engine, type EngineOptions, type EnginePath, REASON } from './engine.ts';
import { familyBootstrap, familyIntervalDraws } from './generalised/family-bootstrap.ts';
import { familyEngine, screenFamily, testedRows } from './generalised/family-engine.ts';
import { familyIntervals } from './generalised/family-intervals.ts';
import { factorIntervalDraws } from './intervals/factor-interval-draws.ts';
import { factorIntervals } from './intervals/factor-intervals.ts';
import type { IntervalOptions } from './intervals/interval-options.ts';
import { type IntervalFinder, withIntervals } from './intervals/intervals.ts';
import { spectralIntervalDraws } from './intervals/spectral-interval-draws.ts';
import { spectralIntervals } from './intervals/spectral-intervals.ts';
import { linearEngine } from './linear.ts';
import { ScalarEngine } from './scalar-engine.ts';
import { isScalar, screenDesign, screenedEngine } from './screen.ts';
import { spectralEngine, spectralFitter } from './spectral.ts';
import { spectralDesign } from './spectral-design.ts';
import { blocksBootstrap, blocksIntervalDraws } from './structured/blocks-bootstrap.ts';
import { blocksEngine, blocksFitter } from './structured/blocks-engine.ts';

/**
 * The engine that the plan names, with the bootstrap or the intervals that are asked for. A design that no engine can be
 * made of (numbers out of range) fails with all of its models, and stops no other.
 */
export function openEngine(design: DesignMoments, path: EnginePath, options: EngineOptions): Engine {
  try {
    const { bootstrap, intervals } = options;
    const more = (bootstrap || intervals) && !(design.family ? screenFamily(design) : screenDesign(design));
    if (!more) return OPENERS[path].engine(design, options);
    const { engine, judge, limits } = OPENERS[path].fitter(design, options);
    if (intervals) return limits ? withIntervals(engine, limits(intervals), intervals) : engine;
    return bootstrap && judge ? withBootstrap(engine, judge(bootstrap)) : engine;
  } catch (error) {
    if (error instanceof FitError) throw error;
    return screenedEngine({ status: 'failed', reason: REASON.noCriterion });
  }
}

/** What draws from the fits of a design; null for a design without fits, or without random effects. */
export function openJudge(
  design: DesignMoments,
  path: EnginePath,
  options: EngineOptions,
  bootstrap: BootstrapOptions,
): Judge | null {
  if (design.family ? screenFamily(design) : screenDesign(design)) return null;
  return OPENERS[path].fitter(design, options).judge?.(bootstrap) ?? null;
}

/** The engine of a design that has fits, what draws from them and what finds their limits, where it can. */
interface Fitter {
  readonly engine: Engine;
  readonly judge: ((bootstrap: BootstrapOptions) => Judge) | null;
  readonly limits: ((intervals: IntervalOptions) => IntervalFinder) | null;
}

interface Opener {
  readonly engine: (design: DesignMoments, options: EngineOptions) => Engine;
  readonly fitter: (design: DesignMoments, options: EngineOptions) => Fitter;
}

const COVARIANCE: Opener = {
  engine: covarianceEngine,
  fitter(design, options) {
    const engine = covarianceEngine(design, options);
    const { draws } = engine;
    if (!draws) return { engine, judge: null, limits: null };
    return {
      engine,
      judge: (bootstrap) => factorBootstrap(design, draws, options.method, bootstrap),
      limits: (intervals) =>
        intervals.kind === 'profile'
          ? factorIntervals(design, draws, intervals)
          : factorIntervalDraws(design, draws, intervals),
    };
  },
};

/** One scalar random term has an engine of its own; what draws from its fits is that of all factors. */
const BLOCK: Opener = {
  engine: blockEngine,
  fitter: (design, options) => ({ ...COVARIANCE.fitter(design, options), engine: blockEngine(design, options) }),
};

function blockEngine(design: DesignMoments, options: EngineOptions): Engine {
  const problem = screenDesign(design);
  if (problem) return screenedEngine(problem);
  return isScalar(design) ? new ScalarEngine(design, options) : covarianceEngine(design, options);
}

const OPENERS: Readonly<Record<EnginePath, Opener>> = {
  linear: {
    engine: linearEngine,
    fitter: (design, options) => ({ engine: linearEngine(design, options), judge: null, limits: null }),
  },
  spectral: {
    engine: spectralEngine,
    fitter(design, options) {
      const spectral = spectralDesign(design, options);
      return {
        engine: spectralFitter(spectral),
        judge: (bootstrap) => spectralBootstrap(spectral, bootstrap),
        limits: (intervals) =>
          intervals.kind === 'profile'
            ? spectralIntervals(spectral, intervals)
            : spectralIntervalDraws(spectral, intervals),
      };
    },
  },
  block: BLOCK,
  crossed: COVARIANCE,
  family: {
    engine: familyEngine,
    fitter(design, options) {
      const rows = testedRows(design.p, options.contrasts);
      const { nodes = 1 } = options;
      return {
        engine: familyEngine(design, options),
        judge: (bootstrap) => familyBootstrap(design, rows, nodes, bootstrap),
        limits: (intervals) =>
          intervals.kind === 'profile'
            ? familyIntervals(design, rows, nodes, intervals)
            : familyIntervalDraws(design, rows, nodes, intervals),
      };
    },
  },
  structured: {
    engine: blocksEngine,
    fitter(design, options) {
      const { engine, draws } = blocksFitter(design, options);
      if (!draws) return { engine, judge: null, limits: null };
      return {
        engine,
        judge: (bootstrap) => blocksBootstrap(design, draws, bootstrap),
        limits: (intervals) => blocksIntervalDraws(design, draws, intervals),
      };
    },
  },
};
