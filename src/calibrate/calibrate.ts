import { throwIfAborted } from '../abort.ts';
import { FitError } from '../errors.ts';
import { refuseFamily } from '../fit/family-options.ts';
import { fitMoments, type MomentFitOptions } from '../fit/fit-moments.ts';
import { hasBlocks } from '../moments/covariance-blocks.ts';
import { seenResponses } from '../moments/merge.ts';
import type { Moments } from '../moments/moments.ts';
import { chosen, numberIfGiven, OPTIONS } from '../options/entries.ts';
import { choiceOf } from '../options/option.ts';
import { runMoments } from '../prepare/prepare-moments.ts';
import type { Run } from '../prepare/run.ts';
import type { OutputTable } from '../result/output-table.ts';
import type { FamilyName } from '../types/family.ts';
import { STATUSES, type Status } from '../types/fit-table.ts';
import { type HypothesisOptions, type NullHypothesis, nullHypotheses } from './null-hypotheses.ts';
import { nullModels, simulateNull } from './null-responses.ts';
import { type NullTruth, nullTruth, truthFormula } from './null-truth.ts';
import { type PermutationUnits, permutationUnits, permuteColumn } from './permutation.ts';
import { columnsOf, evenPlaces, permutedColumn, splitDesigns, splitMoments } from './permuted-responses.ts';
import { type NullPValues, pValueTable, rateTable } from './rejection-rates.ts';
import { CALIBRATED_TESTS, type CalibratedTest, type TestedResponses, testResponses } from './response-tests.ts';

export const CALIBRATION_SCHEMES = OPTIONS.scheme.choices;

/** Options of `calibrate`. */
export interface CalibrationOptions
  extends HypothesisOptions,
    Pick<MomentFitOptions, 'method' | 'backend' | 'precision' | 'threads' | 'memory' | 'onProgress' | 'signal'> {
  /** Tests of each hypothesis in all (2000). */
  readonly simulations?: number | undefined;
  /** A whole number from 0 on (1). */
  readonly seed?: number | undefined;
  /** `simulate` (default) draws responses from fitted models without the effect; `permute` shuffles the column tested. */
  readonly scheme?: (typeof CALIBRATION_SCHEMES)[number] | undefined;
  /**
   * With `simulate`: the formula of the model that null responses are drawn from, which holds the model tested; `model` is that
   * model itself. Without it the model tested, with a term for samples (donor x condition) where it lacks one.
   */
  readonly truth?: string | undefined;
  /** The column shuffled, where the terms tested read several. */
  readonly permute?: string | undefined;
  /** Which tests (all but `bootstrap`, and `kenward-roger` for REML only). */
  readonly tests?: readonly CalibratedTest[] | undefined;
  /** Draws of the test `bootstrap` (400). */
  readonly draws?: number | undefined;
}

/** Type-I errors of tests. */
export interface Calibration {
  readonly scheme: (typeof CALIBRATION_SCHEMES)[number];
  /** `test term level simulations rejections rate se conf.low conf.high`. */
  readonly rates: OutputTable;
  /** The p-values behind them, by hypothesis, then by test. */
  readonly pValues: readonly NullPValues[];
  /** The same as a table: `simulation [response] test term p.value`. */
  pValueTable(): OutputTable;
  /** Permutation of each p-value; null for simulated responses, which are independent. */
  readonly clusters: Int32Array | null;
  /** Fitted models by status, and how many were singular. */
  readonly statuses: Readonly<Partial<Record<Status, number>>>;
  readonly singular: number;
  readonly notes: readonly string[];
}

/** Permutations at least, as the tests of one are no independent ones. */
const PERMUTATIONS = 20;
/** Arrangements below which permutations repeat themselves. */
const FEW_ARRANGEMENTS = 200;

/** `calibrate` (`calibration.ts`) on data that are at hand already. */
export async function calibrateData(
  data: Run,
  options: CalibrationOptions & { readonly formula: string },
): Promise<Calibration> {
  refuseCalibration(data.family?.family);
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
  refuseCalibration(moments.batches[0]?.design.family?.family);
  const asked = checkOptions(options);
  if (asked.scheme === 'permute') {
    throw new FitError('OptionError', 'a permutation needs the rows of the data', {
      option: 'scheme',
      remedy: 'Use the scheme simulate for stored moments.',
    });
  }
  const { method, backend, precision, threads, memory, signal, onProgress } = options;
  const hypotheses = nullHypotheses(moments, options);
  requireSingleRows(hypotheses, asked.tests);
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
  const collected = collector(hypotheses, asked.tests);
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
  const asked = checkOptions(options);
  const { method, backend, precision, threads, memory, signal, onProgress } = options;
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
  const collected = collector(hypotheses, asked.tests);
  const names: string[] = [];
  const clusters: number[] = [];
  for (let number = 0; number < permutations && names.length < asked.simulations; number++) {
    throwIfAborted(signal);
    const table = permuteColumn(data.table, units, asked.seed, number);
    const { parts: permuted } = splitDesigns({ ...data, table }, options.formula);
    const moments = await splitMoments({ ...data, table }, permuted, select);
    // Coefficients in the order of the data: a permutation may alias one.
    const aligned = { ...moments, coefficients: observed.coefficients };
    collected.add(
      await testResponses(aligned, hypotheses, asked.tests, {
        ...{ method, backend, precision, threads, memory, signal, bootstrap: asked.bootstrap },
      }),
    );
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

interface CheckedOptions {
  readonly simulations: number;
  readonly seed: number;
  readonly scheme: (typeof CALIBRATION_SCHEMES)[number];
  readonly tests: readonly CalibratedTest[];
  readonly bootstrap: { readonly draws: number; readonly seed: number } | undefined;
}

function checkOptions(options: CalibrationOptions): CheckedOptions {
  const { method = 'REML' } = options;
  const simulations = numberIfGiven('simulations', options.simulations) ?? OPTIONS.simulations.fallback;
  const seed = numberIfGiven('seed', options.seed) ?? OPTIONS.seed.fallback;
  const draws = numberIfGiven('draws', options.draws);
  const names = options.tests?.map((name) => choiceOf('calibratedTests', name, CALIBRATED_TESTS));
  if (names?.length === 0) throw new FitError('OptionError', 'no test is named', { option: 'calibratedTests' });
  if (method === 'ML' && names?.includes('kenward-roger')) {
    throw new FitError('OptionError', 'Kenward-Roger tests are defined for REML fits', {
      option: 'calibratedTests',
      remedy: 'Leave “method: ML” out, or the test.',
    });
  }
  const offered = CALIBRATED_TESTS.filter(
    (test) => (test !== 'bootstrap' || draws !== undefined) && (test !== 'kenward-roger' || method === 'REML'),
  );
  const tests = names ? CALIBRATED_TESTS.filter((test) => names.includes(test)) : offered;
  if (draws !== undefined && !tests.includes('bootstrap')) {
    throw new FitError('OptionError', 'draws are for the test bootstrap, which is not asked for', {
      option: 'draws',
      remedy: 'Add bootstrap to the tests, or leave the draws out.',
    });
  }
  const bootstrap = tests.includes('bootstrap') ? { draws: draws ?? OPTIONS.draws.fallback, seed } : undefined;
  return {
    simulations,
    seed,
    scheme: chosen('scheme', options.scheme),
    tests,
    bootstrap,
  };
}

/** @throws OptionError for a bootstrap of a term of several coefficients, which is not offered */
function requireSingleRows(hypotheses: readonly NullHypothesis[], tests: readonly CalibratedTest[]): void {
  const joint = hypotheses.find(({ rows }) => rows.length > 1);
  if (!joint || !tests.includes('bootstrap')) return;
  throw new FitError(
    'OptionError',
    `'${joint.name}' has ${joint.rows.length} coefficients: there is no bootstrap of them jointly`,
    {
      option: 'calibratedTests',
      remedy: 'Leave bootstrap out, or name one coefficient or contrast.',
    },
  );
}

/** Gathers tested responses piece by piece. */
function collector(hypotheses: readonly NullHypothesis[], tests: readonly CalibratedTest[]) {
  const pieces: TestedResponses[] = [];
  return {
    add(piece: TestedResponses): void {
      pieces.push(piece);
    },
    finish(
      scheme: Calibration['scheme'],
      clusters: Int32Array | null,
      responses: readonly string[] | null,
      notes: readonly string[],
    ): Calibration {
      const statuses: Partial<Record<Status, number>> = {};
      let singular = 0;
      for (const piece of pieces) {
        for (const code of piece.status) statuses[STATUSES[code]] = (statuses[STATUSES[code]] ?? 0) + 1;
        for (const flag of piece.singular) singular += flag;
      }
      const curves = hypotheses.flatMap(({ name }, h) =>
        tests.map(
          (test, t): NullPValues => ({ test, term: name, pValues: joined(pieces.map((p) => p.pValues[t][h])) }),
        ),
      );
      return {
        scheme,
        rates: rateTable(curves, clusters),
        pValues: curves,
        pValueTable: () => pValueTable(curves, responses),
        clusters,
        statuses,
        singular,
        notes: [...new Set(notes)],
      };
    },
  };
}

function joined(pieces: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** @throws OptionError for generalised models */
function refuseCalibration(family: FamilyName | undefined): void {
  refuseFamily(family, {
    option: 'family',
    what: 'calibration by null responses drawn from moments',
    remedy: 'Draw responses from a saved fit with “from”, and fit them.',
  });
}
