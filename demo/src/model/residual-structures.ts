/** Structures of residuals in words, and their text as the library reads it from the choice of columns. Pure. */

import { isFitError } from 'webgpu-lmm';
import { parseResidual, type StructureName } from 'webgpu-lmm/steps';
import type { ColumnSummary } from '../protocol/protocol.ts';
import { quoteName } from './builder.ts';

/** Structures as the library names them, the richest first, with what each takes for granted. */
export const STRUCTURE_WORDS = {
  us: 'unstructured: any variances, any correlations',
  toeph: 'correlation by distance in visits, a spread for each visit',
  toep: 'correlation by distance in visits, one spread',
  adh: 'each pair of neighbours its own correlation, a spread for each visit',
  ad: 'each pair of neighbours its own correlation, one spread',
  ar1h: 'correlation that dies away, a spread for each visit',
  ar1: 'correlation that dies away, one spread',
  csh: 'one correlation for all pairs, a spread for each visit',
  cs: 'one correlation for all pairs, one spread',
  diag: 'no correlation, a spread for each visit',
  sp_exp: 'measured times, correlation that dies away with the time between',
} as const satisfies Readonly<Record<StructureName, string>>;
export const STRUCTURES = Object.keys(STRUCTURE_WORDS) as StructureName[]; // the keys above

/** A structure as columns: `structure(visit | by / subject)`. */
export interface ResidualChoice {
  readonly structure: StructureName;
  /** Visits, or the times of `sp_exp`. */
  readonly visit: string;
  readonly subject: string;
  /** Column whose levels have parameters of their own; empty for one set. */
  readonly by: string;
}

/** The text of a choice; empty while visit or subject are open. */
export function residualText({ structure, visit, subject, by }: ResidualChoice): string {
  if (visit === '' || subject === '') return '';
  return `${structure}(${quoteName(visit)} | ${by === '' ? '' : `${quoteName(by)} / `}${quoteName(subject)})`;
}

/** The columns of a text; null where it is none, or more than columns. */
export function residualChoice(text: string): ResidualChoice | null {
  if (text.trim() === '') return null;
  try {
    const { structure, visit, by, subject } = parseResidual(text);
    const group = by === null ? '' : columnOf(by.variables);
    const own = columnOf(subject.variables);
    if (visit.expression.type !== 'name' || own === null || group === null) return null;
    return { structure, visit: visit.expression.name, subject: own, by: group };
  } catch (error) {
    if (!isFitError(error)) throw error;
    return null;
  }
}

/** The one column that a grouping factor is; null for an interaction or a function. */
function columnOf(
  variables: readonly { readonly expression: { readonly type: string; readonly name?: string } }[],
): string | null {
  const [only] = variables;
  return variables.length === 1 && only.expression.type === 'name' ? (only.expression.name ?? null) : null;
}

/** The formula of one standard deviation for each level of a column, and back. */
export function dispersionText(column: string): string {
  return column === '' ? '' : `~ 0 + ${quoteName(column)}`;
}

export function dispersionColumn(text: string, names: readonly string[]): string | null {
  return text === '' ? '' : (names.find((name) => dispersionText(name) === text) ?? null);
}

/** A formula without the random effects of a subject, which a structure of its rows holds in their place. */
export function withoutSubject(formula: string, subject: string): string {
  if (subject === '') return formula;
  const bar = quoteName(subject).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const left = formula.replace(new RegExp(`\\s*\\+?\\s*\\([^()|]*\\|\\s*${bar}\\s*\\)`, 'u'), '');
  return /~\s*$/.test(left) ? `${left.trim()} 1` : left.trim();
}

/** The formula with random intercepts of a subject, where it has no random effects of it. */
export function withSubject(formula: string, subject: string): string {
  if (subject === '' || formula.trim() === '' || withoutSubject(formula, subject) !== formula.trim()) return formula;
  return `${formula.trim()} + (1 | ${quoteName(subject)})`;
}

/** Names of columns that number or name visits. */
const VISIT = /visit|time|week|day|month|hour|year|period|occasion|session|wave/i;
/** Visits that a subject has at most. */
const MOST_VISITS = 40;

/** Visit and subject as far as names and levels tell them: empty where they do not. */
export function guessedChoice(
  columns: readonly ColumnSummary[],
  subject: string,
): Pick<ResidualChoice, 'visit' | 'subject'> {
  const visits = columns.filter(({ name, distinct, levels }) => {
    return name !== subject && levels.length > 0 && distinct >= 2 && distinct <= MOST_VISITS && VISIT.test(name);
  });
  // Names of visits say more than their numbers, which may be measured times.
  const [visit] = visits.sort((a, b) => (a.kind === 'factor' ? 0 : 1) - (b.kind === 'factor' ? 0 : 1));
  return { visit: visit?.name ?? '', subject };
}
