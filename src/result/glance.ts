/** One row a model: how it went and how well it fits (broom.mixed's `glance`). */
import type { FitResult } from '../types/fit-result.ts';
import { FINISHES, STATUSES } from '../types/fit-table.ts';
import { hasFit, identityColumns, type ModelRange, methodOf, modelRange } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder } from './output-table.ts';

/**
 * Columns `[split] response [gene] status message nobs n.groups n.expressed sigma logLik criterion AIC BIC df.residual
 * singular converged gradient evaluations arithmetic r2.marginal r2.conditional icc [df.hat sigma.posterior sigma.prior
 * df.prior] df.method`, the four before the last of a moderated fit (`df.hat` degrees of freedom of its residuals); every model, NA where it has
 * no fit. `n.groups` counts the levels of the first grouping factor; with several factors a column `n.groups.FACTOR`
 * for each follows it. Generalised models have `family link [DISPERSION] [pearson pearson.ratio deviance [zeros zeros.expected]]` before
 * the last, checks where the responses were in memory.
 */
export function glance(result: FitResult, range: ModelRange = {}): OutputTable {
  const { table } = result;
  const { from, to } = modelRange(table, range);
  const builder = new OutputTableBuilder(to - from);
  const identify = identityColumns(builder, table);
  const status = builder.string('status');
  const message = builder.string('message');
  const nobs = builder.integer('nobs');
  const factors = table.groups.length;
  const groups = builder.integer('n.groups');
  const factorLevels = factors > 1 ? table.groups.map((name) => builder.integer(`n.groups.${name}`)) : [];
  const expressed = builder.integer('n.expressed');
  const before = (['sigma', 'logLik', 'criterion', 'AIC', 'BIC'] as const).map(numberColumn);
  const sigmaOf = before[0].values;
  const dfResidual = builder.number('df.residual');
  const singular = builder.integer('singular', 'logical');
  const converged = builder.integer('converged', 'logical');
  const gradient = builder.number('gradient');
  const evaluations = builder.integer('evaluations');
  const arithmetic = builder.string('arithmetic');
  const r2Marginal = builder.number('r2.marginal');
  const r2Conditional = builder.number('r2.conditional');
  const icc = builder.number('icc');
  const { moderation } = table;
  const moderated = moderation
    ? {
        residualDf: builder.number('df.hat'),
        posterior: builder.number('sigma.posterior'),
        prior: builder.number('sigma.prior'),
        priorDf: builder.number('df.prior'),
      }
    : null;
  const { structured, family } = table;
  const distribution = family ? builder.string('family') : null;
  const link = family ? builder.string('link') : null;
  const dispersion = family?.dispersion ? builder.number(family.dispersion.name) : null;
  const checks = family?.checks;
  const checked = checks && {
    pearson: builder.number('pearson'),
    ratio: builder.number('pearson.ratio'),
    deviance: builder.number('deviance'),
    zeros: checks.zeros ? builder.number('zeros') : null,
    expected: checks.zeros ? builder.number('zeros.expected') : null,
  };
  const residual = structured ? builder.string('residual') : null;
  const method = builder.string('df.method');

  function numberColumn(name: 'sigma' | 'logLik' | 'criterion' | 'AIC' | 'BIC') {
    return { source: table[name], values: builder.number(name) };
  }

  for (let model = from; model < to; model++) {
    const row = model - from;
    identify(row, model);
    status[row] = STATUSES[table.status[model]];
    message[row] = table.messages[model];
    nobs[row] = table.nobs[model];
    if (factors > 0) groups[row] = table.groupLevels[model * factors];
    factorLevels.forEach((values, k) => {
      values[row] = table.groupLevels[model * factors + k];
    });
    if (table.expressed[model] >= 0) expressed[row] = table.expressed[model];
    if (!hasFit(table, model)) continue;
    for (const { source, values } of before) values[row] = source[model];
    dfResidual[row] = table.dfResidual[model];
    singular[row] = table.singular[model];
    converged[row] = table.converged[model];
    gradient[row] = table.gradient[model];
    evaluations[row] = table.evaluations[model];
    arithmetic[row] = FINISHES[table.finish[model]];
    r2Marginal[row] = table.r2Marginal[model];
    r2Conditional[row] = table.r2Conditional[model];
    icc[row] = table.icc[model];
    method[row] = methodOf(table, model);
    if (family && distribution && link) {
      distribution[row] = family.family;
      link[row] = family.link;
      sigmaOf[row] = Number.NaN;
    }
    if (family?.dispersion && dispersion) dispersion[row] = family.dispersion.value[model];
    if (checks && checked) {
      for (const name of ['pearson', 'ratio', 'deviance'] as const) checked[name][row] = checks[name][model];
      if (checks.zeros && checked.zeros) checked.zeros[row] = checks.zeros.observed[model];
      if (checks.zeros && checked.expected) checked.expected[row] = checks.zeros.expected[model];
    }
    if (residual && structured) {
      const parts = [structured.residual, structured.dispersionFormula && `dispersion ${structured.dispersionFormula}`];
      residual[row] = parts.filter((text) => text !== '').join('; ') || null;
    }
    if (moderation && moderated) {
      moderated.residualDf[row] = moderation.residualDf[model];
      moderated.posterior[row] = Math.sqrt(moderation.posteriorVariance[model]);
      moderated.prior[row] = Math.sqrt(moderation.priorVariance[model]);
      moderated.priorDf[row] = moderation.priorDf[model];
    }
  }
  return builder.finish(to - from);
}

/**
 * Columns `[split] response [gene] status message nobs`: the models that have no ordinary fit, each with its reason.
 */
export function statusTable(result: FitResult): OutputTable {
  const { table } = result;
  const models = Array.from(table.status.keys()).filter((model) => STATUSES[table.status[model]] !== 'ok');
  const builder = new OutputTableBuilder(models.length);
  const identify = identityColumns(builder, table);
  const status = builder.string('status');
  const message = builder.string('message');
  const nobs = builder.integer('nobs');
  models.forEach((model, row) => {
    identify(row, model);
    status[row] = STATUSES[table.status[model]];
    message[row] = table.messages[model];
    nobs[row] = table.nobs[model];
  });
  return builder.finish(models.length);
}
