/** Code that does not come, as the network is away or the server has another version by now: the page says so, and goes on. */
import type { Page } from 'puppeteer';
import { afterEach, expect, it } from 'vitest';
import { example } from '../cli/command.ts';
import { chooseFiles, pressFit, waitForFit, waitForText } from './demo-page.ts';
import { describeDemo } from './page-hands.ts';
import { freshPages, tab } from './session-hands.ts';

const WORDS = 'A part of this view could not be loaded. Load the page again.';

const NOTHING = /^$/;
/** What the server has not, at present. */
let refused = NOTHING;

describeDemo('code that does not come', { lacks: { test: (path) => refused.test(path) } }, (demo) => {
  const openFresh = freshPages(demo);
  afterEach(() => {
    refused = NOTHING;
  });

  /** A page that knows nothing yet, stores nothing of the server, and what fails in it. */
  async function openPage(): Promise<{ readonly page: Page; readonly failed: string[] }> {
    const page = await openFresh();
    const failed: string[] = [];
    page.on('pageerror', (error) => failed.push(String(error)));
    await page.setBypassServiceWorker(true);
    return { page, failed };
  }

  async function fitVisits(page: Page): Promise<void> {
    await chooseFiles(page, [example('visits.csv')]);
    await page.waitForSelector('#run:not([disabled])');
    await pressFit(page);
    await waitForFit(page);
  }

  const seen = (page: Page, selector: string): Promise<string> =>
    page.$eval(selector, (host) => (host instanceof HTMLElement ? host.innerText : ''));

  it('is said where the tables of a model, its R code and a report would be', async () => {
    const { page, failed } = await openPage();
    refused = /\/(model-tables|r-code|report)-[^/]*\.js/;
    await fitVisits(page);
    await waitForText(page, '.gene-content', WORDS);
    await page.waitForFunction(
      (words) => (document.querySelector('#view-gene')?.textContent ?? '').split(words).length === 3,
      {},
      WORDS,
    );
    expect(await page.$('#coefficients-table')).toBeNull();
    await tab(page, 'keep');
    await page.waitForSelector('[data-export="report"]');
    await page.click('[data-export="report"]');
    await waitForText(page, '.keep .warning', 'part of this page could not be loaded. Load the page again.');
    expect(await seen(page, '.keep .warning')).not.toMatch(/import|http/);
    // What comes later is shown.
    refused = NOTHING;
    await tab(page, 'gene');
    await page.waitForSelector('#coefficients-table');
    expect(await seen(page, '#view-gene')).not.toContain(WORDS);
    expect(failed).toEqual([]);
  });

  it('of what was stored leaves a page that works', async () => {
    const { page, failed } = await openPage();
    await fitVisits(page);
    await page.waitForSelector('#coefficients-table');
    await new Promise((wait) => setTimeout(wait, 900));
    refused = /\/restored-[^/]*\.js/;
    await page.reload({ waitUntil: 'load' });
    await page.waitForSelector('[data-ready]');
    await waitForText(page, 'main', 'part of this page could not be loaded');
    expect(failed).toEqual([]);
    // It was left where it is.
    refused = NOTHING;
    await page.reload({ waitUntil: 'load' });
    await waitForText(page, '#provenance', 'visits.csv');
  });
});
