/**
 * Moments of parts as bytes: a moments file (`serialise.ts`) whose header holds `part` in place of `moments`, the whole design
 * with it. A design file is the same design as JSON.
 */
import {
  array,
  boolean,
  type GenericSchema,
  instance,
  integer,
  is,
  literal,
  minValue,
  nullable,
  number,
  object,
  optional,
  picklist,
  pipe,
  record,
  string,
  tuple,
  unknown,
  variant,
} from 'valibot';
import { FitError } from '../../errors.ts';
import { crc32 } from '../../numeric/crc32.ts';
import { inconsistency } from '../check-moments.ts';
import type { Moments } from '../moments.ts';
import { isRecipe } from '../recipe-shape.ts';
import { type BrokenFile, brokenFile, deserialiseHeader, serialiseHeader } from '../stored-header.ts';
import type { MomentsPart, PartRows, WholeDesign } from './part.ts';

/** Checksum of a design, by which parts know each other. */
export function designDigest(design: Omit<WholeDesign, 'digest'>): string {
  const { files, ...rest } = design;
  // Where files lie is no part of it.
  const content = { ...rest, files: files.map(({ path: _, ...file }) => file) };
  return checksum(new TextEncoder().encode(JSON.stringify(content)));
}

/** CRC-32 of some bytes in eight hexadecimal digits. */
export function checksum(bytes: Uint8Array, before = 0): string {
  return crc32(bytes, before).toString(16).padStart(8, '0');
}

/** The bytes of a part, piece by piece; `extra` goes into its header. `deserialisePart` reads them. */
export function serialisePart(part: MomentsPart, extra: Readonly<Record<string, unknown>> = {}): Generator<Uint8Array> {
  return serialiseHeader({ ...extra, part });
}

/**
 * Reads moments of parts back; null for the moments of a whole data set. Throws DataError (`unreadable`) for bytes that are
 * neither, truncated, damaged or inconsistent.
 */
export function deserialisePart(bytes: Uint8Array, path?: string): MomentsPart | null {
  const broken = brokenFile(path);
  const { part } = deserialiseHeader(bytes, broken);
  return part === undefined ? null : checkedPart(part, broken);
}

/** What a header holds of parts, if it is what this program writes. Throws what `broken` makes. */
export function checkedPart(part: unknown, broken: BrokenFile): MomentsPart {
  let fault: string | null;
  try {
    fault = partFault(part);
  } catch (cause) {
    throw broken('the header is damaged', cause); // a part of the wrong kind
  }
  if (fault !== null) throw broken(fault);
  return part as MomentsPart; // as the checks found
}

/**
 * A design from the text of its file.
 *
 * @throws FitError DataError for text that is no such design, or was changed
 */
export function parseDesign(text: string, path: string): WholeDesign {
  const broken = (what: string) =>
    new FitError('DataError', `${path}: ${what}`, {
      path,
      unreadable: true,
      remedy: 'Write it with webgpu-lmm design, “formula” and “outFile: design.json”.',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken('no design file');
  }
  if (!isDesign(value)) throw broken('no design file');
  const { digest, ...rest } = value;
  if (designDigest(rest) !== digest) throw broken('the design was changed after it was written');
  return value;
}

const count = pipe(number(), integer(), minValue(0));
const texts = array(string());
const numbers = instance(Float64Array);

const design = object({
  version: literal(1),
  kind: picklist(['sums', 'rows']),
  matrix: boolean(),
  formula: string(),
  options: record(string(), unknown()),
  names: texts,
  genes: optional(texts),
  prefixed: boolean(),
  files: array(
    object({ name: string(), path: string(), rows: count, used: array(count), columns: record(string(), string()) }),
  ),
  splits: array(
    object({ split: nullable(string()), recipe: unknown(), transforms: array(array(number())), notes: texts }),
  ),
  notes: texts,
  digest: string(),
}) satisfies GenericSchema<unknown, unknown>;

function isDesign(value: unknown): value is WholeDesign {
  if (!is(design, value)) return false;
  const { files, splits, names, genes } = value;
  return (
    (genes === undefined || genes.length === names.length) &&
    files.every(({ used }) => used.length === splits.length) &&
    splits.every(({ recipe, transforms }) => isRecipe(recipe) && transforms.length === recipe.random.length) &&
    splits.every(({ recipe, transforms }) =>
      transforms.every(
        (t, k) => t.length === (recipe as WholeDesign['splits'][number]['recipe']).random[k].names.length ** 2,
      ),
    )
  );
}

const column = variant('kind', [
  object({ kind: picklist(['numeric', 'logical']), values: numbers }),
  object({ kind: literal('factor'), levels: texts, codes: instance(Int32Array), ordered: boolean() }),
]);

const part = object({
  whole: design,
  files: array(count),
  splits: array(nullable(object({ design: unknown(), centre: numbers, responses: unknown() }))),
  held: array(object({ rows: count, columns: array(tuple([string(), column])), values: nullable(numbers) })),
  notes: texts,
});

/** What does not fit in moments of parts; null when all does. */
function partFault(value: unknown): string | null {
  if (!is(part, value) || !isDesign(value.whole)) return 'the header is damaged';
  const { whole, files, splits } = value as MomentsPart;
  const { digest, ...rest } = whole;
  if (designDigest(rest) !== digest) return 'its design was changed';
  if (files.some((file, k) => file >= whole.files.length || (k > 0 && file <= files[k - 1])))
    return 'its files are damaged';
  if (splits.length !== whole.splits.length) return 'its splits are damaged';
  if (whole.kind === 'rows') return heldFault(value as MomentsPart);
  for (const [s, rows] of splits.entries()) {
    const n = files.reduce((sum, file) => sum + whole.files[file].used[s], 0);
    if ((rows?.design.n ?? 0) !== n) return `it holds other rows than those of its files`;
    const fault = rows && rowsFault(rows, whole, s);
    if (fault !== null) return fault;
  }
  return null;
}

/** Rows that are as many as the design says, in every column. */
function heldFault({ whole, files, held, splits }: MomentsPart): string | null {
  const sound =
    splits.length === 0 &&
    held.length === files.length &&
    held.every(
      ({ rows, columns, values }, k) =>
        rows === whole.files[files[k]].rows &&
        columns.every(([, own]) => (own.kind === 'factor' ? own.codes : own.values).length === rows) &&
        columns.every(
          ([, own]) => own.kind !== 'factor' || own.codes.every((code) => code >= -1 && code < own.levels.length),
        ) &&
        (values === null) === !whole.matrix &&
        (values === null || values.length === rows * whole.names.length),
    );
  return sound ? null : 'its rows are damaged';
}

function rowsFault(
  { design: own, centre, responses }: PartRows,
  { names, formula, splits }: WholeDesign,
  s: number,
): string | null {
  const { recipe } = splits[s];
  if (centre.length !== recipe.fixed.names.length || own.p !== centre.length)
    return 'an array does not have the size it should have';
  const index = Int32Array.from(names.keys());
  // R of some rows may be singular, which no whole design is.
  const r = own.r.map((value, at) => (at % (own.p + 1) === 0 && value === 0 ? 1 : value));
  const moments: Moments = {
    formula,
    names,
    batches: [{ design: { ...own, r }, responses, index }],
    coefficients: recipe.fixed.names,
    notes: [],
  };
  return inconsistency(moments);
}
