/** Any of the tables by its name, whole or in runs of rows, so that a large result is never held as text at once. */
import { FitError } from '../errors.ts';
import type { AnovaType } from '../infer/hypotheses.ts';
import type { FitResult } from '../types/fit-result.ts';
import { anovaTable } from './anova-table.ts';
import { type AugmentOptions, augment } from './augment.ts';
import { glance, statusTable } from './glance.ts';
import { modelRuns } from './model-rows.ts';
import { type OutputRow, type OutputTable, outputRows } from './output-table.ts';
import { type RanefOptions, ranef } from './ranef.ts';
import { type ColumnNames, namedFor } from './table-names.ts';
import { type TidyOptions, tidy, tidyRowsPerModel } from './tidy.ts';
import { testName, toptable } from './toptable.ts';
import { variance } from './variance.ts';

export const TABLE_NAMES = [
  'tidy',
  'glance',
  'augment',
  'ranef',
  'toptable',
  'variance',
  'anova',
  'emmeans',
  'pairs',
  'genesets',
  'status',
] as const;
export type TableName = (typeof TABLE_NAMES)[number];

export interface TableOptions
  extends Pick<TidyOptions, 'confLevel' | 'exponentiate'>,
    Pick<AugmentOptions, 'rowNames'>,
    Pick<RanefOptions, 'sorted'> {
  /** The contrast or coefficient of a toptable; `term` or `coefficient` for variance fractions. */
  readonly contrast?: string;
  /** Whose names the columns of a toptable have; the library's own without it. */
  readonly columns?: ColumnNames | undefined;
  /** Hypotheses of the F tests; III. */
  readonly anovaType?: AnovaType | undefined;
  /** Marginal means and their comparisons, which depend on more than the fit. */
  readonly marginal?: { readonly means: OutputTable; readonly pairs: OutputTable } | undefined;
  /** Tests of gene sets, which depend on more than the fit. */
  readonly geneSets?: OutputTable | undefined;
}

/**
 * The table in runs of some ten thousand rows, by model; all runs have the same columns and there is at least one.
 *
 * @throws OptionError as the function of that name does.
 */
export function* tableRuns(result: FitResult, name: TableName, options: TableOptions = {}): Generator<OutputTable> {
  const { table } = result;
  switch (name) {
    case 'toptable':
      yield options.columns === undefined
        ? toptable(result, options.contrast)
        : namedFor(toptable(result, options.contrast), options.columns, testName(result, options.contrast));
      return;
    case 'status':
      yield statusTable(result);
      return;
    case 'anova':
      yield anovaTable(result, options.anovaType);
      return;
    case 'emmeans':
    case 'pairs':
      if (!options.marginal) {
        throw new FitError('OptionError', `the table ${name} needs to know of what`, {
          option: 'emmeans',
          remedy: 'Name the factors: “emmeans: condition”, or “emmeans: condition | time” within each time.',
        });
      }
      yield name === 'emmeans' ? options.marginal.means : options.marginal.pairs;
      return;
    case 'genesets':
      if (!options.geneSets) {
        throw new FitError('OptionError', 'the table genesets needs sets of genes', {
          option: 'geneSets',
          remedy: 'Name a file of them: “geneSets: sets.gmt”.',
        });
      }
      yield options.geneSets;
      return;
    case 'variance': {
      const by = options.contrast === 'coefficient' ? 'coefficient' : 'term';
      for (const range of modelRuns(table, 1)) yield variance(result, { by, ...range });
      return;
    }
    case 'glance':
      for (const range of modelRuns(table, 1)) yield glance(result, range);
      return;
    case 'tidy':
      for (const range of modelRuns(table, tidyRowsPerModel(table))) yield tidy(result, { ...options, ...range });
      return;
    case 'ranef':
      for (const range of modelRuns(table, ranefRowsPerModel(result))) yield ranef(result, { ...options, ...range });
      return;
    case 'augment':
      for (const range of modelRuns(table, augmentRowsPerModel(result)))
        yield augment(result, { ...options, ...range });
  }
}

/** The rows of a table one by one, as objects. */
export function* tableRows(result: FitResult, name: TableName, options: TableOptions = {}): Generator<OutputRow> {
  for (const run of tableRuns(result, name, options)) yield* outputRows(run);
}

/** Upper bound of the random effects of one model: all levels, whether or not a model uses them. */
function ranefRowsPerModel({ table }: FitResult): number {
  let rows = 1;
  for (const shape of table.terms) {
    const factor = table.groups.indexOf(shape.group);
    let levels = 0;
    for (let model = 0; factor >= 0 && model < table.models; model++) {
      levels = Math.max(levels, table.groupLevels[model * table.groups.length + factor]);
    }
    rows += levels * shape.names.length;
  }
  return rows;
}

/** All models are fitted to one table of data, whose rows number at least the largest n. */
function augmentRowsPerModel({ table }: FitResult): number {
  return table.nobs.reduce((most, n) => Math.max(most, n), 1);
}
