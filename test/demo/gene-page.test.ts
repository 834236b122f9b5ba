/** The page of one response or gene: trajectories, residuals, influence, predictions, against the command on the same file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { beforeAll, expect, it } from 'vitest';
import { example, rowsOf, run, temporaryFolder } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { pressFit, savedFile, typeFormula, waitForFit } from './demo-page.ts';
import { describeDemo } from './page-hands.ts';

const FORMULA = 'y ~ time * arm + age + (time | subject)';

/** Opens a part of the page and waits until it is computed. */
async function openSection(page: Page, id: string): Promise<string> {
  await page.$eval(`#${id} > summary`, (summary) => (summary as HTMLElement).click());
  await page.waitForSelector(`#${id}[data-done]`, { timeout: 60_000 });
  return page.$eval(`#${id} .demand-body`, (body) => body.textContent ?? '');
}

/** What a screen reader hears of a plot. */
function labelOf(page: Page, selector: string): Promise<string> {
  return page.$eval(`${selector} svg[aria-label]`, (svg) => svg.getAttribute('aria-label') ?? '');
}

describeDemo('the page of one response', {}, (demo) => {
  const folder = temporaryFolder();
  beforeAll(async () => {
    const { page } = demo;
    await page.click('[data-example="visits"]');
    await page.waitForSelector('#run:not([disabled])', { timeout: 30_000 });
    await typeFormula(page, FORMULA);
    await pressFit(page);
    await waitForFit(page);
  });

  it('shows what was seen over time, with means and fitted lines', async () => {
    const { page } = demo;
    await page.waitForSelector('.plot.trajectories canvas', { timeout: 30_000 });
    const label = await labelOf(page, '.plot.trajectories');
    expect(label).toMatch(/^Trajectories\. y by time\. placebo: 30 lines, mean from .* treated: 30 lines, mean from/);
    // Its first mean is the marginal mean of the command at the first time.
    const [, first] = /placebo: 30 lines, mean from ([\d.]+) at time 0/.exec(label) ?? [];
    const { stdout, stderr } = await run([
      ...['fit', example('visits.csv'), '--formula', FORMULA, '--emmeans', 'arm', '--at', 'time=0'],
      ...['--format', 'emmeans', '--quiet', '--no-notes'],
    ]);
    const mean = rowsOf(stdout).find((row) => row['arm'] === 'placebo');
    expect(Number(first), stderr).toBeCloseTo(Number(mean?.['estimate']), 1);
    await page.$eval('.gene-figure .check input', (box) => (box as HTMLElement).click());
    await page.waitForFunction(() =>
      /fitted values with the effects/.test(document.querySelector('.gene-figure')?.textContent ?? ''),
    );
    expect(await page.$('.plot.trajectories canvas')).not.toBeNull();
  });

  it('shows residuals against fitted values, normal quantiles and groups', async () => {
    const { page } = demo;
    const text = await openSection(page, 'residuals');
    expect(text).toMatch(/341 rows\. Residuals are standardised/);
    const labels = await page.$$eval('#residuals svg[aria-label]', (all) =>
      all.map((svg) => svg.getAttribute('aria-label')),
    );
    expect(labels).toHaveLength(3);
    // The ends are those of the command's residuals.
    const target = join(folder, 'augment.tsv');
    await run([
      ...['fit', example('visits.csv'), '--formula', FORMULA, '--out', `augment=${target}`, '--quiet', '--no-notes'],
    ]);
    const standardised = rowsOf(readFileSync(target, 'utf8')).map((row) => Number(row['.resid.standardised']));
    const [least, most] = [Math.min(...standardised), Math.max(...standardised)];
    const [, low, high] = /341 residuals from (\S+) to (\S+) against/.exec(labels[0] ?? '') ?? [];
    expect(Number(low.replace('−', '-'))).toBeCloseTo(least, 1);
    expect(Number(high)).toBeCloseTo(most, 1);
    expect(labels[2]).toMatch(/Residuals by arm, 2 levels/);
    await page.select('#residuals select', 'subject');
    await page.waitForFunction(() =>
      [...document.querySelectorAll('#residuals svg[aria-label]')].some((svg) =>
        /by subject, 60 levels/.test(svg.getAttribute('aria-label') ?? ''),
      ),
    );
  });

  it('shows what each subject does to an effect', async () => {
    const { page } = demo;
    await openSection(page, 'influence');
    const { stdout } = await run([
      ...['influence', example('visits.csv'), '--formula', FORMULA, '--quiet', '--no-notes'],
    ]);
    const rows = rowsOf(stdout).filter((row) => row['effect'] === 'fixed' && row['term'] === 'armtreated');
    const furthest = rows.reduce((best, row) =>
      Math.abs(Number(row['delta'])) > Math.abs(Number(best['delta'])) ? row : best,
    );
    const worst = rows.reduce((best, row) =>
      Number(row['cooks.distance']) > Number(best['cooks.distance']) ? row : best,
    );
    await page.select('#influence select', 'armtreated');
    await page.waitForFunction(
      (name) =>
        document
          .querySelector('#influence svg[aria-label]')
          ?.getAttribute('aria-label')
          ?.includes(`${name} is furthest`),
      {},
      furthest['deleted'],
    );
    const labels = await page.$$eval('#influence svg[aria-label]', (all) =>
      all.map((svg) => svg.getAttribute('aria-label')),
    );
    expect(labels[1]).toContain(`${worst['deleted']} is furthest`);
    const [, distance] = /furthest with ([\d.]+)/.exec(labels[1] ?? '') ?? [];
    expect(Number(distance)).toBeCloseTo(Number(worst['cooks.distance']), 3);
    const said = await page.$eval('#influence .demand-body', (body) => body.textContent ?? '');
    expect(said).toContain(`${worst['deleted']} moves all coefficients most`);
  });

  it('predicts for the population and for a subject', async () => {
    const { page } = demo;
    await openSection(page, 'predictions');
    const box = async (label: string, value: string): Promise<void> => {
      await page.evaluate(
        (name, text) => {
          const own = [...document.querySelectorAll('#predictions label')].find(
            (one) => one.querySelector('span')?.textContent === name,
          );
          const input = own?.querySelector<HTMLInputElement>('input, select');
          if (!input) throw new Error(`no box ${name}`);
          input.value = text;
          input.dispatchEvent(new Event('change'));
        },
        label,
        value,
      );
    };
    await box('time', '2.5');
    await box('arm', 'treated');
    await box('age', '40');
    await page.click('#predict');
    await page.waitForSelector('.predictions tbody tr');
    await box('Prediction of', 'groups');
    await box('subject', 'S07');
    await page.click('#predict');
    await page.waitForFunction(() => document.querySelectorAll('.predictions tbody tr').length === 2);
    const predictions = (): Promise<string[][]> =>
      page.$$eval('.predictions tbody tr', (rows) =>
        rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')),
      );
    const shown = await predictions();
    // Made anew in another theme, with what was typed, chosen and predicted.
    await page.evaluate(() => document.dispatchEvent(new Event('themechange')));
    for (const id of ['predictions', 'influence', 'residuals']) await page.waitForSelector(`#${id}[data-done]`);
    expect(await predictions()).toEqual(shown);
    const choices = await page.$$eval(':is(#influence, #residuals) select', (all) =>
      all.map((box) => (box as HTMLSelectElement).value),
    );
    expect(choices).toEqual(expect.arrayContaining(['armtreated', 'subject']));
    const save = join(folder, 'visits.fit');
    await run([
      'fit',
      example('visits.csv'),
      '--formula',
      FORMULA,
      '--save',
      save,
      '--quiet',
      '--no-notes',
      '--format',
      'glance',
    ]);
    const newdata = join(folder, 'new.csv');
    writeFileSync(newdata, 'time,arm,age,subject\n2.5,treated,40,S07\n');
    const own = rowsOf((await run(['predict', save, newdata, '--interval', 'confidence', '--quiet'])).stdout)[0];
    const population = rowsOf(
      (await run(['predict', save, newdata, '--interval', 'confidence', '--re-form', 'none', '--quiet'])).stdout,
    )[0];
    for (const [row, wanted] of [
      [shown[0], own],
      [shown[1], population],
    ] as const) {
      const numbers = [row[2], row[3], ...row[5].split(' to ')].map((text) => Number(text.replace('−', '-')));
      ['.fitted', '.se.fit', '.lower', '.upper'].forEach((name, k) => {
        // Four digits are shown.
        expect(Math.abs(numbers[k] / Number(wanted[name]) - 1), name).toBeLessThan(TOLERANCE.demo.shownDigits);
      });
    }
    // Means of the population have the df of the fit, those of one subject none.
    expect(shown[0][4]).toBe('');
    expect(Math.abs(Number(shown[1][4]) / Number(population['.df']) - 1)).toBeLessThan(TOLERANCE.demo.shownDigits);
    await box('time', 'soon');
    await page.click('#predict');
    await page.waitForFunction(() =>
      /“time” needs a number/.test(document.querySelector('#predictions')?.textContent ?? ''),
    );
  });

  it('saves each figure from its own menu, by keyboard', async () => {
    const { page, downloads } = demo;
    await page.focus('#influence .figure-menu summary');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const svg = readFileSync(await savedFile(downloads, /influence.*\.svg$/), 'utf8');
    expect(svg).toMatch(/^<svg xmlns/);
    const words = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text).join(' ');
    expect(words).toContain(
      'treated − placebo where time is 0 without each subject. Estimates of “treated − placebo where time is 0” when',
    );
    expect(words).toContain('visits.csv (example); y ~ time * arm + age + (time | subject)');
    await page.keyboard.press('Escape');
    expect(await page.$eval('#influence .figure-menu', (menu) => (menu as HTMLDetailsElement).open)).toBe(false);
    expect(await page.$eval('#tab-gene', (tab) => tab.getAttribute('aria-selected'))).toBe('true');
  });

  it('stays within a narrow page, in the dark', async () => {
    const { page, errors } = demo;
    await page.setViewport({ width: 390, height: 800 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await page.waitForFunction(() => {
      const wide = document.querySelector('.plot.trajectories svg')?.getAttribute('viewBox')?.split(' ')[2];
      return Number(wide) > 0 && Number(wide) < 390;
    });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.setViewport({ width: 1280, height: 900 });
    await page.emulateMediaFeatures([]);
    expect(errors).toEqual([]);
  });
});
