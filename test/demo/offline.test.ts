/** The application without a server: kept by the browser, and opened from a folder. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, inject, it } from 'vitest';
import { simulateCells, writeH5ad } from '../../src/doors/node.ts';
import { chooseFiles, pressFit, waitForFit } from './demo-page.ts';
import { describeDemo } from './page-hands.ts';

describeDemo('the application without a network', { lacks: /^assets\/h5wasm-plugins\// }, (demo) => {
  it('can be installed, and starts and reads HDF5 when its server is gone', async () => {
    const { page, url, downloads, errors } = demo;
    const manifest = await (await fetch(new URL('manifest.webmanifest', url))).json();
    for (const { src, sizes } of manifest.icons as { src: string; sizes: string }[]) {
      expect((await fetch(new URL(src, url))).status, `${src} ${sizes}`).toBe(200);
    }
    await page.evaluate(async () => {
      const { active, installing, waiting } = await navigator.serviceWorker.ready;
      if (active?.state !== 'activated') {
        await new Promise((resolve) => (active ?? waiting ?? installing)?.addEventListener('statechange', resolve));
      }
    });
    await demo.stopServer();
    await expect(fetch(url)).rejects.toThrow();
    await page.reload({ waitUntil: 'load' });
    await page.waitForSelector('[data-ready]');
    const cells = simulateCells({ genes: 60, cells: 300, donors: 6, density: 0.2, seed: 5 });
    const path = join(downloads, 'cells.h5ad');
    await writeH5ad(path, { ...cells, rows: cells.rowNames.length, blocks: cells.blocks() });
    await chooseFiles(page, [path]);
    await pressFit(page);
    expect(await waitForFit(page)).toMatch(/models fitted in float64/);
    expect(errors).toEqual([]);
  });

  it('says how to serve it where it was opened from a folder', async () => {
    const page = await demo.browser.newPage();
    await page.goto(pathToFileURL(join(inject('builtPage'), 'index.html')).href);
    const text = await page.waitForSelector('.unstarted', { visible: true, timeout: 15_000 });
    expect(await text?.evaluate((host) => host.textContent)).toMatch(/file:\/\/.*npx webgpu-lmm serve/s);
    await page.close();
  });
});
