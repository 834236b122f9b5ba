/** Moments of one file of a data set, by the design of all. */
import type { InputFiles } from '../data/input-files.ts';
import { FitError } from '../errors.ts';
import { addDenseResponse } from '../moments/dense.ts';
import { projectDesign } from '../moments/design-moments.ts';
import { streamFamily } from '../moments/family-stream.ts';
import { emptyResponseMoments } from '../moments/moments.ts';
import type { MomentsPart, PartRows, WholeDesign } from '../moments/parts/part.ts';
import { type StreamedPart, streamMoments } from '../moments/stream.ts';
import { withPresentNames } from '../options/former-names.ts';
import type { Design } from '../types/design.ts';
import type { Progress } from '../types/fit-result.ts';
import type { DenseResponses } from '../types/responses.ts';
import { asInWhole, requireSameColumns } from './column-checks.ts';
import type { InputOptions } from './data-options.ts';
import { heldRows } from './held-rows.ts';
import { partDesign } from './part-design.ts';
import { readStack } from './read-input.ts';
import { prepare, type Run } from './run.ts';

/** What a run over one file may choose for itself. */
export type PartOptions = Pick<InputOptions, 'obs' | 'memory' | 'threads'>;

/**
 * Reads one file and forms its moments.
 *
 * Rejects with DataError for a file that is not the design's, as its columns, levels or rows say; else as `prepare` does.
 */
export async function partMoments(
  whole: WholeDesign,
  path: string,
  given: PartOptions,
  files: InputFiles,
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<MomentsPart> {
  const k = fileOf(whole, path);
  const file = whole.files[k];
  const options: InputOptions = { ...withPresentNames(whole.options), ...given, formula: whole.formula };
  const { input } = await readStack([path], options, files, {
    names: whole.names,
    samples: [file.name],
    prefixed: whole.prefixed,
  });
  try {
    const table = asInWhole(input.table, file.columns);
    if (whole.kind === 'rows') {
      requireSameColumns(table, file.columns, path);
      if (table.rows !== file.rows) throw otherRows(path, table.rows, file.rows);
      return { whole, files: [k], splits: [], ...(await heldRows({ ...input, table }, options, signal)) };
    }
    if (file.used.every((rows) => rows === 0)) {
      requireSameColumns(table, file.columns, path);
      return { whole, files: [k], splits: file.used.map(() => null), held: [], notes: [] };
    }
    const run = await prepare({ ...input, table }, options, onProgress, signal);
    const designs = whole.splits.map((split, s) => {
      const rows = run.parts.find((part) => part.split === split.split);
      if (!rows) return null;
      const all = rows.rows ?? Int32Array.from({ length: run.table.rows }, (_, i) => i);
      const design = partDesign(split, run.table, all, run.frame.complete);
      return { s, design, transforms: split.transforms.map((t) => Float64Array.from(t)) };
    });
    requireSameColumns(table, file.columns, path);
    whole.splits.forEach((_, s) => {
      const n = designs[s]?.design.n ?? 0;
      if (n !== file.used[s]) throw otherRows(path, n, file.used[s]);
    });
    const filled = designs.flatMap((one) => (one && one.design.n > 0 ? [one] : []));
    const wholeRows = whole.splits.map((_, s) => whole.files.reduce((sum, { used }) => sum + used[s], 0));
    const { formed, notes } = await formedParts(
      run,
      filled.map(({ s, design, transforms }) => ({ design, transforms, whole: wholeRows[s] })),
      whole.names.length,
    );
    const splits = whole.splits.map((_, s): PartRows | null => {
      const at = filled.findIndex((one) => one.s === s);
      return at < 0 ? null : { ...formed[at], centre: columnMeans(filled[at].design) };
    });
    // What there is to say of the annotation was said of all files together.
    return { whole, files: [k], splits, held: [], notes };
  } finally {
    await input.close();
  }
}

interface PlacedDesign {
  readonly design: Design;
  readonly transforms: readonly Float64Array[];
  readonly whole: number;
}

async function formedParts(
  { responses, matrixRows, stream, family }: Run,
  designs: readonly PlacedDesign[],
  count: number,
): Promise<{ readonly formed: readonly StreamedPart[]; readonly notes: readonly string[] }> {
  if (responses.kind === 'dense') {
    return { formed: designs.map((one) => denseRows(one, responses)), notes: [] };
  }
  const parts = designs.map(({ design, ...rest }) => {
    return { design, ...rest, matrixRows: matrixRows ? design.rows.map((row) => matrixRows[row]) : design.rows };
  });
  const options = { ...stream, select: Int32Array.from({ length: count }, (_, g) => g) };
  const { parts: formed, notes } = family
    ? await streamFamily(responses, parts, family, options)
    : await streamMoments(responses, parts, options);
  return { formed, notes };
}

/** @throws DataError for a response that lacks a value */
function denseRows({ design, transforms }: PlacedDesign, { rows, names, values }: DenseResponses): StreamedPart {
  const projector = projectDesign(design, null, undefined, transforms);
  const out = emptyResponseMoments(projector.moments, names.length);
  names.forEach((name, g) => {
    const y = Float64Array.from(design.rows, (row) => values[g * rows + row]);
    if (y.some(Number.isNaN)) throw missingValues(name);
    out.expressed[g] = y.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
    addDenseResponse(projector, y, 0, out, g);
  });
  return { design: projector.moments, responses: out };
}

/**
 * The file of a design that lies at a path: the one of that path, else the one that shares most of its end.
 *
 * @throws DataError for a path that is none of them, or may be several
 */
function fileOf({ files }: WholeDesign, path: string): number {
  const exact = files.findIndex((file) => file.path === path);
  if (exact >= 0) return exact;
  const partsOf = (text: string) => text.replaceAll('\\', '/').replace(/\/+$/, '').split('/').reverse();
  const own = partsOf(path);
  const shared = files.map((file) => {
    const other = partsOf(file.path);
    const end = own.findIndex((part, i) => part !== other[i]);
    return end < 0 ? own.length : end;
  });
  const most = Math.max(...shared);
  const found = [...shared.keys()].filter((k) => shared[k] === most);
  if (most > 0 && found.length === 1) return found[0];
  const names = files
    .slice(0, 10)
    .map((file) => file.path)
    .join(', ');
  throw new FitError(
    'DataError',
    most > 0 ? `${path} may be several of the files of the design` : `${path} is none of the files of the design`,
    { path, remedy: `They are ${names}${files.length > 10 ? ', ...' : ''}.` },
  );
}

/** Unweighted means of the raw columns of X. */
function columnMeans({ n, fixed: { x, names } }: Design): Float64Array {
  return Float64Array.from(names, (_, k) => {
    let sum = 0;
    for (let i = k * n; i < (k + 1) * n; i++) sum += x[i];
    return sum / n;
  });
}

function otherRows(path: string, found: number, expected: number): FitError {
  return new FitError('DataError', `${path} has ${found} rows for the model, ${expected} when the design was made`, {
    path,
    remedy: 'Give the file that the design was made of, or make the design anew from all files.',
  });
}

function missingValues(name: string): FitError {
  return new FitError('DataError', `'${name}' lacks values in rows that other responses have`, {
    option: 'na',
    remedy: 'Leave such rows out for all responses (“na: omit”), or give all files to one run.',
  });
}
