/**
 * The application in Firefox, an engine of JavaScript and of WebGPU (wgpu, naga) that is not Chromium's: without WebGPU, with
 * one that finds no adapter, and with a software adapter.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { lavapipeIcd } from '../../scripts/find-browser.mjs';
import { lackHardware } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { chooseFiles, type FirefoxOptions, pressFit, savedFile, typeFormula, waitForFit } from './demo-page.ts';
import { expectSameTable, tidyOnHost } from './host-fit.ts';
import { describeDemo } from './page-hands.ts';

const driver = lavapipeIcd();
const FILE = 'examples/visits.csv';
const FORMULA = 'y ~ time * arm + age + (time | subject)';

const SETTINGS: readonly {
  readonly name: string;
  readonly firefox: FirefoxOptions;
  readonly lacking: string | null;
  /** What the page says of the device. */
  readonly device: RegExp;
  /** What it says of a fit that was to use the device, and whether it did not. */
  readonly forced: RegExp;
  readonly fallsBack: boolean;
}[] = [
  {
    name: 'without WebGPU',
    firefox: { webgpu: false },
    lacking: null,
    device: /^no WebGPU, float64 on \d+ threads$/,
    forced: /fitted in float64/,
    fallsBack: true,
  },
  {
    name: 'with WebGPU that finds no adapter',
    firefox: { webgpu: true },
    lacking: process.platform === 'linux' ? null : 'drivers cannot be hidden here',
    device: /^no WebGPU, float64 on \d+ threads$/,
    forced: /fitted in float64/,
    fallsBack: true,
  },
  {
    name: 'with a software adapter',
    firefox: { webgpu: true, ...(driver === null ? {} : { driver }) },
    lacking: driver === null ? lackHardware('no lavapipe') : null,
    device: /^software WebGPU: unnamed adapter$/,
    forced: /fitted on unnamed adapter/,
    fallsBack: false,
  },
];

for (const { name, firefox, lacking, device, forced, fallsBack } of SETTINGS) {
  describeDemo(`the application in Firefox ${name}`, { firefox, lacking }, (demo) => {
    it('fits its example', async () => {
      const { page } = demo;
      await page.waitForFunction(() => (document.querySelector('.top .device')?.textContent ?? '') !== '');
      expect(await page.$eval('.top .device', (host) => host.textContent)).toMatch(device);
      await page.click('[data-example="cells"]');
      await pressFit(page);
      expect(await waitForFit(page)).toMatch(/2,000 models fitted in float64/);
      await page.waitForSelector('.volcano canvas');
    });

    it('agrees with R on its examples', async () => {
      const { page } = demo;
      await page.click('#tab-compare');
      await page.waitForSelector('#reference-table');
      const worst = await page.$$eval('#reference-table td', (cells) => cells.map((cell) => Number(cell.textContent)));
      const { logLik, coefficient, standardError, df } = TOLERANCE.demo.reference;
      expect(worst).toHaveLength(4);
      [logLik, coefficient, standardError, df].forEach((bound, i) => {
        expect(worst[i]).toBeLessThan(bound);
      });
    });

    it('saves the numbers of Node, on the device where it has one', async () => {
      const { page, downloads } = demo;
      await chooseFiles(page, [FILE]);
      await page.waitForFunction(() => document.querySelector('.file')?.textContent === 'visits.csv');
      await typeFormula(page, FORMULA);
      await page.select('.run select', 'webgpu');
      await pressFit(page);
      await page.waitForFunction(() => /\b1 model/.test(document.querySelector('#outcome')?.textContent ?? ''), {
        timeout: 110_000,
      });
      expect(await page.$eval('#outcome', (host) => host.textContent)).toMatch(forced);
      expect((await page.$('#fallback')) !== null).toBe(fallsBack);
      await page.click('#tab-keep');
      await page.locator('[data-export="tidy tsv"]').click();
      const saved = readFileSync(await savedFile(downloads, /tidy\.tsv$/), 'utf8');
      expectSameTable(saved, await tidyOnHost(FILE, { formula: FORMULA }), TOLERANCE.demo.betweenEngines);
    });

    it('raises no error', () => {
      expect(demo.errors).toEqual([]);
      expect(
        demo.requests.filter((request) => !/^(?:blob:|data:)/.test(request) && !request.startsWith(demo.url)),
      ).toEqual([]);
    });
  });
}
