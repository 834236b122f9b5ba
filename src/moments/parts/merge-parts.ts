import { FitError } from '../../errors.ts';
import { groupLevels } from '../../formula/group-recipe.ts';
import { mergeRows } from './merge-rows.ts';
import { fileNames, type HeldRows, type MomentsPart, type WholeDesign } from './part.ts';

/** What tells whether parts fit together, without their moments. */
export interface PartHead {
  /** The file that it was read from. */
  readonly path: string;
  readonly digest: string;
  readonly formula: string;
  readonly files: readonly number[];
  readonly names: readonly string[];
}

export function partHead(part: MomentsPart, path: string): PartHead {
  const { digest, formula } = part.whole;
  return { path, digest, formula, files: part.files, names: fileNames(part, true) };
}

/**
 * The order in which parts are joined, whatever the order in which they are given: that of the design's files.
 *
 * @throws FitError DataError for parts of different designs and for a file that is in two of them
 */
export function mergeOrder(heads: readonly PartHead[]): number[] {
  for (const head of heads) requireSameDesign(heads[0], head);
  const owner = new Map<string, string>();
  for (const { names, path } of heads) {
    for (const name of names) {
      const before = owner.get(name);
      if (before !== undefined) throw twice(name, before, path);
      owner.set(name, path);
    }
  }
  return [...heads.keys()].sort((a, b) => heads[a].files[0] - heads[b].files[0]);
}

/** The moments of the files of both, which {@link mergeOrder} has found to fit together. */
export function joinParts(one: MomentsPart, other: MomentsPart): MomentsPart {
  const { whole } = one;
  const held = new Map<number, HeldRows>();
  for (const part of [one, other]) {
    part.held.forEach((rows, k) => {
      held.set(part.files[k], rows);
    });
  }
  const files = [...one.files, ...other.files].sort((a, b) => a - b);
  return {
    whole,
    files,
    splits: one.splits.map((rows, s) => {
      const second = other.splits[s];
      return rows && second ? mergeRows(rows, second, levelOrder(whole, s)) : (rows ?? second);
    }),
    held: files.flatMap((file) => held.get(file) ?? []),
    notes: [...new Set([...one.notes, ...other.notes])],
  };
}

/**
 * The moments of all parts together.
 *
 * @throws FitError DataError for parts of different designs and for a file that is in two of them
 */
export function mergeParts(parts: readonly { readonly part: MomentsPart; readonly path: string }[]): MomentsPart {
  const order = mergeOrder(parts.map(({ part, path }) => partHead(part, path)));
  return order.map((k) => parts[k].part).reduce(joinParts);
}

/** Place of each level of each grouping factor in the whole design. */
function levelOrder({ splits }: WholeDesign, s: number): Map<string, ReadonlyMap<string, number>> {
  return new Map(
    splits[s].recipe.random.map((term) => [term.group, new Map(groupLevels(term).map((level, k) => [level, k]))]),
  );
}

function requireSameDesign(one: PartHead, other: PartHead): void {
  if (one.digest === other.digest) return;
  const what =
    one.formula === other.formula
      ? `were formed with another design than those in ${one.path}`
      : `are of the model ${other.formula}, those in ${one.path} of ${one.formula}`;
  throw new FitError('DataError', `the moments in ${other.path} ${what}`, {
    path: other.path,
    remedy: 'Form the moments of all parts with one and the same design file.',
  });
}

function twice(name: string, before: string, path: string): FitError {
  return new FitError('DataError', `the rows of ${name} are in ${before} and in ${path}`, {
    path,
    remedy: 'Give each part once.',
  });
}
