// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { openMatrix } from '../../src/data/matrix/open.node.ts';
import { readTable } from '../../src/data/table/file.node.ts';
import { assembleFitTable } from '../../src/fit/fit-table.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { accumulateMoments } from '../../src/moments/accumulate-moments.ts';
import { FINISHES } from '../../src/types/fit-table.ts';
import { checkBatch } from '../lmm/batch-check.ts';
import { referenceModels } from '../lmm/reference-models.ts';
import { REFERENCE } from '../reference-fit.ts';
import { fitBatch } from './one-batch.ts';
import { findDevice } from './open-device.ts';
import { expectSameFits, ML, onCpu, REFITS, REML } from './spectral-agreement.ts';

const { gpu, on, device } = await findDevice();

const models = referenceModels().filter(({ batch }) => {
  const { factors, terms } = batch.design;
  return factors.length === 1 && terms.length === 1 && factors[0].q === 1;
});

describe(`reference data on the device (${on})`, () => {
  it('has models with one scalar term', () => expect(models.length).toBeGreaterThan(15));

  it.skipIf(!gpu).each(models.map((model) => [model.reference.id, model] as const))('%s', async (_, model) => {
    const options = model.reference.method === 'ML' ? ML : REML;
    const { fits, fallback } = await fitBatch(device(), model.batch, options);
    expect(fallback).toBeNull();
    expect(FINISHES[fits.finish[0]]).toBe('host');
    expectSameFits(fits, onCpu(model.batch, options));
  });

  it.skipIf(!gpu)('agrees with R on a batch of 500 genes', async () => {
    const folder = `${REFERENCE}batches/sim_singlecell`;
    const source = await openMatrix(folder);
    const design = buildDesign('~ stim + (1 | donor)', await readTable(`${folder}/obs.tsv`));
    const moments = await accumulateMoments(design, source, { normalisation: 'log1p-cpm' });
    await source.close();
    const { fits, refits, fallback } = await fitBatch(device(), moments.batches[0], REML);
    expect(fallback).toBeNull();
    expect(refits).toBeLessThanOrEqual(REFITS * fits.count);
    const table = assembleFitTable(moments, [{ batch: 0, from: 0, fits }], {
      method: 'REML',
      ddf: 'satterthwaite',
      adjust: 'BH',
      adjustAcross: 'within',
      contrasts: [],
      contrastWeights: new Float64Array(0),
      backend: 'webgpu',
      device: null,
    });
    expect(checkBatch('sim_singlecell', table).failures).toEqual([]);
    expect(table.search.every((code) => code === 1)).toBe(true);
    expect([...table.finish]).toEqual([...fits.finish]);
    expectSameFits(fits, onCpu(moments.batches[0], REML));
  });
});
