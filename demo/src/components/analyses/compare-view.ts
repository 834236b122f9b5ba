/** How fast, and how far apart: the same fits on the device, on threads and on one, and what R found. */

import { element, fill, saveBlob } from '../../element.ts';
import type { BenchmarkRun } from '../../protocol/protocol.ts';
import { againstReference, type ReferenceAgreement, referenceOf } from '../../results/reference.ts';
import type { Results } from '../../results/results-view.ts';
import { errorReport } from '../../state/actions.ts';
import { startOfActivity } from '../../state/activity-start.ts';
import type { Context } from '../../state/context.ts';
import { lackingWords } from '../../words/lacking-data.ts';
import { counted, rate, seconds, shortNumber } from '../../words/number-text.ts';
import { notLoaded, type Pane } from '../lazy-pane.ts';
import { tableBox } from '../table-box.ts';

const TITLES = ['Run', 'Models', 'Time', 'Fits a second', 'Criterion', 'Estimates', 'df'];

export function compareView({ store, client }: Context): Pane {
  let runs: readonly BenchmarkRun[] = [];
  let agreement: ReferenceAgreement | null = null;
  let of: Results | null = null;
  const problem = element('p', { class: 'note warning', role: 'alert' });
  const table = element('div', {});
  const reference = element('div', { class: 'reference' });
  const start = element(
    'button',
    { type: 'button', class: 'primary', id: 'benchmark', onclick: () => void measure() },
    'Run the benchmark',
  );
  const exports = element(
    'div',
    { class: 'row', hidden: true },
    element(
      'button',
      {
        type: 'button',
        'data-export': 'benchmark tsv',
        onclick: () => saveBlob(new Blob([asTsv(runs)], { type: 'text/tab-separated-values' }), 'benchmark.tsv'),
      },
      'TSV',
    ),
    element(
      'button',
      {
        type: 'button',
        'data-export': 'benchmark json',
        onclick: () =>
          saveBlob(new Blob([asJson(runs, agreement, of)], { type: 'application/json' }), 'benchmark.json'),
      },
      'JSON',
    ),
  );
  const host = element(
    'div',
    { class: 'compare' },
    element(
      'p',
      {},
      'The same models on one thread, on all threads and on the device. Only the fits are timed, not the reading: the median of three runs. Differences are the largest from one thread: criterion and df relative, estimates in standard errors.',
    ),
    element('div', { class: 'row' }, start),
    problem,
    table,
    exports,
    reference,
  );
  const draw = (): void => {
    exports.hidden = runs.length === 0;
    fill(table, runs.length > 0 ? tableBox('Runs', runsTable(runs)) : null);
    fill(reference, ...(agreement ? agreementLines(agreement) : []));
  };
  async function measure(): Promise<void> {
    const { results, live, settings, activity } = store.state;
    if (!results || !live || activity) return;
    fill(problem);
    const started = startOfActivity();
    const pending = client.start('benchmark', { settings: results.settings ?? settings }, (progress) => {
      const { activity: current } = store.state;
      if (current?.started === started) store.set({ activity: { ...current, progress } });
    });
    store.set({ activity: { label: 'Benchmark', started, progress: null, cancel: () => pending.cancel() } });
    try {
      const done = await pending.done;
      // Other results may have taken their place.
      if (store.state.results === results && of === results) runs = done;
    } catch (error) {
      const report = errorReport(error);
      if (report.tag !== 'AbortError') fill(problem, report.message);
    }
    if (store.state.activity?.started === started) store.set({ activity: null });
    draw();
  }
  return {
    host,
    show(_view, { results, live }) {
      start.disabled = !live;
      start.title = lackingWords(store.state) ?? '';
      if (results === of) return;
      of = results;
      runs = [];
      agreement = null;
      draw();
      if (!results) return;
      referenceOf(results).then(
        (stored) => {
          if (of !== results || !stored) return;
          agreement = againstReference(results.outcome.table, stored);
          draw();
        },
        () => fill(reference, notLoaded()),
      );
    },
  };
}

function runsTable(runs: readonly BenchmarkRun[]): HTMLTableElement {
  const best = Math.min(...runs.filter((run) => !Number.isNaN(run.seconds)).map((run) => run.seconds));
  const rows = runs.map((run) => {
    const name =
      run.backend === 'webgpu' && run.device !== null
        ? `WebGPU: ${run.device}`
        : `float64, ${run.label}${run.label.startsWith(String(run.threads)) || run.label === 'one thread' ? '' : ` (${run.threads} enough)`}`;
    if (run.error !== null) {
      return element(
        'tr',
        {},
        element('th', { scope: 'row' }, run.label),
        element('td', { colspan: TITLES.length - 1 }, run.error),
      );
    }
    const { differences } = run;
    const cells = [
      run.models.toLocaleString('en'),
      seconds(run.seconds),
      rate(run.models / run.seconds),
      differences ? differences.criterion.toExponential(1) : '',
      differences ? differences.estimate.toExponential(1) : '',
      differences ? differences.df.toExponential(1) : '',
    ];
    return element(
      'tr',
      { class: run.seconds === best ? 'best' : undefined },
      element('th', { scope: 'row' }, name),
      ...cells.map((cell) => element('td', { class: 'number' }, cell)),
    );
  });
  return element(
    'table',
    { id: 'benchmark-table' },
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...TITLES.map((title, k) => element('th', { scope: 'col', class: k > 0 ? 'number' : undefined }, title)),
      ),
    ),
    element('tbody', {}, ...rows),
  );
}

function agreementLines({ models, software, worst, secondsPerModel }: ReferenceAgreement): Node[] {
  const rows: readonly (readonly [string, number])[] = [
    ['log-likelihood, absolute', worst.logLik],
    ['estimates, in standard errors', worst.estimate],
    ['standard errors, relative', worst.standardError],
    ['degrees of freedom, relative', worst.df],
  ];
  return [
    element('h3', {}, `Against ${software}`),
    element(
      'p',
      { class: 'hint' },
      `Largest differences over ${counted(models, 'models')} of this example that R fitted with the same formula. R took ${shortNumber(secondsPerModel * 1000)} ms a model for fit and tests on one core of the machine where the reference was made.`,
    ),
    element(
      'table',
      { id: 'reference-table' },
      element(
        'tbody',
        {},
        ...rows.map(([name, value]) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row' }, name),
            element('td', { class: 'number' }, value.toExponential(1)),
          ),
        ),
      ),
    ),
  ];
}

function asTsv(runs: readonly BenchmarkRun[]): string {
  const lines = runs.map(({ label, backend, device, threads, models, seconds: time, differences, error }) =>
    [
      label,
      backend,
      device ?? '',
      threads,
      models,
      time,
      models / time,
      differences?.criterion ?? '',
      differences?.estimate ?? '',
      differences?.df ?? '',
      error ?? '',
    ]
      .map((cell) => String(cell).replaceAll(/[\t\n]/g, ' '))
      .join('\t'),
  );
  const head =
    'run\tbackend\tdevice\tthreads\tmodels\tseconds\tfits.per.second\tmax.diff.criterion\tmax.diff.estimate\tmax.diff.df\terror';
  return `${[head, ...lines].join('\n')}\n`;
}

function asJson(runs: readonly BenchmarkRun[], agreement: ReferenceAgreement | null, results: Results | null): string {
  return `${JSON.stringify({ browser: navigator.userAgent, processors: navigator.hardwareConcurrency, formula: results?.settings.formula ?? null, data: results?.summary.name ?? null, runs, reference: agreement }, null, 1)}\n`;
}
