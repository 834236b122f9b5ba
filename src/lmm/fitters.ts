/** What is asked of fits beside themselves: draws of a parametric bootstrap, and confidence limits. Loaded where a run asks for them. */
import type { DesignMoments } from '../moments/moments.ts';
import { type Judge, withBootstrap } from './bootstrap/bootstrap.ts';
import { factorBootstrap } from './bootstrap/factor-bootstrap.ts';
import { spectralBootstrap } from './bootstrap/spectral-bootstrap.ts';
import { covarianceEngine } from './covariance-engine.ts';
import type { BootstrapOptions, Engine, EngineOptions, PlainPath } from './engine.ts';
import { factorIntervalDraws } from './intervals/factor-interval-draws.ts';
import { factorIntervals } from './intervals/factor-intervals.ts';
import type { IntervalOptions } from './intervals/interval-options.ts';
import { type IntervalFinder, withIntervals } from './intervals/intervals.ts';
import { spectralIntervalDraws } from './intervals/spectral-interval-draws.ts';
import { spectralIntervals } from './intervals/spectral-intervals.ts';
import { linearEngine } from './linear.ts';
import { blockEngine } from './scalar-engine.ts';
import { spectralFitter } from './spectral.ts';
import { spectralDesign } from './spectral-design.ts';

/** The engine of a design that has fits, what draws from them and what finds their limits, where it can. */
export interface Fitter {
  readonly engine: Engine;
  readonly judge: ((bootstrap: BootstrapOptions) => Judge) | null;
  readonly limits: ((intervals: IntervalOptions) => IntervalFinder | null) | null;
}

/** Of a design that has fits. */
export type OpenFitter = (design: DesignMoments, options: EngineOptions) => Fitter;

/** An engine that draws from its fits, or finds their limits. */
export function furtherEngine({ engine, judge, limits }: Fitter, { bootstrap, intervals }: EngineOptions): Engine {
  const find = intervals && limits?.(intervals);
  if (intervals) return find ? withIntervals(engine, find, intervals) : engine;
  return bootstrap && judge ? withBootstrap(engine, judge(bootstrap)) : engine;
}

function factorFitter(design: DesignMoments, options: EngineOptions): Fitter {
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
}

/** Fitters of the plain paths. */
export const FITTERS: Readonly<Record<PlainPath, OpenFitter>> = {
  linear: (design, options) => ({ engine: linearEngine(design, options), judge: null, limits: null }),
  spectral(design, options) {
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
  // What draws from the fits of one scalar random term is that of all factors.
  block: (design, options) => ({ ...factorFitter(design, options), engine: blockEngine(design, options) }),
  crossed: factorFitter,
};
