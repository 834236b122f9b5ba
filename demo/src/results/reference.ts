/** What R found for the examples: stored values, made by reference/reference.R. */

import { type FitTable, STATUSES } from 'webgpu-lmm';
import type { Results } from './results-view.ts';

/** Fits of one example by R, columnar. */
export interface Reference {
  readonly formula: string;
  readonly normalisation: string;
  readonly software: string;
  readonly secondsPerModel: number;
  readonly terms: readonly string[];
  readonly responses: readonly string[];
  readonly logLik: readonly number[];
  /** models x terms, row-major. */
  readonly estimate: readonly number[];
  readonly standardError: readonly number[];
  readonly df: readonly number[];
}

export interface ReferenceAgreement {
  readonly software: string;
  readonly secondsPerModel: number;
  readonly models: number;
  readonly worst: {
    readonly logLik: number;
    readonly estimate: number;
    readonly standardError: number;
    readonly df: number;
  };
}

/** The stored fits of the example that results are of, if they have its model; loaded when asked for. */
export async function referenceOf({ source, settings, outcome }: Results): Promise<Reference | null> {
  if (source.kind !== 'example' || outcome.table.splits) return null;
  const id = source.names[0];
  const { default: all } = await import('../../reference/reference.json');
  const stored = (all as Readonly<Record<string, Reference>>)[id]; // our own file
  const squeeze = (formula: string): string => formula.replace(/\s+/g, '');
  const same =
    stored &&
    squeeze(stored.formula) === squeeze(settings.formula) &&
    stored.normalisation === settings.normalize &&
    settings.method === 'REML' &&
    (settings.ddf === 'auto' || settings.ddf === 'kenward-roger') &&
    settings.where === '';
  return same ? stored : null;
}

export function againstReference(table: FitTable, reference: Reference): ReferenceAgreement {
  const worst = { logLik: 0, estimate: 0, standardError: 0, df: 0 };
  const index = new Map(table.responses.map((name, model) => [name, model]));
  const { names, estimate, standardError, df } = table.coefficients;
  let models = 0;
  reference.responses.forEach((response, r) => {
    const model = index.get(response);
    if (model === undefined || STATUSES[table.status[model]] !== 'ok') return;
    models += 1;
    worst.logLik = Math.max(worst.logLik, Math.abs(table.logLik[model] - reference.logLik[r]));
    reference.terms.forEach((term, k) => {
      const at = model * names.length + names.indexOf(term);
      const from = r * reference.terms.length + k;
      const error = reference.standardError[from];
      worst.estimate = Math.max(worst.estimate, Math.abs(estimate[at] - reference.estimate[from]) / error);
      worst.standardError = Math.max(worst.standardError, Math.abs(standardError[at] / error - 1));
      worst.df = Math.max(worst.df, Math.abs(df[at] / reference.df[from] - 1));
    });
  });
  const { software, secondsPerModel } = reference;
  return { software, secondsPerModel, models, worst };
}
