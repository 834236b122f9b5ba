/** Opens the page for tests, and what they do with it: read, press, set, save; and what the command writes beside it. */
import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { succeed } from '../cli/command.ts';
import { describeUnless, findTestBrowser, findTestFirefox, type Lacking } from '../requirements.ts';
import {
  chooseFiles,
  type Demo,
  type DemoOptions,
  fitAnew,
  openDemo,
  press as pressOn,
  savedFile,
  typeFormula,
  waitForText,
} from './demo-page.ts';

/** The view on show. */
const PANEL = '[role="tabpanel"]:not([hidden])';

/**
 * Tests of one page, which is opened before them and closed after; skipped, with the reason, where its browser or what else
 * they need is lacking.
 *
 * @param body names the tests; what is of the page is there once they run
 */
export function describeDemo(
  name: string,
  { lacking, ...options }: DemoOptions & { readonly lacking?: Lacking },
  body: (demo: Demo) => void,
): void {
  const browser = options.firefox ? findTestFirefox() : findTestBrowser();
  describeUnless(browser.lacking ?? lacking ?? null, name, () => {
    const demo = {} as Demo; // filled before the tests
    beforeAll(async () => {
      Object.assign(demo, await openDemo(options));
    });
    afterAll(() => demo.close?.());
    body(demo);
  });
}

export interface PageHands {
  /** What is seen of an element, with its lines. */
  text(selector: string): Promise<string>;
  /** All of its text in one line, hidden parts too. */
  words(selector: string): Promise<string>;
  exists(selector: string): Promise<unknown>;
  waitForText(selector: string, part: string): Promise<unknown>;
  /** Presses what something may stand over. */
  press(selector: string): Promise<void>;
  /** Sets a box. */
  setBox(selector: string, value: string): Promise<void>;
  /** Sets the box that a label names, of the view on show unless told. */
  setLabelled(label: string, value: string, within?: string): Promise<void>;
  /** Names a formula to be compared, and waits until it is checked. */
  addModel(formula: string): Promise<void>;
  openFiles(...paths: readonly string[]): Promise<void>;
  /** Fits a formula, and waits. */
  fitted(formula: string): Promise<void>;
  /** What a button saves, of the view on show unless told. */
  saved(button: string, pattern: RegExp, within?: string): Promise<string>;
  /** What the menu of a figure saves: its text, of PNG its bytes read as such. */
  savedFigure(figure: string, kind: 'svg' | 'png', pattern: RegExp): Promise<Buffer>;
  /** What the command writes for `--out TABLE=FILE.tsv`. */
  commanded(table: string, ...args: readonly string[]): Promise<string>;
  commandedAll(tables: readonly string[], ...args: readonly string[]): Promise<string[]>;
}

export function pageHands(demo: Demo): PageHands {
  // Opened after the tests are named.
  const page = () => demo.page;
  const text: PageHands['text'] = (selector) => page().$eval(selector, (host) => (host as HTMLElement).innerText);
  const exists: PageHands['exists'] = (selector) => page().waitForSelector(selector, { timeout: 60_000 });
  const press: PageHands['press'] = (selector) => pressOn(page(), selector);
  const takeSaved = async (pattern: RegExp): Promise<Buffer> => {
    const path = await savedFile(demo.downloads, pattern);
    const content = readFileSync(path);
    rmSync(path);
    return content;
  };
  const commandedAll: PageHands['commandedAll'] = async (tables, ...args) => {
    const paths = tables.map((table) => join(demo.downloads, `command-${table}.tsv`));
    await succeed(...args, '--quiet', ...tables.flatMap((table, k) => ['--out', `${table}=${paths[k]}`]));
    return paths.map((path) => {
      const content = readFileSync(path, 'utf8');
      rmSync(path);
      return content;
    });
  };
  const setBox: PageHands['setBox'] = (selector, value) =>
    page().$eval(
      selector,
      (box, wanted) => {
        const input = box as HTMLInputElement;
        input.value = wanted;
        input.dispatchEvent(new Event('change', { bubbles: true }));
      },
      value,
    );
  return {
    text,
    press,
    commandedAll,
    words: (selector) => page().$eval(selector, (host) => host.textContent?.replace(/\s+/g, ' ').trim() ?? ''),
    exists,
    waitForText: (selector, part) => waitForText(page(), selector, part),
    setBox,
    setLabelled: (label, value, within = PANEL) =>
      page().evaluate(
        (wanted, next, place) => {
          const fields = [...(document.querySelector(place)?.querySelectorAll('label') ?? [])];
          const field = fields.find((own) => own.querySelector('span')?.textContent === wanted);
          const box = field?.querySelector<HTMLInputElement | HTMLSelectElement>('input, select');
          if (!box) throw new Error(`no box ${wanted}`);
          box.value = next;
          box.dispatchEvent(new Event('change', { bubbles: true }));
        },
        label,
        value,
        within,
      ),
    async addModel(formula) {
      await press('#add-model');
      await setBox('.model-list li:last-of-type textarea', formula);
      await page().waitForFunction(
        () => document.querySelector('.model-list li:last-of-type textarea')?.getAttribute('aria-invalid') !== null,
      );
    },
    async openFiles(...paths) {
      await chooseFiles(page(), paths);
      await page().waitForFunction(
        (wanted) => document.querySelector('.file')?.textContent === wanted,
        {},
        basename(paths[0]),
      );
    },
    async fitted(formula) {
      await typeFormula(page(), formula);
      expect(await fitAnew(page())).toMatch(/fitted in float64/);
    },
    async saved(button, pattern, within = PANEL) {
      await exists(`${within} [data-export="${button}"]`);
      await press(`${within} [data-export="${button}"]`);
      return (await takeSaved(pattern)).toString('utf8');
    },
    async savedFigure(figure, kind, pattern) {
      await exists(`${PANEL} [data-figure="${figure}"] [data-save="${kind}"]`);
      await press(`${PANEL} [data-figure="${figure}"] [data-save="${kind}"]`);
      return takeSaved(pattern);
    },
    commanded: async (table, ...args) => (await commandedAll([table], ...args))[0],
  };
}
