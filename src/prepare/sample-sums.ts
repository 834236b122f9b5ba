/**
 * Pseudobulk: the cells of each sample added up, response by response, as H. L. Crowell and others (2020) aggregate them for
 * methods of bulk data (doi:10.1038/s41467-020-19894-4). A sample is a combination of levels of some columns: of a donor and a
 * condition, in each cell type.
 */
import { uniqueNames } from '../data/unique-names.ts';
import { FitError } from '../errors.ts';
import { Passes, piecesOf } from '../moments/matrix-passes.ts';
import { normalisationNote } from '../moments/normalise.ts';
import { valueFacts } from '../moments/normalise-dense.ts';
import { chosen, numberIfGiven, OPTIONS, type OptionValue } from '../options/entries.ts';
import { withPresentNames } from '../options/former-names.ts';
import type { PassPart, ValueFacts } from '../types/entry-pass.ts';
import type { Progress } from '../types/fit-result.ts';
import type { DenseResponses } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import type { InputOptions } from './data-options.ts';
import type { ResponseMatrix } from './given-data.ts';
import type { Input } from './input.ts';
import { prepare, type Run } from './run.ts';
import { type SampleGroups, sampleGroups, sampleTable } from './sample-table.ts';

/** Options of `pseudobulk`; those of the data are as for fits. */
export interface PseudobulkOptions
  extends Pick<
    InputOptions,
    'where' | 'normalize' | 'totals' | 'minCounts' | 'memory' | 'threads' | 'factor' | 'ordered'
  > {
  /** Columns whose combinations are samples: donor and condition. */
  readonly by: readonly string[];
  /** Column within whose levels samples are formed: the cell type. */
  readonly splitBy?: string | undefined;
  /** Sums of the values (default), or means. */
  readonly statistic?: OptionValue<'statistic'> | undefined;
  /** Samples of fewer cells are left out (10). */
  readonly minSampleCells?: number | undefined;
  /** Annotation of the cells of a matrix; without it the one inside its file. */
  readonly obs?: Table | undefined;
}

/** Responses by sample, and what is known of the samples: what `fit` takes as a table of responses with its annotation. */
export interface Pseudobulk {
  /** A row for each sample, in the order of the levels: its columns, `cells`, of sums `counts`, and columns that are the same in all its cells. */
  readonly samples: Table;
  /** Sums or means, a row for each sample. */
  readonly responses: DenseResponses;
  readonly notes: readonly string[];
}

/** Names of left-out samples in a note at most. */
const NAMED = 5;

/** What `pseudobulk` promises. */
export async function sumSamples(
  data: ResponseMatrix | Input,
  asked: PseudobulkOptions,
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<Pseudobulk> {
  const options = withPresentNames(asked);
  const { by, splitBy } = options;
  const statistic = chosen('statistic', options.statistic);
  const least = numberIfGiven('minSampleCells', options.minSampleCells) ?? OPTIONS.minSampleCells.fallback;
  if (statistic === 'sum' && (options.normalize ?? 'none') !== 'none') {
    throw new FitError('OptionError', 'sums are of counts, and “normalize” makes something else of them', {
      option: 'normalize',
      remedy: 'Leave “normalize” out, or take “statistic: mean”.',
    });
  }
  const obs = options.obs ?? (await annotationOf(data));
  const run = await prepare(data, { ...options, obs, splitBy: undefined, formula: '~ 1' }, onProgress, signal);
  const rows = run.parts[0].rows ?? Int32Array.from({ length: run.table.rows }, (_, row) => row);
  const columns = [...(splitBy === undefined ? [] : [splitBy]), ...by];
  const found = sampleGroups(run.table, rows, columns, least);
  if (found.groups.size === 0) {
    throw new FitError('DataError', `no sample has ${least} cells`, {
      option: 'minSampleCells',
      remedy: 'Lower “minSampleCells”, or form larger samples with fewer columns.',
    });
  }
  const { groups } = found;
  const { values, facts } = await sampleSums(run, groups);
  const counts = columnSums(values, groups.size);
  if (statistic === 'mean') {
    values.forEach((sum, at) => {
      values[at] = sum / groups.cells[at % groups.size];
    });
  }
  const { names, note } = uniqueNames(groups.names, 'sample names');
  const { table, carried } = sampleTable(run.table, groups, columns, {
    cells: groups.cells,
    ...(statistic === 'sum' ? { counts } : {}),
  });
  const select = run.select ?? Int32Array.from(run.responses.names.keys());
  const { genes } = run.responses;
  return {
    samples: { ...table, rowNames: names },
    responses: {
      kind: 'dense',
      rows: groups.size,
      rowNames: names,
      names: Array.from(select, (g) => run.responses.names[g]),
      ...(genes ? { genes: Array.from(select, (g) => genes[g]) } : {}),
      values,
    },
    notes: [
      ...run.notes,
      ...found.notes,
      ...leftOut(found.few, least),
      ...(carried.length > 0 ? [`the same in all cells of each sample, and so kept: ${carried.join(', ')}`] : []),
      ...[note, valueNote(facts, statistic, options)].filter((text) => text !== null),
    ],
  };
}

/** All columns of the annotation in a matrix's own file; undefined for data that have theirs beside them. */
async function annotationOf(data: ResponseMatrix | Input): Promise<Table | undefined> {
  if ('close' in data && 'formula' in data) return undefined;
  if (data.kind !== 'matrix' || data.obsColumns.length === 0) return undefined;
  return { ...(await data.readObs(data.obsColumns, { rowNames: false })), columnNames: data.obsColumns };
}

/** The sums of some cells by sample, responses x samples, and what the values look like. */
async function sampleSums(run: Run, groups: SampleGroups): Promise<{ values: Float64Array; facts: ValueFacts }> {
  const { responses, matrixRows, select, stream } = run;
  const { size, rows, sample } = groups;
  if (responses.kind === 'dense') {
    const count = responses.names.length;
    const values = new Float64Array(count * size);
    for (let g = 0; g < count; g++) {
      rows.forEach((row, i) => {
        const value = responses.values[g * responses.rows + row];
        if (!Number.isNaN(value)) values[g * size + sample[i]] += value;
      });
    }
    return { values, facts: valueFacts(responses) };
  }
  const wanted = select ?? Int32Array.from(responses.names.keys());
  const passes = new Passes(
    responses,
    [{ matrixRows: matrixRows ? Int32Array.from(rows, (row) => matrixRows[row]) : rows }],
    stream,
  );
  const part: PassPart = { kind: 'strata', strata: size, stratum: sample, weight: null };
  const pieces = piecesOf([part], wanted.length, stream.memory);
  const values = new Float64Array(wanted.length * size);
  let facts: ValueFacts = { counts: true, largest: 0, seen: 0 };
  for (let piece = 0; piece < pieces; piece++) {
    const [from, to] = [piece, piece + 1].map((k) => Math.floor((wanted.length * k) / pieces));
    const formed = await passes.run(wanted.subarray(from, to), [part]);
    const [sums] = formed.parts[0].sums;
    // By sample with the responses innermost, as a pass over cells adds them up.
    for (let s = 0; s < size; s++) {
      for (let k = 0; k < to - from; k++) values[(from + k) * size + s] = sums[s * (to - from) + k];
    }
    facts = {
      counts: facts.counts && formed.facts.counts,
      largest: Math.max(facts.largest, formed.facts.largest),
      seen: facts.seen + formed.facts.seen,
    };
  }
  return { values, facts };
}

function columnSums(values: Float64Array, size: number): Float64Array {
  const totals = new Float64Array(size);
  values.forEach((value, at) => {
    totals[at % size] += value;
  });
  return totals;
}

function leftOut(few: readonly string[], least: number): string[] {
  if (few.length === 0) return [];
  const more = few.length > NAMED ? ` and ${few.length - NAMED} more` : '';
  const noun = few.length === 1 ? 'sample' : 'samples';
  return [`left out ${few.length} ${noun} of fewer than ${least} cells: ${few.slice(0, NAMED).join(', ')}${more}`];
}

/** What there is to say of values that sums or means make no sense of. */
function valueNote(
  facts: ValueFacts,
  statistic: 'sum' | 'mean',
  { normalize: normalisation = 'none' }: PseudobulkOptions,
): string | null {
  if (statistic === 'mean') return normalisation === 'none' ? null : normalisationNote(facts, normalisation);
  if (facts.counts || facts.seen === 0) return null;
  return 'WARNING: the values are no counts, and their sums are none either: models of counts and voom need raw ones, perhaps another “layer”; “statistic: mean” averages';
}
