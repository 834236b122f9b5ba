/** R's reference fits as results of ours, and R's names of parameters. */
import { fitMoments } from '../../src/fit/fit-moments.ts';
import type { MomentFit } from '../../src/fit/readable-fit.ts';
import type { IntervalParameter, IntervalTable } from '../../src/types/inference.ts';
import { referenceModels } from '../lmm/reference-models.ts';

/** Fits of the wanted ids, by id. */
export async function referenceResults(ids: readonly string[]): Promise<Map<string, MomentFit>> {
  const results = new Map<string, MomentFit>();
  for (const { reference, design, batch } of referenceModels()) {
    if (!ids.includes(reference.id)) continue;
    const moments = {
      formula: reference.formula,
      names: ['y'],
      batches: [batch],
      coefficients: design.fixed.names,
      notes: [],
    };
    results.set(reference.id, await fitMoments(moments, { method: reference.method, backend: 'cpu', threads: 1 }));
  }
  return results;
}

/** lme4's name of a parameter (`signames = FALSE`); several where it depends on how a nested factor was written. */
function namesInR({ effect, group, term }: IntervalParameter): string[] {
  if (effect === 'fixed') return [term];
  if (group === 'Residual') return ['sigma'];
  const groups = [`${group}`, `${group}`.split(':').reverse().join(':')];
  if (term.startsWith('sd__')) return groups.map((name) => `sd_${term.slice(4)}|${name}`);
  // A name of an effect may hold a dot: both orders of every split.
  const text = term.slice(5);
  const names: string[] = [];
  for (let at = text.indexOf('.'); at >= 0; at = text.indexOf('.', at + 1)) {
    const [a, b] = [text.slice(0, at), text.slice(at + 1)];
    for (const name of groups) names.push(`cor_${b}.${a}|${name}`, `cor_${a}.${b}|${name}`);
  }
  return names;
}

export interface LimitsInR {
  readonly names: readonly string[];
  readonly lower: readonly (number | null)[];
  readonly upper: readonly (number | null)[];
}

/** Every limit of R that ours miss by more than `bound` of the interval's width. */
export function limitDifferences(found: IntervalTable, wanted: LimitsInR, bound: number): string[] {
  const bad: string[] = [];
  let compared = 0;
  found.parameters.forEach((parameter, i) => {
    const k = wanted.names.findIndex((name) => namesInR(parameter).includes(name));
    if (k < 0) {
      bad.push(`${parameter.term}|${parameter.group}: not among R's`);
      return;
    }
    compared++;
    const width = found.high[i] - found.low[i];
    for (const [side, got, reference] of [
      ['low', found.low[i], wanted.lower[k]],
      ['high', found.high[i], wanted.upper[k]],
    ] as const) {
      // R gives none where its profile does not reach the limit.
      if (reference === null) continue;
      if (!(Math.abs(got - reference) <= bound * width)) bad.push(`${parameter.term} ${side}: ${got}, R ${reference}`);
    }
  });
  if (compared !== wanted.names.length) bad.push(`${compared} of R's ${wanted.names.length} parameters compared`);
  return bad;
}
