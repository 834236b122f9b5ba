/** Columns whose levels and their order a model reads: those of its effects, none that only group rows. Pure. */

import { isFitError } from 'webgpu-lmm';
import { parseFormula } from 'webgpu-lmm/steps';
import type { Settings } from '../protocol/settings.ts';
import { formulaNames, leftOf } from './formula-names.ts';
import { residualChoice } from './residual-structures.ts';

type Model = Pick<Settings, 'formula' | 'residual' | 'dispersion'>;

/** Columns of the response, of fixed effects and slopes, of the visits of residuals and of their spread. */
export function codedColumns({ formula, residual, dispersion }: Model): ReadonlySet<string> {
  const visits = residualChoice(residual);
  return new Set([
    ...formulaNames(effectsOf(formula)),
    ...(visits ? [visits.visit, visits.by] : formulaNames(residual)),
    ...formulaNames(dispersion),
  ]);
}

/** What a formula says of responses and effects, without its grouping factors; all of one that is being written. */
function effectsOf(formula: string): string {
  try {
    const { fixed, random } = parseFormula(formula);
    const labels = [fixed, ...random.map(({ terms }) => terms)].flatMap(({ variables }) => variables);
    return [leftOf(formula), ...labels.map(({ label }) => label)].join(' ');
  } catch (error) {
    if (!isFitError(error)) throw error;
    return formula;
  }
}

/** Kinds and levels that were chosen or proposed, of columns that the model has: of others they are none of its facts. */
export function modelFactors({
  factors,
  ordered,
  levels,
  where = '',
  splitBy = '',
  ...model
}: Model & Pick<Settings, 'factors' | 'ordered' | 'levels'> & Partial<Pick<Settings, 'where' | 'splitBy'>>): Pick<
  Settings,
  'factors' | 'ordered' | 'levels'
> {
  const coded = codedColumns(model);
  const named = new Set([...coded, ...formulaNames(where), splitBy]);
  const isNamed = (name: string): boolean => named.has(name.replace(/=.*$/, ''));
  return {
    factors: factors.filter(isNamed),
    ordered: ordered.filter(isNamed),
    levels: Object.fromEntries(Object.entries(levels).filter(([column]) => coded.has(column))),
  };
}
