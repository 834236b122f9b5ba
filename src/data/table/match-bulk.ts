import { FitError, nearestName } from '../../errors.ts';
import type { DenseResponses } from '../../types/responses.ts';
import type { Table } from '../../types/table.ts';
import type { BulkTable } from './bulk.ts';
import { countOf, examples, indexNames, nothingMatches } from './join.ts';

/** Weights are relative: beyond that, either way, their products leave the range of doubles. */
const LARGEST_WEIGHT = 1e60;
/** Names of samples or observations that a note lists. */
const LISTED = 5;

export interface MatchedBulk {
  /** One row a kept row of the annotation, in its order. */
  readonly responses: DenseResponses;
  /** Rows of the annotation that have a sample, increasing; select them from the annotation before building a design. */
  readonly rows: Int32Array;
  /** Names of those rows. */
  readonly rowNames: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Reorders the samples of a bulk table to the rows of its annotation, matched by name. Rows without a sample and samples
 * without a row are left out with a note. Weights are matched by response and by sample; a missing weight becomes 0,
 * which drops that row for that response.
 *
 * @throws FitError DataError for repeated names in the annotation, no match at all, a response or sample without weights,
 *   a negative or infinite weight
 */
export function matchBulk(
  bulk: BulkTable,
  obsNames: readonly string[],
  weights?: BulkTable,
  obsPath?: string,
): MatchedBulk {
  const obs: Table = { rows: obsNames.length, columns: new Map(), ...(obsPath === undefined ? {} : { path: obsPath }) };
  const obsIndex = indexNames(obsNames, obs);
  const sampleIndex = new Map(bulk.samples.map((sample, i) => [sample, i]));
  const rows = Int32Array.from(obsNames.keys()).filter((row) => sampleIndex.has(obsNames[row]));
  if (rows.length === 0) throw nothingMatches(bulk.samples, obsNames, obs);
  const rowNames = Array.from(rows, (row) => obsNames[row]);

  const notes: string[] = [...bulk.notes];
  const lonelyRows = obsNames.filter((name) => !sampleIndex.has(name));
  const lonelySamples = bulk.samples.filter((sample) => !obsIndex.has(sample));
  const data = bulk.path ?? 'the data';
  const annotation = obsPath ?? 'the annotation';
  if (lonelyRows.length > 0) {
    const list = examples(lonelyRows, lonelyRows.length, LISTED);
    notes.push(`${countOf(lonelyRows.length, 'row')} of ${annotation} without a sample in ${data}, left out (${list})`);
  }
  if (lonelySamples.length > 0) {
    const list = examples(lonelySamples, lonelySamples.length, LISTED);
    notes.push(`${countOf(lonelySamples.length, 'sample')} of ${data} not in ${annotation}, left out (${list})`);
  }
  const values = gather(bulk, bulk.names.keys(), rowNames, sampleIndex);
  const responses: DenseResponses = {
    kind: 'dense',
    rows: rows.length,
    names: bulk.names,
    values,
    ...(weights === undefined ? {} : { weights: matchWeights(weights, bulk.names, rowNames, notes) }),
  };
  return { responses, rows, rowNames, notes };
}

/** Values of the given responses at the given samples, response-major. */
function gather(
  table: BulkTable,
  responses: Iterable<number>,
  samples: readonly string[],
  sampleIndex: ReadonlyMap<string, number>,
): Float64Array {
  const order = Int32Array.from(samples, (sample) => sampleIndex.get(sample)!);
  const list = [...responses];
  const values = new Float64Array(list.length * order.length);
  let at = 0;
  for (const response of list) {
    const base = response * table.samples.length;
    for (let i = 0; i < order.length; i++) values[at++] = table.values[base + order[i]];
  }
  return values;
}

function matchWeights(
  weights: BulkTable,
  names: readonly string[],
  samples: readonly string[],
  notes: string[],
): Float64Array {
  const where = weights.path ?? 'the weights';
  const responseIndex = new Map(weights.names.map((name, i) => [name, i]));
  const sampleIndex = new Map(weights.samples.map((sample, i) => [sample, i]));
  requireNames(names, responseIndex, 'response', where, weights.path);
  requireNames(samples, sampleIndex, 'sample', where, weights.path);
  const values = gather(
    weights,
    names.map((name) => responseIndex.get(name)!),
    samples,
    sampleIndex,
  );
  let missing = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = values[i];
    if (weight === 0 || (weight >= 1 / LARGEST_WEIGHT && weight <= LARGEST_WEIGHT)) continue;
    if (!Number.isNaN(weight)) {
      const response = names[Math.floor(i / samples.length)];
      const sample = samples[i % samples.length];
      throw new FitError(
        'DataError',
        `${where}: the weight of response '${response}', sample '${sample}' is ${weight}`,
        {
          path: weights.path,
          option: 'weights',
          remedy: 'weights must be positive, or 0 to leave a value out, and between 1e-60 and 1e60',
        },
      );
    }
    values[i] = 0;
    missing += 1;
  }
  if (missing > 0)
    notes.push(`${countOf(missing, 'missing weight')} in ${where} taken as 0: those values are left out`);
  return values;
}

function requireNames(
  names: readonly string[],
  index: ReadonlyMap<string, number>,
  noun: string,
  where: string,
  path: string | undefined,
): void {
  const absent = names.filter((name) => !index.has(name));
  if (absent.length === 0) return;
  const near = nearestName(absent[0], index.keys());
  const others = absent.length > 1 ? ` and ${countOf(absent.length - 1, 'other')}` : '';
  throw new FitError('DataError', `${where}: no weights for ${noun} '${absent[0]}'${others}`, {
    path,
    option: 'weights',
    remedy: near === undefined ? `give weights for every ${noun}` : `is it '${near}' there?`,
  });
}
