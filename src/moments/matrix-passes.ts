/** Passes over one matrix under several designs, and how many of them keep the sums within the memory. */
import { UnorderedMatrixError } from '../data/matrix/runs.ts';
import { FitError } from '../errors.ts';
import { sharedIntegers, sharedShorts } from '../numeric/shared-array.ts';
import type { Design } from '../types/design.ts';
import type { PassPart, PassSums, SumsPass } from '../types/entry-pass.ts';
import type { Progress } from '../types/fit-result.ts';
import type { MatrixSource } from '../types/responses.ts';
import { type Normalisation, TARGET_TOTAL } from './normalise.ts';
import { bytesOfSums } from './part-sums.ts';
import { runPass } from './shares.ts';

/** A design on some rows of a matrix. */
export interface StreamPart {
  readonly design: Design;
  /** Row of the matrix of each used row of the design, length n. */
  readonly matrixRows: Int32Array;
  /** Where these rows are part of a data set (`parts/part.ts`): the T of the random terms, and the number of all rows. */
  readonly transforms?: readonly Float64Array[] | undefined;
  readonly whole?: number | undefined;
}

export interface StreamOptions {
  readonly normalize?: Normalisation | undefined;
  /** @deprecated It is called `normalize`. */
  readonly normalisation?: Normalisation | undefined;
  /** Total of each cell, where it is not to be summed over the file. */
  readonly totals?: Float64Array | undefined;
  /** Indices of the responses wanted, increasing; all without it. */
  readonly select?: Int32Array | undefined;
  /** Megabytes that the sums may take; passes are repeated where they would take more. */
  readonly memory?: number | undefined;
  /** Threads that read at most. */
  readonly threads?: number | undefined;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Values of some responses in a pass. */
export type GatheredPart = Extract<PassPart, { readonly kind: 'values' }>;

/** Part of each row of the matrix, and its row there. */
function rowsOfParts(
  { rows }: MatrixSource,
  parts: readonly Pick<StreamPart, 'matrixRows'>[],
): Pick<SumsPass, 'partOf' | 'rowOf'> {
  const partOf = sharedShorts(rows).fill(-1);
  const rowOf = sharedIntegers(rows);
  parts.forEach(({ matrixRows }, s) => {
    matrixRows.forEach((row, i) => {
      partOf[row] = s;
      rowOf[row] = i;
    });
  });
  return { partOf, rowOf };
}

function placesOf(select: Int32Array, responses: number): Int32Array {
  const place = new Int32Array(responses).fill(-1);
  select.forEach((g, k) => {
    place[g] = k;
  });
  return place;
}

/**
 * Passes over the file, each for some of the responses, in which the sums stay within the memory: those of all rows and, beside
 * them, those of a share.
 *
 * @throws FitError OptionError where those of one response are too much
 */
export function piecesOf(parts: readonly PassPart[], responses: number, megabytes: number | undefined): number {
  if (megabytes === undefined || responses === 0) return 1;
  const one = (2 * parts.reduce((sum, part) => sum + bytesOfSums(part, 1), 0)) / 1e6;
  const pieces = Math.ceil((one * responses) / megabytes);
  if (pieces <= responses) return Math.max(1, pieces);
  throw new FitError(
    'OptionError',
    `the sums of one response need ${Math.ceil(one)} MB, “memory” allows ${megabytes}`,
    { option: 'memory', unreadable: true, remedy: 'Allow more.' },
  );
}

/** In words, for `--explain`. */
export function passesText(pieces: number): string {
  return pieces === 1 ? '' : `; ${pieces} passes over the file, each for some of the responses, keep within “memory”`;
}

type FormedSums = Extract<PassSums, { readonly kind: 'sums' }>;

/** Passes over one matrix with the same normalisation. */
export class Passes {
  readonly rows: Pick<SumsPass, 'partOf' | 'rowOf'>;
  private readonly source: MatrixSource;
  private readonly options: StreamOptions;
  private totals: Float64Array | null;

  constructor(source: MatrixSource, parts: readonly Pick<StreamPart, 'matrixRows'>[], options: StreamOptions) {
    this.source = source;
    this.rows = rowsOfParts(source, parts);
    this.options = options;
    this.totals = options.totals ?? null;
  }

  /** The sums of some responses, in that order, by the parts. */
  async run(responses: Int32Array, parts: readonly PassPart[]): Promise<FormedSums> {
    const { path, layers = [], rows, names } = this.source;
    const what = { ...this.rows, responses: responses.length, place: placesOf(responses, names.length), parts };
    const target = TARGET_TOTAL[this.options.normalize ?? 'none'];
    const pass = (): SumsPass => {
      return { kind: 'sums', matrix: { path, layers }, rows, target, totals: this.totals, ...what };
    };
    const sums = await this.once(pass());
    if (sums?.kind === 'sums') return sums;
    // Cells that do not come whole, or turned out not to.
    if (target > 0) this.totals ??= await sumTotals(this.source, this.options);
    const second = await this.once(pass());
    if (second?.kind === 'sums') return second;
    throw new FitError('DataError', `${path} gives its cells in another order each time`, { path, unreadable: true });
  }

  /** The sums; null where the cells turned out not to be in order. */
  private async once(pass: SumsPass): Promise<PassSums | null> {
    const { onProgress, signal, threads, memory } = this.options;
    let done = 0;
    const onEntries = (count: number): void => {
      done += count;
      onProgress?.('read', done, this.source.entries ?? done);
    };
    try {
      return await runPass(this.source, pass, { signal, threads, memory, onEntries });
    } catch (error) {
      if (error instanceof UnorderedMatrixError) return null;
      throw error;
    }
  }
}

async function sumTotals(source: MatrixSource, { signal, threads }: StreamOptions): Promise<Float64Array> {
  const sums = await runPass(source, { kind: 'totals', rows: source.rows }, { signal, threads });
  if (sums.kind === 'totals') return sums.totals;
  throw new FitError('DataError', `${source.path} gave no totals`, { path: source.path, unreadable: true });
}
