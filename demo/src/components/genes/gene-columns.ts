/** The columns of the table of genes. */

import { STATUSES } from 'webgpu-lmm';
import type { ResultsView } from '../../results/results-view.ts';
import { statisticName } from '../../words/coefficient-columns.ts';
import { probability, shortNumber } from '../../words/number-text.ts';

export interface TableColumn {
  readonly key: string;
  readonly title: string;
  readonly hint: string;
  readonly numeric: boolean;
  text(view: ResultsView, index: number): string;
  /** Values to sort by; text where null. */
  values(view: ResultsView): Float64Array | null;
}

const number = (
  key: string,
  title: string,
  hint: string,
  values: (view: ResultsView) => Float64Array,
): TableColumn => ({
  key,
  title,
  hint,
  numeric: true,
  values,
  text: (view, index) => shortNumber(values(view)[index]),
});

const NONE = new Float64Array(0);

/** Of fits with a bootstrap, behind the p and the adjusted p of the test: both p of its draws. */
const DRAWN: readonly TableColumn[] = [
  {
    key: 'drawn',
    title: 'p, bootstrap',
    hint: 'Two-sided p of the parametric bootstrap; ≤ where the draws support no smaller one',
    numeric: true,
    values: ({ drawn }) => drawn?.log10P ?? NONE,
    text: ({ drawn }, i) => (drawn ? `${drawn.bound[i] === 1 ? '≤ ' : ''}${probability(drawn.log10P[i])}` : ''),
  },
  {
    key: 'drawn-adjusted',
    title: 'its adj. p',
    hint: 'p of the bootstrap adjusted for the number of genes tested; what is found goes by the adjusted p before it',
    numeric: true,
    values: ({ drawn }) => drawn?.log10Adjusted ?? NONE,
    text: ({ drawn }, i) => (drawn ? probability(drawn.log10Adjusted[i]) : ''),
  },
];

export const COLUMNS: readonly TableColumn[] = [
  {
    key: 'gene',
    title: 'Gene',
    hint: 'Response',
    numeric: false,
    text: ({ labels }, i) => labels[i],
    values: () => null,
  },
  number('effect', 'Estimate', 'Estimate of the coefficient or contrast', ({ effect }) => effect),
  number('se', 'SE', 'Standard error', ({ standardError }) => standardError),
  number('df', 'df', 'Degrees of freedom', ({ df }) => df),
  number('statistic', 't', 'Estimate / standard error', ({ statistic }) => statistic),
  {
    key: 'p',
    title: 'p',
    hint: 'Two-sided p',
    numeric: true,
    values: ({ log10P }) => log10P,
    text: ({ log10P }, i) => probability(log10P[i]),
  },
  {
    key: 'adjusted',
    title: 'adj. p',
    hint: 'p adjusted for how many were tested',
    numeric: true,
    values: ({ log10Adjusted }) => log10Adjusted,
    text: ({ log10Adjusted }, i) => probability(log10Adjusted[i]),
  },
  number('mean', 'Mean', 'Mean response', ({ mean }) => mean),
  {
    key: 'expressed',
    title: '% ≠ 0',
    hint: 'Per cent of the rows that are not zero',
    numeric: true,
    values: ({ expressed }) => expressed,
    text: ({ expressed }, i) => percent(expressed[i]),
  },
  { key: 'status', title: 'Note', hint: 'Status of the model', numeric: false, text: statusText, values: () => null },
];

/** Most levels of the condition that have columns. */
const MOST_LEVELS = 12;

/** The columns named as the tests are, with those of a bootstrap. */
function testedColumns({ table, drawn }: ResultsView): readonly TableColumn[] {
  const isZ = table.ddf === 'asymptotic';
  const named = COLUMNS.map((column): TableColumn => {
    const { key } = column;
    if (key === 'statistic' && (isZ || table.moderation)) {
      const name = statisticName(table);
      const hint = table.moderation ? `${name}: estimate / its moderated standard error` : column.hint;
      return { ...column, title: name.replace('moderated', 'mod.'), hint };
    }
    if (!table.moderation || (key !== 'se' && key !== 'df' && key !== 'p')) return column;
    return { ...column, hint: `${column.hint}, of the moderated test` };
  });
  const after = COLUMNS.findIndex(({ key }) => key === 'adjusted') + 1;
  return drawn ? [...named.slice(0, after), ...DRAWN, ...named.slice(after)] : named;
}

/** The columns of a view, with one for each level of the condition where these were counted and are asked for. */
export function columnsOf(view: ResultsView, asked: boolean): readonly TableColumn[] {
  const { byLevel = [] } = view;
  const columns = testedColumns(view);
  if (!asked || byLevel.length === 0) return columns;
  const levels = byLevel.slice(0, MOST_LEVELS).map(
    ({ column, level }, k): TableColumn => ({
      key: `level level-${k}`,
      title: `% ${level}`,
      hint: `Per cent of the rows of the fit with ${column}: ${level} that are not zero`,
      numeric: true,
      values: (view) => sharesAt(view, k),
      text: (view, i) => percent(sharesAt(view, k)[i]),
    }),
  );
  const after = columns.findIndex(({ key }) => key === 'expressed') + 1;
  return [...columns.slice(0, after), ...levels, ...columns.slice(after)];
}

function sharesAt({ byLevel, expressed }: ResultsView, k: number): Float64Array {
  return byLevel?.[k]?.shares ?? expressed;
}

function percent(share: number): string {
  return Number.isNaN(share) ? '' : (100 * share).toFixed(1);
}

function statusText({ table, models, singular }: ResultsView, index: number): string {
  const status = STATUSES[table.status[models[index]]];
  if (status !== 'ok') return status.replaceAll('_', ' ');
  return singular[index] === 1 ? 'singular' : '';
}

/** Places of a view in the order of a column, among those given; what has no value comes last. */
export function sortPlaces(
  places: Int32Array,
  view: ResultsView,
  column: TableColumn,
  descending: boolean,
): Int32Array {
  const sign = descending ? -1 : 1;
  const values = column.values(view);
  if (values) {
    return places.sort((a, b) => {
      const [x, y] = [values[a], values[b]];
      if (Number.isNaN(x) || Number.isNaN(y)) return (Number.isNaN(x) ? 1 : 0) - (Number.isNaN(y) ? 1 : 0) || a - b;
      return sign * (x - y) || a - b;
    });
  }
  const texts = Array.from(view.models, (_, i) => column.text(view, i));
  const collator = new Intl.Collator('en', { numeric: true });
  return places.sort((a, b) => sign * collator.compare(texts[a], texts[b]) || a - b);
}
