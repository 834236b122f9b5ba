/** R code of moderated tests: all responses fitted, their variances squeezed by limma. */

import { parseFormula } from 'webgpu-lmm/steps';
import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import type { RData } from './r-data.ts';
import { rModel } from './r-model.ts';
import { type RSettings, rString } from './r-words.ts';

interface Response {
  readonly name: string;
  readonly right: string;
  readonly weights: string;
}

/** Names of the responses of the run, in R. */
function namesOf({ responses, minCells, formula }: Settings & RSettings, summary: DataSummary): string {
  const listed = responses.split(',').flatMap((name) => (name.trim() === '' ? [] : [rString(name.trim())]));
  if (listed.length > 0) return `c(${listed.join(', ')})`;
  if (summary.kind === 'table') {
    return `c(${parseFormula(formula)
      .responses.map(({ name }) => rString(name))
      .join(', ')})`;
  }
  const counted = minCells > 0;
  if (summary.kind === 'bulk')
    return counted
      ? `rownames(values)[rowSums(values[, rownames(d)] > 0, na.rm = TRUE) >= ${minCells}]`
      : 'rownames(values)';
  return counted ? `colnames(counts)[Matrix::colSums(counts[rownames(d), ] > 0) >= ${minCells}]` : 'colnames(counts)';
}

/** Lines that set `d$y` and the weights to those of the response `name`. */
function valuesOf(
  { zeroIsMissing, transform }: Settings & RSettings,
  { kind }: DataSummary,
  data: RData,
  shown: string,
): string[] {
  if (kind === 'table') {
    const changed = [
      ...(zeroIsMissing ? ['d$y[which(d$y == 0)] <- NA'] : []),
      ...(transform === 'none' ? [] : [`d$y <- ${transform}(d$y)`]),
    ];
    return [
      'd$y <- if (name %in% names(d)) d[[name]] else eval(str2lang(name), d)',
      // The response on show has been changed before.
      ...(changed.length === 0 ? [] : [`if (name != ${rString(shown)}) { ${changed.join('; ')} }`]),
    ];
  }
  return [...data.lines, ...(data.after ?? [])]
    .filter((line) => /^d\$[yw](\[.*\])? <-/.test(line))
    .map((line) => line.replaceAll(rString(shown), 'name'));
}

export function rModerated(
  settings: Settings & RSettings,
  summary: DataSummary,
  data: RData,
  { name, right, weights }: Response,
): string[] {
  const model = rModel(settings, { left: 'y', right, weights }, summary);
  const { ddf, method, moderate, bootstrap } = settings;
  if ((model.kind !== 'lmer' && model.kind !== 'lm') || ddf === 'asymptotic' || ddf === 'between-within') {
    return ['# moderated tests of such models are in no package of R: limma::squeezeVar has the step that all take'];
  }
  const kenward = weights === '' && (ddf === 'kenward-roger' || (ddf === 'auto' && method !== 'ML' && bootstrap === 0));
  const tests =
    model.kind === 'lm'
      ? 'cbind(coef(summary(m))[, 1:2, drop = FALSE], df = df.residual(m))'
      : `coef(summary(m${kenward ? ', ddf = "Kenward-Roger"' : ''}))[, 1:3, drop = FALSE]`;
  const degrees =
    model.kind === 'lm'
      ? ['residual_df <- df.residual']
      : [
          "# trace of (I - H)'(I - H), H the matrix that takes y to its fitted values",
          'residual_df <- function(m) {',
          '  w <- sqrt(weights(m))',
          '  z <- qr.resid(qr(w * getME(m, "X")), as.matrix(w * getME(m, "Z") %*% getME(m, "Lambda")))',
          '  nobs(m) - length(fixef(m)) - ncol(z) + sum(solve(diag(ncol(z)) + crossprod(z))^2)',
          '}',
        ];
  const own = rString(name);
  return [
    `# moderated tests: all responses are fitted${kenward ? ', which takes hours for thousands of genes of cells' : ''}, and limma squeezes their variances`,
    ...degrees,
    'one <- function(name) tryCatch({',
    ...valuesOf(settings, summary, data, name).map((line) => `  ${line}`),
    `  m <- ${model.call}`,
    `  list(tests = ${tests},`,
    '    sigma = sigma(m), df = residual_df(m), mean = mean(model.response(model.frame(m))))',
    '}, error = function(e) NULL)',
    `fits <- lapply(setNames(nm = ${namesOf(settings, summary)}), one)`,
    'fits <- Filter(function(f) !is.null(f) && f$sigma > 0 && f$df > 1e-6, fits)',
    'part <- function(name) sapply(fits, `[[`, name)',
    `squeezed <- limma::squeezeVar(part("sigma")^2, part("df")${moderate.includes('trend') ? ', covariate = part("mean")' : ''}${moderate.includes('robust') ? ', robust = TRUE' : ''})`,
    'prior_df <- setNames(rep_len(squeezed$df.prior, length(fits)), names(fits))',
    'posterior <- setNames(squeezed$var.post, names(fits))',
    `own <- fits[[${own}]]`,
    `t <- own$tests[, 1] / (own$tests[, 2] / own$sigma * sqrt(posterior[[${own}]]))`,
    `df <- own$tests[, 3] + prior_df[[${own}]]`,
    'cbind(estimate = own$tests[, 1], t = t, df = df, p = 2 * pt(-abs(t), df))',
  ];
}
