/** What tests of sessions do: save them, open them in a browser that knows nothing, see what stands. */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterEach } from 'vitest';
import { type Demo, press, savedFile } from './demo-page.ts';

/** What is seen of results: what they belong to, their view, the open gene (whose page loads by itself), how long the fit took. */
export async function seen(page: Page) {
  await page.waitForFunction(
    () => !document.querySelector('#tab-gene[aria-selected="true"]') || document.querySelector('#gene-name'),
  );
  return page.evaluate(() => {
    const text = (selector: string): string => document.querySelector(selector)?.textContent?.trim() ?? '';
    return {
      provenance: text('#provenance'),
      outcome: text('#outcome'),
      tab: text('[role="tab"][aria-selected="true"]'),
      gene: text('#gene-name'),
      coefficients: text('[role="tabpanel"]:not([hidden]) table'),
    };
  });
}

/** Notes that something of the data is lacking, and that results are old, as they are seen. */
export async function complaints(page: Page): Promise<string[]> {
  return page.$$eval('.lacking-data, #stale, .gene-content > .note, .keep > .note', (hosts) =>
    hosts
      .filter((host) => host instanceof HTMLElement && host.checkVisibility())
      .map((host) => host.textContent?.trim() ?? '')
      .filter((text) => /data/i.test(text)),
  );
}

export const isLive = (page: Page): Promise<unknown> => page.waitForSelector('[data-live]', { timeout: 60_000 });
export const tab = (page: Page, name: string): Promise<void> => press(page, `#tab-${name}`);

/** Waits until what opens data has made results live once more. */
export async function readAgain(page: Page, work: () => Promise<void>): Promise<void> {
  await page.evaluate(() => {
    const pane = document.querySelector('[data-live]');
    if (!pane) throw new Error('nothing is live');
    document.body.dataset['reads'] = '0';
    const watch = (): void => {
      if (pane.hasAttribute('data-live')) document.body.dataset['reads'] = '1';
    };
    new MutationObserver(watch).observe(pane, { attributeFilter: ['data-live'] });
  });
  await work();
  await page.waitForSelector('body[data-reads="1"]', { timeout: 60_000 });
}

export async function saveSession({ page, downloads }: Demo, folder: string, name: string): Promise<string> {
  await tab(page, 'keep');
  await page.waitForSelector('[data-export="session"]');
  await press(page, '[data-export="session"]');
  const path = await savedFile(downloads, /session\.json\.gz$/);
  const moved = join(folder, `${name}.session.json.gz`);
  copyFileSync(path, moved);
  rmSync(path);
  return moved;
}

/** Opens pages of browsers that know nothing of the one of the tests; they are closed after each test. */
export function freshPages(demo: Demo): () => Promise<Page> {
  const opened: Page[] = [];
  afterEach(async () => {
    for (const page of opened.splice(0)) await page.browserContext().close();
  });
  return async () => {
    const page = await (await demo.browser.createBrowserContext()).newPage();
    await page.setViewport({ width: 1280, height: 900 });
    opened.push(page);
    await page.goto(demo.url, { waitUntil: 'load' });
    await page.waitForSelector('[data-ready]');
    return page;
  };
}
