/** Fits that are kept beside the output of a run until it has done its work. */
import { FitError } from '../errors.ts';
import type { FitDecisions, PlannedFit } from '../fit/fit-moments.ts';
import { fitOrigin } from '../fit/parts/fit-origin.node.ts';
import { chunksWithin, unfittedRanges } from '../fit/parts/packed-fits.ts';
import { UnfinishedFits } from '../fit/parts/unfinished-fits.node.ts';
import type { BatchesRun } from '../fit/run-batches.ts';
import type { FitChunk } from '../lmm/engine.ts';
import type { ResponseRange } from '../moments/moment-shards.ts';
import type { Moments } from '../moments/moments.ts';
import type { FitRequest } from './fit-request.ts';
import { SOFTWARE } from './software.ts';

export interface KeptFits {
  /** Fits all responses, or some ranges, but for those whose fits are there already. */
  run(planned: PlannedFit, ranges: readonly ResponseRange[] | null): Promise<BatchesRun>;
  /** Leaves what is kept to a later run, because this one fails. */
  leave(): Promise<void>;
  /** Removes what is kept: the run has done its work. */
  remove(): Promise<void>;
}

/** Without a file. */
const NOTHING_KEPT: KeptFits = {
  run: (planned, ranges) => planned.run(ranges ? { jobs: ranges } : {}),
  leave: async () => {},
  remove: async () => {},
};

/**
 * Opens the file of finished fits of a run, which is named for its first output; a run that writes no file keeps nothing.
 *
 * @throws OptionError where fits are to be resumed and there is no output to keep them beside
 */
export async function keepFits(moments: Moments, decisions: FitDecisions, request: FitRequest): Promise<KeptFits> {
  const { raw, targets, note } = request;
  const resume = raw.resume === true;
  const outputs = [raw.savePart, ...targets.map(({ path }) => path), raw.save];
  const output = outputs.find((path) => typeof path === 'string' && !/^\/(dev|proc)\//.test(path));
  if (typeof output !== 'string') {
    if (!resume) return NOTHING_KEPT;
    throw new FitError('OptionError', '“resume” takes fits that are kept beside an output file, and none is named', {
      option: 'resume',
      remedy: 'Name the file that the run was to write with “out”.',
    });
  }
  // A device does all at once unless it is asked for parts.
  const inParts = decisions.backend === 'cpu' || resume;
  const kept = await UnfinishedFits.open(`${output}.unfinished`, {
    ...{ resume, note },
    origin: () => fitOrigin(moments, decisions, SOFTWARE.version),
  });
  return {
    async run(planned, ranges) {
      const all = ranges ?? moments.batches.map(({ responses }, batch) => ({ batch, from: 0, to: responses.count }));
      const held = chunksWithin(kept.held, all);
      const jobs = held.length === 0 && ranges === null && !resume ? undefined : unfittedRanges(all, held);
      const onChunk = inParts ? (chunk: FitChunk) => kept.add(chunk) : undefined;
      const run = await planned.run({ jobs, onChunk });
      return { ...run, chunks: [...held, ...run.chunks] };
    },
    leave: () => kept.leave(),
    remove: () => kept.remove(),
  };
}
