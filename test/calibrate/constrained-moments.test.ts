import { describe, expect, it } from 'vitest';
import { constrainedMoments, nullBasis } from '../../src/calibrate/constrained-moments.ts';
import { nullHypotheses } from '../../src/calibrate/null-hypotheses.ts';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { familyMoments } from '../../src/moments/family-moments.ts';
import type { Moments } from '../../src/moments/moments.ts';
import type { Table } from '../../src/types/table.ts';
import { TOLERANCE } from '../tolerance.ts';
import { countTable, donorTable } from './null-designs.ts';

const CPU = { backend: 'cpu', threads: 1, ddf: 'asymptotic' } as const;

describe('coefficients under a hypothesis', () => {
  it.each([
    ['one coefficient', [[0, 1, 0, 0]], [0, 2, 3]],
    ['a difference', [[0, 1, -1, 0]], [0, 2, 3]],
    ['unequal weights', [[0, 1, 0, -4]], [0, 1, 2]],
    [
      'several',
      [
        [0, 1, 0, 0],
        [0, 1, 2, 1],
      ],
      [0, 3],
    ],
    [
      'dependent rows',
      [
        [0, 1, 1, 0],
        [0, 2, 2, 0],
      ],
      [0, 2, 3],
    ],
    ['none', [], [0, 1, 2, 3]],
  ] as const)('are those that are left: %s', (_, rows, left) => {
    const { free, basis } = nullBasis(
      rows.map((row) => Float64Array.from(row)),
      4,
    );
    expect(free).toEqual(left);
    for (const row of rows) {
      for (let f = 0; f < free.length; f++) {
        const product = row.reduce((sum: number, weight, k) => sum + weight * basis[k * free.length + f], 0);
        expect(Math.abs(product)).toBeLessThan(TOLERANCE.familyRounding);
      }
    }
    free.forEach((k, f) => {
      free.forEach((_k, other) => {
        expect(basis[k * free.length + other]).toBe(f === other ? 1 : 0);
      });
    });
  });
});

function momentsOf(table: Table, formula: string): Moments {
  const count = table.columns.get('count1');
  if (count?.kind !== 'numeric') throw new Error('no counts');
  const responses = { kind: 'dense' as const, rows: table.rows, names: ['count1'], values: count.values };
  const family = { family: 'nbinom2', link: 'log' } as const;
  return familyMoments(buildDesign(parseFormula(formula), table), responses, family);
}

describe('models under a hypothesis', () => {
  const table = countTable(donorTable({ donors: 14, cells: [8, 11], ratio: 1 }), {
    sd: 0.4,
    mean: 3,
    size: 2,
    seed: 4,
  });
  const whole = momentsOf(table, '~ group + stim + size + (1 | donor)');

  it.each([
    ['stimstim', '~ group + size + (1 | donor)'],
    ['group', '~ stim + size + (1 | donor)'],
  ])('are the models without %s', async (term, formula) => {
    const [hypothesis] = nullHypotheses(whole, { terms: [term] });
    const { moments } = constrainedMoments(whole, hypothesis);
    const [own, direct] = [await fitMoments(moments, CPU), await fitMoments(momentsOf(table, formula), CPU)];
    expect(Math.abs(own.table.criterion[0] - direct.table.criterion[0])).toBeLessThan(TOLERANCE.sameFit);
    expect(own.table.rank[0]).toBe(3);
    own.table.coefficients.names.forEach((name, k) => {
      const at = direct.table.coefficients.names.indexOf(name);
      const error = direct.table.coefficients.standardError[at];
      expect(Math.abs(own.table.coefficients.estimate[k] - direct.table.coefficients.estimate[at])).toBeLessThan(
        TOLERANCE.generalised.coefficient * error,
      );
    });
  });

  it('have equal coefficients where their difference is nothing', async () => {
    const [hypothesis] = nullHypotheses(whole, { contrasts: { same: 'groupdisease - stimstim' } });
    const { moments, bases } = constrainedMoments(whole, hypothesis);
    const { table: found } = await fitMoments(moments, CPU);
    const numbers = (name: string): Int32Array => {
      const column = table.columns.get(name);
      if (column?.kind !== 'factor') throw new Error(name);
      return column.codes;
    };
    const both = numbers('group').map((code, i) => code + numbers('stim')[i]);
    const summed = {
      ...table,
      columns: new Map(table.columns).set('both', { kind: 'numeric', values: Float64Array.from(both) }),
    };
    const { table: direct } = await fitMoments(momentsOf(summed, '~ both + size + (1 | donor)'), CPU);
    expect(Math.abs(found.criterion[0] - direct.criterion[0])).toBeLessThan(TOLERANCE.sameFit);
    expect(bases[0].free).toHaveLength(3);
  });
});
