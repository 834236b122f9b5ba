/** Results as files: tables, plots, a report, the session. */

import { errorReport } from '../actions.ts';
import type { Context } from '../context.ts';
import { element, fill, saveBlob } from '../element.ts';
import { commandLine } from '../equivalents.ts';
import { FIGURES, withFigure } from '../figures.ts';
import { forgetState } from '../persistence.ts';
import type { ResultsView } from '../results-view.ts';
import { sessionBlob } from '../session-file.ts';
import type { State } from '../store.ts';
import type { ExportRequest } from '../worker/protocol.ts';
import { storageBox } from './data-step.ts';
import type { Pane } from './results-pane.ts';

/** Dots of a saved picture for each of the page. */
const SCALE = 3;

const TABLES: readonly (readonly [ExportRequest['table'], string, string])[] = [
  ['tidy', 'Coefficients', 'every estimate with its test'],
  ['glance', 'Models', 'status, criteria and certificate of each'],
  ['toptable', 'Top table', "limma's columns for the test on show"],
  ['ranef', 'Donor effects', 'conditional modes and their sd'],
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
      const { message, remedy } = errorReport(error);
      fill(problem, `${message}${remedy === null ? '' : `. ${remedy}`}`);
    });
  };
  const stem = (): string =>
    (store.state.results?.summary.name ?? 'results').replace(/^.*\//, '').replace(/\.[^.]*(\.gz)?$/, '') || 'results';
  const save = (table: ExportRequest['table'], container: ExportRequest['container']): (() => void) =>
    attempt(async () => {
      const contrast = table === 'toptable' ? (view?.test.name ?? null) : null;
      const { live: open, results } = store.state;
      saveBlob(
        await client.ask('export', {
          target: { table, container, contrast },
          fits: open ? null : (results?.outcome.table ?? null),
        }),
        `${stem()}.${table === 'json' ? 'json' : `${table}.${container}`}`,
      );
      store.set({ saved: true });
    });
  const button = (text: string, label: string, onclick: () => void): HTMLElement =>
    element('button', { type: 'button', 'aria-label': label, 'data-export': label, onclick }, text);
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
  const pictures = element(
    'table',
    { class: 'exports' },
    element(
      'tbody',
      {},
      ...FIGURES.map((kind) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, kind.title),
          element(
            'td',
            {},
            button(
              'SVG',
              `${kind.id} svg`,
              attempt(async () => {
                if (!view) return;
                const svg = await withFigure(kind, view, store.state.threshold, (plot) => plot.toSvg());
                saveBlob(new Blob([svg], { type: 'image/svg+xml' }), `${stem()}.${kind.id}.svg`);
              }),
            ),
          ),
          element(
            'td',
            {},
            button(
              'PNG',
              `${kind.id} png`,
              attempt(async () => {
                if (!view) return;
                saveBlob(
                  await withFigure(kind, view, store.state.threshold, (plot) => plot.toPng(SCALE)),
                  `${stem()}.${kind.id}.png`,
                );
              }),
            ),
          ),
        ),
      ),
    ),
  );
  const report = attempt(async () => {
    const { results, threshold } = store.state;
    if (!results || !view) return;
    const { reportHtml } = await import('../report.ts');
    const html = await reportHtml(
      results,
      view,
      threshold,
      commandLine(results.settings, results.summary, results.source.kind === 'example'),
    );
    saveBlob(new Blob([html], { type: 'text/html' }), `${stem()}.report.html`);
    store.set({ saved: true });
  });
  const session = attempt(async () => {
    saveBlob(await sessionBlob(store.state), `${stem()}.session.json.gz`);
    store.set({ saved: true });
  });
  const forget = attempt(async () => {
    await forgetState();
    window.location.reload();
  });
  const host = element(
    'div',
    { class: 'keep' },
    problem,
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
    element('section', { class: 'panel' }, element('h3', {}, 'Plots'), pictures),
    element(
      'section',
      { class: 'panel' },
      element('h3', {}, 'All of it'),
      element('div', { class: 'row' }, button('HTML report', 'report', report), button('Session', 'session', session)),
      element(
        'p',
        { class: 'hint' },
        'A report stands for itself: plots, settings, the strongest genes. A session holds settings and results but no data; drop it on this page to go on.',
      ),
      storageBox(context),
      element('div', { class: 'row' }, button('Forget everything stored here', 'forget', forget)),
    ),
  );
  return {
    host,
    show(next: ResultsView, { live: open }: State) {
      view = next;
      fill(
        live,
        open
          ? null
          : 'The data of these results are not open: donor effects and JSON need them, everything else is here.',
      );
      for (const made of tables.querySelectorAll<HTMLButtonElement>('[data-export^="ranef"], [data-export^="json"]')) {
        made.disabled = !open;
      }
    },
  };
}
