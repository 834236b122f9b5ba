import { FitError } from '../errors.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { type Judge, withBootstrap } from './bootstrap/bootstrap.ts';
import { factorBootstrap } from './bootstrap/factor-bootstrap.ts';
import { spectralBootstrap } from './bootstrap/spectral-bootstrap.ts';
import { covarianceEngine } from './covariance-engine.ts';
import { type BootstrapOptions, type Engine, type EngineOptions, type EnginePath, REASONS } from './engine.ts';
import { factorIntervalDraws } from './intervals/factor-interval-draws.ts';
import { factorIntervals } from './intervals/factor-intervals.ts';
import type { IntervalOptions } from './intervals/interval-options.ts';
import { withIntervals } from './intervals/intervals.ts';
import { spectralIntervalDraws } from './intervals/spectral-interval-draws.ts';
import { spectralIntervals } from './intervals/spectral-intervals.ts';
import { screenDesign, screenedEngine } from './screen.ts';
import { spectralEngine, spectralFitter } from './spectral.ts';
import { spectralDesign } from './spectral-design.ts';

/**
 * The engine that the plan names, with the bootstrap where it is asked for. A design that no engine can be made of (numbers out
 * of range) fails with all of its models, and stops no other.
 */
export function openEngine(design: DesignMoments, path: EnginePath, options: EngineOptions): Engine {
  try {
    return plannedEngine(design, path, options);
  } catch (error) {
    if (error instanceof FitError) throw error;
    return screenedEngine({ status: 'failed', reason: REASONS[9] });
  }
}

function plannedEngine(design: DesignMoments, path: EnginePath, options: EngineOptions): Engine {
  const { bootstrap, intervals } = options;
  if (intervals && !screenDesign(design)) return engineWithIntervals(design, path, options, intervals);
  if (!bootstrap || screenDesign(design)) {
    return path === 'spectral' ? spectralEngine(design, options) : covarianceEngine(design, options);
  }
  if (path === 'spectral') {
    const spectral = spectralDesign(design, options);
    return withBootstrap(spectralFitter(spectral), spectralBootstrap(spectral, bootstrap));
  }
  const engine = covarianceEngine(design, options);
  return engine.draws
    ? withBootstrap(engine, factorBootstrap(design, engine.draws, options.method, bootstrap))
    : engine;
}

/** The engine that the plan names, with confidence limits of every fit. */
function engineWithIntervals(
  design: DesignMoments,
  path: EnginePath,
  options: EngineOptions,
  intervals: IntervalOptions,
): Engine {
  if (path === 'spectral') {
    const spectral = spectralDesign(design, options);
    const find =
      intervals.kind === 'profile'
        ? spectralIntervals(spectral, intervals)
        : spectralIntervalDraws(spectral, intervals);
    return withIntervals(spectralFitter(spectral), find, intervals);
  }
  const engine = covarianceEngine(design, options);
  if (!engine.draws) return engine;
  const find =
    intervals.kind === 'profile'
      ? factorIntervals(design, engine.draws, intervals)
      : factorIntervalDraws(design, engine.draws, intervals);
  return withIntervals(engine, find, intervals);
}

/** What draws from the fits of a design; null for a design without fits. */
export function openJudge(
  design: DesignMoments,
  path: EnginePath,
  options: EngineOptions,
  bootstrap: BootstrapOptions,
): Judge | null {
  if (screenDesign(design)) return null;
  if (path === 'spectral') return spectralBootstrap(spectralDesign(design, options), bootstrap);
  const { draws } = covarianceEngine(design, options);
  return draws && factorBootstrap(design, draws, options.method, bootstrap);
}
