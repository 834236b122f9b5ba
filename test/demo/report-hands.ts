/** Saves the report of the page, and reads what it has as those do who open it. */
import { expect } from 'vitest';
import type { Demo } from './demo-page.ts';
import { pageHands } from './page-hands.ts';

export interface Report {
  /** Names and values of tables of facts. */
  readonly facts: ReadonlyMap<string, string>;
  readonly headings: readonly string[];
  /** Text outside tables and figures. */
  readonly words: string;
  readonly captions: readonly string[];
  /** Texts within the drawing of each figure. */
  readonly drawings: readonly string[];
  /** The cells of each table, its heading first, by what it is of. */
  readonly tables: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** Pixels that the page is wide at 390, and boxes that cut something off on paper. */
  readonly narrow: number;
  readonly cut: number;
}

/** Saves the report and reads it in a tab of its own. */
export function reportReader(demo: Demo): () => Promise<Report> {
  const { press, exists, saved } = pageHands(demo);
  return async () => {
    await press('#tab-keep');
    await exists('[data-export="report"]');
    const html = await saved('report', /report\.html$/);
    const page = await demo.browser.newPage();
    await page.setViewport({ width: 390, height: 800 });
    await page.setContent(html);
    const read = await page.evaluate(() => {
      const texts = (selector: string): string[] =>
        [...document.querySelectorAll(selector)].map((host) => host.textContent ?? '');
      return {
        facts: [...document.querySelectorAll('table.facts tr')].map(({ children: [name, value] }): [string, string] => [
          name.textContent ?? '',
          value.textContent ?? '',
        ]),
        headings: texts('h2, h3'),
        words: texts('body > p, body > ul, body > ol').join('\n'),
        captions: texts('figcaption'),
        drawings: [...document.querySelectorAll('figure svg')].map((svg) =>
          [...svg.querySelectorAll('title, text')].map((part) => part.textContent ?? '').join('\n'),
        ),
        tables: [...document.querySelectorAll('[role="region"]')].map((box): [string, string[][]] => [
          box.getAttribute('aria-label') ?? '',
          [...box.querySelectorAll('tr')].map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
        ]),
        narrow: document.documentElement.scrollWidth,
        isReadable: document.querySelector('meta[name="viewport"]') !== null && document.documentElement.lang === 'en',
      };
    });
    expect(read.isReadable).toBe(true);
    await page.emulateMediaType('print');
    await page.setViewport({ width: 720, height: 1000 });
    const cut = await page.$$eval(
      '.scroll, pre',
      (all) => all.filter((box) => getComputedStyle(box).overflowX !== 'visible').length,
    );
    await page.close();
    return { ...read, facts: new Map(read.facts), tables: new Map(read.tables), cut };
  };
}
