/** One gene: its values, what was fitted, how sure the fit is, and how R would do it. */

import { type BootstrapTests, FINISHES, type FitTable, STATUSES, type TestColumns } from 'webgpu-lmm';
import { errorReport } from '../actions.ts';
import type { Context } from '../context.ts';
import { element, fill } from '../element.ts';
import { rCode } from '../equivalents.ts';
import { counted, probability, shortNumber } from '../number-text.ts';
import { caterpillarPlot, genePlot, type PlotHandle } from '../plots/index.ts';
import type { ResultsView } from '../results-view.ts';
import type { Results } from '../store.ts';
import type { GeneDetail } from '../worker/protocol.ts';
import { copyBlock } from './copy-block.ts';
import { lazyIntervals } from './lazy-sections.ts';
import type { Pane } from './results-pane.ts';

/** Of the genes with the smallest p so many are read along with the first. */
const WARMED = 24;
/** Levels of a random term that a plot of them holds. */
const MOST_LEVELS = 400;

export function genePage(context: Context): Pane {
  const { client } = context;
  const head = element('div', { class: 'gene-head' });
  const figure = element('div', { class: 'plot gene' });
  const message = element('p', { class: 'note' });
  const tables = element('div', { class: 'gene-tables' });
  const effects = element('div', { class: 'effects' });
  const code = element('div', {});
  const intervals = lazyIntervals(context, true);
  const nothing = element('p', { class: 'empty' }, 'Choose a gene in the volcano or the table.');
  const content = element(
    'div',
    { class: 'gene-content' },
    head,
    message,
    figure,
    tables,
    intervals.host,
    effects,
    code,
  );
  const host = element('div', {}, nothing, content);
  let plots: PlotHandle[] = [];
  let shown = '';
  let shownResults: Results | null = null;
  let latest = 0;

  const clear = (): void => {
    for (const plot of plots) plot.destroy();
    plots = [];
    figure.replaceChildren();
    effects.replaceChildren();
    shown = '';
  };
  const drawDetail = (detail: GeneDetail, results: Results, name: string): void => {
    for (const plot of plots) plot.destroy();
    plots = [];
    fill(figure);
    fill(effects);
    fill(message);
    if (detail.groups.length > 0) {
      const { normalize } = results.settings;
      const yLabel = results.summary.kind === 'matrix' && normalize !== 'none' ? `${name}, ${normalize}` : name;
      plots.push(genePlot(figure, { groups: detail.groups, fitted: detail.fitted, yLabel }));
    }
    for (const { group, term, levels, estimate, standardError } of detail.effects) {
      if (levels.length > MOST_LEVELS) continue;
      const place = element('div', { class: 'plot caterpillar' });
      effects.append(place);
      plots.push(caterpillarPlot(place, { levels, estimate, standardError, title: `${group}: ${term}` }));
    }
  };
  const load = async (model: number, view: ResultsView, results: Results): Promise<void> => {
    const mine = ++latest;
    fill(message, 'Reading its values …');
    try {
      const warm = bestModels(view);
      const detail = await client.ask('gene', { model, warm });
      if (mine === latest) drawDetail(detail, results, labelOf(results.outcome.table, model));
    } catch (error) {
      if (mine !== latest) return;
      const { message: text, remedy } = errorReport(error);
      fill(message, `${text}${remedy === null ? '' : `. ${remedy}`}`);
    }
  };
  return {
    host,
    show(view, state) {
      const { gene, live, results } = state;
      nothing.hidden = gene !== null;
      content.hidden = gene === null;
      if (gene === null || !results) return;
      intervals.show(state);
      const key = `${gene} ${live}`;
      if (key === shown && results === shownResults) return;
      clear();
      shown = key;
      shownResults = results;
      const { table } = results.outcome;
      fill(head, ...headLines(table, gene, view, context));
      fill(tables, coefficientTable(table, gene), certificate(table, gene));
      fill(
        code,
        copyBlock(
          'The same model in R',
          rCode(results.settings, results.summary, table.responses[gene], table.splits?.[gene] ?? null),
        ),
      );
      if (live) void load(gene, view, results);
      else {
        latest += 1;
        fill(
          message,
          'The data of these results are not open: open them again and fit, to see values and effects of donors.',
        );
      }
    },
    hide: clear,
  };
}

function labelOf({ genes, responses }: FitTable, model: number): string {
  return genes?.[model] || responses[model];
}

/** Models of the view with the smallest p. */
function bestModels({ log10P, models }: ResultsView): number[] {
  const order = [...models.keys()].filter((i) => !Number.isNaN(log10P[i])).sort((a, b) => log10P[a] - log10P[b]);
  return order.slice(0, WARMED).map((i) => models[i]);
}

function headLines(table: FitTable, model: number, view: ResultsView, { store }: Context): Node[] {
  const label = labelOf(table, model);
  const response = table.responses[model];
  const split = table.splits?.[model];
  const order = [...view.models.keys()].sort(
    (a, b) =>
      (Number.isNaN(view.log10P[a]) ? 1 : Number.isNaN(view.log10P[b]) ? -1 : view.log10P[a] - view.log10P[b]) || a - b,
  );
  const rank = order.findIndex((i) => view.models[i] === model);
  const turn = (step: number, text: string): HTMLElement =>
    element(
      'button',
      {
        type: 'button',
        class: 'quiet',
        disabled: rank < 0 || order[rank + step] === undefined,
        onclick: () => {
          const next = order[rank + step];
          if (next !== undefined) store.set({ gene: view.models[next] });
        },
      },
      text,
    );
  return [
    element(
      'div',
      { class: 'row' },
      element('h2', { id: 'gene-name' }, label),
      label === response ? null : element('span', { class: 'hint' }, response),
      split === undefined ? null : element('span', { class: 'badge' }, split),
    ),
    view.models.length > 1
      ? element(
          'div',
          { class: 'row' },
          turn(-1, '← stronger'),
          rank < 0
            ? null
            : element('span', { class: 'hint' }, `rank ${rank + 1} of ${order.length} by ${view.test.name}`),
          turn(1, 'weaker →'),
        )
      : element('span', {}),
  ];
}

function coefficientTable(table: FitTable, model: number): HTMLElement {
  const { bootstrap } = table;
  const rows = [
    ...testRows(table.coefficients, model, '', bootstrap?.coefficients),
    ...testRows(table.contrasts, model, 'contrast', bootstrap?.contrasts),
  ];
  const asymptotic = table.ddf === 'asymptotic';
  const drawn = table.bootstrap ? ['p (bootstrap)'] : [];
  const titles = ['Term', 'Estimate', 'SE', ...(asymptotic ? ['z'] : ['df', 't']), 'p', 'adj. p', ...drawn];
  return element(
    'div',
    { class: 'panel' },
    element('h3', {}, 'Coefficients'),
    element(
      'div',
      { class: 'scroll', tabindex: 0 },
      element(
        'table',
        { id: 'coefficients-table' },
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...titles.map((title, k) => element('th', { scope: 'col', class: k > 0 ? 'number' : undefined }, title)),
          ),
        ),
        element(
          'tbody',
          {},
          ...rows.map((cells) =>
            element(
              'tr',
              {},
              ...cells
                .filter((_, k) => !(asymptotic && k === 3))
                .map((text, k) =>
                  element(k === 0 ? 'th' : 'td', k === 0 ? { scope: 'row' } : { class: 'number' }, text),
                ),
            ),
          ),
        ),
      ),
    ),
  );
}

function testRows(tests: TestColumns, model: number, kind: string, drawn: BootstrapTests | undefined): string[][] {
  const width = tests.names.length;
  return tests.names.flatMap((name, k) => {
    const at = model * width + k;
    if (Number.isNaN(tests.estimate[at])) return [];
    const adjusted = tests.adjustedP[at];
    return [
      [
        kind === '' ? name : `${name} (${kind})`,
        shortNumber(tests.estimate[at]),
        shortNumber(tests.standardError[at]),
        shortNumber(tests.df[at]),
        shortNumber(tests.statistic[at]),
        probability(tests.log10P[at]),
        Number.isNaN(adjusted) ? '' : adjusted === 0 ? '< 1e−300' : probability(Math.log10(adjusted)),
        // An upper bound where too few draws reach so far out.
        ...(drawn ? [`${drawn.bound[at] === 1 ? '≤ ' : ''}${probability(drawn.log10P[at])}`] : []),
      ],
    ];
  });
}

/** What searched the optimum of a model, and what finished its numbers. */
function arithmeticOf(table: FitTable, model: number): string {
  const finish = FINISHES[table.finish[model]];
  if (table.search[model] === 0) return finish === 'cpu-refit' ? 'float64, after a search on the device' : 'float64';
  const by = {
    cpu: 'float64',
    host: 'float64',
    df64: 'pairs of float32',
    f32: 'nothing: a preview',
    'cpu-refit': 'float64, searched again',
  };
  return `searched on WebGPU, finished by ${by[finish]}`;
}

/** What speaks for the fit: status, optimum, variances. */
function certificate(table: FitTable, model: number): HTMLElement {
  const status = STATUSES[table.status[model]];
  const width = table.models === 0 ? 0 : table.covariance.length / table.models;
  const facts: [string, string][] = [
    [
      'Status',
      table.messages[model] ? `${status.replaceAll('_', ' ')}: ${table.messages[model]}` : status.replaceAll('_', ' '),
    ],
  ];
  if (status === 'ok' || status === 'not_converged') {
    for (const { group, names, covarianceOffset } of table.terms) {
      names.forEach((name, k) => {
        const variance = table.covariance[model * width + covarianceOffset + k * names.length + k];
        facts.push([`sd of ${group}, ${name}`, shortNumber(Math.sqrt(variance))]);
      });
    }
    const groups = table.groups.map(
      (name, k) => `${counted(table.groupLevels[model * table.groups.length + k], 'levels')} of ${name}`,
    );
    facts.push(
      ['Residual sd', shortNumber(table.sigma[model])],
      ['Rows', `${table.nobs[model].toLocaleString('en')} in ${groups.join(', ')}`],
      [table.method === 'REML' ? 'REML criterion' : 'Deviance', table.criterion[model].toPrecision(9)],
      ['AIC, BIC', `${table.AIC[model].toFixed(1)}, ${table.BIC[model].toFixed(1)}`],
      ['R² fixed, with donors', `${shortNumber(table.r2Marginal[model])}, ${shortNumber(table.r2Conditional[model])}`],
      ['Singular', table.singular[model] === 1 ? 'yes: a variance is zero or a correlation at its limit' : 'no'],
      [
        'Certificate',
        `Newton decrement ${table.gradient[model].toExponential(1)} after ${table.evaluations[model]} evaluations${table.converged[model] === 1 ? ', converged' : ', not converged'}`,
      ],
      ['Arithmetic', arithmeticOf(table, model)],
    );
  }
  return element(
    'div',
    { class: 'panel' },
    element('h3', {}, 'The fit'),
    element(
      'dl',
      { class: 'facts-list', id: 'certificate' },
      ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    ),
  );
}
