/** Random effects, structured residuals and dispersion of one model, in lines. */
import type { CovarianceTable, FitTable } from '../../types/fit-table.ts';
import { fitColumns, fixed, numberColumn, short } from './text-columns.ts';

/** `subject, 60; site, 5`. */
export function groupText(table: FitTable, model: number): string {
  return table.groups.map((name, k) => `${name}, ${table.groupLevels[model * table.groups.length + k]}`).join('; ');
}

/** Variances, standard deviations and correlations of the random terms, and of residuals that are equal. */
export function randomEffectLines(table: FitTable, model: number, width: number): string[] {
  const stride = table.covariance.length / table.models;
  const cells: { group: string; name: string; variance: number; correlations: string[] }[] = [];
  for (const { group, names, covarianceOffset } of table.terms) {
    const q = names.length;
    const at = (i: number, j: number) => table.covariance[model * stride + covarianceOffset + i * q + j];
    names.forEach((name, i) => {
      const correlations = names.slice(0, i).map((_, j) => fixed(at(i, j) / Math.sqrt(at(i, i) * at(j, j)), 2));
      cells.push({ group: i === 0 ? group : '', name, variance: at(i, i), correlations });
    });
  }
  if (!table.structured && !table.family) {
    cells.push({ group: 'Residual', name: '', variance: table.sigma[model] ** 2, correlations: [] });
  }
  const variances = cells.map(({ variance }) => variance);
  const [squares, deviations] = [numberColumn(variances), numberColumn(variances.map(Math.sqrt))];
  const most = Math.max(0, ...cells.map(({ correlations }) => correlations.length));
  const rows = cells.map(({ group, name, correlations }, k) => [
    ...[group, name, squares[k], deviations[k]],
    ...Array.from({ length: most }, (_, j) => correlations[j] ?? ''),
  ]);
  const heading = [
    'Groups',
    'Name',
    'Variance',
    'Std.Dev.',
    ...Array.from({ length: most }, (_, j) => (j > 0 ? '' : 'Corr')),
  ];
  return fitColumns([heading, ...rows], [false, false, ...heading.slice(2).map(() => true)], { width, names: 2 });
}

/** Structure, standard deviations and correlations of the residuals of a subject; coefficients of their log standard deviation. */
export function structuredLines(structured: CovarianceTable, model: number, width: number): string[] {
  const { structure, residual, dispersion, dispersionFormula } = structured;
  const lines: string[] = [];
  if (structure !== null) lines.push(`Residuals: ${residual}`, ...residualLines(structured, model, width));
  if (dispersion.names.length > 0) {
    if (lines.length > 0) lines.push('');
    const at = dispersion.names.map((_, k) => model * dispersion.names.length + k);
    const errors = at.map((k) => dispersion.standardError[k]);
    const estimates = numberColumn(
      at.map((k) => dispersion.estimate[k]),
      errors,
    );
    const standardErrors = numberColumn(errors);
    const rows = dispersion.names.map((name, k) => [name, estimates[k], standardErrors[k]]);
    lines.push(
      `Log standard deviation of the residuals: ${dispersionFormula}`,
      ...fitColumns([['', 'Estimate', 'Std. Error'], ...rows], [false, true, true], { width }),
    );
  }
  return lines;
}

function residualLines(structured: CovarianceTable, model: number, width: number): string[] {
  const { structure, by, groups, visits, names, values, sd, correlation } = structured;
  const slots = Math.max(1, visits.length);
  const rows: { group: string; name: string; sd: number; others: string[] }[] = [];
  groups.forEach((level, g) => {
    const at = model * groups.length + g;
    const own = Array.from(sd.subarray(at * slots, (at + 1) * slots));
    const parameters = names
      .map((_, k) => values[at * names.length + k])
      .map((value) => (Number.isNaN(value) ? '' : short(value)));
    const present = own.flatMap((value, v) => (Number.isNaN(value) ? [] : [v])); // without visits that it lacks
    const equal = present.every((v) => own[v] === own[present[0]]) && structure !== 'us';
    present.slice(0, equal ? 1 : undefined).forEach((v, i) => {
      const correlations =
        structure === 'us'
          ? present.slice(0, i).map((u) => fixed(correlation[(at * visits.length + v) * visits.length + u], 2))
          : i === 0
            ? parameters
            : [];
      rows.push({
        group: i === 0 ? level : '',
        name: equal ? '' : (visits[v] ?? ''),
        sd: own[v],
        others: correlations,
      });
    });
  });
  const most = Math.max(0, ...rows.map(({ others }) => others.length));
  const deviations = numberColumn(rows.map((row) => row.sd));
  const headings = structure === 'us' ? Array.from({ length: most }, (_, j) => (j > 0 ? '' : 'Corr')) : [...names];
  const grouped = by !== null;
  const named = rows.some(({ name }) => name !== '');
  const cells = rows.map(({ group, name, others }, k) => [
    ...(grouped ? [group] : []),
    ...(named ? [name] : []),
    deviations[k],
    ...Array.from({ length: headings.length }, (_, j) => others[j] ?? ''),
  ]);
  const heading = [...(grouped ? [by] : []), ...(named ? ['Visit'] : []), 'Std.Dev.', ...headings];
  const left = heading.length - 1 - headings.length;
  return fitColumns(
    [heading, ...cells],
    heading.map((_, k) => k >= left),
    { width, names: left },
  );
}
