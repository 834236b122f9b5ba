/** What tables and JSON say of generalised models beside their coefficients. */
import { FitError } from '../errors.ts';
import type { FamilyTable, FitTable } from '../types/fit-table.ts';

/** How the random effects were integrated out. */
export function approximation({ nodes }: FamilyTable, { method }: FitTable): 'Laplace' | 'restricted Laplace' | 'AGQ' {
  if (method === 'REML') return 'restricted Laplace';
  return nodes > 1 ? 'AGQ' : 'Laplace';
}

/** One row of a tidy table. */
interface FamilyRow {
  readonly effect: 'dispersion' | 'threshold';
  readonly term: string;
  readonly estimate: number;
  readonly standardError: number;
}

/** Upper bound of the rows of one model. */
export function familyRowCount({ dispersion, thresholds }: FamilyTable): number {
  return (dispersion ? 1 : 0) + (thresholds?.names.length ?? 0);
}

/** The thresholds of a model, and its dispersion with a standard error by the delta method (Infinity is the Poisson limit of size). */
export function familyRows({ dispersion, thresholds }: FamilyTable, model: number): FamilyRow[] {
  const rows: FamilyRow[] = [];
  thresholds?.names.forEach((term, k) => {
    const at = model * thresholds.names.length + k;
    if (Number.isNaN(thresholds.estimate[at])) return;
    const [estimate, standardError] = [thresholds.estimate[at], thresholds.standardError[at]];
    rows.push({ effect: 'threshold', term, estimate, standardError });
  });
  if (dispersion) {
    const estimate = dispersion.value[model];
    const standardError = estimate * dispersion.logStandardError[model];
    rows.push({ effect: 'dispersion', term: dispersion.name, estimate, standardError });
  }
  return rows;
}

/** The fields of JSON that belong to the family of a model. */
export function familyObject({ family }: FitTable, model: number, fitted: boolean): object {
  if (!family) return {};
  const { dispersion, thresholds } = family;
  const poisson = dispersion?.poisson[model] === 1;
  return {
    ...{ family: family.family, link: family.link, nagq: family.nodes },
    dispersion:
      dispersion && fitted
        ? {
            name: dispersion.name,
            value: dispersion.value[model],
            seLog: dispersion.logStandardError[model],
            limit: poisson ? 'poisson' : null,
          }
        : null,
    thresholds:
      thresholds && fitted
        ? thresholds.names.flatMap((term, k) => {
            const at = model * thresholds.names.length + k;
            const estimate = thresholds.estimate[at];
            return Number.isNaN(estimate) ? [] : [{ term, estimate, se: thresholds.standardError[at] }];
          })
        : null,
    otherMinimum: fitted ? family.otherMinimum[model] : null,
    ...checkFields(family, model, fitted),
  };
}

function checkFields({ checks }: FamilyTable, model: number, fitted: boolean): object {
  if (!checks) return {};
  const { pearson, ratio, deviance, zeros } = checks;
  const number = (values: Float64Array) => (fitted ? values[model] : null);
  return {
    ...{ pearson: number(pearson), deviance: number(deviance), dispersionRatio: number(ratio) },
    zeros: zeros && { observed: number(zeros.observed), expected: number(zeros.expected) },
  };
}

/** The standard error of a coefficient with covariance and dispersion held, as a field of JSON. */
export function conditionalErrors({ family }: FitTable, at: number): object {
  return family ? { seConditional: family.conditionalStandardError[at] } : {};
}

/**
 * Whether coefficients are logarithms.
 *
 * @throws OptionError where they are not
 */
export function exponentiates({ family }: { readonly family?: Pick<FamilyTable, 'link'> | undefined }): boolean {
  if (family && (family.link === 'log' || family.link === 'logit' || family.link === 'cloglog')) return true;
  throw new FitError(
    'OptionError',
    family
      ? `coefficients of the link ${family.link} are no logarithms`
      : 'coefficients of gaussian models are no logarithms',
    { option: 'exponentiate', remedy: 'Leave “exponentiate” out.' },
  );
}
