import { FitError } from '../errors.ts';
import type { DesignMoments } from '../moments/moments.ts';
import type { Judge } from './bootstrap/bootstrap.ts';
import { covarianceEngine } from './covariance-engine.ts';
import { type Engine, type EngineOptions, type EnginePath, type PlainPath, REASON } from './engine.ts';
import type { OpenFitter } from './fitters.ts';
import { linearEngine } from './linear.ts';
import { blockEngine } from './scalar-engine.ts';
import { type DesignProblem, screenDesign, screenedEngine, screenFamily } from './screen.ts';
import { spectralEngine } from './spectral.ts';

/** A design whose engine will be opened (null: nothing that needs loading), and what is asked beside its fits. */
export interface EngineRequest {
  readonly design: Pick<DesignMoments, 'family' | 'blocks'> | null;
  readonly options: Pick<EngineOptions, 'bootstrap' | 'intervals'>;
}

/** Opens the engines of the designs that it was loaded for. */
export interface Engines {
  /**
   * The engine that the plan names, with the bootstrap or the intervals that are asked for. A design that no engine can be
   * made of (numbers out of range) fails with all of its models, and stops no other.
   */
  open(design: DesignMoments, path: EnginePath, options: EngineOptions): Engine;
  /** What draws from the fits of a design, as `options.bootstrap` says; null for a design without fits, or without random effects. */
  judge(design: DesignMoments, path: EnginePath, options: EngineOptions): Judge | null;
}

type OpenEngine = (design: DesignMoments, options: EngineOptions) => Engine;

/** The other paths are loaded where a run takes them. */
const PLAIN_ENGINES: Readonly<Record<PlainPath, OpenEngine>> = {
  linear: linearEngine,
  spectral: spectralEngine,
  block: blockEngine,
  crossed: covarianceEngine,
};

/** Loads what some designs need. */
export async function loadEngines(requests: readonly EngineRequest[]): Promise<Engines> {
  const isFamily = requests.some(({ design }) => design?.family);
  const isStructured = requests.some(({ design }) => design?.blocks);
  const isMore = requests.some(({ options }) => asksMore(options));
  const [family, structured, further, familyFitter, structuredFitter] = await Promise.all([
    isFamily ? import('./generalised/family-engine.ts') : null,
    isStructured ? import('./structured/blocks-engine.ts') : null,
    isMore ? import('./fitters.ts') : null,
    isMore && isFamily ? import('./generalised/family-fitter.ts') : null,
    isMore && isStructured ? import('./structured/structured-fitter.ts') : null,
  ]);
  const engines: Readonly<Record<EnginePath, OpenEngine | undefined>> = {
    ...PLAIN_ENGINES,
    family: family?.familyEngine,
    structured: structured?.blocksEngine,
  };
  const fitters: Readonly<Partial<Record<EnginePath, OpenFitter | undefined>>> = {
    ...further?.FITTERS,
    family: familyFitter?.familyFitter,
    structured: structuredFitter?.structuredFitter,
  };
  const furtherEngine = (path: EnginePath): OpenEngine | undefined => {
    const fitter = fitters[path];
    if (!fitter || !further) return undefined;
    return (design, options) => further.furtherEngine(fitter(design, options), options);
  };
  return {
    open(design, path, options) {
      const open = asksMore(options) && !screen(design) ? furtherEngine(path) : engines[path];
      if (!open) throw notLoaded(path);
      try {
        return open(design, options);
      } catch (error) {
        if (error instanceof FitError) throw error;
        return screenedEngine({ status: 'failed', reason: REASON.noCriterion });
      }
    },
    judge(design, path, options) {
      const { bootstrap } = options;
      if (!bootstrap || screen(design)) return null;
      const open = fitters[path];
      if (!open) throw notLoaded(path);
      return open(design, options).judge?.(bootstrap) ?? null;
    },
  };
}

function asksMore({ bootstrap, intervals }: EngineRequest['options']): boolean {
  return bootstrap !== undefined || intervals !== undefined;
}

function screen(design: DesignMoments): DesignProblem | null {
  return design.family ? screenFamily(design) : screenDesign(design);
}

function notLoaded(path: EnginePath): RangeError {
  return new RangeError(`the engine of the ${path} path was not loaded`);
}
