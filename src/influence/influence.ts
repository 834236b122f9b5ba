import { FitError } from '../errors.ts';
import { refuseFamily } from '../fit/family-options.ts';
import { requireRandomTerm } from '../fit/random-terms.ts';
import type { MomentFit } from '../fit/readable-fit.ts';
import type { CovarianceBlocks } from '../moments/covariance-blocks.ts';
import type { OutputTable } from '../result/output-table.ts';
import type { FamilyName } from '../types/family.ts';
import type { InfluenceOptions } from './deletion-table.ts';

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
 * Rejects with OptionError for several grouping factors, and for a fit whose rows are not held in memory.
 */
export async function influence(result: MomentFit, options: InfluenceOptions = {}): Promise<OutputTable> {
  if (options.refit === false) refuseOneStep(result.table.family?.family);
  const { rows } = result;
  if (!rows) {
    throw new FitError('OptionError', 'influence needs the rows of the data, which this fit does not hold', {
      remedy: 'Fit a table of responses (a saved fit and a matrix read in blocks have moments only).',
    });
  }
  requireGroup(result, options.group);
  const { deletionTable } = await import('./deletion-table.ts');
  return deletionTable(result, rows, options);
}

/** @throws OptionError for generalised models, whose coefficients do not follow from held variances without a search */
export function refuseOneStep(family: FamilyName | undefined): void {
  refuseFamily(family, {
    option: 'oneStep',
    what: 'influence with held variance ratios',
    remedy: 'Leave it out: models are fitted again without each level.',
  });
}

function requireGroup({ moments }: MomentFit, group: string | undefined): void {
  for (const { design } of moments.batches) {
    const { blocks } = design;
    const names = [...new Set([...design.factors.map((factor) => factor.group), ...unitNames(blocks)])];
    if (!blocks) requireRandomTerm(design.terms, moments.formula);
    if (names.length === 0) {
      throw new FitError('OptionError', 'all rows of this model are independent: no level can be left out', {
        option: 'group',
        remedy: 'Influence is of the levels of a grouping factor, or of the subjects of “residual”.',
      });
    }
    if (design.family && group === undefined && names.length > 1) {
      throw new FitError('OptionError', `the model has the grouping factors ${names.join(' and ')}`, {
        option: 'group',
        remedy: 'Say whose levels are left out with “group”.',
      });
    }
    if (names.length > 1 && !design.family) {
      throw new FitError('OptionError', `influence is for one grouping factor, the model has ${names.join(' and ')}`, {
        option: 'group',
        remedy: 'Fit a model with one of them.',
      });
    }
    if (group === undefined || names.includes(group)) continue;
    throw new FitError('OptionError', `the model has no grouping factor '${group}'`, {
      option: 'group',
      remedy: `It has ${names.join(', ')}.`,
    });
  }
}

function unitNames(blocks: CovarianceBlocks | undefined): string[] {
  return blocks && blocks.units.name !== null ? [blocks.units.name] : [];
}
