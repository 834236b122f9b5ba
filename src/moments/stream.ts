import { UnorderedMatrixError } from '../data/matrix/runs.ts';
import { FitError } from '../errors.ts';
import type { Design } from '../types/design.ts';
import type { Progress } from '../types/fit-result.ts';
import type { MatrixBlock, MatrixSource } from '../types/responses.ts';
import type { DesignMoments, ResponseMoments } from './moments.ts';
import { emptyRowsNote, type Normalisation, normalisationNote, TARGET_TOTAL, type ValueFacts } from './normalise.ts';
import { SparseMoments } from './sparse.ts';

/** A design on some rows of a matrix. */
export interface StreamPart {
  readonly design: Design;
  /** Row of the matrix of each used row of the design, length n. */
  readonly matrixRows: Int32Array;
}

export interface StreamOptions {
  readonly normalisation?: Normalisation | undefined;
  /** Total of each cell, where it is not to be summed over the file. */
  readonly totals?: Float64Array | undefined;
  /** Indices of the responses wanted, increasing; all without it. */
  readonly select?: Int32Array | undefined;
  /** Megabytes that the sums may take; more is refused with a remedy. */
  readonly memory?: number | undefined;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StreamedPart {
  readonly design: DesignMoments;
  readonly responses: ResponseMoments;
}

/** Dense values that a centred pass may hold at once. */
const CENTRED_VALUES = 4e6;

/**
 * Moments of the responses of a matrix under several designs on disjoint rows (one a split), in one pass over the file;
 * a second one for cell totals where cells are not stored whole, and for responses that lost their digits.
 */
export async function streamMoments(
  source: MatrixSource,
  parts: readonly StreamPart[],
  options: StreamOptions,
): Promise<{ parts: StreamedPart[]; notes: string[]; plan: string[] }> {
  const select = options.select ?? Int32Array.from({ length: source.names.length }, (_, g) => g);
  const local = new Int32Array(source.names.length).fill(-1);
  select.forEach((g, k) => {
    local[g] = k;
  });
  const partOf = new Int16Array(source.rows).fill(-1);
  const rowOf = new Int32Array(source.rows);
  parts.forEach(({ matrixRows }, s) => {
    matrixRows.forEach((row, i) => {
      partOf[row] = s;
      rowOf[row] = i;
    });
  });
  const reader = new NormalisedReader(source, options);
  let sums = parts.map(({ design }) => new SparseMoments(design, select.length));
  const plan = sums.map((sum) => sum.description);
  checkMemory(sums, options.memory);
  const visit = (row: number, g: number, y: number) => {
    const s = partOf[row];
    if (s < 0) return;
    const k = local[g];
    if (k >= 0) sums[s].add(rowOf[row], k, y);
  };
  await reader.pass(visit, () => {
    sums = parts.map(({ design }) => new SparseMoments(design, select.length));
  });
  const finished = sums.map((sum) => ({ design: sum.moments, sum, ...sum.finish() }));
  // Responses that lost their digits, over all parts: as many a pass as may be held dense.
  const again = finished.flatMap(({ again: responses }, s) => responses.map((k) => ({ s, k })));
  for (let from = 0; from < again.length; ) {
    const place = parts.map(() => new Int32Array(select.length).fill(-1));
    const values: Float64Array[] = [];
    let held = 0;
    const first = from;
    for (; from < again.length && (from === first || held < CENTRED_VALUES); from++) {
      const { s, k } = again[from];
      place[s][k] = values.length;
      values.push(new Float64Array(parts[s].design.n));
      held += parts[s].design.n;
    }
    await reader.pass((row, g, value) => {
      const s = partOf[row];
      if (s < 0 || local[g] < 0) return;
      const at = place[s][local[g]];
      if (at >= 0) values[at][rowOf[row]] = value;
    });
    values.forEach((y, j) => {
      const { s, k } = again[first + j];
      finished[s].sum.addCentred(k, y, finished[s].responses);
    });
  }
  const notes = [
    normalisationNote(reader.facts, options.normalisation ?? 'none'),
    emptyRowsNote(
      reader.facts,
      partOf.filter((s, row) => s >= 0 && reader.filled[row] === 0).length,
      partOf.filter((s) => s >= 0).length,
    ),
  ];
  return {
    parts: finished.map(({ design, responses }) => ({ design, responses })),
    notes: notes.filter((note) => note !== null),
    plan,
  };
}

function checkMemory(sums: readonly SparseMoments[], megabytes: number | undefined): void {
  const needed = sums.reduce((total, sum) => total + sum.bytes, 0) / 1e6;
  if (megabytes === undefined || needed <= megabytes) return;
  throw new FitError('OptionError', `the sums need ${Math.ceil(needed)} MB, “memory” allows ${megabytes}`, {
    option: 'memory',
    unreadable: true,
    remedy: 'Allow more, or fit fewer responses at a time with “responses”.',
  });
}

/** Passes over the entries of a matrix with the normalisation applied. */
class NormalisedReader {
  readonly facts: ValueFacts = { counts: true, largest: 0, seen: 0 };
  /** 1 for the rows of the matrix that have an entry. */
  readonly filled: Uint8Array;
  private readonly source: MatrixSource;
  private readonly options: StreamOptions;
  private readonly target: number;
  private totals: Float64Array | null;

  constructor(source: MatrixSource, options: StreamOptions) {
    this.source = source;
    this.filled = new Uint8Array(source.rows);
    this.options = options;
    this.target = TARGET_TOTAL[options.normalisation ?? 'none'];
    this.totals = options.totals ?? null;
  }

  /** Visits every entry; `restart` is called when the pass has to begin again. */
  async pass(visit: (row: number, response: number, y: number) => void, restart?: () => void): Promise<void> {
    try {
      await this.once(visit);
    } catch (error) {
      if (!(error instanceof UnorderedMatrixError || error instanceof NeedTotals)) throw error;
      if (this.target > 0 && !this.totals) this.totals = await this.sumTotals();
      restart?.();
      await this.once(visit);
    }
  }

  private async once(visit: (row: number, response: number, y: number) => void): Promise<void> {
    let done = 0;
    for await (const block of this.blocks()) {
      if (this.target > 0 && !this.totals && !(block.major === 'row' && block.whole)) throw new NeedTotals();
      this.inspect(block);
      this.markFilled(block);
      if (block.major === 'row') this.visitRows(block, visit);
      else this.visitResponses(block, visit);
      done += block.indices.length;
      this.options.onProgress?.('read', done, this.source.entries ?? done);
    }
  }

  private blocks(): AsyncIterable<MatrixBlock> {
    const { signal } = this.options;
    return this.source.blocks(signal ? { signal } : {});
  }

  private visitRows(block: MatrixBlock, visit: (row: number, response: number, y: number) => void): void {
    const { majors, pointers, indices, values } = block;
    const memo = new Float64Array(32); // log1p of the small counts of one cell
    for (let k = 0; k < majors.length; k++) {
      const row = majors[k];
      const from = pointers[k];
      const to = pointers[k + 1];
      if (this.target === 0) {
        for (let e = from; e < to; e++) visit(row, indices[e], values[e]);
        continue;
      }
      let total = 0;
      if (this.totals) total = this.totals[row];
      else for (let e = from; e < to; e++) total += values[e];
      if (!(total > 0)) {
        for (let e = from; e < to; e++) if (values[e] < 0) throw this.negative(values[e]);
        continue;
      }
      const scale = this.target / total;
      memo.fill(0);
      for (let e = from; e < to; e++) {
        const count = values[e];
        let y: number;
        if (count > 0 && count < 32 && Number.isInteger(count)) {
          y = memo[count];
          if (y === 0) {
            y = Math.log1p(count * scale);
            memo[count] = y;
          }
        } else {
          if (count < 0) throw this.negative(count);
          y = Math.log1p(count * scale);
        }
        visit(row, indices[e], y);
      }
    }
  }

  private visitResponses(block: MatrixBlock, visit: (row: number, response: number, y: number) => void): void {
    const { majors, pointers, indices, values } = block;
    const { totals, target } = this;
    for (let k = 0; k < majors.length; k++) {
      for (let e = pointers[k]; e < pointers[k + 1]; e++) {
        const row = indices[e];
        if (target === 0) visit(row, majors[k], values[e]);
        else if (values[e] < 0) throw this.negative(values[e]);
        else if (totals && totals[row] > 0) {
          visit(row, majors[k], Math.log1p((values[e] * target) / totals[row]));
        }
      }
    }
  }

  private negative(value: number): FitError {
    const { path, layers = [] } = this.source;
    const counts = layers.find((name) => /^(raw_?)?counts?$|^umi|^spliced$|^raw$/i.test(name));
    return new FitError('DataError', `${path} holds the negative value ${value}, which is no count`, {
      path,
      option: 'normalisation',
      remedy:
        counts === undefined
          ? 'Leave out “normalisation” for values that are normalised already.'
          : `The counts may be in another layer: “layer: ${counts}”. Leave out “normalisation” for values that are normalised already.`,
    });
  }

  private async sumTotals(): Promise<Float64Array> {
    const totals = new Float64Array(this.source.rows);
    for await (const { major, majors, pointers, indices, values } of this.blocks()) {
      for (let k = 0; k < majors.length; k++) {
        for (let e = pointers[k]; e < pointers[k + 1]; e++)
          totals[major === 'row' ? majors[k] : indices[e]] += values[e];
      }
    }
    return totals;
  }

  private markFilled({ major, majors, pointers, indices }: MatrixBlock): void {
    const { filled } = this;
    if (major === 'response') for (let e = 0; e < indices.length; e++) filled[indices[e]] = 1;
    else for (let k = 0; k < majors.length; k++) if (pointers[k + 1] > pointers[k]) filled[majors[k]] = 1;
  }

  /** Looks at some of the values: whole numbers or not, negative or not. */
  private inspect({ values }: MatrixBlock): void {
    const { facts } = this;
    const stride = Math.max(1, Math.floor(values.length / 20_000));
    for (let e = 0; e < values.length; e += stride) {
      const value = values[e];
      facts.seen++;
      if (facts.counts && !(value >= 0 && Number.isInteger(value))) facts.counts = false;
      if (value > facts.largest) facts.largest = value;
    }
  }
}

/** Thrown inside a pass that met cells in pieces before their totals were known. */
class NeedTotals extends Error {}
