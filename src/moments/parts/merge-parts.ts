import { FitError } from '../../errors.ts';
import { groupLevels } from '../../formula/group-recipe.ts';
import { mergeRows } from './merge-rows.ts';
import { fileNames, type MomentsPart, type PartRows, type WholeDesign } from './part.ts';

/** Moments of parts, and the file that they were read from. */
export interface ReadPart {
  readonly part: MomentsPart;
  readonly path: string;
}

/**
 * The moments of all parts together, in the order of the design's files: the order in which they are given does not matter.
 *
 * @throws FitError DataError for parts of different designs and for a file that is in two of them
 */
export function mergeParts(parts: readonly ReadPart[]): MomentsPart {
  const [first, ...others] = parts;
  for (const other of others) requireSameDesign(first, other);
  requireDisjoint(parts);
  const sorted = [...parts].sort((a, b) => a.part.files[0] - b.part.files[0]).map(({ part }) => part);
  const { whole } = first.part;
  return {
    whole,
    files: sorted.flatMap(({ files }) => files).sort((a, b) => a - b),
    splits: whole.splits.map((_, s) => {
      const order = levelOrder(whole, s);
      const rows = sorted.flatMap(({ splits }) => splits[s] ?? []);
      return rows.reduce<PartRows | null>((sum, own) => (sum === null ? own : mergeRows(sum, own, order)), null);
    }),
    notes: [...new Set(sorted.flatMap(({ notes }) => notes))],
  };
}

/** Place of each level of each grouping factor in the whole design. */
function levelOrder({ splits }: WholeDesign, s: number): Map<string, ReadonlyMap<string, number>> {
  return new Map(
    splits[s].recipe.random.map((term) => [term.group, new Map(groupLevels(term).map((level, k) => [level, k]))]),
  );
}

function requireSameDesign(one: ReadPart, other: ReadPart): void {
  const [a, b] = [one.part.whole, other.part.whole];
  if (a.digest === b.digest) return;
  const what =
    a.formula === b.formula
      ? `were formed with another design than those in ${one.path}`
      : `are of the model ${b.formula}, those in ${one.path} of ${a.formula}`;
  throw new FitError('DataError', `the moments in ${other.path} ${what}`, {
    path: other.path,
    remedy: 'Form the moments of all parts with one and the same design file.',
  });
}

function requireDisjoint(parts: readonly ReadPart[]): void {
  const owner = new Map<string, string>();
  for (const { part, path } of parts) {
    for (const name of fileNames(part, true)) {
      const before = owner.get(name);
      if (before !== undefined) {
        throw new FitError('DataError', `the rows of ${name} are in ${before} and in ${path}`, {
          path,
          remedy: 'Give each part once.',
        });
      }
      owner.set(name, path);
    }
  }
}
