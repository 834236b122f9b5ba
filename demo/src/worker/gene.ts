/** Everything about one gene: its values, fitted means, and the effects of its donors. */

import { type MatrixSource, STATUSES } from 'webgpu-lmm';
import { studentQuantile } from 'webgpu-lmm/statistics';
import { type DesignPart, fitMoments, selectMoments } from 'webgpu-lmm/steps';
import type { FittedMean, GeneDetail, GroupValues } from '../protocol/protocol.ts';
import { levelsOf } from './frame.ts';
import { gradeValues } from './grades.ts';
import { meanOfLink, showsMeans } from './mean-scale.ts';
import type { FittedRun } from './run.ts';
import { fitOptions } from './run-options.ts';
import { type Subjects, subjectsOf } from './time-column.ts';

/** Levels up to which a column of the formula is shown as a condition. */
const FEW_LEVELS = 12;
/** Of two-sided intervals. */
const LEVEL = 0.95;
const TARGET_TOTAL = { none: 0, 'log1p-cpm': 1e6, 'log1p-cp10k': 1e4 } as const;

/** Values of responses of a matrix by rows of the matrix, read in one pass; kept for the next gene. */
export interface ValueCache {
  readonly values: Map<number, Float64Array>;
}

export interface Condition {
  readonly name: string;
  readonly labels: readonly string[];
  /** Level of each row of the table. */
  readonly codes: Int32Array;
}

/**
 * @param warm models that are likely to be asked for next: the same pass reads their values too
 */
export async function geneDetail(
  run: FittedRun,
  model: number,
  warm: readonly number[],
  cache: ValueCache,
  signal: AbortSignal,
): Promise<GeneDetail> {
  const { table } = run.result;
  const part = partOf(run, model);
  const condition = conditionOf(run, part);
  const donor: Subjects | undefined = subjectsOf(part)[0];
  const values = await valuesOf(run, part, model, warm, cache, signal);
  const status = STATUSES[table.status[model]];
  const hasFit = status === 'ok' || status === 'not_converged';
  return {
    model,
    status,
    condition: condition?.name ?? '',
    donor: donor?.name ?? '',
    groups: groupValues(gradeValues(values, run.prepared.dense?.responses.categories), part, condition, donor),
    fitted: hasFit && showsMeans(run) ? await fittedMeans(run, part, model, condition) : [],
    effects: run.result.randomEffects(model).flatMap(({ group, names, levels, estimate, standardError }) =>
      names.map((term, k) => ({
        group,
        term,
        levels,
        estimate: every(estimate, names.length, k),
        standardError: every(standardError, names.length, k),
      })),
    ),
  };
}

function every(values: Float64Array, step: number, from: number): Float64Array {
  return Float64Array.from({ length: values.length / step }, (_, i) => values[i * step + from]);
}

/** The design of a model: that of its split. */
export function partOf({ result, prepared }: FittedRun, model: number): DesignPart {
  const split = result.table.splits?.[model] ?? null;
  return prepared.parts.find((candidate) => candidate.split === split) ?? prepared.parts[0];
}

/** The column that the page compares: the one chosen, else the first of the formula with few levels; `but` is left out. */
export function conditionOf(run: FittedRun, part: DesignPart, but = ''): Condition | null {
  const { formula } = run.input;
  const { table } = run.data;
  const names = formula.fixed.variables.flatMap(({ expression }) =>
    expression.type === 'name' ? [expression.name] : [],
  );
  const chosen = run.settings.condition;
  for (const name of table.columns.has(chosen) ? [chosen, ...names] : names) {
    if (name === but) continue;
    const column = table.columns.get(name);
    const found = column && levelsOf(column, FEW_LEVELS);
    if (!found) continue;
    const used = new Set(Array.from(part.design.rows, (row) => found.codes[row]));
    used.delete(-1);
    if (used.size >= 1 && used.size <= FEW_LEVELS) return { name, ...found };
  }
  return null;
}

/** Values of a response on the used rows of the design. */
async function valuesOf(
  run: FittedRun,
  part: DesignPart,
  model: number,
  warm: readonly number[],
  cache: ValueCache,
  signal: AbortSignal,
): Promise<Float64Array> {
  const values = await tableValues(run, model, warm, cache, signal);
  return Float64Array.from(part.design.rows, (row) => values[row]);
}

/** Values of a response over the rows of the run's table, as the fits saw them. */
export async function tableValues(
  run: FittedRun,
  model: number,
  warm: readonly number[],
  cache: ValueCache,
  signal: AbortSignal,
): Promise<Float64Array> {
  const { prepared, data } = run;
  if (prepared.dense) {
    const { responses, source } = prepared.dense;
    const at = source[model] * responses.rows;
    return responses.values.slice(at, at + responses.rows);
  }
  const { responses, matrixRows } = data;
  if (responses.kind !== 'matrix' || !matrixRows) return new Float64Array(0);
  const index = new Map(responses.names.map((name, i) => [name, i]));
  const indexOf = (m: number): number => index.get(run.result.table.responses[m]) ?? -1;
  const wanted = indexOf(model);
  if (!cache.values.has(wanted)) {
    const others = warm.map(indexOf).filter((i) => i >= 0 && !cache.values.has(i));
    await readValues(responses, [wanted, ...others], run.settings.normalize, totalsOf(run), cache, signal);
  }
  const all = cache.values.get(wanted);
  return Float64Array.from(matrixRows, (row) => all?.[row] ?? Number.NaN);
}

/** One pass over a matrix for the values of a few responses, normalised as the fits saw them. */
async function readValues(
  source: MatrixSource,
  responses: readonly number[],
  normalisation: keyof typeof TARGET_TOTAL,
  given: Float64Array | null,
  cache: ValueCache,
  signal: AbortSignal,
): Promise<void> {
  const found = new Map(responses.map((response) => [response, new Float64Array(source.rows)]));
  const totals = new Float64Array(source.rows);
  for await (const { major, majors, pointers, indices, values } of source.blocks({ signal })) {
    for (let k = 0; k < majors.length; k++) {
      const across = major === 'response' ? found.get(majors[k]) : undefined;
      for (let e = pointers[k]; e < pointers[k + 1]; e++) {
        const row = major === 'row' ? majors[k] : indices[e];
        totals[row] += values[e];
        const target = major === 'row' ? found.get(indices[e]) : across;
        if (target) target[row] += values[e];
      }
    }
  }
  const scale = TARGET_TOTAL[normalisation];
  for (const [response, values] of found) {
    if (scale > 0) {
      for (let row = 0; row < values.length; row++) {
        if (values[row] !== 0) values[row] = Math.log1p((scale * values[row]) / (given ?? totals)[row]);
      }
    }
    cache.values.set(response, values);
  }
}

/** Totals of the rows of the matrix that a column holds; null for their sums. */
function totalsOf({ settings, input }: FittedRun): Float64Array | null {
  const column = input.table.columns.get(settings.totals);
  if (settings.totals === '' || column?.kind !== 'numeric' || input.responses.kind !== 'matrix') return null;
  const totals = new Float64Array(input.responses.rows);
  input.matrixRows?.forEach((row, i) => {
    totals[row] = column.values[i];
  });
  return totals;
}

/** Values by donor and condition. */
function groupValues(
  values: Float64Array,
  part: DesignPart,
  condition: Condition | null,
  donor: Subjects | undefined,
): GroupValues[] {
  const { rows } = part.design;
  const groups = new Map<string, { condition: string; donor: string; values: number[]; order: number }>();
  values.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const c = condition ? condition.codes[rows[i]] : 0;
    const d = donor ? donor.codes[i] : 0;
    const key = `${c} ${d}`;
    let group = groups.get(key);
    if (!group) {
      const label = condition ? (condition.labels[c] ?? 'missing') : 'all';
      group = { condition: label, donor: donor?.levels[d] ?? '', values: [], order: c * 1e6 + d };
      groups.set(key, group);
    }
    group.values.push(value);
  });
  return [...groups.values()]
    .sort((a, b) => a.order - b.order)
    .map(({ condition: label, donor: name, values: list }) => ({
      label: condition ? `${name}, ${label}` : name,
      condition: label,
      donor: name,
      values: Float64Array.from(list),
    }));
}

/**
 * Mean of the fixed part over the rows of each condition, with its interval: the gene is fitted once more with these
 * means as contrasts, so that their standard errors and degrees of freedom are those of the model.
 */
async function fittedMeans(
  run: FittedRun,
  part: DesignPart,
  model: number,
  condition: Condition | null,
): Promise<FittedMean[]> {
  const { design } = part;
  const { names, x } = design.fixed;
  const used = condition ? Array.from(design.rows, (row) => condition.codes[row]) : Array.from(design.rows, () => 0);
  const contrasts: Record<string, string> = {};
  const labels = condition?.labels ?? ['all'];
  const shown: string[] = [];
  labels.forEach((label, c) => {
    const members = used.flatMap((code, i) => (code === c ? [i] : []));
    if (members.length === 0) return;
    const parts = names.flatMap((name, k) => {
      let sum = 0;
      for (const i of members) sum += x[k * design.n + i];
      const weight = sum / members.length;
      // Names of columns that R would quote hold back-ticks already.
      const quoted = name === '(Intercept)' || name.includes('`') ? name : `\`${name}\``;
      return Math.abs(weight) < 1e-12 ? [] : [`(${weight.toFixed(15)}) * ${quoted}`];
    });
    if (parts.length === 0) return;
    contrasts[`mean ${shown.length}`] = parts.join(' + ');
    shown.push(label);
  });
  if (shown.length === 0) return [];
  const one = selectMoments(run.prepared.moments, Int32Array.of(model));
  const { bootstrap: _none, moderate: _prior, ...options } = fitOptions(run.settings);
  const { table } = await fitMoments(one, { ...options, contrasts, backend: 'cpu', threads: 1 });
  const toMean = meanOfLink(run.settings);
  return shown.map((label, c) => {
    const mean = table.contrasts.estimate[c];
    const df = table.contrasts.df[c];
    const width =
      studentQuantile(1 - (1 - LEVEL) / 2, Number.isNaN(df) ? Infinity : df) * table.contrasts.standardError[c];
    return { condition: label, mean: toMean(mean), low: toMean(mean - width), high: toMean(mean + width) };
  });
}
