import { holdMatrix, isMissingValue } from '../data/matrix/dense-matrix.ts';
import { rowTotals, withMinCounts } from '../data/min-counts.ts';
import { splitTable } from '../data/table/table-rows.ts';
import { withReplicateNotes } from '../design/replicates.ts';
import { FitError } from '../errors.ts';
import { checkRandomTerms } from '../fit/random-terms.ts';
import type { ContrastCoding } from '../formula/contrasts.ts';
import { buildDesign, type DesignOptions } from '../formula/design.ts';
import { applyFilter, filterNotes, parseFilter } from '../formula/filter.ts';
import type { DenseBatch } from '../moments/accumulate.ts';
import { streamedMoments } from '../moments/accumulate-moments.ts';
import { type MomentPart, mergeMoments, seenResponses } from '../moments/merge.ts';
import type { Moments } from '../moments/moments.ts';
import { normalisationNote } from '../moments/normalise.ts';
import { normaliseDense, valueFacts } from '../moments/normalise-dense.ts';
import { streamMoments } from '../moments/stream.ts';
import type { Design } from '../types/design.ts';
import type { Progress } from '../types/fit-result.ts';
import type { DenseResponses, MatrixSource } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import { droppedRows, givenTotals } from './bulk-table.ts';
import { formDenseMoments } from './form-moments.ts';
import { type Input, type InputOptions, selectDense } from './input.ts';
import { voomResponses } from './voom-responses.ts';

/** How the data of a run become designs and moments: the options of the command line, and what they mean there. */
export interface PrepareOptions extends InputOptions {
  readonly contrastCodings?: Readonly<Record<string, ContrastCoding>> | undefined;
  readonly na?: 'omit' | 'per-response' | 'fail' | undefined;
  /** Keep the responses seen in at least so many rows. */
  readonly minCells?: number | undefined;
  /** Of the fits to come: one that is forced on the device may have dense moments formed there. */
  readonly backend?: 'auto' | 'cpu' | 'webgpu' | undefined;
  /** Mebibytes at most for the sums of a pass. */
  readonly memory?: number | undefined;
  /** Threads of the first pass of voom. */
  readonly threads?: number | undefined;
}

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

/** The design of one level of the column that splits the data; `split` is null where nothing does. */
export interface DesignPart {
  readonly split: string | null;
  readonly design: Design;
}

/**
 * Filter, splits, designs and moments. A matrix with missing values is held in memory, so that a response loses the rows that
 * it lacks and no others.
 */
export async function prepareMoments(
  given: Input,
  args: PrepareOptions,
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<Prepared> {
  const { input, notes: counted } = await enoughCounts(given, args, signal);
  try {
    return await preparedMoments({ ...input, notes: [...input.notes, ...counted] }, args, onProgress, signal);
  } catch (error) {
    const { responses, matrixRows, select } = input;
    if (!isMissingValue(error) || args.na === 'fail' || responses.kind === 'dense' || !matrixRows) throw error;
    const counts = await holdMatrix(responses, { matrixRows, memory: args.memory, signal });
    const totals = args.totals === undefined ? await rowTotals(counts) : givenTotals(input.table, args.totals);
    const normalised = normaliseDense(counts, args.normalisation ?? 'none', totals, responses.path);
    const dense = select ? selectDense(normalised, select) : normalised;
    const facts = normalisationNote(valueFacts(counts), args.normalisation ?? 'none');
    const note = `${responses.path} has missing values: it is held in memory, and each response loses the rows that it lacks`;
    const held = { ...input, responses: dense, matrixRows: null, select: null };
    const notes = [...input.notes, ...counted, note, ...(facts === null ? [] : [facts])];
    return preparedMoments({ ...held, notes }, args, onProgress, signal);
  }
}

/** Leaves out rows of a matrix that is read in blocks with too few counts; those of a bulk table have been. */
async function enoughCounts(
  input: Input,
  args: PrepareOptions,
  signal: AbortSignal | undefined,
): Promise<{ input: Input; notes: string[] }> {
  const { minCounts = 0 } = args;
  const { matrixRows, table, responses } = input;
  if (minCounts <= 0 || !matrixRows) return { input, notes: [] };
  const totals = args.totals === undefined ? undefined : cellTotals(table, args.totals, matrixRows, responses.rows);
  const kept = await withMinCounts(input, minCounts, totals, signal);
  if (kept.input.table.rows > 0) return { input: kept.input, notes: droppedRows(kept.dropped, table.rows, minCounts) };
  throw new FitError('DataError', `no row has ${minCounts} counts`, {
    option: 'minCounts',
    remedy: 'Lower “minCounts”.',
  });
}

async function preparedMoments(
  input: Input,
  args: PrepareOptions,
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<Prepared> {
  const notes = [...input.notes];
  const { parts, notes: designNotes } = buildParts(input, args);
  notes.push(...designNotes);
  const { responses: given } = input;
  if (given.kind === 'dense') {
    const weighted =
      args.voom === undefined ? null : await voomResponses(given, parts, input, args, onProgress, signal);
    const responses = weighted?.responses ?? given;
    notes.push(...(weighted?.notes ?? []));
    const merged: MomentPart[] = [];
    const plan: string[] = [];
    for (const [s, { split, design }] of parts.entries()) {
      const { moments, plan: formed } = await formDenseMoments(design, responses, { ...args, signal });
      merged.push({ split, moments, keep: weighted?.keep[s] ?? seenResponses(moments, args.minCells ?? 0) });
      plan.push(...formed.map((line) => (split === null ? line : `${split}: ${line}`)));
    }
    const { moments, source } = mergeMoments(merged);
    requireResponses(moments, args);
    // mergeMoments keeps what a batch carries, so these are still batches with their rows.
    const batches = moments.batches as readonly DenseBatch[];
    return { moments, dense: { batches, responses, source }, notes: [...notes, ...moments.notes], plan, parts };
  }
  return streamParts(input, given, parts, args, notes, onProgress, signal);
}

async function streamParts(
  input: Input,
  source: MatrixSource,
  parts: readonly DesignPart[],
  args: PrepareOptions,
  notes: string[],
  onProgress: Progress | undefined,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  const { matrixRows, select } = input;
  if (!matrixRows) throw new RangeError('a matrix without rows');
  const streamed = await streamMoments(
    source,
    parts.map(({ design }) => ({ design, matrixRows: Int32Array.from(design.rows, (row) => matrixRows[row]) })),
    {
      normalisation: args.normalisation,
      totals: args.totals === undefined ? undefined : cellTotals(input.table, args.totals, matrixRows, source.rows),
      select: select ?? undefined,
      memory: args.memory,
      onProgress,
      signal,
    },
  );
  const merged = parts.map(({ split, design }, s): MomentPart => {
    const moments = streamedMoments(design, source, streamed.parts[s], select ?? undefined);
    return { split, moments, keep: seenResponses(moments, args.minCells ?? 0) };
  });
  const { moments } = mergeMoments(merged);
  requireResponses(moments, args);
  const plan = streamed.plan.map((line, s) => (parts[s].split === null ? line : `${parts[s].split}: ${line}`));
  return { moments, dense: null, notes: [...notes, ...moments.notes, ...streamed.notes], plan, parts };
}

/** Rows of the table that a run uses, by split; undefined rows are all of them. */
export interface RowSets {
  readonly parts: readonly { readonly split: string | null; readonly rows: Int32Array | undefined }[];
  readonly notes: readonly string[];
}

/** Applies --where and --split-by. */
export function rowSets({ table }: Pick<Input, 'table'>, args: PrepareOptions): RowSets {
  const notes: string[] = [];
  let rows: Int32Array | undefined;
  if (args.where !== undefined) {
    const filter = parseFilter(args.where);
    const passes = applyFilter(filter, table);
    rows = Int32Array.from(passes.keys()).filter((row) => passes[row] === 1);
    notes.push(...filterNotes(filter, table));
    if (rows.length === 0) {
      throw new FitError('DataError', `no row passes “where: ${args.where}”`, {
        option: 'where',
        remedy: filterNotes(filter, table)[0] ?? 'Loosen the condition.',
      });
    }
  }
  if (args.splitBy === undefined) return { parts: [{ split: null, rows }], notes };
  const split = splitTable(table, args.splitBy);
  notes.push(...split.notes);
  const passing = rows ? new Set(rows) : null;
  const parts = split.parts.flatMap(({ level, rows: members }) => {
    const subset = passing ? members.filter((row) => passing.has(row)) : members;
    return subset.length === 0 ? [] : [{ split: level, rows: subset }];
  });
  return { parts, notes };
}

/** What `buildDesign` takes of the options, rows apart. */
export function frameOptions(
  { responses }: Pick<Input, 'responses'>,
  args: PrepareOptions,
): Omit<DesignOptions, 'rows'> {
  const dense = responses.kind === 'dense' ? responses : null;
  const single = dense !== null && dense.names.length === 1 && args.na !== 'per-response' && !dense.weights;
  const together = dense !== null && (args.na === 'omit' || args.na === 'fail');
  return {
    contrasts: args.contrastCodings,
    weights: args.weightsFile ? undefined : args.weights,
    offset: args.offset,
    na: args.na === 'fail' ? 'fail' : 'omit',
    complete: single || together ? columnsOf(dense) : undefined,
  };
}

/**
 * One design, or one for each level of --split-by.
 *
 * @throws FitError as `buildDesign` does, and DataError where no row or no split is left
 */
export function buildParts(input: Input, args: PrepareOptions): { parts: DesignPart[]; notes: string[] } {
  const { table, formula } = input;
  const sets = rowSets(input, args);
  const notes = [...sets.notes];
  const frame = frameOptions(input, args);
  const parts: DesignPart[] = [];
  let first: unknown;
  for (const { split, rows } of sets.parts) {
    try {
      const design = withReplicateNotes(buildDesign(formula, table, { ...frame, rows }), table);
      checkRandomTerms(design.random, design.formula);
      parts.push({ split, design });
    } catch (error) {
      // A split that cannot be modelled (one level left, say) does not stop the others.
      if (split === null || !(error instanceof FitError) || error.tag !== 'DataError') throw error;
      first ??= error;
      notes.push(`split '${split}' is left out: ${error.message}`);
    }
  }
  if (parts.length === 0) {
    throw first instanceof Error ? first : new FitError('DataError', 'no split has rows', { option: 'splitBy' });
  }
  return { parts, notes };
}

function columnsOf(responses: DenseResponses): Float64Array[] {
  return responses.names.map((_, k) => responses.values.subarray(k * responses.rows, (k + 1) * responses.rows));
}

/** Totals of --totals by row of the matrix. */
export function cellTotals(table: Table, name: string, matrixRows: Int32Array, rows: number): Float64Array {
  const given = givenTotals(table, name);
  const totals = new Float64Array(rows);
  matrixRows.forEach((row, i) => {
    totals[row] = given[i];
  });
  return totals;
}

function requireResponses(moments: Moments, args: PrepareOptions): void {
  if (moments.names.length > 0) return;
  throw new FitError('DataError', `no response is seen in at least ${args.minCells} rows`, {
    option: 'minCells',
    remedy: 'Lower “minCells”.',
  });
}
