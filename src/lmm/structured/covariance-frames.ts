/**
 * Frames: blocks whose covariances are parts of one larger matrix. Rows of a block are of a type each (visit, columns of scales
 * and of random effects), and V of a block has the elements of the frame's V at its types. What is quadratic in dV/dt is then
 * summed over blocks in the elements of that one matrix, and meets the parameters once.
 */
import type { BlockEffects, CovarianceBlock } from '../../moments/covariance-blocks.ts';

export interface CovarianceFrame {
  /** One row a type; its counts and sums mean nothing. */
  readonly block: CovarianceBlock;
  readonly members: readonly { readonly block: CovarianceBlock; readonly types: Int32Array }[];
  /** Whether sums go by elements of V (many parameters or blocks), or each block by its own. */
  readonly shared: boolean;
}

/** Types beyond which the fourth power of their number is too much. */
const MOST_TYPES = 16;

export function covarianceFrames(blocks: readonly CovarianceBlock[]): CovarianceFrame[] {
  const frames: CovarianceFrame[] = [];
  const groups = new Map<number, CovarianceBlock[]>();
  for (const block of blocks) {
    if (!isOfOneSubject(block)) frames.push(ownFrame(block));
    else groups.set(block.group, [...(groups.get(block.group) ?? []), block]);
  }
  for (const members of groups.values()) {
    const places = new Map<string, number>();
    const rows: { readonly block: CovarianceBlock; readonly row: number }[] = [];
    const typed = members.map((block) => {
      const types = Int32Array.from({ length: block.size }, (_, row) => {
        const key = rowKey(block, row);
        const known = places.get(key);
        if (known !== undefined) return known;
        places.set(key, rows.length);
        rows.push({ block, row });
        return rows.length - 1;
      });
      return { block, types };
    });
    // A block with two rows of one type is more than its part of the frame.
    const repeated = typed.some(({ types }) => new Set(types).size < types.length);
    if (rows.length > MOST_TYPES || repeated) frames.push(...members.map(ownFrame));
    else frames.push({ block: typeRows(rows), members: typed, shared: true });
  }
  return frames;
}

function ownFrame(block: CovarianceBlock): CovarianceFrame {
  const types = Int32Array.from({ length: block.size }, (_, row) => row);
  return { block, members: [{ block, types }], shared: block.size <= MOST_TYPES / 2 };
}

function isOfOneSubject({ subjects, effects }: CovarianceBlock): boolean {
  return subjects.every((s) => s === 0) && effects.every(({ levels }) => levels.every((level) => level === 0));
}

function rowKey({ positions, scales, effects, size }: CovarianceBlock, row: number): string {
  const part = (values: Float64Array): string => {
    const width = values.length / size;
    return Array.from(values.subarray(row * width, (row + 1) * width), (value) => value.toPrecision(11)).join();
  };
  return [positions[row], part(scales), ...effects.map(({ z }) => part(z))].join(';');
}

/** A block of some rows of others, all of one subject and level. */
function typeRows(rows: readonly { readonly block: CovarianceBlock; readonly row: number }[]): CovarianceBlock {
  const [{ block: first }] = rows;
  const size = rows.length;
  const gathered = (of: (block: CovarianceBlock) => Float64Array): Float64Array =>
    Float64Array.from(
      rows.flatMap(({ block, row }) => {
        const values = of(block);
        const width = values.length / block.size;
        return [...values.subarray(row * width, (row + 1) * width)];
      }),
    );
  const none = new Int32Array(size);
  return {
    group: first.group,
    size,
    count: 0,
    sign: 1,
    positions: Float64Array.from(rows, ({ block, row }) => block.positions[row]),
    subjects: none,
    scales: gathered((block) => block.scales),
    effects: first.effects.map((_, e): BlockEffects => {
      return { z: gathered((block) => block.effects[e].z), levels: none, codes: none };
    }),
    sums: false,
    q: new Float64Array(0),
    rows: none,
    offset: 0,
  };
}
