/**
 * Joins what two sets of rows hold of generalised models (`family-evidence.ts`): pseudo-rows that the likelihood cannot tell apart
 * become one, statistics, masses and tails add up. Of poisson, whose pseudo-rows have exposures O = log sum w exp(o), the part
 * of the constant that goes by pseudo-row moves from their own O_k and S_k to those of both,
 *
 *     sum_k S_k (log(S / S_k) + O_k - O).
 *
 * Of families that are summed entry by entry, with one statistic a pseudo-row.
 */
import type { FamilyEffects, FamilyEvidence } from '../family-evidence.ts';
import type { DesignMoments, ResponseMoments } from '../moments.ts';
import { offsetPanels } from '../offset-nodes.ts';

/** Pseudo-rows of one design with the numbers of its responses. */
interface FamilyPart {
  readonly design: DesignMoments;
  readonly responses: ResponseMoments;
}

/** Evidence, and count x width numbers. */
export interface JoinedFamily {
  readonly evidence: FamilyEvidence;
  readonly values: Float64Array;
}

/**
 * @param places of the levels of each grouping factor of each side among those of both
 */
export function mergeFamily(
  pair: readonly [FamilyPart, FamilyPart],
  places: readonly (readonly [Int32Array, Int32Array])[],
): JoinedFamily {
  const sides = pair.map(({ design }, side) => moved(evidenceOf(design), design, places, side));
  const [one, other] = sides;
  const known = new Map<string, number>();
  const rows: { readonly side: number; readonly row: number }[] = [];
  const placeOf = sides.map((evidence, side) =>
    Int32Array.from({ length: evidence.rows }, (_, row) => {
      const key = keyOf(evidence, row, evidence.family !== 'poisson');
      let at = known.get(key);
      if (at === undefined) {
        at = rows.length;
        known.set(key, at);
        rows.push({ side, row });
      }
      return at;
    }),
  );
  const isPoisson = one.family === 'poisson';
  const offset = new Float64Array(rows.length);
  const mass = new Float64Array(rows.length);
  if (isPoisson) offset.fill(Number.NEGATIVE_INFINITY);
  sides.forEach((evidence, side) => {
    placeOf[side].forEach((at, row) => {
      mass[at] = isPoisson ? 1 : mass[at] + evidence.mass[row];
      offset[at] = isPoisson ? logSum(offset[at], evidence.offset[row]) : evidence.offset[row];
    });
  });
  const counts = one.counts.length >= other.counts.length ? one.counts : other.counts;
  const evidence: FamilyEvidence = {
    ...rowsOf(sides, rows),
    ...{ offset, mass, counts },
    width: rows.length + 1 + counts.length,
  };
  const { count } = pair[0].responses;
  const values = new Float64Array(count * evidence.width);
  for (let g = 0; g < count; g++) {
    const out = values.subarray(g * evidence.width, (g + 1) * evidence.width);
    const own = pair.map(({ responses: { family } }, side) => {
      const { width } = sides[side];
      return family?.subarray(g * width, (g + 1) * width) ?? new Float64Array(width);
    });
    own.forEach((numbers, side) => {
      placeOf[side].forEach((at, row) => {
        out[at] += numbers[row];
      });
      const from = sides[side].rows;
      for (let e = from; e < numbers.length; e++) out[rows.length + e - from] += numbers[e];
    });
    if (!isPoisson) continue;
    own.forEach((numbers, side) => {
      placeOf[side].forEach((at, row) => {
        const sum = numbers[row];
        if (sum > 0) out[rows.length] += sum * (Math.log(out[at] / sum) + sides[side].offset[row] - offset[at]);
      });
    });
  }
  return { evidence, values };
}

/**
 * Offsets of nbinom2 as few nodes again where several parts have rows that differ in nothing else: each part brought nodes of its
 * own, between the smallest and the largest offset of all.
 */
export function settleNodes({ evidence, values }: JoinedFamily, count: number): JoinedFamily {
  const strata = new Map<string, number[]>();
  for (let row = 0; row < evidence.rows; row++) {
    const key = keyOf(evidence, row, false);
    const members = strata.get(key);
    if (members) members.push(row);
    else strata.set(key, [row]);
  }
  const panels = [...strata.values()].flatMap((rows) => offsetPanels(evidence.offset, Int32Array.from(rows), false));
  if (panels.every(({ basis, rows }) => basis === null && rows.length === 1)) return { evidence, values };
  const points = panels.flatMap((panel) => [...panel.points]);
  const mass = new Float64Array(points.length);
  const tail = evidence.width - evidence.rows;
  const width = points.length + tail;
  const out = new Float64Array(count * width);
  let first = 0;
  for (const { points: own, rows, basis } of panels) {
    rows.forEach((row, i) => {
      for (let j = 0; j < own.length; j++) {
        const share = basis ? basis[i * own.length + j] : 1;
        mass[first + j] += share * evidence.mass[row];
        for (let g = 0; g < count; g++) out[g * width + first + j] += share * values[g * evidence.width + row];
      }
    });
    first += own.length;
  }
  for (let g = 0; g < count; g++) {
    const from = g * evidence.width + evidence.rows;
    out.set(values.subarray(from, from + tail), g * width + points.length);
  }
  const representatives = panels.flatMap(({ points: own, rows }) => Array.from(own, () => ({ side: 0, row: rows[0] })));
  return {
    evidence: { ...rowsOf([evidence], representatives), offset: Float64Array.from(points), mass, width },
    values: out,
  };
}

function evidenceOf({ family }: DesignMoments): FamilyEvidence {
  if (family) return family;
  throw new RangeError('rows of a generalised model beside others');
}

/** The evidence with the levels of both sides. */
function moved(
  evidence: FamilyEvidence,
  { terms }: DesignMoments,
  places: readonly (readonly [Int32Array, Int32Array])[],
  side: number,
): FamilyEvidence {
  const effects = evidence.effects.map(({ z, codes }, t): FamilyEffects => {
    const place = places[terms[t].factor][side];
    return { z, codes: codes.map((code) => place[code]) };
  });
  return { ...evidence, effects };
}

/** What tells a pseudo-row apart. */
function keyOf({ rows, x, effects, offset }: FamilyEvidence, row: number, withOffset: boolean): string {
  const p = x.length / rows;
  const parts: number[] = [...x.subarray(row * p, (row + 1) * p)];
  for (const { z, codes } of effects) {
    const q = z.length / rows;
    parts.push(codes[row], ...z.subarray(row * q, (row + 1) * q));
  }
  if (withOffset) parts.push(offset[row]);
  return parts.join();
}

/** Columns of some pseudo-rows, which lie on one of several sides. */
function rowsOf(
  sides: readonly FamilyEvidence[],
  rows: readonly { readonly side: number; readonly row: number }[],
): FamilyEvidence {
  const [first] = sides;
  const gather = (of: (evidence: FamilyEvidence) => Float64Array): Float64Array => {
    const width = Math.max(...sides.map((evidence) => (evidence.rows === 0 ? 0 : of(evidence).length / evidence.rows)));
    const out = new Float64Array(rows.length * width);
    rows.forEach(({ side, row }, at) => {
      out.set(of(sides[side]).subarray(row * width, (row + 1) * width), at * width);
    });
    return out;
  };
  return {
    ...first,
    rows: rows.length,
    x: gather((evidence) => evidence.x),
    effects: first.effects.map((_, t) => ({
      z: gather((evidence) => evidence.effects[t].z),
      codes: Int32Array.from(rows, ({ side, row }) => sides[side].effects[t].codes[row]),
    })),
  };
}

/** log(exp(a) + exp(b)). */
function logSum(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === Number.NEGATIVE_INFINITY ? most : most + Math.log1p(Math.exp(Math.min(a, b) - most));
}
