/** F tests of the terms, and means of the levels of factors with their comparisons and a picture. */

import type { OutputTable } from 'webgpu-lmm';
import { element, fill } from '../../element.ts';
import { fileStem } from '../../keep/file-stem.ts';
import { adjustedLogsOf } from '../../results/adjusted-logs.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import { lackingWords } from '../../words/lacking-data.ts';
import { isLarge, largeSampleWords } from '../../words/large-sample.ts';
import { OF_MANY, termColumns } from '../../words/mean-columns.ts';
import { ordinaryWords } from '../../words/ordinary-variances.ts';
import { responseWords } from '../../words/result-words.ts';
import { unitsLine } from '../../words/units-line.ts';
import type { Pane } from '../lazy-pane.ts';
import { rBlock } from '../r-block.ts';
import { taskStrip } from '../task-strip.ts';
import { tooLarge } from './kept-words.ts';
import { meansSection } from './means-section.ts';
import { plainTable, saveButtons } from './output-cells.ts';
import { outputGrid } from './output-grid.ts';
import { foundByTerm } from './term-counts.ts';

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
  const units = element('p', { class: 'hint', id: 'test-units' });
  const means = meansSection(context, strip);
  const title = element('h3', {});
  const hint = element('p', { class: 'hint' });
  const host = element(
    'div',
    { class: 'analysis means' },
    title,
    hint,
    units,
    element('div', { class: 'row' }, start),
    strip.host,
    anova,
    means.host,
  );

  async function testTerms(): Promise<void> {
    asked = true;
    const table = await strip.run('Testing the terms', 'anova', null);
    if (!table || !of) return;
    store.answer({ anova: table });
    drawTests(table, of);
  }

  function drawTests(table: OutputTable, results: Results): void {
    const stem = `${fileStem(results)}.anova`;
    const known = termColumns(table, isLarge(results));
    const { settings, summary, outcome } = results;
    const { splits, responses } = outcome.table;
    const shown = store.state.gene ?? 0;
    const inR = rBlock(results, shown, (r, kind) =>
      r.rTermTests(settings, summary, kind, r.denominators(table, responses[shown], splits?.[shown] ?? null)),
    );
    if (responseWords(results).single) {
      const columns = known.filter(({ name }) => !OF_MANY.includes(name));
      fill(
        anova,
        plainTable(table, columns, {
          id: 'anova-table',
          caption: isLarge(results) ? 'Chi-squared tests of the terms' : 'Analysis of variance of the response',
        }),
        saveButtons(
          'F tests',
          () => stem,
          () => table,
        ),
        inR,
      );
      return;
    }
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
      start.title = lackingWords(store.state) ?? '';
      if (results && results !== of) {
        of = results;
        const { anova: kept } = state.answers;
        asked = Boolean(kept);
        strip.clear();
        fill(anova, kept === null ? tooLarge('What the tests of the terms found') : null);
        if (kept) drawTests(kept, results);
        const what = isLarge(results) ? 'Tests of the terms' : 'F tests';
        const rests = unitsLine(results, `${what}, means and their comparisons rest`);
        units.textContent = `${rests ?? ''} ${ordinaryWords(results.outcome.table, 'They are')}`.trim();
        means.reset(results);
        title.textContent = isLarge(results) ? 'Tests of the terms' : 'F tests of the terms';
        hint.textContent = isLarge(results)
          ? `Each term given all others (type III). ${largeSampleWords('chi-squared', results)}`
          : 'Each term given all others (type III), with the degrees of freedom of the fit.';
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
