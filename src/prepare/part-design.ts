/** The rows of a part in the columns and levels of the whole design. */
import { selectRows } from '../data/table/table-rows.ts';
import { FitError, isFitError } from '../errors.ts';
import { dropUnused } from '../formula/grouping.ts';
import { fixedMatrixOfRows, offsetOfRows, randomTermsOfRows } from '../formula/recipe.ts';
import type { DesignSplit } from '../moments/parts/part.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import type { Table } from '../types/table.ts';

/**
 * The design on some rows of a table; levels of grouping factors are those that the rows have.
 *
 * @param complete responses that a row must have
 * @throws FitError DataError for a level that the design does not have, and for weights that are negative
 */
export function partDesign(
  { recipe }: DesignSplit,
  table: Table,
  rows: Int32Array,
  complete: readonly Float64Array[] = [],
): Design {
  const own = selectRows(table, rows);
  const fixed = ofDesign(() => fixedMatrixOfRows(recipe, own));
  const random = ofDesign(() => randomTermsOfRows(recipe, own));
  const offset = offsetOfRows(recipe, own);
  const weights = weightsOf(recipe.weights, own);
  const n = rows.length;
  const p = fixed.names.length;
  const missing = (values: Float64Array, columns: number, i: number): boolean => {
    for (let k = 0; k < columns; k++) if (Number.isNaN(values[k * n + i])) return true;
    return false;
  };
  const keep = Int32Array.from({ length: n }, (_, i) => i).filter(
    (i) =>
      !missing(fixed.values, p, i) &&
      random.every(({ z, names, codes }) => codes[i] !== -2 && !missing(z, names.length, i)) &&
      !(offset && Number.isNaN(offset[i])) &&
      !(weights && !(weights[i] > 0)) &&
      !complete.some((values) => Number.isNaN(values[rows[i]])),
  );
  const gather = (values: Float64Array, columns: number): Float64Array => {
    const out = new Float64Array(keep.length * columns);
    for (let k = 0; k < columns; k++) {
      for (let at = 0; at < keep.length; at++) out[k * keep.length + at] = values[k * n + keep[at]];
    }
    return out;
  };
  return {
    formula: recipe.formula,
    rows: keep.map((i) => rows[i]),
    n: keep.length,
    fixed: {
      names: recipe.fixed.names,
      assign: recipe.fixed.assign,
      termLabels: ['(Intercept)', ...recipe.fixed.terms.map(({ label }) => label)],
      x: gather(fixed.values, p),
      dropped: recipe.fixed.dropped,
    },
    random: random.map(({ group, names, levels, codes, z, newLevels }): RandomTerm => {
      const kept = keep.map((i) => codes[i]);
      const at = kept.indexOf(-1);
      if (at >= 0) throw unknownLevel(group, newLevels.get(keep[at]) ?? '', table.path);
      return { group, names, ...dropUnused({ levels, codes: kept }), z: gather(z, names.length) };
    }),
    ...(weights ? { weights: gather(weights, 1) } : {}),
    ...(offset ? { offset: gather(offset, 1) } : {}),
    notes: [],
  };
}

/** What is said of a fit, said of the design of a part. */
function ofDesign<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isFitError(error, 'DataError')) throw error;
    throw new FitError(
      'DataError',
      error.message.replace('which the fit did not have', 'which the design does not have'),
      {
        ...error.fields,
        remedy: 'Make the design anew from all files, this one among them.',
      },
    );
  }
}

function unknownLevel(group: string, level: string, path: string | undefined): FitError {
  return new FitError('DataError', `'${group}' has the level '${level}', which the design does not have`, {
    path,
    remedy: 'Make the design anew from all files, this one among them.',
  });
}

function weightsOf(name: string | null, table: Table): Float64Array | null {
  const column = name === null ? undefined : table.columns.get(name);
  if (column === undefined || column.kind === 'factor') return null;
  const row = column.values.findIndex((weight) => weight < 0);
  if (row < 0) return column.values;
  throw new FitError('DataError', `the weight '${name}' is ${column.values[row]} in row ${row + 1}`, {
    option: 'weights',
    path: table.path,
    remedy: 'Weights are positive; 0 leaves a row out.',
  });
}
