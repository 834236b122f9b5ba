/**
 * Blocks of several subjects that random effects join: V = R + Z G Z' with R block-diagonal by subject. A unit is one such block,
 * its subjects have a pattern each (visits and scales, hence R), and the columns of Z that are not zero in their rows.
 */
import type { CovarianceBlock } from '../../moments/covariance-blocks.ts';
import { type BlockState, type FrameState, frameStates } from './block-states.ts';
import type { CovarianceParameters } from './covariance-parameters.ts';

export interface JoinedSubject {
  readonly state: BlockState;
  readonly frame: FrameState;
  readonly pattern: number;
  readonly size: number;
  /** Rows of Q (from the row `q` of its block on), where its numbers stand in those of a response, and in arrays over all rows. */
  readonly block: CovarianceBlock;
  readonly q: number;
  readonly data: number;
  readonly at: number;
  /** Columns of the unit that are not zero, Z (size x columns), and where O Z stands among those of all subjects. */
  readonly columns: Int32Array;
  readonly z: Float64Array;
  readonly turned: number;
}

/** Columns of a unit that one level of a term has, from `at` on. */
export interface JoinedLevel {
  readonly term: number;
  readonly q: number;
  readonly at: number;
}

export interface JoinedUnit {
  /** Columns of Z. */
  readonly width: number;
  readonly levels: readonly JoinedLevel[];
  readonly subjects: readonly JoinedSubject[];
}

export interface JoinedUnits {
  readonly units: readonly JoinedUnit[];
  /** R of the patterns; their blocks have neither rows nor effects. */
  readonly frames: readonly FrameState[];
  readonly patterns: readonly { readonly state: BlockState; readonly frame: FrameState }[];
  readonly rows: number;
  /** Numbers of O Z of all subjects. */
  readonly turned: number;
}

/** Rows of a block from which its subjects are taken one by one: smaller ones are as fast as they are. */
const LEAST_ROWS = 12;

/** Whether a block is of several subjects that fewer columns of random effects join. */
export function isJoined(
  { layout }: CovarianceParameters,
  { sums, size, subjects, effects }: CovarianceBlock,
): boolean {
  if (layout.structure === null || sums || size < LEAST_ROWS || new Set(subjects).size < 2) return false;
  const width = effects.reduce((sum, { z, levels }) => sum + (z.length / size) * new Set(levels).size, 0);
  return 2 * width <= size;
}

/** The units of some blocks, each {@link isJoined}; p coefficients. */
export function joinedUnits(
  parameters: CovarianceParameters,
  blocks: readonly CovarianceBlock[],
  p: number,
): JoinedUnits {
  const known = new Map<string, number>();
  const patternBlocks: CovarianceBlock[] = [];
  const counts: number[] = [];
  const patternOf = (block: CovarianceBlock, from: number, to: number): number => {
    const width = block.scales.length / block.size;
    const positions = block.positions.slice(from, to);
    const scales = block.scales.slice(from * width, to * width);
    const key = `${block.group};${positions};${scales}`;
    const found = known.get(key) ?? known.size;
    if (found === known.size) {
      known.set(key, found);
      counts.push(0);
      const rest = {
        sums: false,
        sign: 1,
        count: 0,
        effects: [],
        q: new Float64Array(0),
        rows: new Int32Array(0),
      } as const;
      const size = to - from;
      patternBlocks.push({
        ...rest,
        group: block.group,
        size,
        positions,
        scales,
        subjects: new Int32Array(size),
        offset: 0,
      });
    }
    return found;
  };
  let [rows, turned] = [0, 0];
  const made = blocks.flatMap((block) =>
    Array.from({ length: block.count }, (_, member) => {
      const { width, levels, columnOf } = columnsOf(block);
      const subjects = runs(block.subjects).map(([from, to]) => {
        const pattern = patternOf(block, from, to);
        counts[pattern]++;
        const size = to - from;
        const own = columnOf(from, to);
        const first = member * block.size + from;
        const subject = { pattern, size, block, q: first, data: block.offset + first, at: rows, ...own, turned };
        rows += size;
        turned += size * own.columns.length;
        return subject;
      });
      return { width, levels, subjects };
    }),
  );
  const counted = patternBlocks.map((block, i) => ({ ...block, count: counts[i] }));
  const frames = frameStates({ ...parameters, terms: [] }, counted, p);
  const patterns = counted.map((block) => {
    for (const frame of frames) {
      const state = frame.members.find((each) => each.block === block);
      if (state) return { state, frame };
    }
    throw new RangeError('a pattern without a frame');
  });
  const units = made.map(({ subjects, ...unit }) => ({
    ...unit,
    subjects: subjects.map((subject) => ({ ...subject, ...patterns[subject.pattern] })),
  }));
  return { units, frames, patterns, rows, turned };
}

/** The columns of a block's random effects, and those of some of its rows with Z. */
function columnsOf({ effects, size }: CovarianceBlock) {
  const levels: (JoinedLevel & { readonly level: number })[] = [];
  let width = 0;
  effects.forEach(({ z, levels: own }, term) => {
    const q = z.length / size;
    for (const level of new Set(own)) {
      levels.push({ term, q, at: width, level });
      width += q;
    }
  });
  const columnOf = (from: number, to: number): { columns: Int32Array; z: Float64Array } => {
    const seen = levels.filter(({ term, level }) => effects[term].levels.subarray(from, to).includes(level));
    const columns = Int32Array.from(seen.flatMap(({ q, at }) => Array.from({ length: q }, (_, c) => at + c)));
    const z = new Float64Array((to - from) * columns.length);
    let column = 0;
    for (const { term, level, q } of seen) {
      for (let a = from; a < to; a++) {
        if (effects[term].levels[a] !== level) continue;
        for (let c = 0; c < q; c++) z[(a - from) * columns.length + column + c] = effects[term].z[a * q + c];
      }
      column += q;
    }
    return { columns, z };
  };
  return { width, levels, columnOf };
}

/** Where equal numbers begin and end. */
function runs(numbers: Int32Array): [number, number][] {
  const out: [number, number][] = [];
  for (let from = 0, to = 0; from < numbers.length; from = to) {
    while (to < numbers.length && numbers[to] === numbers[from]) to++;
    out.push([from, to]);
  }
  return out;
}
