import type { MomentFit } from '../fit/readable-fit.ts';
import { intervalParameters, parseParameterList, selectParameters } from '../intervals/interval-parameters.ts';
import { bootstrapIntervals, profileIntervals, waldIntervals } from '../intervals/intervals.ts';
import type { Moments } from '../moments/moments.ts';
import { levelOf, OPTIONS } from '../options/entries.ts';
import { DISPERSION_OF, type FamilyName } from '../types/family.ts';
import type { Progress } from '../types/fit-result.ts';
import type { FitTable } from '../types/fit-table.ts';
import { INTERVAL_REASONS, type IntervalTable } from '../types/inference.ts';
import type { FitArguments } from './arguments.ts';
import type { Given } from './options.ts';

/** What `--conf-int`, `--conf-method` and `--conf-parameters` ask for. */
export interface ConfidenceArguments {
  readonly level: number;
  readonly method: 'wald' | 'profile' | 'bootstrap' | 'bca';
  readonly parameters: 'all' | 'beta' | readonly string[];
  readonly seed: number;
}

/** Undefined without any of the options; each of them alone implies the others' defaults. */
export function confidenceIntervals(raw: Given): ConfidenceArguments | undefined {
  const { confInt, confMethod, confParameters } = raw;
  if (confInt === undefined && confMethod === undefined && confParameters === undefined) return undefined;
  const method = confMethod ?? OPTIONS.confMethod.fallback;
  return {
    level: levelOf(confInt),
    method: method === 'bootstrap-percentile' ? 'bootstrap' : method,
    parameters: parseParameterList(confParameters ?? 'all'),
    seed: raw.seed ?? OPTIONS.seed.fallback,
  };
}

/** Refuses parameters that the models will not have, before anything is fitted. */
export function checkParameters(
  asked: ConfidenceArguments | undefined,
  moments: Moments,
  contrasts: readonly string[],
): void {
  // What a structured covariance has depends on the levels of the data: its names are checked once there is a fit.
  if (asked === undefined || moments.batches.some(({ design }) => design.blocks)) return;
  const family = moments.batches.find(({ design }) => design.family)?.design.family?.family;
  const dispersion = family && (DISPERSION_OF as Readonly<Partial<Record<FamilyName, string>>>)[family];
  const names = {
    coefficients: { names: moments.coefficients },
    contrasts: { names: contrasts },
    terms: moments.batches.flatMap(({ design }) => design.terms),
    family: family && { dispersion: dispersion ? { name: dispersion } : null },
  };
  selectParameters(intervalParameters(names), asked.parameters);
}

/** Finds the intervals; draws are as many as `--bootstrap` says, or the library's default. */
export async function intervalsOf(
  result: MomentFit,
  { level, method, parameters, seed }: ConfidenceArguments,
  { bootstrap, threads }: FitArguments,
  onProgress: Progress | undefined,
  signal: AbortSignal,
): Promise<IntervalTable> {
  const options = { level, parameters, threads, onProgress, signal };
  if (method === 'wald') return waldIntervals(result, options);
  if (method === 'profile') return profileIntervals(result, options);
  const kind = method === 'bca' ? 'bca' : 'percentile';
  return bootstrapIntervals(result, { ...options, kind, draws: bootstrap?.draws, seed });
}

/** How many limits of fitted models could not be found, and why; null where all were. */
export function missingLimits(
  table: FitTable,
  { method, parameters, low, high, reason }: IntervalTable,
): string | null {
  if (method === 'wald') return null;
  const counts = new Map<string, number>();
  let total = 0;
  for (let i = 0; i < reason.length; i++) {
    const why = INTERVAL_REASONS[reason[i]];
    const model = Math.floor(i / parameters.length);
    if (why === 'not asked for' || !Number.isFinite(table.sigma[model])) continue;
    // A coefficient that the design of a model lacks has no row.
    const { names, estimate } = table.coefficients;
    const column = i % parameters.length;
    if (column < names.length && Number.isNaN(estimate[model * names.length + column])) continue;
    total++;
    if (Number.isNaN(low[i]) || Number.isNaN(high[i])) counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  if (counts.size === 0) return null;
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([why, count]) => `${count} (${why})`);
  return `no interval for some of ${total} parameters: ${parts.join(', ')}`;
}
