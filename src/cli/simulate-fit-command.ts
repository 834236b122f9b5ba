import { readTable } from '../data/table/file.node.ts';
import { FitError } from '../errors.ts';
import { readFit } from '../fit/saved-fit.node.ts';
import { simulateResponses } from '../predict/simulate-responses.ts';
import type { OutputColumn } from '../result/output-table.ts';
import { wholeNumber } from './arguments.ts';
import type { SimulateOptions } from './simulate-command.ts';
import { outputTable } from './table-columns.ts';
import { tableTarget, writeTable } from './table-output.ts';

/** `webgpu-lmm simulate --from F.fit DATA`: the table with a column of simulated responses for each model and draw. */
export async function simulateFitCommand(
  path: string,
  data: string | undefined,
  options: SimulateOptions,
  signal: AbortSignal,
): Promise<number> {
  if (data === undefined) {
    throw new FitError('OptionError', 'simulate --from needs the table whose rows get responses', {
      option: 'from',
      remedy: 'Write webgpu-lmm simulate --from F.fit DATA --out FILE.csv.',
    });
  }
  const foreign = (
    ['genes', 'cells', 'donors', 'density', 'condition', 'subjects', 'visits', 'responses', 'missing'] as const
  ).filter((name) => options[name] !== undefined);
  if (foreign.length > 0) {
    throw new FitError('OptionError', `--${foreign[0]} does not belong to --from`, {
      option: foreign[0],
      remedy: 'Leave it out: the design is that of the table, the truth that of the fit.',
    });
  }
  const nsim = wholeNumber('nsim', options.nsim, 1);
  const seed = wholeNumber('seed', options.seed, 0);
  const target = tableTarget(options.out, [path, data]);
  const { fit } = await readFit(path);
  const table = await readTable(data);
  const columns: OutputColumn[] = [...outputTable(table).columns];
  let simulated = 0;
  for (const { response, split, values } of simulateResponses(fit, table, {
    nsim,
    seed,
    useRandomEffects: options.useRandomEffects,
  })) {
    for (let s = 0; s < values.length / table.rows; s++) {
      columns.push({
        name: `${split === null ? '' : `${split}.`}${response}.sim${s + 1}`,
        kind: 'number',
        values: values.subarray(s * table.rows, (s + 1) * table.rows),
      });
      simulated++;
    }
  }
  await writeTable([{ columns, rows: table.rows }], target, signal);
  if (!options.quiet) process.stderr.write(`simulated ${simulated} responses for ${table.rows} rows\n`);
  return 0;
}
