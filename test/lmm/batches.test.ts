import { describe, expect, it } from 'vitest';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import type { Normalisation } from '../../src/moments/normalise.ts';
import { TARGET_TOTAL } from '../../src/moments/normalise.ts';
import { readBulk } from '../../src/reading/tables.node.ts';
import type { Design } from '../../src/types/design.ts';
import type { FitTable } from '../../src/types/fit-table.ts';
import type { DdfMethod } from '../../src/types/inference.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import { describeUnless, realData } from '../requirements.ts';
import {
  CELL_BATCHES,
  type CellModel,
  type Cells,
  cellMoments,
  KANG,
  ONEK1K,
  openCounts,
  openFolder,
} from './batch-cells.ts';
import { BULK_BATCHES, checkBatch, describeCheck, readBatch } from './batch-check.ts';

const { path: REAL, lacking } = realData('');
/** Large single-cell models converge in a handful of evaluations; this many would mean that the search has got lost. */
const MOST_EVALUATIONS = 60;

/** R has `count` responses, `tested` of them tested by the method of ours. */
function expectAgreement(name: string, count: number, tested: number, table: FitTable): void {
  const check = checkBatch(name, table);
  console.log(`${table.ddf}, ${describeCheck(name, check)}`);
  expect(check.failures.slice(0, 10)).toEqual([]);
  expect([check.passed, check.tested]).toEqual([count, tested]);
  expect(check.evaluations[2]).toBeLessThan(MOST_EVALUATIONS);
}

async function checkBulk(name: string, count: number, adjusted: number, formula: string): Promise<void> {
  const { table, responses } = await readBatch(name);
  const design = buildDesign(formula, table);
  const fitted = (ddf: DdfMethod) => fitDesign(design, responses, { ddf, threads: 1 });
  expectAgreement(name, count, count, (await fitted('satterthwaite')).table);
  expectAgreement(name, count, adjusted, (await fitted('kenward-roger')).table);
}

/** Counts as genes x cells. */
async function countsOf({ source }: Cells): Promise<Float64Array> {
  const { rows, names } = source;
  const counts = new Float64Array(rows * names.length);
  for await (const { major, majors, pointers, indices, values } of source.blocks()) {
    for (let k = 0; k < majors.length; k++) {
      for (let e = pointers[k]; e < pointers[k + 1]; e++) {
        const [row, gene] = major === 'row' ? [majors[k], indices[e]] : [indices[e], majors[k]];
        counts[gene * rows + row] = values[e];
      }
    }
  }
  return counts;
}

function totalsOf(counts: Float64Array, rows: number): Float64Array {
  const totals = new Float64Array(rows);
  for (let k = 0; k < counts.length; k++) totals[k % rows] += counts[k];
  return totals;
}

/** Cells x genes as the formulas say, in memory: log(1 + target x count / total of the cell). */
async function normalisedInMemory(cells: Cells, normalisation: Normalisation): Promise<DenseResponses> {
  const { rows, names } = cells.source;
  const counts = await countsOf(cells);
  const totals = cells.totals ?? totalsOf(counts, rows);
  const values = counts.map((count, k) => Math.log1p((TARGET_TOTAL[normalisation] * count) / totals[k % rows]));
  return { kind: 'dense', rows, names, values };
}

async function checkStreamed(cells: Cells, model: CellModel): Promise<{ design: Design; streamed: FitTable }> {
  const { design, moments } = await cellMoments(cells, model);
  const { name, genes, adjusted } = model;
  const fitted = (ddf: DdfMethod) => fitMoments(moments, { ddf, threads: 1 });
  const { table: streamed } = await fitted('satterthwaite');
  expectAgreement(name, genes, genes, streamed);
  expectAgreement(name, genes, adjusted, (await fitted('kenward-roger')).table);
  return { design, streamed };
}

/** Fits a matrix both streamed and in memory; both must agree with R, and with each other where a gene is expressed. */
async function checkMatrix(cells: Cells, model: CellModel): Promise<void> {
  const { design, streamed: a } = await checkStreamed(cells, model);
  const inMemory = await normalisedInMemory(cells, model.normalisation);
  const { table: b } = await fitDesign(design, inMemory, { ddf: 'satterthwaite', threads: 1 });
  let worst = 0;
  for (let m = 0; m < a.models; m++) {
    if (a.status[m] !== 0 && b.status[m] !== 0) continue;
    expect(a.status[m], a.responses[m]).toBe(b.status[m]);
    worst = Math.max(worst, Math.abs(a.criterion[m] - b.criterion[m]) / (1 + Math.abs(b.criterion[m])));
  }
  expect(worst).toBeLessThan(1e-10); // one pass of sums against residuals in memory
}

/** The genes and totals that are stored here are those of the full data. */
async function expectPart(part: Cells, whole: Cells): Promise<void> {
  const counts = await countsOf(whole);
  const place = new Map((await whole.source.rowNames()).map((cell, row) => [cell, row]));
  const rows = (part.table.rowNames ?? []).map((cell) => place.get(cell) ?? -1);
  const totals = totalsOf(counts, whole.source.rows);
  expect(Array.from(part.totals ?? [])).toEqual(rows.map((row) => totals[row]));
  const starts = part.source.names.map((gene) => whole.source.names.indexOf(gene) * whole.source.rows);
  const own = await countsOf(part);
  const other = own.findIndex(
    (count, k) => count !== counts[starts[Math.floor(k / rows.length)] + rows[k % rows.length]],
  );
  expect(other).toBe(-1);
}

describe('batches of R', () => {
  it.each(BULK_BATCHES)('$name: $what', ({ name, count, adjusted, formula }) =>
    checkBulk(name, count, adjusted, formula),
  );

  it.each(CELL_BATCHES)('%s', async (_, open, models) => {
    const cells = await open();
    for (const model of models) await checkMatrix(cells, model);
    await cells.source.close();
  });
});

// Counts of all genes, whose totals the program forms itself; a clone has the genes that R fitted, and the totals.
describeUnless(lacking, 'batches of R from the full data', () => {
  it.each([
    ['kang_subset', 'kang_monocytes', KANG],
    ['onek1k_subset', 'onek1k', ONEK1K],
  ] as const)('%s', async (folder, stored, models) => {
    const cells = await openFolder(`${REAL}/${folder}`);
    for (const model of models) await checkStreamed(cells, model);
    await expectPart(await openCounts(stored), cells);
    await cells.source.close();
  });

  it('shock_bulk', async () => {
    const { responses } = await readBatch('shock_bulk');
    const full = await readBulk(`${REAL}/shock_bulk/logcpm.tsv.gz`);
    expect([responses.names, responses.values]).toEqual([full.names, full.values]);
  });
});
