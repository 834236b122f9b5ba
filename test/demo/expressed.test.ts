/** Shares of rows by level of the condition, held to a count of the matrix; and the page's gene sets, held to the command's. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { levelShares, restoreExpressed } from '../../demo/src/results/expressed-by.ts';
import { NO_FILTERS, passes } from '../../demo/src/results/gene-filters.ts';
import type { ResultsView } from '../../demo/src/results/results-view.ts';
import type { FitTable } from '../../src/types/fit-table.ts';
import { rowsOf, succeed } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { chooseFiles, dropFiles, fitAnew, savedFile, typeFormula } from './demo-page.ts';
import { expectSameTable } from './host-fit.ts';
import { describeDemo, pageHands } from './page-hands.ts';

const FOLDER = 'examples/cells';
const FILES = ['barcodes.tsv.gz', 'features.tsv.gz', 'matrix.mtx.gz', 'obs.tsv'].map((name) => join(FOLDER, name));

/** Per cent of the cells of a type and side in which each gene is not zero, by plain reading of the files. */
function counted(type: string, stim: string): Map<string, number> {
  const text = (name: string): string => gunzipSync(readFileSync(join(FOLDER, name))).toString();
  const lines = (name: string): string[] => text(name).trimEnd().split('\n');
  const obs = new Map(rowsOf(readFileSync(join(FOLDER, 'obs.tsv'), 'utf8')).map((row) => [row['barcode'], row]));
  const inside = lines('barcodes.tsv.gz').map((barcode) => {
    const row = obs.get(barcode);
    return row?.['cell_type'] === type && row['stim'] === stim;
  });
  const genes = lines('features.tsv.gz').map((line) => line.split('\t')[0]);
  const counts = new Float64Array(genes.length);
  const entries = lines('matrix.mtx.gz').filter((line) => !line.startsWith('%'));
  for (const entry of entries.slice(1)) {
    const [gene, cell, value] = entry.split(' ').map(Number);
    if (value !== 0 && inside[cell - 1]) counts[gene - 1] += 1;
  }
  const cells = inside.filter(Boolean).length;
  return new Map(genes.map((gene, g) => [gene, (100 * counts[g]) / cells]));
}

describeDemo('shares of rows by level on the page', { width: 1440, height: 1000 }, (demo) => {
  const { exists, press, setBox, setLabelled, saved } = pageHands(demo);
  const heads = (): Promise<string[]> =>
    demo.page.$$eval('.gene-row.head .cell', (cells) => cells.map((cell) => cell.textContent ?? ''));
  const rowCount = async (): Promise<number> =>
    Number.parseInt(await demo.page.$eval('#row-count', (host) => host.textContent?.trim() ?? ''), 10);

  it('are those of the cells of each side, in columns that sort', async () => {
    const { page } = demo;
    await chooseFiles(page, FILES);
    await exists('#formula');
    await typeFormula(page, '~ stim + (1 | donor)');
    await setBox('[data-key="split"] select', 'cell_type');
    expect(await fitAnew(page)).toMatch(/fitted in float64/);
    await press('#tab-genes');
    await page.select('.split-choice select', 'B');
    expect(await heads()).not.toContain('% ctrl');
    await exists('[data-choice="by-level"] input');
    await press('[data-choice="by-level"] input');
    await exists('.gene-row.head .level');
    expect((await heads()).filter((head) => head.startsWith('% '))).toEqual(['% ≠ 0', '% ctrl', '% stim']);
    await page.evaluate(() => {
      const head = [...document.querySelectorAll<HTMLElement>('.gene-row.head .cell')].find(
        ({ textContent }) => textContent === '% stim',
      );
      head?.click();
      head?.click();
    });
    const shown = await page.$$eval('.gene-body .gene-row', (rows) =>
      rows
        .sort((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex')))
        .map((row) => [
          row.querySelector('.gene')?.getAttribute('title') ?? '',
          row.querySelector('.level-0')?.textContent ?? '',
          row.querySelector('.level-1')?.textContent ?? '',
        ]),
    );
    expect(shown.length).toBeGreaterThan(5);
    const [ctrl, stim] = [counted('B', 'ctrl'), counted('B', 'stim')];
    for (const [gene, first, second] of shown) {
      expect([gene, first, second]).toEqual([gene, ctrl.get(gene)?.toFixed(1), stim.get(gene)?.toFixed(1)]);
    }
    const order = shown.map(([, , second]) => Number(second));
    expect(order).toEqual([...order].sort((a, b) => b - a));
    expect(await page.$eval('.genes', (host) => host.textContent)).toContain('it describes, and tests nothing');
  });

  it('filter genes by one level at least, or by each', async () => {
    const [ctrl, stim] = [counted('B', 'ctrl'), counted('B', 'stim')];
    const all = await rowCount();
    await setBox('#least-expressed', '20');
    const enough = (gene: string): [boolean, boolean] => [(ctrl.get(gene) ?? 0) >= 20, (stim.get(gene) ?? 0) >= 20];
    const either = [...ctrl.keys()].filter((gene) => enough(gene).some(Boolean)).length;
    const both = [...ctrl.keys()].filter((gene) => enough(gene).every(Boolean)).length;
    expect(either).toBeGreaterThan(both);
    await setLabelled('of', 'any');
    await demo.page.waitForFunction(
      (wanted) => document.querySelector('#row-count')?.textContent?.trim() === `${wanted} rows`,
      {},
      either,
    );
    await setLabelled('of', 'every');
    await demo.page.waitForFunction(
      (wanted) => document.querySelector('#row-count')?.textContent?.trim() === `${wanted} rows`,
      {},
      both,
    );
    expect(both).toBeLessThan(all);
  });

  it('size the dots of the overview', async () => {
    const { page } = demo;
    await press('#tab-overview');
    await exists('.dot-plot svg');
    await setLabelled('Size of the dots', 'level:stim');
    await page.waitForFunction(() =>
      document.querySelector('.dot-plot svg')?.textContent?.includes('% not zero, stim: stim'),
    );
  });

  it('come back with a session, and after a reload', async () => {
    const { page, downloads } = demo;
    await press('#tab-keep');
    await exists('[data-export="session"]');
    await press('[data-export="session"]');
    const session = await savedFile(downloads, /session\.json\.gz$/);
    await new Promise((wait) => setTimeout(wait, 600));
    await page.reload();
    await page.waitForSelector('[data-ready]');
    await press('#tab-genes');
    await exists('.gene-row.head .level');
    await page.evaluate(() => localStorage.clear());
    await page.evaluate(() => indexedDB.deleteDatabase('webgpu-lmm'));
    await page.reload();
    await page.waitForSelector('[data-ready]');
    await dropFiles(page, [session]);
    // It opens with the view from which one went to save it.
    await exists('.dot-plot svg');
    await press('#tab-genes');
    await exists('.gene-row.head .level');
    expect((await heads()).filter((head) => head.startsWith('% '))).toEqual(['% ≠ 0', '% ctrl', '% stim']);
  });

  it('stand beside gene sets that are the command’s', async () => {
    const { page, downloads } = demo;
    await chooseFiles(page, FILES);
    await exists('#run:not([disabled])');
    await setBox('[data-key="moderate"] select', 'plain');
    expect(await fitAnew(page)).toMatch(/fitted in float64/);
    // What was asked for before the fit is counted anew.
    await exists('.gene-row.head .level');
    const sets = join(downloads, 'own.gmt');
    const set = (name: string, step: number): string =>
      [
        name,
        `every ${step}`,
        ...Array.from({ length: 30 }, (_, g) => `GENE${String(((g + 1) * step) % 200).padStart(3, '0')}`),
      ].join('\t');
    writeFileSync(sets, `${[2, 3, 5, 7].map((step) => set(`BY${step}`, step)).join('\n')}\n`);
    await dropFiles(page, [sets]);
    await exists('#gene-sets-table');
    expect(await page.$eval('#gene-set-facts', (host) => host.textContent)).toContain(
      'by the moderated tests of “stim − ctrl” in A',
    );
    const own = await saved('gene-sets tsv', /gene-sets\.tsv$/);
    const out = join(downloads, 'command.tsv');
    await succeed(
      ...['fit', FOLDER, '--obs', join(FOLDER, 'obs.tsv'), '--formula', '~ stim + (1 | donor)'],
      ...['--split-by', 'cell_type', '--normalize', 'log1p-cp10k', '--moderate', '--gene-sets', sets],
      ...['--out', `genesets=${out}`, '--quiet', '--no-notes'],
    );
    const [head, ...rows] = readFileSync(out, 'utf8').trimEnd().split('\n');
    rmSync(out);
    const wanted = rows.filter((row) => row.startsWith('A\tstimstim\t'));
    expect(wanted.length).toBe(4);
    expectSameTable(own, [head, ...wanted].join('\n'), TOLERANCE.demo.analyses);
  });

  it('raise no error on the page', () => {
    expect(demo.errors).toEqual([]);
  });
});

it('takes shares of a store only where they belong to the table', () => {
  const table = { models: 2 } as FitTable; // the rest is not read
  const own = {
    column: 'stim',
    levels: ['a', 'b'],
    rows: Int32Array.of(4, 2, 4, 0),
    expressed: Int32Array.of(1, 2, 0, 0),
  };
  expect(restoreExpressed(own, table)).toEqual(own);
  expect(restoreExpressed(own, { models: 3 } as FitTable)).toBeNull();
  for (const bad of [null, 3, {}, { ...own, levels: 'ab' }, { ...own, rows: [4, 2, 4, 0] }]) {
    expect(restoreExpressed(bad, table)).toBeNull();
  }
  const byLevel = levelShares(own, Int32Array.of(0, 1));
  expect(byLevel.map(({ shares }) => [...shares])).toEqual([
    [0.25, 0],
    [1, Number.NaN],
  ]);
  const view = { expressed: Float64Array.of(0.5, 0.5), singular: new Uint8Array(2), byLevel } as unknown as ResultsView;
  const kept = (expressedIn: 'all' | 'any' | 'every'): number[] =>
    [0, 1].filter((i) => passes(view, i, { ...NO_FILTERS, expressed: 30, expressedIn }));
  expect(kept('all')).toEqual([0, 1]);
  // What has no rows is not left out for it.
  expect(kept('any')).toEqual([0, 1]);
  expect(kept('every')).toEqual([]);
});
