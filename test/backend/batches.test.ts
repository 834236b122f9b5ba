import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openMatrix } from '../../src/data/matrix/open.node.ts';
import { readBulk, readTable } from '../../src/data/table/file.node.ts';
import { matchBulk } from '../../src/data/table/match-bulk.ts';
import { fitDesign } from '../../src/fit.ts';
import { fitMoments } from '../../src/fit-moments.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { accumulateMoments } from '../../src/moments/accumulate-moments.ts';
import type { Normalisation } from '../../src/moments/normalise.ts';
import { TARGET_TOTAL } from '../../src/moments/normalise.ts';
import type { DenseResponses, FitResult, FitTable, MatrixSource, Table } from '../../src/types.ts';
import { REFERENCE } from '../reference-fit.ts';
import { checkBatch, describeCheck } from './batch-check.ts';

const BATCHES = `${REFERENCE}batches/`;
const REAL = new URL('../../../shared/reference/data/real/', import.meta.url).pathname;
/** Large single-cell models converge in a handful of evaluations; this many would mean that the search has got lost. */
const MOST_EVALUATIONS = 60;

function expectAgreement(name: string, result: FitResult | FitTable): void {
  const check = checkBatch(name, 'table' in result ? result.table : result);
  console.log(describeCheck(name, check));
  expect(check.failures.slice(0, 10)).toEqual([]);
  expect(check.passed + check.lower.length).toBeGreaterThan(100);
  expect(check.evaluations[2]).toBeLessThan(MOST_EVALUATIONS);
}

async function fitBulk(
  y: string,
  obs: string,
  formula: string,
  weights?: string,
  identifier?: string,
): Promise<FitResult> {
  const table = await readTable(obs);
  const names = identifier === undefined ? table.columns.keys().next().value : identifier;
  const column = table.columns.get(names ?? '');
  if (column?.kind !== 'factor') throw new Error(`${obs} has no names`);
  const rowNames = Array.from(column.codes, (code) => column.levels[code]);
  const matched = matchBulk(await readBulk(y), rowNames, weights === undefined ? undefined : await readBulk(weights));
  expect(matched.rows).toHaveLength(table.rows);
  return fitDesign(buildDesign(formula, table), matched.responses, { threads: 1 });
}

/** Cells x genes as the formulas say, in memory: log(1 + target x count / total of the cell). */
async function normalisedInMemory(source: MatrixSource, normalisation: Normalisation): Promise<DenseResponses> {
  const { rows, names } = source;
  const values = new Float64Array(rows * names.length);
  for await (const { major, majors, pointers, indices, values: entries } of source.blocks()) {
    for (let k = 0; k < majors.length; k++) {
      for (let e = pointers[k]; e < pointers[k + 1]; e++) {
        const [row, gene] = major === 'row' ? [majors[k], indices[e]] : [indices[e], majors[k]];
        values[gene * rows + row] = entries[e];
      }
    }
  }
  const totals = new Float64Array(rows);
  for (let g = 0; g < names.length; g++) for (let i = 0; i < rows; i++) totals[i] += values[g * rows + i];
  for (let g = 0; g < names.length; g++) {
    for (let i = 0; i < rows; i++) {
      const at = g * rows + i;
      values[at] = Math.log1p((TARGET_TOTAL[normalisation] * values[at]) / totals[i]);
    }
  }
  return { kind: 'dense', rows, names, values };
}

/** Fits a matrix both streamed and in memory; both must agree with R, and with each other where a gene is expressed. */
async function checkMatrix(
  name: string,
  folder: string,
  formula: string,
  normalisation: Normalisation,
  keep?: (table: Table, row: number) => boolean,
): Promise<void> {
  const source = await openMatrix(folder);
  const table = await readTable(`${folder}/obs.tsv`);
  const rows = keep ? Int32Array.from({ length: table.rows }, (_, i) => i).filter((i) => keep(table, i)) : undefined;
  const design = buildDesign(formula, table, { rows });
  const streamed = await fitMoments(await accumulateMoments(design, source, { normalisation }), { threads: 1 });
  expectAgreement(name, streamed);
  const inMemory = await fitDesign(design, await normalisedInMemory(source, normalisation), { threads: 1 });
  await source.close();
  const a = streamed.table;
  const b = inMemory.table;
  let worst = 0;
  for (let m = 0; m < a.models; m++) {
    if (a.status[m] !== 0 && b.status[m] !== 0) continue;
    expect(a.status[m], a.responses[m]).toBe(b.status[m]);
    worst = Math.max(worst, Math.abs(a.criterion[m] - b.criterion[m]) / (1 + Math.abs(b.criterion[m])));
  }
  expect(worst).toBeLessThan(1e-10); // one pass of sums against residuals in memory
}

function text(table: Table, name: string, row: number): string {
  const column = table.columns.get(name);
  if (column?.kind !== 'factor') throw new Error(`no factor ${name}`);
  return column.levels[column.codes[row]];
}

describe('batches of R', () => {
  it('sim_weighted: weights of each response’s own', async () => {
    const files = `${BATCHES}sim_weighted`;
    expectAgreement(
      'sim_weighted',
      await fitBulk(`${files}.y.tsv`, `${files}.obs.tsv`, '~ visit + age + (1 | individual)', `${files}.w.tsv`),
    );
  });

  it('sim_slopes: correlated slopes', async () => {
    const files = `${BATCHES}sim_slopes`;
    expectAgreement('sim_slopes', await fitBulk(`${files}.y.tsv`, `${files}.obs.tsv`, '~ time + (time | subject)'));
  });

  it('sim_singlecell: counts of 3448 cells', async () => {
    await checkMatrix('sim_singlecell', `${BATCHES}sim_singlecell`, '~ stim + (1 | donor)', 'log1p-cpm');
  });

  it.runIf(existsSync(`${REAL}kang_subset`))('kang: monocytes by sample and by donor', async () => {
    const monocytes = (table: Table, row: number) => text(table, 'cell_type', row) === 'CD14+ Monocytes';
    await checkMatrix(
      'kang_monocytes_sample',
      `${REAL}kang_subset`,
      '~ condition + (1 | sample)',
      'log1p-cp10k',
      monocytes,
    );
    await checkMatrix(
      'kang_monocytes_donor',
      `${REAL}kang_subset`,
      '~ condition + (1 | donor)',
      'log1p-cp10k',
      monocytes,
    );
  });

  it.runIf(existsSync(`${REAL}onek1k_subset`))('onek1k: one cell type, and all', async () => {
    const cd4 = (table: Table, row: number) => text(table, 'cell_type', row) === 'cd4nc';
    await checkMatrix('onek1k_cd4', `${REAL}onek1k_subset`, '~ sex + age + (1 | donor)', 'log1p-cp10k', cd4);
    await checkMatrix('onek1k_celltypes', `${REAL}onek1k_subset`, '~ cell_type + sex + (1 | donor)', 'log1p-cp10k');
  });

  it.runIf(existsSync(`${REAL}shock_bulk`))('shock: bulk samples of 11 patients', async () => {
    const files = `${REAL}shock_bulk/`;
    const result = await fitBulk(`${files}logcpm.tsv.gz`, `${files}samples.tsv`, '~ time + (1 | patient)');
    expectAgreement('shock_bulk', result);
  });
});
