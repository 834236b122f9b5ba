import { withReplicateNotes } from '../design/replicates.ts';
import { FitError } from '../errors.ts';
import { checkRandomTerms, requireRandomTerm } from '../fit/random-terms.ts';
import { type BuiltDesign, buildDesign } from '../formula/design.ts';
import { parseFormula } from '../formula/parse.ts';
import { hasBlocks } from '../moments/covariance-blocks.ts';
import { mergeMoments, seenResponses } from '../moments/merge.ts';
import type { Moments } from '../moments/moments.ts';
import { partMoments } from '../prepare/prepare-moments.ts';
import { buildSplits, type Run } from '../prepare/run.ts';
import type { Table } from '../types/table.ts';
import { type NullHypothesis, termLabels } from './null-hypotheses.ts';

/** The designs of one formula, one a split. */
export interface SplitDesign {
  readonly split: string | null;
  readonly design: BuiltDesign;
}

/** Builds the design of each split; one that cannot be modelled does not stop the others. */
export function splitDesigns(
  data: Run,
  formula: string,
  table: Table = data.table,
): { readonly parts: readonly SplitDesign[]; readonly notes: readonly string[] } {
  const parsed = parseFormula(formula);
  const { built, notes } = buildSplits(data.parts, ({ split, rows }): SplitDesign => {
    const design = withReplicateNotes(buildDesign(parsed, table, { ...data.frame, rows }), table, data.family);
    if (!hasBlocks(design)) requireRandomTerm(design.random, design.formula);
    checkRandomTerms(design.random, design.formula);
    return { split, design };
  });
  return { parts: built, notes };
}

/**
 * Moments of the responses under the designs; `select` are places among the responses of the data (of `stream.select`, where
 * it is given), the same in each split.
 */
export async function splitMoments(
  data: Run,
  parts: readonly SplitDesign[],
  select: ((moments: Moments) => Int32Array) | undefined,
): Promise<Moments> {
  const keep = select ?? ((moments: Moments) => seenResponses(moments, data.minCells));
  const formed = await partMoments(data, parts);
  const merged = mergeMoments(
    parts.map(({ split }, s) => ({ split, moments: formed.moments[s], keep: keep(formed.moments[s]) })),
  );
  return { ...merged.moments, notes: [...merged.moments.notes, ...formed.notes] };
}

/** Some of `count` places, at equal distances. */
export function evenPlaces(count: number, wanted: number): Int32Array {
  if (wanted >= count) return Int32Array.from({ length: count }, (_, i) => i);
  return Int32Array.from({ length: wanted }, (_, i) => Math.floor((i * count) / wanted));
}

/**
 * The column that a permutation shuffles: the one asked for, else the one column that the terms of all hypotheses read.
 *
 * @throws OptionError where it cannot be told
 */
export function permutedColumn(
  moments: Moments,
  hypotheses: readonly NullHypothesis[],
  asked: string | undefined,
): string {
  const columns = hypotheses.map((hypothesis) => columnsOf(moments, hypothesis));
  const all = [...new Set(columns.flat())];
  if (asked !== undefined) {
    const other = hypotheses.find((_, h) => !columns[h].includes(asked));
    if (!other) return asked;
    throw new FitError('OptionError', `the test of '${other.name}' does not depend on '${asked}'`, {
      option: 'permute',
      remedy: `Name the terms that do with “terms”; '${other.name}' reads ${columnsOf(moments, other).join(', ') || 'no column'}.`,
    });
  }
  if (all.length === 1) return all[0];
  throw new FitError('OptionError', `the tests depend on ${all.length === 0 ? 'no column' : all.join(', ')}`, {
    option: 'permute',
    remedy:
      all.length === 0
        ? 'Use the scheme simulate.'
        : 'Say which column is shuffled with “permute”, and name the terms that depend on it with “terms”.',
  });
}

/** The columns of the table that a hypothesis reads. */
export function columnsOf(moments: Moments, { rows }: NullHypothesis): string[] {
  const { coefficients, recipe } = moments;
  const labels = termLabels(moments);
  const used = coefficients.filter((_, k) => rows.some((row) => row[k] !== 0));
  const terms = new Set(used.map((name) => labels.get(name)));
  const variables = new Set(
    recipe?.fixed.terms.filter(({ label }) => terms.has(label)).flatMap((term) => term.variables) ?? [],
  );
  return [...new Set(recipe?.variables.filter(({ label }) => variables.has(label)).flatMap((v) => v.columns) ?? [])];
}
