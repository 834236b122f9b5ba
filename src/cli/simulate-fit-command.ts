import { FitError } from '../errors.ts';
import { readFit } from '../fit/saved-fit.node.ts';
import { inputPath } from '../options/option.ts';
import { simulateResponses } from '../predict/simulate-responses.ts';
import { readTable } from '../reading/tables.node.ts';
import type { OutputColumn } from '../result/output-table.ts';
import type { Given } from './options.ts';
import { outputTable } from './table-columns.ts';
import { tableTarget, writeTable } from './table-output.ts';

/** `webgpu-lmm simulate --from F.fit DATA`: the table with a column of simulated responses for each model and draw. */
export async function simulateFitCommand(
  path: string,
  rows: string | undefined,
  options: Given,
  signal: AbortSignal,
): Promise<number> {
  if (rows === undefined) {
    throw new FitError('OptionError', 'simulate --from needs the table whose rows get responses', {
      option: 'from',
      remedy: 'Write webgpu-lmm simulate --from F.fit DATA --out FILE.csv.',
    });
  }
  const data = inputPath(rows);
  const target = tableTarget(options.outFile?.at(-1), [path, data]);
  const { fit } = await readFit(path);
  const table = await readTable(data);
  const columns: OutputColumn[] = [...outputTable(table).columns];
  let simulated = 0;
  for (const { response, split, values, categories } of simulateResponses(fit, table, {
    nsim: options.nsim,
    seed: options.seed,
    useRandomEffects: options.useRandomEffects,
  })) {
    for (let s = 0; s < values.length / table.rows; s++) {
      const name = `${split === null ? '' : `${split}.`}${response}.sim${s + 1}`;
      const drawn = values.subarray(s * table.rows, (s + 1) * table.rows);
      if (categories) {
        columns.push({ name, kind: 'string', values: Array.from(drawn, (number) => categories[number - 1] ?? null) });
      } else columns.push({ name, kind: 'number', values: drawn });
      simulated++;
    }
  }
  await writeTable([{ columns, rows: table.rows }], target, signal);
  if (!options.quiet) process.stderr.write(`simulated ${simulated} responses for ${table.rows} rows\n`);
  return 0;
}
