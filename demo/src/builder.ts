/** The formula that those who do not know the notation put together, and back. */

import type { ColumnSummary, DataSummary } from './worker/protocol.ts';

export interface Builder {
  /** Left side; empty where the data are the responses. */
  readonly response: string;
  readonly condition: string;
  readonly covariates: readonly string[];
  readonly donor: string;
  /** Column whose effect varies by donor; empty for random intercepts. */
  readonly slope: string;
  /** The condition's effect may depend on this column; empty for none. */
  readonly interaction: string;
}

const PLAIN = /^(?:[\p{L}]|\.(?![0-9]))[\p{L}0-9._]*$/u;
const RESERVED = new Set(['TRUE', 'FALSE', 'NA', 'NaN', 'Inf', 'NULL', 'if', 'else', 'for', 'in', 'function']);

/** A column name as a formula wants it. */
export function quoteName(name: string): string {
  return PLAIN.test(name) && !RESERVED.has(name) ? name : `\`${name}\``;
}

export function builtFormula({ response, condition, covariates, donor, slope, interaction }: Builder): string {
  const main =
    condition !== '' && interaction !== ''
      ? [`${quoteName(condition)} * ${quoteName(interaction)}`]
      : condition === ''
        ? []
        : [quoteName(condition)];
  const rest = covariates.filter((name) => name !== condition && (condition === '' || name !== interaction));
  const fixed = [...main, ...rest.map(quoteName)];
  const random = donor === '' ? [] : [`(${slope === '' ? '1' : quoteName(slope)} | ${quoteName(donor)})`];
  const right = [...(fixed.length > 0 ? fixed : ['1']), ...random].join(' + ');
  return `${response === '' ? '' : `${quoteName(response)} `}~ ${right}`;
}

const NAME = '(?:`[^`]+`|[\\p{L}.][\\p{L}0-9._]*)';
const SHAPE = new RegExp(
  `^\\s*(${NAME})?\\s*~\\s*(1|${NAME}(?:\\s*\\*\\s*${NAME})?(?:\\s*\\+\\s*${NAME})*)?\\s*(?:\\+?\\s*\\(\\s*(1|${NAME})\\s*\\|\\s*(${NAME})\\s*\\))?\\s*$`,
  'u',
);

/** The parts of a formula that has the shape of a built one; null for any other. */
export function parsedBuilder(formula: string): Builder | null {
  const found = SHAPE.exec(formula);
  if (!found) return null;
  const plain = (text: string | undefined): string => (text ?? '').trim().replace(/^`|`$/g, '');
  const terms = (found[2] ?? '')
    .split('+')
    .map((term) => term.trim())
    .filter((term) => term !== '' && term !== '1');
  const [first = '', ...others] = terms;
  const [condition, interaction = ''] = first.split('*').map(plain);
  return {
    response: plain(found[1]),
    condition,
    covariates: others.map(plain),
    donor: plain(found[4]),
    slope: found[3] === undefined || found[3] === '1' ? '' : plain(found[3]),
    interaction,
  };
}

/** Columns that can group: few enough levels, each seen more than once on average. */
export function groupingColumns({ columns, rows }: DataSummary): ColumnSummary[] {
  return columns.filter(
    ({ distinct, kind, levels }) => distinct >= 2 && (kind === 'factor' ? distinct < rows : levels.length > 0),
  );
}

/** Columns with few levels: conditions, cell types. */
export function conditionColumns({ columns }: DataSummary): ColumnSummary[] {
  return columns.filter(({ distinct, levels }) => distinct >= 2 && distinct <= 40 && levels.length > 0);
}

const DONOR = /donor|subject|patient|individual|participant|person|mouse|animal|case_?id|^id$|^ind$|sample|pool|batch/i;
const CONDITION =
  /stim|condition|treat|disease|diagnos|status|arm|group|phenotype|perturb|drug|time|visit|genotype|sex|gender|age/i;
const CELL_TYPE = /cell.?type|celltype|cluster|annotation|leiden|louvain|^cell$|^ident$/i;

function firstBy(columns: readonly ColumnSummary[], pattern: RegExp): string {
  // The words stand in order of how telling they are.
  for (const word of pattern.source.split('|')) {
    const found = columns.find(({ name }) => new RegExp(word, 'i').test(name));
    if (found) return found.name;
  }
  return '';
}

/** A first guess at the design from the names of the columns. */
export function guessBuilder(summary: DataSummary): Builder {
  const donor = firstBy(
    groupingColumns(summary).filter(({ name }) => !CELL_TYPE.test(name)),
    DONOR,
  );
  const others = summary.columns.filter(({ name }) => name !== donor && !CELL_TYPE.test(name));
  const table = summary.kind === 'table';
  const numbers = others.filter(({ kind, levels }) => kind === 'numeric' && levels.length === 0);
  const named = numbers.find(({ name }) => /^(y|y1|response|outcome|value|score|reaction)$/i.test(name));
  const response = table ? ((named ?? numbers[numbers.length - 1])?.name ?? '') : '';
  const rest = others.filter(({ name }) => name !== response);
  const groups = rest.filter(({ distinct, levels }) => distinct >= 2 && distinct <= 12 && levels.length > 0);
  const condition = firstBy(groups, CONDITION);
  const time = table ? (rest.find(({ name }) => /^(time|days?|week|month)s?$/i.test(name))?.name ?? '') : '';
  if (time !== '' && time !== condition) {
    return { response, condition: time, interaction: condition, covariates: [], donor, slope: time };
  }
  return { response, condition, interaction: '', covariates: [], donor, slope: '' };
}
