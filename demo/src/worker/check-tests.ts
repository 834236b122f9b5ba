/** Whether a design can be tested as the settings want it, before anything is fitted. */

import { type Design, isFitError } from 'webgpu-lmm';
import { accumulateMoments, fitMoments } from 'webgpu-lmm/steps';
import type { ErrorReport, Inspection } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { describeError } from './error-report.ts';
import { fitOptions } from './run-options.ts';

/**
 * Fits no response of the design, once for each contrast: the library checks its options before it fits, and says what is
 * wrong in its own words. `coefficients` are those of all splits.
 */
export async function checkTests(
  design: Design,
  coefficients: readonly string[],
  settings: Settings,
): Promise<Pick<Inspection, 'contrastErrors' | 'optionError'>> {
  // Names of the user's own: `__proto__` is one.
  const contrastErrors: Record<string, ErrorReport> = Object.create(null);
  const none = await accumulateMoments(design, {
    kind: 'dense',
    rows: rowsBehind(design),
    names: [],
    values: new Float64Array(0),
  });
  const moments = { ...none, coefficients };
  // Families have options of their own, which moments without responses do not know.
  const options = settings.family === 'gaussian' ? fitOptions(settings) : {};
  const refusal = async (contrasts: Readonly<Record<string, string>>): Promise<ErrorReport | null> => {
    try {
      await fitMoments(moments, { ...options, contrasts, backend: 'cpu', threads: 1 });
      return null;
    } catch (error) {
      if (!isFitError(error)) throw error;
      return describeError(error);
    }
  };
  const optionError = await refusal({});
  if (optionError) return { contrastErrors, optionError };
  for (const { name, expression } of settings.contrasts) {
    const error = await refusal({ [name]: expression });
    if (error) contrastErrors[name] = error;
  }
  return { contrastErrors, optionError: null };
}

/** Rows of the table behind a design, as far as it uses them. */
function rowsBehind({ rows, n }: Design): number {
  return n === 0 ? 0 : rows[n - 1] + 1;
}
