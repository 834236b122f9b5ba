// @vitest-environment node
/** R's reference data on the device: its models one by one, and a batch each of intercepts and of slopes. */
import { describe, expect, it } from 'vitest';
import { assembleFitTable } from '../../src/fit/fit-table.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { accumulateMoments } from '../../src/moments/accumulate-moments.ts';
import type { Moments } from '../../src/moments/moments.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import { openMatrix } from '../../src/reading/matrices.node.ts';
import { readTable } from '../../src/reading/tables.node.ts';
import { FINISHES } from '../../src/types/fit-table.ts';
import { checkBatch, readBatch } from '../lmm/batch-check.ts';
import { referenceModels } from '../lmm/reference-models.ts';
import { REFERENCE } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';
import { expectSameFits, ML, onCpu, pathOf, REML } from './agreement.ts';
import { fitBatch } from './one-batch.ts';
import { findDevice } from './open-device.ts';

const { gpu, on, device } = await findDevice();
const all = referenceModels();

/** Fewest models that each engine is to have, and the share of refits in its batch; many of the slopes are singular. */
const ENGINES = [
  { engine: 'spectral', fewest: 16, batch: 'sim_singlecell', open: openCells, refits: TOLERANCE.device.refits },
  { engine: 'block', fewest: 11, batch: 'sim_slopes', open: openSlopes, refits: 0.03 },
  { engine: 'crossed', fewest: 11, batch: null, open: null, refits: 0 },
] as const;

async function openCells(): Promise<Moments> {
  const folder = `${REFERENCE}batches/sim_singlecell`;
  const source = await openMatrix(folder);
  const design = buildDesign('~ stim + (1 | donor)', await readTable(`${folder}/obs.tsv`));
  const moments = await accumulateMoments(design, source, { normalize: 'log1p-cpm' });
  await source.close();
  return moments;
}

async function openSlopes(): Promise<Moments> {
  const { table, responses } = await readBatch('sim_slopes');
  return denseMoments(buildDesign('~ time + (time | subject)', table), responses);
}

describe.each(ENGINES)(`reference data of the $engine engine on the device (${on})`, (given) => {
  const { engine, fewest, batch: name, open, refits: share } = given;
  const models = all.filter(({ batch }) => pathOf(batch) === engine);
  it('has models', () => expect(models.length).toBeGreaterThanOrEqual(fewest));

  it.skipIf(!gpu).each(models.map((model) => [model.reference.id, model] as const))('%s', async (_, model) => {
    const options = model.reference.method === 'ML' ? ML : REML;
    const { fits, fallback } = await fitBatch(device(), model.batch, options);
    expect(fallback).toBeNull();
    expect(FINISHES[fits.finish[0]]).toBe('host');
    expectSameFits(fits, await onCpu(model.batch, options), engine);
  });

  if (!name) return;
  it.skipIf(!gpu)(`agrees with R on ${name}`, async () => {
    const moments = await open();
    const [batch] = moments.batches;
    const { fits, refits, fallback } = await fitBatch(device(), batch, REML);
    expect(fallback).toBeNull();
    expect(refits).toBeLessThanOrEqual(share * fits.count);
    const table = assembleFitTable(moments, [{ batch: 0, from: 0, fits, at: 0, count: fits.count }], {
      ...{ method: 'REML', ddf: 'satterthwaite', adjust: 'BH', adjustAcross: 'within', contrasts: [] },
      ...{ contrastWeights: new Float64Array(0), backend: 'webgpu', device: null },
    });
    expect(checkBatch(name, table).failures).toEqual([]);
    expect(table.search.every((code) => code === 1)).toBe(true);
    expect([...table.finish]).toEqual([...fits.finish]);
    expectSameFits(fits, await onCpu(batch, REML), engine);
  });
});
