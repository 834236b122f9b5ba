import { throwIfAborted } from '../abort.ts';
import { FitError } from '../errors.ts';
import { fitMoments } from '../fit/fit-moments.ts';
import { hasBlocks } from '../moments/covariance-blocks.ts';
import { seenResponses } from '../moments/merge.ts';
import type { Moments } from '../moments/moments.ts';
import { chosen } from '../options/entries.ts';
import { heldForFamily, runMoments } from '../prepare/prepare-moments.ts';
import type { Run } from '../prepare/run.ts';
import { type CalibrationOptions, checkOptions, requireSingleRows } from './calibration-options.ts';
import { type Calibration, CollectedTests } from './collected-tests.ts';
import { calibrateFamily } from './family-calibration.ts';
import { testFamilyResponses } from './family-tests.ts';
import { type NullHypothesis, nullHypotheses } from './null-hypotheses.ts';
import { nullModels, simulateNull } from './null-responses.ts';
import { type NullTruth, nullTruth, truthFormula } from './null-truth.ts';
import { type PermutationUnits, permutationUnits, permuteColumn } from './permutation.ts';
import { columnsOf, evenPlaces, permutedColumn, splitDesigns, splitMoments } from './permuted-responses.ts';
import { testResponses } from './response-tests.ts';

/** Permutations at least, as the tests of one are no independent ones. */
const PERMUTATIONS = 20;
/** Arrangements below which permutations repeat themselves. */
const FEW_ARRANGEMENTS = 200;

/** `calibrate` (`calibration.ts`) on data that are at hand already. */
export async function calibrateData(
  given: Run,
  options: CalibrationOptions & { readonly formula: string },
): Promise<Calibration> {
  const data = await heldForFamily(given);
  const permuted = chosen('scheme', options.scheme) === 'permute';
  if (data.voom !== undefined) {
    if (permuted) {
      throw new FitError('OptionError', 'the weights of voom depend on the design that a permutation changes', {
        option: 'scheme',
        remedy: 'Use “scheme: simulate”.',
      });
    }
    // The weights belong to the design of the model tested.
    const prepared = await runMoments(data, options.formula);
    return calibrateMoments({ ...prepared.moments, notes: prepared.notes }, options);
  }
  if (permuted) return calibratePermuted(data, options);
  const { parts, notes } = splitDesigns(data, options.formula);
  const moments = await splitMoments(data, parts, undefined);
  const structured = parts.some(({ design }) => hasBlocks(design));
  if (structured && options.truth !== undefined && options.truth !== 'model') {
    throw new FitError('OptionError', 'null responses of a structured covariance are drawn from the model tested', {
      option: 'truth',
      remedy: 'Leave “truth” out, or write “truth: model”.',
    });
  }
  const larger = structured ? null : truthFormula(options.formula, parts, options.truth);
  const truth = larger === null ? undefined : await nullTruth(data, options.formula, larger);
  return calibrateMoments({ ...moments, notes: [...data.notes, ...notes, ...moments.notes] }, options, truth);
}

/**
 * `calibrate` by simulation, from moments alone: no cost depends on the number of rows. Null responses are drawn from
 * `truth`, the model itself without it.
 */
export async function calibrateMoments(
  moments: Moments,
  options: CalibrationOptions,
  truth?: NullTruth,
): Promise<Calibration> {
  const family = moments.batches[0]?.design.family?.family;
  const asked = checkOptions(options, family);
  if (asked.scheme === 'permute') {
    throw new FitError('OptionError', 'a permutation needs the rows of the data', {
      option: 'scheme',
      remedy: 'Use the scheme simulate for stored moments.',
    });
  }
  const hypotheses = nullHypotheses(moments, options);
  requireSingleRows(hypotheses, asked.tests);
  if (family !== undefined) return calibrateFamily(moments, hypotheses, asked, options, truth);
  const { method, backend, precision, threads, memory, signal, onProgress } = options;
  const fit = await fitMoments(truth?.moments ?? moments, {
    method,
    backend,
    precision,
    threads,
    memory,
    signal,
    ddf: 'asymptotic',
    adjust: 'none',
  });
  const models = nullModels(fit, asked.simulations);
  const collected = new CollectedTests(hypotheses, asked.tests);
  let done = 0;
  for (const drawn of simulateNull(truth?.moments ?? moments, models, asked.seed)) {
    throwIfAborted(signal);
    // Coefficients in the order of the hypotheses.
    const piece = truth ? { ...truth.reduce(drawn), coefficients: moments.coefficients } : drawn;
    const share = piece.names.length;
    collected.add(
      await testResponses(piece, hypotheses, asked.tests, {
        ...{ method, backend, precision, threads, memory, signal, bootstrap: asked.bootstrap },
        onFits: (fits, all) => onProgress?.('fit', done + Math.floor((fits / all) * share), models.length),
      }),
      hypotheses,
    );
    done += share;
  }
  const assumed = truth
    ? `null responses are drawn from ${truth.formula.trim()}, fitted to the data: what the model tested leaves out of it shows`
    : 'null responses are drawn from the model tested, fitted to the data: a random term that it lacks does not show';
  return collected.finish('simulate', null, null, [...moments.notes, assumed]);
}

async function calibratePermuted(
  data: Run,
  options: CalibrationOptions & { readonly formula: string },
): Promise<Calibration> {
  const asked = checkOptions(options, data.family?.family);
  const { method, reml, nagq, backend, precision, threads, memory, signal, onProgress } = options;
  const fits = { backend, precision, threads, memory, signal, bootstrap: asked.bootstrap };
  const { parts, notes: splitNotes } = splitDesigns(data, options.formula);
  if (parts.some(({ design }) => hasBlocks(design))) {
    throw new FitError(
      'OptionError',
      'rows of a structured covariance are not exchangeable, so that none is permuted',
      {
        option: 'scheme',
        remedy: 'Use “scheme: simulate”.',
      },
    );
  }
  const observed = await splitMoments(data, parts, undefined);
  const notes = [...data.notes, ...splitNotes, ...observed.notes];
  const hypotheses = permutedHypotheses(observed, options);
  requireSingleRows(hypotheses, asked.tests);
  const column = permutedColumn(observed, hypotheses, options.permute);
  const units = parts.map(({ design }) => permutationUnits(data.table, design, column));
  notes.push(...unitNotes(units));

  const responses = observed.names.length;
  if (responses === 0) throw new FitError('DataError', 'there are no responses', { option: 'responses' });
  const permutations = Math.max(Math.min(PERMUTATIONS, asked.simulations), Math.ceil(asked.simulations / responses));
  const places = evenPlaces(responses, Math.ceil(asked.simulations / permutations));
  const select = keptIn(observed, places, data);
  const collected = new CollectedTests(hypotheses, asked.tests);
  const names: string[] = [];
  const clusters: number[] = [];
  for (let number = 0; number < permutations && names.length < asked.simulations; number++) {
    throwIfAborted(signal);
    const table = permuteColumn(data.table, units, asked.seed, number);
    const { parts: permuted } = splitDesigns({ ...data, table }, options.formula);
    const moments = await splitMoments({ ...data, table }, permuted, select);
    // Coefficients in the order of the data: a permutation may alias one.
    const aligned = { ...moments, coefficients: observed.coefficients };
    const tested = data.family
      ? await testFamilyResponses(aligned, hypotheses, asked.tests, { ...fits, reml, nagq })
      : await testResponses(aligned, hypotheses, asked.tests, { ...fits, method });
    collected.add(tested, hypotheses);
    names.push(...aligned.names);
    for (const _ of aligned.names) clusters.push(number);
    onProgress?.('fit', names.length, permutations * places.length);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return collected.finish('permute', Int32Array.from(clusters), names, notes);
}

/** Every coefficient that reads the column, where --permute alone is given. */
function permutedHypotheses(moments: Moments, options: CalibrationOptions): NullHypothesis[] {
  const all = nullHypotheses(moments, options);
  const { permute, terms = [], contrasts = {} } = options;
  if (permute === undefined || terms.length > 0 || Object.keys(contrasts).length > 0) return all;
  const own = all.filter((hypothesis) => columnsOf(moments, hypothesis).includes(permute));
  return own.length > 0 ? own : all;
}

/** Picks the same responses of each split again, whatever the design; `places` count over all splits. */
function keptIn(observed: Moments, places: Int32Array, data: Run): (moments: Moments) => Int32Array {
  const wanted = new Set(Array.from(places, (m) => observed.names[m]));
  return (moments) => seenResponses(moments, data.minCells).filter((g) => wanted.has(moments.names[g]));
}

function unitNotes(units: readonly PermutationUnits[]): string[] {
  const [{ column, group, within, logArrangements }] = units;
  const inside = within.length > 0 ? `, within ${within.join(' and ')}` : '';
  const notes = [`'${column}' is shuffled between ${group === null ? 'rows' : `the levels of ${group}`}${inside}`];
  if (logArrangements < Math.log(FEW_ARRANGEMENTS)) {
    notes.push(
      `there are only ${Math.round(Math.exp(logArrangements))} arrangements of '${column}', which permutations repeat: “scheme: simulate” says more`,
    );
  }
  return notes;
}
