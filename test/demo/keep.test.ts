/** What is kept of cells: figures of a gene, the report, and a session under a name that the browser chose. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { example, temporaryFolder } from '../cli/command.ts';
import { chooseFiles, pressFit, savedFile, typeFormula, waitForFit } from './demo-page.ts';
import { describeDemo } from './page-hands.ts';

const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

describeDemo('what is kept', {}, (demo) => {
  const folder = temporaryFolder();
  beforeAll(async () => {
    const { page } = demo;
    const names = ['matrix.mtx.gz', 'features.tsv.gz', 'barcodes.tsv.gz', 'obs.tsv'];
    await chooseFiles(
      page,
      names.map((name) => example(`cells/${name}`)),
    );
    await page.waitForSelector('#run:not([disabled])', { timeout: 30_000 });
    await typeFormula(page, '~ stim + (1 | donor) + (1 | sample)');
    await pressFit(page);
    await waitForFit(page);
    await page.waitForSelector('.gene-body .gene-row');
    await page.focus('.gene-scroll');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.plot.gene canvas');
    await page.waitForSelector('.caterpillar canvas');
  });

  it('leaves out donors where samples are a factor too', async () => {
    const { page } = demo;
    await page.$eval('#influence > summary', (summary) => (summary as HTMLElement).click());
    await page.waitForSelector('#influence[data-done]', { timeout: 60_000 });
    const text = await page.$eval('#influence', (section) => section.textContent ?? '');
    expect(text).toContain('The model is fitted again without each donor.');
    expect(await page.$$eval('#influence .plot svg[aria-label]', (all) => all.length)).toBe(2);
    const head = await page.$eval('.gene-figure figcaption', (words) => words.textContent ?? '');
    expect(head).toMatch(/values by stim and donor/);
  });

  it('has every figure with its caption, those of the gene among them', async () => {
    const { page, downloads } = demo;
    const gene = await page.$eval('#gene-name', (host) => host.textContent ?? '');
    await page.click('#tab-keep');
    await page.waitForSelector('#view-keep [data-export="report"]');
    const offered = await page.$$eval('#view-keep [data-export$=" svg"]', (all) =>
      all.map((one) => one.getAttribute('data-export') ?? ''),
    );
    const ofAll = ['volcano', 'ma', 'p-values', 'qq', 'mean-variance', 'variance'];
    expect(offered.slice(0, 6)).toEqual(ofAll.map((name) => `${name} svg`));
    expect(offered).toContain(`${gene}.values svg`);
    expect(offered.filter((name) => name.includes('.effects.'))).toHaveLength(2);
    expect(offered.filter((name) => name.includes('.influence.'))).toHaveLength(2);
    for (const [name, caption] of [
      ['volcano', 'Estimates against −log10 p'],
      [`${gene}.values`, 'Diamonds are fitted means'],
    ]) {
      await page.locator(`[data-export="${name} svg"]`).click();
      const path = await savedFile(downloads, new RegExp(`${name}.*\\.svg$`));
      const svg = readFileSync(path, 'utf8');
      const words = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text).join(' ');
      expect(words).toContain(caption);
      expect(words).toContain('Kenward-Roger t tests');
      await page.waitForFunction(
        (text) => document.querySelector('#saved-as')?.textContent?.includes(text),
        {},
        '.svg',
      );
      await page.locator(`[data-export="${name} png"]`).click();
      const png = readFileSync(await savedFile(downloads, new RegExp(`${name}.*\\.png$`)));
      expect(png.subarray(1, 4).toString()).toBe('PNG');
    }
  });

  it('writes a report that says how it was made', async () => {
    const { page, downloads, browser, errors } = demo;
    await page.locator('[data-export="report"]').click();
    const path = await savedFile(downloads, /report\.html$/);
    expect(await page.$eval('#saved-as', (host) => host.textContent)).toMatch(/^Saved as .*\.report\.html/);
    const html = readFileSync(path, 'utf8');
    expect(html).toContain(`webgpu-lmm ${VERSION}`);
    expect(html).not.toMatch(/<script|<link|https?:\/\/(?!www\.w3\.org)/);
    const report = await browser.newPage();
    await report.setContent(html);
    const text = await report.$eval('body', (body) => (body as HTMLElement).innerText);
    for (const words of [
      '~ stim + (1 | donor) + (1 | sample)',
      'Bates D, Mächler M',
      'Kenward MG, Roger JH (1997)',
      'Benjamini Y, Hochberg Y (1995)',
      'webgpu-lmm fit',
      'Notes and warnings',
      'genes with a p, the smallest first',
      'Diamonds are fitted means',
      'one donor is left out',
      'library(lmerTest)',
    ]) {
      expect(text, words).toContain(words);
    }
    expect(text).not.toMatch(/Satterthwaite FE|Smyth GK|glmmTMB/);
    const figures = await report.$$eval('figure svg', (all) => all.length);
    expect(figures).toBe(6 + 1 + 2 + 2);
    await report.close();
    expect(errors).toEqual([]);
  });

  it('opens a session whatever the browser called it', async () => {
    const { page, downloads, errors } = demo;
    await page.locator('[data-export="session"]').click();
    const path = await savedFile(downloads, /\.session\.json\.gz$/);
    expect(await page.$eval('#saved-as', (host) => host.textContent)).toMatch(/^Saved as .*\.session\.json\.gz/);
    const other = join(folder, 'download (3)');
    copyFileSync(path, other);
    await chooseFiles(page, [other]);
    // It opens with the view from which one went to save it, and the data that are open are those of its results.
    await page.waitForFunction(() => document.querySelector('[aria-selected="true"]')?.textContent !== 'Keep');
    await page.waitForSelector('[data-live]');
    expect(await page.$eval('#provenance', (line) => line.textContent)).toContain(
      '~ stim + (1 | donor) + (1 | sample)',
    );
    expect(await page.$('.problem p')).toBeNull();
    expect(errors).toEqual([]);
  });
});
