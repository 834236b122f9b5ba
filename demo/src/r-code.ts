/** The same model in R. */

import { dataPath } from './equivalents.ts';
import type { Settings } from './settings.ts';
import type { DataSummary } from './worker/protocol.ts';

/** R code that reads a table: delimited text, or Parquet. */
function readTable(path: string, string: (value: string) => string, options: string): string {
  if (/\.(parquet|pq)$/i.test(path)) {
    const table = `as.data.frame(arrow::read_parquet(${string(path)}))`;
    return options.startsWith('row.names')
      ? `local({ t <- ${table}; \`rownames<-\`(t[-1], t[[1]]) })`
      : `${table} |> rapply(as.factor, 'character', how = 'replace')`;
  }
  return `${/\.(tsv|txt|tab)(\.gz)?$/i.test(path) ? 'read.delim' : 'read.csv'}(${string(path)}, ${options})`;
}

/** R code that reads the annotation of cells or samples, named by its first column. */
function readObs(path: string, string: (value: string) => string): string[] {
  return [
    `d <- ${readTable(path, string, 'row.names = 1, stringsAsFactors = TRUE')}`,
    ...(/\.(parquet|pq)$/i.test(path) ? ['d[] <- lapply(d, function(x) if (is.character(x)) factor(x) else x)'] : []),
  ];
}

/** A right side with `within(x, g)` and `between(x, g)`, which R lacks, as columns that are made before. */
function withoutGroupMeans(right: string): { readonly right: string; readonly columns: string[] } {
  const columns: string[] = [];
  const named = right.replace(/\b(within|between)\(\s*([^(),]+?)\s*,\s*([^(),]+?)\s*\)/g, (_whole, kind, x, g) => {
    const name = `${kind}_${String(x).replace(/\W+/g, '_')}`;
    const mean = `ave(d$${x}, d$${g})`;
    const line = `d$${name} <- ${kind === 'between' ? mean : `d$${x} - ${mean}`}`;
    if (!columns.includes(line)) columns.push(line);
    return name;
  });
  return { right: named, columns };
}

/** R code that fits the model of one response; `response` is its name in the data. */
export function rCode(settings: Settings, summary: DataSummary, response: string, split: string | null): string {
  const string = (value: string): string => JSON.stringify(value).replaceAll('\\u', '\\\\u');
  const lines = ['library(lmerTest)'];
  const path = dataPath(summary);
  const { right, columns } = withoutGroupMeans(settings.formula.slice(settings.formula.indexOf('~') + 1).trim());
  let left = settings.formula.slice(0, settings.formula.indexOf('~')).trim();
  if (summary.kind === 'matrix') {
    left = 'y';
    if (/\.h5ad$/i.test(path)) {
      lines.push(
        'library(anndata)',
        `cells <- read_h5ad(${string(path)})`,
        `counts <- cells${settings.layer === '' ? '$X' : settings.layer === 'raw' ? '$raw$X' : `$layers[[${string(settings.layer)}]]`}`,
        'd <- cells$obs',
      );
    } else {
      const reader = /\.h5$/i.test(path)
        ? `Seurat::Read10X_h5(${string(path)}, use.names = FALSE)`
        : `Seurat::Read10X(${string(path)}, gene.column = 1)`;
      lines.push(
        'library(Matrix)',
        `counts <- t(${reader}) # cells x genes`,
        ...readObs(summary.roles.obs ?? 'obs.tsv', string),
        'd <- d[rownames(counts), ]',
      );
    }
    const scale = settings.normalize === 'log1p-cpm' ? '1e6' : '1e4';
    lines.push(
      settings.normalize === 'none'
        ? `d$y <- counts[, ${string(response)}]`
        : `d$y <- log1p(${scale} * counts[, ${string(response)}] / Matrix::rowSums(counts))`,
    );
  } else if (summary.kind === 'bulk') {
    left = 'y';
    lines.push(
      `values <- ${readTable(path, string, 'row.names = 1, check.names = FALSE')}`,
      ...readObs(summary.roles.obs ?? '', string),
      settings.normalize === 'none'
        ? `d$y <- unlist(values[${string(response)}, rownames(d)])`
        : `d$y <- log1p(${settings.normalize === 'log1p-cpm' ? '1e6' : '1e4'} * unlist(values[${string(response)}, rownames(d)]) / colSums(values)[rownames(d)])`,
    );
    if (summary.roles.weights !== null) {
      lines.push(
        `w <- ${readTable(summary.roles.weights, string, 'row.names = 1, check.names = FALSE')}`,
        `d$w <- unlist(w[${string(response)}, rownames(d)])`,
      );
    }
  } else {
    lines.push(`d <- ${readTable(path, string, 'stringsAsFactors = TRUE')}`);
    if (left === '' || /^cbind\(/.test(left)) left = response;
  }
  for (const name of settings.factors) lines.push(`d[[${string(name)}]] <- factor(d[[${string(name)}]])`);
  for (const [name, coding] of Object.entries(settings.codings)) {
    lines.push(`contrasts(d[[${string(name)}]]) <- contr.${coding}(nlevels(d[[${string(name)}]]))`);
  }
  if (settings.where !== '') lines.push(`d <- droplevels(subset(d, ${settings.where}))`);
  if (split !== null && settings.splitBy !== '') {
    lines.push(`d <- droplevels(d[d[[${string(settings.splitBy)}]] == ${string(split)}, ])`);
  }
  lines.push(...columns);
  const extra = [
    settings.method === 'ML' ? 'REML = FALSE' : '',
    summary.roles.weights !== null ? 'weights = w' : settings.weights === '' ? '' : `weights = ${settings.weights}`,
    settings.offset === '' ? '' : `offset = ${settings.offset}`,
  ].filter((part) => part !== '');
  lines.push(`m <- lmer(${left} ~ ${right}, d${extra.map((part) => `, ${part}`).join('')})`);
  const summaries = {
    auto:
      settings.method === 'ML' || settings.bootstrap > 0
        ? 'summary(m)'
        : "summary(m, ddf = 'Kenward-Roger') # needs pbkrtest",
    satterthwaite: 'summary(m)',
    'kenward-roger': "summary(m, ddf = 'Kenward-Roger') # needs pbkrtest",
    asymptotic: "summary(m, ddf = 'lme4')",
    'between-within': 'summary(m) # nlme::lme has these degrees of freedom, but for its intercept',
  } as const;
  lines.push(summaries[settings.ddf]);
  for (const { name, expression } of settings.contrasts)
    lines.push(`# contrast ${name.replace(/\s+/g, ' ')}: ${expression.replace(/\s+/g, ' ')}`);
  return lines.join('\n');
}
