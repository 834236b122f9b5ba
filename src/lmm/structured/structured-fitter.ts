import type { DesignMoments } from '../../moments/moments.ts';
import type { EngineOptions } from '../engine.ts';
import type { Fitter } from '../fitters.ts';
import { blocksBootstrap, blocksIntervalDraws } from './blocks-bootstrap.ts';
import { blocksFitter } from './blocks-engine.ts';
import { blocksProfiles } from './blocks-profiles.ts';

/** Models with structured covariances, with what draws from their fits and what finds their limits. */
export function structuredFitter(design: DesignMoments, options: EngineOptions): Fitter {
  const { engine, draws, profiles } = blocksFitter(design, options);
  return {
    engine,
    judge: draws && ((bootstrap) => blocksBootstrap(design, draws, bootstrap)),
    limits(intervals) {
      if (intervals.kind === 'profile') return profiles && blocksProfiles(design, profiles, intervals);
      return draws && blocksIntervalDraws(design, draws, intervals);
    },
  };
}
