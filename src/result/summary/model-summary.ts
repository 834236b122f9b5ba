/** One model as text for a terminal, laid out as lme4, lmerTest and glmmTMB print it. */
import type { FitResult } from '../../types/fit-result.ts';
import { type FitTable, STATUSES } from '../../types/fit-table.ts';
import { type DdfMethod, UNITS_OF_TESTS } from '../../types/inference.ts';
import { approximation } from '../family-rows.ts';
import { hasFit, methodOf } from '../model-rows.ts';
import { type OutputRow, outputRows } from '../output-table.ts';
import { type TidyOptions, tidy } from '../tidy.ts';
import { groupText, randomEffectLines, structuredLines } from './covariance-lines.ts';
import { residualLines } from './residual-lines.ts';
import { fitColumns, fixed, hanging, numberColumn, printable, probability, short } from './text-columns.ts';

/** How a summary is written. */
export interface SummaryOptions extends Pick<TidyOptions, 'confLevel' | 'exponentiate'> {
  /** Columns of the terminal; 80 without it. */
  readonly width?: number | undefined;
  /** All notes of the run, or, where the others are said elsewhere, the units of the tests alone, or none; all without it. */
  readonly notes?: 'all' | 'units' | 'none' | undefined;
  /** What else is shown: headings with the lines below them, F tests and marginal means, say. */
  readonly sections?: readonly { readonly title: string; readonly lines: readonly string[] }[] | undefined;
}

const METHODS: Readonly<Record<DdfMethod, string>> = {
  'kenward-roger': "Kenward and Roger's",
  satterthwaite: "Satterthwaite's",
  'between-within': 'between-within',
  asymptotic: 'asymptotic',
};

/** The summary of one model, lines ended by line feeds. */
export function formatSummary(result: FitResult, model = 0, options: SummaryOptions = {}): string {
  const { table } = result;
  const width = options.width ?? 80;
  const lines = headingLines(table, width);
  const split = table.splits ? ` (${table.splits[model]})` : '';
  const gene = table.genes ? `, ${table.genes[model]}` : '';
  if (table.models > 1 || split !== '' || table.genes) {
    lines.push(printable(`Response: ${table.responses[model]}${gene}${split}`));
  }
  const status = STATUSES[table.status[model]];
  const message = table.messages[model];
  if (status !== 'ok') lines.push(...hanging(`Status: ${status}${message ? `, ${message}` : ''}`, '  ', width));
  if (hasFit(table, model)) lines.push(...fittedLines(result, model, options, width));
  if (status === 'ok' && message) lines.push('', ...hanging(message, '  ', width));
  lines.push(...noteLines(result, options, width));
  return `${lines.join('\n')}\n`;
}

/** Notes of the run, as far as they are asked for. */
export function noteLines({ notes }: FitResult, { notes: which = 'all' }: SummaryOptions, width: number): string[] {
  const said = notes.filter((note) => which === 'all' || (which === 'units' && note.startsWith(UNITS_OF_TESTS)));
  return said.length > 0 ? ['', ...said.flatMap((note) => hanging(note, '  ', width))] : [];
}

/** What kind of models they are, by what they were fitted, their formula and family. */
export function headingLines(table: FitTable, width: number, many = ''): string[] {
  const { family } = table;
  const mixed = table.terms.length > 0 ? 'mixed model' : 'model';
  const kind =
    family === undefined ? 'Linear' : family.family === 'cumulative' ? 'Cumulative link' : 'Generalised linear';
  const lines = [`${kind} ${mixed}${many} fit by ${likelihoodText(table)}`];
  lines.push(...hanging(`Formula: ${table.formula}`, '         ', width));
  if (family) lines.push(`Family: ${family.family} (${family.link})`);
  return lines;
}

function likelihoodText(table: FitTable): string {
  const { family, method, terms } = table;
  const plain = method === 'REML' ? 'REML' : 'maximum likelihood';
  if (!family || terms.length === 0) return plain;
  const how = approximation(family, table);
  if (how === 'AGQ') return `maximum likelihood (adaptive quadrature, ${family.nodes} nodes)`;
  return `${how === 'Laplace' ? 'maximum' : 'restricted'} likelihood (Laplace approximation)`;
}

function fittedLines(result: FitResult, model: number, options: SummaryOptions, width: number): string[] {
  const { table } = result;
  const rows = [...outputRows(tidy(result, { ...options, from: model, to: model + 1 }))];
  const lines = ['', ...criterionLines(table, model)];
  const residuals = residualLines(result, model);
  if (residuals.length > 0) lines.push('', ...residuals);
  lines.push(...varianceLines(table, model, width));
  const method = methodOf(table, model);
  const fixedRows = rows.filter(({ effect }) => effect === 'fixed');
  const { names, estimate } = table.coefficients;
  const own = names.filter((_, k) => !Number.isNaN(estimate[model * names.length + k])).length;
  const scale = options.exponentiate ? ` as ratios` : '';
  const tests = `tests: ${METHODS[method]}${method === 'asymptotic' ? ', z' : ' degrees of freedom'}`;
  if (own > 0) lines.push('', `Fixed effects${scale} (${tests}):`, ...testLines(fixedRows.slice(0, own), width));
  if (fixedRows.length > own) lines.push('', `Contrasts${scale}:`, ...testLines(fixedRows.slice(own), width));
  const thresholds = rows.filter(({ effect }) => effect === 'threshold');
  if (thresholds.length > 0) lines.push('', 'Thresholds:', ...testLines(thresholds, width));
  lines.push(...limitLines(rows, width), ...bootstrapLines(rows));
  for (const section of options.sections ?? []) lines.push('', `${section.title}:`, ...section.lines);
  const shares = shareLine(table, model);
  if (shares !== null) lines.push('', shares);
  if (table.singular[model]) {
    lines.push(
      '',
      ...hanging('The fit is singular: a variance is zero or a correlation is at its limit.', '  ', width),
    );
  }
  return lines;
}

/** What is not explained by fixed effects, and the sizes of the data. */
function varianceLines(table: FitTable, model: number, width: number): string[] {
  const { terms, structured, family, sigma, dfResidual, nobs } = table;
  const groups = groupText(table, model);
  const sizes = `Number of obs: ${nobs[model]}${groups === '' ? '' : `, groups: ${groups}`}`;
  const lines: string[] = [];
  if (terms.length > 0) lines.push('', 'Random effects:', ...randomEffectLines(table, model, width));
  if (structured) lines.push('', ...structuredLines(structured, model, width));
  if (family?.dispersion) lines.push('', dispersionLine(family, model));
  if (terms.length === 0 && !structured && !family) {
    lines.push('', `Residual standard deviation: ${short(sigma[model])} on ${dfResidual[model]} degrees of freedom`);
  }
  return [...lines, ...hanging(sizes, '  ', width)];
}

function criterionLines(table: FitTable, model: number): string[] {
  const criterion = table.method === 'REML' ? 'REML criterion' : '-2 logLik';
  const heading = ['AIC', 'BIC', 'logLik', criterion, 'df.resid'];
  const numbers = (['AIC', 'BIC', 'logLik', 'criterion'] as const).map((name) => fixed(table[name][model], 2));
  const right = heading.map(() => true);
  return fitColumns([heading, [...numbers, short(table.dfResidual[model]).replace(/\.0+$/, '')]], right, { width: 80 });
}

function dispersionLine({ family, dispersion }: NonNullable<FitTable['family']>, model: number): string {
  if (!dispersion) return '';
  const limit = dispersion.poisson[model] === 1 ? ' (at its limit, the Poisson model)' : '';
  return `Dispersion of ${family}, ${dispersion.name}: ${short(dispersion.value[model])}${limit}`;
}

const LIMITS = ['conf.low', 'conf.high'] as const;

/** Estimates with their tests; columns that no row has are left out. */
function testLines(rows: readonly OutputRow[], width: number): string[] {
  const number = (row: OutputRow, name: string): number => {
    const value = row[name];
    return typeof value === 'number' ? value : Number.NaN;
  };
  const all = (name: string): number[] => rows.map((row) => number(row, name));
  const errors = all('std.error');
  const limits = LIMITS.flatMap((name) =>
    all(name).some((value) => !Number.isNaN(value)) ? [{ name, cells: numberColumn(all(name), errors) }] : [],
  );
  const df = all('df');
  const tested = all('statistic').some((value) => !Number.isNaN(value));
  const asymptotic = df.every(Number.isNaN);
  const columns: { readonly name: string; readonly cells: readonly string[] }[] = [
    { name: 'Estimate', cells: numberColumn(all('estimate'), errors) },
    { name: 'Std. Error', cells: numberColumn(errors) },
    ...limits,
  ];
  if (tested) {
    if (!asymptotic) columns.push({ name: 'df', cells: df.map((value) => fixed(value, 2)) });
    columns.push({ name: asymptotic ? 'z value' : 't value', cells: all('statistic').map((value) => fixed(value, 3)) });
    columns.push({ name: asymptotic ? 'Pr(>|z|)' : 'Pr(>|t|)', cells: all('log10p').map(probability) });
  }
  for (const [name, heading] of [
    ['p.moderated', 'moderated p'],
    ['p.bootstrap', 'bootstrap p'],
  ] as const) {
    if (rows.some((row) => typeof row[name] === 'number')) {
      columns.push({ name: heading, cells: all(name).map((p) => probability(Math.log10(p))) });
    }
  }
  const cells = rows.map((row, i) => [String(row['term'] ?? ''), ...columns.map((column) => column.cells[i])]);
  return fitColumns([['', ...columns.map(({ name }) => name)], ...cells], [false, ...columns.map(() => true)], {
    width,
  });
}

/** Limits of standard deviations, correlations and dispersions, where intervals were asked for. */
function limitLines(rows: readonly OutputRow[], width: number): string[] {
  const found = rows.filter(
    (row) => row['effect'] !== 'fixed' && row['effect'] !== 'threshold' && typeof row['conf.low'] === 'number',
  );
  if (found.length === 0) return [];
  const text = (row: OutputRow, name: string) => (typeof row[name] === 'number' ? short(row[name]) : 'NA');
  const cells = found.map((row) => [
    ...[String(row['group'] ?? ''), String(row['term'] ?? '')],
    ...['estimate', ...LIMITS].map((name) => text(row, name)),
  ]);
  const heading = ['Group', 'Parameter', 'Estimate', ...LIMITS];
  return [
    '',
    'Limits of variance parameters:',
    ...fitColumns([heading, ...cells], [false, false, true, true, true], { width, names: 2 }),
  ];
}

/** The test of no random effects of a bootstrap. */
function bootstrapLines(rows: readonly OutputRow[]): string[] {
  return rows.flatMap(({ effect, term, statistic, 'p.bootstrap': p }) =>
    effect === 'ran_test' && typeof p === 'number'
      ? [
          '',
          `No random effects: ${term} ${typeof statistic === 'number' ? short(statistic) : 'NA'}, bootstrap p ${probability(Math.log10(p))}`,
        ]
      : [],
  );
}

/** Nakagawa's R2 and the intraclass correlation; without random effects there is one R2. */
function shareLine({ terms, r2Marginal, r2Conditional, icc }: FitTable, model: number): string | null {
  if (Number.isNaN(r2Marginal[model])) return null;
  if (terms.length === 0) return `R2: ${fixed(r2Marginal[model], 3)}`;
  const shares = [`marginal ${fixed(r2Marginal[model], 3)}`, `conditional ${fixed(r2Conditional[model], 3)}`];
  return `R2: ${shares.join(', ')}${Number.isNaN(icc[model]) ? '' : `; ICC ${fixed(icc[model], 3)}`}`;
}
