/** The application in WebKit, Safari's engine, without WebGPU: what it is told to do it does in one worker, with Node's numbers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { simulateCells, writeH5ad } from '../../src/doors/node.ts';
import { describeUnless, findTestWebKit } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { type DemoServer, serveDemo } from './demo-server.ts';
import { expectSameTable, tidyOnHost } from './host-fit.ts';
import { openWebKit, type WebKitPage } from './webkit-page.ts';

const FILE = 'examples/visits.csv';
const FORMULA = 'y ~ time * arm + age + (time | subject)';

declare global {
  interface Window {
    /** What went wrong since the page was opened. */
    wrong: string[];
    /** Texts of the files that were saved. */
    written: string[];
  }
}

describeUnless(findTestWebKit().lacking, 'the application in WebKit', () => {
  let server: DemoServer;
  let page: WebKitPage;
  const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-webkit-'));
  const text = (selector: string): Promise<string> =>
    page.run((wanted: string) => document.querySelector(wanted)?.textContent ?? '', selector);
  const shows = (selector: string, pattern: string): Promise<void> =>
    page.waitFor(
      (wanted: string, like: string) => new RegExp(like).test(document.querySelector(wanted)?.textContent ?? ''),
      selector,
      pattern,
    );
  const pressed = async (): Promise<void> => {
    await page.waitFor(() => document.querySelector('#run:not([disabled])') !== null);
    await page.click('#run');
  };

  beforeAll(async () => {
    server = await serveDemo();
    page = await openWebKit(server.url);
    await page.waitFor(() => document.documentElement.dataset['ready'] === 'true');
    await page.run(() => {
      window.wrong = [];
      addEventListener('error', ({ message }) => window.wrong.push(message));
      addEventListener('unhandledrejection', ({ reason }) => window.wrong.push(String(reason)));
      window.written = [];
      const address = URL.createObjectURL.bind(URL);
      URL.createObjectURL = (made: Blob) => {
        void made.text().then((written) => window.written.push(written));
        return address(made);
      };
    });
  });
  afterAll(async () => {
    await page?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('fits its example, whose design the worker reads from the data that it has opened', async () => {
    await page.click('[data-example="visits"]');
    await shows('.file', 'visits\\.csv');
    await shows('#compared', 'arm');
    await pressed();
    await shows('#outcome', '1 model fitted in float64');
  });

  it('agrees with R on it', async () => {
    await page.click('#tab-compare');
    await page.waitFor(() => document.querySelectorAll('#reference-table td').length === 4);
    const worst = await page.run(() =>
      [...document.querySelectorAll('#reference-table td')].map((cell) => Number(cell.textContent)),
    );
    const { logLik, coefficient, standardError, df } = TOLERANCE.demo.reference;
    [logLik, coefficient, standardError, df].forEach((bound, i) => {
      expect(worst[i]).toBeLessThan(bound);
    });
  });

  it('reads HDF5, fits its genes in threads and shows one', async () => {
    const cells = simulateCells({ genes: 60, cells: 300, donors: 6, density: 0.2, seed: 5 });
    const path = join(folder, 'cells.h5ad');
    await writeH5ad(path, { ...cells, rows: cells.rowNames.length, blocks: cells.blocks() });
    await page.chooseFiles('#files', [path]);
    await shows('.file', '^cells\\.h5ad$');
    await pressed();
    await shows('#outcome', '60 models fitted in float64 on \\d+ threads?');
    await page.waitFor(() => document.querySelector('.gene-body .gene-row') !== null);
    await page.click('.gene-body .gene-row');
    await page.waitFor(() => document.querySelector('#coefficients-table') !== null);
    expect(await text('#coefficients-table')).toMatch(/stim/);
  });

  it('reads a file and saves the numbers of Node', async () => {
    await page.chooseFiles('#files', [FILE]);
    await shows('.file', '^visits\\.csv$');
    await page.run((formula: string) => {
      const box = document.querySelector<HTMLInputElement>('#formula');
      if (!box) throw new Error('no formula');
      box.value = formula;
      box.dispatchEvent(new Event('input'));
      box.dispatchEvent(new Event('blur'));
    }, FORMULA);
    await pressed();
    await shows('#outcome', '\\b1 model');
    await page.click('#tab-keep');
    await page.waitFor(() => document.querySelector('[data-export="tidy tsv"]') !== null);
    await page.click('[data-export="tidy tsv"]');
    await page.waitFor(() => window.written.length > 0);
    const [saved] = await page.run(() => window.written);
    expectSameTable(saved, await tidyOnHost(FILE, { formula: FORMULA }), TOLERANCE.demo.betweenEngines);
  });

  it('raises no error', async () => {
    expect(await page.run(() => window.wrong)).toEqual([]);
    expect(await text('.problem')).toBe('');
  });

  it('starts and fits when its server is gone', async () => {
    await page.run(() => {
      void navigator.serviceWorker.ready.then(({ active }) => {
        const look = (): void => {
          document.documentElement.dataset['kept'] = active?.state ?? '';
        };
        look();
        active?.addEventListener('statechange', look);
      });
    });
    await page.waitFor(() => document.documentElement.dataset['kept'] === 'activated');
    await server.stop();
    await expect(fetch(server.url)).rejects.toThrow();
    await page.run(() => location.reload());
    await page.waitFor(() => document.documentElement.dataset['ready'] === 'true' && window.wrong === undefined);
    await page.chooseFiles('#files', [FILE]);
    await shows('.file', '^visits\\.csv$');
    await pressed();
    await shows('#outcome', '\\b1 model');
  });
});
