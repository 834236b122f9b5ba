/** Whether the blocks of a covariance that come from a file are what this program writes. */
import {
  array,
  boolean,
  finite,
  type GenericSchema,
  instance,
  integer,
  is,
  minValue,
  nullable,
  number,
  object,
  optional,
  picklist,
  pipe,
  string,
} from 'valibot';
import { STRUCTURES } from '../types/residual.ts';
import type { CovarianceBlock, CovarianceBlocks, CovarianceLayout } from './covariance-blocks.ts';
import type { DesignMoments } from './moments.ts';

const count = pipe(number(), integer(), minValue(0));
const texts = array(string());
const numbers = instance(Float64Array);
const whole = instance(Int32Array);

const layout = object({
  structure: nullable(picklist(STRUCTURES)),
  text: string(),
  dispersionText: string(),
  visits: texts,
  by: nullable(string()),
  groups: texts,
  scales: texts,
  dispersion: count,
  scaleOf: whole,
  spacing: pipe(number(), finite()),
  form: picklist(['subjects', 'means', 'neighbours']),
  terms: array(nullable(picklist(['cs', 'ar1', 'diag']))),
});

const factor = object({ group: string(), levels: texts, q: count, offset: count, ztz: numbers, ztx: numbers });
const term = object({
  ...{ group: string(), names: texts, q: count, factor: count, column: count },
  ...{ transform: numbers, meanSquare: numbers },
});

const block = object({
  ...{
    group: count,
    size: count,
    count: pipe(number(), integer()),
    sign: picklist([1, -1]),
    positions: numbers,
    subjects: whole,
    scales: numbers,
  },
  effects: array(object({ z: numbers, levels: whole, codes: whole })),
  ...{ sums: boolean(), q: numbers, root: optional(numbers), rows: whole, offset: count },
});

const evidence = object({
  layout,
  blocks: array(block),
  width: count,
  units: object({ name: nullable(string()), count }),
  subjects: nullable(object({ factor, term })),
  unseen: nullable(string()),
  fewSubjects: boolean(),
}) satisfies GenericSchema<unknown, unknown>;

/** What does not fit in the blocks of a design; null when all does. */
export function blocksFault(design: DesignMoments): string | null {
  const { blocks: found, p } = design;
  if (found === undefined) return null;
  const damaged = 'the blocks of a covariance are damaged';
  if (!is(evidence, found)) return damaged;
  const { blocks, width, subjects } = found as CovarianceBlocks;
  if (!layoutIsSound(found.layout, design)) return 'the layout of a covariance is damaged';
  // Positions are visits where blocks are made of the rows of subjects.
  const byVisit = found.layout.form === 'subjects';
  let offset = 0;
  for (const each of blocks) {
    if (!blockIsSound(each, found as CovarianceBlocks, design, byVisit) || each.offset !== offset) return damaged;
    offset += each.sums ? pairs(each) * (p + 1) : each.rows.length;
  }
  if (offset !== width) return damaged;
  if (subjects === null) return null;
  const levels = subjects.factor.levels.length;
  const sound =
    subjects.factor.q === 1 &&
    subjects.term.q === 1 &&
    subjects.factor.ztz.length === levels &&
    subjects.factor.ztx.length === levels * p &&
    subjects.term.transform.length === 1 &&
    subjects.term.meanSquare.length === 1;
  return sound ? null : 'the subjects of a covariance are damaged';
}

function pairs({ size }: CovarianceBlock): number {
  return (size * (size + 1)) / 2;
}

function layoutIsSound(
  { structure, visits, groups, scales, dispersion, scaleOf, spacing, terms }: CovarianceLayout,
  design: DesignMoments,
): boolean {
  const withVisits = structure !== null && structure !== 'sp_exp';
  return (
    groups.length > 0 &&
    withVisits === visits.length > 0 &&
    dispersion <= scales.length &&
    scaleOf.length === groups.length * Math.max(1, visits.length) &&
    scaleOf.every((column) => column >= -1 && column < scales.length) &&
    spacing > 0 &&
    terms.length === design.terms.length
  );
}

function blockIsSound(
  { group, size, count: members, sign, positions, subjects, scales, effects, sums, q, root, rows }: CovarianceBlock,
  { layout: { groups, visits, scales: names } }: CovarianceBlocks,
  { p, terms, factors }: DesignMoments,
  byVisit: boolean,
): boolean {
  const blocks = rows.length / size;
  const own = [positions, scales, q, ...effects.map(({ z }) => z), ...(root ? [root] : [])];
  return (
    size > 0 &&
    members * sign > 0 &&
    Number.isInteger(blocks) &&
    blocks > 0 &&
    Math.abs(members) <= blocks &&
    (sums || members === blocks) &&
    rows.every((row) => row >= 0) &&
    group < groups.length &&
    own.every((values) => values.every(Number.isFinite)) &&
    positions.length === size &&
    (visits.length === 0 || positions.every((v) => Number.isInteger(v) && v >= 0 && (!byVisit || v < visits.length))) &&
    subjects.length === size &&
    scales.length === size * names.length &&
    effects.length === terms.length &&
    effects.every(({ z, levels, codes }, e) => {
      const { q: width, factor: f } = terms[e];
      const most = factors[f].levels.length;
      return (
        z.length === size * width &&
        levels.length === size &&
        codes.length === rows.length &&
        codes.every((level) => level >= (sums ? -1 : 0) && level < most)
      );
    }) &&
    !(sums && effects.some(({ z }) => z.some((value) => value !== 0))) &&
    q.length === (sums ? ((size * (size + 1)) / 2) * ((p * (p + 1)) / 2) : rows.length * p) &&
    (root === undefined || (sums && (p === 0 ? root.length === 0 : root.length % (size * p) === 0)))
  );
}
