import { readFile } from 'node:fs/promises';
import { unreadable } from '../data/table/bytes.node.ts';
import { FitError } from '../errors.ts';
import { addChecks } from '../fit/family-checks.ts';
import { deserialisePart } from '../fit/parts/fit-part.ts';
import { gatheredFit } from '../fit/parts/fit-shards.ts';
import { gatherParts, type PartFile } from '../fit/parts/gathered-parts.ts';
import { dataPaths } from './data-paths.ts';
import { writeFits } from './fit-outputs.ts';
import { checkAgainst, fitOptions, fitRequest } from './fit-request.ts';
import { withGeneSets } from './gene-sets.ts';
import { type FromCommander, type Given, readOptions } from './options.ts';
import { startProgress } from './progress.ts';
import { allFitted, discoveriesOf, tally } from './report.ts';
import { fitFacts, momentFacts, type TellRun } from './run-facts.ts';
import { SOFTWARE } from './software.ts';
import { type Shaping, shapingOf, withStored } from './stored.ts';

/**
 * `webgpu-lmm gather PART...`: the tables of all shards of a fit together, as the fit of all responses at once writes them; returns
 * the exit status.
 */
export async function gatherCommand(
  data: readonly string[],
  words: FromCommander,
  signal: AbortSignal,
  tell: TellRun,
): Promise<number> {
  const paths = await dataPaths(data);
  tell({ phase: 'read' });
  const files: PartFile[] = [];
  for (const path of paths) files.push({ path, part: deserialisePart(await readPart(path), path) });
  const gathered = gatherParts(files);
  const { moments, origin, prepared, checks, asked, source } = gathered;
  const raw = readOptions('gather', words, asked as Given); // options of an earlier run, read there
  const quiet = raw.quiet === true;
  const request = await withGeneSets(fitRequest(paths, raw));
  const { note, started, targets } = request;
  if (targets.some(({ table }) => table === 'augment')) {
    throw new FitError('OptionError', 'augment needs the rows of the data, which parts of a fit do not hold', {
      option: 'out',
      remedy: 'Fit the responses that it is wanted for from the data, without “shard”.',
    });
  }
  checkAgainst(request, moments);
  const shaping = { ...shapingOf({}), ...(source as Partial<Shaping>) }; // what `fit` put there
  tell({ ...momentFacts(moments), shaping, options: asked as Given, notes: prepared, phase: 'fit' });
  const progress = await startProgress(quiet);
  const guard = <T>(work: () => Promise<T>): Promise<T> => withStored(paths[0], work);
  try {
    const { backend, bootstrap } = origin.decisions;
    const fitted = await guard(async () => {
      const options = { ...fitOptions(request), ...{ backend, bootstrap: bootstrap ?? undefined, signal } };
      const { fit, planned } = await gatheredFit(gathered, options, SOFTWARE.version, paths[0]);
      tell({ ...fitFacts(fit.table, planned, moments.formula, shaping), phase: 'write' });
      return checks ? { ...fit, ...addChecks(fit, checks) } : fit;
    });
    for (const line of prepared) note(line);
    const status = await writeFits(fitted, request, { notes: prepared, source, progress, signal, tell, guard });
    const discoveries = quiet ? null : await discoveriesOf(fitted.table);
    if (discoveries !== null) note(discoveries);
    if (!quiet || !allFitted(fitted.table)) {
      const seconds = ((performance.now() - started) / 1000).toFixed(2);
      note(
        `gathered ${tally(fitted.table)} from ${paths.length} ${paths.length === 1 ? 'part' : 'parts'} in ${seconds} s`,
      );
    }
    return status;
  } finally {
    progress.stop();
  }
}

async function readPart(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
