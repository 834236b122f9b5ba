/** What the bootstrap of the fit says beside its usual tests: who finds what, and both p of each response. */

import type { BootstrapTests, FitTable, OutputTable, TestColumns } from 'webgpu-lmm';
import { element, fill } from '../../element.ts';
import { type ShelfFigure, shelfOf } from '../../keep/figure-shelf.ts';
import { fileStem } from '../../keep/file-stem.ts';
import { agreementPlot } from '../../plots/agreement.ts';
import { adjustedLogsOf } from '../../results/adjusted-logs.ts';
import { geneLabels } from '../../results/gene-labels.ts';
import { countFoundBy, foundBy, NOT_TESTED } from '../../results/paired-tests.ts';
import { chooseTest, type Results } from '../../results/results-view.ts';
import { columnNames, type TestColumnNames } from '../../results/shown-tests.ts';
import { notBothTested } from '../../results/tested-counts.ts';
import type { Context } from '../../state/context.ts';
import { count, shortNumber } from '../../words/number-text.ts';
import { responseWords } from '../../words/result-words.ts';
import { othersText } from '../../words/tested-words.ts';
import { type ShownFigure, shownFigure } from '../keep/figure-menu.ts';
import type { Section } from '../lazy-pane.ts';
import type { ShownColumn } from './output-cells.ts';
import { type OutputGrid, outputGrid } from './output-grid.ts';

const COLUMNS: readonly ShownColumn[] = [
  { name: 'split', title: 'Split' },
  { name: 'response', title: 'Response', wide: 1.8 },
  { name: 'gene', title: 'Gene', wide: 1.4 },
  { name: 'estimate', title: 'Estimate' },
  { name: 'p.value', title: 'p', p: true, log: 'log10p' },
  { name: 'p.moderated', title: 'p, moderated', p: true, log: 'log10p.moderated', wide: 1.2 },
  { name: 'p.bootstrap', title: 'p, bootstrap', p: true, log: 'log10p.bootstrap', wide: 1.2 },
  { name: 'p.bootstrap.bound', title: 'At most', hint: 'yes where the draws support no smaller p', wide: 0.8 },
  { name: 'p.adjusted', title: 'adj. p', p: true },
  { name: 'p.moderated.adjusted', title: 'adj. p, moderated', p: true, wide: 1.4 },
  { name: 'p.bootstrap.adjusted', title: 'adj. p, bootstrap', p: true, wide: 1.4 },
];

export function bootstrapSection({ store }: Context): Section {
  let of: Results | null = null;
  let plot: ShownFigure | null = null;
  const words = element('p', {});
  const figure = element('div', {});
  const place = element('div', {});
  const host = element(
    'section',
    { class: 'analysis calibration', id: 'bootstrap' },
    element('h3', {}, 'Bootstrap beside the usual tests'),
    figure,
    place,
  );
  const gridBy = (sortBy: string): OutputGrid =>
    outputGrid({
      label: 'Bootstrap beside the usual tests',
      file: () => `${fileStem(of)}.bootstrap`,
      sortBy,
      open: (_, gene) => store.set({ gene, view: 'gene' }),
    });
  let grid = gridBy('p.value');
  let made = '';
  return {
    host,
    show({ results, test, threshold, theme }) {
      const drawn = results?.outcome.table.bootstrap;
      if (!results || !drawn) return;
      const key = `${test}\n${threshold}\n${theme}`;
      if (results === of && key === made) return;
      const names = columnNames(results.outcome.table);
      if (results !== of) grid = gridBy(names.p);
      of = results;
      made = key;
      plot?.destroy();
      plot = null;
      fill(figure);
      const { table } = results.outcome;
      const { everywhere } = responseWords(results);
      const choice = chooseTest(table, test, results.settings.condition);
      const tests = choice.tests;
      const own = drawn[choice.kind];
      const rows = testRows(table, tests, own, choice.index, names);
      const width = tests.names.length;
      const at = (m: number): number => m * width + choice.index;
      const found = Uint8Array.from({ length: table.models }, (_, m) =>
        foundBy(tests.adjustedP[at(m)], own.adjustedP[at(m)], threshold),
      );
      const counts = countFoundBy(found);
      const usual = table.moderation ? 'moderated test' : 'usual test';
      fill(
        words,
        `${choice.name}, adjusted p up to ${shortNumber(threshold)}, ${count(drawn.draws)} draws of each. Of ${count(table.models - counts[NOT_TESTED])} ${everywhere} with both tests: ${count(counts[3])} found by both, ${count(counts[1])} by the ${usual} alone, ${count(counts[2])} by the bootstrap alone, ${count(counts[0])} by neither${othersText(notBothTested(table, found))}.`,
      );
      const log = (values: Float64Array): Float64Array =>
        Float64Array.from({ length: table.models }, (_, m) => -values[at(m)]);
      const data = {
        names: geneLabels(table),
        first: log(tests.log10P),
        second: log(own.log10P),
        found,
        xTitle: `−log₁₀ p, ${usual}`,
        yTitle: '−log₁₀ p, bootstrap',
      };
      const kept: ShelfFigure = {
        id: 'bootstrap',
        kind: 'agreement',
        title: 'Bootstrap beside the usual tests',
        caption: words.textContent ?? '',
        make: (host) => agreementPlot(host, data, { onOpen: (gene) => store.set({ gene, view: 'gene' }) }),
      };
      shelfOf(store).put(results, 'bootstrap', [kept]);
      plot = shownFigure(kept, results);
      fill(figure, plot.host);
      plot.start();
      fill(place, grid.host);
      const logs = adjustedLogsOf(rows, [], table, [names.log10P, names.adjusted]);
      grid.update(
        rows,
        COLUMNS.map((column) => (column.name === names.adjusted ? { ...column, log: logs } : column)),
      );
    },
  };
}

/** One test of all models: both p of each. */
function testRows(
  table: FitTable,
  tests: TestColumns,
  drawn: BootstrapTests,
  index: number,
  names: TestColumnNames,
): OutputTable {
  const width = tests.names.length;
  const column = (values: Float64Array | Uint8Array): Float64Array =>
    Float64Array.from({ length: table.models }, (_, m) => values[m * width + index]);
  return {
    rows: table.models,
    columns: [
      ...(table.splits ? [{ name: 'split', kind: 'string' as const, values: table.splits }] : []),
      { name: 'response', kind: 'string', values: table.responses },
      ...(table.genes ? [{ name: 'gene', kind: 'string' as const, values: table.genes }] : []),
      ...numberColumns(tests, drawn, names, column),
    ],
  };
}

function numberColumns(
  tests: TestColumns,
  drawn: BootstrapTests,
  names: TestColumnNames,
  column: (values: Float64Array | Uint8Array) => Float64Array,
) {
  const number = (name: string, values: Float64Array) => ({ name, kind: 'number' as const, values: column(values) });
  return [
    number('estimate', tests.estimate),
    number(names.p, tests.pValue),
    number(names.log10P, tests.log10P),
    number(names.adjusted, tests.adjustedP),
    number('p.bootstrap', drawn.pValue),
    number('log10p.bootstrap', drawn.log10P),
    { name: 'p.bootstrap.bound', kind: 'logical' as const, values: Int32Array.from(column(drawn.bound)) },
    number('p.bootstrap.adjusted', drawn.adjustedP),
  ];
}
