/** What speaks for the fit of one model: status, optimum, criteria. */

import { FINISHES, type FitTable, STATUSES } from 'webgpu-lmm';
import { element } from '../../element.ts';
import { levelsOf } from '../../model/unit-words.ts';
import { count, shortNumber, withMinus } from '../../words/number-text.ts';
import { pageWords } from '../../words/page-words.ts';

export function certificate(table: FitTable, model: number): HTMLElement {
  const status = STATUSES[table.status[model]];
  const words = status.replaceAll('_', ' ');
  const said = table.messages[model];
  const facts: [string, string][] = [['Status', said ? `${words}: ${pageWords(said)}` : words]];
  if (status === 'ok' || status === 'not_converged' || status === 'separated') {
    facts.push(...fitFacts(table, model));
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

function fitFacts(table: FitTable, model: number): [string, string][] {
  const { family, method } = table;
  const groups = table.groups.map((name, k) =>
    levelsOf(count(table.groupLevels[model * table.groups.length + k]), name),
  );
  const rows = table.nobs[model].toLocaleString('en');
  const facts: [string, string][] = [['Rows', groups.length > 0 ? `${rows} in ${groups.join(', ')}` : rows]];
  if (!family && !table.structured) facts.push(['Residual sd', shortNumber(table.sigma[model])]);
  facts.push(
    [method === 'REML' ? 'REML criterion' : 'Deviance', withMinus(table.criterion[model].toPrecision(9))],
    ['Log-likelihood', withMinus(table.logLik[model].toPrecision(8))],
    ['AIC, BIC', withMinus(`${table.AIC[model].toFixed(1)}, ${table.BIC[model].toFixed(1)}`)],
  );
  if (!Number.isNaN(table.r2Marginal[model])) {
    const [fixed, all] = [table.r2Marginal[model], table.r2Conditional[model]].map(shortNumber);
    facts.push(['R² fixed, whole', `${fixed}, ${all}`]);
  }
  const ratio = family?.checks?.ratio[model] ?? Number.NaN;
  if (!Number.isNaN(ratio)) facts.push(['Pearson χ² / df', shortNumber(ratio)]);
  const zeros = family?.checks?.zeros;
  if (zeros) facts.push(['Zeros, expected', `${zeros.observed[model]}, ${shortNumber(zeros.expected[model])}`]);
  facts.push(
    ['Singular', table.singular[model] === 1 ? 'yes: a variance is zero or a correlation at its limit' : 'no'],
    [
      'Certificate',
      `Newton decrement ${withMinus(table.gradient[model].toExponential(1))} after ${table.evaluations[model]} evaluations${table.converged[model] === 1 ? ', converged' : ', not converged'}`,
    ],
    ['Arithmetic', arithmeticOf(table, model)],
  );
  return facts;
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
