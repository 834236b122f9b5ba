/**
 * The fits of one shard of a run as a file: the moments of its responses, and in the header under `part` what the engine left of
 * each of them, where they stand in the run, and what the run was asked for. Nothing that rests on all responses is in it.
 */
import { array, instance, integer, is, looseObject, minValue, nullable, number, object, pipe, string } from 'valibot';
import { FitError } from '../../errors.ts';
import type { FitChunk } from '../../lmm/engine.ts';
import { deserialiseMoments } from '../../moments/deserialise.ts';
import type { MomentShard } from '../../moments/moment-shards.ts';
import { serialiseMoments } from '../../moments/serialise.ts';
import { isMomentsFile } from '../../moments/stored-header.ts';
import type { Shard } from '../../plan/shards.ts';
import type { FamilyChecks } from '../../types/fit-table.ts';
import type { FitOrigin } from './fit-origin.node.ts';
import { packFits, unpackFits } from './packed-fits.ts';

const VERSION = 1;

/** One shard of a run. */
export interface FitPart {
  readonly shard: Shard;
  /** Of the whole run. */
  readonly origin: FitOrigin;
  /** Responses of the whole run. */
  readonly models: number;
  readonly cut: MomentShard;
  /** Of the responses of `cut`, numbered as in the whole run. */
  readonly chunks: readonly FitChunk[];
  readonly device: string | null;
  /** Of what ran the fits, and of what came before them. */
  readonly notes: readonly string[];
  readonly prepared: readonly string[];
  /** Of generalised models whose rows were in memory: a number for each response of `cut`. */
  readonly checks: FamilyChecks | null;
  /** Options of the run that the fits do not depend on, and where its data came from. */
  readonly asked: Readonly<Record<string, unknown>>;
  readonly source: Readonly<Record<string, unknown>>;
}

type StoredPart = Omit<FitPart, 'cut' | 'chunks'> & {
  readonly version: number;
  readonly cut: Omit<MomentShard, 'moments'>;
  readonly fits: unknown;
};

/** The pieces of a file, in order. */
export function serialisePart({ cut, chunks, ...part }: FitPart): Generator<Uint8Array> {
  const { moments, ...places } = cut;
  const stored: StoredPart = { version: VERSION, ...part, cut: places, fits: packFits(chunks) };
  return serialiseMoments(moments, { shard: stored });
}

const count = pipe(number(), integer(), minValue(0));
const places = instance(Int32Array);
const numbers = instance(Float64Array);
const header = object({
  version: number(),
  shard: object({ number: count, of: count }),
  origin: object({ version: string(), decisions: looseObject({}), moments: string() }),
  models: count,
  cut: object({ models: places, places }),
  device: nullable(string()),
  notes: array(string()),
  prepared: array(string()),
  checks: nullable(
    object({
      ...{ pearson: numbers, ratio: numbers, deviance: numbers },
      zeros: nullable(object({ observed: numbers, expected: numbers })),
    }),
  ),
  asked: looseObject({}),
  source: looseObject({}),
});

/**
 * Reads a part back. Throws DataError: `unreadable` for bytes that are truncated or damaged, else for those of another kind.
 */
export function deserialisePart(bytes: Uint8Array, path: string): FitPart {
  const refuse = (what: string, remedy: string, unreadable = false) =>
    new FitError('DataError', `${path}: ${what}`, { path, remedy, unreadable });
  const kinds = 'Gather the files that fits of shards write with “savePart”.';
  if (!isMomentsFile(bytes)) throw refuse('not a part of a fit', kinds);
  const { moments, extra } = deserialiseMoments(bytes, path);
  if (extra['shard'] === undefined) throw refuse('moments or a whole fit, and not a part of one', kinds);
  const stored = extra['shard'] as StoredPart; // checked here
  const again = 'Fit the shard again.';
  if (stored.version !== VERSION)
    throw refuse(`part in version ${stored.version} of the format, not ${VERSION}`, again);
  if (!is(header, stored)) throw refuse('the part is damaged', again, true);
  const { version: _, cut, fits, ...part } = stored;
  const counts = [cut.models.length === moments.names.length, cut.places.length === 2 * moments.batches.length];
  if (counts.includes(false)) throw refuse('the part is damaged', again, true);
  try {
    return { ...part, cut: { ...cut, moments }, chunks: unpackFits(fits) };
  } catch {
    throw refuse('the fits are damaged', again, true);
  }
}
