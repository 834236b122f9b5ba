/** One model as text for a terminal, laid out as lme4 prints it. */
import type { FitResult } from '../types/fit-result.ts';
import { type FitTable, STATUSES, type TestColumns } from '../types/fit-table.ts';
import { hasFit } from './model-rows.ts';

/** The summary of one model, lines ended by line feeds. */
export function formatSummary(result: FitResult, model = 0): string {
  const { table } = result;
  const kind = table.terms.length > 0 ? 'Linear mixed model' : 'Linear model';
  const lines = [`${kind} fit by ${table.method === 'REML' ? 'REML' : 'maximum likelihood'}`];
  lines.push(`Formula: ${table.formula}`);
  const split = table.splits ? ` (${table.splits[model]})` : '';
  if (table.models > 1 || split !== '') lines.push(`Response: ${table.responses[model]}${split}`);
  const status = STATUSES[table.status[model]];
  if (status !== 'ok') lines.push(`Status: ${status}${table.messages[model] ? `, ${table.messages[model]}` : ''}`);
  if (!hasFit(table, model)) return `${lines.join('\n')}\n`;

  const criteria = (['AIC', 'BIC', 'logLik', 'criterion'] as const).map(
    (name) => `${name} ${fixed(table[name][model], 2)}`,
  );
  lines.push('', criteria.join('   '), '', 'Random effects:', ...randomEffectLines(table, model));
  const groups = table.groups.map((name, k) => `${name}, ${table.groupLevels[model * table.groups.length + k]}`);
  lines.push(
    [`Number of obs: ${table.nobs[model]}`, ...(groups.length > 0 ? [`groups: ${groups.join('; ')}`] : [])].join(', '),
  );
  if (table.coefficients.names.length > 0) lines.push('', 'Fixed effects:', ...testLines(table.coefficients, model));
  const contrasts = testLines(table.contrasts, model);
  if (contrasts.length > 1) lines.push('', 'Contrasts:', ...contrasts);
  if (table.singular[model])
    lines.push('', 'The fit is singular: a variance is zero or a correlation is at its limit.');
  return `${lines.join('\n')}\n`;
}

function randomEffectLines(table: FitTable, model: number): string[] {
  const width = table.covariance.length / table.models;
  const rows = [['Groups', 'Name', 'Variance', 'Std.Dev.', 'Corr']];
  for (const { group, names, covarianceOffset } of table.terms) {
    const q = names.length;
    const at = (i: number, j: number) => table.covariance[model * width + covarianceOffset + i * q + j];
    names.forEach((name, i) => {
      const correlations = names.slice(0, i).map((_, j) => fixed(at(i, j) / Math.sqrt(at(i, i) * at(j, j)), 2));
      rows.push([i === 0 ? group : '', name, short(at(i, i)), short(Math.sqrt(at(i, i))), correlations.join(' ')]);
    });
  }
  rows.push(['Residual', '', short(table.sigma[model] ** 2), short(table.sigma[model]), '']);
  return alignColumns(rows, [false, false, true, true, false]);
}

function testLines(tests: TestColumns, model: number): string[] {
  const width = tests.names.length;
  const cells = tests.names.flatMap((name, k) => {
    const at = model * width + k;
    return Number.isNaN(tests.estimate[at]) ? [] : [{ name, at }];
  });
  const asymptotic = cells.every(({ at }) => Number.isNaN(tests.df[at]));
  const rows = [
    ['', 'Estimate', 'Std. Error', 'df', asymptotic ? 'z value' : 't value', asymptotic ? 'Pr(>|z|)' : 'Pr(>|t|)'],
  ];
  for (const { name, at } of cells) {
    const { estimate, standardError, df, statistic, log10P } = tests;
    rows.push([
      name,
      short(estimate[at]),
      short(standardError[at]),
      fixed(df[at], 2),
      fixed(statistic[at], 3),
      probability(log10P[at]),
    ]);
  }
  if (asymptotic) for (const row of rows) row.splice(3, 1);
  return alignColumns(
    rows,
    rows[0].map((_, k) => k > 0),
  );
}

/** p from its log10, so that also 1e-400 has its digits. */
function probability(log10P: number): string {
  if (!Number.isFinite(log10P)) return Number.isNaN(log10P) ? 'NA' : '0';
  if (log10P > -4) return (10 ** log10P).toPrecision(3);
  let exponent = Math.floor(log10P);
  let digits = (10 ** (log10P - exponent)).toPrecision(3);
  if (digits === '10.0') {
    exponent++;
    digits = '1.00';
  }
  return `${digits}e${exponent}`;
}

function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'NA';
  return Math.abs(value) >= 1e9 ? value.toExponential(4) : value.toFixed(digits);
}

/** Five significant digits, without an exponent where the number is of ordinary size. */
function short(value: number): string {
  if (Number.isNaN(value)) return 'NA';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e9) return value.toExponential(4);
  return size >= 1e4 ? value.toFixed(0) : value.toPrecision(5);
}

export function alignColumns(rows: readonly string[][], right: readonly boolean[]): string[] {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows.map((row) =>
    row
      .map((cell, k) => (right[k] ? cell.padStart(widths[k]) : cell.padEnd(widths[k])))
      .join('  ')
      .trimEnd(),
  );
}
