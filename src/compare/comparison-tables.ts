/** Comparisons as tables: one row a model or a test of each response, ready for any writer. */
import { NO_STRUCTURE } from '../formula/residual.ts';
import { type Ranking, rankModels } from '../infer/information-criteria.ts';
import type { Moments } from '../moments/moments.ts';
import { OPTIONS } from '../options/entries.ts';
import { type OutputTable, OutputTableBuilder } from '../result/output-table.ts';
import { familyText } from '../types/family.ts';
import { STATUSES } from '../types/fit-table.ts';
import type { ModelFits } from './model-fits.ts';
import type { RatioTests } from './ratio-tests.ts';

/** The criterion that models are ranked by. */
export const RANKINGS = OPTIONS.rankBy.choices;
export type RankedBy = (typeof RANKINGS)[number];

/** How the models of a response are ranked. */
export interface RankingRule {
  readonly by: RankedBy;
  /** Models with a status other than ok have no rank. */
  readonly onlyOk: boolean;
}

/** Where each model stands among those of response m. */
export function rankingOf(fits: readonly ModelFits[], rule: RankingRule, m: number): Ranking {
  return rankModels(fits.map((fit) => (takesPart(fit, rule, m) ? fit[rule.by][m] : Number.NaN)));
}

function takesPart({ status }: ModelFits, { onlyOk }: RankingRule, m: number): boolean {
  return !onlyOk || STATUSES[status[m]] === 'ok';
}

/** Adds the formula of a model, with the structure of its residuals where one of the models has one, and the family where they differ. */
function modelColumns(builder: OutputTableBuilder, fits: readonly ModelFits[]): (row: number, fit: ModelFits) => void {
  const model = builder.integer('model');
  const formula = builder.string('formula');
  const residual = isStructured(fits) ? builder.string('residual') : null;
  const family = hasFamilies(fits) ? builder.string('family') : null;
  return (row, fit) => {
    model[row] = fits.indexOf(fit) + 1;
    formula[row] = fit.formula;
    if (residual) residual[row] = fit.residual ?? NO_STRUCTURE;
    if (family) family[row] = familyText(fit.family);
  };
}

/** Whether one of the models has structured residuals. */
export function isStructured(fits: readonly ModelFits[]): boolean {
  return fits.some(({ residual }) => residual !== null);
}

/** Whether the models are of several families. */
export function hasFamilies(fits: readonly ModelFits[]): boolean {
  return new Set(fits.map(({ family }) => familyText(family))).size > 1;
}

/** Adds the columns `[split] response [gene]` and returns what fills them for one row. */
export function responseColumns(
  builder: OutputTableBuilder,
  moments: Moments,
): (row: number, response: number) => void {
  const { splits, genes, names } = moments;
  const split = splits ? builder.string('split') : null;
  const response = builder.string('response');
  const gene = genes ? builder.string('gene') : null;
  return (row, m) => {
    if (split && splits) split[row] = splits[m];
    response[row] = names[m];
    if (gene && genes) gene[row] = genes[m];
  };
}

/**
 * Columns `[split] response [gene] model formula [residual] [family] npar logLik AIC BIC AICc r2.marginal r2.conditional icc deviance
 * delta weight rank status singular`: by response, then by rank, models without a rank last. delta, weight and rank are those
 * of the rule's criterion; deviance is -2 log-likelihood (the REML criterion where the models are fitted by REML).
 */
export function modelTable(fits: readonly ModelFits[], rule: RankingRule): OutputTable {
  const [first] = fits;
  const builder = new OutputTableBuilder(first.models * fits.length);
  const identify = responseColumns(builder, first.moments);
  const name = modelColumns(builder, fits);
  const npar = builder.integer('npar');
  const number = (column: string) => builder.number(column);
  const logLik = number('logLik');
  const copied = (
    [
      ['AIC', 'AIC'],
      ['BIC', 'BIC'],
      ['AICc', 'AICc'],
      ['r2.marginal', 'r2Marginal'],
      ['r2.conditional', 'r2Conditional'],
      ['icc', 'icc'],
      ['deviance', 'criterion'],
    ] as const
  ).map(([column, source]) => ({ values: number(column), source }));
  const delta = number('delta');
  const weight = number('weight');
  const rank = builder.integer('rank');
  const status = builder.string('status');
  const singular = builder.integer('singular', 'logical');
  let row = 0;
  for (let m = 0; m < first.models; m++) {
    const ranking = rankingOf(fits, rule, m);
    const order = fits.map((_, k) => k).sort((a, b) => place(ranking.rank[a]) - place(ranking.rank[b]) || a - b);
    for (const k of order) {
      const fit = fits[k];
      identify(row, m);
      name(row, fit);
      status[row] = STATUSES[fit.status[m]];
      if (Number.isFinite(fit.criterion[m])) {
        npar[row] = fit.parameters[m];
        logLik[row] = -fit.criterion[m] / 2;
        for (const { values, source } of copied) values[row] = fit[source][m];
        delta[row] = ranking.delta[k];
        weight[row] = ranking.weight[k];
        if (ranking.rank[k] > 0) rank[row] = ranking.rank[k];
        singular[row] = fit.singular[m];
      }
      row++;
    }
  }
  return builder.finish(row);
}

function place(rank: number): number {
  return rank === 0 ? Number.POSITIVE_INFINITY : rank;
}

/**
 * Columns `[split] response [gene] model formula [residual] [family] npar logLik AIC BIC AICc weight left.out`: the first model of each
 * response; left.out counts models without a rank. Nothing but that where none has one.
 */
export function bestTable(fits: readonly ModelFits[], rule: RankingRule): OutputTable {
  const [first] = fits;
  const builder = new OutputTableBuilder(first.models);
  const identify = responseColumns(builder, first.moments);
  const name = modelColumns(builder, fits);
  const npar = builder.integer('npar');
  const logLik = builder.number('logLik');
  const criteria = (['AIC', 'BIC', 'AICc'] as const).map((source) => ({ source, values: builder.number(source) }));
  const weight = builder.number('weight');
  const leftOut = builder.integer('left.out');
  for (let m = 0; m < first.models; m++) {
    const ranking = rankingOf(fits, rule, m);
    identify(m, m);
    leftOut[m] = ranking.rank.filter((rank) => rank === 0).length;
    const k = ranking.rank.indexOf(1);
    if (k < 0) continue;
    const fit = fits[k];
    name(m, fit);
    npar[m] = fit.parameters[m];
    logLik[m] = -fit.criterion[m] / 2;
    for (const { source, values } of criteria) values[m] = fit[source][m];
    weight[m] = ranking.weight[k];
  }
  return builder.finish(first.models);
}

/** Ratio tests with their p by bootstrap, where one was asked for. */
export interface ReportedTests extends RatioTests {
  /** With splits: p adjusted over the responses of a split, and over those of all. */
  readonly bothAdjustedP: { readonly within: Float64Array; readonly all: Float64Array } | null;
  readonly bootstrapP: Float64Array | null;
  readonly bootstrapAdjustedP: Float64Array | null;
}

/**
 * Columns `[split] response [gene] small large chisq df p.value log10p p.adjusted [p.adjusted.within p.adjusted.all] [p.bootstrap
 * p.bootstrap.adjusted] reference`: by pair of models, then by response; small and large are the numbers of the models.
 */
export function ratioTable(moments: Moments, tests: readonly ReportedTests[]): OutputTable {
  const models = moments.names.length;
  const builder = new OutputTableBuilder(models * tests.length);
  const identify = responseColumns(builder, moments);
  const small = builder.integer('small');
  const large = builder.integer('large');
  const fill = testColumns(builder, tests);
  tests.forEach((test, t) => {
    for (let m = 0; m < models; m++) {
      const row = t * models + m;
      identify(row, m);
      small[row] = test.small + 1;
      large[row] = test.large + 1;
      fill(row, test, m);
    }
  });
  return builder.finish(models * tests.length);
}

/** Adds the columns of a test and returns what fills them for one row. */
export function testColumns(
  builder: OutputTableBuilder,
  tests: readonly ReportedTests[],
): (row: number, test: ReportedTests, model: number) => void {
  const chisq = builder.number('chisq');
  const df = builder.integer('df');
  const pValue = builder.number('p.value');
  const log10P = builder.number('log10p');
  const adjusted = builder.number('p.adjusted');
  const split = tests.some(({ bothAdjustedP }) => bothAdjustedP !== null);
  const both = split ? [builder.number('p.adjusted.within'), builder.number('p.adjusted.all')] : null;
  const drawn = tests.some(({ bootstrapP }) => bootstrapP !== null);
  const bootstrap = drawn ? [builder.number('p.bootstrap'), builder.number('p.bootstrap.adjusted')] : null;
  const reference = builder.string('reference');
  return (row, test, m) => {
    if (!(test.df[m] > 0)) return;
    chisq[row] = test.chisq[m];
    df[row] = test.df[m];
    pValue[row] = test.pValue[m];
    log10P[row] = test.log10P[m];
    adjusted[row] = test.adjustedP[m];
    reference[row] = test.reference[m];
    if (both && test.bothAdjustedP) {
      both[0][row] = test.bothAdjustedP.within[m];
      both[1][row] = test.bothAdjustedP.all[m];
    }
    if (!bootstrap || !test.bootstrapP || !test.bootstrapAdjustedP) return;
    bootstrap[0][row] = test.bootstrapP[m];
    bootstrap[1][row] = test.bootstrapAdjustedP[m];
  };
}

/**
 * Columns `model formula [residual] [family] npar responses first share [first.AICc first.BIC] delta.median r2.marginal.median
 * r2.conditional.median icc.median`: how often each model ranks first over the responses that it was fitted to (of several
 * structures or families by two criteria more), and medians over these.
 */
export function summaryTable(fits: readonly ModelFits[], rule: RankingRule): OutputTable {
  const builder = new OutputTableBuilder(fits.length);
  const name = modelColumns(builder, fits);
  const npar = builder.number('npar.median');
  const responses = builder.integer('responses');
  const best = builder.integer('first');
  const share = builder.number('share');
  const others =
    isStructured(fits) || hasFamilies(fits)
      ? (['AICc', 'BIC'] as const).map((by) => ({ values: builder.integer(`first.${by}`), by }))
      : [];
  const medians = (['delta', 'r2Marginal', 'r2Conditional', 'icc'] as const).map((source) => ({
    source,
    values: builder.number(`${source.replace(/([MC])/, (letter) => `.${letter.toLowerCase()}`)}.median`),
  }));
  const models = fits[0].models;
  const firsts = new Int32Array(fits.length);
  const deltas = fits.map(() => new Float64Array(models));
  for (const { values } of others) values.fill(0, 0, fits.length);
  for (let m = 0; m < models; m++) {
    const ranking = rankingOf(fits, rule, m);
    fits.forEach((_, k) => {
      deltas[k][m] = ranking.delta[k];
      if (ranking.rank[k] === 1) firsts[k]++;
    });
    for (const { values, by } of others) {
      rankingOf(fits, { ...rule, by }, m).rank.forEach((rank, k) => {
        if (rank === 1) values[k]++;
      });
    }
  }
  fits.forEach((fit, k) => {
    const fitted = fit.criterion.filter((value, m) => Number.isFinite(value) && takesPart(fit, rule, m)).length;
    name(k, fit);
    npar[k] = median(Float64Array.from(fit.parameters.filter((value) => value > 0)));
    responses[k] = fitted;
    best[k] = firsts[k];
    share[k] = fitted === 0 ? Number.NaN : firsts[k] / fitted;
    for (const { source, values } of medians) values[k] = median(source === 'delta' ? deltas[k] : fit[source]);
  });
  return builder.finish(fits.length);
}

/** Median of the values that are numbers. */
export function median(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const n = sorted.length;
  if (n === 0) return Number.NaN;
  return n % 2 === 1 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
