import { FitError, type FitResult, type FitTable, outputBlob } from 'webgpu-lmm';
import type { ExportRequest } from './protocol.ts';

/** The table that was asked for, as the command writes it. */
export function exportBlob(result: FitResult, target: ExportRequest): Promise<Blob> {
  return outputBlob(result, target);
}

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
