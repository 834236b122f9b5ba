/** Files and folders of stores: MuData with its modalities, Zarr as a folder and packed. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandLine, libraryCall } from '../../demo/src/keep/equivalents.ts';
import { rData } from '../../demo/src/keep/r-data.ts';
import { storeOf, withStores } from '../../demo/src/protocol/named-files.ts';
import type { DataSummary } from '../../demo/src/protocol/protocol.ts';
import { DEFAULT_SETTINGS } from '../../demo/src/protocol/settings.ts';
import { temporaryFolder } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { chooseFiles, dropFiles, fitAnew, typeFormula } from './demo-page.ts';
import { expectSameTable, tidyOnHost } from './host-fit.ts';
import { describeDemo, pageHands } from './page-hands.ts';

const FIXTURES = join('test', 'data', 'matrix', 'fixtures');

it('files of a Zarr folder are one store', () => {
  expect(storeOf('a.zarr/X/c/0/0')).toBe('a.zarr');
  expect(storeOf('in/a.zarr/zarr.json')).toBe('in/a.zarr');
  expect(storeOf('a.zarr.zip')).toBeNull();
  expect(storeOf('zarr/obs.csv')).toBeNull();
  expect(withStores(['a.zarr/.zattrs', 'a.zarr/X/0', 'obs.csv'])).toEqual(['a.zarr', 'obs.csv']);
});

it('a modality is in the command, the library call and the R code', () => {
  const summary = {
    ...{ kind: 'matrix', name: 'two.h5mu', rows: 5, responses: 3, columns: [], notes: [], layers: [], tables: [] },
    roles: { data: 'two.h5mu', obs: null, weights: null, modality: 'rna' },
  } as unknown as DataSummary; // what is not read is left out
  const settings = { ...DEFAULT_SETTINGS, formula: '~ 1 + (1 | donor)' };
  expect(commandLine(settings, summary, false)).toContain('two.h5mu --modality rna');
  expect(libraryCall(settings, summary)).toContain('openMatrix("two.h5mu", { modality: "rna" })');
  const r = rData(settings, summary, 'g1').lines.join('\n');
  expect(r).toContain('modality <- "rna"');
  // HDF5 needs no Python; Zarr does.
  expect(r).not.toContain('reticulate');
  const zarr = { ...summary, name: 'two.zarr', roles: { ...summary.roles, data: 'two.zarr' } };
  expect(rData(settings, zarr, 'g1').lines.join('\n')).toContain('py_get_item(all$mod, "rna")');
  expect(r).not.toContain('readMM');
});

describeDemo('stores on the page', {}, (demo) => {
  const folder = temporaryFolder();

  const { press, saved } = pageHands(demo);
  const facts = (pattern: string): Promise<unknown> =>
    demo.page.waitForFunction(
      (text) => new RegExp(text).test(document.querySelector('.found .facts')?.textContent ?? ''),
      {},
      pattern,
    );
  const coefficients = async (): Promise<string> => {
    await fitAnew(demo.page);
    await press('#tab-keep');
    return saved('tidy tsv', /tidy\.tsv$/);
  };

  it('MuData opens with genes, and another modality is chosen in a box', async () => {
    const { page, errors } = demo;
    const path = join(FIXTURES, 'two.h5mu');
    await chooseFiles(page, [path]);
    await facts('3 genes · 5 cells');
    const box = await page.$eval('.found', (host) => {
      const label = [...host.querySelectorAll('label')].find((one) => one.textContent?.startsWith('Modality'));
      const select = label?.querySelector('select');
      return { value: select?.value, options: [...(select?.options ?? [])].map(({ value }) => value) };
    });
    expect(box).toEqual({ value: 'rna', options: ['rna', 'protein'] });
    const formula = '~ 1 + (1 | donor)';
    await typeFormula(page, formula);
    const wanted = await tidyOnHost(path, { formula, modality: 'rna', normalize: 'log1p-cp10k' });
    expectSameTable(await coefficients(), wanted, TOLERANCE.demo.betweenEngines);
    await page.$eval('.found', (host) => {
      const label = [...host.querySelectorAll('label')].find((one) => one.textContent?.startsWith('Modality'));
      const select = label?.querySelector('select');
      if (!select) return;
      select.value = 'protein';
      select.dispatchEvent(new Event('change'));
    });
    await facts('2 genes · 5 cells');
    expect(await page.$eval('#stale', (host) => host.textContent)).toMatch(/./);
    expect(errors).toEqual([]);
  });

  it('a Zarr store opens as a folder and packed, with the same columns', async () => {
    const { page, errors } = demo;
    const packed = join(folder, 'cells.zarr.zip');
    copyFileSync(join(FIXTURES, 'columns-v3.zarr.zip'), packed);
    const store = join(folder, 'cells.zarr');
    mkdirSync(store);
    execFileSync('unzip', ['-q', packed, '-d', store]);
    const seen: string[] = [];
    for (const path of [packed, store]) {
      await dropFiles(page, [path]);
      const name = path.slice(folder.length + 1);
      await page.waitForFunction((text) => document.querySelector('.file')?.textContent === text, {}, name);
      // Folders list their layers in whatever order they come.
      seen.push(
        await page.$eval('.found .panel', (host) => {
          const facts = host.querySelector('.facts')?.textContent?.replace(/ · layers.*/, '') ?? '';
          return `${facts} ${host.querySelector('dl')?.textContent}`;
        }),
      );
    }
    expect(seen[1]).toBe(seen[0]);
    expect(seen[0]).toMatch(/genes · \d+ cells/);
    expect(errors).toEqual([]);
  });
});
