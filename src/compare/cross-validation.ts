import { refuseFamily } from '../fit/family-options.ts';
import { type HeldOutScore, type HeldOutScorer, heldOutScorer } from '../lmm/held-out-score.ts';
import type { DenseBatch } from '../moments/accumulate.ts';
import { type GroupMoments, groupMoments, groupNumbers, withoutGroup } from '../moments/group-deletion.ts';
import type { DesignMoments, Moments } from '../moments/moments.ts';
import { chosen } from '../options/entries.ts';
import type { Run } from '../prepare/run.ts';
import { type OutputTable, OutputTableBuilder } from '../result/output-table.ts';
import type { Design } from '../types/design.ts';
import { findTerm, type TermEffects, thetaLength, thetaPlaces } from '../types/parameters.ts';
import type { ComparisonOptions } from './compare.ts';
import { responseColumns } from './comparison-tables.ts';
import { dealFolds } from './folds.ts';
import type { FamilyPart, ModelFamily } from './model-family.ts';
import { familyOnRows, modelFamily, modelMoments, refuseStructures } from './model-family.ts';
import { fitModel, type ModelFits } from './model-fits.ts';
import { sameGroups } from './nested-models.ts';

/** Options of `crossValidate`. */
export interface CrossValidationOptions {
  /** Number of folds (5). */
  readonly folds?: number | undefined;
  /**
   * `rows` (default): predictions for groups that are known from other rows; a column, such as a grouping factor: whole
   * groups are held out, predictions are for new ones.
   */
  readonly by?: string | undefined;
  readonly seed?: number | undefined;
}

export interface CrossValidation {
  /**
   * Columns `[split] response [gene] model formula n log.score log.score.se rmse rank`: log.score is the mean over held-out
   * rows of their log density given the other rows, at the parameters fitted to these, log.score.se its standard error over
   * folds, rmse the root mean square error of predictions (with the random effects of known levels), rank by log.score.
   */
  readonly scores: OutputTable;
  /** Columns `[split] response [gene] model fold n log.score rmse`, one row a fold. */
  readonly folds: OutputTable;
  readonly notes: readonly string[];
}

const FOLDS = 5;

/** `crossValidate` (`comparisons.ts`) on data that are at hand already. */
export async function crossValidateOf(
  data: Run,
  formulas: readonly string[],
  options: CrossValidationOptions & ComparisonOptions,
): Promise<CrossValidation> {
  const { folds: count = FOLDS, by = 'rows', seed = 1 } = options;
  const method = chosen('method', options.method);
  refuseFamily(data.family?.family, {
    option: 'cv',
    what: 'cross-validation',
    remedy: 'Rank models by “rankBy: AIC”, AICc or BIC.',
  });
  const family = await modelFamily(data, formulas);
  const dealt = family.parts.map(({ joint, split }) =>
    dealFolds(data.table, joint.rows, { folds: count, by, seed }, split ?? ''),
  );
  const notes = [...family.notes];
  refuseStructures(
    family,
    'cv',
    'rows cannot be predicted from others by models with structured covariances',
    'Rank them by “rankBy: AICc” or BIC, or leave the structures out.',
  );
  const whole: Moments[] = [];
  for (const k of formulas.keys()) {
    whole.push(
      await modelMoments(
        family,
        family.parts.map((part) => part.designs[k]),
      ),
    );
  }
  const groups = family.parts.map((part, s) => foldMoments(family, part, dealt[s], count));
  const models = whole[0].names.length;
  const scored = formulas.map(() => emptyScores(models, count));
  for (let fold = 0; fold < count; fold++) {
    const keep = dealt.map((folds) => Int32Array.from(folds.keys()).filter((i) => folds[i] !== fold));
    const training = await familyOnRows(family, keep, (s, joint) =>
      momentsWithout(family.parts[s].moments, groups[s], fold, joint, keep[s]),
    );
    for (const [k, scores] of scored.entries()) {
      const moments = await modelMoments(
        training,
        training.parts.map((part) => part.designs[k]),
      );
      const fits = await fitModel(moments, method, options);
      const levels = new Map(family.parts.map((part, s) => [part.split, levelsOfFold(part, k, dealt[s], fold)]));
      const lost = scoreFold(whole[k], fits, fold, scores, (split) => levels.get(split));
      if (lost.length > 0) {
        notes.push(
          `fold ${fold + 1} of '${formulas[k]}' cannot be predicted: ${lost.join(', ')} cannot be estimated without its rows`,
        );
      }
    }
  }
  return { ...scoreTables(whole, formulas, scored, count), notes: [...new Set(notes)] };
}

/** Numbers that the moments of folds may take, beyond which each fold is a pass over the data. */
const MOST_NUMBERS = 3e7;
/** Share of the information on each coefficient that training rows must keep for their moments to have all digits. */
const INFORMATION_LEFT = 1e-4;

/**
 * The moments of the folds of a part, from one pass over its rows; null where training moments are formed from the rows: of
 * several grouping factors, of a matrix read in blocks, and of more numbers than there is room for.
 */
function foldMoments(
  { data: { responses } }: ModelFamily,
  { moments }: FamilyPart,
  foldOf: Int32Array,
  folds: number,
): readonly GroupMoments[] | null {
  if (responses.kind !== 'dense') return null;
  let numbers = 0;
  for (const { design, index } of moments.batches) {
    if (design.factors.length > 1) return null;
    numbers += index.length * groupNumbers(design, folds);
  }
  if (numbers > MOST_NUMBERS) return null;
  // Of dense responses batches have their rows.
  return (moments.batches as readonly DenseBatch[]).map((batch) =>
    groupMoments(batch, responses, null, { of: foldOf, count: folds }),
  );
}

/** The moments of the training rows of a fold (`keep`, whose joint design is `joint`); null where they must be formed from the rows. */
function momentsWithout(
  moments: Moments,
  groups: readonly GroupMoments[] | null,
  fold: number,
  joint: Design,
  keep: Int32Array,
): Moments | null {
  if (!groups) return null;
  const batches: DenseBatch[] = [];
  for (const [b, own] of groups.entries()) {
    const { index, keep: rows } = moments.batches[b] as DenseBatch; // as in foldMoments
    const left = withoutGroup(own, fold, index, INFORMATION_LEFT);
    if (!left) return null;
    batches.push({ ...left, whole: joint, keep: rows && placesIn(keep, rows) });
  }
  return { ...moments, batches };
}

/** Places in `keep` of those of some increasing numbers that it holds. */
function placesIn(keep: Int32Array, numbers: Int32Array): Int32Array {
  const held = new Set(numbers);
  return Int32Array.from(keep.keys()).filter((i) => held.has(keep[i]));
}

/** Sums over the held-out rows of each response and fold, models x folds row-major; NaN where a fold has no prediction. */
interface FoldScores {
  readonly rows: Int32Array;
  readonly logScore: Float64Array;
  readonly squaredError: Float64Array;
}

function emptyScores(models: number, folds: number): FoldScores {
  const numbers = () => new Float64Array(models * folds).fill(Number.NaN);
  return { rows: new Int32Array(models * folds), logScore: numbers(), squaredError: numbers() };
}

/** Scores one fold of one model; returns coefficients that its training rows leave open. */
function scoreFold(
  whole: Moments,
  fits: ModelFits,
  fold: number,
  scores: FoldScores,
  visited: (split: string | null) => ReadonlySet<string> | undefined,
): string[] {
  const lost = new Set<string>();
  const folds = scores.rows.length / whole.names.length;
  const training = placesOf(fits.moments);
  const score: HeldOutScore = { logDensity: Number.NaN, squaredError: Number.NaN };
  for (const { design, responses, index } of whole.batches) {
    if (index.length === 0) continue;
    const levels = visited(whole.splits?.[index[0]] ?? null);
    const pairs = new Map<number, FoldPair>();
    for (let k = 0; k < index.length; k++) {
      const m = index[k];
      const b = training.batch[m];
      if (b < 0) continue;
      const other = fits.moments.batches[b];
      const at = m * folds + fold;
      scores.rows[at] = design.n - other.design.n;
      if (!Number.isFinite(fits.criterion[m])) continue;
      let pair = pairs.get(b);
      if (!pair) {
        pair = foldPair(design, other.design, fits, levels);
        pairs.set(b, pair);
      }
      const open = pair.take(m);
      for (const name of open) lost.add(name);
      if (open.length > 0 || !pair.score) continue;
      const { all, rest } = pair;
      pair.score(
        { responses, k, beta: all.beta, theta: all.theta },
        { responses: other.responses, k: training.k[m], beta: rest.beta, theta: rest.theta },
        fits.sigma[m],
        score,
      );
      scores.logScore[at] = score.logDensity;
      scores.squaredError[at] = score.squaredError;
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
}

function foldPair(
  design: DesignMoments,
  rest: DesignMoments,
  fits: ModelFits,
  visited: ReadonlySet<string> | undefined,
): FoldPair {
  const { names, values } = fits.estimates;
  const openTerms = design.terms.filter((term) => !findTerm(fits.terms, term)).map(termText);
  const sides = [design, rest].map(({ coefficients, terms }) => ({
    columns: Int32Array.from(coefficients, (name) => names.indexOf(name)),
    beta: new Float64Array(coefficients.length),
    places: openTerms.length > 0 ? new Int32Array(0) : thetaPlaces(fits.terms, terms),
    theta: new Float64Array(thetaLength(terms)),
  }));
  const [all, other] = sides;
  const comparable = openTerms.length === 0 && rest.coefficients.length === design.coefficients.length;
  return {
    all,
    rest: other,
    score: comparable ? heldOutScorer(design, rest, visited) : null,
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
      if (known) return NOTHING_OPEN;
      return [...design.coefficients.filter((_, i) => Number.isNaN(all.beta[i])), ...openTerms];
    },
  };
}

const NOTHING_OPEN: readonly string[] = [];

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
function levelsOfFold(
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

function termText({ group, names }: TermEffects): string {
  return `(${names.join(' + ')} | ${group})`;
}

function scoreTables(
  whole: readonly Moments[],
  formulas: readonly string[],
  scored: readonly FoldScores[],
  folds: number,
): Pick<CrossValidation, 'scores' | 'folds'> {
  const models = whole[0].names.length;
  const scores = scoreBuilder(whole[0], models * formulas.length);
  const formula = scores.builder.string('formula');
  const n = scores.builder.integer('n');
  const logScore = scores.builder.number('log.score');
  const logScoreError = scores.builder.number('log.score.se');
  const rmse = scores.builder.number('rmse');
  const rank = scores.builder.integer('rank');
  const byFold = scoreBuilder(whole[0], models * formulas.length * folds);
  const fold = byFold.builder.integer('fold');
  const foldRows = byFold.builder.integer('n');
  const foldScore = byFold.builder.number('log.score');
  const foldRmse = byFold.builder.number('rmse');
  let line = 0;
  for (let m = 0; m < models; m++) {
    const means = scored.map(({ rows, logScore: sums, squaredError: squares }, k) => {
      const row = m * formulas.length + k;
      let held = 0;
      let total = 0;
      let squared = 0;
      for (let f = 0; f < folds; f++, line++) {
        const at = m * folds + f;
        byFold.identify(line, m);
        byFold.model[line] = k + 1;
        fold[line] = f + 1;
        foldRows[line] = rows[at];
        foldScore[line] = sums[at] / rows[at];
        foldRmse[line] = Math.sqrt(squares[at] / rows[at]);
        if (rows[at] === 0) continue;
        held += rows[at];
        total += sums[at];
        squared += squares[at];
      }
      scores.identify(row, m);
      scores.model[row] = k + 1;
      formula[row] = formulas[k];
      n[row] = held;
      logScore[row] = total / held;
      rmse[row] = Math.sqrt(squared / held);
      // Of a ratio of sums over folds (W. G. Cochran 1977, equation 2.46).
      let spread = 0;
      for (let f = 0; f < folds; f++) {
        const at = m * folds + f;
        if (rows[at] > 0) spread += (sums[at] - (total / held) * rows[at]) ** 2;
      }
      logScoreError[row] = Math.sqrt((folds / (folds - 1)) * spread) / held;
      return total / held;
    });
    means.forEach((value, k) => {
      if (Number.isNaN(value)) return;
      rank[m * formulas.length + k] = 1 + means.filter((other) => other > value).length;
    });
  }
  return { scores: scores.builder.finish(models * formulas.length), folds: byFold.builder.finish(line) };
}

function scoreBuilder(moments: Moments, rows: number) {
  const builder = new OutputTableBuilder(rows);
  const identify = responseColumns(builder, moments);
  return { builder, identify, model: builder.integer('model') };
}
