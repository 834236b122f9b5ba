// @vitest-environment node
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openMatrix } from '../../src/data/matrix/open.node.ts';
import { readBulk, readTable } from '../../src/data/table/file.node.ts';
import { matchBulk } from '../../src/data/table/match-bulk.ts';
import { fitDesign } from '../../src/fit.ts';
import { fitMoments } from '../../src/fit-moments.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { accumulateMoments } from '../../src/moments/accumulate-moments.ts';
import { FINISHES, type FitResult } from '../../src/types.ts';
import { checkBatch } from '../backend/batch-check.ts';
import { REFERENCE } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';
import { deviceOrNull } from './open-device.ts';

const BATCHES = `${REFERENCE}batches/`;
const REAL = new URL('../../../shared/reference/data/real/', import.meta.url).pathname;
const gpu = await deviceOrNull();

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

async function checkBulk(name: string, y: string, obs: string, formula: string, weights?: string): Promise<void> {
  const table = await readTable(obs);
  const column = [...table.columns.values()][0];
  if (column.kind !== 'factor') throw new Error(`${obs} has no names`);
  const names = Array.from(column.codes, (code) => column.levels[code]);
  const { responses } = matchBulk(
    await readBulk(y),
    names,
    weights === undefined ? undefined : await readBulk(weights),
  );
  const design = buildDesign(formula, table);
  const onDevice = await fitDesign(design, responses, { backend: 'webgpu' });
  expectAgreement(name, onDevice, await fitDesign(design, responses, { backend: 'cpu', threads: 1 }));
}

async function checkMatrix(
  name: string,
  folder: string,
  formula: string,
  normalisation: 'log1p-cpm' | 'log1p-cp10k',
  cellType?: string,
): Promise<void> {
  const source = await openMatrix(folder);
  const table = await readTable(`${folder}/obs.tsv`);
  const types = table.columns.get('cell_type');
  const rows =
    cellType !== undefined && types?.kind === 'factor'
      ? Int32Array.from({ length: table.rows }, (_, i) => i).filter((i) => types.levels[types.codes[i]] === cellType)
      : undefined;
  const moments = await accumulateMoments(buildDesign(formula, table, { rows }), source, { normalisation });
  await source.close();
  const onDevice = await fitMoments(moments, { backend: 'webgpu' });
  expectAgreement(name, onDevice, await fitMoments(moments, { backend: 'cpu', threads: 1 }));
}

describe.skipIf(!gpu)('batches of R on the device', () => {
  const of = (name: string) => `${BATCHES}${name}`;
  it('sim_weighted: weights of each response’s own', async () => {
    const [y, obs, w] = ['y', 'obs', 'w'].map((part) => `${of('sim_weighted')}.${part}.tsv`);
    await checkBulk('sim_weighted', y, obs, '~ visit + age + (1 | individual)', w);
  });

  it('sim_slopes: correlated slopes', async () => {
    await checkBulk(
      'sim_slopes',
      `${of('sim_slopes')}.y.tsv`,
      `${of('sim_slopes')}.obs.tsv`,
      '~ time + (time | subject)',
    );
  });

  it('sim_singlecell: counts of 3448 cells', async () => {
    await checkMatrix('sim_singlecell', of('sim_singlecell'), '~ stim + (1 | donor)', 'log1p-cpm');
  });

  it.runIf(existsSync(`${REAL}kang_subset`))('kang: monocytes by sample and by donor', async () => {
    for (const group of ['sample', 'donor']) {
      const formula = `~ condition + (1 | ${group})`;
      await checkMatrix(`kang_monocytes_${group}`, `${REAL}kang_subset`, formula, 'log1p-cp10k', 'CD14+ Monocytes');
    }
  });

  it.runIf(existsSync(`${REAL}onek1k_subset`))('onek1k: one cell type, and all', async () => {
    const folder = `${REAL}onek1k_subset`;
    await checkMatrix('onek1k_cd4', folder, '~ sex + age + (1 | donor)', 'log1p-cp10k', 'cd4nc');
    await checkMatrix('onek1k_celltypes', folder, '~ cell_type + sex + (1 | donor)', 'log1p-cp10k');
  });

  it.runIf(existsSync(`${REAL}shock_bulk`))('shock: bulk samples of 11 patients', async () => {
    const files = `${REAL}shock_bulk/`;
    await checkBulk('shock_bulk', `${files}logcpm.tsv.gz`, `${files}samples.tsv`, '~ time + (1 | patient)');
  });
});

describe.skipIf(!gpu)('a process', () => {
  it('fits a thousand times without keeping anything', async () => {
    const files = of1000();
    const table = await readTable(files.obs);
    const column = [...table.columns.values()][0];
    if (column.kind !== 'factor') throw new Error('no names');
    const names = Array.from(column.codes, (code) => column.levels[code]);
    const { responses } = matchBulk(await readBulk(files.y), names);
    const few = {
      ...responses,
      names: responses.names.slice(0, 3),
      values: responses.values.slice(0, 3 * responses.rows),
    };
    const design = buildDesign('~ time + (1 | subject)', table);
    const once = () => fitDesign(design, few, { backend: 'webgpu' });
    const memory = () => process.memoryUsage().rss / 2 ** 20;
    for (let k = 0; k < 200; k++) await once();
    globalThis.gc?.();
    const before = memory();
    for (let k = 0; k < 1000; k++) await once();
    globalThis.gc?.();
    // A leak of the buffers of one run alone would add 1000 x 0.1 MiB.
    expect(memory() - before).toBeLessThan(60);
  });
});

function of1000(): { y: string; obs: string } {
  return { y: `${BATCHES}sim_slopes.y.tsv`, obs: `${BATCHES}sim_slopes.obs.tsv` };
}
