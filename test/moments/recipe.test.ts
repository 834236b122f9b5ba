import { describe, expect, it } from 'vitest';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { recipeOf } from '../../src/formula/recipe.ts';
import { accumulateMoments } from '../../src/moments/accumulate-moments.ts';
import { deserialiseMoments } from '../../src/moments/deserialise.ts';
import { mergeMoments } from '../../src/moments/merge.ts';
import { serialiseMoments } from '../../src/moments/serialise.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import { factor, numeric, table } from '../formula/reference-table.ts';
import { memorySource } from './memory-source.ts';

const rows = 12;
const data = table({
  x: numeric(Array.from({ length: rows }, (_, i) => (i * 7) % 5)),
  f: factor(Array.from({ length: rows }, (_, i) => 'abc'[i % 3])),
  g: factor(Array.from({ length: rows }, (_, i) => 'uvw'[Math.floor(i / 4)])),
});
const design = buildDesign('~ x + f + (1 | g)', data);
const value = (i: number) => Math.sin(3 * i) + i / 10;
const whole = Float64Array.from({ length: rows }, (_, i) => value(i));
/** The third response lacks every row of level c, the second one row. */
const responses: DenseResponses = {
  kind: 'dense',
  rows,
  names: ['all', 'one', 'level'],
  values: Float64Array.from([
    ...whole,
    ...whole.map((y, i) => (i === 4 ? Number.NaN : y)),
    ...whole.map((y, i) => (i % 3 === 2 ? Number.NaN : y)),
  ]),
};

describe('the recipe of a run', () => {
  it('goes with the moments, and with its own copy where a response lost levels', async () => {
    const result = await fitDesign(design, responses, { threads: 1, backend: 'cpu' });
    expect(result.recipe).toEqual(recipeOf(design));
    expect(result.recipeOf(0)).toBe(result.recipe);
    expect(result.recipeOf(1)).toBe(result.recipe);
    expect(result.recipeOf(2)?.variables.find(({ label }) => label === 'f')?.levels).toEqual(['a', 'b']);
    expect(result.recipeOf(2)?.fixed.names).toEqual(['(Intercept)', 'x', 'fb']);
  });

  it('survives serialisation, once for all batches that share it', async () => {
    const moments = denseMoments(design, responses);
    const pieces = [...serialiseMoments(moments)];
    const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    pieces.reduce((at, piece) => {
      bytes.set(piece, at);
      return at + piece.length;
    }, 0);
    const read = deserialiseMoments(bytes).moments;
    expect(read.recipe).toEqual(moments.recipe);
    expect(read.batches.map(({ recipe }) => recipe)).toEqual(moments.batches.map(({ recipe }) => recipe));
    const result = await fitMoments(read, { threads: 1, backend: 'cpu' });
    expect(result.recipe).toEqual(recipeOf(design));
  });

  it('is that of its split', () => {
    const halves = [Int32Array.of(0, 1, 2, 3, 4, 5), Int32Array.of(4, 5, 6, 7, 9, 10)].map((kept) =>
      buildDesign('~ x + f + (1 | g)', data, { rows: kept }),
    );
    const parts = halves.map((half, s) => ({
      split: String(s),
      moments: denseMoments(half, { ...responses, names: ['all'], values: whole }),
      keep: Int32Array.of(0),
    }));
    const { moments } = mergeMoments(parts);
    expect(moments.recipe).toEqual(recipeOf(halves[0]));
    expect(moments.batches.map(({ recipe }) => recipe ?? moments.recipe)).toEqual(halves.map(recipeOf));
  });

  it('comes along with streamed moments', async () => {
    const source = memorySource([whole], { major: 'row', entries: 5, whole: true });
    const moments = await accumulateMoments(design, source);
    expect(moments.recipe).toEqual(recipeOf(design));
  });

  it('is absent where the design was made by hand', async () => {
    const { source: _, ...plain } = design;
    const result = await fitDesign(plain, responses, { threads: 1, backend: 'cpu' });
    expect(result.recipe).toBeNull();
    expect(result.recipeOf(0)).toBeNull();
  });
});
