/** Structured residuals as outputs have them: JSON objects, and rows of the tidy table. */
import type { CovarianceTable, FitTable } from '../types/fit-table.ts';

/** A parameter of the residuals' covariance in a tidy table. */
export interface CovarianceRow {
  readonly effect: 'ran_pars' | 'dispersion';
  readonly group: string | null;
  readonly term: string;
  readonly estimate: number;
  readonly standardError: number;
}

/** Names of all parameters that models of a table may have, in the order of their rows. */
export function covarianceNames({
  structure,
  groups,
  visits,
  names,
  dispersion,
}: CovarianceTable): Pick<CovarianceRow, 'effect' | 'group' | 'term'>[] {
  const out: Pick<CovarianceRow, 'effect' | 'group' | 'term'>[] = [];
  for (const level of groups) {
    const terms = ['sd__Observation', ...visits.map((visit) => `sd__${visit}`)];
    if (structure === 'us') {
      visits.forEach((visit, a) => {
        for (const other of visits.slice(a + 1)) terms.push(`cor__${visit}.${other}`);
      });
    }
    const group = groupName(level);
    for (const term of [...terms, ...names]) out.push({ effect: 'ran_pars', group, term });
  }
  for (const term of dispersion.names) out.push({ effect: 'dispersion', group: null, term });
  return out;
}

function groupName(level: string): string {
  return level === '' ? 'Residual' : `Residual:${level}`;
}

/** Upper bound of the rows of one model. */
export function covarianceRowCount({ groups, visits, names, dispersion }: CovarianceTable): number {
  const slots = Math.max(1, visits.length);
  return groups.length * (slots * slots + names.length) + dispersion.names.length;
}

/**
 * Rows of one model: standard deviations (`sd__week2`, `sd__Observation` for one), correlations of an unstructured covariance
 * (`cor__week2.week4`), else its parameters (`rho`, `range`); of group `Residual`, or `Residual:level` where groups have their
 * own; then the coefficients of the log standard deviation.
 */
export function covarianceRows(table: CovarianceTable, model: number): CovarianceRow[] {
  const { groups, visits, names, dispersion, structure, sd, correlation, values } = table;
  const slots = Math.max(1, visits.length);
  const rows: CovarianceRow[] = [];
  const add = (group: string, term: string, estimate: number): void => {
    if (!Number.isNaN(estimate)) {
      rows.push({ effect: 'ran_pars', group, term, estimate, standardError: Number.NaN });
    }
  };
  groups.forEach((level, g) => {
    const group = groupName(level);
    const at = model * groups.length + g;
    const own = sd.subarray(at * slots, (at + 1) * slots);
    const [first = Number.NaN, ...others] = own.filter((value) => !Number.isNaN(value)); // without visits that it lacks
    if (others.every((value) => value === first)) add(group, 'sd__Observation', first);
    else for (const [v, visit] of visits.entries()) add(group, `sd__${visit}`, own[v]);
    if (structure === 'us' && correlation.length > 0) {
      for (let a = 0; a < visits.length; a++) {
        for (let b = a + 1; b < visits.length; b++) {
          add(group, `cor__${visits[a]}.${visits[b]}`, correlation[(at * visits.length + a) * visits.length + b]);
        }
      }
    }
    for (const [k, name] of names.entries()) add(group, name, values[at * names.length + k]);
  });
  dispersion.names.forEach((name, k) => {
    const at = model * dispersion.names.length + k;
    const standardError = dispersion.standardError[at];
    rows.push({ effect: 'dispersion', group: null, term: name, estimate: dispersion.estimate[at], standardError });
  });
  return rows;
}

/** `residual` and `dispersion` of a model's JSON; nothing without a structured covariance. */
export function covarianceObjects({ structured }: FitTable, model: number): object {
  if (!structured) return {};
  const { structure, residual, by, groups, visits, names, values, sd, correlation, dispersion } = structured;
  const m = visits.length;
  const slots = Math.max(1, m);
  const rows = (of: (a: number, b: number) => number) =>
    Array.from({ length: m }, (_, a) => Array.from({ length: m }, (__, b) => of(a, b)));
  const ofGroups = groups.map((level, g) => {
    const at = model * groups.length + g;
    const cor = (a: number, b: number) => correlation[(at * m + a) * m + b];
    const own = sd.subarray(at * slots, (at + 1) * slots);
    return {
      level: level === '' ? null : level,
      ...(correlation.length > 0 ? { cov: rows((a, b) => cor(a, b) * own[a] * own[b]), cor: rows(cor) } : {}),
      sd: Array.from(own),
      parameters: Object.fromEntries(names.map((name, k) => [name, values[at * names.length + k]])),
    };
  });
  return {
    ...(structure === null ? {} : { residual: { structure, formula: residual, by, visits, groups: ofGroups } }),
    ...(dispersion.names.length === 0
      ? {}
      : {
          dispersion: dispersion.names.map((term, k) => {
            const at = model * dispersion.names.length + k;
            return { term, estimate: dispersion.estimate[at], se: dispersion.standardError[at] };
          }),
        }),
  };
}
