/** Whether the evidence of a generalised model that comes from a file is what this program writes. */
import {
  array,
  type GenericSchema,
  instance,
  integer,
  is,
  minValue,
  number,
  object,
  picklist,
  pipe,
  string,
} from 'valibot';
import { FAMILIES, LINKS, LINKS_OF } from '../types/family.ts';
import type { FamilyEvidence } from './family-evidence.ts';
import { statisticsOf, tailOf } from './family-rows.ts';
import type { DesignMoments, ResponseMoments } from './moments.ts';

const count = pipe(number(), integer(), minValue(0));
const numbers = instance(Float64Array);

const evidence = object({
  family: picklist(FAMILIES),
  link: picklist(LINKS),
  rows: count,
  ...{ x: numbers, offset: numbers, mass: numbers },
  effects: array(object({ z: numbers, codes: instance(Int32Array) })),
  statistics: count,
  counts: numbers,
  categories: array(string()),
  width: count,
}) satisfies GenericSchema<unknown, unknown>;

/** What does not fit in the evidence of a family, and in what its responses have of it; null when all does. */
export function familyFault(design: DesignMoments, responses: ResponseMoments): string | null {
  const { family } = design;
  if (family === undefined)
    return responses.family === undefined ? null : 'responses have a family that their design lacks';
  if (!is(evidence, family) || !isSound(family, design)) return 'the evidence of a family is damaged';
  const values: unknown = responses.family;
  if (!(values instanceof Float64Array) || values.length !== responses.count * family.width) {
    return 'an array does not have the size it should have';
  }
  return values.every(Number.isFinite) ? null : 'responses hold values that are no numbers';
}

function isSound(
  { family, link, rows, x, offset, mass, effects, statistics, counts, categories, width }: FamilyEvidence,
  { p, terms, factors, blocks }: DesignMoments,
): boolean {
  const increasing = counts.every(
    (value, v) => Number.isInteger(value) && value >= 0 && (v === 0 || value > counts[v - 1]),
  );
  return (
    blocks === undefined &&
    LINKS_OF[family].includes(link) &&
    [x, offset, mass, ...effects.map(({ z }) => z)].every((values) => values.every(Number.isFinite)) &&
    x.length === rows * p &&
    offset.length === rows &&
    mass.length === rows &&
    effects.length === terms.length &&
    effects.every(({ z, codes }, t) => {
      const levels = factors[terms[t].factor].levels.length;
      return (
        z.length === rows * terms[t].q && codes.length === rows && codes.every((code) => code >= 0 && code < levels)
      );
    }) &&
    increasing &&
    (family === 'nbinom2' || counts.length === 0) &&
    categories.length > 0 === (family === 'cumulative') &&
    statistics === statisticsOf(family, categories.length) &&
    width === statistics * rows + 1 + tailOf(family, counts)
  );
}
