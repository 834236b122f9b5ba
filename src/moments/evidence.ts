/**
 * What a fit needs of the data, by kind: moments today. Whoever cuts, picks or copies responses does it here, so that a new
 * kind of evidence (blocks by subject, rows) enters beside this one: its tag on the design, its columns below, and an engine
 * that reads it (`lmm/open-engine.ts`).
 */
import type { DesignMoments, MomentBatch, ResponseMoments } from './moments.ts';

/** All kinds, told apart by `design.kind`. */
export type Evidence = MomentBatch;
export type EvidenceKind = Evidence['design']['kind'];

/** Columns of the responses of a kind, with the numbers that each response has in them. */
type Columns = Readonly<Record<Exclude<keyof ResponseMoments, 'count'>, (design: DesignMoments) => number>>;

const ONE = (): number => 1;

const COLUMNS: Readonly<Record<EvidenceKind, Columns>> = {
  moments: {
    qty: ({ p, family }) => (family ? 0 : p),
    ztr: ({ q, family }) => (family ? 0 : q),
    rss: ({ family }) => (family ? 0 : 1),
    mean: ONE,
    constant: ONE,
    expressed: ONE,
    streams: ONE,
    blocks: ({ blocks }) => blocks?.width ?? 0,
    family: ({ family }) => family?.width ?? 0,
  },
};

/** Responses `from` to `to`, copied out. */
export function sliceResponses(
  design: DesignMoments,
  responses: ResponseMoments,
  from: number,
  to: number,
): ResponseMoments {
  const copy = <A extends TypedArray>(values: A, width: number): A => values.slice(from * width, to * width) as A;
  return { ...mapColumns(design, responses, copy), count: to - from };
}

/** The responses at some positions, in their order. */
export function gatherResponses(
  design: DesignMoments,
  responses: ResponseMoments,
  positions: readonly number[],
): ResponseMoments {
  const gather = <A extends TypedArray>(values: A, width: number): A => {
    const out = values.slice(0, positions.length * width) as A; // of the same kind
    positions.forEach((k, at) => {
      out.set(values.subarray(k * width, (k + 1) * width), at * width);
    });
    return out;
  };
  return { ...mapColumns(design, responses, gather), count: positions.length };
}

type TypedArray = Float64Array | Int32Array | Uint8Array | Uint32Array;

/** Every column made anew; a column that is absent stays so. */
function mapColumns(
  design: DesignMoments,
  responses: ResponseMoments,
  make: <A extends TypedArray>(values: A, width: number) => A,
): ResponseMoments {
  const columns = COLUMNS[design.kind];
  const { streams, blocks, family } = responses;
  return {
    count: responses.count,
    qty: make(responses.qty, columns.qty(design)),
    ztr: make(responses.ztr, columns.ztr(design)),
    rss: make(responses.rss, columns.rss(design)),
    mean: make(responses.mean, columns.mean(design)),
    constant: make(responses.constant, columns.constant(design)),
    expressed: make(responses.expressed, columns.expressed(design)),
    ...(streams === undefined ? {} : { streams: make(streams, columns.streams(design)) }),
    ...(blocks === undefined ? {} : { blocks: make(blocks, columns.blocks(design)) }),
    ...(family === undefined ? {} : { family: make(family, columns.family(design)) }),
  };
}
