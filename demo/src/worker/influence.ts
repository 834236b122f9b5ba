/** One model without each level of a grouping factor, as the library's influence has it. */

import { FitError, influence } from 'webgpu-lmm';
import type { InfluenceDetail } from '../protocol/model-protocol.ts';
import { partOf, type ValueCache } from './gene.ts';
import { oneModel } from './one-model.ts';
import { numbersOf, textsOf } from './output-columns.ts';
import type { FittedRun } from './run.ts';
import { subjectsOf } from './time-column.ts';

/** Levels that are left out one by one, at most. */
const MOST_LEVELS = 2000;

export async function levelInfluence(
  run: FittedRun,
  model: number,
  wanted: string,
  cache: ValueCache,
  signal: AbortSignal,
): Promise<InfluenceDetail> {
  const part = partOf(run, model);
  const subjects = subjectsOf(part);
  const groups = subjects.map(({ name }) => name);
  const group = groups.includes(wanted) ? wanted : groups[0];
  const count = subjects.find(({ name }) => name === group)?.levels.length ?? 0;
  if (count > MOST_LEVELS) {
    throw new FitError(
      'OptionError',
      `${count.toLocaleString('en')} levels of ${group} are too many to leave out here`,
      {
        remedy: 'The command “webgpu-lmm influence” takes any number.',
      },
    );
  }
  const { result } = await oneModel(run, model, cache, signal);
  const table = await influence(result, { ...(group === undefined ? {} : { group }), threads: 1, signal });
  const effect = textsOf(table, 'effect');
  const deleted = textsOf(table, 'deleted');
  const term = textsOf(table, 'term');
  const statuses = textsOf(table, 'status');
  const levels = [...new Set(deleted)];
  const terms = [...new Set(term.filter((_, i) => effect[i] === 'fixed'))];
  const empty = (length: number) => new Float64Array(length).fill(Number.NaN);
  const columns = ['estimate', 'delta', 'dfbetas'] as const;
  const [estimate, delta, dfbetas] = columns.map(() => empty(levels.length * terms.length));
  const cooks = empty(levels.length);
  const status = levels.map(() => '');
  const [placeOfLevel, placeOfTerm] = [levels, terms].map((names) => new Map(names.map((name, k) => [name, k])));
  const found = columns.map((name) => numbersOf(table, name));
  const distance = numbersOf(table, 'cooks.distance');
  deleted.forEach((name, i) => {
    const level = placeOfLevel.get(name) ?? 0;
    status[level] = statuses[i];
    if (effect[i] !== 'fixed') return;
    const at = level * terms.length + (placeOfTerm.get(term[i]) ?? 0);
    [estimate, delta, dfbetas].forEach((values, k) => {
      values[at] = found[k]?.[i] ?? Number.NaN;
    });
    cooks[level] = distance?.[i] ?? Number.NaN;
  });
  return { group: group ?? '', groups, levels, terms, estimate, delta, dfbetas, cooks, status };
}
