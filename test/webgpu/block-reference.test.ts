// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { readBulk, readTable } from '../../src/data/table/file.node.ts';
import { matchBulk } from '../../src/data/table/match-bulk.ts';
import { assembleFitTable } from '../../src/fit/fit-table.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import { FINISHES } from '../../src/types/fit-table.ts';
import { checkBatch } from '../lmm/batch-check.ts';
import { referenceModels } from '../lmm/reference-models.ts';
import { REFERENCE } from '../reference-fit.ts';
import { blockOnCpu, expectSameBlockFits } from './block-agreement.ts';
import { fitBatch } from './one-batch.ts';
import { findDevice } from './open-device.ts';
import { ML, REML } from './spectral-agreement.ts';

/** Many of its responses are singular. */
const REFITS_OF_SLOPES = 0.03;

const { gpu, on, device } = await findDevice();

const models = referenceModels().filter(
  ({ batch: { design } }) => design.factors.length === 1 && design.factors[0].q > 1,
);

describe(`reference data with vector terms on the device (${on})`, () => {
  it('has models', () => expect(models.length).toBeGreaterThan(10));

  it.skipIf(!gpu).each(models.map((model) => [model.reference.id, model] as const))('%s', async (_, model) => {
    const options = model.reference.method === 'ML' ? ML : REML;
    const { fits, fallback } = await fitBatch(device(), model.batch, options);
    expect(fallback).toBeNull();
    expect(FINISHES[fits.finish[0]]).toBe('host');
    expectSameBlockFits(fits, blockOnCpu(model.batch, options));
  });

  it.skipIf(!gpu)('agrees with R on a batch of correlated slopes', async () => {
    const files = `${REFERENCE}batches/sim_slopes`;
    const table = await readTable(`${files}.obs.tsv`);
    const column = [...table.columns.values()][0];
    if (column.kind !== 'factor') throw new Error('no names of rows');
    const rowNames = Array.from(column.codes, (code) => column.levels[code]);
    const { responses } = matchBulk(await readBulk(`${files}.y.tsv`), rowNames);
    const moments = denseMoments(buildDesign('~ time + (time | subject)', table), responses);
    const { fits, refits, fallback } = await fitBatch(device(), moments.batches[0], REML);
    expect(fallback).toBeNull();
    expect(refits).toBeLessThanOrEqual(REFITS_OF_SLOPES * fits.count);
    expectSameBlockFits(fits, blockOnCpu(moments.batches[0], REML));
    const tests = { method: 'REML', ddf: 'satterthwaite', adjust: 'BH', adjustAcross: 'within' } as const;
    const settings = {
      ...tests,
      contrasts: [],
      contrastWeights: new Float64Array(0),
      backend: 'webgpu',
      device: null,
    } as const;
    const fitted = assembleFitTable(moments, [{ batch: 0, from: 0, fits }], settings);
    expect(checkBatch('sim_slopes', fitted).failures).toEqual([]);
  });
});
