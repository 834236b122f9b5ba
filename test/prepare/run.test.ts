import { describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/comparisons.ts';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { Input } from '../../src/prepare/input.ts';
import { prepareMoments } from '../../src/prepare/prepare-moments.ts';
import { prepare } from '../../src/prepare/run.ts';
import { voom } from '../../src/prepare/voom.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { dense, frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';

const ROWS = 96;
const random = new TestRandom(5);
const donor = Array.from({ length: ROWS }, (_, i) => label('d', i % 12));
const site = Array.from({ length: ROWS }, (_, i) => (i % 3 === 0 ? 'north' : 'south'));
const arm = Array.from({ length: ROWS }, (_, i) => (i % 12 < 6 ? 'a' : 'b'));
const x = random.normals(ROWS);
const counts = Object.fromEntries(
  Array.from({ length: 30 }, (_, g) => [
    `gene${g}`,
    Float64Array.from({ length: ROWS }, () => Math.floor(Math.exp(1 + (g % 7) + 0.4 * random.normal()))),
  ]),
);
const obs = frame({ donor, site, arm, x });
const y = Float64Array.from(x, (v, i) => v + (i % 12) / 5 + random.normal());
const table = frame({ y, donor, site, arm, x });
const formula = '~ arm + (1 | donor)';
const ONE = { threads: 1, ddf: 'satterthwaite' } as const;

describe('fit takes what the command takes', () => {
  it.each([
    ['na', 'zz'],
    ['transform', 'zz'],
    ['minCells', -1],
    ['minCells', 'three'],
    ['factor', 'arm'],
    ['zeroIsMissing', 'yes'],
    ['normFactors', 'tmm'],
    ['minCounts', 5],
    ['totals', 'x'],
  ])('and refuses what it refuses: %s: %s', async (option, value) => {
    const options = { formula: 'y ~ x + (1 | donor)', [option]: value };
    await expect(fitTable(table, options)).rejects.toMatchObject({ tag: 'OptionError', fields: { option } });
  });

  it('where', async () => {
    const result = await fitTable(table, { formula: 'y ~ x + (1 | donor)', where: "site == 'south' & x > -1", ...ONE });
    const rows = Int32Array.from(site.keys()).filter((i) => site[i] === 'south' && x[i] > -1);
    const design = buildDesign(parseFormula('y ~ x + (1 | donor)'), table, { rows });
    const wanted = await fitMoments(denseMoments(design, dense({ y })), ONE);
    expect(result.table.criterion).toEqual(wanted.table.criterion);
    expect(result.table.nobs[0]).toBe(rows.length);
    await expect(fitTable(table, { formula: 'y ~ x + (1 | donor)', where: 'x > 99' })).rejects.toThrow('no row passes');
  });

  it('splitBy', async () => {
    const result = await fitTable(table, { formula: 'y ~ x + (1 | donor)', splitBy: 'site', ...ONE });
    expect(result.table.splits).toEqual(['north', 'south']);
    const south = await fitTable(table, { formula: 'y ~ x + (1 | donor)', where: "site == 'south'", ...ONE });
    expect(result.table.criterion[1]).toBe(south.table.criterion[0]);
    // Fitted values of a split run over its own rows.
    const fitted = result.fittedValues(1)?.fitted ?? new Float64Array(0);
    expect(Array.from(fitted, Number.isNaN)).toEqual(site.map((level) => level === 'north'));
  });

  it('minCells and minCounts', async () => {
    const rare = { ...counts, rare: Float64Array.from({ length: ROWS }, (_, i) => (i < 5 ? 1 : 0)) };
    const few = await fitTable(dense(rare), { formula, obs, minCells: 6, ...ONE });
    expect(few.table.responses).toEqual(Object.keys(counts));
    const all = await fitTable(dense(rare), { formula, obs, ...ONE });
    expect(all.table.responses).toHaveLength(31);
    const totals = Array.from({ length: ROWS }, (_, i) =>
      Object.values(rare).reduce((sum, values) => sum + values[i], 0),
    );
    const least = [...totals].sort((a, b) => a - b)[10];
    const kept = await fitTable(dense(rare), { formula, obs, minCounts: least, ...ONE });
    expect(kept.table.nobs[0]).toBe(totals.filter((total) => total >= least).length);
  });

  it("weights: 'voom' with normFactors, as the function voom forms them", async () => {
    const result = await fitTable(dense(counts), { formula, obs, weights: 'voom', normFactors: 'tmm', ...ONE });
    const design = buildDesign(parseFormula(formula), obs);
    const { responses } = await voom(dense(counts), design, { normFactors: 'tmm', threads: 1 });
    const wanted = await fitMoments(denseMoments(design, responses), ONE);
    expect(result.table.coefficients.estimate).toEqual(wanted.table.coefficients.estimate);
    expect(result.table.coefficients.standardError).toEqual(wanted.table.coefficients.standardError);
    const plain = await fitTable(dense(counts), { formula, obs, ...ONE });
    expect(result.table.sigma[0]).not.toBe(plain.table.sigma[0]);
  });

  it('columns as factors', async () => {
    const batch = Float64Array.from({ length: ROWS }, (_, i) => i % 4);
    const numbered = {
      ...table,
      columns: new Map([...table.columns, ['batch', { kind: 'numeric' as const, values: batch }]]),
    };
    const result = await fitTable(numbered, { formula: 'y ~ batch + (1 | donor)', factor: ['batch'], ...ONE });
    expect(result.table.coefficients.names).toEqual(['(Intercept)', 'batch1', 'batch2', 'batch3']);
  });
});

describe('prepare', () => {
  it('takes data that were read as it takes those at hand', async () => {
    const options = { formula, where: "site == 'south'", splitBy: 'arm' };
    const own = { ...options, formula: '~ x + (1 | donor)' };
    const input: Input = {
      formula: parseFormula(own.formula),
      table: obs,
      responses: dense(counts),
      matrixRows: null,
      select: null,
      notes: ['read'],
      close: async () => {},
    };
    const read = await prepare(input, own);
    const given = await prepare(dense(counts), { ...own, obs });
    expect(read.parts).toEqual(given.parts);
    expect(read.notes).toContain('read');
    const { moments } = await prepareMoments(input, own);
    expect(moments.splits).toHaveLength(60);
  });

  it('gives comparisons the weights of voom', async () => {
    const models = { formulas: ['~ 1 + (1 | donor)', formula], obs, threads: 1 };
    const weighted = await compare(dense(counts), { ...models, weights: 'voom' });
    const plain = await compare(dense(counts), models);
    const first = (found: typeof plain) => [...outputRows(found.models)][0]['logLik'];
    expect(first(weighted)).not.toBe(first(plain));
    expect([...outputRows(weighted.tests)].every((row) => Number(row['p.value']) >= 0)).toBe(true);
  });

  it('refuses voom for a matrix that is read in blocks, and responses without a frame', async () => {
    await expect(fitTable(dense(counts), { formula, ...ONE })).rejects.toThrow('responses without a model frame');
    await expect(fitTable(table, { formula: '~ x', ...ONE })).rejects.toThrow('names no response');
  });
});
