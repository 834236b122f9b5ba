/** Tags of the errors that misuse and broken input raise. A model that fails numerically never throws: it gets a status. */
export type FitErrorTag = 'FormulaError' | 'DataError' | 'OptionError' | 'DeviceError' | 'AbortError';

/** Where a mistake stands and what to do about it; every field that is known is filled. */
export interface FitErrorFields {
  /** What the user can do, one sentence. */
  readonly remedy?: string | undefined;
  /** File that was being read. */
  readonly path?: string | undefined;
  /** Line in that file, from 1. */
  readonly line?: number | undefined;
  /** Column of the mistake in a formula or expression, from 1. */
  readonly position?: number | undefined;
  /** The formula or expression. */
  readonly source?: string | undefined;
  /** The option, by its name in the library. */
  readonly option?: string | undefined;
  /** The names that could stand there, where they are few and known. */
  readonly choices?: readonly string[] | undefined;
  /** True when a file could not be read, was truncated or corrupt (exit status 1), as against content that the user can mend (2). */
  readonly unreadable?: boolean | undefined;
  /** True for a missing value in a matrix that is read in blocks. */
  readonly missing?: boolean | undefined;
  readonly cause?: unknown;
}

/** The only error class that the library throws on purpose; `tag` tells the kind. */
export class FitError extends Error {
  readonly tag: FitErrorTag;
  readonly fields: FitErrorFields;

  /** The message says what is wrong; `fields` hold the place and the remedy. */
  constructor(tag: FitErrorTag, message: string, fields: FitErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = tag;
    this.tag = tag;
    this.fields = fields;
  }
}

/** True for a {@link FitError}, and, with a tag, for that kind only. */
export function isFitError(error: unknown, tag?: FitErrorTag): error is FitError {
  return error instanceof FitError && (tag === undefined || error.tag === tag);
}

/** The name among `candidates` nearest to `name` (Damerau-Levenshtein distance at most a third of its length), for "did you mean". */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance =
      candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Damerau-Levenshtein distance (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, before[j - 2] + 1);
      row.push(d);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length];
}
