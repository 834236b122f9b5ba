/**
 * Subjects that one level of a random effect joins, turned into a mean and deviations of subjects. Of c subjects with the same
 * visits, scales and levels, whose columns of random effects are numbers w_i times the same Z0, any rotation of the subjects
 * leaves R of each as it is. Along w / |w| there is one subject with R + |w|^2 Z0 G Z0', the others have R alone, whatever the
 * level: a block has one subject a pattern of visits, and the deviations of all levels are sums. No cost of a fit then depends on
 * the subjects of a level.
 */
import type { BlockPiece } from './block-piece.ts';
import type { SharedRows } from './shared-rows.ts';

/** Subjects that can be turned: places of the rows of each in their piece, and w. */
interface Alike {
  readonly subjects: { readonly at: number; readonly length: number }[];
  readonly weights: number[];
}

/** The pieces of a piece of several subjects; itself where no two subjects are alike. */
export function joinSubjects(piece: BlockPiece, shares: SharedRows): BlockPiece[] {
  const groups = alikeSubjects(piece);
  if (groups.every(({ weights }) => weights.length === 1)) return [piece];
  const deviations: BlockPiece[] = [];
  const places: number[] = [];
  const rows: number[] = [];
  const sizes: number[] = [];
  for (const { subjects, weights } of groups) {
    const [{ at: first, length }] = subjects;
    const others: number[][] = subjects.map(() => []);
    for (let a = 0; a < length; a++) {
      const members = subjects.map(({ at }) => piece.rows[at + a]);
      const weightOf = new Map(members.map((row, i) => [row, weights[i]]));
      const joined = shares.join(members, (row) => weightOf.get(row) ?? 1);
      places.push(first + a);
      rows.push(joined.mean);
      sizes.push(joined.size);
      joined.deviations.forEach((row, i) => {
        others[i].push(row);
      });
    }
    if (weights.length === 1) continue;
    const own = partOf(
      piece,
      Array.from({ length }, (_, a) => first + a),
    );
    const none = new Int32Array(length);
    deviations.push({
      ...own,
      rows: others.flat(),
      count: weights.length - 1,
      subjects: none,
      effects: own.effects.map(({ z, codes }) => ({ z: z.map(() => 0), levels: none, codes })),
    });
  }
  const mean = partOf(piece, places);
  const effects = mean.effects.map(({ z, levels, codes }) => {
    const width = z.length / places.length;
    return { z: z.map((value, i) => value * sizes[Math.floor(i / width)]), levels, codes };
  });
  return [{ ...mean, rows, effects }, ...deviations];
}

/** Some rows of a piece. */
function partOf(piece: BlockPiece, places: readonly number[]): BlockPiece {
  const { positions, subjects, scales, effects, rows, size } = piece;
  const taken = (values: Float64Array) => {
    const width = values.length / size;
    return Float64Array.from(places.flatMap((a) => [...values.subarray(a * width, (a + 1) * width)]));
  };
  return {
    ...piece,
    size: places.length,
    rows: places.map((a) => rows[a]),
    positions: taken(positions),
    subjects: renumbered(places, subjects),
    scales: taken(scales),
    effects: effects.map(({ z, levels, codes }) => ({ z: taken(z), levels: renumbered(places, levels), codes })),
  };
}

/** Numbers 0, 1, ... of some places in the order in which they come. */
function renumbered(places: readonly number[], numbers: Int32Array): Int32Array {
  const known = new Map<number, number>();
  return Int32Array.from(places, (a) => {
    const found = known.get(numbers[a]) ?? known.size;
    known.set(numbers[a], found);
    return found;
  });
}

/** The subjects of a piece, in groups of those that are alike. */
function alikeSubjects({ size, positions, subjects, scales, effects }: BlockPiece): Alike[] {
  const groups = new Map<string, Alike>();
  for (let at = 0, next = 0; at < size; at = next) {
    while (next < size && subjects[next] === subjects[at]) next++;
    const part = (values: Float64Array) => {
      const width = values.length / size;
      return values.subarray(at * width, next * width);
    };
    const columns = effects.map(({ z }) => part(z));
    const length = Math.sqrt(columns.reduce((sum, z) => z.reduce((own, value) => own + value * value, sum), 0));
    const weight = length > 0 ? length : 1;
    const key = [
      part(positions).join(),
      part(scales).join(),
      // Columns that come out of a factorisation agree but for their rounding.
      ...columns.map((z) => Array.from(z, (value) => (value / weight).toPrecision(11)).join()),
      ...effects.map(({ levels }) => levels.subarray(at, next).join()),
    ].join(';');
    const own = { at, length: next - at };
    const known = groups.get(key);
    if (known) {
      known.subjects.push(own);
      known.weights.push(weight);
    } else groups.set(key, { subjects: [own], weights: [weight] });
  }
  // In proportion to the first one, whose columns stand for all.
  return [...groups.values()].map(({ subjects: members, weights }) => ({
    subjects: members,
    weights: weights.map((weight) => weight / weights[0]),
  }));
}
