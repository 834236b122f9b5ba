import { FitError, type FitResult, type FitTable } from 'webgpu-lmm';

/** What a session holds of a fit: tables of coefficients and models are made of it, what needs the rows is not there. */
export function resultOfTable(table: FitTable): FitResult {
  const lacking = (): never => {
    throw new FitError('DataError', 'the data of these results are not open', {
      remedy: 'Open the files again and run the fit.',
    });
  };
  return {
    ...{ table, recipe: null, notes: [] },
    ...{ covarianceOfCoefficients: lacking, hypotheses: lacking, smallSample: lacking, eachSample: lacking },
    ...{ randomEffects: lacking, fittedValues: lacking, recipeOf: () => null },
  };
}
