/**
 * Every option, once: the command line's help and checks, the library's checks, the boxes of the page and the command that
 * it shows derive from these entries. Keys are the names of the library; CONTRIBUTING.md says how to add one.
 */
import { FAMILIES, LINKS } from '../types/family.ts';
import { choiceOf, numberOf, type OptionEntry, type ValueOf } from './option.ts';

const DATA = ['fit', 'compare', 'calibrate', 'moments', 'influence'] as const;
const CELL_DATA = [...DATA, 'pseudobulk'] as const;
const READING = [...CELL_DATA, 'design'] as const;
const MODELS = [...DATA, 'design'] as const;
const TESTING = ['fit', 'compare', 'calibrate'] as const;
/** What is made of fits, here or of those of all shards. */
const FITTED = ['fit', 'gather'] as const;
const WRITING = [...CELL_DATA, 'gather', 'simulate', 'predict'] as const;
/** Commands that keep a log. */
const LOGGED = [...READING, 'gather', 'merge'] as const;
const WHOLE_SEED = { kind: 'whole', least: 0, fallback: 1, value: 'n' } as const;
const DRAWS = { kind: 'whole', least: 100, most: 1_000_000, value: 'n' } as const;
const CELLS = { needs: { option: 'kind', value: 'cells' }, excludes: ['from'] } as const;
const VISITS = { needs: { option: 'kind', value: 'visits' }, excludes: ['from'] } as const;

/** All options by their names in the library. */
// biome-ignore format: a table, one option a line
export const OPTIONS = {
  formula: { group: 'The model', in: MODELS, kind: 'text', value: 'formula', help: "R's formula language: 'y ~ x + (1 | g)'; for a matrix without the left side", box: 'the formula' },
  family: { in: MODELS, kind: 'choice', choices: ['gaussian', ...FAMILIES], fallback: 'gaussian', value: 'name', help: 'distribution of the response', shapes: true, box: 'Kind of response' },
  link: { in: MODELS, kind: 'choice', choices: LINKS, value: 'name', help: 'of the family', without: 'logit, or log', needs: { option: 'family' }, shapes: true, box: 'Scale of the effects' },
  trials: { in: MODELS, kind: 'text', value: 'column', help: 'trials that the response counts the successes of', needs: { option: 'family', value: 'binomial' }, shapes: true, box: 'Trials' },
  weights: { in: MODELS, kind: 'text', value: 'column|file', help: 'prior weights, a table of weights by response and sample, or voom for counts', shapes: true, box: 'Weights' },
  normFactors: { in: MODELS, kind: 'choice', choices: ['tmm', 'none'], fallback: 'none', value: 'how', help: 'normalisation of library sizes', needs: { option: 'weights', value: 'voom' }, shapes: true, box: 'Library sizes' },
  offset: { in: MODELS, kind: 'text', value: 'column', help: 'column added to the linear predictor, or library: the log of the counts of each cell', shapes: true, box: 'Offset' },
  residual: { in: MODELS, kind: 'text', value: 'structure', help: "covariance of a subject's residuals: 'us(visit | subject)', 'ar1(visit | arm / subject)'", shapes: true, box: 'Rows of a subject go together as' },
  dispersion: { in: MODELS, kind: 'text', value: 'formula', help: "log standard deviation of the residuals: '~ sex', '~ 0 + visit'", shapes: true, box: 'Spread of the residuals' },
  method: { in: [...TESTING, 'influence'], flag: 'ml', kind: 'switch', choices: ['REML', 'ML'], help: 'maximum likelihood instead of REML', box: 'Likelihood' },
  reml: { in: ['fit', 'calibrate', 'influence'], kind: 'switch', help: 'restricted Laplace: coefficients of a generalised model integrated out too, against variances too small with few levels', needs: { option: 'family' }, excludes: ['nagq', 'method'], box: 'Coefficients integrated out' },
  nagq: { in: [...TESTING, 'influence'], kind: 'whole', least: 1, most: 50, fallback: 1, value: 'k', help: 'nodes of adaptive quadrature for one random effect a level, in place of Laplace', needs: { option: 'family' }, box: 'Nodes of quadrature' },
  factor: { in: READING, kind: 'texts', value: 'col[=levels]', help: 'treat a column as a factor', shapes: true, box: 'Numbers as factors' },
  ordered: { in: READING, kind: 'texts', value: 'col=levels', help: 'ordered factor', shapes: true, box: 'Levels with an order' },
  coding: { in: MODELS, formerly: 'contrastCodings', formerFlag: 'contrasts', kind: 'texts', choices: ['treatment', 'sum', 'helmert', 'poly'], value: 'col=coding', help: 'coding of a factor', shapes: true, box: 'Coding' },

  obs: { group: 'Rows and responses', in: READING, kind: 'text', value: 'file', help: 'table of cells or samples, joined by its first column', shapes: true, box: 'Annotation' },
  responses: { in: READING, kind: 'text', value: 'list', help: 'names, @FILE or /REGEX/', shapes: true, box: 'Only responses' },
  where: { in: READING, kind: 'text', value: 'expr', help: "keep rows: cell_type == 'B cells' & n > 5", shapes: true, box: 'Only rows where' },
  splitBy: { in: READING, kind: 'text', value: 'column', help: 'one result set per level', shapes: true, box: 'One fit for each' },
  minCells: { in: MODELS, kind: 'whole', least: 0, fallback: 0, value: 'n', help: 'keep genes seen in at least n cells', shapes: true, box: 'Genes seen in at least' },
  minCounts: { in: CELL_DATA, kind: 'whole', least: 0, fallback: 0, value: 'n', help: 'leave out cells or samples with fewer counts over all genes', shapes: true, box: 'Cells with at least so many counts' },
  na: { in: MODELS, kind: 'choice', choices: ['omit', 'per-response', 'fail'], value: 'how', help: 'rows with a missing value', without: 'per-response for several responses, else omit', shapes: true, box: 'Missing values' },

  layer: { group: 'Reading files', in: READING, kind: 'text', value: 'name', help: 'layer of an .h5ad or .zarr, or raw', shapes: true, box: 'Layer' },
  modality: { in: READING, kind: 'text', value: 'name', help: 'modality of an .h5mu file that holds several', shapes: true },
  featureType: { in: READING, kind: 'text', value: 'name', help: 'feature type of 10x data', without: 'Gene Expression', shapes: true },
  genome: { in: READING, kind: 'text', value: 'name', help: 'genome of a CellRanger file that holds several', shapes: true },
  prefix: { in: READING, kind: 'text', value: 'text', help: 'what precedes matrix.mtx in a folder with several sets of files', shapes: true },
  matchGenes: { in: READING, flag: 'genes', kind: 'choice', choices: ['intersection', 'union'], fallback: 'intersection', value: 'which', help: 'of several files: genes that all have, or all genes, zero in the cells of a file that lacks them', shapes: true },
  sampleColumn: { in: READING, kind: 'text', value: 'name', help: 'make a column of that name that says which file each row is of', shapes: true },
  design: { in: ['moments'], kind: 'text', value: 'file', help: 'a design of all files, written by webgpu-lmm design: form the moments of one of them' },
  decimal: { in: READING, kind: 'choice', choices: ['.', ','], value: 'mark', help: 'mark before decimals in text tables', without: 'found by itself where fields are cut by ;', shapes: true },
  naStrings: { in: READING, kind: 'text', value: 'list', help: 'texts that mean missing, besides empty, NA, NaN and nan', shapes: true },

  normalize: { group: 'Values of the responses', in: READING, formerly: 'normalisation', kind: 'choice', choices: ['none', 'log1p-cpm', 'log1p-cp10k'], fallback: 'none', value: 'how', help: 'of counts', shapes: true, box: 'Normalisation' },
  totals: { in: READING, kind: 'text', value: 'column', help: 'totals of the cells for “normalize”', needs: { option: 'normalize' }, shapes: true, box: 'Totals' },
  transform: { in: MODELS, kind: 'choice', choices: ['none', 'log2', 'log', 'log10', 'log1p', 'sqrt'], fallback: 'none', value: 'how', help: 'of the responses of a table', shapes: true, box: 'Values taken as' },
  zeroIsMissing: { in: MODELS, kind: 'switch', help: 'a zero among the responses of a table stands for nothing found', shapes: true, box: 'A zero means missing' },

  ddf: { group: 'Tests', in: ['fit'], kind: 'choice', choices: ['auto', 'kenward-roger', 'satterthwaite', 'between-within', 'asymptotic'], fallback: 'auto', value: 'method', help: 'degrees of freedom of the tests', without: 'auto: kenward-roger for REML without a bootstrap, else satterthwaite; asymptotic or between-within for families', box: 'Degrees of freedom' },
  information: { in: ['fit'], kind: 'choice', choices: ['expected', 'observed'], value: 'which', help: 'of the covariance parameters, behind degrees of freedom', without: 'observed beside “residual” and “dispersion”, else expected', box: 'Information' },
  contrasts: { in: ['fit', 'calibrate'], flag: 'contrast', kind: 'texts', value: 'name=expr', help: 'test EXPR, linear in coefficient names', box: 'Contrasts' },
  anova: { in: FITTED, kind: 'choice', choices: ['I', 'II', 'III'], value: 'type', help: 'F tests of the terms, in the table anova', without: 'III', optional: { values: /^(?:[123]|i{1,3}|[a-z]|iv|\d+)$/i, fallback: 'III' } },
  emmeans: { in: FITTED, kind: 'text', value: 'factors', help: "marginal means: 'condition', 'a * b', 'a | b'; tables emmeans and pairs (comparisons)" },
  slopes: { in: FITTED, kind: 'text', value: 'column', help: 'slopes by a covariate in place of means', needs: { option: 'emmeans' } },
  at: { in: FITTED, kind: 'texts', value: 'name=values', help: 'covariate values or levels', needs: { option: 'emmeans' } },
  meansType: { in: FITTED, flag: 'type', kind: 'choice', choices: ['link', 'response'], fallback: 'link', value: 'scale', help: 'scale of marginal means from a family; on that of the response comparisons are ratios', needs: { option: 'emmeans' } },
  pairsAdjust: { in: FITTED, kind: 'choice', choices: ['tukey', 'holm', 'bonferroni', 'BH', 'none'], fallback: 'tukey', value: 'method', help: 'over the comparisons of a response', needs: { option: 'emmeans' } },
  pairsReverse: { in: FITTED, kind: 'switch', help: 'comparisons as the later level less the earlier, as coefficients are', needs: { option: 'emmeans' } },
  moderate: { in: FITTED, kind: 'text', value: 'how', help: "empirical Bayes as limma and dream do it: plain, or 'robust', 'trend', 'robust,trend'", optional: { values: /^(?:plain|robust|trend|[a-z]+)(?:,[a-z]+)*$/i, fallback: 'plain' }, box: 'Moderated tests' },
  geneSets: { in: FITTED, kind: 'text', value: 'file', help: 'test the gene sets of a .gmt file by the ranks of all genes: table genesets' },
  geneSetCorrelation: { in: FITTED, kind: 'number', above: -1, below: 1, fallback: 0.01, value: 'r', help: 'between the genes of a set', needs: { option: 'geneSets' }, box: 'Correlation of genes' },
  geneSetMin: { in: FITTED, kind: 'whole', least: 1, fallback: 5, value: 'n', help: 'leave out sets with fewer genes that were tested', needs: { option: 'geneSets' } },
  adjust: { in: [...FITTED, 'compare'], kind: 'choice', choices: ['BH', 'holm', 'bonferroni', 'storey', 'none'], fallback: 'BH', value: 'method', help: 'of p-values over the responses', box: 'Adjusted p' },
  adjustAcross: { in: [...FITTED, 'compare'], kind: 'choice', choices: ['within', 'all'], fallback: 'within', value: 'what', help: 'the responses of one split, or of all', box: 'Adjusted over' },

  confInt: { group: 'Intervals and scales', in: FITTED, kind: 'number', above: 0, below: 1, value: 'level', help: 'confidence intervals in the tidy and ranef tables', without: '0.95', optional: { values: /^[-+.\d][.\deE+-]*%?$/, fallback: '0.95' } },
  confMethod: { in: FITTED, kind: 'choice', choices: ['wald', 'profile', 'bootstrap', 'bootstrap-percentile', 'bca'], fallback: 'wald', value: 'how', help: 'bootstrap takes percentiles of the draws' },
  confParameters: { in: FITTED, kind: 'text', value: 'list', help: 'all, beta, or terms of the tidy table: intervals of these alone', without: 'all' },
  exponentiate: { in: FITTED, kind: 'switch', help: 'odds, rate or mean ratios in place of their logarithms in tidy tables and the comparisons of “emmeans”' },
  bootstrap: { in: ['fit', 'compare'], ...DRAWS, help: 'parametric bootstrap of every model (fit), of each likelihood ratio (compare)', box: 'Bootstrap' },

  tests: { group: 'Comparisons', in: ['compare'], kind: 'choice', choices: ['ranova', 'drop1'], value: 'what', help: 'test each random term of one model, or each fixed term that no other contains' },
  structures: { in: ['compare'], kind: 'text', value: 'list', help: "structures of residuals: 'us,csh,ar1(visit | subject)', none, or auto: the best for each response", excludes: ['tests', 'select'], box: 'Structures of the residuals' },
  families: { in: ['compare'], kind: 'text', value: 'list', help: "families of the responses: 'poisson,nbinom2,nbinom1', 'binomial,binomial(probit)'", excludes: ['structures', 'tests', 'select'], box: 'Kinds of response' },
  cv: { in: ['compare'], kind: 'whole', least: 2, value: 'k', help: 'k-fold cross-validation: held-out log score and RMSE', excludes: ['tests'], box: 'Folds' },
  cvBy: { in: ['compare'], kind: 'text', value: 'what', help: 'rows, or a column whose groups are held out whole', without: 'the subjects of “residual”, else rows', needs: { option: 'cv' }, box: 'Held out' },
  select: { in: ['compare'], kind: 'choice', choices: ['lrt', 'aic'], value: 'how', help: 'backward selection from one model, for each response', excludes: ['tests', 'cv'], box: 'Left out by' },
  alpha: { in: ['compare'], kind: 'number', above: 0, below: 1, fallback: 0.05, value: 'level', help: 'terms with p above it go', needs: { option: 'select', value: 'lrt' }, box: 'A term goes with p above' },
  selectRandom: { in: ['compare'], kind: 'switch', help: 'let “select” leave out random terms too', needs: { option: 'select' }, box: 'random terms too' },
  rankBy: { in: ['compare'], kind: 'choice', choices: ['AIC', 'AICc', 'BIC'], fallback: 'AIC', value: 'criterion', help: 'of the models of a response', without: 'AIC; AICc with “structures: auto”', box: 'Ranked by' },
  reference: { in: ['compare'], kind: 'choice', choices: ['mixture', 'chisq'], fallback: 'mixture', value: 'what', help: 'of tests of variances; plain chisq is what R takes', box: 'Ratios of variances held against' },

  terms: { group: 'Calibration', in: ['calibrate'], flag: 'term', kind: 'texts', value: 'name', help: 'test a term of the formula or a coefficient', without: 'all coefficients' },
  scheme: { in: ['calibrate'], kind: 'choice', choices: ['simulate', 'permute'], fallback: 'simulate', value: 'how', help: 'draw from the fitted null, or shuffle the column tested' },
  truth: { in: ['calibrate'], kind: 'text', value: 'formula', help: 'the model that null responses are drawn from, or model for the one tested (with a term for samples where it has none)', needs: { option: 'scheme', value: 'simulate' } },
  permute: { in: ['calibrate'], kind: 'text', value: 'column', help: 'the column, where the terms tested read several', needs: { option: 'scheme', value: 'permute' } },
  simulations: { in: ['calibrate'], kind: 'whole', least: 1, most: 10_000_000, fallback: 2000, value: 'n', help: 'tests of each hypothesis in all' },
  calibratedTests: { in: ['calibrate'], flag: 'tests', kind: 'text', value: 'list', help: 'z, satterthwaite, kenward-roger, bootstrap, naive; of families z, between-within, lrt, bootstrap, naive', without: 'all but bootstrap' },
  draws: { in: ['calibrate'], flag: 'bootstrap', ...DRAWS, fallback: 400, help: 'draws of the test bootstrap' },
  plot: { in: ['calibrate'], kind: 'text', value: 'file', help: 'quantile-quantile plot of the p-values, an .svg file' },

  by: { group: 'Samples', in: ['pseudobulk'], kind: 'text', value: 'columns', help: 'columns whose combinations are the samples: donor,condition' },
  statistic: { in: ['pseudobulk'], kind: 'choice', choices: ['sum', 'mean'], fallback: 'sum', value: 'what', help: 'of the cells of a sample' },
  minSampleCells: { in: ['pseudobulk'], flag: 'min-cells', kind: 'whole', least: 1, fallback: 10, value: 'n', help: 'leave out samples of fewer cells' },

  from: { group: 'Simulated data', in: ['simulate'], kind: 'text', value: 'fit', help: 'a fit kept with “save”: responses for the rows of a table' },
  nsim: { in: ['simulate'], kind: 'whole', least: 1, fallback: 1, value: 'n', help: 'draws of each response', needs: { option: 'from' } },
  useRandomEffects: { in: ['simulate'], kind: 'switch', help: 'keep the random effects of known groups; drawn anew otherwise', needs: { option: 'from' } },
  kind: { in: ['simulate'], kind: 'choice', choices: ['cells', 'visits'], fallback: 'cells', value: 'kind', help: 'single-cell counts or repeated measures', excludes: ['from'] },
  genes: { in: ['simulate'], kind: 'whole', least: 1, fallback: 500, value: 'n', help: 'genes', ...CELLS },
  cells: { in: ['simulate'], kind: 'whole', least: 1, fallback: 3000, value: 'n', help: 'cells', ...CELLS },
  donors: { in: ['simulate'], kind: 'whole', least: 1, fallback: 12, value: 'n', help: 'donors', ...CELLS },
  density: { in: ['simulate'], kind: 'number', above: 0, below: 1, fallback: 0.08, value: 'share', help: 'share of non-zero counts', ...CELLS },
  condition: { in: ['simulate'], kind: 'choice', choices: ['within', 'between'], fallback: 'within', value: 'where', help: 'each donor in both conditions, or in one', ...CELLS },
  sampleSd: { in: ['simulate'], kind: 'number', least: 0, most: 10, fallback: 0.1, value: 'sd', help: 'natural-log standard deviation between samples of a donor', ...CELLS },
  subjects: { in: ['simulate'], kind: 'whole', least: 2, fallback: 40, value: 'n', help: 'subjects', ...VISITS },
  visits: { in: ['simulate'], kind: 'whole', least: 1, fallback: 6, value: 'n', help: 'visits a subject', ...VISITS },
  simulatedResponses: { in: ['simulate'], flag: 'responses', kind: 'whole', least: 1, fallback: 1, value: 'n', help: 'responses of a visit', ...VISITS },
  missing: { in: ['simulate'], kind: 'number', least: 0, below: 1, fallback: 0, value: 'share', help: 'share of missing visits', ...VISITS },

  compared: { group: 'Roles of columns', in: ['design'], flag: 'condition', kind: 'text', value: 'column', help: 'what is compared', without: 'guessed' },
  donor: { in: ['design'], kind: 'text', value: 'column', help: 'donors, subjects, animals: the independent units', without: 'guessed' },
  covariates: { in: ['design'], kind: 'text', value: 'list', help: 'columns beside the condition' },
  response: { in: ['design'], kind: 'text', value: 'column', help: 'left side of the formulas, for a table', without: 'guessed' },

  group: { group: 'Levels left out', in: ['influence'], kind: 'text', value: 'factor', help: 'the grouping factor whose levels are left out', without: 'the one of the model' },
  oneStep: { in: ['influence'], kind: 'switch', help: 'hold the variance ratios: coefficients and sigma move alone, nothing is fitted again' },

  randomEffects: { group: 'Predictions', in: ['predict'], flag: 're-form', kind: 'choice', choices: ['all', 'none'], fallback: 'all', value: 'which', help: 'with the random effects of each group, or of the population' },
  type: { in: ['predict'], kind: 'choice', choices: ['response', 'link'], fallback: 'response', value: 'scale', help: 'scale of predictions from a family: of its means (column .fitted), or of the link (.linear)' },
  allowNewLevels: { in: ['predict'], kind: 'switch', help: "groups that the fit did not have get the population's value" },
  standardErrors: { in: ['predict'], flag: 'se', kind: 'switch', help: 'standard errors of the predictions' },
  useObserved: { in: ['predict'], kind: 'switch', help: 'rows whose response is present predict the missing ones of their subject' },
  interval: { in: ['predict'], kind: 'choice', choices: ['confidence', 'prediction'], value: 'kind', help: 'limits of the mean, or of a new observation' },
  level: { in: ['predict'], kind: 'number', above: 0, below: 1, fallback: 0.95, value: 'level', help: 'of the limits', needs: { option: 'interval' } },

  port: { group: 'The application', in: ['serve'], kind: 'whole', least: 0, most: 65_535, fallback: 4173, value: 'n', help: 'where it is served; 0 takes a port that is free' },
  host: { in: ['serve'], kind: 'text', fallback: 'localhost', value: 'name', help: 'address to listen at; others than localhost are open to the network' },

  format: { group: 'Output', in: [...FITTED, 'design', 'compare', 'calibrate'], kind: 'text', value: 'content', help: 'what goes to standard output: the name of a table, json, or summary (rounded text)', without: 'on a terminal summary of fit, else its first table' },
  columns: { in: FITTED, kind: 'choice', choices: ['limma', 'dream', 'muscat', 'pertpy', 'seurat'], value: 'whose', help: 'names of the columns of toptable, for programs that read tables of' },
  out: { in: [...TESTING, 'gather'], kind: 'texts', value: '[table=]file', help: 'write to a .tsv, .csv, .parquet or .json file, or the summary to .txt' },
  outFile: { in: ['design', 'moments', 'merge', 'simulate', 'influence', 'predict', 'pseudobulk'], flag: 'out', kind: 'texts', value: 'file', help: 'file to write; of simulate a folder (10x), FILE.h5ad or FILE.csv' },
  sorted: { in: FITTED, kind: 'switch', help: 'levels of a ranef table by increasing estimate' },
  omit: { in: FITTED, kind: 'text', value: 'parts', help: 'ranef,vcov: leave out of JSON (automatic above 5,000 models; none keeps them)' },
  save: { in: FITTED, kind: 'text', value: 'file', help: 'keep the fit for predict, simulate and influence' },

  memory: { group: 'Large runs', in: CELL_DATA, kind: 'whole', least: 1, value: 'mb', help: 'at most this much for the sums (else in several passes over the file) and for chunks on a device' },
  threads: { in: [...TESTING, 'gather', 'moments', 'influence', 'pseudobulk'], kind: 'whole', least: 1, value: 'n', help: 'threads at most', without: 'as many as there are processors' },
  backend: { in: TESTING, kind: 'choice', choices: ['auto', 'cpu', 'webgpu'], fallback: 'auto', value: 'name', help: 'what searches', box: 'Runs on' },
  precision: { in: TESTING, kind: 'choice', choices: ['auto', 'f64', 'df64', 'f32'], fallback: 'auto', value: 'name', help: 'what finishes the fits of a device' },
  seed: { in: [...TESTING, 'gather', 'simulate'], ...WHOLE_SEED, help: 'seed of what is drawn' },
  shard: { in: ['fit'], kind: 'text', value: 'k/n', help: 'fit part k of n of the responses, for gather to put together', needs: { option: 'savePart' }, excludes: ['out', 'format', 'save'] },
  savePart: { in: ['fit'], kind: 'text', value: 'file', help: 'where the fits of a shard go', needs: { option: 'shard' } },
  resume: { in: ['fit'], kind: 'switch', help: 'take the fits that a run which was killed left beside its output, and keep those of this one' },

  explain: { group: 'Messages', in: ['fit'], kind: 'switch', help: 'print the plan: path, arithmetic, threads' },
  strict: { in: [...TESTING, 'gather'], kind: 'switch', help: 'exit 3 for any status but ok' },
  logJson: { in: LOGGED, kind: 'text', value: 'file', help: 'write what the run read, was asked for and did: checksums, options, versions, statuses, times' },
  logChecksums: { in: LOGGED, kind: 'choice', choices: ['sha256', 'none'], fallback: 'sha256', value: 'how', help: 'of the files in the log; sha256 reads each once more', needs: { option: 'logJson' } },
  quiet: { in: [...WRITING, 'merge'], kind: 'switch', help: 'no progress; warnings and notes stay' },
  noNotes: { in: [...READING, 'merge', 'gather', 'predict'], kind: 'switch', help: 'no warnings or notes either' },
} as const satisfies Readonly<Record<string, OptionEntry>>;

/** The name of an option in the library. */
export type OptionName = keyof typeof OPTIONS;
export type OptionValue<K extends OptionName> = ValueOf<(typeof OPTIONS)[K]>;

/** Options that are one of some words. */
export type ChoiceName = {
  [K in OptionName]: (typeof OPTIONS)[K] extends { choices: readonly string[]; kind: 'choice' | 'switch' } ? K : never;
}[OptionName];

/** Options that are numbers. */
export type NumberName = { [K in OptionName]: OptionValue<K> extends number ? K : never }[OptionName];

/** Choices with a default. */
type DecidedName = {
  [K in ChoiceName]: (typeof OPTIONS)[K] extends { fallback: string } | { kind: 'switch' } ? K : never;
}[ChoiceName];

/** The entry of an option, for code that goes through all of them. */
export function entryOf(name: OptionName): OptionEntry {
  return OPTIONS[name];
}

/**
 * A checked choice, or the option's default.
 *
 * @throws OptionError for a value that is no choice
 */
export function chosen<K extends DecidedName>(name: K, value: string | undefined): OptionValue<K> {
  const entry = entryOf(name);
  const given = value ?? entry.fallback ?? entry.choices?.[0] ?? '';
  return choiceOf(name, String(given), entry.choices ?? []) as OptionValue<K>; // one of the entry's own choices
}

/** The same where the option may be left open. */
export function chosenIfGiven<K extends ChoiceName>(name: K, value: string | undefined): OptionValue<K> | undefined {
  return value === undefined ? undefined : (choiceOf(name, value, entryOf(name).choices ?? []) as OptionValue<K>); // as above
}

/**
 * A checked number; undefined stays so.
 *
 * @throws OptionError for a value out of bounds
 */
export function numberIfGiven(name: NumberName, value: number | undefined): number | undefined {
  return value === undefined ? undefined : numberOf(name, value, entryOf(name));
}

/**
 * The level of confidence intervals: 0.95 where none is given.
 *
 * @throws OptionError for one outside (0, 1)
 */
export function levelOf(value: number | undefined): number {
  return numberIfGiven('level', value) ?? OPTIONS.level.fallback;
}
