/** What a singular fit means for its p-values, in words. Pure. */

import type { FitTable } from 'webgpu-lmm';

/** Variances below this share of the residual variance count as zero. */
const ZERO = 1e-8;

/** Random effects of a model whose variance is estimated as zero, as `donor` or `donor, time`. */
export function zeroVariances(table: FitTable, model: number): string[] {
  const width = table.models === 0 ? 0 : table.covariance.length / table.models;
  // Generalised models have no residual variance; theirs are on the scale of the link.
  const unit = table.family ? 1 : table.sigma[model] ** 2;
  return table.terms.flatMap(({ group, names, covarianceOffset }) =>
    names.flatMap((name, k) => {
      const variance = table.covariance[model * width + covarianceOffset + k * names.length + k];
      return variance <= ZERO * unit
        ? [names.length === 1 && name === '(Intercept)' ? group : `${group}, ${name}`]
        : [];
    }),
  );
}

const MEANING: Readonly<Record<string, string>> = {
  satterthwaite:
    "Satterthwaite's degrees of freedom then count rows, not groups, and p can be far too small. Kenward-Roger's tests are safer, and so are sums of the rows of each sample.",
  'kenward-roger':
    "Kenward-Roger's tests hold their level better than Satterthwaite's here, yet p rests on a variance that few groups tell little of: read a small one with care.",
  'between-within':
    'The degrees of freedom count groups by the design, whatever the variances, but the standard error has no share of that variance: p can be too small.',
  asymptotic: 'z tests have no degrees of freedom that would say how few groups there are: p can be far too small.',
};

/** Null where a model is not singular. */
export function singularWords(table: FitTable, model: number): string | null {
  if (table.singular[model] !== 1) return null;
  const zero = zeroVariances(table, model);
  const what =
    zero.length === 0
      ? 'Random effects are estimated as perfectly correlated: one of them says nothing that the others do not.'
      : `The variance of ${zero.join(' and of ')} is estimated as zero: the rows look as if those groups did not differ.`;
  return `This fit is singular. ${what} ${MEANING[table.ddf] ?? ''}`.trim();
}
