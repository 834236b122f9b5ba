import { FitError } from '../errors.ts';
import { evaluateResponse } from '../formula/expression.ts';
import type { Formula } from '../formula/parse.ts';
import { responseExpressions } from '../formula/parse.ts';
import { designRecipe } from '../formula/recipe.ts';
import type { Design } from '../types/design.ts';
import type { DenseResponses } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import { accumulateDense, coefficientUnion, type DenseBatch } from './accumulate.ts';
import type { Moments } from './moments.ts';

/** The responses that the left side of a formula names, over all rows of the table. */
export function tableResponses(formula: Formula, table: Table): DenseResponses {
  const expressions = responseExpressions(formula);
  const values = new Float64Array(expressions.length * table.rows);
  expressions.forEach(({ expression }, k) => {
    values.set(evaluateResponse(expression, table, formula.source), k * table.rows);
  });
  return { kind: 'dense', rows: table.rows, names: expressions.map(({ name }) => name), values };
}

/** Moments of responses in memory, with batches that keep their designs, for fitted values. */
export type DenseMoments = Moments & { readonly batches: readonly DenseBatch[] };

/** Moments of dense responses under one design. */
export function denseMoments(design: Design, responses: DenseResponses): DenseMoments {
  checkDense(design, responses);
  return joinDense(design, responses, accumulateDense(design, responses, designRecipe(design)));
}

/** @throws DataError for responses that are not over the rows of the design's table */
export function checkDense(design: Design, { rows, names, values, weights }: DenseResponses): void {
  const last = design.n > 0 ? design.rows[design.n - 1] : -1;
  const sizes = [values, ...(weights ? [weights] : [])].every((array) => array.length === rows * names.length);
  if (last < rows && sizes) return;
  throw new FitError(
    'DataError',
    last >= rows
      ? `the design uses row ${last + 1}, but the responses have ${rows} rows`
      : `the values (or weights) of ${names.length} responses do not fill ${rows} rows each`,
    { remedy: 'Pass responses over the same rows as the table that the design was built on.' },
  );
}

/** The run that the batches of a design make. */
export function joinDense(design: Design, responses: DenseResponses, batches: readonly DenseBatch[]): DenseMoments {
  const recipe = designRecipe(design);
  return {
    formula: design.formula,
    names: responses.names,
    ...(responses.genes ? { genes: responses.genes } : {}),
    batches,
    coefficients: coefficientUnion([{ coefficients: design.fixed.names }, ...batches.map((batch) => batch.design)]),
    notes: design.notes,
    ...(recipe ? { recipe } : {}),
  };
}
