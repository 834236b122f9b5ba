// @vitest-environment node
import { expect, it } from 'vitest';
import { fitDesign } from '../../src/fit.ts';
import { fitMoments } from '../../src/fit-moments.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { FINISHES, type FitResult } from '../../src/types.ts';
import type { CellModel, Cells } from '../backend/batch-check.ts';
import {
  cellMoments,
  checkBatch,
  KANG,
  ONEK1K,
  openCounts,
  openFolder,
  readBatch,
  SINGLE_CELL,
} from '../backend/batch-check.ts';
import { REFERENCE } from '../reference-fit.ts';
import { describeUnless } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { findDevice } from './open-device.ts';

/** What R has for every response. */
const SATTERTHWAITE = { ddf: 'satterthwaite' } as const;
const { lacking } = await findDevice();

/** R's numbers, the CPU's numbers, and the device at work. */
function expectAgreement(name: string, device: FitResult, cpu: FitResult): void {
  const a = device.table;
  const b = cpu.table;
  expect(checkBatch(name, a).failures).toEqual([]);
  expect([...a.status]).toEqual([...b.status]);
  let refits = 0;
  for (let m = 0; m < a.models; m++) {
    if (Number.isNaN(b.criterion[m])) continue;
    expect(a.search[m], a.responses[m]).toBe(1);
    if (FINISHES[a.finish[m]] === 'cpu-refit') refits++;
    const distance = Math.abs(a.criterion[m] - b.criterion[m]) / (1 + Math.abs(b.criterion[m]));
    expect(distance).toBeLessThan(TOLERANCE.device.criterion);
    const width = b.coefficients.names.length;
    for (let c = m * width; c < (m + 1) * width; c++) {
      const error = Math.abs(a.coefficients.estimate[c] - b.coefficients.estimate[c]);
      expect(error / b.coefficients.standardError[c]).toBeLessThan(TOLERANCE.device.coefficient);
    }
  }
  expect(refits).toBeLessThanOrEqual(TOLERANCE.device.refits * a.models);
}

async function checkBulk(name: string, formula: string): Promise<void> {
  const { table, responses } = await readBatch(name);
  const design = buildDesign(formula, table);
  const onDevice = await fitDesign(design, responses, { ...SATTERTHWAITE, backend: 'webgpu' });
  expectAgreement(name, onDevice, await fitDesign(design, responses, { ...SATTERTHWAITE, backend: 'cpu', threads: 1 }));
}

async function checkCells(cells: Cells, model: CellModel): Promise<void> {
  const { moments } = await cellMoments(cells, model);
  const onDevice = await fitMoments(moments, { ...SATTERTHWAITE, backend: 'webgpu' });
  expectAgreement(model.name, onDevice, await fitMoments(moments, { ...SATTERTHWAITE, backend: 'cpu', threads: 1 }));
}

describeUnless(lacking, 'batches of R on the device', () => {
  it('sim_weighted: weights of each response’s own', () =>
    checkBulk('sim_weighted', '~ visit + age + (1 | individual)'));

  it('sim_slopes: correlated slopes', () => checkBulk('sim_slopes', '~ time + (time | subject)'));

  it('shock: bulk samples of 11 patients', () => checkBulk('shock_bulk', '~ time + (1 | patient)'));

  it('sim_singlecell: counts of 3448 cells', async () => {
    const cells = await openFolder(`${REFERENCE}batches/sim_singlecell`);
    await checkCells(cells, SINGLE_CELL);
    await cells.source.close();
  });

  it('kang: monocytes by sample and by donor', async () => {
    const cells = await openCounts('kang_monocytes');
    for (const model of KANG) await checkCells(cells, model);
  });

  it('onek1k: one cell type, and all', async () => {
    const cells = await openCounts('onek1k');
    for (const model of ONEK1K) await checkCells(cells, model);
  });
});
