/** The formula that those who do not know the notation put together, and back. */

import { groupingColumns as groupings } from 'webgpu-lmm/steps';
import type { ColumnSummary, DataSummary } from '../protocol/protocol.ts';
import { bareName, QUOTED, quoteName, splitAt } from './formula-names.ts';

export { quoteName };

export interface Builder {
  /** Left side; empty where the data are the responses. */
  readonly response: string;
  readonly condition: string;
  readonly covariates: readonly string[];
  readonly donor: string;
  /** Column whose effect varies by donor; empty for random intercepts. */
  readonly slope: string;
  /** What names the samples within donors, whose rows are alike: a column or `donor:condition`; empty for none. */
  readonly sample: string;
  /** The condition's effect may depend on this column; empty for none. */
  readonly interaction: string;
}

/** A grouping factor, each part quoted where it must be. */
function quoteGroup(group: string): string {
  return group.split(':').map(quoteName).join(':');
}

export function builtFormula({ response, condition, covariates, donor, slope, sample, interaction }: Builder): string {
  const main =
    condition !== '' && interaction !== ''
      ? [`${quoteName(condition)} * ${quoteName(interaction)}`]
      : condition === ''
        ? []
        : [quoteName(condition)];
  const rest = covariates.filter((name) => name !== condition && (condition === '' || name !== interaction));
  const fixed = [...main, ...rest.map(quoteName)];
  const random = donor === '' ? [] : [`(${slope === '' ? '1' : quoteName(slope)} | ${quoteName(donor)})`];
  if (donor !== '' && sample !== '') random.push(`(1 | ${quoteGroup(sample)})`);
  const right = [...(fixed.length > 0 ? fixed : ['1']), ...random].join(' + ');
  return `${response === '' ? '' : `${quoteName(response)} `}~ ${right}`;
}

const NAME = `(?:${QUOTED}|[\\p{L}.][\\p{L}0-9._]*)`;
const SHAPE = new RegExp(
  `^\\s*(${NAME})?\\s*~\\s*(1|${NAME}(?:\\s*\\*\\s*${NAME})?(?:\\s*\\+\\s*${NAME})*)?\\s*(?:\\+?\\s*\\(\\s*(1|${NAME})\\s*\\|\\s*(${NAME})\\s*\\))?\\s*(?:\\+\\s*\\(\\s*1\\s*\\|\\s*(${NAME}(?::${NAME})?)\\s*\\))?\\s*$`,
  'u',
);

/** The parts of a formula that has the shape of a built one; null for any other. */
export function parsedBuilder(formula: string): Builder | null {
  const found = SHAPE.exec(formula);
  if (!found) return null;
  const plain = (text: string | undefined): string => bareName(text ?? '');
  const terms = splitAt(found[2] ?? '', '+')
    .map((term) => term.trim())
    .filter((term) => term !== '' && term !== '1');
  const [first = '', ...others] = terms;
  const [condition, interaction = ''] = splitAt(first, '*').map(plain);
  return {
    response: plain(found[1]),
    condition,
    covariates: others.map(plain),
    donor: plain(found[4]),
    slope: found[3] === undefined || found[3] === '1' ? '' : plain(found[3]),
    sample: splitAt(found[5] ?? '', ':')
      .map(plain)
      .join(':'),
    interaction,
  };
}

/** Columns that can group, as the library tells them: few enough levels, or numbers that are those of subjects. */
export function groupingColumns({ columns, rows }: Pick<DataSummary, 'columns' | 'rows'>): ColumnSummary[] {
  return groupings(
    columns.map((column) => ({ ...column, discrete: mayGroup(column, rows) })),
    rows,
  );
}

/** Whether the values of a column may be levels: no numbers, few of them, or whole ones that come back. */
function mayGroup({ kind, levels, whole, distinct }: ColumnSummary, rows: number): boolean {
  return kind !== 'numeric' || levels.length > 0 || (whole === true && 2 * distinct <= rows);
}

/** Columns with few levels: conditions, cell types. */
export function conditionColumns({ columns }: DataSummary): ColumnSummary[] {
  return columns.filter(({ distinct, levels }) => distinct >= 2 && distinct <= 40 && levels.length > 0);
}
