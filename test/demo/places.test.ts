/** Where one stands on the page: what is opened is in sight with the focus, and coming back leads to the place that was left. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { example, temporaryFolder } from '../cli/command.ts';
import { chooseFiles, pressFit, savedFile, typeFormula, waitForFit } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';

const folder = temporaryFolder();

/** Pixels below the edge of the window within which the name of a gene stands at the top. */
const TOP = 40;

describeDemo('places on the page', { width: 1440 }, (demo) => {
  const { text, exists, waitForText, press, openFiles } = pageHands(demo);

  const focused = (): Promise<string> =>
    demo.page.evaluate(() => {
      const { activeElement } = document;
      return `${activeElement?.id ?? ''} ${activeElement?.getAttribute('class') ?? ''}`.trim();
    });
  const scrolled = (): Promise<number> => demo.page.evaluate(() => Math.round(window.scrollY));
  const top = (selector: string): Promise<number> =>
    demo.page.$eval(selector, (host) => Math.round(host.getBoundingClientRect().top));
  const active = (): Promise<string> =>
    demo.page.$eval('.gene-scroll', (grid) => {
      const cell = document.getElementById(grid.getAttribute('aria-activedescendant') ?? '');
      return cell?.closest('[role="row"]')?.querySelector('.cell')?.textContent ?? '';
    });
  const problems = (): Promise<string> =>
    demo.page.$$eval('.problem', (hosts) =>
      hosts
        .map((host) => host.textContent)
        .join(' ')
        .trim(),
    );

  /** The name at the top, and the focus on it. */
  async function expectGene(name: string): Promise<void> {
    await demo.page.waitForFunction(
      (wanted) => document.activeElement?.id === 'gene-name' && document.activeElement.textContent === wanted,
      {},
      name,
    );
    // What comes after does not push it away.
    await exists('.plot.gene canvas');
    const place = await top('#gene-name');
    expect(place).toBeGreaterThanOrEqual(0);
    expect(place).toBeLessThan(TOP);
  }

  async function expectRow(name: string, place: number): Promise<void> {
    await demo.page.waitForFunction(() => document.activeElement?.classList.contains('gene-scroll'));
    expect(await active()).toBe(name);
    expect(await scrolled()).toBe(place);
  }

  it('keeps the focus on Fit, during the fit and after it', async () => {
    const { page } = demo;
    await page.click('[data-example="cells"]');
    await page.waitForSelector('#run:not([disabled])');
    await page.focus('#run');
    await page.keyboard.press('Enter');
    expect(await focused()).toMatch(/^run/);
    expect(await page.$eval('#run', (button) => button.getAttribute('aria-disabled'))).toBe('true');
    // Pressed again it begins no other fit.
    await page.keyboard.press('Enter');
    await waitForFit(page);
    expect(await focused()).toMatch(/^run/);
    expect(await page.$eval('#run', (button) => button.getAttribute('aria-disabled'))).toBe('false');
  });

  it.each([1440, 390])('opens every gene at its name and comes back to its row, %i pixels wide', async (width) => {
    const { page } = demo;
    await page.setViewport({ width, height: 900 });
    await press('#tab-genes');
    await exists('.gene-body .gene-row');
    await page.focus('.gene-scroll');
    for (let round = 0; round < 2; round++) {
      await page.keyboard.press('ArrowDown');
      const [name, place] = [await active(), await scrolled()];
      await page.keyboard.press('Enter');
      await expectGene(name);
      await page.goBack();
      await expectRow(name, place);
      await page.goForward();
      await expectGene(name);
      await page.keyboard.press('Escape');
      await expectRow(name, place);
    }
    // By the pointer too.
    await page.click('.gene-body .gene-row:nth-child(2)');
    await page.waitForFunction(() => document.activeElement?.id === 'gene-name');
    expect(await top('#gene-name')).toBeLessThan(TOP);
    // Tabs keep the focus.
    await page.focus('#tab-gene');
    await page.keyboard.press('ArrowLeft');
    expect(await focused()).toBe('tab-diagnostics');
    await page.setViewport({ width: 1440, height: 900 });
  });

  it('says beside the button why nothing can be fitted, and leads to the field', async () => {
    const { page } = demo;
    const described = (): Promise<string | null> =>
      page.$eval(
        '#run',
        (button) => document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent ?? null,
      );
    expect(await described()).toBeNull();
    await typeFormula(page, '~ stimm + (1 | donor)');
    await waitForText('#fit-reason', "no column 'stimm'");
    expect(await described()).toContain(
      "Not to be fitted as it is: no column 'stimm'; did you mean 'stim'? (formula, column 3).",
    );
    expect(await text('.outcome .stale')).not.toContain('fit again');
    expect(await text('#formula-error p')).toBe("no column 'stimm'; did you mean 'stim'? (formula, column 3)");
    await page.$eval('.step:nth-child(2)', (step) => step.removeAttribute('open'));
    await press('#fit-reason a');
    expect(await focused()).toMatch(/^formula/);
    expect(await top('#formula')).toBeLessThan(900);
    await openFiles(example('couples.csv'));
    expect(await described()).toMatch(/^There is no formula yet: .* Go to the formula$/);
  });

  it('has the same results for the same terms in another order', async () => {
    const { page } = demo;
    await openFiles(example('trial.csv'));
    await typeFormula(page, 'score ~ week * arm + (week | subject)');
    await pressFit(page);
    await waitForFit(page);
    const stale = (): Promise<string> => page.$eval('#stale', (note) => note.textContent ?? '');
    await typeFormula(page, 'score ~ arm * week + (week | subject)');
    expect(await stale()).toBe('');
    await typeFormula(page, 'score ~ arm + week + (week | subject)');
    expect(await stale()).toContain('The design has changed');
    await typeFormula(page, 'score ~ week * arm + (week | subject)');
    expect(await stale()).toBe('');
  });

  it('says what dropped files are taken for', async () => {
    const { page } = demo;
    const sets = join(folder, 'sets.gmt');
    writeFileSync(sets, 'one\tof two\tA\tB\n');
    await chooseFiles(page, [sets]);
    await waitForText('.problem', 'which the ranks of many genes test: there is one response here');
    const second = join(folder, 'second.csv');
    copyFileSync(example('trial.csv'), second);
    await chooseFiles(page, [example('trial.csv'), second]);
    await waitForText('.problem', 'two tables are read as a pair, trial.csv as responses');
    expect(await problems()).toContain('Open one table alone');
  });

  it('has the steps open again when other data are opened on a narrow page', async () => {
    const { page } = demo;
    await page.setViewport({ width: 390, height: 800 });
    const steps = (): Promise<boolean[]> =>
      page.$$eval('details.step', (all) => all.map((step) => step.hasAttribute('open')));
    await openFiles(example('trial.csv'));
    await page.focus('#run');
    await pressFit(page);
    await waitForFit(page);
    expect(await steps()).toEqual([false, false, false]);
    expect(await focused()).toMatch(/^tab-gene/);
    await openFiles(example('visits.csv'));
    expect(await steps()).toEqual([true, true, true]);
    expect(await top('.steps')).toBeLessThan(800);
    await page.setViewport({ width: 1440, height: 900 });
  });

  it('asks before results are lost whose storage was refused, knows a session by its content, and forgets everything', async () => {
    const { page } = demo;
    let asked = 0;
    page.on('dialog', (dialog) => {
      asked += 1;
      void dialog.accept();
    });
    await openFiles(example('trial.csv'));
    await pressFit(page);
    await waitForFit(page);
    await press('#tab-keep');
    await exists('[data-export="session"]');
    await page.waitForFunction(() =>
      /the results of trial.csv/.test(document.querySelector('#stored')?.textContent ?? ''),
    );
    // Left at once, before anything that is stored can be gone.
    await Promise.all([
      page.waitForNavigation({ waitUntil: 'load' }),
      page.evaluate(() => {
        document.querySelector<HTMLInputElement>('#view-keep .storage input')?.click();
        location.reload();
      }),
    ]);
    await page.waitForSelector('[data-ready]');
    expect(asked).toBe(1);
    expect(await page.$eval('#results', (pane) => pane.querySelector('.empty')?.hasAttribute('hidden'))).toBe(false);

    // Allowed again, and of a saved session nothing is lost.
    await page.click('.storage input');
    await openFiles(example('trial.csv'));
    await pressFit(page);
    await waitForFit(page);
    await press('#tab-keep');
    await exists('[data-export="session"]');
    await press('[data-export="session"]');
    await waitForText('#saved-as', 'session.json.gz');
    await page.click('#view-keep .storage input');
    const renamed = join(folder, 'session.txt');
    copyFileSync(await savedFile(demo.downloads, /session\.json\.gz$/), renamed);
    await page.reload();
    await page.waitForSelector('[data-ready]');
    expect(asked).toBe(1);
    await chooseFiles(page, [renamed]);
    await waitForText('#provenance', 'trial.csv');
    expect(await problems()).toBe('');

    await page.click('.storage input');
    await press('#tab-keep');
    await exists('[data-export="forget"]');
    await page.evaluate(() => document.documentElement.setAttribute('data-old', ''));
    await press('[data-export="forget"]');
    await page.waitForFunction(
      () => !document.documentElement.hasAttribute('data-old') && document.querySelector('[data-ready]'),
    );
    // Longer than settings take to be written.
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
    expect(demo.errors).toEqual([]);
  });
});
