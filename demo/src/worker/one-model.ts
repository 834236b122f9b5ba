/** One model of a run, fitted once more with its rows in memory: residuals, influence and predictions are asked of it. */

import type { DenseResponses, MomentFit, Table } from 'webgpu-lmm';
import { type DesignPart, fitMoments, type Run, runMoments, withFittedValues } from 'webgpu-lmm/steps';
import { partOf, tableValues, type ValueCache } from './gene.ts';
import type { FittedRun } from './run.ts';
import { fitOptions } from './run-options.ts';

export interface OneModel {
  /** A result of one model, number 0. */
  readonly result: MomentFit;
  readonly part: DesignPart;
  readonly table: Table;
  readonly responses: DenseResponses;
}

/** The last model of a run, which several questions are about. */
const kept = new WeakMap<FittedRun, { readonly model: number; readonly made: Promise<OneModel> }>();

export function oneModel(run: FittedRun, model: number, cache: ValueCache, signal: AbortSignal): Promise<OneModel> {
  const last = kept.get(run);
  if (last?.model === model) return last.made;
  const made = fitOne(run, model, cache, signal);
  kept.set(run, { model, made });
  // What failed, or was stopped, is tried again.
  made.catch(() => {
    if (kept.get(run)?.made === made) kept.delete(run);
  });
  return made;
}

async function fitOne(run: FittedRun, model: number, cache: ValueCache, signal: AbortSignal): Promise<OneModel> {
  const responses = await denseResponse(run, model, cache, signal);
  const { data, result, settings } = run;
  const split = result.table.splits?.[model] ?? null;
  const alone: Run = {
    ...data,
    responses,
    matrixRows: null,
    select: null,
    parts: data.parts.filter((part) => part.split === split),
    minCells: 0,
    // Its weights come with the response: the trend behind them is of all responses.
    voom: undefined,
  };
  const { moments, dense } = await runMoments(alone, settings.formula);
  if (!dense) throw new RangeError('a response in memory without its rows');
  const { bootstrap: _draws, moderate: _prior, ...options } = fitOptions(settings);
  const ddf = result.table.family ? options.ddf : result.table.ddf;
  const fitted = await fitMoments(moments, { ...options, ddf, contrasts: {}, backend: 'cpu', threads: 1, signal });
  return {
    result: withFittedValues(fitted, dense.batches, dense.responses, dense.source),
    part: partOf(run, model),
    table: data.table,
    responses,
  };
}

/** One response of a run over the rows of its table, with its own weights, trials and categories. */
async function denseResponse(
  run: FittedRun,
  model: number,
  cache: ValueCache,
  signal: AbortSignal,
): Promise<DenseResponses> {
  const values = await tableValues(run, model, [], cache, signal);
  const names = [run.result.table.responses[model]];
  const alone = { kind: 'dense', rows: values.length, names, values } as const;
  const { dense } = run.prepared;
  if (!dense) return alone;
  const { weights, trials, categories, rows } = dense.responses;
  const at = dense.source[model] * rows;
  return {
    ...alone,
    ...(weights ? { weights: weights.slice(at, at + rows) } : {}),
    ...(trials ? { trials: trials.slice(at, at + rows) } : {}),
    ...(categories ? { categories } : {}),
  };
}
