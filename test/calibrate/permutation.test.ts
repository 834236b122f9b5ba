import { describe, expect, it } from 'vitest';
import { calibrate } from '../../src/calibrate/calibration.ts';
import { permutationUnits, permuteColumn } from '../../src/calibrate/permutation.ts';
import { rejectionRate } from '../../src/calibrate/rejection-rates.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import type { FactorColumn, Table } from '../../src/types/table.ts';
import { donorTable } from './null-designs.ts';

const CPU = { backend: 'cpu', threads: 1 } as const;

function codes(table: Table, name: string): Int32Array {
  const column = table.columns.get(name);
  if (column?.kind !== 'factor') throw new Error(name);
  return column.codes;
}

describe('permutations', () => {
  const table = donorTable({ donors: 8, cells: [4, 7], ratio: 1 });
  const design = buildDesign(parseFormula('y1 ~ group + stim + (1 | donor)'), table);

  it('move a condition between donors from donor to donor', () => {
    const units = permutationUnits(table, design, 'group');
    expect(units.group).toBe('donor');
    expect(Math.round(Math.exp(units.logArrangements))).toBe(70); // 8 choose 4
    const donors = codes(table, 'donor');
    const seen = new Set<string>();
    for (let number = 0; number < 300; number++) {
      const moved = codes(permuteColumn(table, [units], 3, number), 'group');
      const byDonor = Array.from({ length: 8 }, (_, d) => new Set(moved.filter((_v, i) => donors[i] === d)));
      expect(byDonor.every((values) => values.size === 1)).toBe(true);
      const arrangement = byDonor.map((values) => [...values][0]);
      expect(arrangement.reduce((sum, value) => sum + value, 0)).toBe(4);
      seen.add(arrangement.join(''));
    }
    // 300 draws of 70 leave out 70 exp(-300 / 70), about one.
    expect(seen.size).toBeGreaterThan(60);
  });

  it('move a condition within donors from sample to sample of a donor', () => {
    const units = permutationUnits(table, design, 'stim');
    expect([units.group, units.within]).toEqual(['donor x stim', ['donor']]);
    const moved = codes(permuteColumn(table, [units], 3, 1), 'stim');
    const donors = codes(table, 'donor');
    const before = codes(table, 'stim');
    for (let d = 0; d < 8; d++) {
      // The rows of a sample move together, and each donor keeps a sample of either condition.
      const samples = [0, 1].map((level) => new Set(moved.filter((_v, i) => donors[i] === d && before[i] === level)));
      expect(samples.map(({ size }) => size)).toEqual([1, 1]);
      expect(new Set(samples.flatMap((values) => [...values])).size).toBe(2);
    }
    expect(moved).not.toEqual(codes(table, 'stim'));
  });

  it('keep donors inside the groups that hold them', () => {
    const sites: FactorColumn = {
      kind: 'factor',
      levels: ['north', 'south'],
      codes: codes(table, 'donor').map((d) => (d < 4 ? 0 : 1)),
      ordered: false,
    };
    const nested = { ...table, columns: new Map(table.columns).set('centre', sites) };
    const own = buildDesign(parseFormula('y1 ~ group + (1 | donor) + (1 | centre)'), nested);
    const units = permutationUnits(nested, own, 'group');
    expect([units.group, units.within]).toEqual(['donor', ['centre']]);
    expect(Math.round(Math.exp(units.logArrangements))).toBe(36); // (4 choose 2) squared
  });

  it('refuse a column that cannot move', () => {
    const fixed = donorTable({ donors: 8, cells: [1], ratio: 1 });
    const columns = new Map(fixed.columns).set('stim', {
      kind: 'factor',
      levels: ['a'],
      codes: new Int32Array(8),
      ordered: false,
    });
    const still = { ...fixed, columns };
    expect(() =>
      permutationUnits(still, { ...design, rows: Int32Array.from({ length: 8 }, (_, i) => i), random: [] }, 'stim'),
    ).toThrow(/can change places/);
  });
});

describe('calibration by permutation', () => {
  const responses = Array.from({ length: 60 }, (_, k) => `y${k + 1}`).join(', ');

  it('finds the level of Satterthwaite and the failure of the naive test', async () => {
    const table = donorTable({ donors: 12, cells: [20, 30], ratio: 1, responses: 60, seed: 9 });
    const found = await calibrate(table, {
      ...CPU,
      formula: `cbind(${responses}) ~ group + (1 | donor)`,
      scheme: 'permute',
      simulations: 1800,
      seed: 2,
      tests: ['satterthwaite', 'naive'],
    });
    expect(found.notes).toContain("'group' is shuffled between the levels of donor");
    expect(new Set(found.clusters).size).toBe(30);
    const [satterthwaite, naive] = found.pValues.map(({ pValues }) => rejectionRate(pValues, 0.05, found.clusters));
    expect(satterthwaite.simulations).toBe(1800);
    // Four standard errors, widened for the responses of a permutation.
    expect(Math.abs(satterthwaite.rate - 0.05)).toBeLessThan(4 * Math.max(satterthwaite.standardError, 0.005));
    expect(naive.low).toBeGreaterThan(0.3);
  });

  it('says which column it needs where terms read several, and how few arrangements there are', async () => {
    const table = donorTable({ donors: 4, cells: [10], ratio: 1 });
    const options = { ...CPU, formula: 'y1 ~ group * stim + (1 | donor)', scheme: 'permute', simulations: 25 } as const;
    await expect(calibrate(table, options)).rejects.toThrow(/depend on group, stim/);
    const found = await calibrate(table, { ...options, permute: 'group', tests: ['z'] });
    expect(found.pValues.map(({ term }) => term)).toEqual(['groupdisease', 'groupdisease:stimstim']);
    expect(found.notes.join()).toMatch(/only 6 arrangements/);
    const again = await calibrate(table, { ...options, permute: 'group', tests: ['z'] });
    expect(again.pValues).toEqual(found.pValues);
  });
});
