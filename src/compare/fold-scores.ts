/** Scores of folds under one model: what its rows' density is given the others, at the parameters that these were fitted with. */
import { fitRowLayout } from '../glmm/fit-row.ts';
import { familyHeldOutScorer } from '../lmm/generalised/family-held-out-score.ts';
import { type HeldOutScore, type HeldOutScorer, heldOutScorer } from '../lmm/held-out-score.ts';
import { blocksHeldOutScorer, openCovariance } from '../lmm/structured/blocks-held-out.ts';
import { searchedLength } from '../lmm/structured/covariance-parameters.ts';
import type { DesignMoments, MomentBatch, Moments } from '../moments/moments.ts';
import type { Design } from '../types/design.ts';
import { STATUSES } from '../types/fit-table.ts';
import { findTerm, randomTermText, thetaLength, thetaPlaces } from '../types/parameters.ts';
import type { DenseResponses } from '../types/responses.ts';
import { type HeldOutErrors, heldOutErrors } from './fold-errors.ts';
import { batchDesign, batchRows, type FamilyPart } from './model-family.ts';
import type { ModelFits } from './model-fits.ts';
import { sameGroups } from './nested-models.ts';

/**
 * Sums over the held-out rows of each response and fold, models x folds row-major; NaN where a fold has no prediction. Squared
 * errors are of gaussian models.
 */
export interface FoldScores {
  readonly rows: Int32Array;
  /** Of the fit to the training rows; `rank_deficient` where these leave a part of the model open that the fold needs. */
  readonly status: Uint8Array;
  readonly logScore: Float64Array;
  readonly squaredError: Float64Array;
}

export function emptyScores(models: number, folds: number): FoldScores {
  const numbers = () => new Float64Array(models * folds).fill(Number.NaN);
  const size = models * folds;
  return { rows: new Int32Array(size), status: new Uint8Array(size), logScore: numbers(), squaredError: numbers() };
}

/** The rows of a fold in one split. */
export interface FoldRows {
  /** The design of the model on all rows, and those of the fold among them. */
  readonly design: Design;
  readonly held: Uint8Array;
  /** Levels of its one grouping factor that rows of the fold belong to; undefined for several factors and for none. */
  readonly visited: ReadonlySet<string> | undefined;
  /** Where they are held. */
  readonly responses: DenseResponses | null;
}

/** Scores one fold of one model; returns coefficients that its training rows leave open. */
export function scoreFold(
  whole: Moments,
  fits: ModelFits,
  fold: number,
  scores: FoldScores,
  rowsOf: ReadonlyMap<string | null, FoldRows>,
): string[] {
  const lost = new Set<string>();
  const folds = scores.rows.length / whole.names.length;
  const training = placesOf(fits.moments);
  const score: HeldOutScore = { logDensity: Number.NaN, squaredError: Number.NaN };
  for (const batch of whole.batches) {
    const { design, responses, index } = batch;
    if (index.length === 0) continue;
    const rows = rowsOf.get(whole.splits?.[index[0]] ?? null);
    if (!rows) throw new RangeError('a fold has rows in every split');
    const pairs = new Map<number, FoldPair>();
    for (let k = 0; k < index.length; k++) {
      const m = index[k];
      const b = training.batch[m];
      const at = m * folds + fold;
      scores.status[at] = fits.status[m];
      if (b < 0) continue;
      const other = fits.moments.batches[b];
      scores.rows[at] = design.n - other.design.n;
      if (!Number.isFinite(fits.criterion[m])) continue;
      let pair = pairs.get(b);
      if (!pair) {
        pair = foldPair(batch, other.design, fits, rows, whole.names);
        pairs.set(b, pair);
      }
      const open = pair.take(m);
      for (const name of open) lost.add(name);
      if (open.length > 0 || !pair.score) {
        scores.status[at] = STATUSES.indexOf('rank_deficient');
        continue;
      }
      const { all, rest } = pair;
      pair.score(
        { responses, k, beta: all.beta, theta: all.theta },
        { responses: other.responses, k: training.k[m], beta: rest.beta, theta: rest.theta },
        fits.sigma[m],
        score,
      );
      scores.logScore[at] = score.logDensity;
      scores.squaredError[at] = pair.errors ? pair.errors(m) : score.squaredError;
    }
  }
  return [...lost];
}

/** Parameters of a fold's fit over the coefficients and terms of one design. */
interface SideParameters {
  readonly beta: Float64Array;
  readonly theta: Float64Array;
}

/** A design on all rows beside the same on the training rows of a fold. */
interface FoldPair {
  /** Takes the parameters of a model; returns what of the design its training rows leave open. */
  readonly take: (model: number) => readonly string[];
  readonly all: SideParameters;
  readonly rest: SideParameters;
  /** Null where the two have not the same coefficients. */
  readonly score: HeldOutScorer | null;
  /** Squared errors of a model that has been taken, where its scorer does not tell them. */
  readonly errors: ((model: number) => number) | null;
}

function foldPair(
  batch: MomentBatch,
  rest: DesignMoments,
  fits: ModelFits,
  rows: FoldRows,
  responseNames: readonly string[],
): FoldPair {
  const { design } = batch;
  const isStructured = design.blocks !== undefined;
  const { names, values } = fits.estimates;
  const openTerms = [
    ...design.terms.filter((term) => !findTerm(fits.terms, term)).map(randomTermText),
    ...openCategories(design, rest),
    ...openCovariance(design, rest),
  ];
  const sides = [design, rest].map(({ coefficients, terms }) => ({
    columns: Int32Array.from(coefficients, (name) => names.indexOf(name)),
    beta: new Float64Array(coefficients.length),
    places: openTerms.length > 0 || isStructured ? new Int32Array(0) : thetaPlaces(fits.terms, terms),
    theta: new Float64Array(isStructured ? searchedLength(rest) : thetaLength(terms)),
  }));
  const [all, other] = sides;
  const comparable = openTerms.length === 0 && rest.coefficients.length === design.coefficients.length;
  const { p, m, d } = fitRowLayout(rest);
  const extras = new Float64Array(d);
  const scorer = () => {
    if (isStructured) return blocksHeldOutScorer(design, rest);
    return fits.family
      ? familyHeldOutScorer(design, rest, fits.nodes, extras)
      : heldOutScorer(design, rest, rows.visited);
  };
  const errors = isStructured && comparable ? errorsOfRows(batch, rest, rows) : null;
  return {
    all,
    rest: other,
    score: comparable ? scorer() : null,
    errors:
      errors &&
      ((model) =>
        errors.of({
          response: errors.responses.names.indexOf(responseNames[model]),
          beta: all.beta,
          t: other.theta,
          effects: () => fits.randomEffects(model),
        })),
    take(model) {
      const theta = fits.theta(model);
      let known = openTerms.length === 0;
      for (const side of sides) {
        for (let i = 0; i < side.columns.length; i++) {
          const column = side.columns[i];
          side.beta[i] = column < 0 ? Number.NaN : values[model * names.length + column];
          known &&= !Number.isNaN(side.beta[i]);
        }
        for (let i = 0; i < side.places.length; i++) side.theta[i] = theta[side.places[i]];
      }
      if (isStructured) {
        const own = fits.covariance(model)?.subarray(0, other.theta.length);
        if (own) for (const side of sides) side.theta.set(own);
      }
      const searched = fits.searched(model);
      if (searched) extras.set(searched.subarray(p + m, p + m + d));
      if (known) return NOTHING_OPEN;
      return [...design.coefficients.filter((_, i) => Number.isNaN(all.beta[i])), ...openTerms];
    },
  };
}

const NOTHING_OPEN: readonly string[] = [];

/** Squared errors of the held-out rows of a batch by rows; null where none goes together with another one. */
function errorsOfRows(
  batch: MomentBatch,
  fitted: DesignMoments,
  { design, held, responses }: FoldRows,
): { readonly of: HeldOutErrors; readonly responses: DenseResponses } | null {
  if (!responses) throw new RangeError('structured models have their responses at hand');
  const keep = batchRows(batch);
  const own = batchDesign(batch, design);
  const of = heldOutErrors({
    design: own,
    held: keep ? Uint8Array.from(keep, (i) => held[i]) : held,
    fitted,
    responses,
  });
  return of && { of, responses };
}

/** Categories of an ordinal response that only held-out rows have. */
function openCategories({ family: whole }: DesignMoments, { family: rest }: DesignMoments): string[] {
  if (!whole || !rest) return [];
  return whole.categories.filter((name) => !rest.categories.includes(name)).map((name) => `category ${name}`);
}

/** Batch and place of each model; -1 for one that is in no batch. */
function placesOf({ names, batches }: Moments): { readonly batch: Int32Array; readonly k: Int32Array } {
  const batch = new Int32Array(names.length).fill(-1);
  const place = new Int32Array(names.length);
  for (const [b, { index }] of batches.entries()) {
    for (let k = 0; k < index.length; k++) {
      batch[index[k]] = b;
      place[index[k]] = k;
    }
  }
  return { batch, k: place };
}

/**
 * Levels of the one grouping factor of model k that rows of a fold belong to, by the names that the joint design has for them;
 * undefined for several factors and for none.
 */
export function levelsOfFold(
  { joint, designs }: FamilyPart,
  k: number,
  foldOf: Int32Array,
  fold: number,
): ReadonlySet<string> | undefined {
  const [first, ...more] = designs[k].random;
  if (!first || more.some((term) => !sameGroups(term, first))) return undefined;
  const named = joint.random.find((term) => sameGroups(term, first));
  if (!named) return undefined;
  const levels = new Set<string>();
  foldOf.forEach((own, i) => {
    if (own === fold) levels.add(named.levels[named.codes[i]]);
  });
  return levels;
}
