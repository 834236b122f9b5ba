import { FitError, nearestName } from '../errors.ts';
import { columnNamesOf, type Table } from '../types/table.ts';
import { columnValue } from './columns.ts';
import { CONTRAST_CODINGS, type ContrastCoding } from './contrasts.ts';
import { type Frame, frameVariable } from './frame.ts';
import { matchArguments } from './functions.ts';
import type { Formula } from './parse.ts';
import { formulaSource, sourceError } from './source.ts';
import type { Expression } from './syntax.ts';
import type { Variable } from './terms.ts';
import { type Scope, scopeRows } from './value.ts';

/** What `buildDesign` takes besides formula and table. */
export interface DesignOptions {
  /** Coding of fixed-effect factors by column; treatment, and poly for ordered factors, without it. */
  readonly coding?: Readonly<Record<string, ContrastCoding>> | undefined;
  /** @deprecated It is called `coding`. */
  readonly contrastCodings?: Readonly<Record<string, ContrastCoding>> | undefined;
  /** Column of prior weights; rows of weight 0 are left out. */
  readonly weights?: string | undefined;
  /** Column that is added to the offset() terms. */
  readonly offset?: string | undefined;
  /** Rows with missing values: leave out (default) or refuse. */
  readonly na?: 'omit' | 'fail' | undefined;
  /** Responses over all rows of the table, whose missing values count like those of the variables. */
  readonly complete?: readonly Float64Array[] | undefined;
  /** Covariance of the residuals of a subject, `us(visit | subject)`; independent without it. */
  readonly residual?: string | undefined;
  /** Right side in which the residuals' log standard deviation is linear, `~ sex`; equal ones without it. */
  readonly dispersion?: string | undefined;
  /** Column of the trials of binomial responses, which the design remembers for draws. */
  readonly trials?: string | undefined;
  /** Whether the response is ordinal: thresholds stand in for the intercept. */
  readonly thresholds?: boolean | undefined;
  /** The rows of the table to start from, increasing; all without it. */
  readonly rows?: Int32Array | undefined;
}

/** Weights are relative: beyond that, either way, their products leave the range of doubles. */
export const LARGEST_WEIGHT = 1e60;

/** The weights over the rows of a scope, NaN where missing. Negative and infinite ones are misuse. */
export function weightColumn(scope: Scope, name: string | undefined): Float64Array | undefined {
  if (name === undefined) return undefined;
  const weights = numericColumn(scope, name, 'weights');
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] < 0 || weights[i] > LARGEST_WEIGHT || (weights[i] > 0 && weights[i] < 1 / LARGEST_WEIGHT)) {
      throw new FitError('DataError', `weight ${weights[i]} in column '${name}', row ${tableRow(scope, i) + 1}`, {
        option: 'weights',
        remedy: 'Weights are finite and not negative; 0 leaves a row out.',
        ...pathOf(scope),
      });
    }
  }
  return weights;
}

/** The sum of the offset() terms and the offset column over the rows of a scope; undefined where there is neither. */
export function offsetColumn(
  formula: Formula,
  frame: Frame,
  scope: Scope,
  name: string | undefined,
): Float64Array | undefined {
  const parts = name === undefined ? [] : [numericColumn(scope, name, 'offset')];
  for (const index of formula.fixed.offsets) {
    const { label, expression } = formula.fixed.variables[index];
    const variable = frameVariable(frame, label);
    if (variable.kind !== 'numeric' || variable.suffixes.length > 1) {
      throw sourceError(formulaSource(formula.source), expression.position, `${label} is not one column of numbers`);
    }
    parts.push(variable.values);
  }
  if (parts.length === 0) return undefined;
  const sum = Float64Array.from(parts[0]);
  for (const part of parts.slice(1)) for (let i = 0; i < sum.length; i++) sum[i] += part[i];
  return sum;
}

/** A column of numbers over the rows of a scope; `option` is what asks for it. */
export function numericColumn(scope: Scope, name: string, option: string): Float64Array {
  const column = scope.table.columns.get(name);
  if (column === undefined) throw noColumn(scope.table, name, option);
  const value = columnValue(column, scope.rows);
  if (value.kind === 'factor') {
    throw new FitError('OptionError', `column '${name}' is text (a factor), ${option} must be numbers`, {
      option,
      remedy: 'Choose a column in which every value is a number.',
      ...pathOf(scope),
    });
  }
  return value.values;
}

function noColumn(table: Table, name: string, option: string): FitError {
  const near = nearestName(name, columnNamesOf(table));
  return new FitError(
    'OptionError',
    `no column '${name}' for ${option}${near === undefined ? '' : `; did you mean '${near}'?`}`,
    {
      option,
      remedy: `Columns are ${columnNamesOf(table).slice(0, 15).join(', ')}.`,
      path: table.path,
    },
  );
}

/** Of a file the columns that nothing needs are not read: one that is only coded is among them. */
function noCodedColumn(table: Table, name: string): FitError {
  if (!columnNamesOf(table).includes(name)) return noColumn(table, name, 'coding');
  return new FitError('OptionError', `a coding for '${name}', which the formula does not use`, {
    option: 'coding',
    remedy: `Add ${name} to the formula, or leave its coding out.`,
    path: table.path,
  });
}

/** Codings of the factors among some variables by label, checked against the frame. */
export function factorCodings(
  variables: readonly Variable[],
  frame: Frame,
  table: Table,
  asked: DesignOptions['coding'],
): ReadonlyMap<string, ContrastCoding> {
  const codings = new Map<string, ContrastCoding>();
  for (const [column, coding] of Object.entries(asked ?? {})) {
    if (!CONTRAST_CODINGS.includes(coding)) {
      const near = nearestName(coding, CONTRAST_CODINGS);
      throw new FitError(
        'OptionError',
        `unknown coding '${coding}' for '${column}'${near === undefined ? '' : `; did you mean '${near}'?`}`,
        { option: 'coding', remedy: `Codings are ${CONTRAST_CODINGS.join(', ')}.` },
      );
    }
    if (!table.columns.has(column)) throw noCodedColumn(table, column);
    for (const { label, expression } of variables) {
      if (codedColumn(expression) !== column) continue;
      if (frameVariable(frame, label).kind !== 'factor') {
        throw new FitError('OptionError', `column '${column}' is numeric, contrasts code factors`, {
          option: 'coding',
          remedy: `Write factor(${column}) in the formula, or declare the column a factor.`,
        });
      }
      codings.set(label, coding);
    }
  }
  return codings;
}

/** The column whose levels a variable has: `f` of `f`, `factor(f)`, `relevel(f, ref = 'b')`. */
function codedColumn(expression: Expression): string | undefined {
  if (expression.type === 'name') return expression.name;
  if (expression.type !== 'call' || !['factor', 'as.factor', 'ordered', 'relevel', 'cut'].includes(expression.name)) {
    return undefined;
  }
  const inner = matchArguments(expression).get('x');
  return inner === undefined ? undefined : codedColumn(inner);
}

/** Row of the table behind row i of a scope. */
export function tableRow(scope: Scope, i: number): number {
  return scope.rows === undefined ? i : scope.rows[i];
}

/** Rows of the table behind the rows `keep` of a scope. */
export function tableRows(scope: Scope, keep: Int32Array): Int32Array {
  const { rows } = scope;
  if (rows === undefined) return keep;
  return keep.length === scopeRows(scope) ? rows : keep.map((i) => rows[i]);
}

export function pathOf(scope: Scope): { path?: string } {
  return scope.table.path === undefined ? {} : { path: scope.table.path };
}
