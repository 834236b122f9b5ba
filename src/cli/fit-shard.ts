import { writeFile } from 'node:fs/promises';
import { replaceFile } from '../data/replace-file.node.ts';
import type { PlannedFit } from '../fit/fit-moments.ts';
import { withFittedValues } from '../fit/fitted-values.ts';
import { type FitPart, serialisePart } from '../fit/parts/fit-part.ts';
import { fittedPart, shardOf } from '../fit/parts/fit-shards.ts';
import type { BatchesRun } from '../fit/run-batches.ts';
import { entryOf, type OptionName } from '../options/entries.ts';
import type { Shard } from '../plan/shards.ts';
import type { Fittable } from '../prepare/prepare-moments.ts';
import type { FamilyChecks } from '../types/fit-table.ts';
import type { FitRequest } from './fit-request.ts';
import type { KeptFits } from './kept-fits.ts';
import type { Given } from './options.ts';
import { tally } from './report.ts';
import { fitFacts, type TellRun } from './run-facts.ts';
import { SOFTWARE } from './software.ts';
import type { Shaping } from './stored.ts';

/** Options of the machine and the run that tables do not depend on. */
const OF_THE_RUN: readonly OptionName[] = [
  ...(['formula', 'shard', 'savePart', 'resume', 'backend'] as const),
  ...(['threads', 'memory', 'explain', 'quiet', 'noNotes', 'logJson', 'logChecksums'] as const),
];

/** Fits the responses of a shard and keeps them in a file for `gather`; returns what there is to say of them. */
export async function fitShard(
  shard: Shard,
  { moments, dense, notes }: Fittable,
  planned: PlannedFit,
  {
    kept,
    request,
    source,
    shaping,
    tell,
  }: {
    readonly kept: KeptFits;
    readonly request: FitRequest;
    readonly source: FitPart['source'];
    readonly shaping: Shaping;
    readonly tell: TellRun;
  },
): Promise<string> {
  const { raw, started } = request;
  const own = shardOf(planned, moments, shard);
  const run = await kept.run(planned, own.ranges);
  const part: FitPart = {
    ...(await fittedPart(planned, moments, shard, own, run, SOFTWARE.version)),
    ...{ prepared: notes, source, asked: askedOf(raw) },
    checks: dense && familyChecks(planned, run, dense, own.cut.models),
  };
  const path = raw.savePart ?? '';
  tell({ phase: 'write' });
  await replaceFile(path, (temporary) => writeFile(temporary, serialisePart(part)));
  const column = (name: 'status' | 'singular'): Uint8Array =>
    Uint8Array.from(run.chunks.flatMap(({ fits, at, count }) => [...fits[name].subarray(at, at + count)]));
  const of = { models: own.cut.models.length, status: column('status'), singular: column('singular') };
  tell({
    ...fitFacts({ ...of, device: run.device }, planned, moments.formula, shaping),
    notes: [...notes, ...run.notes],
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  return `shard ${shard.number} of ${shard.of}: fitted ${tally(of)} in ${seconds} s, in ${path}`;
}

/** Options that the tables of all shards together depend on. */
function askedOf(raw: Given): FitPart['asked'] {
  const names = (Object.keys(raw) as OptionName[]).filter((name) => {
    return raw[name] !== undefined && !OF_THE_RUN.includes(name) && entryOf(name).shapes !== true;
  });
  return Object.fromEntries(names.map((name) => [name, raw[name]]));
}

/** Checks of generalised models of the shard, which need the rows; null of gaussian ones. */
function familyChecks(
  planned: PlannedFit,
  run: BatchesRun,
  { batches, responses, source }: NonNullable<Fittable['dense']>,
  models: Int32Array,
): FamilyChecks | null {
  if (batches.every(({ design }) => !design.family)) return null;
  const { family } = withFittedValues(planned.assemble(run), batches, responses, source).table;
  const checks = family?.checks;
  if (!checks) return null;
  const own = (values: Float64Array): Float64Array => Float64Array.from(models, (model) => values[model]);
  const { pearson, ratio, deviance, zeros } = checks;
  return {
    ...{ pearson: own(pearson), ratio: own(ratio), deviance: own(deviance) },
    zeros: zeros && { observed: own(zeros.observed), expected: own(zeros.expected) },
  };
}
