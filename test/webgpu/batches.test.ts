// @vitest-environment node
import { expect, it } from 'vitest';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import type { FitResult } from '../../src/types/fit-result.ts';
import { FINISHES } from '../../src/types/fit-table.ts';
import { CELL_BATCHES, type CellModel, type Cells, cellMoments } from '../lmm/batch-cells.ts';
import { BULK_BATCHES, checkBatch, readBatch } from '../lmm/batch-check.ts';
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
  it.each(BULK_BATCHES)('$name: $what', ({ name, formula }) => checkBulk(name, formula));

  it.each(CELL_BATCHES)('%s', async (_, open, models) => {
    const cells = await open();
    for (const model of models) await checkCells(cells, model);
    await cells.source.close();
  });
});
