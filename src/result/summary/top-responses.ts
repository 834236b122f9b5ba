/** Many models as text for a terminal: what was fitted, and the responses with the smallest p of each test. */
import type { FitResult } from '../../types/fit-result.ts';
import { type FitTable, STATUSES } from '../../types/fit-table.ts';
import { type EffectTests, effectTests, errorRate, isAdjusted } from './discoveries.ts';
import { formatSummary, headingLines, noteLines, type SummaryOptions } from './model-summary.ts';
import { count, fitColumns, fixed, hanging, numberColumn, printable, probability } from './text-columns.ts';

/** Rows in all, shared by the tests; the least of each; tests that are shown at most. */
const ROWS = 10;
const LEAST_ROWS = 3;
const MOST_TESTS = 8;
/** Models without a fit that are named for their reason. */
const NAMED = 3;

/** The summary of the only model, or of all of them. */
export function summaryText(result: FitResult, options: SummaryOptions = {}): string {
  return result.table.models === 1 ? formatSummary(result, 0, options) : topResponses(result, options);
}

/** The responses with the smallest p of each contrast, or of each coefficient where there is no contrast. */
export function topResponses(result: FitResult, options: SummaryOptions = {}): string {
  const { table } = result;
  const width = options.width ?? 80;
  const { structured } = table;
  const lines = [...headingLines(table, width, 's'), ...sizeLines(table, width)];
  if (structured?.residual) lines.push(...hanging(`Residuals: ${structured.residual}`, '  ', width));
  if (structured?.dispersionFormula) lines.push(...hanging(`Dispersion: ${structured.dispersionFormula}`, '  ', width));
  const all = effectTests(table).filter(({ tested }) => tested > 0);
  const contrasts = all.filter(({ tests }) => tests === table.contrasts);
  const shown = (contrasts.length > 0 ? contrasts : all).slice(0, MOST_TESTS);
  const rows = Math.max(LEAST_ROWS, Math.floor(ROWS / Math.max(1, shown.length)));
  for (const effect of shown) lines.push('', ...effectLines(table, effect, rows, options, width));
  const left = (contrasts.length > 0 ? contrasts : all).length - shown.length;
  if (left > 0) lines.push('', `and ${left} more tests`);
  for (const section of options.sections ?? []) lines.push('', `${section.title}:`, ...section.lines);
  lines.push(...withoutFit(table, width));
  lines.push(...noteLines(result, options, width));
  return `${lines.join('\n')}\n`;
}

/** Numbers of models, observations and groups. */
function sizeLines(table: FitTable, width: number): string[] {
  if (table.models === 0) return ['No responses: nothing was fitted.'];
  const fitted = table.status.reduce((sum, code) => sum + (STATUSES[code] === 'ok' ? 1 : 0), 0);
  const singular = table.singular.reduce((sum, flag) => sum + flag, 0);
  const splits = table.splits ? ` in ${count(new Set(table.splits).size)} splits` : '';
  const remark = singular > 0 ? `, ${count(singular)} of them singular` : '';
  const groups = table.groups.map((name, k) => {
    const levels = Int32Array.from(table.status.keys(), (model) => table.groupLevels[model * table.groups.length + k]);
    return `${name}, ${rangeText(levels)}`;
  });
  const sizes = [
    `Number of obs: ${rangeText(table.nobs)}`,
    ...(groups.length > 0 ? [`groups: ${groups.join('; ')}`] : []),
  ];
  return [
    `Models: ${count(fitted)} of ${count(table.models)} fitted${splits}${remark}`,
    ...hanging(sizes.join(', '), '  ', width),
  ];
}

/** `180`, `12 to 180`. */
function rangeText(values: Int32Array): string {
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return least === most ? String(most) : `${least} to ${most}`;
}

function effectLines(
  table: FitTable,
  effect: EffectTests,
  rows: number,
  options: SummaryOptions,
  width: number,
): string[] {
  const { name, tests, index, source, statistic, df, log10P, adjustedP, found, tested } = effect;
  const stride = tests.names.length;
  const at = (model: number) => model * stride + index;
  const models = Array.from({ length: table.models }, (_, model) => model).filter(
    (model) => !Number.isNaN(log10P[at(model)]),
  );
  models.sort((a, b) => log10P[at(a)] - log10P[at(b)] || a - b);
  const top = models.slice(0, rows);
  const ratios = options.exponentiate === true;
  const raw = top.map((model) => tests.estimate[at(model)]);
  const errors = top.map((model, k) => tests.standardError[at(model)] * (ratios ? Math.exp(raw[k]) : 1));
  const asymptotic = top.every((model) => Number.isNaN(df[at(model)]));
  const letter = asymptotic ? 'z' : 't';
  const columns: { readonly name: string; readonly cells: readonly string[] }[] = [
    { name: ratios ? 'Ratio' : 'Estimate', cells: numberColumn(ratios ? raw.map(Math.exp) : raw, errors) },
    { name: 'Std. Error', cells: numberColumn(errors) },
    ...(asymptotic ? [] : [{ name: 'df', cells: top.map((model) => fixed(df[at(model)], 2)) }]),
    {
      name: source === 'moderated' ? `moderated ${letter}` : `${letter} value`,
      cells: top.map((model) => fixed(statistic[at(model)], 3)),
    },
    { name: source === 'bootstrap' ? 'bootstrap p' : 'p', cells: top.map((model) => probability(log10P[at(model)])) },
  ];
  if (isAdjusted(table)) {
    const fdr = table.adjust === 'BH' ? 'FDR' : table.adjust === 'storey' ? 'q' : `p (${table.adjust})`;
    columns.push({ name: fdr, cells: top.map((model) => probability(Math.log10(adjustedP[at(model)]))) });
  }
  const { splits, genes, responses } = table;
  const names: { readonly name: string; readonly cells: readonly string[] }[] = [
    ...(splits ? [{ name: 'split', cells: top.map((model) => splits[model]) }] : []),
    { name: 'response', cells: top.map((model) => responses[model]) },
    ...(genes ? [{ name: 'gene', cells: top.map((model) => genes[model]) }] : []),
  ];
  const all = [...names, ...columns];
  const cells = top.map((_, k) => all.map((column) => column.cells[k]));
  const noun = splits ? 'models' : 'responses';
  return [
    `${printable(name)}:${tested < 2 ? '' : ` ${count(found)} of ${count(tested)} ${noun} at ${errorRate(table)}`}`,
    ...fitColumns(
      [all.map((column) => column.name), ...cells],
      all.map((_, k) => k >= names.length),
      { width, names: names.length },
    ),
    ...(models.length > top.length ? [`... and ${count(models.length - top.length)} more`] : []),
  ];
}

/** How many models have which status, with names and a reason. */
function withoutFit(table: FitTable, width: number): string[] {
  const lines: string[] = [];
  STATUSES.forEach((status, code) => {
    if (status === 'ok') return;
    const models = Array.from(table.status.keys()).filter((model) => table.status[model] === code);
    if (models.length === 0) return;
    const names = models.slice(0, NAMED).map((model) => table.responses[model]);
    const reason = table.messages[models[0]];
    const more = models.length > NAMED ? ', ...' : '';
    const line = `${count(models.length)} ${status.replace('_', ' ')}: ${names.join(', ')}${more}${reason ? ` (${reason})` : ''}`;
    lines.push(...hanging(line, '  ', width));
  });
  return lines.length > 0 ? ['', ...lines] : [];
}
