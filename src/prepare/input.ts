/** Which data a run takes and what it gets of them, and what all kinds of data have in common. */
import { conversionAdvice } from '../data/foreign-formats.ts';
import type { InputFiles } from '../data/input-files.ts';
import type { ColumnOptions } from '../data/table/column-options.ts';
import type { TextOptions } from '../data/table/number-text.ts';
import { mayNameSamples, mayNameUnits } from '../design/roles.ts';
import { FitError, nearestName } from '../errors.ts';
import { type Formula, parseFormula } from '../formula/parse.ts';
import type { OptionName } from '../options/entries.ts';
import type { DenseResponses, MatrixSource } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import { type InputOptions, totalsColumn, weightColumn } from './data-options.ts';
import { LIBRARY } from './family-responses.ts';

/** Data of a run: the model frame and the responses beside it. */
export interface Input {
  readonly formula: Formula;
  readonly table: Table;
  readonly responses: DenseResponses | MatrixSource;
  /** Row of the matrix of each row of the table; null for dense responses. */
  readonly matrixRows: Int32Array | null;
  /** Responses wanted, for a matrix and for counts (other dense ones are selected already); null for all. */
  readonly select: Int32Array | null;
  readonly notes: readonly string[];
  /** Closes the matrix, where the data are one. */
  close(): Promise<void>;
}

/** Columns whose names are looked at for samples, and those read for it at most. */
export const LOOKED_AT = 200;
export const MOST_SAMPLE_COLUMNS = 8;

/** Of the columns wanted those that exist; the others are reported where they are used, with their place in the formula. */
export function present(wanted: ReadonlySet<string>, available: readonly string[], args: InputOptions): string[] {
  const options = [...(args.factor ?? []), ...(args.ordered ?? [])];
  // Columns that may name the samples tell whether the rows of the model are replicates (`design/replicates.ts`).
  // Without random terms those of donors and subjects tell it as well.
  const tells = parseFormula(args.formula).random.length > 0 ? mayNameSamples : mayNameUnits;
  const samples = new Set(available.slice(0, LOOKED_AT).filter(tells).slice(0, MOST_SAMPLE_COLUMNS));
  return available.filter(
    (name) =>
      wanted.has(name) || samples.has(name) || options.some((spec) => spec === name || spec.startsWith(`${name}=`)),
  );
}

/** Columns that options name must be there; the message names the option. */
export function checkOptionColumns(names: readonly string[], args: InputOptions, path: string): void {
  const named = {
    splitBy: args.splitBy,
    offset: args.offset === LIBRARY ? undefined : args.offset,
    trials: args.trials,
    totals: totalsColumn(args),
    weights: weightColumn(args),
  };
  for (const [option, name] of Object.entries(named)) {
    if (name === undefined || names.includes(name)) continue;
    const near = nearestName(name, names);
    throw new FitError(
      'OptionError',
      `“${option}: ${name}”: no such column in ${path}${near === undefined ? '' : `; did you mean '${near}'?`}`,
      { option, path, remedy: `Its columns are ${names.slice(0, 15).join(', ')}${names.length > 15 ? ', ...' : ''}.` },
    );
  }
}

/** The option itself, or the names in the file behind an @. */
export async function responseSpec(spec: string, files: InputFiles): Promise<string | readonly string[]> {
  return spec.startsWith('@') ? files.readNameList(spec.slice(1)) : spec;
}

/** Some of the responses. */
export function selectDense(responses: DenseResponses, select: Int32Array): DenseResponses {
  const { rows, names, genes, values, weights, trials, categories } = responses;
  const gather = (from: Float64Array) => {
    const out = new Float64Array(select.length * rows);
    select.forEach((g, k) => {
      out.set(from.subarray(g * rows, (g + 1) * rows), k * rows);
    });
    return out;
  };
  return {
    kind: 'dense',
    rows,
    names: Array.from(select, (g) => names[g]),
    ...(genes ? { genes: Array.from(select, (g) => genes[g]) } : {}),
    values: gather(values),
    ...(weights ? { weights: gather(weights) } : {}),
    ...(trials ? { trials: gather(trials) } : {}),
    ...(categories ? { categories } : {}),
  };
}

export function columnOptions({ factor = [], ordered = [] }: InputOptions): ColumnOptions {
  return { factor, ordered };
}

/** Reading no column at all still has to give the number of rows. */
export function columnsOrFirst(columns: string[], names: readonly string[]): readonly string[] {
  return columns.length > 0 ? columns : names.slice(0, 1);
}

export function noLeftSide(formula: Formula, reason: string): void {
  if (formula.responses.length === 0) return;
  throw new FitError('FormulaError', `the formula has a left side, '${formula.responses[0].name}', but ${reason}`, {
    source: formula.source,
    position: 1,
    remedy: 'Begin the formula with ~; choose responses with “responses”.',
  });
}

export function textOptions({ decimal, naStrings }: InputOptions): TextOptions {
  return { ...(decimal === undefined ? {} : { decimal }), ...(naStrings === undefined ? {} : { naStrings }) };
}

/** Options that mean nothing for this kind of data are misuse, not ignored. */
export function misplaced(
  args: Omit<InputOptions, 'obs'>,
  names: readonly (Exclude<keyof InputOptions, 'obs'> & OptionName)[],
  path: string,
  where: 'matrices of counts' | 'tables' = 'matrices of counts',
): void {
  for (const name of names) {
    const value = args[name];
    if (value === undefined || value === 'none' || value === 0 || value === false) continue;
    throw new FitError(
      'OptionError',
      `“${name}” applies to ${where}; ${path} is a ${where === 'tables' ? 'matrix' : 'table'}`,
      {
        option: name,
        remedy:
          conversionAdvice(path) ??
          'Leave the option out; a matrix is an .h5ad file, an .h5 file, a 10x folder, or a table of genes x samples with “obs”.',
      },
    );
  }
}
