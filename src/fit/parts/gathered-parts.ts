/** All shards of a run put together: the moments and fits that the whole run would have had. */
import { FitError } from '../../errors.ts';
import { joinMoments } from '../../moments/moment-shards.ts';
import type { Moments } from '../../moments/moments.ts';
import type { FamilyChecks } from '../../types/fit-table.ts';
import { type BatchesRun, joinRuns } from '../run-batches.ts';
import { originDifference } from './fit-origin.node.ts';
import type { FitPart } from './fit-part.ts';

/** A part and the file that it came from. */
export interface PartFile {
  readonly path: string;
  readonly part: FitPart;
}

export interface GatheredParts extends Pick<FitPart, 'origin' | 'prepared' | 'checks' | 'asked' | 'source'> {
  readonly moments: Moments;
  readonly run: BatchesRun;
}

/** Shards that a message names at most. */
const NAMED = 20;

/** @throws DataError for parts of different runs, repeated ones and missing ones, which are named */
export function gatherParts(files: readonly PartFile[]): GatheredParts {
  const [{ path: first, part }] = files;
  const { of } = part.shard;
  const refuse = (what: string, remedy: string, path = first) => new FitError('DataError', what, { path, remedy });
  const found = new Map<number, string>();
  for (const { path, part: other } of files) {
    const difference =
      other.shard.of === of
        ? (originDifference(part.origin, other.origin) ?? askedDifference(part, other))
        : `numbers of shards, ${of} and ${other.shard.of}`;
    if (difference !== null) {
      throw refuse(`${path} and ${first} are not of one run, they differ in ${difference}`, 'Gather one run.', path);
    }
    const before = found.get(other.shard.number);
    if (before !== undefined) {
      throw refuse(
        `shard ${other.shard.number} of ${of} is given twice, in ${before} and ${path}`,
        'Leave one out.',
        path,
      );
    }
    found.set(other.shard.number, path);
  }
  const missing = Array.from({ length: of }, (_, k) => k + 1).filter((number) => !found.has(number));
  if (missing.length > 0) {
    const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
    const list = missing.slice(0, NAMED).join(', ');
    const are = missing.length === 1 ? `shard ${list} of ${of} is` : `shards ${list}${more} of ${of} are`;
    throw refuse(`${are} missing`, `Fit with “shard: ${missing[0]}/${of}”, and gather all parts.`);
  }
  // In the order of the run, whatever the order of the files.
  const parts = files.map((file) => file.part).sort((a, b) => a.shard.number - b.shard.number);
  try {
    const moments = joinMoments(
      parts.map(({ cut }) => cut),
      part.models,
    );
    const { origin, prepared, asked, source } = parts[0];
    return { moments, run: joinRuns(parts), prepared, checks: joinChecks(parts), asked, source, origin };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new FitError('DataError', `the parts do not fit together: ${cause.message}`, {
      ...{ path: first, unreadable: true, cause },
      remedy: 'Fit the shards again.',
    });
  }
}

function askedDifference({ asked }: FitPart, other: FitPart): string | null {
  const names = new Set([...Object.keys(asked), ...Object.keys(other.asked)]);
  const differ = [...names].filter((name) => JSON.stringify(asked[name]) !== JSON.stringify(other.asked[name]));
  return differ.length === 0 ? null : `options: ${differ.map((name) => `“${name}”`).join(', ')}`;
}

/** Checks of all responses; null where the parts have none. */
function joinChecks(parts: readonly FitPart[]): FamilyChecks | null {
  if (parts.some(({ checks }) => checks === null)) return null;
  const models = parts[0].models;
  const join = (of: (checks: FamilyChecks) => Float64Array | undefined): Float64Array => {
    const all = new Float64Array(models).fill(Number.NaN);
    for (const { cut, checks } of parts) {
      const own = checks && of(checks);
      cut.models.forEach((model, k) => {
        all[model] = own?.[k] ?? Number.NaN;
      });
    }
    return all;
  };
  const counted = parts.some(({ checks }) => checks?.zeros);
  return {
    pearson: join(({ pearson }) => pearson),
    ratio: join(({ ratio }) => ratio),
    deviance: join(({ deviance }) => deviance),
    zeros: counted
      ? { observed: join(({ zeros }) => zeros?.observed), expected: join(({ zeros }) => zeros?.expected) }
      : null,
  };
}
