/** Influence as the library offers it; what it does is loaded when it is asked for. */
import { refuseFamily } from '../fit/family-options.ts';
import type { MomentFit } from '../fit/readable-fit.ts';
import type { OutputTable } from '../result/output-table.ts';
import type { FamilyName } from '../types/family.ts';
import type { InfluenceOptions } from './level-influence.ts';

/**
 * What each level of the grouping factor does to a fit: the model without it against the model with it, formed from
 * moments by level (one pass over the rows), as a table
 *
 *     [split] response [gene] deleted effect group term estimate delta dfbetas cooks.distance status
 *
 * by model, deleted level and term. `estimate` is the one without the level, `delta` that less the estimate with it,
 * `dfbetas` delta over the standard error without the level (Belsley, Kuh & Welsch 1980), `cooks.distance`
 * delta' V^-1 delta / p with V the covariance with the level (Cook 1977; influence.ME's definition). Standard deviations
 * and correlations of the random effects have delta only, and with `refit: false` are left out but for sigma. With structured
 * residuals the levels are the subjects, and with structured covariances `refit: false` keeps all of V. Generalised models are
 * fitted again without each level, of the factor that `group` names where there are several; dispersion and thresholds have delta too.
 * A level without which a coefficient cannot be estimated, or has no finite estimate, has a row of status `rank_deficient` or
 * `separated` and no numbers.
 *
 * With several grouping factors `group` says whose levels are left out; models are then formed anew from the rows that are left.
 *
 * Rejects with OptionError for several grouping factors without `group`, and for a fit whose rows are not held in memory.
 */
export async function influence(result: MomentFit, options: InfluenceOptions = {}): Promise<OutputTable> {
  if (options.refit === false) refuseOneStep(result.table.family?.family);
  const { levelInfluence } = await import('./level-influence.ts');
  return levelInfluence(result, options);
}

/** @throws OptionError for generalised models, whose coefficients do not follow from held variances without a search */
export function refuseOneStep(family: FamilyName | undefined): void {
  refuseFamily(family, {
    option: 'oneStep',
    what: 'influence with held variance ratios',
    remedy: 'Leave it out: models are fitted again without each level.',
  });
}
