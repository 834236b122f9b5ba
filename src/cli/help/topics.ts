/** What `webgpu-lmm help TOPIC` says, beside the options that the table describes. Texts name options as messages do. */

import type { OptionName } from '../../options/entries.ts';
import type { CommandName } from '../../options/option.ts';

export interface Topic {
  readonly title: string;
  /** Paragraphs, and rows of two columns. */
  readonly text: readonly (string | readonly (readonly [string, string])[])[];
  /** Options that are described below the text, as the command named has them. */
  readonly options: readonly OptionName[];
  readonly examples: readonly string[];
  /** Page of the documentation with more. */
  readonly page: string;
}

const VISITS = 'webgpu-lmm fit examples/visits.csv';
const TRIAL = "webgpu-lmm fit examples/trial.csv --formula 'score ~ base + arm * visit'";
const CELLS =
  "webgpu-lmm fit examples/cells --obs examples/cells/obs.tsv --formula '~ stim + (1 | donor) + (1 | sample)'";

export const TOPICS: Readonly<Record<string, Topic>> = {
  formula: {
    title: "R's formula language, with the random terms of lme4",
    text: [
      [
        ['a + b, a:b, a * b', 'terms, an interaction, both'],
        ['(a + b)^2, a / b, - a', 'all pairs, b within a, without a'],
        ['0 + x, 1 + x', 'without and with an intercept'],
        ['(x | g), (x || g)', 'random intercepts and slopes of x by g, correlated or not'],
        ['(1 | a/b), (1 | a:b)', 'b within a, combinations of a and b'],
        ['log(x), poly(x, 2), ns(x, 3)', 'functions; also scale, bs, cut, factor, relevel, ifelse, interaction'],
        ['offset(x)', 'added with coefficient 1'],
        ['`my column`', 'a name that holds other characters'],
      ],
      'The left side names the responses of a table: y, cbind(y1, y2), or “responses”. A matrix has none: each gene is a response. Coefficients are named as lmer prints them.',
    ],
    options: ['formula', 'responses', 'factor', 'ordered', 'coding'],
    examples: [`${VISITS} --formula 'y ~ ns(time, 3) * arm + age + (time | subject)'`],
    page: 'formulas',
  },
  'random-effects': {
    title: 'which random effects, and what a test then rests on',
    text: [
      'Rows that share a donor, subject, animal or sample are not independent. A test rests on the levels of what its column varies between: a condition given to whole donors has as many replicates as there are donors, however many cells.',
      [
        ['(1 | donor)', 'donors differ in their level; a condition between donors is tested against donors'],
        [
          '(1 | donor) + (1 | sample)',
          'and the cells of one sample (donor x condition) share its deviation: samples are the replicates',
        ],
        ['(time | subject)', 'subjects differ in their level and in their slope'],
        ['(1 | a) + (1 | b)', 'crossed factors'],
        ['(1 | site/person)', 'persons within sites'],
      ],
      'webgpu-lmm design reads a table and proposes formulas; fit prints the units of its tests, and warns where cells would count as replicates.',
    ],
    options: ['formula', 'ddf'],
    examples: ['webgpu-lmm design examples/cells --obs examples/cells/obs.tsv', CELLS],
    page: 'random-effects',
  },
  families: {
    title: 'counts, yes or no, grades, amounts and shares',
    text: [
      [
        ['binomial', 'yes or no, k of m trials: logit, probit, cloglog'],
        ['poisson, nbinom2, nbinom1', 'counts; variance mu, mu + mu^2/size, mu (1 + phi)'],
        ['cumulative', 'grades in order (thresholds in place of the intercept)'],
        ['Gamma', 'positive amounts'],
        ['beta', 'shares between 0 and 1'],
      ],
      'Coefficients are logarithms of odds, rates or means; “exponentiate” gives the ratios. Tests are of z, or by “ddf: between-within”. Responses of a matrix are taken as counts, without “normalize”: the depth of each cell is “offset: library”.',
    ],
    options: ['family', 'link', 'trials', 'offset', 'nagq', 'reml', 'exponentiate', 'ddf'],
    examples: [
      "webgpu-lmm fit examples/clinic.csv --formula 'well ~ week * arm + severity + (1 | patient)' --family binomial --exponentiate --conf-int",
      "webgpu-lmm fit examples/cells --obs examples/cells/obs.tsv --formula '~ stim + (1 | donor) + (1 | sample)' --family nbinom2 --offset library --min-cells 60 --out genes.tsv",
    ],
    page: 'families',
  },
  residual: {
    title: 'structured residuals: repeated measures, unequal variances',
    text: [
      [
        ['us(visit | subject)', 'any covariance of the visits (MMRM)'],
        ['cs, csh', 'one correlation; with h a standard deviation a visit'],
        ['ar1, ar1h', 'powers of the correlation of neighbours'],
        ['toep, toeph, ad, adh', 'one correlation a lag; products of those of neighbours'],
        ['diag', 'no correlation, a standard deviation a visit'],
        ['sp_exp(week | subject)', 'exp(-distance / range) over times'],
        ['us(visit | arm / subject)', 'parameters of its own for each arm'],
      ],
      'compare ranks structures with “structures”. “dispersion” models the standard deviation of the residuals.',
    ],
    options: ['residual', 'dispersion', 'information', 'structures'],
    examples: [
      `${TRIAL} --residual 'us(visit | subject)' --emmeans 'arm | visit'`,
      `${TRIAL} --dispersion '~ 0 + visit'`,
    ],
    page: 'residuals',
  },
  normalize: {
    title: 'counts of cells as log expression',
    text: [
      [
        ['log1p-cp10k', 'log(1 + 10,000 x count / total of the cell), as scanpy has it'],
        ['log1p-cpm', 'log(1 + 1,000,000 x count / total of the cell)'],
        ['none', 'values as they are (a note says so of raw counts)'],
      ],
      'Totals are over all genes of the file, or of the column “totals”. Bulk counts go through “weights: voom”, and families of counts take counts as they are.',
    ],
    options: ['normalize', 'totals', 'layer', 'transform', 'zeroIsMissing', 'weights', 'normFactors'],
    examples: [`${CELLS} --normalize log1p-cp10k --format toptable`],
    page: 'genomics',
  },
  tests: {
    title: 'degrees of freedom, contrasts, F tests, marginal means',
    text: [
      "Tests of REML fits are Kenward and Roger's; lmerTest's default is “ddf: satterthwaite”. Two options sound alike: “contrasts” tests a linear combination of coefficients, “coding” chooses the columns that a factor has in the model (and was called --contrasts before).",
    ],
    options: [
      'ddf',
      'contrasts',
      'coding',
      'anova',
      'emmeans',
      'slopes',
      'at',
      'pairsAdjust',
      'pairsReverse',
      'moderate',
      'adjust',
      'adjustAcross',
      'bootstrap',
    ],
    examples: [
      `${VISITS} --formula 'y ~ time * arm + age + (time | subject)' --anova`,
      `${VISITS} --formula 'y ~ time * arm + age + (time | subject)' --emmeans arm --at time=5`,
      `${VISITS} --formula 'y ~ time * arm + (time | subject)' --contrast 'at5=armtreated + 5 * time:armtreated' --coding arm=treatment`,
    ],
    page: 'inference',
  },
  intervals: {
    title: 'confidence intervals by Wald, profile likelihood and bootstrap',
    text: ['Limits go into the columns conf.low and conf.high of tidy tables, of variances and correlations too.'],
    options: ['confInt', 'confMethod', 'confParameters', 'bootstrap', 'seed'],
    examples: [`${VISITS} --formula 'y ~ time * arm + (time | subject)' --conf-method profile`],
    page: 'intervals',
  },
  comparing: {
    title: 'several models of the same rows',
    text: [
      'compare ranks models by AIC, AICc or BIC and tests those that lie within each other; it cross-validates, selects backward, and takes structures and families beside each other.',
    ],
    options: ['tests', 'structures', 'families', 'cv', 'select', 'rankBy', 'bootstrap'],
    examples: [
      "webgpu-lmm compare examples/visits.csv --formula 'y ~ time + (time | subject)' --formula 'y ~ time * arm + (time | subject)'",
    ],
    page: 'comparing-models',
  },
  prediction: {
    title: 'saved fits, predictions, simulated responses',
    text: [
      'fit keeps a fit with “save”. predict takes it and new rows; simulate draws responses for the rows of a table from it with “from”.',
    ],
    options: ['save', 'interval', 'randomEffects', 'allowNewLevels', 'from'],
    examples: [
      `${VISITS} --formula 'y ~ time * arm + (time | subject)' --save visits.fit`,
      'webgpu-lmm predict visits.fit examples/visits.csv --interval prediction',
    ],
    page: 'prediction',
  },
  inputs: {
    title: 'files and pipes that data come from',
    text: [
      [
        ['.csv, .tsv, .txt', 'text tables, plain or gzipped (told by the first bytes, whatever the name)'],
        ['.parquet', 'tables'],
        ['.h5ad, .h5', 'AnnData, CellRanger'],
        ['a folder', '10x, kallisto, alevin-fry: matrix.mtx, features, barcodes'],
        ['.moments, .fit', 'what moments and fit --save wrote'],
        ['-', 'standard input: text, plain or gzipped, or Parquet'],
        ['<(zcat a.gz)', 'a pipe of bash or zsh, likewise'],
        ['@list.txt', 'a list of paths, one a line'],
      ],
      'A pipe is read once and kept in memory, up to a gigabyte; matrices are files. “obs” and “weights” take - too, and “responses” takes @-.',
      'Missing are empty fields, NA, NaN and nan. A column is numeric when every value is; --factor and --ordered say otherwise.',
    ],
    options: ['obs', 'responses', 'where', 'splitBy', 'na', 'naStrings', 'decimal', 'layer'],
    examples: [
      "zcat visits.csv.gz | webgpu-lmm fit - --formula 'y ~ time + (time | subject)'",
      "webgpu-lmm fit <(cut -d, -f1-4 examples/visits.csv) --formula 'y ~ time + (1 | subject)'",
    ],
    page: 'many-files',
  },
  'many-files': {
    title: 'files as parts of one data set',
    text: [
      'Several paths are one data set, whose rows follow each other. Or each file is processed by itself: design says what the parts must know, moments forms those of one file, merge joins them, fit takes the result.',
    ],
    options: ['matchGenes', 'sampleColumn', 'obs', 'design'],
    examples: [
      "webgpu-lmm fit a.h5ad b.h5ad --formula '~ stim + (1 | donor)' --normalize log1p-cp10k --out results.tsv",
      'webgpu-lmm moments a.h5ad --design design.json --out a.moments',
      'webgpu-lmm merge a.moments b.moments --out all.moments',
    ],
    page: 'many-files',
  },
  clusters: {
    title: 'shards for many machines, and fits that go on after a kill',
    text: [
      'Shards are fitted anywhere and put together by gather, with the bytes of one run. A run with “resume” takes the fits that a run which was killed left beside its output.',
    ],
    options: ['shard', 'savePart', 'resume', 'threads', 'memory', 'backend'],
    examples: [
      'webgpu-lmm fit cells.moments --shard 3/16 --save-part fits-03.part',
      'webgpu-lmm gather fits-*.part --out results.tsv',
    ],
    page: 'clusters',
  },
  workflow: {
    title: 'a cohort of samples by Snakemake, and what a run logs',
    text: [
      'The folder workflow/ of the package takes a table of samples and a configuration: moments by sample, merge, fits by shard, gather, a report, on one machine or on Slurm. Any run writes inputs with checksums, options, versions, statuses and times with “logJson”.',
    ],
    options: ['logJson', 'logChecksums'],
    examples: [`${VISITS} --formula 'y ~ time + (time | subject)' --out results.tsv --log-json run.json`],
    page: 'workflow',
  },
  formats: {
    title: 'files of cells that are read, and results written into them',
    text: [
      [
        ['.h5ad, .zarr', 'AnnData; a store of zarr as a folder or .zip'],
        ['.h5mu', 'MuData: one “modality”'],
        ['.h5, folders', 'CellRanger, 10x, kallisto, alevin-fry'],
        ['.csv, .tsv, .parquet', 'tables of rows, or of responses by samples with “obs”'],
      ],
      'Others get a line on how to convert them. annotated=FILE.h5ad writes a copy of the data with the results in it; “columns” gives a toptable the names of another program.',
    ],
    options: ['layer', 'modality', 'columns', 'out'],
    examples: [
      "webgpu-lmm fit cells.h5ad --formula '~ stim + (1 | donor)' --normalize log1p-cp10k --out annotated=fitted.h5ad",
    ],
    page: 'formats',
  },
  tables: {
    title: 'what is written, where, and its columns',
    text: [
      [
        ['tidy', 'coefficients, contrasts, variances: the default in pipes and files'],
        ['summary', 'rounded text of one model, or the top responses of many: the default on a terminal'],
        ['glance', 'a model a row: status, criteria, R2'],
        ['toptable', 'responses by evidence, in the words of limma; toptable:NAME for one test'],
        ['anova, emmeans, pairs', 'F tests, marginal means, their comparisons'],
        ['genesets', 'sets of genes that rank higher or lower than the others'],
        ['ranef, augment', 'random effects; fitted values and residuals by row'],
        ['variance, status', 'fractions of variance; models without a fit, with the reason'],
        ['json', 'everything'],
      ],
      'The extension of “out” is the container: .tsv, .csv, .parquet, .json, also with .gz, and .txt for the summary. TABLE=FILE names the table, and “out” may be repeated. Pipes and files have all digits (17); only the summary is rounded.',
    ],
    options: ['format', 'out', 'omit', 'sorted', 'exponentiate', 'confInt'],
    examples: [
      `${CELLS} --normalize log1p-cp10k --out results.tsv --out glance=fits.tsv --out toptable:stimstim=top.csv --out all.json.gz`,
    ],
    page: 'inference',
  },
  'exit-codes': {
    title: 'exit status, and what goes to standard error',
    text: [
      [
        ['0', 'done; singular fits and constant responses are counted in the last line'],
        ['1', 'unreadable, truncated or corrupt input, no device where one was forced, a full disk'],
        ['2', 'misuse: an option, a formula, a column, the content of a table'],
        [
          '3',
          'done, but some models have status not_converged or failed, or none was fitted (with “strict” any status but ok)',
        ],
        ['130', 'interrupted'],
      ],
      'Standard output has results only; progress and notes go to standard error. “quiet” silences progress and closing lines, never notes and warnings: those stay unless “noNotes” is given. Programs set WEBGPU_LMM_ERRORS=json and read an error as one line of JSON.',
    ],
    options: ['strict', 'quiet', 'noNotes', 'explain'],
    examples: [
      'webgpu-lmm fit examples/visits.csv --formula \'y ~ time + (1 | subject)\' --quiet --out fit.tsv || echo "status $?"',
    ],
    page: 'clusters',
  },
};

/** Lines of a command that show what it is for. */
export const EXAMPLES: Readonly<Partial<Record<CommandName | 'devices' | 'completion' | 'help', readonly string[]>>> = {
  fit: [
    `${VISITS} --formula 'y ~ time * arm + age + (time | subject)'`,
    `${CELLS} --normalize log1p-cp10k --out genes.tsv --out toptable:stimstim=top.tsv`,
    `${TRIAL} --residual 'us(visit | subject)' --emmeans 'arm | visit'`,
    "zcat visits.csv.gz | webgpu-lmm fit - --formula 'y ~ time + (time | subject)' --format json > fit.json",
  ],
  gather: ['webgpu-lmm gather fits-*.part --out results.tsv'],
  design: [
    'webgpu-lmm design examples/cells --obs examples/cells/obs.tsv',
    "webgpu-lmm design a.h5ad b.h5ad --formula '~ stim + (1 | donor)' --normalize log1p-cp10k --out design.json",
  ],
  compare: [
    "webgpu-lmm compare examples/visits.csv --formula 'y ~ time + (time | subject)' --formula 'y ~ time * arm + (time | subject)'",
    "webgpu-lmm compare examples/trial.csv --formula 'score ~ base + arm * visit' --structures 'us,csh,ar1(visit | subject)'",
  ],
  calibrate: [
    "webgpu-lmm calibrate examples/cells --obs examples/cells/obs.tsv --formula '~ stim + (1 | donor) + (1 | sample)' --normalize log1p-cp10k",
  ],
  moments: [
    "webgpu-lmm moments cells.h5ad --formula '~ stim + (1 | donor)' --normalize log1p-cp10k --out cells.moments",
  ],
  merge: ['webgpu-lmm merge a.moments b.moments --out all.moments'],
  pseudobulk: ['webgpu-lmm pseudobulk examples/cells --obs examples/cells/obs.tsv --by donor,stim --out counts.tsv'],
  simulate: [
    'webgpu-lmm simulate --kind cells --genes 2000 --cells 20000 --donors 12 --seed 1 --out cells.h5ad',
    'webgpu-lmm simulate --from visits.fit examples/visits.csv --nsim 3 --out drawn.csv',
  ],
  influence: ["webgpu-lmm influence examples/visits.csv --formula 'y ~ time * arm + (time | subject)'"],
  predict: ['webgpu-lmm predict visits.fit examples/visits.csv --se --interval prediction'],
  completion: ['eval "$(webgpu-lmm completion bash)"'],
  help: ['webgpu-lmm help formula', 'webgpu-lmm help --ddf'],
};
