/** Columns and functions of R that a structure of residuals and standard deviations that differ need. */

import { parseDispersion, parseResidual, type ResidualFormula } from 'webgpu-lmm/steps';
import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { bare, type RSettings } from './r-words.ts';

/** A structure with its columns as R has them. */
export interface RResidual {
  readonly structure: ResidualFormula['structure'];
  /** Whether each visit has a standard deviation of its own. */
  readonly uneven: boolean;
  /** Times of `sp_exp`; the codes of visits of all others. */
  readonly codes: string;
  /** Visits as a factor. */
  readonly visit: string;
  readonly subject: string;
  /** Column whose levels have parameters of their own; empty for none. */
  readonly by: string;
  /** Lines that make the factors. */
  readonly factors: readonly string[];
  /** Lines that make the codes. */
  readonly coded: readonly string[];
}

const UNEVEN = ['us', 'csh', 'ar1h', 'toeph', 'adh', 'diag'];

/** Whether R reads a column as a factor: text, and what the settings say. */
export function isFactor(name: string, settings: Settings & RSettings, { columns }: DataSummary): boolean {
  const own = bare(name);
  if (settings.factors.includes(own) || settings.ordered.some((one) => one.split('=')[0] === own)) return true;
  const column = columns.find(({ name: one }) => one === own);
  return column === undefined || column.kind === 'factor';
}

const NAME = /^(?:`[^`]+`|[\p{L}.][\p{L}\p{N}._]*)$/u;

/** Whether it is a column, and no expression, that R reads as a factor. */
export function isFactorColumn(label: string, settings: Settings & RSettings, summary: DataSummary): boolean {
  return NAME.test(label) && isFactor(label, settings, summary);
}

export function rResidual(settings: Settings & RSettings, summary: DataSummary): RResidual {
  const { structure, visit, subject, by } = parseResidual(settings.residual);
  const factors: string[] = [];
  const coded: string[] = [];
  /** A factor under a name of its own, unless the column is one. */
  const factorOf = (labels: readonly string[], name: string): string => {
    if (labels.length === 1 && isFactorColumn(labels[0], settings, summary)) return labels[0];
    const made = labels.length === 1 ? `factor(${labels[0]})` : `interaction(${labels.join(', ')}, drop = TRUE)`;
    factors.push(`d$${name} <- with(d, ${made})`);
    return name;
  };
  const labelsOf = ({ variables }: { readonly variables: readonly { readonly label: string }[] }): string[] =>
    variables.map(({ label }) => label);
  const timed = structure === 'sp_exp';
  if (timed && visit.expression.type !== 'name') coded.push(`d$time_ <- with(d, ${visit.label})`);
  if (!timed) coded.push(`d$visit_ <- with(d, as.integer(factor(${visit.label})))`);
  const codes = timed ? (visit.expression.type === 'name' ? visit.label : 'time_') : 'visit_';
  return {
    structure,
    uneven: UNEVEN.includes(structure),
    codes,
    visit: timed ? codes : factorOf([visit.label], 'visits_'),
    subject: factorOf(labelsOf(subject), 'subject_'),
    by: by === null ? '' : factorOf(labelsOf(by), 'group_'),
    factors,
    coded,
  };
}

/**
 * nlme's functions of the standard deviations: of visits (`visit_`), of weights, of the columns of a dispersion. Empty for
 * equal ones, null where nlme has none.
 */
export function varianceFunction(
  settings: Settings & RSettings,
  summary: DataSummary,
  { visits, weights }: { readonly visits: boolean; readonly weights: string },
): string | null {
  const parts = visits ? ['varIdent(form = ~ 1 | visit_)'] : [];
  if (weights !== '') parts.push(`varFixed(~ 1 / ${weights})`);
  if (settings.dispersion !== '') {
    const { terms, variables } = parseDispersion(settings.dispersion).terms;
    const used = [...new Set(terms.flat())].map((k) => variables[k].label);
    const numbers = used.filter((label) => !isFactor(label, settings, summary));
    const crossed = terms.some((term) => term.length > 1);
    if (crossed && (numbers.length > 0 || used.length > 2)) return null;
    if (crossed) parts.push(`varIdent(form = ~ 1 | ${used.join(' * ')})`);
    else {
      for (const label of used) {
        parts.push(numbers.includes(label) ? `varExp(form = ~ ${label})` : `varIdent(form = ~ 1 | ${label})`);
      }
    }
  }
  return parts.length > 1 ? `varComb(${parts.join(', ')})` : (parts[0] ?? '');
}
