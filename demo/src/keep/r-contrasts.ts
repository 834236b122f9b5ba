/** R code that tests the contrasts of a run in the fit `m`. */

import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import type { RModel } from './r-parts.ts';
import { hasOwnTests, READERS, type RKnown, rNumber } from './r-tests.ts';
import { type RSettings, rName, rString } from './r-words.ts';

/** A difference of marginal means, `factor:B-A`, by its factor and its levels; null for other expressions. */
export function levelDifference(
  expression: string,
  { columns }: DataSummary,
): { readonly factor: string; readonly first: string; readonly second: string } | null {
  for (const { name, levels } of columns) {
    for (const head of [`${name}:`, `\`${name}\`:`]) {
      if (!expression.trim().startsWith(head)) continue;
      const rest = expression.trim().slice(head.length).trim();
      for (const { label: first } of levels) {
        for (const { label: second } of levels) {
          if (first !== second && rest.replace(/\s*-\s*/, '-') === `${first}-${second}`.replace(/\s*-\s*/, '-')) {
            return { factor: name, first, second };
          }
        }
      }
    }
  }
  return null;
}

/** An expression with each coefficient's name in backticks where R needs them. */
export function quotedNames(expression: string, coefficients: readonly string[]): string {
  const longest = [...coefficients].sort((a, b) => b.length - a.length);
  let out = '';
  let at = 0;
  while (at < expression.length) {
    if (expression[at] === '`') {
      const end = expression.indexOf('`', at + 1);
      if (end < 0) return out + expression.slice(at);
      out += expression.slice(at, end + 1);
      at = end + 1;
      continue;
    }
    const before = expression[at - 1] ?? ' ';
    const name = /[\w.]/.test(before)
      ? undefined
      : longest.find((one) => {
          const after = expression[at + one.length] ?? ' ';
          return expression.startsWith(one, at) && !/[\w.]/.test(after);
        });
    if (name === undefined) {
      out += expression[at];
      at += 1;
    } else {
      out += `\`${name}\``;
      at += name.length;
    }
  }
  return out;
}

/**
 * Tests of contrasts: differences of marginal means by emmeans, expressions by lmerTest where it made the fit, else by z.
 *
 * @param coefficients names of the coefficients of the run, for expressions
 */
export function rContrasts(
  settings: Settings & RSettings,
  summary: DataSummary,
  model: RModel,
  coefficients: readonly string[],
  known: RKnown = {},
): { readonly libraries: readonly string[]; readonly lines: readonly string[] } {
  const libraries: string[] = [];
  const lines: string[] = [];
  const { contrasts, ddf, method, bootstrap } = settings;
  const weighted = model.call.includes('weights = ');
  const kenward = !weighted && (ddf === 'kenward-roger' || (ddf === 'auto' && method !== 'ML' && bootstrap === 0));
  const weights: string[] = [];
  const counted = hasOwnTests(settings, model, known);
  for (const [k, { name, expression }] of contrasts.entries()) {
    const own = counted ? (known.contrastDegrees?.[k] ?? Number.NaN) : Number.POSITIVE_INFINITY;
    const t = Number.isFinite(own);
    const difference = levelDifference(expression, summary);
    if (difference) {
      const { factor, first, second } = difference;
      if (!libraries.includes('emmeans')) libraries.push('emmeans');
      const df = ddf === 'asymptotic' ? 'asymptotic' : kenward ? 'kenward-roger' : 'satterthwaite';
      const how = t ? `, df = ${own}` : model.kind === 'lmer' ? `, lmer.df = "${df}"` : '';
      lines.push(
        `means <- emmeans(m, ${rString(factor)}${how})`,
        `level <- as.character(summary(means)[[${rString(factor)}]])`,
        `contrast(means, list(${rName(name)} = (level == ${rString(first)}) - (level == ${rString(second)})))`,
      );
      continue;
    }
    const [b, v] = READERS[model.kind];
    if (weights.length === 0) {
      weights.push(
        `b <- ${b}`,
        '# weights of an expression that is linear in the coefficients',
        'weights_of <- function(e) sapply(seq_along(b), function(k) {',
        '  eval(e, as.list(setNames(as.numeric(seq_along(b) == k), names(b))))',
        '})',
      );
      lines.push(...weights);
    }
    const listed = /^\s*(?:c\s*\(\s*)?([-+.\deE]+(?:\s*,\s*[-+.\deE]+)+)\s*\)?\s*$/.exec(expression);
    const weightsOf = listed ? `c(${listed[1]})` : `weights_of(quote(${quotedNames(expression, coefficients)}))`;
    lines.push(`l <- ${weightsOf} # ${name.replace(/\s+/g, ' ')}`);
    if (model.kind === 'lmer' && ddf !== 'asymptotic' && ddf !== 'between-within') {
      lines.push(`contest1D(m, l, ddf = "${kenward ? 'Kenward-Roger' : 'Satterthwaite'}")`);
    } else if (model.kind === 'mmrm') {
      lines.push(
        'if (inherits(m, "mmrm")) mmrm::df_1d(m, l) else {',
        ...estimated(v, '').map((line) => `  ${line}`),
        '}',
      );
    } else lines.push(...estimated(v, t ? rNumber(own) : ''));
  }
  return { libraries, lines };
}

/** The estimate of the contrast `l` with its test: by t with degrees of freedom, else by z. */
function estimated(covariance: string, df: string): string[] {
  const p =
    df === ''
      ? 'z = estimate / se, p = 2 * pnorm(-abs(estimate / se))'
      : `df = ${df}, p = 2 * pt(-abs(estimate / se), ${df})`;
  return [
    'estimate <- sum(l * b)',
    `se <- sqrt(drop(l %*% as.matrix(${covariance}) %*% l))`,
    `c(estimate = estimate, se = se, ${p})`,
  ];
}
