/** The same model elsewhere: the command line, the library, R. */

import { flagWords, type OptionName, shellWord } from 'webgpu-lmm/steps';
import { columnOptions } from './column-options.ts';
import { SIMULATED_CELLS } from './examples.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import type { DataSummary } from './worker/protocol.ts';
import { moderation } from './worker/run-options.ts';

/** The path that the command takes: a 10x matrix stands for its folder. */
function dataPath(summary: DataSummary): string {
  const folder = summary.name.lastIndexOf('/');
  return /matrix\.mtx(\.gz)?$/.test(summary.name) && folder > 0 ? summary.name.slice(0, folder) : summary.name;
}

export function commandLine(settings: Settings, summary: DataSummary, isExample: boolean): string {
  const counts = summary.kind !== 'table';
  const options: string[] = [];
  const add = (name: OptionName, value: string | number): void => {
    options.push(flagWords(name, String(value)));
  };
  /** Where it is not what the command takes anyway. */
  const addUnlessUsual = (name: keyof Settings & OptionName, applies = true): void => {
    const value = settings[name];
    if (applies && typeof value !== 'object' && value !== DEFAULT_SETTINGS[name]) add(name, String(value));
  };
  const { obs, weights } = summary.roles;
  if (obs !== null) add('obs', obs);
  add('formula', settings.formula);
  const isGaussian = settings.family === 'gaussian';
  addUnlessUsual('family');
  addUnlessUsual('link', !isGaussian);
  addUnlessUsual('trials', settings.family === 'binomial');
  addUnlessUsual('residual');
  addUnlessUsual('dispersion');
  addUnlessUsual('nagq', !isGaussian);
  if (settings.reml && !isGaussian) options.push(flagWords('reml'));
  addUnlessUsual('normalize', counts);
  addUnlessUsual('totals', counts && settings.normalize !== 'none');
  addUnlessUsual('transform', summary.kind !== 'matrix');
  if (settings.zeroIsMissing && summary.kind !== 'matrix') options.push(flagWords('zeroIsMissing'));
  addUnlessUsual('layer', summary.kind === 'matrix');
  addUnlessUsual('where');
  addUnlessUsual('splitBy');
  addUnlessUsual('minCells');
  addUnlessUsual('minCounts', counts);
  if (weights !== null) add('weights', weights);
  addUnlessUsual('weights', weights === null);
  addUnlessUsual('normFactors', settings.weights === 'voom');
  addUnlessUsual('offset');
  addUnlessUsual('responses');
  const { factor, ordered } = columnOptions(settings);
  for (const column of factor) add('factor', column);
  for (const column of ordered) add('ordered', column);
  for (const [column, coding] of Object.entries(settings.codings)) add('coding', `${column}=${coding}`);
  for (const { name, expression } of settings.contrasts) add('contrasts', `${name}=${expression}`);
  addUnlessUsual('method', isGaussian);
  addUnlessUsual('moderate', isGaussian);
  for (const name of ['ddf', 'information', 'na', 'adjust', 'adjustAcross', 'backend', 'bootstrap'] as const)
    addUnlessUsual(name);
  options.push('--out results.tsv');
  const { genes, cells, donors, density, seed } = SIMULATED_CELLS;
  const simulated = isExample && summary.kind === 'matrix';
  const first = simulated
    ? `webgpu-lmm simulate --kind cells --genes ${genes} --cells ${cells} --donors ${donors} --density ${density} --seed ${seed} --out example.h5ad\n`
    : '';
  return `${first}webgpu-lmm fit ${shellWord(dataPath(summary))} ${options.join(' \\\n    ')}`;
}

export function libraryCall(settings: Settings, summary: DataSummary): string {
  const text = (value: unknown): string => JSON.stringify(value);
  const lines = [`  formula: ${text(settings.formula)},`];
  const line = (name: string, value: unknown): void => {
    lines.push(`  ${name}: ${text(value)},`);
  };
  const isGaussian = settings.family === 'gaussian';
  const isMatrix = summary.kind === 'matrix';
  /** Where it is not what the library takes anyway. */
  const unlessUsual = (name: keyof Settings, applies = true): void => {
    if (applies && settings[name] !== DEFAULT_SETTINGS[name]) line(name, settings[name]);
  };
  unlessUsual('family');
  unlessUsual('link', !isGaussian);
  unlessUsual('trials', settings.family === 'binomial');
  for (const name of ['residual', 'dispersion'] as const) unlessUsual(name);
  for (const name of ['nagq', 'reml'] as const) unlessUsual(name, !isGaussian);
  unlessUsual('normalize', summary.kind !== 'table');
  unlessUsual('totals', summary.kind !== 'table' && settings.normalize !== 'none');
  for (const name of ['transform', 'zeroIsMissing'] as const) unlessUsual(name, !isMatrix);
  unlessUsual('weights');
  unlessUsual('normFactors', settings.weights === 'voom');
  for (const name of ['offset', 'na'] as const) unlessUsual(name);
  const { factor, ordered } = columnOptions(settings);
  if (factor.length > 0) line('factor', factor);
  if (ordered.length > 0) line('ordered', ordered);
  if (Object.keys(settings.codings).length > 0) line('coding', settings.codings);
  unlessUsual('method', isGaussian);
  unlessUsual('ddf');
  unlessUsual('information');
  const moderate = moderation(settings.moderate);
  if (moderate && isGaussian) line('moderate', moderate);
  if (settings.contrasts.length > 0) {
    line('contrasts', Object.fromEntries(settings.contrasts.map(({ name, expression }) => [name, expression])));
  }
  unlessUsual('adjust');
  unlessUsual('backend');
  if (settings.bootstrap > 0) lines.push(`  bootstrap: { draws: ${settings.bootstrap}, seed: 1 },`);
  const needsFiles =
    settings.where !== '' ||
    settings.splitBy !== '' ||
    settings.minCells > 0 ||
    settings.minCounts > 0 ||
    settings.responses !== '' ||
    settings.adjustAcross !== 'within' ||
    summary.kind === 'bulk';
  const path = text(dataPath(summary));
  if (needsFiles) {
    const extra = [
      summary.roles.obs === null ? '' : `  obs: ${text(summary.roles.obs)},`,
      summary.roles.weights === null ? '' : `  weights: ${text(summary.roles.weights)}, weightsFile: true,`,
      settings.where === '' ? '' : `  where: ${text(settings.where)},`,
      settings.splitBy === '' ? '' : `  splitBy: ${text(settings.splitBy)},`,
      settings.minCells === 0 ? '' : `  minCells: ${settings.minCells},`,
      settings.minCounts === 0 ? '' : `  minCounts: ${settings.minCounts},`,
      settings.responses === '' ? '' : `  responses: ${text(settings.responses)},`,
      settings.adjustAcross === 'within' ? '' : `  adjustAcross: ${text(settings.adjustAcross)},`,
      settings.layer === '' ? '' : `  layer: ${text(settings.layer)},`,
    ].filter((line) => line !== '');
    return [
      "import { diskFiles, fitMoments, outputRows, prepareMoments, readInput, tidy } from 'webgpu-lmm';",
      '',
      'const options = {',
      ...lines,
      ...extra,
      '};',
      `const input = await readInput(${path}, options, diskFiles);`,
      'const { moments } = await prepareMoments(input, options);',
      'const result = await fitMoments(moments, options);',
      "for (const row of outputRows(tidy(result))) console.log(row.response, row.term, row.estimate, row['p.value']);",
    ].join('\n');
  }
  const obs = summary.roles.obs;
  if (obs !== null) lines.splice(1, 0, `  obs: await readObsTable(${text(obs)}), // joined by barcode`);
  const opener = isMatrix ? 'openMatrix' : 'readTable';
  const layer = isMatrix && settings.layer !== '' ? `, { layer: ${text(settings.layer)} }` : '';
  const names = ['fit', opener, 'outputRows', ...(obs === null ? [] : ['readObsTable']), 'tidy'];
  return [
    `import { ${names.join(', ')} } from 'webgpu-lmm';`,
    '',
    `const data = await ${opener}(${path}${layer});`,
    'const result = await fit(data, {',
    ...lines,
    '});',
    "for (const row of outputRows(tidy(result))) console.log(row.response, row.term, row.estimate, row['p.value']);",
  ].join('\n');
}

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
