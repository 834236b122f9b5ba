import { FitError } from '../errors.ts';
import { type DesignOptions, pathOf, tableRow, tableRows } from './design-options.ts';
import { type Frame, visitMissing } from './frame.ts';
import type { Formula } from './parse.ts';
import { type Scope, scopeRows } from './value.ts';

/** The rows of a scope that enter a design. */
export interface CompleteRows {
  /** Indices into the rows of the scope, increasing. */
  readonly keep: Int32Array;
  /** The same as rows of the table. */
  readonly rows: Int32Array;
  readonly notes: readonly string[];
}

interface Extras {
  readonly weights: Float64Array | undefined;
  readonly offset: Float64Array | undefined;
  readonly options: DesignOptions;
}

/** Finds the rows without a missing value and with a weight; complains about infinite values and about no row at all. */
export function completeRows(formula: Formula, frame: Frame, scope: Scope, extras: Extras): CompleteRows {
  const n = scopeRows(scope);
  const { weights, offset, options } = extras;
  const absent = new Uint8Array(n);
  const missing: { name: string; rows: number }[] = [];
  const miss = (name: string, visitAll: (visitor: (row: number) => void) => void) => {
    let found = 0;
    visitAll((row) => {
      if (options.na === 'fail' && found === 0) {
        throw new FitError('DataError', `missing value in '${name}', row ${tableRow(scope, row) + 1}`, {
          option: 'na',
          remedy: 'Fill it, leave the row out, or use “na: omit”.',
          ...pathOf(scope),
        });
      }
      absent[row] = 1;
      found++;
    });
    if (found > 0) missing.push({ name, rows: found });
  };
  for (const [label, variable] of frame.variables) miss(label, (visitor) => visitMissing(frame, variable, visitor));
  if (weights !== undefined) miss(options.weights ?? 'weights', (visitor) => visitNaN(weights, visitor));
  if (offset !== undefined) miss(options.offset ?? 'offset', (visitor) => visitNaN(offset, visitor));
  const responses = options.complete ?? [];
  for (const [r, values] of responses.entries()) {
    const named = formula.responses.length === responses.length ? formula.responses[r].name : `response ${r + 1}`;
    miss(named, (visitor) => {
      for (let i = 0; i < n; i++) if (Number.isNaN(values[tableRow(scope, i)])) visitor(i);
    });
  }

  let absentRows = 0;
  let weightless = 0;
  for (let i = 0; i < n; i++) {
    if (absent[i] === 1) {
      absentRows++;
    } else if (weights !== undefined && weights[i] === 0) {
      absent[i] = 1;
      weightless++;
    }
  }
  const keep = new Int32Array(n - absentRows - weightless);
  for (let i = 0, at = 0; i < n; i++) if (absent[i] === 0) keep[at++] = i;
  const counted = missing.map(({ name, rows }) => `${name} ${rows}`).join(', ');
  if (keep.length === 0) {
    const reason =
      n === 0
        ? ''
        : ` of ${n}: ${[counted, weightless > 0 ? `weight 0 in ${weightless}` : ''].filter(Boolean).join(', ')}`;
    throw new FitError('DataError', `no row is left${reason}`, {
      remedy: remedyOf(
        n,
        weightless,
        missing.filter(({ rows }) => rows === n).map(({ name }) => name),
        formula.responses.map(({ name }) => name),
      ),
      ...pathOf(scope),
    });
  }
  refuseInfinite(frame, keep, scope);
  const notes: string[] = [];
  if (absentRows > 0) {
    notes.push(`left out ${absentRows} of ${n} rows with missing values (${counted})`);
  }
  if (weightless > 0) notes.push(`left out ${weightless} of ${n} rows of weight 0`);
  return { keep, rows: tableRows(scope, keep), notes };
}

/** What helps where no row is left of n; `empty` are variables without a value. */
function remedyOf(n: number, weightless: number, empty: readonly string[], responses: readonly string[]): string {
  if (n === 0) return 'Is there a filter that no row passes?';
  const response = empty.find((name) => responses.includes(name));
  if (response !== undefined) return `The response '${response}' has no values: choose another.`;
  if (weightless === n) return 'Weights of 0 leave rows out, and all are 0: give others, or none.';
  return empty.length > 0
    ? `'${empty[0]}' has no values: leave it out of the formula.`
    : 'Missing values leave a row out: leave the variables that lack most out of the formula.';
}

function visitNaN(values: Float64Array, visitor: (row: number) => void): void {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) visitor(i);
}

/** Refuses values that are not finite in the rows that are used. */
export function refuseInfinite(frame: Frame, keep: Int32Array, scope: Scope): void {
  for (const [label, variable] of frame.variables) {
    if (variable.kind === 'factor') continue;
    for (let j = 0; j < variable.suffixes.length; j++) {
      for (let k = 0; k < keep.length; k++) {
        const value = variable.values[j * frame.n + keep[k]];
        if (Number.isFinite(value)) continue;
        throw new FitError('DataError', `'${label}' is ${value} in row ${tableRow(scope, keep[k]) + 1}`, {
          remedy: 'Leave such rows out, or use a transformation that is defined for them.',
          ...pathOf(scope),
        });
      }
    }
  }
}
