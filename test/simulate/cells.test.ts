import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isFitError } from '../../src/errors.ts';
import { type CellOptions, type SimulatedCells, simulateCells } from '../../src/simulate/cells.ts';
import type { FactorColumn, Table } from '../../src/types/table.ts';

/** Realised over expected share of non-zeros: donors and marker genes are few, the calibration averages over them. */
const DENSITY_RELATIVE = 0.05;

function numbers(table: Table, name: string): Float64Array {
  const column = table.columns.get(name);
  if (column === undefined || column.kind === 'factor') throw new Error(`no numbers in ${name}`);
  return column.values;
}

function factor(table: Table, name: string): FactorColumn {
  const column = table.columns.get(name);
  if (column?.kind !== 'factor') throw new Error(`no factor ${name}`);
  return column;
}

/** All counts, cells x genes, row-major. */
function dense(simulated: SimulatedCells, cellsPerBlock?: number): Int32Array {
  const genes = simulated.names.length;
  const counts = new Int32Array(simulated.rowNames.length * genes);
  let cell = 0;
  for (const block of simulated.blocks(cellsPerBlock === undefined ? {} : { cellsPerBlock })) {
    for (let row = 0; row + 1 < block.pointers.length; row++, cell++) {
      for (let k = block.pointers[row]; k < block.pointers[row + 1]; k++) {
        if (k > block.pointers[row] && block.indices[k] <= block.indices[k - 1]) throw new Error('genes out of order');
        if (block.values[k] < 1) throw new Error('a stored zero');
        counts[cell * genes + block.indices[k]] = block.values[k];
      }
    }
  }
  expect(cell).toBe(simulated.rowNames.length);
  return counts;
}

function hash(counts: Int32Array): string {
  return createHash('sha256').update(counts).digest('hex');
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const meanX = x.reduce((sum, value) => sum + value, 0) / x.length;
  const meanY = y.reduce((sum, value) => sum + value, 0) / y.length;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  x.forEach((value, i) => {
    xx += (value - meanX) ** 2;
    yy += (y[i] - meanY) ** 2;
    xy += (value - meanX) * (y[i] - meanY);
  });
  return xy / Math.sqrt(xx * yy);
}

describe('reproducibility', () => {
  const options: CellOptions = { genes: 120, cells: 900, donors: 5, batches: 2, seed: 42 };
  const reference = hash(dense(simulateCells(options)));

  it('gives the same counts again, however they are cut into blocks', () => {
    const simulated = simulateCells(options);
    expect(hash(dense(simulated))).toBe(reference);
    expect(hash(dense(simulated, 1))).toBe(reference);
    expect(hash(dense(simulated, 10_000))).toBe(reference);
  });

  it('gives others for another seed', () => {
    expect(hash(dense(simulateCells({ ...options, seed: 43 })))).not.toBe(reference);
  });
});

describe('annotation', () => {
  it('has the columns asked for, both conditions in each donor, donor-level sex and age', () => {
    const simulated = simulateCells({ genes: 3, cells: 400, donors: 6, seed: 2 });
    const { obs } = simulated;
    expect([...obs.columns.keys()]).toEqual(['donor', 'stim', 'sample', 'sex', 'age', 'cell_type', 'log_size']);
    expect(new Set(obs.rowNames).size).toBe(400);
    const donor = factor(obs, 'donor');
    const stim = factor(obs, 'stim');
    const age = numbers(obs, 'age');
    expect(stim.levels).toEqual(['ctrl', 'stim']);
    for (let d = 0; d < 6; d++) {
      const rows = [...donor.codes.keys()].filter((row) => donor.codes[row] === d);
      expect(rows.length).toBeGreaterThan(0);
      expect(new Set(rows.map((row) => stim.codes[row])).size).toBe(2);
      expect(new Set(rows.map((row) => age[row])).size).toBe(1);
    }
  });

  it('has one condition a donor when the condition is between donors, half of the donors each', () => {
    const { obs } = simulateCells({ genes: 3, cells: 300, donors: 8, condition: 'between', batches: 3 });
    expect([...obs.columns.keys()]).toContain('batch');
    expect(obs.columns.has('stim')).toBe(false);
    const donor = factor(obs, 'donor');
    const group = factor(obs, 'group');
    const groups = Array.from({ length: 8 }, (_, d) => new Set(group.codes.filter((_, row) => donor.codes[row] === d)));
    expect(groups.every((codes) => codes.size === 1)).toBe(true);
    expect(groups.filter((codes) => codes.has(1)).length).toBe(4);
  });

  it('levels are in the order that text files give them', () => {
    for (const condition of ['within', 'between'] as const) {
      const { obs } = simulateCells({ genes: 2, cells: 60, donors: 12, condition, batches: 11 });
      for (const column of obs.columns.values()) {
        if (column.kind === 'factor') expect(column.levels).toEqual([...column.levels].sort());
      }
    }
  });

  it('works at the smallest sizes', () => {
    expect(dense(simulateCells({ genes: 1, cells: 2, donors: 1, cellTypes: 1, density: 0.9 })).length).toBe(2);
    expect(dense(simulateCells({ genes: 1, cells: 3, donors: 3, condition: 'between' })).length).toBe(3);
  });
});

describe('counts', () => {
  it.each([0.02, 0.08, 0.5])('reach a density of %d', (density) => {
    const simulated = simulateCells({ genes: 2000, cells: 1500, donors: 20, density, seed: 4 });
    let entries = 0;
    for (const block of simulated.blocks()) entries += block.indices.length;
    expect(Math.abs(entries / 3e6 / density - 1)).toBeLessThan(DENSITY_RELATIVE);
  });

  it('carry the truth: means, effects, donor spreads and library sizes come back from simple estimates', () => {
    const donors = 30;
    const simulated = simulateCells({
      genes: 150,
      cells: 9000,
      donors,
      density: 0.6,
      donorSd: 0.4,
      seed: 9,
      cellTypes: 1,
    });
    const { obs, truth, names } = simulated;
    const genes = names.length;
    const counts = dense(simulated);
    const donor = factor(obs, 'donor').codes;
    const stim = factor(obs, 'stim').codes;
    const logSize = numbers(obs, 'log_size');
    const relative = logSize.map((value) => Math.exp(value) / numbers(truth, 'mean').reduce((a, b) => a + b, 0));

    // Rate of each gene in each donor and condition: counts over library sizes.
    const estimate = { mean: [] as number[], effect: [] as number[], donorSd: [] as number[] };
    const cellTotals = new Array<number>(obs.rows).fill(0);
    for (let gene = 0; gene < genes; gene++) {
      const sums = new Float64Array(2 * donors);
      const sizes = new Float64Array(2 * donors);
      for (let cell = 0; cell < obs.rows; cell++) {
        const key = 2 * donor[cell] + stim[cell];
        sums[key] += counts[cell * genes + gene];
        sizes[key] += relative[cell];
        cellTotals[cell] += counts[cell * genes + gene];
      }
      const logs = Array.from(sums, (sum, key) => Math.log((sum + 0.5) / sizes[key]));
      const control = logs.filter((_, key) => key % 2 === 0);
      const difference = control.map((value, d) => logs[2 * d + 1] - value);
      const mean = control.reduce((a, b) => a + b, 0) / donors;
      estimate.mean.push(mean);
      estimate.effect.push(difference.reduce((a, b) => a + b, 0) / donors);
      estimate.donorSd.push(Math.sqrt(control.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (donors - 1)));
    }
    // Loose on purpose: these are moment estimates from 30 donors, the point is that no truth column is mixed up.
    const expressed = [...numbers(truth, 'mean').keys()].filter((gene) => numbers(truth, 'mean')[gene] > 0.2);
    const pick = (values: ArrayLike<number>): number[] => expressed.map((gene) => values[gene]);
    expect(correlation(pick(estimate.mean), pick(numbers(truth, 'mean').map(Math.log)))).toBeGreaterThan(0.99);
    expect(correlation(pick(estimate.effect), pick(numbers(truth, 'effect')))).toBeGreaterThan(0.97);
    expect(correlation(pick(estimate.donorSd), pick(numbers(truth, 'donor_sd')))).toBeGreaterThan(0.85);
    expect(correlation(cellTotals.map(Math.log), [...logSize])).toBeGreaterThan(0.6);
    const offset = pick(estimate.mean).map((value, i) => value - Math.log(pick(numbers(truth, 'mean'))[i]));
    expect(Math.abs(offset.reduce((a, b) => a + b, 0) / offset.length)).toBeLessThan(0.05);
  });

  it('marks exactly the asked share of genes as having an effect', () => {
    const { truth } = simulateCells({ genes: 250, cells: 20, donors: 2, effectFraction: 0.3 });
    const effect = numbers(truth, 'effect');
    expect(effect.filter((value) => value !== 0).length).toBe(75);
    expect([...numbers(truth, 'is_null')]).toEqual(Array.from(effect, (value) => (value === 0 ? 1 : 0)));
    expect(truth.rowNames?.[0]).toBe('gene001');
  });
});

describe('misuse', () => {
  it.each<[string, Partial<CellOptions>]>([
    ['genes', { genes: 0 }],
    ['cells', { cells: 5, donors: 3 }],
    ['cells', { cells: 2.5 }],
    ['donors', { donors: Number.NaN }],
    ['density', { density: 1 }],
    ['effectFraction', { effectFraction: 1.1 }],
    ['dispersion', { dispersion: 0 }],
    ['seed', { seed: 0.5 }],
    ['cellTypes', { cellTypes: 27 }],
  ])('names the option %s', (option, change) => {
    let caught: unknown;
    try {
      simulateCells({ genes: 10, cells: 100, donors: 4, ...change });
    } catch (error) {
      caught = error;
    }
    if (!isFitError(caught, 'OptionError')) throw new Error('expected an OptionError');
    expect(caught.fields.option).toBe(option);
    expect(caught.fields.remedy).toBeTruthy();
  });
});
