import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ContrastCoding } from '../../src/formula/contrasts.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { evaluateResponse } from '../../src/formula/expression.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { columnsOf, hasReference, referenceTable } from './reference-table.ts';

const FITS = resolve(import.meta.dirname, '../reference/fits');
/** The reference prints 15 significant digits of values of order 1; polynomial contrasts differ in the last ones. */
const ENTRY_DIGITS = 12;

interface ReferenceFit {
  readonly id: string;
  readonly model: string;
  readonly data: string;
  readonly formula: string;
  readonly weights: string | null;
  readonly offset: string | null;
  readonly contrasts: Readonly<Record<string, string>> | null;
  readonly n: number;
  readonly p: number;
  readonly groups: Readonly<Record<string, number>>;
  readonly coef: { readonly names: readonly string[] };
  readonly theta_names: readonly string[];
  readonly varcorr: readonly { readonly group: string; readonly terms: readonly string[] }[];
  readonly ranef: readonly { readonly group: string; readonly levels: readonly string[] }[];
  readonly fitted: readonly number[];
  readonly design_first_rows: readonly (readonly number[])[];
  readonly dropped_columns?: readonly string[] | string | null;
}

const fits = readdirSync(FITS)
  .filter((file) => file.endsWith('.json'))
  .map((file): ReferenceFit => JSON.parse(readFileSync(resolve(FITS, file), 'utf8')))
  .filter((fit) => fit.model === 'lmm' && hasReference(fit.data));

describe('designs of the reference fits', () => {
  it('finds them', () => expect(fits.length).toBeGreaterThan(50));

  it.each(fits.map((fit) => [fit.id, fit] as const))('%s', (_, fit) => {
    const table = referenceTable(fit.data);
    const formula = parseFormula(fit.formula);
    const contrasts = Object.fromEntries(
      Object.entries(fit.contrasts ?? {})
        .filter(([column]) => table.columns.has(column))
        .map(([column, text]) => [column, text.split(' ')[0]]),
    ) as Record<string, ContrastCoding>; // the reference names codings as the options do
    const design = buildDesign(formula, table, {
      coding: contrasts,
      weights: fit.weights ?? undefined,
      offset: fit.offset ?? undefined,
      complete: formula.responses.map(({ expression }) => evaluateResponse(expression, table)),
    });
    expect(design.n).toBe(fit.n);
    expect(design.fixed.names).toEqual(fit.coef.names);
    expect(design.fixed.dropped).toEqual([fit.dropped_columns ?? []].flat());
    expect(design.random.map(({ group, names }) => ({ group, terms: names }))).toEqual(
      fit.varcorr.map(({ group, terms }) => ({ group, terms })),
    );
    expect(Object.fromEntries(design.random.map(({ group, levels }) => [group, levels.length]))).toEqual(fit.groups);
    for (const { group, levels } of fit.ranef) {
      expect(design.random.find((term) => term.group === group)?.levels).toEqual(levels);
    }
    const columns = columnsOf(design.fixed.x, design.n);
    for (const [i, row] of fit.design_first_rows.entries()) {
      for (const [j, value] of row.entries()) expect(columns[j][i]).toBeCloseTo(value, ENTRY_DIGITS);
    }
  });
});
