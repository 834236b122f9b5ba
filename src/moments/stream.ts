import { FitError } from '../errors.ts';
import type { ValueFacts } from '../types/entry-pass.ts';
import type { MatrixSource } from '../types/responses.ts';
import { hasBlocks } from './covariance-blocks.ts';
import {
  type GatheredPart,
  Passes,
  passesText,
  piecesOf,
  type StreamOptions,
  type StreamPart,
} from './matrix-passes.ts';
import { type DesignMoments, emptyResponseMoments, type ResponseMoments } from './moments.ts';
import { emptyPartRowsNote, normalisationNote } from './normalise.ts';
import { SparseMoments } from './sparse.ts';

export type { StreamOptions, StreamPart };

export interface StreamedPart {
  readonly design: DesignMoments;
  readonly responses: ResponseMoments;
}

const NOTHING_SEEN: ValueFacts = { counts: true, largest: 0, seen: 0 };
/** Dense values that a centred pass may hold at once. */
const CENTRED_VALUES = 4e6;

/**
 * Moments of the responses of a matrix under several designs on disjoint rows (one a split), in one pass over the file; in
 * several where the sums do not fit into memory, with others for cell totals where cells are not stored whole, and for
 * responses that lost their digits.
 */
export async function streamMoments(
  source: MatrixSource,
  parts: readonly StreamPart[],
  options: StreamOptions,
): Promise<{ parts: StreamedPart[]; notes: string[]; plan: string[] }> {
  if (parts.some(({ design }) => hasBlocks(design))) {
    throw new FitError(
      'DataError',
      `covariances between rows need values of several rows at once, and ${source.path} is read in blocks`,
      { path: source.path, remedy: 'Read it into dense responses, as fit() does with “residual”.' },
    );
  }
  const select = options.select ?? source.wanted ?? Int32Array.from(source.names.keys());
  const passes = new Passes(source, parts, options);
  const sparse = parts.map(({ design, transforms }) => new SparseMoments(design, transforms));
  const summed = sparse.map(({ part }) => part);
  const pieces = piecesOf(summed, select.length, options.memory);
  const finished = sparse.map((moments) => {
    const again: number[] = [];
    return { design: moments.moments, moments, responses: emptyResponseMoments(moments.moments, select.length), again };
  });
  let facts: ValueFacts = NOTHING_SEEN;
  let filled: Uint8Array = new Uint8Array(0);
  for (let piece = 0; piece < pieces; piece++) {
    const [from, to] = [piece, piece + 1].map((k) => Math.floor((select.length * k) / pieces));
    const sums = await passes.run(select.subarray(from, to), summed);
    finished.forEach(({ moments, responses, again }, s) => {
      again.push(...moments.finish(sums.parts[s], responses, from));
    });
    ({ facts, filled } = sums);
  }
  // Responses that lost their digits, over all parts: as many a pass as may be held dense.
  const again = finished.flatMap(({ again: responses }, s) => responses.map((k) => ({ s, k })));
  for (let from = 0; from < again.length; ) {
    const first = from;
    let held = 0;
    for (; from < again.length && (from === first || held < CENTRED_VALUES); from++)
      held += parts[again[from].s].design.n;
    const chosen = again.slice(first, from);
    const gathered = parts.map(({ design }, s): GatheredPart => {
      const at = new Int32Array(select.length).fill(-1);
      let count = 0;
      for (const { s: other, k } of chosen) if (other === s) at[k] = count++;
      return { kind: 'values', at, count, n: design.n };
    });
    const values = await passes.run(select, gathered);
    for (const { s, k } of chosen) {
      const { at, n } = gathered[s];
      const y = values.parts[s].sums[0].subarray(at[k] * n, (at[k] + 1) * n);
      finished[s].moments.addCentred(k, y, finished[s].responses);
    }
  }
  const notes = [
    normalisationNote(facts, options.normalize ?? 'none'),
    emptyPartRowsNote(facts, passes.rows.partOf, filled),
  ];
  return {
    parts: finished.map(({ design, responses }) => ({ design, responses })),
    notes: notes.filter((note) => note !== null),
    plan: sparse.map(({ description }) => description + passesText(pieces)),
  };
}
