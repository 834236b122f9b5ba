import type { DesignMoments } from '../../moments/moments.ts';
import type { EngineOptions } from '../engine.ts';
import type { Fitter } from '../fitters.ts';
import { familyBootstrap, familyIntervalDraws } from './family-bootstrap.ts';
import { familyEngine, testedRows } from './family-engine.ts';
import { familyIntervals } from './family-intervals.ts';

/** Generalised models, with what draws from their fits and what finds their limits. */
export function familyFitter(design: DesignMoments, options: EngineOptions): Fitter {
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
}
