import { FitError } from '../errors.ts';
import { NO_STRUCTURE } from '../formula/residual.ts';
import { rankModels } from '../infer/information-criteria.ts';
import type { DenseBatch } from '../moments/accumulate.ts';
import { hasBlocks } from '../moments/covariance-blocks.ts';
import { type GroupMoments, groupMoments, groupNumbers, withoutGroup } from '../moments/group-deletion.ts';
import type { Moments } from '../moments/moments.ts';
import { chosen } from '../options/entries.ts';
import type { Run } from '../prepare/run.ts';
import { type OutputTable, OutputTableBuilder } from '../result/output-table.ts';
import type { Design } from '../types/design.ts';
import { familyText } from '../types/family.ts';
import { STATUSES } from '../types/fit-table.ts';
import type { RowFactor } from '../types/residual.ts';
import type { ComparisonOptions } from './compare.ts';
import { type ComparedModel, comparedModels } from './compared-models.ts';
import { responseColumns } from './comparison-tables.ts';
import { FoldNotes } from './fold-notes.ts';
import { emptyScores, type FoldRows, type FoldScores, levelsOfFold, scoreFold } from './fold-scores.ts';
import { dealFolds } from './folds.ts';
import type { FamilyPart, ModelFamily } from './model-family.ts';
import { countAsReplicates, familyOnRows, modelFamily, modelMoments } from './model-family.ts';
import { fitModel } from './model-fits.ts';
import { sameCodes } from './nested-covariances.ts';

/** Options of `crossValidate`. */
export interface CrossValidationOptions {
  /** Number of folds (5). */
  readonly folds?: number | undefined;
  /**
   * `rows`: predictions for groups that are known from other rows; a column, such as a grouping factor: whole groups are held
   * out, predictions are for new ones. Without it the subjects of structured residuals, and rows where there are none.
   */
  readonly by?: string | undefined;
  readonly seed?: number | undefined;
}

/** What cross-validation of several models found. */
export interface CrossValidation {
  /**
   * Columns `[split] response [gene] model formula [residual] [family] n log.score log.score.se [rmse] rank status`: log.score is the
   * mean over held-out rows of their log density (log probability) given the other rows, at the parameters fitted to these,
   * log.score.se its standard error over folds, rmse the root mean square error of predictions (with the random effects of known
   * levels, and what other rows of a subject tell; of gaussian models), rank by log.score (scores that are equal but for rounding
   * share one), status that of the first fold that is not ok.
   */
  readonly scores: OutputTable;
  /** Columns `[split] response [gene] model fold n log.score [rmse] status`, one row a fold. */
  readonly folds: OutputTable;
  readonly notes: readonly string[];
  /** By model: its rows count as replicates of what they share, as its notes say. */
  readonly replicates: readonly boolean[];
}

const FOLDS = 5;
const OK = STATUSES.indexOf('ok');

/** `crossValidate` (`comparisons.ts`) on data that are at hand already. */
export async function crossValidateOf(
  data: Run,
  formulas: readonly string[],
  options: CrossValidationOptions & ComparisonOptions,
): Promise<CrossValidation> {
  const { folds: count = FOLDS, seed = 1 } = options;
  const method = data.family ? 'ML' : chosen('method', options.method);
  const compared = comparedModels(formulas, data.options);
  const family = await modelFamily(data, compared);
  const notes = [...family.notes];
  const dealt = family.parts.map((part) => {
    const by = options.by ?? residualSubjects(part) ?? 'rows';
    if (typeof by !== 'string') {
      notes.push(
        `folds hold out whole levels of ${by.name}, the subjects of the residuals; “cvBy: rows” holds out single rows, which others of their subject predict`,
      );
    }
    return dealFolds(data.table, part.joint.rows, { folds: count, by, seed }, part.split ?? '');
  });
  const momentsOf = (of: ModelFamily, k: number) => {
    const designs = of.parts.map((part) => part.designs[k]);
    return modelMoments(of, designs, compared[k].family);
  };
  const whole: Moments[] = [];
  for (const k of compared.keys()) whole.push(await momentsOf(family, k));
  const groups = family.parts.map((part, s) => foldMoments(family, part, dealt[s], count));
  const models = whole[0].names.length;
  const scored = compared.map(() => emptyScores(models, count));
  const faults = new FoldNotes();
  for (let fold = 0; fold < count; fold++) {
    const keep = dealt.map((folds) => Int32Array.from(folds.keys()).filter((i) => folds[i] !== fold));
    const training = await familyOnRows(family, keep, (s, joint) =>
      momentsWithout(family.parts[s].moments, groups[s], fold, joint, keep[s]),
    );
    for (const [k, scores] of scored.entries()) {
      const fits = await fitModel(await momentsOf(training, k), method, options);
      const rows = new Map(family.parts.map(({ split }, s) => [split, foldRows(family, dealt, k, fold, s)]));
      faults.unfitted(k, fold, fits);
      faults.unpredicted(k, fold, scoreFold(whole[k], fits, fold, scores, rows));
    }
  }
  notes.push(...faults.texts((k) => modelText(compared, k)));
  const replicates = countAsReplicates(compared.map((_, k) => family.parts.map(({ designs }) => designs[k])));
  return { ...scoreTables(whole, compared, scored, count), notes: [...new Set(notes)], replicates };
}

/** The rows of a fold under model k in one split. */
function foldRows(
  { parts, data: { responses } }: ModelFamily,
  dealt: readonly Int32Array[],
  k: number,
  fold: number,
  s: number,
): FoldRows {
  return {
    design: parts[s].designs[k],
    held: Uint8Array.from(dealt[s], (own) => (own === fold ? 1 : 0)),
    visited: levelsOfFold(parts[s], k, dealt[s], fold),
    responses: responses.kind === 'dense' ? responses : null,
  };
}

/**
 * The subjects of the structured residuals of some models; null without any.
 *
 * @throws OptionError where they differ
 */
function residualSubjects({ designs }: FamilyPart): RowFactor | null {
  const [first, ...others] = designs.flatMap(({ residual }) => (residual ? [residual.subject] : []));
  const other = others.find(({ codes }) => !sameCodes(codes, first.codes));
  if (!other) return first ?? null;
  throw new FitError('OptionError', `the residuals have subjects of '${first.name}' and of '${other.name}'`, {
    option: 'cvBy',
    remedy: 'Name the column whose groups are held out whole, or rows.',
  });
}

/** A model as notes name it: with its structure where there are several. */
function modelText(compared: readonly ComparedModel[], k: number): string {
  const { formula, residual } = compared[k];
  return hasStructures(compared) ? `'${formula}', ${residual ?? NO_STRUCTURE},` : `'${formula}'`;
}

function hasStructures(compared: readonly ComparedModel[]): boolean {
  return compared.some(({ residual }) => residual !== undefined);
}

/** Numbers that the moments of folds may take, beyond which each fold is a pass over the data. */
const MOST_NUMBERS = 3e7;
/** Share of the information on each coefficient that training rows must keep for their moments to have all digits. */
const INFORMATION_LEFT = 1e-4;

/**
 * The moments of the folds of a part, from one pass over its rows; null where training moments are formed from the rows: of
 * several grouping factors, with structured covariances, under a family, of a matrix read in blocks, and of more numbers than there is room for.
 */
function foldMoments(
  { data: { responses, family } }: ModelFamily,
  { joint, moments }: FamilyPart,
  foldOf: Int32Array,
  folds: number,
): readonly GroupMoments[] | null {
  if (responses.kind !== 'dense' || family || hasBlocks(joint)) return null;
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

function scoreTables(
  whole: readonly Moments[],
  compared: readonly ComparedModel[],
  scored: readonly FoldScores[],
  folds: number,
): Pick<CrossValidation, 'scores' | 'folds'> {
  const models = whole[0].names.length;
  const rowsInAll = models * compared.length;
  const scores = scoreBuilder(whole[0], rowsInAll);
  const formula = scores.builder.string('formula');
  const residual = hasStructures(compared) ? scores.builder.string('residual') : null;
  const names = compared.map(({ family }) => familyText(family));
  const family = new Set(names).size > 1 ? scores.builder.string('family') : null;
  const gaussian = compared.every((model) => model.family === null);
  const n = scores.builder.integer('n');
  const logScore = scores.builder.number('log.score');
  const logScoreError = scores.builder.number('log.score.se');
  const rmse = gaussian ? scores.builder.number('rmse') : null;
  const rank = scores.builder.integer('rank');
  const status = scores.builder.string('status');
  const byFold = scoreBuilder(whole[0], rowsInAll * folds);
  const fold = byFold.builder.integer('fold');
  const foldRows = byFold.builder.integer('n');
  const foldScore = byFold.builder.number('log.score');
  const foldRmse = gaussian ? byFold.builder.number('rmse') : null;
  const foldStatus = byFold.builder.string('status');
  let line = 0;
  for (let m = 0; m < models; m++) {
    const totals = scored.map(({ rows, status: codes, logScore: sums, squaredError: squares }, k) => {
      const row = m * compared.length + k;
      let held = 0;
      let total = 0;
      let squared = 0;
      for (let f = 0; f < folds; f++, line++) {
        const at = m * folds + f;
        byFold.identify(line, m);
        byFold.model[line] = k + 1;
        fold[line] = f + 1;
        foldRows[line] = rows[at];
        foldStatus[line] = STATUSES[codes[at]];
        foldScore[line] = sums[at] / rows[at];
        if (foldRmse) foldRmse[line] = Math.sqrt(squares[at] / rows[at]);
        if (rows[at] === 0) continue;
        held += rows[at];
        total += sums[at];
        squared += squares[at];
      }
      scores.identify(row, m);
      scores.model[row] = k + 1;
      formula[row] = compared[k].formula;
      if (residual) residual[row] = compared[k].residual ?? NO_STRUCTURE;
      if (family) family[row] = names[k];
      n[row] = held;
      status[row] = STATUSES[codes.subarray(m * folds, (m + 1) * folds).find((code) => code !== OK) ?? OK];
      logScore[row] = total / held;
      if (rmse) rmse[row] = Math.sqrt(squared / held);
      // Of a ratio of sums over folds (W. G. Cochran 1977, equation 2.46).
      let spread = 0;
      for (let f = 0; f < folds; f++) {
        const at = m * folds + f;
        if (rows[at] > 0) spread += (sums[at] - (total / held) * rows[at]) ** 2;
      }
      logScoreError[row] = Math.sqrt((folds / (folds - 1)) * spread) / held;
      return held === 0 ? Number.NaN : total;
    });
    rankModels(totals.map((total) => -2 * total)).rank.forEach((place, k) => {
      if (place > 0) rank[m * compared.length + k] = place;
    });
  }
  return { scores: scores.builder.finish(rowsInAll), folds: byFold.builder.finish(line) };
}

function scoreBuilder(moments: Moments, rows: number) {
  const builder = new OutputTableBuilder(rows);
  const identify = responseColumns(builder, moments);
  return { builder, identify, model: builder.integer('model') };
}
