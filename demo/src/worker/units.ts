/** What the test of each coefficient of a design rests on, before anything is fitted. */

import type { Design, FitTable, Moments } from 'webgpu-lmm';
import { accumulateMoments, testUnits, unitsText } from 'webgpu-lmm/steps';
import type { FitOutcome } from '../protocol/protocol.ts';

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
  return batches.length === 1 ? unitsOfDesign(batches[0].design) : {};
}

/** Designs up to which the units of each are found: more come of missing values, response by response. */
const MOST_DESIGNS = 400;

/** The same of moments: of the one design of all responses, or of each of several. */
export function unitsOfBatches(
  batches: Moments['batches'],
  table: Pick<FitTable, 'coefficients' | 'contrasts' | 'contrastWeights'>,
): Pick<FitOutcome, 'units' | 'unitsByDesign'> {
  if (batches.length === 1) return { units: unitsOfDesign(batches[0].design, table) };
  if (batches.length > MOST_DESIGNS) return { units: {} };
  const design: number[] = [];
  batches.forEach(({ index }, k) => {
    for (const model of index) design[model] = k;
  });
  return { units: {}, unitsByDesign: { words: batches.map((batch) => unitsOfDesign(batch.design, table)), design } };
}

function unitsOfDesign(
  design: Moments['batches'][number]['design'],
  table?: Pick<FitTable, 'coefficients' | 'contrasts' | 'contrastWeights'>,
): Record<string, string> {
  const found: Record<string, string> = Object.create(null);
  if (design.n <= design.p) return found;
  design.coefficients.forEach((name, k) => {
    if (name === '(Intercept)') return;
    const weights = new Float64Array(design.p);
    weights[k] = 1;
    const units = testUnits(design, weights);
    if (units) found[name] = unitsText(units);
  });
  table?.contrasts.names.forEach((name, c) => {
    const { names } = table.coefficients;
    const all = table.contrastWeights.subarray(c * names.length, (c + 1) * names.length);
    // A design that lacks a coefficient of it has no such contrast.
    if (names.some((own, k) => all[k] !== 0 && !design.coefficients.includes(own))) return;
    const units = testUnits(
      design,
      Float64Array.from(design.coefficients, (own) => all[names.indexOf(own)]),
    );
    if (units) found[name] = unitsText(units);
  });
  return found;
}
