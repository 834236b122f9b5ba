/** R code of the analyses beside a fit `m`: F tests, means with their comparisons, likelihood ratios, gene sets. */

import type { OutputTable } from 'webgpu-lmm';
import type { ComparisonQuestion, MeansQuestion } from '../protocol/analysis-protocol.ts';
import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import type { RKind } from './r-parts.ts';
import { rightSide, rTerms } from './r-terms.ts';
import { READERS, rNumber } from './r-tests.ts';
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

/** Degrees of freedom of the tests of a response, in the order of their table. */
export function denominators({ columns }: OutputTable, response: string, split: string | null): number[] {
  const texts = (name: string): readonly (string | null)[] | undefined => {
    const column = columns.find((own) => own.name === name);
    return column?.kind === 'string' ? column.values : undefined;
  };
  const [responses, splits, terms] = [texts('response'), texts('split'), texts('term')];
  const degrees = columns.find(({ name }) => name === 'den.df');
  if (degrees?.kind !== 'number') return [];
  return [...degrees.values]
    .filter(
      (_, row) =>
        terms?.[row] !== null && (responses?.[row] ?? response) === response && (splits?.[row] ?? split) === split,
    )
    .map((value) => Number(value.toPrecision(12)));
}

/** F tests of the terms, each given all others; `degrees` are the denominators of the page, in the order of its table. */
export function rTermTests(
  settings: Settings,
  summary: DataSummary,
  kind: RKind,
  degrees: readonly number[],
): string[] {
  if (degrees.length === 0) return ['# the model has no terms that could be tested'];
  const { ddf, method, bootstrap } = settings;
  const tested = degreesOf(settings, summary);
  if (kind === 'lmer' && tested !== 'asymptotic' && ddf !== 'between-within') {
    return [`anova(m, type = 3, ddf = "${tested === 'kenward-roger' ? 'Kenward-Roger' : 'Satterthwaite'}")`];
  }
  const [b, v] = READERS[kind];
  const { fixed } = rTerms(rightSide(settings.formula).right);
  const kenward = ddf === 'kenward-roger' || (ddf === 'auto' && method !== 'ML' && bootstrap === 0);
  const unadjusted = (kind === 'gls' || kind === 'mmrm') && kenward && degrees.some(Number.isFinite);
  const several = new Set(degrees).size > 1;
  const wald = [
    '  f <- drop(crossprod(l %*% b, solve(l %*% v %*% t(l), l %*% b))) / nrow(l)',
    `  c(num = nrow(l), den = df[k], F = f, p = pf(f, nrow(l), df[k], lower.tail = FALSE))`,
  ];
  return [
    '# type III: coefficients as they are where factors are coded by sums, so that levels count alike and covariates are at 0',
    `frame <- model.frame(~ ${fixed}, d)`,
    'coded <- Filter(function(x) is.factor(x) || is.character(x) || is.logical(x), frame)',
    'x <- model.matrix(terms(frame), frame)',
    'sums <- model.matrix(terms(frame), frame, lapply(coded, function(x) "contr.sum"))',
    `b <- ${b}`,
    `v <- as.matrix(${v})[names(b), names(b)]`,
    'to_sums <- qr.coef(qr(sums), x)[, names(b), drop = FALSE]',
    'if (anyNA(to_sums)) warning("combinations without data: their terms are tested by what is left of them")',
    ...(unadjusted
      ? ["# F of gls is without Kenward and Roger's adjustment: it differs; that of mmrm is the page's"]
      : []),
    `df <- ${several ? `c(${degrees.map(rNumber).join(', ')})` : `rep(${rNumber(degrees[0])}, max(attr(sums, "assign")))`}`,
    'test <- function(k) {',
    '  l <- na.omit(to_sums[attr(sums, "assign") == k, , drop = FALSE])',
    ...(kind === 'mmrm' ? ['  if (inherits(m, "mmrm")) return(unlist(mmrm::df_md(m, l)))'] : []),
    ...wald,
    '}',
    'tests <- t(sapply(seq_along(df), test))',
    'rownames(tests) <- labels(terms(frame))',
    'tests',
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
  const counted = settings.ddf === 'between-within' && kind !== 'mmrm';
  return [
    'library(emmeans)',
    ...(counted ? ['# emmeans has no degrees of freedom between and within units: df, p and limits differ'] : []),
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
