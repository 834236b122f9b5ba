import type { MomentFit } from '../fit/readable-fit.ts';
import { readFit } from '../fit/saved-fit.node.ts';
import { formulaVariables, parseFormula } from '../formula/parse.ts';
import { inputPath } from '../options/option.ts';
import { groupNotes } from '../predict/group-notes.ts';
import { runRecipes } from '../predict/new-rows.ts';
import { predictionRuns } from '../predict/predict.ts';
import { readTable, tableColumns } from '../reading/tables.node.ts';
import type { Table } from '../types/table.ts';
import { noteWriter } from './notes.ts';
import { type FromCommander, readOptions } from './options.ts';
import { withStored } from './stored.ts';
import { tableTarget, writeTable } from './table-output.ts';

/** `webgpu-lmm predict F.fit NEWDATA`: returns the exit status. */
export async function predictCommand(
  path: string,
  newdata: string,
  words: FromCommander,
  signal: AbortSignal,
): Promise<number> {
  const { type, interval, level, randomEffects, allowNewLevels, standardErrors, useObserved, outFile, quiet, noNotes } =
    readOptions('predict', words);
  const data = inputPath(newdata);
  const target = tableTarget(outFile?.at(-1), [path, data]);
  const { fit } = await readFit(path);
  const table = await withStored(path, () => readNewData(data, fit, useObserved === true));
  const note = noteWriter({ noNotes });
  const runs = predictionRuns(fit, table, {
    type,
    randomEffects,
    interval,
    level,
    allowNewLevels,
    standardErrors,
    useObserved,
  });
  await withStored(path, () => writeTable(runs, target, signal));
  for (const text of await withStored(path, async () => groupNotes(fit, table, { randomEffects }))) note(text);
  if (quiet !== true) {
    const { models } = fit.table;
    const fitted = fit.table.sigma.filter(Number.isFinite).length;
    process.stderr.write(`predicted ${table.rows} rows for ${fitted} of ${models} models\n`);
  }
  return 0;
}

/** The columns of a table that a fit's formula reads, with its responses or without, as far as they are there. */
export async function readNewData(data: string, fit: MomentFit, withResponses = false): Promise<Table> {
  const wanted = new Set<string>();
  for (const { columns, weights, offset, split, formula } of runRecipes(fit)) {
    for (const { name } of columns) wanted.add(name);
    for (const name of [weights, offset, split?.column ?? null]) if (name !== null) wanted.add(name);
    if (!withResponses) continue;
    for (const name of [...formulaVariables(parseFormula(formula)), ...fit.table.responses]) wanted.add(name);
  }
  const names = await tableColumns(data);
  const present = names.filter((name) => wanted.has(name));
  // Reading no column at all still has to give the number of rows.
  const columns = present.length > 0 ? present : names.slice(0, 1);
  return { ...(await readTable(data, { columns })), columnNames: names };
}
