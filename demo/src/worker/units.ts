/** What the test of each coefficient of a design rests on, before anything is fitted. */

import type { Design, Moments } from 'webgpu-lmm';
import { testUnits, unitsText } from 'webgpu-lmm/statistics';
import { accumulateMoments } from 'webgpu-lmm/steps';

/** Cells of X up to which the sums of a design are formed while its formula is being written. */
const MOST_CELLS = 50_000_000;

/** Words by coefficient, such as "levels of 'donor', 6 against 6"; none for a mean, and for designs that are too large to look at. */
export async function unitsOfTests(design: Design): Promise<Record<string, string>> {
  const { names } = design.fixed;
  if (design.n * names.length > MOST_CELLS || design.n <= names.length) return {};
  const { batches } = await accumulateMoments(design, {
    kind: 'dense',
    rows: design.rows[design.n - 1] + 1,
    names: ['a response'],
    values: new Float64Array(design.rows[design.n - 1] + 1),
  });
  return unitsOfBatches(batches);
}

/** The same of moments with one design for all responses; none of others, whose units differ. */
export function unitsOfBatches(batches: Moments['batches']): Record<string, string> {
  const found: Record<string, string> = Object.create(null);
  if (batches.length !== 1) return found;
  const [{ design }] = batches;
  if (design.n <= design.p) return found;
  design.coefficients.forEach((name, k) => {
    if (name === '(Intercept)') return;
    const weights = new Float64Array(design.p);
    weights[k] = 1;
    const units = testUnits(design, weights);
    if (units) found[name] = unitsText(units);
  });
  return found;
}
