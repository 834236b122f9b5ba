import { gaussianLogDensity, residualMoments } from '../lmm/gaussian-score.ts';
import type { DesignMoments, MomentBatch, Moments } from '../moments/moments.ts';
import { chosen } from '../options/entries.ts';
import type { ResponseMatrix } from '../prepare/given-data.ts';
import { prepare, type Run } from '../prepare/run.ts';
import { type OutputTable, OutputTableBuilder } from '../result/output-table.ts';
import type { RandomEffects } from '../types/fit-result.ts';
import { findTerm, type TermEffects, thetaPlaces } from '../types/parameters.ts';
import type { Table } from '../types/table.ts';
import type { ComparisonOptions } from './compare.ts';
import { responseColumns } from './comparison-tables.ts';
import { dealFolds } from './folds.ts';
import type { ComparisonDataOptions } from './model-family.ts';
import { familyOnRows, modelFamily, modelMoments } from './model-family.ts';
import { fitModel, type ModelFits } from './model-fits.ts';
import { joinFormulas } from './reduced-formulas.ts';

/** Options of {@link crossValidate}. */
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

/**
 * K-fold cross-validation of some models on the same folds. Each fold is scored jointly: the log density of its rows given
 * those of the other folds, log p(all) - log p(training), at the parameters of the training fit. For whole groups that is
 * their marginal density N(X b, s^2 (Z G Z' + W^-1)). With prior weights errors are multiplied by their roots.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse, AbortError when the signal fires.
 */
export async function crossValidate(
  data: Table | ResponseMatrix,
  options: CrossValidationOptions &
    Pick<ComparisonOptions, 'method' | 'threads' | 'backend' | 'precision' | 'signal'> &
    ComparisonDataOptions & { readonly formulas: readonly string[] },
): Promise<CrossValidation> {
  return crossValidateOf(
    await prepare(data, { ...options, formula: joinFormulas(options.formulas) }, options.onProgress, options.signal),
    options.formulas,
    options,
  );
}

/** {@link crossValidate} on data that are at hand already. */
export async function crossValidateOf(
  data: Run,
  formulas: readonly string[],
  options: CrossValidationOptions & ComparisonOptions,
): Promise<CrossValidation> {
  const { folds: count = FOLDS, by = 'rows', seed = 1 } = options;
  const method = chosen('method', options.method);
  const family = await modelFamily(data, formulas);
  const dealt = family.parts.map(({ joint, split }) =>
    dealFolds(data.table, joint.rows, { folds: count, by, seed }, split ?? ''),
  );
  const notes = [...family.notes];
  const whole = formulas.map((_, k) =>
    modelMoments(
      family,
      family.parts.map((part) => part.designs[k]),
    ),
  );
  const models = whole[0].names.length;
  const scored = formulas.map(() => emptyScores(models, count));
  for (let fold = 0; fold < count; fold++) {
    const training = await familyOnRows(
      family,
      dealt.map((folds) => Int32Array.from(folds.keys()).filter((i) => folds[i] !== fold)),
    );
    for (const [k, scores] of scored.entries()) {
      const moments = modelMoments(
        training,
        training.parts.map((part) => part.designs[k]),
      );
      const fits = await fitModel(moments, method, options);
      const lost = scoreFold(whole[k], fits, fold, scores);
      if (lost.length > 0) {
        notes.push(
          `fold ${fold + 1} of '${formulas[k]}' cannot be predicted: ${lost.join(', ')} cannot be estimated without its rows`,
        );
      }
    }
  }
  return { ...scoreTables(whole, formulas, scored, count), notes: [...new Set(notes)] };
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
function scoreFold(whole: Moments, fits: ModelFits, fold: number, scores: FoldScores): string[] {
  const lost = new Set<string>();
  const folds = scores.rows.length / whole.names.length;
  const training = placesOf(fits.moments);
  for (const all of whole.batches) {
    const { design } = all;
    for (let k = 0; k < all.index.length; k++) {
      const m = all.index[k];
      const at = m * folds + fold;
      const other = training.get(m);
      if (!other) continue;
      const rest = other.batch.design;
      scores.rows[at] = design.n - rest.n;
      if (!Number.isFinite(fits.criterion[m])) continue;
      const known = fits.coefficients(m);
      const open = design.coefficients.filter((name) => !known.has(name));
      // A term of which the training rows lack a level is another term.
      for (const term of design.terms) if (!findTerm(fits.terms, term)) open.push(termText(term));
      for (const name of open) lost.add(name);
      if (open.length > 0 || rest.coefficients.length !== design.coefficients.length) continue;
      const theta = fits.theta(m);
      const effects = fits.randomEffects(m);
      const sets = [
        { design, responses: all.responses, k },
        { design: rest, responses: other.batch.responses, k: other.k },
      ].map((set) => {
        const beta = Float64Array.from(set.design.coefficients, (name) => known.get(name) ?? Number.NaN);
        const parameters = {
          beta,
          theta: Float64Array.from(thetaPlaces(fits.terms, set.design.terms), (place) => theta[place]),
          sigma: fits.sigma[m],
        };
        return {
          logDensity: gaussianLogDensity(set.design, set.responses, set.k, parameters),
          error: squaredError(set.design, residualMoments(set.design, set.responses, set.k, beta), effects),
        };
      });
      scores.logScore[at] = sets[0].logDensity - sets[1].logDensity;
      scores.squaredError[at] = Math.max(0, sets[0].error - sets[1].error);
    }
  }
  return [...lost];
}

function placesOf(moments: Moments): Map<number, { batch: MomentBatch; k: number }> {
  const places = new Map<number, { batch: MomentBatch; k: number }>();
  for (const batch of moments.batches) {
    batch.index.forEach((m, k) => {
      places.set(m, { batch, k });
    });
  }
  return places;
}

function termText({ group, names }: TermEffects): string {
  return `(${names.join(' + ')} | ${group})`;
}

/** |W^(1/2) (y - X b - Z u)|^2 = r'Wr - 2 u'Z'Wr + u'Z'WZ u, effects of levels that a design lacks left out. */
function squaredError(
  { terms, factors, crosses, q: Q }: DesignMoments,
  { square, ztr }: { readonly square: number; readonly ztr: Float64Array },
  effects: readonly RandomEffects[],
): number {
  const u = new Float64Array(Q); // in the basis of zt: T u
  for (const { group, names, q, factor, column, transform } of terms) {
    const own = findTerm(effects, { group, names });
    if (!own) continue;
    const { levels, offset, q: width } = factors[factor];
    const places = new Map(levels.map((level, i) => [level, i]));
    own.levels.forEach((level, i) => {
      const place = places.get(level);
      if (place === undefined) return;
      for (let a = 0; a < q; a++) {
        let sum = 0;
        for (let b = a; b < q; b++) sum += transform[a * q + b] * own.estimate[i * q + b];
        u[offset + place * width + column + a] = sum;
      }
    });
  }
  let error = square;
  for (let i = 0; i < Q; i++) error -= 2 * u[i] * ztr[i];
  for (const { levels, offset, q, ztz } of factors) {
    for (let level = 0; level < levels.length; level++) {
      const at = offset + level * q;
      for (let a = 0; a < q; a++)
        for (let b = 0; b < q; b++) error += u[at + a] * ztz[(level * q + a) * q + b] * u[at + b];
    }
  }
  for (const { a, b, pointers, columns, values } of crosses) {
    const [fa, fb] = [factors[a], factors[b]];
    for (let i = 0; i + 1 < pointers.length; i++) {
      for (let k = pointers[i]; k < pointers[i + 1]; k++) {
        for (let s = 0; s < fa.q; s++) {
          for (let t = 0; t < fb.q; t++) {
            const value = values[(k * fa.q + s) * fb.q + t];
            error += 2 * u[fa.offset + i * fa.q + s] * value * u[fb.offset + columns[k] * fb.q + t];
          }
        }
      }
    }
  }
  return error;
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
