import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { expect, it } from 'vitest';
import { example } from '../cli/command.ts';
import { chooseFiles, type Demo, dropFiles, fitAnew, typeFormula } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const THEMES = ['light', 'dark'] as const;

/** Lets the page draw what was asked for. */
const settled = (demo: Demo, milliseconds = 150): Promise<void> =>
  demo.page.evaluate(
    (time) => new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve, time))),
    milliseconds,
  );

interface Question {
  /** All unless named. */
  readonly rules?: readonly string[];
  /** The whole page unless named. */
  readonly part?: string;
}

/** What axe-core finds fault with, a line each. */
async function faults(demo: Demo, { rules = [], part = 'html' }: Question = {}): Promise<string[]> {
  const { page } = demo;
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const ask = async (only: readonly string[], within: string): Promise<AxeResults> => {
    const { axe } = globalThis as unknown as { axe: { run(context: string, options: unknown): Promise<AxeResults> } }; // put there above
    return axe.run(within, { resultTypes: ['violations'], ...(only.length > 0 ? { runOnly: only } : {}) });
  };
  const { violations } = await page.evaluate(ask, rules, part);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) =>
        `${id}: ${target.join(' ')}: ${failureSummary?.split('\n').slice(1, 3).join(';')}`,
    ),
  );
}

/** The tabs that can be chosen, whichever there are. */
const tabs = (demo: Demo): Promise<string[]> =>
  demo.page.$$eval('#results [role="tab"]', (all) =>
    all.filter((tab) => tab instanceof HTMLElement && !tab.hidden).map((tab) => tab.id),
  );

async function chooseTheme(demo: Demo, theme: (typeof THEMES)[number]): Promise<void> {
  for (let press = 0; press < 3; press++) {
    const now = await demo.page.$eval('header.top', (host) => host.textContent ?? '');
    if (now.includes(`Theme: ${theme}`)) return;
    await demo.page.$eval('header.top button', (button) => button.click());
  }
  throw new Error(`no theme ${theme}`);
}

const focused = (demo: Demo): Promise<string> =>
  demo.page.evaluate(() => {
    const { activeElement } = document;
    return `${activeElement?.localName}.${activeElement?.getAttribute('class') ?? ''}#${activeElement?.id ?? ''}`;
  });

/** What a screen reader says of the active cell of the table. */
const activeCell = (demo: Demo) =>
  demo.page.$eval('.gene-scroll', (grid) => {
    const cell = document.getElementById(grid.getAttribute('aria-activedescendant') ?? '');
    return {
      role: cell?.getAttribute('role'),
      text: cell?.textContent,
      column: Number(cell?.getAttribute('aria-colindex')),
      row: Number(cell?.parentElement?.getAttribute('aria-rowindex')),
    };
  });

describeDemo('the application, for everybody', {}, (demo) => {
  const { press, setBox } = pageHands(demo);
  it.each(THEMES)('has no fault that axe-core finds before anything is open, %s', async (theme) => {
    await chooseTheme(demo, theme);
    expect(await faults(demo)).toEqual([]);
  });

  it('has none in any of its views, in both themes', async () => {
    const { page, downloads } = demo;
    await page.click('[data-example="cells"]');
    await page.waitForSelector('#run:not([disabled])');
    await setBox('[data-key="split"] select', 'cell_type');
    expect(await fitAnew(page)).toMatch(/6,000 models fitted/);
    const sets = join(downloads, 'own.gmt');
    const genes = Array.from({ length: 40 }, (_, i) => `gene${String(10 * i + 7).padStart(4, '0')}`);
    writeFileSync(sets, `first\tabout\t${genes.slice(0, 20).join('\t')}\nsecond\t\t${genes.slice(10).join('\t')}\n`);
    await dropFiles(page, [sets]);
    await page.waitForSelector('#gene-sets-table');
    await press('#tab-genes');
    await page.waitForSelector('.gene-body .gene-row');
    await page.focus('.gene-scroll');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.caterpillar canvas');
    const found: Record<string, string[]> = {};
    const all = await tabs(demo);
    expect(all).toEqual(
      expect.arrayContaining(['tab-overview', 'tab-genes', 'tab-sets', 'tab-diagnostics', 'tab-keep']),
    );
    for (const theme of THEMES) {
      await chooseTheme(demo, theme);
      for (const tab of all) {
        await press(`#${tab}`);
        await settled(demo, 400);
        // Themes differ in nothing but colours, and views in nothing but the results.
        const rules = theme === 'light' ? [] : ['color-contrast'];
        const list = await faults(demo, { rules, part: tab === 'tab-genes' ? 'html' : '#results' });
        if (list.length > 0) found[`${tab} ${theme}`] = list;
      }
    }
    expect(found).toEqual({});
  });

  it('never scrolls sideways, and keeps name, effect and p in sight', async () => {
    const { page } = demo;
    const wide: string[] = [];
    for (const width of [390, 1024, 1440]) {
      await page.setViewport({ width, height: 900 });
      for (const tab of await tabs(demo)) {
        await press(`#${tab}`);
        await settled(demo);
        const beyond = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        if (beyond > 0) wide.push(`${tab} at ${width}: ${beyond}`);
      }
      await press('#tab-genes');
      await settled(demo);
      const cells = await page.$eval('.gene-scroll', (grid) => ({
        beyond: grid.scrollWidth - grid.clientWidth,
        shown: [...grid.querySelectorAll<HTMLElement>('.head .cell')]
          .filter((cell) => cell.offsetWidth > 0)
          .map((cell) => cell.textContent),
        // A number that is cut would be another number.
        cut: [...grid.querySelectorAll<HTMLElement>('.gene-body .cell.number')]
          .filter((cell) => cell.scrollWidth > cell.clientWidth)
          .map((cell) => cell.textContent),
      }));
      expect(cells.beyond).toBe(0);
      expect(cells.cut, `cut at ${width}`).toEqual([]);
      expect(cells.shown).toEqual(expect.arrayContaining(['Gene', 'Estimate', 'p', 'adj. p']));
      if (width >= 1024) expect(cells.shown).toEqual(expect.arrayContaining(['SE', 't', 'Note']));
    }
    expect(wide).toEqual([]);
    await page.setViewport({ width: 1280, height: 900 });
  });

  it('reads its table aloud, cell by cell', async () => {
    const { page } = demo;
    await press('#tab-genes');
    await settled(demo);
    const grid = await page.$eval('.gene-scroll', (host) => ({
      role: host.getAttribute('role'),
      rows: Number(host.getAttribute('aria-rowcount')),
      columns: Number(host.getAttribute('aria-colcount')),
      heads: [...host.querySelectorAll('[role="columnheader"]')].map((head) => head.getAttribute('aria-sort')),
    }));
    expect(grid).toMatchObject({ role: 'grid', rows: 2001, columns: 10 });
    expect(grid.heads.filter((sort) => sort !== 'none')).toEqual(['ascending']);
    await page.focus('.gene-scroll');
    await page.keyboard.press('Home');
    expect(await activeCell(demo)).toMatchObject({ role: 'gridcell', row: 2, column: 1 });
    await page.keyboard.press('ArrowRight');
    expect(await activeCell(demo)).toMatchObject({ row: 2, column: 2, text: expect.stringMatching(/^−?\d/) });
    await page.keyboard.press('End');
    await settled(demo);
    // A row that was not made before is there as soon as it is the active one.
    expect(await activeCell(demo)).toMatchObject({ role: 'gridcell', row: 2001, column: 2 });
    // Scrolled out of sight it stays named.
    await page.$eval('.gene-scroll', (host) => {
      host.scrollTop = 0;
    });
    await settled(demo);
    expect(await activeCell(demo)).toMatchObject({ row: 2001 });
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowUp');
    expect(await activeCell(demo)).toMatchObject({ role: 'columnheader', row: 1, column: 2, text: 'Estimate' });
    await page.keyboard.press('Enter');
    expect(await page.$eval('.head .effect', (head) => head.getAttribute('aria-sort'))).toBe('ascending');
    await page.keyboard.press('Enter');
    expect(await page.$eval('.head .effect', (head) => head.getAttribute('aria-sort'))).toBe('descending');
  });

  it('gives the focus back when a gene is closed, and keeps it where boxes are made again', async () => {
    const { page } = demo;
    await page.focus('.gene-scroll');
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowLeft'] as const) await page.keyboard.press(key);
    const before = await activeCell(demo);
    expect(before).toMatchObject({ row: 4, column: 1 });
    await page.keyboard.press('Enter');
    await page.waitForSelector('#gene-name');
    expect(await page.$eval('#view-gene', (pane) => pane.contains(document.activeElement))).toBe(true);
    expect(await page.$eval('#gene-name', (host) => host.textContent)).toContain(before.text ?? '?');
    await page.keyboard.press('Escape');
    await settled(demo);
    expect(await focused(demo)).toMatch(/gene-scroll/);
    expect(await activeCell(demo)).toEqual(before);
    // Opened from the plot, the focus comes back to the plot.
    await page.$eval('.volcano svg', (plot) => (plot as SVGElement).focus());
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await settled(demo);
    await page.keyboard.press('Escape');
    await settled(demo);
    expect(await page.$eval('.volcano', (plot) => plot.contains(document.activeElement))).toBe(true);

    await page.focus('.split-choice select');
    await page.select('.split-choice select', 'B');
    await settled(demo);
    expect(await page.$eval('.split-choice select', (box) => box === document.activeElement)).toBe(true);
    expect(await page.$eval('.split-choice select', (box) => (box as HTMLSelectElement).value)).toBe('B');
  });

  it('says what is wrong where a file was dropped, also on a narrow page', async () => {
    const { page, downloads } = demo;
    await page.setViewport({ width: 390, height: 800 });
    const broken = join(downloads, 'broken.h5ad');
    writeFileSync(broken, 'no HDF5');
    await page.evaluate(() => {
      for (const step of document.querySelectorAll<HTMLDetailsElement>('details.step')) step.open = false;
    });
    await dropFiles(page, [broken]);
    await page.waitForFunction(() => document.querySelector('.problem p') !== null);
    const seen = await page.$eval('.problem:not(:empty)', (problem) => {
      const { top, bottom } = problem.getBoundingClientRect();
      return bottom > 0 && top < innerHeight && problem.closest('details')?.open === true;
    });
    expect(seen).toBe(true);
    expect(await page.$eval('.step', (step) => step.querySelector('.problem')?.textContent)).toMatch(/HDF5/);
    await page.setViewport({ width: 1280, height: 900 });
    // A file of gene sets that is none says so in its view.
    const wrong = join(downloads, 'wrong.gmt');
    writeFileSync(wrong, 'set\tabout\tNOT1\tNOT2\tNOT3\n');
    await dropFiles(page, [wrong]);
    await page.waitForFunction(() =>
      /none of the 3 genes/.test(document.querySelector('#view-sets')?.textContent ?? ''),
    );
    await page.waitForSelector('#gene-sets-table', { hidden: true });
  });

  it('has no fault that axe-core finds in steps of which everything is open', async () => {
    const { page } = demo;
    await chooseFiles(page, [example('trial.csv')]);
    await page.waitForSelector('#take-trial');
    await page.waitForSelector('#compared');
    for (const width of [390, 1024]) {
      await page.setViewport({ width, height: 900 });
      await page.$$eval('.steps details', (all) => {
        for (const one of all) one.open = true;
      });
      await settled(demo);
      expect(await faults(demo, { part: '.steps' })).toEqual([]);
    }
    await page.setViewport({ width: 1280, height: 900 });
  });

  it('hides no message behind the button that fits, and speaks of boxes, not of a command', async () => {
    const { page } = demo;
    await page.click('[data-example="cells"]');
    await page.waitForSelector('#run:not([disabled])');
    await typeFormula(page, '~ stimm + (1 | donor)');
    await page.waitForFunction(() => /stimm/.test(document.querySelector('#formula-error')?.textContent ?? ''));
    for (const height of [600, 900]) {
      await page.setViewport({ width: 1280, height });
      await settled(demo);
      const covered = await page.evaluate(() => {
        const run = document.querySelector('.steps > .step:last-child')?.getBoundingClientRect();
        const choices = document.querySelector('.choices')?.getBoundingClientRect();
        if (!run || !choices) throw new Error('no steps');
        return { over: choices.bottom - run.top, below: run.bottom - innerHeight };
      });
      expect(covered.over).toBeLessThanOrEqual(0);
      expect(covered.below).toBeLessThanOrEqual(0);
    }
    await typeFormula(page, '~ stim + (1 | donor) + (1 | sample)');
    await page.setViewport({ width: 1280, height: 900 });
    const words: string[] = [];
    for (const tab of await tabs(demo)) {
      await press(`#${tab}`);
      await settled(demo);
      // Code that is offered for a terminal is what it is for.
      const text = await page.evaluate(() => {
        const copy = document.body.cloneNode(true) as HTMLElement;
        for (const code of copy.querySelectorAll('.code, script, .unstarted')) code.remove();
        const hints = [...copy.querySelectorAll('[title], [placeholder]')].flatMap((one) => [
          one.getAttribute('title'),
          one.getAttribute('placeholder'),
        ]);
        return [copy.textContent, ...hints].join('\n');
      });
      words.push(...(text.match(/.{0,40}(?:^|\s)--[a-z][a-z-]+.{0,20}/gm) ?? []));
    }
    expect(words).toEqual([]);
  });

  it('raises no error on the page', () => {
    expect(demo.errors).toEqual([]);
  });
});
