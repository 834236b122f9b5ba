import { describe, expect, it } from 'vitest';
import { openMatrix, readObsTable } from '../src/doors/node.ts';
import { fit as fitMatrix } from '../src/fit.ts';
import { checkBatch } from './lmm/batch-check.ts';

const BATCHES = new URL('./reference/batches/', import.meta.url).pathname;
const OPTIONS = { formula: '~ stim + (1 | donor)', normalize: 'log1p-cpm', threads: 1 } as const;

describe('fit of a matrix that is read in blocks', () => {
  it('takes the annotation of the file, or a table, and agrees with R', async () => {
    const inside = await openMatrix(`${BATCHES}sim_singlecell.h5ad`);
    const folder = await openMatrix(`${BATCHES}sim_singlecell`);
    try {
      const a = await fitMatrix(inside, OPTIONS);
      const obs = await readObsTable(`${BATCHES}sim_singlecell/obs.tsv`);
      const b = await fitMatrix(folder, { ...OPTIONS, obs });
      expect(Array.from(b.table.criterion)).toEqual(Array.from(a.table.criterion));
      expect(checkBatch('sim_singlecell', a.table).failures).toEqual([]);
    } finally {
      await inside.close();
      await folder.close();
    }
  });

  it('refuses one without annotation', async () => {
    const folder = await openMatrix(`${BATCHES}sim_singlecell`);
    await expect(fitMatrix(folder, OPTIONS)).rejects.toThrow(/without a model frame/);
    await folder.close();
  });
});
