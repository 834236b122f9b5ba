import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ContrastCoding } from '../../src/formula/contrasts.ts';
import { buildDesign } from '../../src/formula/design.ts';
import type { Column } from '../../src/types/table.ts';
import { columnsOf, factor, numeric, table } from './reference-table.ts';

/** Entries of the matrices are of order 1 to 1e4; the two programs may round differently in the last digits. */
const RELATIVE = 1e-12;

interface RandomOfR {
  readonly group: string;
  readonly names: readonly string[];
  readonly levels: readonly string[];
  readonly codes: readonly number[];
  readonly z: readonly (readonly number[])[];
}

interface DesignOfR {
  readonly formula: string;
  readonly contrasts: Readonly<Record<string, ContrastCoding>> | null;
  readonly rows: readonly number[];
  readonly names: readonly string[];
  readonly labels: readonly string[];
  readonly assign: readonly number[];
  readonly dropped: readonly string[];
  readonly x: readonly (readonly number[])[];
  readonly random: readonly RandomOfR[] | null;
}

type ColumnOfR =
  | { readonly levels: readonly string[]; readonly ordered: boolean; readonly values: readonly string[] }
  | { readonly values: readonly (number | string | boolean)[]; readonly logical: boolean };

interface FixtureOfR {
  readonly sampled: readonly number[];
  readonly data: Readonly<Record<string, ColumnOfR>>;
  readonly designs: readonly DesignOfR[];
}

// made by r-designs.R
const fixture: FixtureOfR = JSON.parse(readFileSync(resolve(import.meta.dirname, 'r-designs.json'), 'utf8'));

function column(source: ColumnOfR): Column {
  if ('levels' in source) return factor(source.values, source.levels, source.ordered);
  if (source.logical) return { kind: 'logical', values: Float64Array.from(source.values, Number) };
  return numeric(source.values.map((value) => (value === 'NA' ? value : Number(value))));
}

const data = table(Object.fromEntries(Object.entries(fixture.data).map(([name, source]) => [name, column(source)])));

describe('model matrices as R makes them', () => {
  it.each(fixture.designs.map((design) => [`${design.formula} ${JSON.stringify(design.contrasts)}`, design] as const))(
    '%s',
    (_, expected) => {
      const design = buildDesign(expected.formula, data, { coding: expected.contrasts ?? {} });
      expect([...design.rows]).toEqual(expected.rows);
      expect(design.fixed.names).toEqual(expected.names);
      expect(design.fixed.termLabels).toEqual(['(Intercept)', ...expected.labels]);
      expect(design.fixed.assign).toEqual(expected.assign);
      expect(design.fixed.dropped).toEqual(expected.dropped);
      compareRows(design.fixed.x, design.n, expected.x);
      const random = expected.random ?? [];
      expect(design.random.map(({ group }) => group)).toEqual(random.map(({ group }) => group));
      for (const [k, term] of design.random.entries()) {
        expect(term.names).toEqual(random[k].names);
        expect(term.levels).toEqual(random[k].levels);
        expect([...term.codes]).toEqual(random[k].codes);
        compareRows(term.z, design.n, random[k].z);
      }
    },
  );
});

function compareRows(values: Float64Array, n: number, expected: readonly (readonly number[])[]): void {
  const columns = columnsOf(values, n);
  const sampled = fixture.sampled.filter((row) => row < n);
  for (const [i, row] of sampled.entries()) {
    for (const [j, x] of columns.entries()) {
      expect(Math.abs(x[row] - expected[i][j])).toBeLessThanOrEqual(RELATIVE * Math.max(1, Math.abs(x[row])));
    }
  }
}
