/** Results as files: tables, plots, a report, the session. */

import { element, fill, saveBlob } from '../../element.ts';
import { commandLine } from '../../keep/equivalents.ts';
import { type ShelfFigure, shelfOf } from '../../keep/figure-shelf.ts';
import { FIGURES, viewFigure, withPlot } from '../../keep/figures.ts';
import { fileStem, fileWord } from '../../keep/file-stem.ts';
import { overviewChoice, overviewDrawing } from '../../keep/overview-figures.ts';
import { rKnown } from '../../keep/r-known.ts';
import type { ExportRequest } from '../../protocol/protocol.ts';
import type { ResultsView } from '../../results/results-view.ts';
import { errorReport } from '../../state/actions.ts';
import type { Context } from '../../state/context.ts';
import { forgetState, storedText } from '../../state/persistence.ts';
import { sessionBlob } from '../../state/session-file.ts';
import type { State } from '../../state/store.ts';
import { keepWords } from '../../words/keep-words.ts';
import { lackingWords } from '../../words/lacking-data.ts';
import { splitLabel } from '../../words/split-words.ts';
import { lazyIntervals } from '../analyses/lazy-sections.ts';
import { storageBox } from '../data/data-step.ts';
import type { Pane } from '../lazy-pane.ts';
import { figureBlob } from './figure-menu.ts';

const TABLES: readonly (readonly [ExportRequest['table'], string, string])[] = [
  ['tidy', 'Coefficients', 'every estimate with its test'],
  ['glance', 'Models', 'status, criteria and certificate of each'],
  ['toptable', 'Top table', "limma's columns for the test on show"],
  ['ranef', 'Random effects', 'conditional modes and their sd'],
];

export function keepView(context: Context): Pane {
  const { store, client } = context;
  const problem = element('p', { class: 'note warning', role: 'alert' });
  const live = element('p', { class: 'note' });
  let view: ResultsView | null = null;
  /** Runs an export and reports what fails. */
  const attempt = (work: () => Promise<void>) => () => {
    fill(problem);
    work().catch((error: unknown) => {
      fill(said);
      const { message, remedy } = errorReport(error);
      fill(problem, `${message}${remedy === null ? '' : `. ${remedy}`}`);
    });
  };
  /** Others may be on show by the time that these are in a file. */
  const markSaved = (results: State['results']): void => {
    if (store.state.results === results) store.set({ saved: true, filed: results });
  };
  const stem = (): string => fileStem(store.state.results);
  const said = element('p', { class: 'note', role: 'status', id: 'saved-as' });
  /** Browsers may put a number in the name; what is in a file says what it is. */
  const download = (blob: Blob, name: string): void => {
    saveBlob(blob, name);
    fill(said, `Saved as ${name}, where this browser keeps its downloads.`);
  };
  const save = (table: ExportRequest['table'], container: ExportRequest['container']): (() => void) =>
    attempt(async () => {
      const contrast = table === 'toptable' ? (view?.test.name ?? null) : null;
      const { live: open, results } = store.state;
      // Named before it is waited for: other results may be on show by then.
      const name = `${stem()}.${table === 'json' ? 'json' : `${table}.${container}`}`;
      download(
        await client.ask('export', {
          target: { table, container, contrast },
          fits: open ? null : (results?.outcome.table ?? null),
        }),
        name,
      );
      markSaved(results);
    });
  const button = (text: string, label: string, onclick: () => void, said = label): HTMLElement =>
    element(
      'button',
      { type: 'button', 'aria-label': said.includes(' ') ? said : undefined, 'data-export': label, onclick },
      text,
    );
  const tables = element(
    'table',
    { class: 'exports' },
    element(
      'tbody',
      {},
      ...TABLES.map(([table, title, hint]) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, title, element('small', {}, hint)),
          ...(['tsv', 'csv', 'parquet'] as const).map((container) =>
            element(
              'td',
              {},
              button(
                container === 'parquet' ? 'Parquet' : container.toUpperCase(),
                `${table} ${container}`,
                save(table, container),
              ),
            ),
          ),
        ),
      ),
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, 'Everything', element('small', {}, 'schema 1, one model a line')),
        element('td', {}, button('JSON', 'json json', save('json', 'json'))),
      ),
    ),
  );
  const pictures = element('tbody', {});
  const figureHint = element('p', { class: 'hint' });
  const allHint = element('p', { class: 'hint' });
  /** Says it of genes, of responses or of the one response. */
  const fillWords = (state: State): void => {
    if (!state.results) return;
    const { effects, hasEffects, figures, all } = keepWords(state.results);
    fill(figureHint, `Each with its caption, in colours for paper. ${figures}`);
    fill(allHint, all);
    const row = tables.querySelector('[data-export="ranef tsv"]')?.closest('tr');
    if (!row) return;
    row.hidden = !hasEffects;
    const title = row.querySelector('th')?.firstChild;
    if (title) title.textContent = effects;
  };
  const pictureRow = (figure: () => ShelfFigure | null, title: string, id: string): HTMLElement => {
    const cell = (kind: 'svg' | 'png'): HTMLElement =>
      element(
        'td',
        {},
        button(
          kind.toUpperCase(),
          `${id} ${kind}`,
          attempt(async () => {
            const { results } = store.state;
            const one = figure();
            if (!one || !results) return;
            const name = `${stem()}.${fileWord(one.id)}.${kind}`;
            const blob = await withPlot(one.make, (plot) => figureBlob(plot, one, results, kind));
            download(blob, name);
          }),
          `${title} ${kind}`,
        ),
      );
    return element('tr', {}, element('th', { scope: 'row' }, title), cell('svg'), cell('png'));
  };
  /** A figure of all types, as it is now. */
  const overall = (name: 'bars' | 'dots'): ShelfFigure | null => {
    const { results } = store.state;
    if (!results || !view) return null;
    const request = { ...store.state, test: view.test.name };
    return overviewDrawing(results, request, overviewChoice(store))?.figures[name] ?? null;
  };
  const listPictures = ({ results }: State): void => {
    const own = results ? shelfOf(store).figures(results) : [];
    const all = results?.outcome.table.splits ? (['bars', 'dots'] as const) : [];
    const of = results && view ? splitLabel(view.split, results.settings.splitBy) : '';
    const titleOf = (title: string): string => (of === '' ? title : `${title}, ${of}`);
    fill(
      pictures,
      ...all.flatMap((name) => {
        const figure = overall(name);
        return figure ? [pictureRow(() => overall(name), figure.title, figure.id)] : [];
      }),
      // A volcano of one response says nothing.
      ...(results?.outcome.table.models === 1 ? [] : FIGURES).map((kind) =>
        pictureRow(
          () => (view && results ? viewFigure(kind, view, store.state.threshold, results) : null),
          titleOf(kind.title),
          kind.id,
        ),
      ),
      ...own.map((figure) => pictureRow(() => figure, figure.title, figure.id)),
    );
  };
  const report = attempt(async () => {
    const { results, gene, live: open, answers } = store.state;
    const of = view;
    if (!results || !of) return;
    const name = `${stem()}.report.html`;
    const { settings, summary, source, outcome } = results;
    fill(said, 'Writing the report …');
    const [{ reportHtml }, { rCode }, { termsReport }] = await Promise.all([
      import('../../keep/report.ts'),
      import('../../keep/r-code.ts'),
      import('../../keep/terms-report.ts'),
    ]);
    const terms = await termsReport(client, results, open, answers);
    // The report stands without them.
    const limits = gene !== null && open ? await client.ask('limits', { model: gene }).catch(() => []) : [];
    const { responses, splits, coefficients } = outcome.table;
    const html = await reportHtml({
      ...{ ...store.state, results, gene, limits, terms, view: of },
      overview: overviewChoice(store),
      command: commandLine(settings, summary, source.kind === 'example'),
      figures: shelfOf(store).figures(results),
      r:
        gene === null
          ? ''
          : rCode(
              settings,
              summary,
              responses[gene],
              splits?.[gene] ?? null,
              coefficients.names,
              rKnown(results, gene),
            ),
    });
    download(new Blob([html], { type: 'text/html' }), name);
    markSaved(results);
  });
  const session = attempt(async () => {
    const { results } = store.state;
    const name = `${stem()}.session.json.gz`;
    download(await sessionBlob(store.state), name);
    markSaved(results);
  });
  const stored = element('p', { class: 'hint', id: 'stored' });
  const showStored = (): void => {
    void storedText().then((text) => fill(stored, text));
  };
  store.watch(['saved', 'storing'], showStored);
  const forget = attempt(async () => {
    await forgetState();
    window.location.reload();
  });
  const intervals = lazyIntervals(context, false);
  const host = element(
    'div',
    { class: 'keep' },
    problem,
    said,
    live,
    element(
      'section',
      { class: 'panel' },
      element('h3', {}, 'Tables'),
      tables,
      element(
        'p',
        { class: 'hint' },
        'Names are written as they are. A spreadsheet takes one that begins with =, +, - or @ for a formula: import such columns as text.',
      ),
    ),
    intervals.host,
    element(
      'section',
      { class: 'panel' },
      element('h3', {}, 'Plots'),
      element('table', { class: 'exports' }, pictures),
      figureHint,
    ),
    element(
      'section',
      { class: 'panel' },
      element('h3', {}, 'All of it'),
      element('div', { class: 'row' }, button('HTML report', 'report', report), button('Session', 'session', session)),
      allHint,
      storageBox(context),
      stored,
      element('div', { class: 'row' }, button('Forget everything stored here', 'forget', forget)),
    ),
  );
  return {
    host,
    show(next: ResultsView, state: State) {
      const { live: open } = state;
      view = next;
      intervals.show(state);
      listPictures(state);
      fillWords(state);
      showStored();
      const lack = lackingWords(state);
      fill(live, lack === null ? null : `${lack} Random effects and JSON need them, everything else is here.`);
      for (const made of tables.querySelectorAll<HTMLButtonElement>('[data-export^="ranef"], [data-export^="json"]')) {
        made.disabled = !open;
      }
      // A ranking of one says nothing.
      for (const made of tables.querySelectorAll('[data-export^="toptable"]')) {
        const row = made.closest('tr');
        if (row) row.hidden = next.table.models === 1;
      }
    },
  };
}
