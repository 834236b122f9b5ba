import { FitError } from '../errors.ts';
import { evaluateResponse } from '../formula/expression.ts';
import type { Formula } from '../formula/parse.ts';
import { responseExpressions } from '../formula/parse.ts';
import { designRecipe } from '../formula/recipe.ts';
import type { DenseResponses, Design, Table } from '../types.ts';
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

/** Moments of dense responses under one design. The batches keep their designs, for fitted values. */
export function denseMoments(
  design: Design,
  responses: DenseResponses,
): Moments & { readonly batches: readonly DenseBatch[] } {
  const { rows, names, values, weights } = responses;
  const last = design.n > 0 ? design.rows[design.n - 1] : -1;
  const sizes = [values, ...(weights ? [weights] : [])].every((array) => array.length === rows * names.length);
  if (last >= rows || !sizes) {
    throw new FitError(
      'DataError',
      last >= rows
        ? `the design uses row ${last + 1}, but the responses have ${rows} rows`
        : `the values (or weights) of ${names.length} responses do not fill ${rows} rows each`,
      { remedy: 'Pass responses over the same rows as the table that the design was built on.' },
    );
  }
  const recipe = designRecipe(design);
  const batches = accumulateDense(design, responses, recipe);
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
