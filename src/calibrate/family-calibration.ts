import { throwIfAborted } from '../abort.ts';
import type { Moments } from '../moments/moments.ts';
import type { CalibrationOptions, CheckedOptions } from './calibration-options.ts';
import { type Calibration, CollectedTests } from './collected-tests.ts';
import { drawableMoments, drawFamilyNulls, familyNulls } from './family-nulls.ts';
import { testFamilyResponses } from './family-tests.ts';
import type { NullHypothesis } from './null-hypotheses.ts';
import type { NullTruth } from './null-truth.ts';

/**
 * Type-I errors of tests of generalised models, hypothesis by hypothesis: responses are drawn from fits of the model under it, or of
 * `truth` under it, and tested.
 *
 * Rejects with OptionError where responses cannot be drawn, DataError where no model under a hypothesis has a fit.
 */
export async function calibrateFamily(
  moments: Moments,
  hypotheses: readonly NullHypothesis[],
  { simulations, seed, tests, bootstrap }: CheckedOptions,
  { reml, nagq, backend, precision, threads, memory, signal, onProgress }: CalibrationOptions,
  truth?: NullTruth,
): Promise<Calibration> {
  const fits = { reml, backend, precision, threads, memory, signal };
  const source = truth?.moments ?? moments;
  const drawable = drawableMoments(source);
  const collected = new CollectedTests(hypotheses, tests);
  const total = hypotheses.length * simulations;
  let done = 0;
  for (const hypothesis of hypotheses) {
    const own = truth ? inTruth(hypothesis, moments, truth) : hypothesis;
    // Several random effects have no quadrature.
    const nulls = await familyNulls(source, drawable.moments, own, simulations, truth ? fits : { ...fits, nagq });
    for (const drawn of drawFamilyNulls(source, nulls, own, seed)) {
      throwIfAborted(signal);
      const piece = { ...(truth ? truth.reduce(drawn) : drawn), coefficients: moments.coefficients };
      const tested = await testFamilyResponses(piece, [hypothesis], tests, {
        ...{ ...fits, nagq, bootstrap },
        onFits: (count) => onProgress?.('fit', done + count, total),
      });
      collected.add(tested, [hypothesis]);
      done += piece.names.length;
    }
  }
  return collected.finish('simulate', null, null, [...moments.notes, ...drawable.notes, assumed(truth)]);
}

function assumed(truth: NullTruth | undefined): string {
  return truth
    ? `null responses are drawn from ${truth.formula.trim()} without the effect tested, fitted to the data: what the model tested leaves out of it shows`
    : 'null responses are drawn from the model tested without the effect, fitted to the data: a random term that it lacks does not show';
}

/** A hypothesis over the coefficients of the model that responses are drawn from, which has those of the model tested. */
function inTruth({ name, rows }: NullHypothesis, { coefficients }: Moments, truth: NullTruth): NullHypothesis {
  const places = truth.moments.coefficients.map((own) => coefficients.indexOf(own));
  return { name, rows: rows.map((row) => Float64Array.from(places, (place) => (place < 0 ? 0 : row[place]))) };
}
