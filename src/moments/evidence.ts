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
type Columns = Readonly<Record<ColumnName, (design: DesignMoments) => number>>;

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

/** Responses of one design that were cut apart, put together again in the order of the parts. */
export function joinResponses(design: DesignMoments, parts: readonly ResponseMoments[]): ResponseMoments {
  const [first] = parts;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const join = <A extends TypedArray>(values: A, width: number, name: ColumnName): A => {
    const Kind = values.constructor as new (length: number) => A; // of the same kind
    const out = new Kind(count * width);
    let at = 0;
    for (const part of parts) {
      const own = part[name];
      if (own?.length !== part.count * width) throw new RangeError(`the column ${name} of a part is damaged`);
      out.set(own, at);
      at += own.length;
    }
    return out;
  };
  return { ...mapColumns(design, first, join), count };
}

type TypedArray = Float64Array | Int32Array | Uint8Array | Uint32Array;
type ColumnName = Exclude<keyof ResponseMoments, 'count'>;

/** Every column made anew; a column that is absent stays so. */
function mapColumns(
  design: DesignMoments,
  responses: ResponseMoments,
  make: <A extends TypedArray>(values: A, width: number, name: ColumnName) => A,
): ResponseMoments {
  const columns = COLUMNS[design.kind];
  const { streams, blocks, family } = responses;
  const made = <A extends TypedArray>(name: ColumnName, values: A): A => make(values, columns[name](design), name);
  return {
    count: responses.count,
    qty: made('qty', responses.qty),
    ztr: made('ztr', responses.ztr),
    rss: made('rss', responses.rss),
    mean: made('mean', responses.mean),
    constant: made('constant', responses.constant),
    expressed: made('expressed', responses.expressed),
    ...(streams === undefined ? {} : { streams: made('streams', streams) }),
    ...(blocks === undefined ? {} : { blocks: made('blocks', blocks) }),
    ...(family === undefined ? {} : { family: made('family', family) }),
  };
}
