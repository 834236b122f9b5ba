/** R code of the analyses beside a fit `m`: F tests, means with their comparisons, likelihood ratios, gene sets. */

import type { ComparisonQuestion, MeansQuestion } from '../protocol/analysis-protocol.ts';
import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import type { RKind } from './r-parts.ts';
import { rName, rSettings, rString } from './r-words.ts';

/** Degrees of freedom of a run as lmerTest and emmeans name them. */
function degreesOf(
  { ddf, method, bootstrap, weights }: Settings,
  { roles }: DataSummary,
): 'kenward-roger' | 'satterthwaite' | 'asymptotic' {
  if (ddf === 'asymptotic') return 'asymptotic';
  const weighted = weights !== '' || roles.weights !== null;
  const kenward = ddf === 'kenward-roger' || (ddf === 'auto' && method !== 'ML' && bootstrap === 0);
  return kenward && !weighted ? 'kenward-roger' : 'satterthwaite';
}

/** Arguments of emmeans by which it takes the degrees of freedom of the page. */
function emmeansDegrees(settings: Settings, summary: DataSummary, kind: RKind): string {
  if (kind === 'lmer') return `, lmer.df = "${degreesOf(settings, summary)}"`;
  return settings.ddf === 'asymptotic' ? ', df = Inf' : '';
}

/** F tests of the terms, each given all others. */
export function rTermTests(settings: Settings, summary: DataSummary, kind: RKind): string[] {
  const degrees = degreesOf(settings, summary);
  if (kind === 'lmer' && degrees !== 'asymptotic') {
    return [`anova(m, type = 3, ddf = "${degrees === 'kenward-roger' ? 'Kenward-Roger' : 'Satterthwaite'}")`];
  }
  return [
    '# covariates that interact with a factor are held at their means here: the page tests such factors where they are 0',
    `emmeans::joint_tests(m${emmeansDegrees(settings, summary, kind)})`,
  ];
}

/** Means or slopes as they were asked for, and their comparisons. */
export function rMeans(question: MeansQuestion, settings: Settings, summary: DataSummary, kind: RKind): string[] {
  const { over, by, at, slopes, level, adjust, type, reverse } = question;
  const specs = `~ ${over.map(rName).join(' * ') || '1'}${by.length === 0 ? '' : ` | ${by.map(rName).join(' * ')}`}`;
  const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));
  const places = Object.entries(at).flatMap(([name, values]) =>
    values.length === 0
      ? []
      : [`${rName(name)} = c(${values.map((value) => (isNumber(value) ? value : rString(value))).join(', ')})`],
  );
  const own = [
    places.length === 0 ? '' : `, at = list(${places.join(', ')})`,
    emmeansDegrees(settings, summary, kind),
    type === 'response' ? ', type = "response"' : '',
  ].join('');
  // emmeans takes an offset at its mean, the page at none: rates are per unit of the exposure.
  const offset = settings.offset !== '' || /\boffset\(/.test(settings.formula) ? ', offset = 0' : '';
  const made =
    slopes === '' ? `emmeans(m, ${specs}${own}${offset})` : `emtrends(m, ${specs}, var = ${rString(slopes)}${own})`;
  const multiple = `adjust = "${adjust}"`;
  return [
    'library(emmeans)',
    `means <- ${made}`,
    `summary(means, level = ${level}, infer = TRUE)`,
    `summary(pairs(means, ${multiple}${reverse ? ', reverse = TRUE' : ''}), level = ${level}, infer = TRUE)`,
  ];
}

/** Models of the same rows, by likelihood. */
export function rComparison(
  { formulas, method, plain, structures, families }: ComparisonQuestion,
  given: Settings,
  kind: RKind,
): string[] {
  if (structures !== '' || families !== '') {
    return ['# fit each structure or family as above, then: AIC(m1, m2); anova(m1, m2) where one holds the other'];
  }
  const ml = method === 'ML' && rSettings(given).family === 'gaussian';
  const refit = kind === 'lmer' || kind === 'lm' ? [] : ml ? ['method = "ML"'] : [];
  const others = formulas.filter((formula) => formula !== given.formula);
  const right = (formula: string): string => formula.slice(formula.indexOf('~') + 1).trim();
  const updated = (formula: string): string =>
    `update(m, . ~ ${right(formula)}${refit.map((one) => `, ${one}`).join('')})`;
  if (kind === 'gls' && others.some((formula) => formula.includes('|'))) {
    return ['# fit each model as above, then: anova(m1, m2)'];
  }
  const listed = ['m', ...others.map((_, k) => `m${k + 2}`)];
  const test =
    kind === 'lmer' ? `anova(${listed.join(', ')}, refit = ${ml ? 'TRUE' : 'FALSE'})` : `anova(${listed.join(', ')})`;
  return [
    ...(kind === 'gls' && ml ? ['m <- update(m, method = "ML")'] : []),
    ...others.map((formula, k) => `m${k + 2} <- ${updated(formula)}`),
    ...(plain
      ? []
      : ['# where variances differ the page takes mixtures of chi-squared: half of the p of one variance more']),
    test,
  ];
}

/** Sets of a `.gmt` file by the ranked list that the page saves. */
export function rGeneSets(test: string, file: string, correlation: number, least: number): string[] {
  return [
    'library(limma)',
    `# the file that the page saves as "Ranked list": z-scores of the genes, one row a symbol`,
    `ranks <- read.delim(${rString(`${test}.rnk`)}, header = FALSE, quote = "")`,
    `sets <- strsplit(readLines(${rString(file)}), "\\t")`,
    'sets <- setNames(lapply(sets, function(one) which(ranks[[1]] %in% one[-(1:2)])), sapply(sets, `[`, 1))',
    `sets <- sets[lengths(sets) >= ${least}]`,
    `cameraPR(ranks[[2]], sets, inter.gene.cor = ${correlation})`,
  ];
}
