import { describe, expect, it } from 'vitest';
import { columnTexts } from '../../src/data/table/table-rows.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { pseudobulk } from '../../src/prepare/pseudobulk.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import { frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';

const CELLS = 400;
const GENES = 6;
const random = new TestRandom(11);
const donor = Array.from({ length: CELLS }, (_, i) => label('d', Math.floor(i / 50)));
const condition = Array.from({ length: CELLS }, (_, i) => (i % 2 === 0 ? 'stim' : 'ctrl'));
const type = Array.from({ length: CELLS }, (_, i) => (i % 5 === 0 ? 'B' : 'T'));
const age = Array.from({ length: CELLS }, (_, i) => 20 + Math.floor(i / 50));
const depth = random.normals(CELLS);
const obs = frame({ donor, condition, type, age, depth });
const values = Float64Array.from({ length: GENES * CELLS }, () => Math.floor(3 * Math.exp(random.normal() / 2)));
const cells: DenseResponses = {
  kind: 'dense',
  rows: CELLS,
  names: Array.from({ length: GENES }, (_, g) => `g${g}`),
  values,
};
const by = ['donor', 'condition'];

/** Sums over the cells that pass, by hand. */
function sumOf(g: number, passes: (i: number) => boolean): number {
  let sum = 0;
  for (let i = 0; i < CELLS; i++) if (passes(i)) sum += values[g * CELLS + i];
  return sum;
}

const textsOf = (table: typeof obs, name: string) => {
  const column = table.columns.get(name);
  return column ? columnTexts(column) : [];
};

describe('pseudobulk', () => {
  it('adds up the cells of each sample, and keeps what they have in common', async () => {
    const { samples, responses, notes } = await pseudobulk(cells, { obs, by });
    expect([...samples.columns.keys()]).toEqual(['donor', 'condition', 'cells', 'counts', 'age']);
    expect(samples.rowNames?.slice(0, 2)).toEqual([`${donor[0]}_ctrl`, `${donor[0]}_stim`]);
    const [donors, conditions] = by.map((name) => textsOf(samples, name));
    for (let s = 0; s < samples.rows; s++) {
      const inside = (i: number) => donor[i] === donors[s] && condition[i] === conditions[s];
      for (let g = 0; g < GENES; g++) expect(responses.values[g * samples.rows + s]).toBe(sumOf(g, inside));
      expect(Number(textsOf(samples, 'cells')[s])).toBe(donor.filter((_, i) => inside(i)).length);
    }
    expect(notes.join('\n')).toContain('so kept: age');
  });

  it('loses no count and makes none, whatever the columns', async () => {
    const total = values.reduce((sum, value) => sum + value, 0);
    for (const columns of [['donor'], by, ['type', 'condition', 'donor']]) {
      const { samples, responses } = await pseudobulk(cells, { obs, by: columns, minSampleCells: 1 });
      expect(responses.values.reduce((sum, value) => sum + value, 0)).toBe(total);
      expect(textsOf(samples, 'counts').reduce((sum, text) => sum + Number(text), 0)).toBe(total);
      expect(textsOf(samples, 'cells').reduce((sum, text) => sum + Number(text), 0)).toBe(CELLS);
    }
  });

  it('has a sample in each cell type, and leaves out those of few cells', async () => {
    const { samples, notes } = await pseudobulk(cells, { obs, by, splitBy: 'type', minSampleCells: 6 });
    expect(new Set(textsOf(samples, 'type'))).toEqual(new Set(['T']));
    expect(notes.join('\n')).toContain('left out 16 samples of fewer than 6 cells: B_');
    await expect(pseudobulk(cells, { obs, by, minSampleCells: 26 })).rejects.toThrow('no sample has 26 cells');
  });

  it('means are sums over cells', async () => {
    const options = { obs, by, where: "type == 'T'" };
    const [sums, means] = await Promise.all([
      pseudobulk(cells, options),
      pseudobulk(cells, { ...options, statistic: 'mean' }),
    ]);
    const counted = textsOf(sums.samples, 'cells').map(Number);
    sums.responses.values.forEach((sum, at) => {
      expect(means.responses.values[at]).toBe(sum / counted[at % counted.length]);
    });
    expect(means.samples.columns.has('counts')).toBe(false);
  });

  it('refuses sums of what is no count, and warns of values that are none', async () => {
    await expect(pseudobulk(cells, { obs, by, normalize: 'log1p-cpm' })).rejects.toMatchObject({
      tag: 'OptionError',
      fields: { option: 'normalize' },
    });
    const halves = { ...cells, values: values.map((value) => value / 2) };
    const { notes } = await pseudobulk(halves, { obs, by });
    expect(notes.join('\n')).toContain('WARNING: the values are no counts');
    await expect(pseudobulk(cells, { obs, by: ['donor', 'batch'] })).rejects.toThrow("'batch'");
  });

  it('goes into a fit of samples with voom', async () => {
    const { samples, responses } = await pseudobulk(cells, { obs, by });
    const options = {
      formula: '~ condition + (1 | donor)',
      weights: 'voom',
      ddf: 'satterthwaite',
      threads: 1,
    } as const;
    const { table } = await fitTable(responses, { ...options, obs: samples });
    expect(table.models).toBe(GENES);
    expect([...table.nobs]).toEqual(Array.from({ length: GENES }, () => 16));
  });
});
