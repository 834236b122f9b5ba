/** The genes by evidence for one contrast, or for several at once, in limma's words (`topTable`). */
import { FitError, nearestName } from '../errors.ts';
import { moderatedFTests } from '../infer/moderation/moderated-f.ts';
import type { FitResult } from '../types/fit-result.ts';
import type { FitTable } from '../types/fit-table.ts';
import { hasFit, identityColumns, methodOf } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder, reorderRows } from './output-table.ts';
import { splitAdjusted } from './split-adjusted.ts';

/**
 * Columns `[split] response [gene] logFC AveExpr t P.Value adj.P.Val log10p [p.adjusted.within
 * p.adjusted.all] [B] df.method`, every model, smallest p first (in the order of
 * log10 p, so that p-values that underflow are ranked too); models without a test last, in their order. `logFC` is the estimate, but
 * of generalised models with a log link its binary logarithm, log2 of the ratio of means, as limma and edgeR have it; of those with a
 * logit the column is `logOR`, the natural logarithm of an odds ratio, and of other links `estimate`. Of a moderated fit
 * `t`, the p-values and `B` are moderated. With several names separated by commas an F test of all of them: columns
 * `[split] response [gene] NAME... AveExpr F P.Value adj.P.Val log10p [p.adjusted.within p.adjusted.all] df.method`, of generalised models `logFC.NAME` and their kin.
 *
 * @param name a contrast or a coefficient, or several; without it the only contrast, or the only coefficient beside the
 *   intercept.
 * @throws OptionError when there is no such name, or several to choose from.
 */
export function toptable(result: FitResult, name?: string): OutputTable {
  const { table } = result;
  const names = name === undefined ? [testName(result)] : requireTests(table, name);
  return names.length === 1 ? singleTest(result, names[0]) : jointTest(result, names);
}

/** What a toptable is of: the names in it, or that which needs none. */
export function testName({ table }: FitResult, name?: string): string {
  return name ?? onlyTest(table.coefficients.names, table.contrasts.names);
}

function singleTest({ table }: FitResult, name: string): OutputTable {
  const { contrasts, coefficients, moderation } = table;
  const isContrast = contrasts.names.includes(name);
  const tests = isContrast ? contrasts : coefficients;
  const moderated = isContrast ? moderation?.contrasts : moderation?.coefficients;
  const source = moderated ?? tests;
  const width = tests.names.length;
  const index = tests.names.indexOf(name);
  const builder = new OutputTableBuilder(table.models);
  const identify = identityColumns(builder, table);
  const { label, unit } = effectScale(table);
  const effect = builder.number(label);
  const average = builder.number('AveExpr');
  const statistic = builder.number('t');
  const pValue = builder.number('P.Value');
  const adjustedP = builder.number('adj.P.Val');
  const log10P = builder.number('log10p');
  const adjustBoth = splitAdjusted(builder, table);
  const odds = moderated ? builder.number('B') : null;
  const method = builder.string('df.method');
  for (let model = 0; model < table.models; model++) {
    const at = model * width + index;
    identify(model, model);
    effect[model] = tests.estimate[at] / unit;
    average[model] = table.mean[model];
    statistic[model] = source.statistic[at];
    pValue[model] = source.pValue[at];
    adjustedP[model] = source.adjustedP[at];
    if (odds && moderated) odds[model] = moderated.logOdds[at];
    log10P[model] = source.log10P[at];
    adjustBoth(model, { pValue: source.pValue, width }, at);
    if (hasFit(table, model)) method[model] = methodOf(table, model);
  }
  return byEvidence(builder, log10P);
}

function jointTest(result: FitResult, names: readonly string[]): OutputTable {
  const { table } = result;
  const tests = moderatedFTests(result, names);
  const builder = new OutputTableBuilder(table.models);
  const identify = identityColumns(builder, table);
  const { label, unit } = effectScale(table);
  const estimates = names.map((name) => builder.labelledNumber(table.family ? `${label}.${name}` : name));
  builder.number('AveExpr').set(table.mean);
  builder.number('F').set(tests.statistic);
  builder.number('P.Value').set(tests.pValue);
  builder.number('adj.P.Val').set(tests.adjustedP);
  builder.number('log10p').set(tests.log10P);
  const adjustBoth = splitAdjusted(builder, table);
  const method = builder.string('df.method');
  for (let model = 0; model < table.models; model++) {
    identify(model, model);
    if (hasFit(table, model)) method[model] = methodOf(table, model);
    adjustBoth(model, { pValue: tests.pValue, width: 1 }, model);
    estimates.forEach((values, i) => {
      values[model] = tests.estimate[model * names.length + i] / unit;
    });
  }
  return byEvidence(builder, tests.log10P);
}

/** What estimates are called, and what one of theirs is in units of coefficients. */
function effectScale({ family }: FitTable): { readonly label: 'logFC' | 'logOR' | 'estimate'; readonly unit: number } {
  if (!family) return { label: 'logFC', unit: 1 };
  if (family.link === 'log') return { label: 'logFC', unit: Math.LN2 };
  return { label: family.link === 'logit' ? 'logOR' : 'estimate', unit: 1 };
}

function byEvidence(builder: OutputTableBuilder, log10P: Float64Array): OutputTable {
  const models = log10P.length;
  const evidence = log10P.map((value) => (Number.isNaN(value) ? Infinity : value));
  const order = Int32Array.from({ length: models }, (_, model) => model);
  // Infinity - Infinity is NaN, which counts as equal; the index keeps ties in order.
  order.sort((a, b) => evidence[a] - evidence[b] || a - b);
  return reorderRows(builder.finish(models), order);
}

/**
 * The test that needs no name.
 *
 * @throws OptionError where there are several, or none
 */
export function onlyTest(coefficients: readonly string[], contrasts: readonly string[]): string {
  if (contrasts.length === 1) return contrasts[0];
  const slopes = coefficients.filter((coefficient) => coefficient !== '(Intercept)');
  if (contrasts.length === 0 && slopes.length === 1) return slopes[0];
  throw new FitError('OptionError', 'a toptable is for one contrast or coefficient, or for several that are named', {
    remedy: `Name one of ${[...contrasts, ...coefficients].join(', ')}: toptable:NAME=FILE; several, with commas between, for an F test.`,
  });
}

function requireTests({ contrasts, coefficients }: FitTable, text: string): string[] {
  const names = [...contrasts.names, ...coefficients.names];
  const found = splitTestNames(text, names);
  const unknown = found.find((name) => !names.includes(name));
  if (unknown === undefined) return found;
  const nearest = nearestName(unknown, names);
  throw new FitError('OptionError', `no contrast or coefficient '${unknown}'`, {
    remedy: nearest ? `Did you mean '${nearest}'?` : `There are: ${names.join(', ')}.`,
  });
}

/**
 * The names in a list with commas between, where names may hold commas themselves (`poly(x, 2)1`): the longest known name
 * at each place. What is no known name comes back as it stands.
 */
export function splitTestNames(text: string, known: readonly string[]): string[] {
  const names: string[] = [];
  let rest = text;
  while (rest !== '') {
    const fits = known.filter((name) => rest === name || rest.startsWith(`${name},`));
    const longest = fits.sort((a, b) => b.length - a.length)[0];
    const comma = rest.indexOf(',');
    const name = longest ?? (comma < 0 ? rest : rest.slice(0, comma));
    if (!names.includes(name)) names.push(name);
    rest = rest.slice(name.length + 1);
  }
  return names;
}
