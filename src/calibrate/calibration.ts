/** Calibration as the library offers it; what it does is loaded when it is asked for. */
import type { ComparisonDataOptions } from '../compare/model-family.ts';
import type { ResponseMatrix } from '../prepare/given-data.ts';
import type { Input } from '../prepare/input.ts';
import { prepare } from '../prepare/run.ts';
import type { Table } from '../types/table.ts';
import type { CalibrationOptions } from './calibration-options.ts';
import type { Calibration } from './collected-tests.ts';

/**
 * Type-I error of tests of fixed effects at 5 %, 1 % and 0.1 %, on the rows, groups and covariates of the user's own data.
 * What `readInput` read serves as a table does.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse, AbortError when the signal fires.
 */
export async function calibrate(
  data: Table | ResponseMatrix | Input,
  options: CalibrationOptions & ComparisonDataOptions & { readonly formula: string },
): Promise<Calibration> {
  const { calibrateData } = await import('./calibrate.ts');
  return calibrateData(await prepare(data, options, options.onProgress, options.signal), options);
}
