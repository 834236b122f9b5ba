import { covarianceParameters, parametersOf } from '../lmm/structured/covariance-parameters.ts';
import type { CovarianceBlocks } from '../moments/covariance-blocks.ts';
import type { TermMoments } from '../moments/moments.ts';

/** Operations of one evaluation of a criterion by blocks with its Hessian, and in words what the blocks are. */
export function structuredPlan(
  evidence: CovarianceBlocks,
  terms: readonly TermMoments[],
  p: number,
): { readonly operations: number; readonly reason: string } {
  const { layout, blocks, units } = evidence;
  const parameters = covarianceParameters(layout, terms);
  let operations = 0;
  let [patterns, rows] = [0, 0];
  for (const block of blocks) {
    const { size: m, count, sums } = block;
    const k = parametersOf(parameters, block).length;
    const own = sums ? ((m * (m + 1)) / 2) * (p + 1) * (p + 2) * 0.5 : count * m * (p + 1) * (m + p / 2);
    operations += (2 + k) * own + k * m ** 3 * 3 + (k * k * m * m) / 2;
    if (sums) patterns++;
    else rows += count * m;
  }
  const of = [layout.text, layout.dispersionText === '' ? '' : `dispersion ${layout.dispersionText}`].filter(
    (text) => text !== '',
  );
  const kept = [
    ...(patterns > 0 ? [`${patterns} ${patterns === 1 ? 'pattern' : 'patterns'} of sums`] : []),
    ...(rows > 0 ? [`${rows} ${rows === 1 ? 'row' : 'rows'}`] : []),
  ];
  const whose = units.name === null ? `${units.count} rows` : `${units.count} levels of ${units.name}`;
  const what = of.length > 0 ? of.join(', ') : 'structured random effects';
  return {
    operations,
    reason: `${what}: ${parameters.count} covariance parameters; ${whose} are kept as ${kept.join(' and ')}`,
  };
}
