import type { DesignMoments } from '../../moments/moments.ts';
import type { EngineOptions } from '../engine.ts';
import type { Fitter } from '../fitters.ts';
import { blocksBootstrap, blocksIntervalDraws } from './blocks-bootstrap.ts';
import { blocksFitter } from './blocks-engine.ts';

/** Models with structured covariances, with what draws from their fits and what finds their limits. */
export function structuredFitter(design: DesignMoments, options: EngineOptions): Fitter {
  const { engine, draws } = blocksFitter(design, options);
  if (!draws) return { engine, judge: null, limits: null };
  return {
    engine,
    judge: (bootstrap) => blocksBootstrap(design, draws, bootstrap),
    limits: (intervals) => blocksIntervalDraws(design, draws, intervals),
  };
}
