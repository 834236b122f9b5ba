import { readTable, tableColumns } from '../data/table/file.node.ts';
import { FitError } from '../errors.ts';
import type { MomentFit } from '../fit/readable-fit.ts';
import { readFit } from '../fit/saved-fit.node.ts';
import { choice } from '../options/choice.ts';
import { predictionRuns } from '../predict/predict.ts';
import { runRecipes } from '../predict/recipes.ts';
import type { Table } from '../types/table.ts';
import { withStored } from './stored.ts';
import { tableTarget, writeTable } from './table-output.ts';

export interface PredictCommandOptions {
  readonly reForm?: string;
  readonly allowNewLevels?: boolean;
  readonly se?: boolean;
  readonly interval?: string;
  readonly level?: string;
  readonly out?: string;
  readonly quiet?: boolean;
}

/** `webgpu-lmm predict F.fit NEWDATA`: returns the exit status. */
export async function predictCommand(
  path: string,
  data: string,
  options: PredictCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  const interval =
    options.interval === undefined
      ? undefined
      : choice('--interval', options.interval, ['confidence', 'prediction'], 'confidence');
  const randomEffects = choice('--re-form', options.reForm, ['all', 'none'], 'all');
  if (options.level !== undefined && interval === undefined) {
    throw new FitError('OptionError', '--level belongs to --interval, which is not given', {
      option: 'level',
      remedy: 'Add --interval confidence or --interval prediction.',
    });
  }
  const level = options.level === undefined ? undefined : Number(options.level);
  const target = tableTarget(options.out, [path, data]);
  const { fit } = await readFit(path);
  const table = await withStored(path, () => readNewData(data, fit));
  const runs = predictionRuns(fit, table, {
    randomEffects,
    interval,
    level,
    allowNewLevels: options.allowNewLevels,
    standardErrors: options.se,
  });
  await withStored(path, () => writeTable(runs, target, signal));
  if (options.quiet !== true) {
    const { models } = fit.table;
    const fitted = fit.table.sigma.filter(Number.isFinite).length;
    process.stderr.write(`predicted ${table.rows} rows for ${fitted} of ${models} models\n`);
  }
  return 0;
}

/** The columns of a table that a fit's formula reads, as far as they are there. */
export async function readNewData(data: string, fit: MomentFit): Promise<Table> {
  const wanted = new Set<string>();
  for (const { columns, weights, offset } of runRecipes(fit)) {
    for (const { name } of columns) wanted.add(name);
    for (const name of [weights, offset]) if (name !== null) wanted.add(name);
  }
  const names = await tableColumns(data);
  const present = names.filter((name) => wanted.has(name));
  // Reading no column at all still has to give the number of rows.
  const columns = present.length > 0 ? present : names.slice(0, 1);
  return { ...(await readTable(data, { columns })), columnNames: names };
}
