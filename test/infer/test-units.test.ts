import { describe, expect, it } from 'vitest';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { levelsASide } from '../../src/infer/test-units.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { Column, DenseResponses, Table } from '../../src/types.ts';

const DONORS = 11;
const CELLS = 9;
const n = DONORS * CELLS;
const column = (value: (donor: number, cell: number) => number): Column => ({
  kind: 'numeric',
  values: Float64Array.from({ length: n }, (_, i) => value(Math.floor(i / CELLS), i % CELLS)),
});
const table: Table = {
  rows: n,
  columns: new Map([
    ['donor', column((donor) => donor)],
    ['old', column((donor) => (donor < 3 ? 1 : 0))],
    ['age', column((donor) => 30 + 4 * donor)],
    ['stim', column((donor, cell) => (cell % 3 === donor % 3 ? 1 : 0))],
    ['group', column((donor) => donor % 3)],
    ['depth', column((donor, cell) => Math.sin(3 * donor + 7 * cell))],
  ]),
};
const responses: DenseResponses = {
  kind: 'dense',
  rows: n,
  names: ['y'],
  values: Float64Array.from({ length: n }, (_, i) => Math.sin(i * i) + Math.cos(3 * Math.floor(i / CELLS))),
};

function sides(formula: string, coefficient: string): readonly [number, number] | null {
  const [{ design }] = denseMoments(buildDesign(formula, table), responses).batches;
  const weights = new Float64Array(design.p);
  weights[design.coefficients.indexOf(coefficient)] = 1;
  return levelsASide(design, design.factors[0], weights);
}

describe('levels on the sides of a comparison', () => {
  it('counts donors where a covariate is constant within them', () => {
    expect(sides('~ old + (1 | donor)', 'old')).toEqual([3, 8]);
    expect(sides('~ old + depth + stim + (1 | donor)', 'old')).toEqual([3, 8]);
    // A third group takes no part in the comparison of two.
    expect(sides('~ factor(group) + (1 | donor)', 'factor(group)1')).toEqual([4, 4]);
  });

  it('has nothing to say of what varies within donors, and of means', () => {
    expect(sides('~ old + stim + (1 | donor)', 'stim')).toBeNull();
    expect(sides('~ old + depth + (1 | donor)', 'depth')).toBeNull();
    expect(sides('~ 0 + factor(old) + (1 | donor)', 'factor(old)1')).toBeNull();
  });

  it('finds the intercept among orthonormalised columns', () => {
    expect(sides('~ old + depth + (1 + depth | donor)', 'old')).toEqual([3, 8]);
  });

  it('says so in the notes of a fit, of contrasts too', async () => {
    const design = buildDesign('~ old + age + stim + (1 | donor)', table);
    const { notes } = await fitDesign(design, responses, { threads: 1, contrasts: { double: '2 * old' } });
    const few = notes.filter((note) => note.includes('compares levels'));
    expect(few.map((note) => note.split("'")[1])).toEqual(expect.arrayContaining(['old', 'double']));
    expect(few.some((note) => note.startsWith("'stim'"))).toBe(false);
  });
});
