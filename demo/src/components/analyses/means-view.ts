/** F tests of the terms, and means of the levels of factors with their comparisons and a picture. */

import { element, fill } from '../../element.ts';
import { fileStem } from '../../keep/file-stem.ts';
import { adjustedLogsOf } from '../../results/adjusted-logs.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import { responseWords } from '../../words/result-words.ts';
import type { Pane } from '../lazy-pane.ts';
import { rBlock } from '../r-block.ts';
import { taskStrip } from '../task-strip.ts';
import { meansSection } from './means-section.ts';
import { columnOf, plainTable, type ShownColumn, saveButtons } from './output-cells.ts';
import { outputGrid } from './output-grid.ts';
import { foundByTerm } from './term-counts.ts';

const COLUMNS: readonly ShownColumn[] = [
  { name: 'split', title: 'Split' },
  { name: 'response', title: 'Response', wide: 1.8 },
  { name: 'gene', title: 'Gene', wide: 1.4 },
  { name: 'term', title: 'Term', wide: 1.6 },
  { name: 'sum.sq', title: 'Sum of squares', wide: 1.6 },
  { name: 'mean.sq', title: 'Mean square', wide: 1.5 },
  { name: 'num.df', title: 'Num. df', hint: 'Numerator degrees of freedom' },
  { name: 'den.df', title: 'Den. df', hint: 'Denominator degrees of freedom' },
  { name: 'statistic', title: 'F' },
  { name: 'p.value', title: 'p', p: true, log: 'log10p' },
  { name: 'p.adjusted', title: 'adj. p', p: true, hint: 'Adjusted over the responses, for each term' },
  { name: 'df.method', title: 'df by', wide: 1.3 },
];

export function meansView(context: Context): Pane {
  const { store } = context;
  let of: Results | null = null;
  let asked = false;
  const strip = taskStrip(context);
  const start = element(
    'button',
    { type: 'button', class: 'primary', id: 'test-terms', onclick: () => void testTerms() },
    'Test the terms',
  );
  const anova = element('div', { class: 'analysis-results', id: 'anova' });
  const means = meansSection(context, strip);
  const host = element(
    'div',
    { class: 'analysis means' },
    element('h3', {}, 'F tests of the terms'),
    element('p', { class: 'hint' }, 'Each term given all others (type III), with the degrees of freedom of the fit.'),
    element('div', { class: 'row' }, start),
    strip.host,
    anova,
    means.host,
  );

  async function testTerms(): Promise<void> {
    asked = true;
    const table = await strip.run('Testing the terms', 'anova', null);
    if (!table || !of) return;
    const results = of;
    const stem = `${fileStem(results)}.anova`;
    const { settings, summary } = results;
    const inR = rBlock(results, store.state.gene ?? 0, (r, kind) => r.rTermTests(settings, summary, kind));
    // Structured and generalised models have no sums of squares.
    const known = COLUMNS.filter(({ name }) => {
      const column = columnOf(table, name);
      return column?.kind !== 'number' || !column.values.every(Number.isNaN);
    });
    if (responseWords(results).single) {
      const columns = known.filter(({ name }) => !['split', 'response', 'gene', 'p.adjusted'].includes(name));
      fill(
        anova,
        plainTable(table, columns, { id: 'anova-table', caption: 'Analysis of variance of the response' }),
        saveButtons(
          'F tests',
          () => stem,
          () => table,
        ),
        inR,
      );
      return;
    }
    const { splits, responses } = results.outcome.table;
    const grid = outputGrid({
      label: 'F tests',
      file: () => stem,
      sortBy: 'p.value',
      open: (rows, row) => {
        const text = (name: string): string => {
          const column = rows.columns.find((own) => own.name === name);
          return column?.kind === 'string' ? (column.values[row] ?? '') : '';
        };
        const gene = responses.findIndex((own, m) => own === text('response') && (splits?.[m] ?? '') === text('split'));
        if (gene >= 0) store.set({ gene, view: 'gene' });
      },
    });
    const logs = adjustedLogsOf(table, ['term'], results.outcome.table);
    grid.update(
      table,
      known.map((column) => (column.name === 'p.adjusted' ? { ...column, log: logs } : column)),
    );
    fill(
      anova,
      foundByTerm(table, 'term', 'p.adjusted', store.state.threshold, responseWords(results).everywhere),
      grid.host,
      inR,
    );
  }

  return {
    host,
    show(view, state) {
      const { results, live, activity } = state;
      start.disabled = !live;
      start.title = live ? '' : 'Open the data and fit first.';
      if (results && results !== of) {
        of = results;
        asked = false;
        strip.clear();
        fill(anova);
        means.reset(results);
      }
      const single = results !== null && responseWords(results).single;
      start.hidden = single && live;
      // One response costs nothing.
      if (single && live && !asked && !activity) void testTerms().then(() => means.show(view, store.state));
      else means.show(view, state);
    },
    hide: () => means.hide(),
  };
}
