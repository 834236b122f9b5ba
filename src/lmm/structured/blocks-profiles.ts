/**
 * Profile-likelihood intervals of models with a covariance by blocks: where the deviance, minimised over everything else, is a
 * quantile of chi-squared above its minimum. A parameter of the covariance is held on the scale on which it is nearly normal
 * (`held-search.ts`), a coefficient by taking its direction out of the blocks (`held-coefficient.ts`); each search begins at the
 * nearest point of the profile that is known. Fits must be those of maximum likelihood.
 */
import type { CovarianceBlocks } from '../../moments/covariance-evidence.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import { studentQuantile } from '../../numeric/distributions/student-quantile.ts';
import type { Fits } from '../engine.ts';
import type { IntervalOptions, IntervalReason } from '../intervals/interval-options.ts';
import { type IntervalFinder, writeInterval } from '../intervals/intervals.ts';
import { type Crossing, findCrossing } from '../intervals/profile-crossing.ts';
import { BlocksObjective } from './blocks-objective.ts';
import type { CovarianceParameters } from './covariance-parameters.ts';
import { type CovarianceQuantity, covarianceQuantities } from './covariance-quantities.ts';
import { CovarianceSearch } from './covariance-search.ts';
import { type HeldCoefficient, holdCoefficient } from './held-coefficient.ts';
import { HeldQuantity } from './held-quantity.ts';
import { HeldSearch, PROFILE_CERTIFICATE } from './held-search.ts';
import { fromNormal, type NormalScale, toNormal } from './normal-scale.ts';

/** What fits profiles. */
export interface BlocksProfiles {
  readonly parameters: CovarianceParameters;
  readonly evidence: CovarianceBlocks;
  /** 1 for elements of t that no block tells anything of. */
  readonly idle: Uint8Array;
  readonly objective: BlocksObjective;
  /** Weights of the coefficients and contrasts in the basis of X, columns x p. */
  readonly rows: Float64Array;
  readonly columns: number;
  /** Whether there are so few data that the likelihood may have a second maximum. */
  readonly isSmall: boolean;
  /** The parameters of row `at`, in the units of the response; zeros where nothing is known of them. */
  parametersOf(fits: Fits, at: number): Float64Array;
  /** Loads a response; parameters are given for it times the scale that is returned. */
  load(batch: MomentBatch, k: number): number;
  rescale(t: Float64Array, factor: number): Float64Array;
  /** Where searches of the loaded response may begin. */
  starts(batch: MomentBatch, k: number, scale: number): Float64Array[];
}

const LOST: IntervalReason = 'the profile could not be followed to its limit';
const UNDEFINED: IntervalReason = 'a standard deviation is estimated as zero: the correlation is not defined';
const FIXED: IntervalReason = 'the structure of the covariance fixes it: there is nothing to tell';
/** Distance below its logarithm at which a standard deviation is zero, and beyond which a correlation is at its end. */
const ZERO = 14;
const END = 7;
/** Standard deviation of a random effect, in that of the residuals, below which it is absent, and with it its correlations. */
const ABSENT = 1e-6;
/** Where the search for the upper limit of an absent one begins. */
const FIRST = 0.3;
/** Halvings of the way to a point that a search from its neighbour does not reach. */
const MOST_STAGES = 2;
/** Share of an effect's standard deviation left at which a correlation with it says nothing any more. */
const VANISHING = 1e-3;
/** Deviances this near are of one minimum. */
const SAME_MINIMUM = 1e-5;
/** Numbers of blocks without a coefficient that are kept for other responses. */
const MOST_KEPT = 1e7;

/** The deviance above its minimum, from the nearest known point or, thoroughly, from several; NaN where that fails. */
type Excess = (x: number, thorough: boolean) => number;
/** A point of a profile. */
interface Known {
  readonly x: number;
  readonly t: Float64Array;
}

export function blocksProfiles(
  design: DesignMoments,
  fitter: BlocksProfiles,
  { level, asked }: IntervalOptions,
): IntervalFinder {
  const { parameters, evidence, idle, objective, rows, columns, isSmall } = fitter;
  const { p } = design;
  const z = studentQuantile(0.5 + level / 2, Number.POSITIVE_INFINITY);
  const { members } = covarianceQuantities(design);
  const free = Int32Array.from(idle.keys()).filter((k) => idle[k] === 0);
  const search = new HeldSearch(objective, free);
  const held = members.map((member) => new HeldQuantity(member, free));
  const kept = new Map<number, ReturnType<typeof withoutColumn>>();
  let keptNumbers = 0;

  /** The blocks without the direction of a column of estimates, with their search. */
  function withoutColumn(c: number): {
    readonly blocks: HeldCoefficient;
    readonly objective: BlocksObjective;
    readonly search: CovarianceSearch;
  } {
    const blocks = holdCoefficient(evidence, p, rows.subarray(c * p, (c + 1) * p));
    const own = new BlocksObjective(parameters, blocks.evidence, p - 1, false);
    return { blocks, objective: own, search: new CovarianceSearch(own, idle) };
  }

  function columnOf(c: number): ReturnType<typeof withoutColumn> {
    const known = kept.get(c);
    if (known) return known;
    const made = withoutColumn(c);
    keptNumbers += made.blocks.evidence.blocks.reduce((sum, { q }) => sum + q.length, 0);
    if (keptNumbers > MOST_KEPT) {
      kept.clear();
      keptNumbers = 0;
    }
    kept.set(c, made);
    return made;
  }

  /** Where `reach` gets to at x from the nearest point known, in stages where it does not at once. */
  function follow(
    known: Known[],
    x: number,
    reach: (x: number, start: Float64Array) => number,
    stages: number,
  ): number {
    let near = known[0];
    for (const entry of known) if (Math.abs(entry.x - x) < Math.abs(near.x - x)) near = entry;
    const value = reach(x, near.t);
    if (!Number.isNaN(value) || stages === 0) return value;
    const middle = (near.x + x) / 2;
    return Number.isNaN(follow(known, middle, reach, stages - 1)) ? value : follow(known, x, reach, stages - 1);
  }

  /** An excess whose points are reached by a search that gives the end point and its value, NaN without a certificate. */
  function excessOf(
    first: Known,
    cold: () => readonly Float64Array[],
    minimise: (x: number, start: Float64Array) => { readonly t: Float64Array; readonly value: number },
    lowest: number,
    stages = MOST_STAGES,
  ): Excess {
    const known = [first];
    const reach = (x: number, start: Float64Array): number => {
      const { t, value } = minimise(x, start);
      if (!Number.isNaN(value)) known.push({ x, t });
      return value;
    };
    return (x, thorough) => {
      let value = follow(known, x, reach, stages);
      for (const start of thorough ? cold() : []) {
        const again = minimise(x, start);
        if (Number.isNaN(value) || again.value < value) {
          value = again.value;
          if (!Number.isNaN(value)) known.push({ x, t: again.t });
        }
      }
      return value - lowest;
    };
  }

  /** The bound that searches from neighbours find; with few data, or where one fails, searches from elsewhere have the last word. */
  function boundOf(excess: Excess, crossing: Crossing): number {
    const bound = findCrossing((x) => excess(x, false), crossing);
    if (!Number.isNaN(bound)) {
      if (!isSmall || bound === crossing.end) return bound;
      if (Math.abs(excess(bound, true) - crossing.z ** 2) < SAME_MINIMUM) return bound;
    }
    return findCrossing((x) => excess(x, true), crossing);
  }

  return (batch, k, fits, at) => {
    const scale = fitter.load(batch, k);
    const t = fitter.rescale(fitter.parametersOf(fits, at), scale);
    const lowest = objective.evaluate(t, 'hessian');
    const curvature = objective.hessian.slice();
    const sigma = fits.sigma[at] * scale;
    let starts: readonly Float64Array[] | null = null;
    const cold = () => {
      starts ??= fitter.starts(batch, k, scale);
      return starts;
    };

    /** Half the width of an interval on the scale of a parameter, were the others known: where the search for a limit begins. */
    const halfWidth = ({ scale: own }: CovarianceQuantity, quantity: HeldQuantity): number => {
      quantity.differentiate(t.slice());
      let variance = 0;
      free.forEach((element, place) => {
        const slope = quantity.gradient[place];
        if (slope !== 0) variance += (2 * slope * slope) / curvature[element * (objective.count + 1)];
      });
      const half = z * Math.sqrt(variance);
      return half > 0 && (half < 1 || own.kind === 'identity') ? half : 1;
    };

    /** t with some of each effect of the terms that a parameter is of, for one that has lost a dimension. */
    const seeded = ({ support }: CovarianceQuantity): Float64Array => {
      const out = t.slice();
      for (const { structure, offset, parameters: own, q } of parameters.terms) {
        if (structure || !support.some((element) => element >= offset && element < offset + own)) continue;
        for (let a = 0; a < q; a++) {
          const diagonal = offset + (a * (a + 1)) / 2 + a;
          out[diagonal] += (out[diagonal] < 0 ? -1 : 1) * FIRST * FIRST * sigma;
        }
      }
      return out;
    };

    /** The search of a parameter held at x on its scale; of a correlation as long as its effects are there. */
    const minimiser = ({ effects }: CovarianceQuantity, quantity: HeldQuantity) => {
      const least = effects.map((effect) => VANISHING * members[effect].value(t));
      const isLost = (at: Float64Array) => effects.some((effect, e) => members[effect].value(at) < least[e]);
      return (x: number, start: Float64Array) => reach(quantity, x, start, isLost);
    };
    const reach = (quantity: HeldQuantity, x: number, start: Float64Array, isLost: (at: Float64Array) => boolean) => {
      const end = search.minimise(quantity, x, start, isLost);
      return { t: end.t, value: end.certified ? end.value : Number.NaN };
    };

    /** D - D^ without an effect, by the number of its standard deviation; infinite where that cannot be told. */
    const absentExcess = (i: number): number => {
      absent[i] ??= (() => {
        const from = toNormal(members[i].scale, members[i].value(t));
        const value = excessOf({ x: from, t }, cold, minimiser(members[i], held[i]), lowest)(from - ZERO, isSmall);
        return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
      })();
      return absent[i];
    };
    const absent: (number | null)[] = members.map(() => null);

    /** Limits in the units of t, or why there are none. */
    const limits = members.map(() => null as Limits | null);
    const limitsOf = (i: number): Limits => {
      limits[i] ??= findLimits(i);
      return limits[i];
    };
    const findLimits = (i: number): Limits => {
      const member = members[i];
      const { scale: own, powerOf, effects, hasUnit } = member;
      const quantity = held[i];
      if (!quantity.isFree) return FIXED;
      if (effects.some((effect) => !(members[effect].value(t) > ABSENT * sigma))) return UNDEFINED;
      if (powerOf) {
        const original = limitsOf(powerOf.member);
        return typeof original === 'string' ? original : powersOf(original, powerOf.power);
      }
      const minimise = minimiser(member, quantity);
      const value = member.value(t);
      if (hasUnit && !(value > ABSENT * sigma)) {
        // Such an effect is absent: over the standard deviation itself, which begins at zero.
        const first = { x: 0, t: seeded(member) };
        const excess = excessOf(first, cold, (x, start) => minimise(Math.log(x), start), lowest);
        return [0, boundOf(excess, { from: 0, guess: FIRST * sigma, end: Number.POSITIVE_INFINITY, z })];
      }
      const normal = toNormal(own, value);
      const [least, most] = rangeOf(own, normal);
      const from = Math.min(Math.max(normal, least), most);
      // Without one of its effects a correlation has any value: no profile of it lies higher.
      const without = effects.reduce(
        (lower, effect) => Math.min(lower, absentExcess(effect)),
        Number.POSITIVE_INFINITY,
      );
      const first = { x: from, t: from === normal ? t : seeded(member) };
      const inside = excessOf(first, cold, minimise, lowest, Number.isFinite(without) ? 0 : MOST_STAGES);
      if (without < z * z) return [own.least, 1];
      const excess: Excess = (x, thorough) => {
        const value = inside(x, thorough);
        return Number.isNaN(value) && Number.isFinite(without) ? without : Math.min(value, without);
      };
      const half = halfWidth(member, quantity);
      const [low, high] = [least, most].map((end, side) => {
        if (from === end) return end;
        const bound = boundOf(excess, { from, guess: from + (side === 0 ? -half : half), end, z });
        // Where the search fails the effect is taken to be absent: that may bracket a limit, but makes none.
        return bound === end || Math.abs(inside(bound, false) - z * z) < SAME_MINIMUM ? bound : Number.NaN;
      });
      return [
        low === least && own.kind !== 'identity' ? own.least : fromNormal(own, low),
        high === most && own.kind === 'fisher' ? 1 : fromNormal(own, high),
      ];
    };
    members.forEach(({ hasUnit }, i) => {
      const to = columns + i;
      if (asked[to] === 0) return;
      const found = limitsOf(i);
      const [low, high] = typeof found === 'string' ? NONE : found;
      const unit = hasUnit ? scale : 1;
      writeInterval(fits, at, to, low / unit, high / unit, typeof found === 'string' ? found : LOST);
    });

    const { qty, blocks: data = new Float64Array(0) } = batch.responses;
    for (let c = 0; c < columns; c++) {
      if (asked[c] === 0) continue;
      const own = columnOf(c);
      const minimise = (x: number, start: Float64Array) => {
        own.objective.load(own.blocks.respond(data, k * evidence.width, qty, k * p, x), 0, scale);
        const { value, minimum, decrement } = own.search.minimise(start);
        const certified = minimum && decrement <= PROFILE_CERTIFICATE;
        return { t: own.search.t.slice(), value: certified ? value : Number.NaN };
      };
      const from = fits.estimate[at * columns + c];
      const half = z * fits.standardError[at * columns + c];
      const excess = excessOf({ x: from, t }, cold, minimise, lowest);
      const [low, high] = [-1, 1].map((sign) =>
        boundOf(excess, { from, guess: from + sign * half, end: sign * Number.POSITIVE_INFINITY, z }),
      );
      writeInterval(fits, at, c, low, high, LOST);
    }
  };
}

/** Two limits, or why there are none. */
type Limits = readonly [number, number] | IntervalReason;
const NONE = [Number.NaN, Number.NaN] as const;

/** The range of a parameter on its scale, as far as a profile is followed, with its estimate inside or beyond. */
function rangeOf({ kind }: NormalScale, normal: number): readonly [number, number] {
  if (kind === 'fisher') return [-END, END];
  return [kind === 'log' ? normal - ZERO : Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
}

/** What powers of numbers between two limits lie between. */
function powersOf([low, high]: readonly [number, number], power: number): readonly [number, number] {
  const [a, b] = [low ** power, high ** power];
  if (power % 2 === 1 || low >= 0) return [a, b];
  return [high <= 0 ? b : 0, Math.max(a, b)];
}
