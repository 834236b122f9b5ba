/**
 * Null responses of generalised models. No test of theirs is free of what the other coefficients are, as those of linear models are, so
 * that each hypothesis has draws of its own: from the model under the hypothesis, fitted to the data, with new random effects.
 */
import { FitError } from '../errors.ts';
import { fitMoments, type MomentFitOptions } from '../fit/fit-moments.ts';
import { modelLocator } from '../fit/readable-fit.ts';
import { FamilySimulator } from '../glmm/family-simulator.ts';
import { fitRowLayout } from '../glmm/fit-row.ts';
import { hasInterpolatedOffsets, withOffsetPoints } from '../glmm/offset-points.ts';
import { type FamilyEvidence, undrawable } from '../moments/family-evidence.ts';
import { selectMoments } from '../moments/merge.ts';
import { emptyResponseMoments, type MomentBatch, type Moments } from '../moments/moments.ts';
import { streamNumber } from '../numeric/counter-normals.ts';
import { Random } from '../simulate/random.ts';
import { isCounts } from '../types/family.ts';
import { STATUSES } from '../types/fit-table.ts';
import { type ConstrainedMoments, constrainedMoments, type NullBasis } from './constrained-moments.ts';
import type { NullHypothesis } from './null-hypotheses.ts';
import { HELD_VALUES, STREAM_CALIBRATION } from './null-responses.ts';
import { evenPlaces } from './permuted-responses.ts';

/** A fitted model that null responses are drawn from, in the coefficients of the design of its batch. */
export interface FamilyNull {
  readonly batch: MomentBatch;
  readonly beta: Float64Array;
  readonly theta: Float64Array;
  readonly extras: Float64Array;
}

/** Options of the fits. */
export type NullFitOptions = Pick<
  MomentFitOptions,
  'reml' | 'nagq' | 'backend' | 'precision' | 'threads' | 'memory' | 'signal'
>;

/**
 * Moments whose responses can be drawn: interpolated offsets of negative binomials become points with the same moments, which a note
 * says.
 *
 * @throws OptionError where rows are not known
 */
export function drawableMoments(moments: Moments): { readonly moments: Moments; readonly notes: readonly string[] } {
  let replaced = false;
  const batches = moments.batches.map((batch): MomentBatch => {
    const { design } = batch;
    const { family } = design;
    if (!family) throw new RangeError('the design has no family');
    replaced ||= hasInterpolatedOffsets(family);
    const drawn = withOffsetPoints(family);
    const why = undrawable(drawn, design.logDetW !== 0);
    if (why !== null) {
      throw new FitError('OptionError', `null responses cannot be drawn: ${why}`, {
        option: 'scheme',
        remedy: 'Use “scheme: permute”.',
      });
    }
    return drawn === family ? batch : { ...batch, design: { ...design, family: drawn } };
  });
  const notes = replaced
    ? [
        'null responses have few offsets for the rows of a stratum, with the mean, the variance and the further moments of their own ones',
      ]
    : [];
  return { moments: { ...moments, batches }, notes };
}

/**
 * The model of each simulation: responses fitted under the hypothesis in turn or, where there are more of them than simulations, as
 * many at equal distances. `drawable` are the same moments as responses can be drawn of.
 *
 * Rejects with DataError where no response has a fit.
 */
export async function familyNulls(
  moments: Moments,
  drawable: Moments,
  hypothesis: NullHypothesis,
  simulations: number,
  options: NullFitOptions,
): Promise<FamilyNull[]> {
  const places = evenPlaces(moments.names.length, simulations);
  const [own, drawn] = [moments, drawable].map((each) => selectMoments(each, places));
  const constrained = constrainedMoments(own, hypothesis);
  const known = await fittedNulls(constrained, drawn.batches, options);
  if (known.length === 0) {
    throw new FitError('DataError', `no response has a fit without '${hypothesis.name}' to draw from`, {
      remedy: 'Fit the data, and look at the status of each response in the table glance.',
    });
  }
  return Array.from({ length: simulations }, (_, s) => known[s % known.length]);
}

async function fittedNulls(
  { moments, bases }: ConstrainedMoments,
  batches: readonly MomentBatch[],
  options: NullFitOptions,
): Promise<FamilyNull[]> {
  const fit = await fitMoments(moments, { ...options, ddf: 'asymptotic', adjust: 'none' });
  const { locate } = modelLocator(fit);
  const found: FamilyNull[] = [];
  for (let m = 0; m < fit.table.models; m++) {
    // What goes to infinity has no draws but extremes.
    const located = STATUSES[fit.table.status[m]] === 'ok' && fit.table.converged[m] === 1 ? locate(m) : null;
    if (!located) continue;
    const { batch, theta: row } = located;
    const at = moments.batches.indexOf(batch);
    const { p, m: covariances, extraErrors } = fitRowLayout(batch.design);
    found.push({
      batch: batches[at],
      beta: combined(bases[at], row.subarray(0, p)),
      theta: row.slice(p, p + covariances),
      extras: row.slice(p + covariances, extraErrors),
    });
  }
  return found;
}

/** b = N c. */
function combined({ free, basis }: NullBasis, c: Float64Array): Float64Array {
  const p = free.length === 0 ? 0 : basis.length / free.length;
  const beta = new Float64Array(p);
  for (let k = 0; k < p; k++) for (let f = 0; f < free.length; f++) beta[k] += basis[k * free.length + f] * c[f];
  return beta;
}

/**
 * Moments of drawn responses, piece by piece so that memory stays bounded. Numbers are functions of the seed, the hypothesis and the
 * number of the simulation alone.
 */
export function* drawFamilyNulls(
  moments: Moments,
  nulls: readonly FamilyNull[],
  hypothesis: NullHypothesis,
  seed: number,
): Generator<Moments> {
  const simulators = new Map<MomentBatch, DescribedDraws>();
  const stream = streamNumber(hypothesis.name);
  for (let from = 0; from < nulls.length; ) {
    const groups = new Map<
      FamilyEvidence,
      { readonly batch: MomentBatch; readonly draws: Drawn[]; readonly at: number[] }
    >();
    let to = from;
    for (let held = 0; to < nulls.length && held < HELD_VALUES; to++) {
      const { batch, beta, theta, extras } = nulls[to];
      let simulator = simulators.get(batch);
      if (!simulator) {
        simulator = new DescribedDraws(batch.design.family as FamilyEvidence); // `drawableMoments` has asked
        simulators.set(batch, simulator);
      }
      const drawn = simulator.draw(new Random(seed, stream, to, STREAM_CALIBRATION), beta, theta, extras);
      held += drawn.values.length;
      const group = groups.get(drawn.evidence) ?? { batch, draws: [], at: [] };
      group.draws.push(drawn);
      group.at.push(to - from);
      groups.set(drawn.evidence, group);
    }
    const batches = [...groups].map(([family, { batch, draws, at }]): MomentBatch => {
      const design = { ...batch.design, family };
      const responses = emptyResponseMoments(design, draws.length);
      draws.forEach(({ values, constant }, k) => {
        responses.family?.set(values, k * family.width);
        responses.constant[k] = constant ? 1 : 0;
      });
      return { design, responses, index: Int32Array.from(at) };
    });
    const names = Array.from({ length: to - from }, (_, k) => `simulation ${from + k + 1}`);
    const { formula, coefficients } = moments;
    yield { formula, names, batches, coefficients, notes: [] };
    from = to;
  }
}

interface Drawn {
  /** What the values are numbers of; the same object for draws that may share a batch. */
  readonly evidence: FamilyEvidence;
  readonly values: Float64Array;
  /** Whether there is nothing to fit. */
  readonly constant: boolean;
}

/** Draws of one design with what fits have to know of them. */
class DescribedDraws {
  private readonly simulator: FamilySimulator;
  /** Of ordinal responses by the categories in use. */
  private readonly used = new Map<string, FamilyEvidence>();

  constructor(evidence: FamilyEvidence) {
    this.simulator = new FamilySimulator(evidence);
  }

  draw(random: Random, beta: Float64Array, theta: Float64Array, extras: Float64Array): Drawn {
    const { simulator } = this;
    simulator.draw(random, beta, theta, extras);
    const { evidence, values } = simulator;
    const { family, rows, mass } = evidence;
    if (family === 'cumulative') return this.usedCategories(values);
    const sum = values.subarray(0, rows).reduce((total, value) => total + value, 0);
    const trials = family === 'binomial' ? mass.reduce((total, value) => total + value, 0) : Number.NaN;
    const constant = (isCounts(family) && sum === 0) || (family === 'binomial' && (sum === 0 || sum === trials));
    return { evidence, values: values.slice(), constant };
  }

  /** A category that no row has is none of the response, as of data. */
  private usedCategories(values: Float64Array): Drawn {
    const { evidence } = this.simulator;
    const { rows, categories } = evidence;
    const counts = categories.map((_, j) => values.subarray(j * rows, (j + 1) * rows));
    const kept = [...categories.keys()].filter((j) => counts[j].some((count) => count > 0));
    const key = kept.join();
    const own = this.used.get(key) ?? {
      ...evidence,
      ...{ statistics: kept.length, categories: kept.map((j) => categories[j]), width: kept.length * rows + 1 },
    };
    this.used.set(key, own);
    const out = new Float64Array(own.width);
    kept.forEach((j, k) => {
      out.set(counts[j], k * rows);
    });
    return { evidence: own, values: out, constant: kept.length < 2 };
  }
}
