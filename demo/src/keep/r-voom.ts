/** R code of precision weights of counts, from `values`, responses by samples. */

import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { rightSide, rTerms } from './r-terms.ts';
import { type RSettings, rString } from './r-words.ts';

/** Library sizes of all samples: those that a filter or a split leaves out count in them, as on the page. */
export function rSizes({ normFactors }: Settings & RSettings): string[] {
  return [
    'sizes <- colSums(values[rownames(d)])',
    ...(normFactors === 'tmm' ? ['sizes <- sizes * edgeR::calcNormFactors(as.matrix(values[rownames(d)]))'] : []),
  ];
}

/** `d$y` and `d$w` of one response, by limma's voom; with random effects by its steps, as voomWithDreamWeights takes them. */
export function rVoom({ formula, minCells }: Settings & RSettings, summary: DataSummary, name: string): string[] {
  const { right } = rightSide(formula);
  const gaps = summary.columns.some((column) => column.missing > 0 && formula.includes(column.name));
  const lines = [
    ...(gaps ? [`d <- droplevels(d[complete.cases(d[all.vars(~ ${right})]), , drop = FALSE])`] : []),
    'sizes <- sizes[rownames(d)]',
    'kept <- as.matrix(values[, rownames(d)])',
    ...(minCells > 0 ? [`kept <- kept[rowSums(kept > 0) >= ${minCells}, ]`] : []),
  ];
  if (rTerms(right).random.length === 0) {
    lines.push(`v <- limma::voom(kept, model.matrix(~ ${right}, d), lib.size = sizes)`);
  } else {
    lines.push(
      '# the steps of voomWithDreamWeights, of variancePartition: limma::voom has no random effects',
      'v <- list(E = log2(t((t(kept) + 0.5) / (sizes + 1)) * 1e6))',
      'first <- apply(v$E, 1, function(y) {',
      `  m <- suppressMessages(lme4::lmer(y ~ ${right}, cbind(d, y = y), REML = FALSE))`,
      '  c(sigma(m), fitted(m))',
      '})',
      'seen <- rowSums(kept) > 0 & first[1, ] > 0',
      'level <- log2(sizes + 1) - log2(1e6)',
      'trend <- lowess(rowMeans(v$E)[seen] + mean(level), sqrt(first[1, seen]), f = 0.5)',
      'trend <- approxfun(trend, rule = 2, ties = list("ordered", mean))',
      'v$weights <- t(trend(first[-1, ] + level)^-4 + 0 * first[-1, ])',
      'dimnames(v$weights) <- dimnames(v$E)',
    );
  }
  const row = `match(${rString(name)}, rownames(v$E))`;
  return [...lines, `d$y <- v$E[${row}, rownames(d)]`, `d$w <- v$weights[${row}, match(rownames(d), colnames(v$E))]`];
}
