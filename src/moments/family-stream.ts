import { FitError } from '../errors.ts';
import type { Design } from '../types/design.ts';
import type { PartSums, PassPart } from '../types/entry-pass.ts';
import type { FamilyName } from '../types/family.ts';
import type { MatrixSource } from '../types/responses.ts';
import { countNodes, LARGEST_COUNT } from './count-nodes.ts';
import type { FamilyEvidence } from './family-evidence.ts';
import { type FamilyRows, familyDesign, familyEvidence, familyRows, type ResponseFamily } from './family-rows.ts';
import { impossibleValue, isConstant, type RowNamer, refuseNormalisation, valueFault } from './family-values.ts';
import {
  type GatheredPart,
  Passes,
  passesText,
  piecesOf,
  type StreamOptions,
  type StreamPart,
} from './matrix-passes.ts';
import { type DesignMoments, emptyResponseMoments, type ResponseMoments } from './moments.ts';
import { emptyPartRowsNote } from './normalise.ts';
import { FAMILY_SUMS } from './part-sums.ts';
import type { StreamedPart } from './stream.ts';

/** Megabytes that the numbers of all responses may take where nobody says how many. */
const MOST_MEGABYTES = 4096;

/** Whether responses of a family are summed entry by entry; those of others are held in memory, for {@link familyMoments}. */
export function streamsFamily({ family, trials }: ResponseFamily): boolean {
  return family === 'poisson' || family === 'nbinom2' || (family === 'binomial' && !trials);
}

/**
 * What generalised models need of the responses of a matrix under several designs on disjoint rows (one a split), in one pass over
 * the file; in several where the sums do not fit into memory. Of families for which {@link streamsFamily} holds.
 *
 * Rejects with DataError for a value that the family cannot have, with OptionError for a normalisation, for a structured
 * covariance, and where the numbers of all responses do not fit into memory.
 */
export async function streamFamily(
  source: MatrixSource,
  parts: readonly StreamPart[],
  family: ResponseFamily,
  options: StreamOptions,
): Promise<{ parts: StreamedPart[]; notes: string[]; plan: string[] }> {
  refuseNormalisation(family.family, options.normalize);
  const select = options.select ?? source.wanted ?? Int32Array.from(source.names.keys());
  const passes = new Passes(source, parts, options);
  const formed: FormedPart[] = [];
  for (const part of parts) formed.push(await formedPart(source, part, family, select.length));
  refuseLarge(formed, select.length, options.memory);
  const summed = formed.map(({ pass }) => pass);
  const pieces = piecesOf(summed, select.length, options.memory);
  const sums: { readonly from: number; readonly parts: readonly PartSums[] }[] = [];
  let notes: string[] = [];
  for (let piece = 0; piece < pieces; piece++) {
    const [from, to] = [piece, piece + 1].map((k) => Math.floor((select.length * k) / pieces));
    const found = await passes.run(select.subarray(from, to), summed);
    const s = found.parts.findIndex(({ sums: own }) => own[FAMILY_SUMS.faults].some((count) => count > 0));
    if (s >= 0) {
      const k = from + found.parts[s].sums[FAMILY_SUMS.faults].findIndex((count) => count > 0);
      throw await faultyValue(source, passes, parts, s, k, select, family.family);
    }
    sums.push({ from, parts: found.parts });
    const { partOf } = passes.rows;
    const note = emptyPartRowsNote(found.facts, partOf, found.filled);
    notes = note === null ? [] : [note];
  }
  return {
    parts: formed.map((part, s) => {
      return finished(
        part,
        sums.map(({ from, parts: own }) => ({ from, sums: own[s] })),
        select.length,
      );
    }),
    notes,
    plan: formed.map(({ rows, n }) => {
      const { family: name, rows: pseudo } = rows.frame;
      const products =
        name === 'nbinom2' && rows.pointers[n] > n ? `${Math.ceil(rows.pointers[n] / n)} products` : 'one addition';
      return `${n} rows are ${pseudo} of family ${name}: ${products} an entry${passesText(pieces)}`;
    }),
  };
}

interface FormedPart {
  readonly design: DesignMoments;
  readonly rows: FamilyRows;
  readonly n: number;
  /** Sum of the weights. */
  readonly weight: number;
  readonly pass: Extract<PassPart, { readonly kind: 'family' }>;
}

async function formedPart(
  source: MatrixSource,
  { design, matrixRows, transforms, whole }: StreamPart,
  family: ResponseFamily,
  responses: number,
): Promise<FormedPart> {
  const faulty = design.offset?.findIndex((value) => !Number.isFinite(value)) ?? -1;
  const named = await rowNamer(faulty >= 0 ? source : null, design, matrixRows);
  const moments = familyDesign(design, named, undefined, transforms);
  const rows = familyRows(design, family, responses, design.weights, whole);
  const { first, pointers, share, shift } = rows;
  const { weights } = design;
  return {
    design: moments,
    rows,
    n: design.n,
    weight: weights ? weights.reduce((sum, w) => sum + w, 0) : design.n,
    pass: {
      kind: 'family',
      values: family.family === 'binomial' ? 'ones' : 'counts',
      rows: rows.frame.rows,
      ...{ first, pointers, share, shift },
      weight: weights ?? null,
      tail: family.family === 'nbinom2' ? countNodes(LARGEST_COUNT).length : 0,
    },
  };
}

/** Moments of the responses of one part out of the sums of all pieces. */
function finished(
  { design: base, rows, n, weight, pass }: FormedPart,
  pieces: readonly { readonly from: number; readonly sums: PartSums }[],
  count: number,
): StreamedPart {
  const { family } = rows.frame;
  const used = pieces.reduce((most, { sums }) => Math.max(most, usedNodes(sums.sums[FAMILY_SUMS.tail], pass.tail)), 0);
  const evidence = familyEvidence(rows.frame, { counts: pass.tail > 0 ? countNodes(used) : new Float64Array(0) });
  const design: DesignMoments = { ...base, family: evidence };
  const out = emptyResponseMoments(design, count);
  for (const { from, sums } of pieces) {
    const responses = sums.expressed.length;
    writeRows(rows, sums.sums[FAMILY_SUMS.rows], responses, evidence, out, from);
    for (let k = 0; k < responses; k++) {
      const at = from + k;
      const seen = sums.expressed[k];
      const numbers = out.family?.subarray(at * evidence.width, (at + 1) * evidence.width) ?? new Float64Array(0);
      out.expressed[at] = seen;
      out.mean[at] = n > 0 ? sums.sums[FAMILY_SUMS.plain][k] / n : 0;
      const low = seen < n ? 0 : 1;
      out.constant[at] = isConstant(family, low, seen > 0 ? 1 : 0) ? 1 : 0;
      numbers[evidence.rows] = sums.total[k] + (family === 'poisson' ? saturatedRows(numbers, evidence.rows) : 0);
      // Zeros are no entries: what is left of the weights.
      let zeros = weight;
      for (let v = evidence.counts.length - 1; v >= 0; v--) {
        const value = v === 0 ? zeros : sums.sums[FAMILY_SUMS.tail][k * pass.tail + v];
        numbers[evidence.rows + 1 + v] = value;
        zeros -= value;
      }
    }
  }
  return { design, responses: out };
}

/** sum S log S - S, what counts of a pseudo-row add to its constant (`family-responses.ts`). */
function saturatedRows(numbers: Float64Array, rows: number): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) if (numbers[i] > 0) sum += numbers[i] * (Math.log(numbers[i]) - 1);
  return sum;
}

/** The largest count whose nodes hold something. */
function usedNodes(tail: Float64Array, width: number): number {
  let last = 0;
  for (let at = 0; at < tail.length; at += width) {
    for (let v = width - 1; v > last; v--) if (tail[at + v] !== 0) last = v;
  }
  return countNodes(LARGEST_COUNT)[last];
}

/** The sums by pseudo-row, from the order of the pass into that of responses. */
function writeRows(
  { first, pointers }: FamilyRows,
  sums: Float64Array,
  responses: number,
  { rows, width }: FamilyEvidence,
  out: ResponseMoments,
  from: number,
): void {
  const { family } = out;
  if (!family) return;
  const nodes = new Int32Array(rows);
  first.forEach((row, i) => {
    nodes[row] = pointers[i + 1] - pointers[i];
  });
  for (let row = 0; row < rows; row += nodes[row]) {
    for (let k = 0; k < responses; k++) {
      const at = row * responses + k * nodes[row];
      for (let j = 0; j < nodes[row]; j++) family[(from + k) * width + row + j] = sums[at + j];
    }
  }
}

/** @throws OptionError where the numbers of all responses take more memory than there may be */
function refuseLarge(parts: readonly FormedPart[], responses: number, memory = MOST_MEGABYTES): void {
  const megabytes = parts.reduce((sum, { rows }) => sum + (8 * rows.frame.rows * responses) / 1e6, 0);
  if (megabytes <= Math.max(memory, MOST_MEGABYTES)) return;
  throw new FitError(
    'OptionError',
    `the sums of ${responses} responses take ${Math.ceil(megabytes)} MB, because nearly every row has other values of its covariates`,
    {
      option: 'memory',
      unreadable: true,
      remedy:
        'Fit fewer responses at a time with “responses”, round or leave out covariates that differ from row to row, or raise “memory”.',
    },
  );
}

/** The error for the first value of response k under design s that the family cannot have, which a pass finds. */
async function faultyValue(
  source: MatrixSource,
  passes: Passes,
  parts: readonly StreamPart[],
  s: number,
  k: number,
  select: Int32Array,
  family: FamilyName,
): Promise<FitError> {
  const gathered = parts.map(({ design }, part): GatheredPart => {
    const at = new Int32Array(1).fill(part === s ? 0 : -1);
    return { kind: 'values', at, count: part === s ? 1 : 0, n: design.n };
  });
  const { parts: found } = await passes.run(select.subarray(k, k + 1), gathered);
  const values = found[s].sums[0];
  const facts = { trials: null, weight: 1, categories: 0 };
  const i = values.findIndex((value) => valueFault(family, value, facts) !== null);
  const fault = valueFault(family, values[i], facts);
  const { design, matrixRows } = parts[s];
  const named = await rowNamer(source, design, matrixRows);
  const name = source.names[select[k]];
  if (fault) return impossibleValue(fault, name, named(i), values[i]);
  return new FitError('DataError', `${source.path} gives other values of '${name}' each time`, { path: source.path });
}

/** Names of the rows of a design; those of the file where the table has none. */
async function rowNamer(source: MatrixSource | null, design: Design, matrixRows: Int32Array): Promise<RowNamer> {
  const names = design.rowNames === undefined && source ? await source.rowNames() : null;
  return (i) => {
    const name = design.rowNames?.[i] ?? names?.[matrixRows[i]];
    return name === undefined ? `row ${matrixRows[i] + 1}` : `row '${name}'`;
  };
}
