/** In how many rows of each level of the condition each response is not zero: one pass over the data. */

import { FitError, type MatrixSource } from 'webgpu-lmm';
import type { ExpressedBy } from '../protocol/analysis-protocol.ts';
import { phased } from './analysis-options.ts';
import { conditionOf, partOf } from './gene.ts';
import type { AnalysisCall, FittedRun } from './run.ts';

/**
 * Counts the rows of the fits, after all filters.
 *
 * @throws DataError where no column with a few levels is compared
 */
export async function expressedByLevel(run: FittedRun, { report, signal }: AnalysisCall): Promise<ExpressedBy> {
  const { prepared, data, result } = run;
  const { parts, dense } = prepared;
  const condition = conditionOf(run, parts[0]);
  if (!condition) {
    throw new FitError('DataError', 'no column with a few levels is compared', {
      remedy: 'Choose the condition, and fit.',
    });
  }
  const { labels, codes } = condition;
  const width = labels.length;
  const { table } = result;
  const rows = new Int32Array(table.models * width);
  const expressed = new Int32Array(table.models * width);
  const { responses, matrixRows } = data;
  if (dense) {
    const { values, rows: n } = dense.responses;
    for (let m = 0; m < table.models; m++) {
      for (const row of partOf(run, m).design.rows) {
        const value = values[dense.source[m] * n + row];
        if (codes[row] < 0 || Number.isNaN(value)) continue;
        rows[m * width + codes[row]] += 1;
        if (value !== 0) expressed[m * width + codes[row]] += 1;
      }
    }
  } else if (responses.kind === 'matrix' && matrixRows) {
    // Each row of the matrix belongs to one level of one split, or to none.
    const groupOf = new Int32Array(responses.rows).fill(-1);
    const sizes = new Int32Array(parts.length * width);
    for (const [s, { design }] of parts.entries()) {
      for (const row of design.rows) {
        if (codes[row] < 0) continue;
        groupOf[matrixRows[row]] = s * width + codes[row];
        sizes[s * width + codes[row]] += 1;
      }
    }
    const counts = await countEntries(responses, groupOf, sizes.length, phased(report), signal);
    const place = new Map(responses.names.map((name, i) => [name, i]));
    for (let m = 0; m < table.models; m++) {
      const s = parts.indexOf(partOf(run, m));
      const at = place.get(table.responses[m]) ?? -1;
      for (let k = 0; k < width; k++) {
        rows[m * width + k] = sizes[s * width + k];
        expressed[m * width + k] = at < 0 ? 0 : counts[at * sizes.length + s * width + k];
      }
    }
  }
  return withoutEmpty({ column: condition.name, levels: labels, rows, expressed });
}

/** Entries that are not zero of each response in each group of rows, responses x groups. */
async function countEntries(
  source: MatrixSource,
  groupOf: Int32Array,
  groups: number,
  onProgress: (phase: 'read', done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Int32Array> {
  const counts = new Int32Array(source.names.length * groups);
  const total = source.entries ?? 0;
  let done = 0;
  for await (const { major, majors, pointers, indices, values } of source.blocks({ signal })) {
    for (let k = 0; k < majors.length; k++) {
      for (let e = pointers[k]; e < pointers[k + 1]; e++) {
        if (values[e] === 0) continue;
        const group = groupOf[major === 'row' ? majors[k] : indices[e]];
        if (group >= 0) counts[(major === 'row' ? indices[e] : majors[k]) * groups + group] += 1;
      }
    }
    done += indices.length;
    onProgress('read', Math.min(done, total), total);
  }
  return counts;
}

/** The same without levels that have no rows, as those that a filter left out. */
function withoutEmpty({ column, levels, rows, expressed }: ExpressedBy): ExpressedBy {
  const width = levels.length;
  const used = levels.map((_, k) => rows.some((count, at) => at % width === k && count > 0));
  const pick = (values: Int32Array): Int32Array => values.filter((_, at) => used[at % width]);
  return { column, levels: levels.filter((_, k) => used[k]), rows: pick(rows), expressed: pick(expressed) };
}
