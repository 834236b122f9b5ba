import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, it } from 'vitest';
import { openMatrix, readTable, simulateCells, writeH5ad, writeTenx } from '../../src/doors/node.ts';
import { temporaryFolder } from '../cli/command.ts';
import { itUnless, realData } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { chooseFiles, dropFiles, fitAnew, savedFile, typeFormula } from './demo-page.ts';
import { expectSameTable, tidyOnHost } from './host-fit.ts';
import { describeDemo } from './page-hands.ts';

const onek1k = realData('onek1k_subset.h5ad');
const FORMULA = '~ stim + (1 | donor)';
const folder = temporaryFolder();

describeDemo('files in the application', {}, (demo) => {
  /** Opens files, fits, and returns the table that the page saves. */
  async function fitFiles(paths: readonly string[], formula: string | null, give = chooseFiles): Promise<string> {
    const { page, downloads } = demo;
    rmSync(downloads, { recursive: true, force: true });
    mkdirSync(downloads);
    await page.evaluate(() => document.querySelector('.file')?.remove());
    await give(page, paths);
    await page.waitForSelector('.file', { timeout: 60_000 });
    if (formula !== null) await typeFormula(page, formula);
    await fitAnew(page);
    await page.click('#tab-keep');
    await page.locator('[data-export="tidy tsv"]').click();
    return readFileSync(await savedFile(downloads, /tidy\.tsv$/), 'utf8');
  }

  const simulated = simulateCells({ genes: 120, cells: 600, donors: 8, density: 0.2, seed: 5 });
  const matrix = () => ({ ...simulated, rows: simulated.rowNames.length, blocks: simulated.blocks() });

  it('fits .h5ad as the command does', async () => {
    const path = join(folder, 'simulated.h5ad');
    await writeH5ad(path, matrix());
    const got = await fitFiles([path], FORMULA);
    const wanted = await tidyOnHost(path, { formula: FORMULA, normalize: 'log1p-cp10k' });
    expectSameTable(got, wanted, TOLERANCE.demo.betweenEngines);
  });

  it('takes files that are dropped, and a folder of them', async () => {
    const path = join(folder, 'dropped.h5ad');
    await writeH5ad(path, matrix());
    const wanted = await tidyOnHost(path, { formula: FORMULA, normalize: 'log1p-cp10k' });
    expectSameTable(await fitFiles([path], FORMULA, dropFiles), wanted, TOLERANCE.demo.betweenEngines);
    const inside = join(folder, 'a folder');
    mkdirSync(inside);
    copyFileSync(path, join(inside, 'inner.h5ad'));
    expectSameTable(await fitFiles([inside], FORMULA, dropFiles), wanted, TOLERANCE.demo.betweenEngines);
  });

  it('fits the three files of a 10x folder and a table of the cells', async () => {
    const tenx = join(folder, 'tenx');
    await writeTenx(tenx, matrix());
    const obs = join(tenx, 'obs.tsv');
    const names = ['matrix.mtx.gz', 'features.tsv.gz', 'barcodes.tsv.gz'].map((name) => join(tenx, name));
    if (!existsSync(obs)) {
      const lines = simulated.rowNames.map((name, row) => {
        const cells = ['donor', 'stim'].map((column) => {
          const found = simulated.obs.columns.get(column);
          return found?.kind === 'factor' ? found.levels[found.codes[row]] : '';
        });
        return [name, ...cells].join('\t');
      });
      writeFileSync(obs, `barcode\tdonor\tstim\n${lines.join('\n')}\n`);
    }
    const got = await fitFiles([...names, obs], FORMULA);
    const wanted = await tidyOnHost(tenx, { formula: FORMULA, obs, normalize: 'log1p-cp10k' });
    expectSameTable(got, wanted, TOLERANCE.demo.betweenEngines);
  });

  it("fits CellRanger's .h5 once it has a table of the cells", async () => {
    const path = join(folder, 'cellranger.h5');
    copyFileSync(join('test', 'data', 'matrix', 'fixtures', 'cellranger3.h5'), path);
    const { page } = demo;
    await chooseFiles(page, [path]);
    await page.waitForFunction(() => document.querySelector('.file')?.textContent === 'cellranger.h5');
    expect(await page.$eval('.found', (host) => host.textContent)).toMatch(/no annotation of the cells/);
    expect(await page.$eval('#run', (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    // A table that comes after it joins it.
    const source = await openMatrix(path);
    const barcodes = await source.rowNames();
    const obs = join(folder, 'annotation.csv');
    writeFileSync(obs, `cell,donor\n${barcodes.map((name, i) => `${name},d${i % 2}`).join('\n')}\n`);
    await chooseFiles(page, [obs]);
    await page.waitForFunction(() => /1 annotation column\b/.test(document.querySelector('.facts')?.textContent ?? ''));
    expect(await page.$eval('.facts', (host) => host.textContent)).toContain(`${barcodes.length} cells`);
    await source.close();
  });

  const VISITS = 'y ~ time * arm + age + (time | subject)';

  it('fits .csv, gzipped too, and .parquet', async () => {
    const wanted = await tidyOnHost('examples/visits.csv', { formula: VISITS });
    expectSameTable(await fitFiles(['examples/visits.csv'], VISITS), wanted, TOLERANCE.demo.betweenEngines);

    const packed = join(folder, 'packed.csv.gz');
    writeFileSync(packed, gzipSync(readFileSync('examples/visits.csv')));
    expectSameTable(await fitFiles([packed], VISITS), wanted, TOLERANCE.demo.betweenEngines);

    const table = await readTable('examples/visits.csv');
    const columnData = [...table.columns].map(([name, column]) => ({
      name,
      data:
        column.kind === 'factor'
          ? Array.from(column.codes, (code) => column.levels[code])
          : Array.from(column.values, (value) => (Number.isNaN(value) ? null : value)),
    }));
    const parquet = join(folder, 'visits.parquet');
    writeFileSync(parquet, new Uint8Array(parquetWriteBuffer({ columnData })));
    expectSameTable(await fitFiles([parquet], VISITS), wanted, TOLERANCE.demo.betweenEngines);
  });

  it('tests by Kenward and Roger and compares levels, as Node does', async () => {
    const { page } = demo;
    await chooseFiles(page, ['examples/visits.csv']);
    await page.waitForFunction(() => document.querySelector('.file')?.textContent === 'visits.csv');
    await typeFormula(page, VISITS);
    await page.select('[data-key="ddf"] select', 'kenward-roger');
    const add = (name: string, expression: string): Promise<void> =>
      page.evaluate(
        (texts) => {
          const boxes = document.querySelectorAll<HTMLInputElement>('.contrasts .row input');
          boxes.forEach((box, i) => {
            box.value = texts[i];
          });
          document.querySelector<HTMLElement>('#add-contrast')?.click();
        },
        [name, expression],
      );
    await add('arms', 'arm:treated-nobody');
    await page.waitForSelector('.contrasts .formula-error', { timeout: 30_000 });
    expect(await page.$eval('.contrasts .formula-error', (host) => host.textContent)).toMatch(/Its levels are/);
    await add('arms', 'arm:treated-placebo');
    await page.waitForFunction(() => document.querySelector('.contrasts .formula-error') === null);
    await page.select('[data-key="method"] select', 'ML');
    await page.waitForSelector('#option-error p', { timeout: 30_000 });
    expect(await page.$eval('#option-error', (host) => host.textContent)).toMatch(/defined for REML/);
    await page.select('[data-key="method"] select', 'REML');
    await page.waitForFunction(() => document.querySelector('#option-error p') === null);

    const got = await fitFiles(['examples/visits.csv'], VISITS);
    const options = { ddf: 'kenward-roger', contrasts: { arms: 'arm:treated-placebo' } } as const;
    const wanted = await tidyOnHost('examples/visits.csv', { formula: VISITS }, options);
    expect(wanted).not.toBe(
      await tidyOnHost('examples/visits.csv', { formula: VISITS }, { ...options, ddf: 'satterthwaite' }),
    );
    expect(got).toMatch(/arms/);
    expectSameTable(got, wanted, TOLERANCE.demo.betweenEngines);
    await page.select('[data-key="ddf"] select', 'satterthwaite');
    await page.evaluate(() => document.querySelector<HTMLElement>('.contrasts li button')?.click());
  });

  it('fits a bulk table with its samples', async () => {
    const samples = Array.from({ length: 24 }, (_, i) => `s${i + 1}`);
    const obs = join(folder, 'samples.tsv');
    const lines = samples.map((name, i) => `${name}\tp${Math.floor(i / 4)}\t${i % 2 === 0 ? 'before' : 'after'}`);
    writeFileSync(obs, `sample\tpatient\ttime_point\n${lines.join('\n')}\n`);
    const values = Array.from({ length: 40 }, (_, g) =>
      [`g${g}`, ...samples.map((_s, i) => Math.sin(g * 31 + i * i * 7) + (i % 2) * 0.2 * (g % 3))].join('\t'),
    );
    const bulk = join(folder, 'expression.tsv');
    writeFileSync(bulk, `gene\t${samples.join('\t')}\n${values.join('\n')}\n`);
    const formula = '~ time_point + (1 | patient)';
    const got = await fitFiles([bulk, obs], formula);
    expectSameTable(
      got,
      await tidyOnHost(bulk, { formula, obs, factor: ['time_point=before,after'] }),
      TOLERANCE.demo.betweenEngines,
    );
  });

  itUnless(onek1k.lacking, 'fits real cells to the numbers of the command', async () => {
    const { path } = onek1k;
    const formula = '~ sex + age + (1 | donor)';
    const columns = (await openMatrix(path)).obsColumns;
    const donor = columns.find((name) => /donor|individual/i.test(name)) ?? 'donor';
    const model = formula.replace('donor', donor);
    const got = await fitFiles([path], model);
    const wanted = await tidyOnHost(path, { formula: model, normalize: 'log1p-cp10k' });
    expectSameTable(got, wanted, TOLERANCE.demo.betweenEngines);
  });

  it('says what is wrong with broken files', async () => {
    const { page } = demo;
    const message = async (name: string, content: Uint8Array | string): Promise<string> => {
      const path = join(folder, name);
      writeFileSync(path, content);
      await page.evaluate(() => document.querySelector('.problem')?.replaceChildren());
      await chooseFiles(page, [path]);
      await page.waitForSelector('.problem p');
      return page.$eval('.problem', (host) => host.textContent ?? '');
    };
    expect(await message('broken.h5ad', 'no HDF5 at all')).toMatch(/broken\.h5ad is not an HDF5 file/);
    expect(await message('short.h5ad', readFileSync(join(folder, 'simulated.h5ad')).subarray(0, 5000))).toMatch(
      /short\.h5ad/,
    );
    expect(await message('ragged.csv', 'a,b\n1,2\n1,2,3\n')).toMatch(/line 3/);
    expect(await message('picture.png', 'x')).toMatch(/nothing here can be read/);
    expect(await message('bad.csv.gz', gzipSync('a,b\n1,2\n').subarray(0, 12))).toMatch(/truncated or corrupt/);
  });

  it('keeps what is open when a file brings its reader down, or never ends', async () => {
    const { page } = demo;
    const attack = (name: string) => join(import.meta.dirname, '../cases/inputs/attack', name);
    await fitFiles([join(folder, 'simulated.h5ad')], FORMULA);
    const problem = async (path: string): Promise<string> => {
      await page.evaluate(() => document.querySelector('.problem')?.replaceChildren());
      await chooseFiles(page, [path]);
      await page.waitForSelector('.problem p', { timeout: 90_000 });
      return page.$eval('.problem', (host) => host.textContent ?? '');
    };
    expect(await problem(attack('open-after-abort/h5ad_21_22.h5ad'))).toMatch(/h5ad_21_22\.h5ad/);
    expect(await problem(attack('endless-hdf5/h5ad_11_301.h5ad'))).toMatch(/did not come to an end.*damaged/);
    expect(await page.$eval('.file', (host) => host.textContent)).toBe('simulated.h5ad');
    await fitAnew(page);
  });

  it('raises no error on the page', () => {
    expect(demo.errors).toEqual([]);
  });
});
