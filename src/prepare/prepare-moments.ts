import { holdMatrix, isMissingValue } from '../data/matrix/dense-matrix.ts';
import { rowTotals } from '../data/min-counts.ts';
import { withReplicateNotes } from '../design/replicates.ts';
import { FitError } from '../errors.ts';
import { checkRandomTerms } from '../fit/random-terms.ts';
import { gatherCodes } from '../formula/columns.ts';
import { buildDesign } from '../formula/design.ts';
import { parseFormula } from '../formula/parse.ts';
import type { DenseBatch } from '../moments/accumulate.ts';
import { streamedMoments } from '../moments/accumulate-moments.ts';
import { familyMoments } from '../moments/family-moments.ts';
import type { ResponseFamily } from '../moments/family-rows.ts';
import { streamFamily, streamsFamily } from '../moments/family-stream.ts';
import { type MomentPart, mergeMoments, mergeNotes, seenResponses } from '../moments/merge.ts';
import type { Moments } from '../moments/moments.ts';
import { normalisationNote } from '../moments/normalise.ts';
import { normaliseDense, valueFacts } from '../moments/normalise-dense.ts';
import { streamMoments } from '../moments/stream.ts';
import type { Design } from '../types/design.ts';
import type { ValueFacts } from '../types/entry-pass.ts';
import type { FamilyChoice } from '../types/family.ts';
import type { Progress } from '../types/fit-result.ts';
import type { DenseResponses, MatrixSource } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import { givenTotals } from './bulk-table.ts';
import { compositionNote, LIBRARY, rawOffsetNote, takesCounts } from './family-responses.ts';
import { formDenseMoments } from './form-moments.ts';
import { type Input, selectDense } from './input.ts';
import { buildSplits, frameOptions, type PrepareOptions, prepare, type Run } from './run.ts';

/** Moments of a run, and what fitted values need where the responses are in memory. */
export interface Prepared {
  readonly moments: Moments;
  readonly dense: {
    readonly batches: readonly DenseBatch[];
    readonly responses: DenseResponses;
    readonly source: Int32Array;
  } | null;
  readonly notes: readonly string[];
  /** Lines for --explain. */
  readonly plan: readonly string[];
  /** The designs, one a split. */
  readonly parts: readonly DesignPart[];
}

/** What fits need: not the designs, which take memory by the row. */
export type Fittable = Omit<Prepared, 'parts'>;

/** The design of one level of the column that splits the data; `split` is null where nothing does. */
export interface DesignPart {
  readonly split: string | null;
  readonly design: Design;
}

/**
 * Designs and moments of what `readInput` read: {@link prepare} and {@link runMoments} in one.
 *
 * Rejects as they do.
 */
export async function prepareMoments(
  input: Input,
  options: PrepareOptions,
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<Prepared> {
  return runMoments(await prepare(input, options, onProgress, signal), options.formula);
}

/**
 * Designs and moments of one formula on the data of a run. A matrix with missing values is held in memory, so that a response
 * loses the rows that it lacks and no others.
 */
export async function runMoments(run: Run, formula: string): Promise<Prepared> {
  const { responses, matrixRows, options, family } = run;
  if (joinsRows(run, formula)) return formedMoments(await heldForBlocks(run), formula);
  if (family && !streamsFamily(family)) return formedMoments(await heldForFamily(run), formula);
  try {
    return await formedMoments(run, formula);
  } catch (error) {
    if (!isMissingValue(error) || options.na === 'fail' || responses.kind === 'dense' || !matrixRows) throw error;
    const note = `${responses.path} has missing values: it is held in memory, and each response loses the rows that it lacks`;
    return formedMoments(await heldInMemory(run, responses, matrixRows, note), formula);
  }
}

/** Whether models of a run are fitted by blocks of a covariance, which are not formed entry by entry. */
function joinsRows({ options }: Run, formula: string): boolean {
  if (options.residual !== undefined || options.dispersion !== undefined) return true;
  return parseFormula(formula).random.some(({ structure }) => structure !== undefined);
}

/** The run of models that are fitted by blocks: a matrix is held in memory. */
export async function heldForBlocks(run: Run): Promise<Run> {
  const { responses, matrixRows } = run;
  if (responses.kind !== 'matrix' || !matrixRows) return run;
  const note = `${responses.path} is held in memory: covariances between rows need the values of several rows at once`;
  return heldInMemory(run, responses, matrixRows, note);
}

/** The run with its matrix in memory where the sums of a family are not formed entry by entry. */
export async function heldForFamily(run: Run, family: FamilyChoice | null = run.family): Promise<Run> {
  const { responses, matrixRows } = run;
  if (!family || streamsFamily(family) || responses.kind !== 'matrix' || !matrixRows) return run;
  const note = `${responses.path} is held in memory: models of the family ${family.family} need all values of a response at once`;
  return heldInMemory(run, responses, matrixRows, note);
}

/** The run with its matrix as dense responses. */
async function heldInMemory(run: Run, matrix: MatrixSource, matrixRows: Int32Array, note: string): Promise<Run> {
  const { select, options, stream, table, family } = run;
  const { responses, facts } = await heldResponses(matrix, { table, matrixRows, select }, options, stream.signal);
  const look = takesCounts(family) ? null : normalisationNote(facts, options.normalize ?? 'none');
  const notes = [...run.notes, note, ...(look === null ? [] : [look])];
  return { ...run, responses, matrixRows: null, select: null, notes, frame: frameOptions(responses, options) };
}

/** Responses of a matrix in memory, normalised by totals over all that the file has, and what its values look like. */
export async function heldResponses(
  matrix: MatrixSource,
  { table, matrixRows, select }: { table: Table; matrixRows: Int32Array; select: Int32Array | null },
  options: PrepareOptions,
  signal: AbortSignal | undefined,
): Promise<{ readonly responses: DenseResponses; readonly facts: ValueFacts }> {
  const counts = await holdMatrix(matrix, { matrixRows, memory: options.memory, signal });
  const totals = options.totals === undefined ? await rowTotals(counts) : givenTotals(table, options.totals);
  const normalised = normaliseDense(counts, options.normalize ?? 'none', totals, matrix.path);
  return { responses: select ? selectDense(normalised, select) : normalised, facts: valueFacts(counts) };
}

async function formedMoments(run: Run, formula: string): Promise<Prepared> {
  const { responses: given, minCells } = run;
  const { parts, notes: designNotes } = runDesigns(run, formula);
  const notes = [...run.notes, ...designNotes];
  // Weights by a trend are loaded when they are asked for.
  const weighted =
    given.kind === 'matrix' || run.voom === undefined
      ? null
      : await (await import('./voom-responses.ts')).voomResponses(given, parts, run);
  const responses = weighted?.responses ?? given;
  notes.push(...(weighted?.notes ?? []));
  const formed = await partMoments({ ...run, responses }, parts);
  const merged = parts.map(({ split }, s): MomentPart => {
    const moments = withSplit(formed.moments[s], split, run.options.splitBy);
    return { split, moments, keep: weighted?.keep[s] ?? seenResponses(moments, minCells) };
  });
  const { moments, source } = mergeMoments(merged);
  if (moments.names.length === 0) throw noResponses(minCells);
  notes.push(...moments.notes, ...formed.notes);
  if (responses.kind !== 'dense') return { moments, dense: null, notes, plan: formed.plan, parts };
  // mergeMoments keeps what a batch carries, so these are still batches with their rows.
  const batches = moments.batches as readonly DenseBatch[];
  return { moments, dense: { batches, responses, source }, notes, plan: formed.plan, parts };
}

/** Moments whose recipes say which rows of a table they are of, where the data were split by a column. */
function withSplit(moments: Moments, level: string | null, column: string | undefined): Moments {
  if (level === null || column === undefined) return moments;
  const ofSplit = <T extends Pick<Moments, 'recipe'>>(held: T): T =>
    held.recipe ? { ...held, recipe: { ...held.recipe, split: { column, level } } } : held;
  return { ...ofSplit(moments), batches: moments.batches.map(ofSplit) };
}

/** What forming moments needs of a run. */
type PartRun = Pick<Run, 'responses' | 'matrixRows' | 'select' | 'stream' | 'options' | 'family' | 'table'>;

/** Moments by part, in order; `plan` says who formed them. */
interface FormedParts {
  readonly moments: Moments[];
  readonly notes: readonly string[];
  readonly plan: string[];
}

/** Moments of the responses of a run under some designs, those of a matrix in one pass. */
export async function partMoments(run: PartRun, parts: readonly DesignPart[]): Promise<FormedParts> {
  const formed = await responseMoments(run, parts);
  return { ...formed, notes: [...formed.notes, ...libraryNotes(run, parts, formed.moments)] };
}

async function responseMoments(
  { responses, matrixRows, select, stream, options, family }: PartRun,
  parts: readonly DesignPart[],
): Promise<FormedParts> {
  const named = (s: number, line: string): string => (parts[s].split === null ? line : `${parts[s].split}: ${line}`);
  if (responses.kind === 'dense') {
    const moments: Moments[] = [];
    const plan: string[] = [];
    for (const [s, { design }] of parts.entries()) {
      if (family) {
        moments.push(familyMoments(design, responses, responseFamily(family, responses)));
        continue;
      }
      const formed = await formDenseMoments(design, responses, { ...options, signal: stream.signal });
      moments.push(formed.moments);
      plan.push(...formed.plan.map((line) => named(s, line)));
    }
    return { moments, notes: [], plan };
  }
  const rowsOf = ({ rows }: Design) => (matrixRows ? gatherCodes(matrixRows, rows) : rows);
  const designs = parts.map(({ design }) => ({ design, matrixRows: rowsOf(design) }));
  const streamed = family
    ? await streamFamily(responses, designs, family, stream)
    : await streamMoments(responses, designs, stream);
  return {
    moments: parts.map(({ design }, s) => streamedMoments(design, responses, streamed.parts[s], select ?? undefined)),
    notes: streamed.notes,
    plan: streamed.plan.map((line, s) => named(s, line)),
  };
}

/** What is said of responses that hold much of the libraries of a run, by split. */
function libraryNotes(
  { options, table, family }: PartRun,
  parts: readonly DesignPart[],
  formed: readonly Moments[],
): string[] {
  const column = options.offset === LIBRARY && takesCounts(family) ? table.columns.get(LIBRARY) : undefined;
  if (column?.kind !== 'numeric') return [];
  return mergeNotes(
    parts.map(({ split, design }, s) => {
      const { names, batches } = formed[s];
      const counts = new Float64Array(names.length);
      for (const { design: own, responses, index } of batches) {
        index.forEach((m, k) => {
          counts[m] = responses.mean[k] * own.n;
        });
      }
      const total = design.rows.reduce((sum, row) => sum + Math.exp(column.values[row]), 0);
      const note = compositionNote(names, counts, total);
      return { split, notes: note === null ? [] : [note] };
    }),
  );
}

/** The family of responses in memory, with their trials and categories. */
function responseFamily(family: FamilyChoice, { rows, trials, categories }: DenseResponses): ResponseFamily {
  return {
    ...family,
    // Responses that have trials share them.
    ...(trials ? { trials: trials.subarray(0, rows) } : {}),
    ...(categories ? { categories } : {}),
  };
}

/**
 * The designs of a formula on the data of a run, one for each split.
 *
 * @throws FitError as `buildDesign` does, and DataError where no row or no split is left
 */
export function runDesigns(
  { table, parts: sets, frame, family }: Pick<Run, 'table' | 'parts' | 'frame' | 'family'>,
  source: string,
): { parts: DesignPart[]; notes: string[] } {
  const formula = parseFormula(source);
  const { built, notes } = buildSplits(sets, ({ split, rows }) => {
    const design = withReplicateNotes(buildDesign(formula, table, { ...frame, rows }), table, family);
    checkRandomTerms(design.random, design.formula);
    const raw = rawOffsetNote(family, design.offset);
    return { split, design: raw === null ? design : { ...design, notes: [...design.notes, raw] } };
  });
  return { parts: built, notes };
}

export function noResponses(minCells: number): FitError {
  return new FitError('DataError', `no response is seen in at least ${minCells} rows`, {
    option: 'minCells',
    remedy: 'Lower “minCells”.',
  });
}
