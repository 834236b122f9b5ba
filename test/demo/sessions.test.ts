/** Sessions: shown as they were left without their data, and with them without a new fit, whichever way the data come. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Page } from 'puppeteer';
import { expect, it } from 'vitest';
import { example, temporaryFolder } from '../cli/command.ts';
import { bulkFiles } from './analysis-data.ts';
import { chooseFiles, dropFiles, fitAnew, press, pressFit, typeFormula, waitForFit, waitForText } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';
import { complaints, freshPages, isLive, readAgain, saveSession, seen, tab } from './session-hands.ts';

describeDemo('sessions', {}, (demo) => {
  const folder = temporaryFolder();
  const freshPage = freshPages(demo);
  const { addModel, setLabelled } = pageHands(demo);

  /** Opens the two files of a bulk table, fits them, and saves the session. */
  async function bulkSession(name: string): Promise<{ readonly data: string; readonly obs: string; path: string }> {
    const { page } = demo;
    const { data, obs } = bulkFiles(folder);
    await chooseFiles(page, [data, obs]);
    await waitForText(page, '.file', 'expression.csv');
    await typeFormula(page, '~ arm + (1 | patient)');
    await fitAnew(page);
    await waitForText(page, '#provenance', 'expression.csv');
    return { data, obs, path: await saveSession(demo, folder, name) };
  }

  /** Opens the example of one response, and fits it. */
  async function fitVisits(page: Page): Promise<void> {
    await page.click('[data-example="visits"]');
    await waitForText(page, '.file', 'visits.csv');
    await fitAnew(page);
    await waitForText(page, '#provenance', 'visits.csv (example)');
  }

  it('of an example stand as they were left, and are not fitted again', async () => {
    const { page, errors } = demo;
    await page.click('[data-example="cells"]');
    await page.waitForSelector('#run:not([disabled])', { timeout: 30_000 });
    await pressFit(page);
    await waitForFit(page);
    await page.waitForSelector('.gene-body .gene-row');
    await press(page, '[data-choice="by-level"] input');
    await waitForText(page, '[role="tabpanel"]:not([hidden])', 'of the rows of the fit at each level');
    await press(page, '.gene-body .gene-row');
    await page.waitForSelector('.gene-figure svg, .gene-figure canvas');
    const before = await seen(page);
    expect(before.tab).toBe('One gene');
    const path = await saveSession(demo, folder, 'cells');
    const other = await freshPage();
    await chooseFiles(other, [path]);
    await waitForText(other, '#provenance', 'stim');
    // At once, and the view from which one went to save it.
    const { coefficients: _, ...at } = await seen(other);
    const { coefficients: __, ...wanted } = before;
    expect(at).toEqual(wanted);
    await isLive(other);
    await other.waitForSelector('.gene-figure svg, .gene-figure canvas');
    expect(await seen(other)).toEqual(before);
    expect(await complaints(other)).toEqual([]);
    // Back closes the gene that the session opened with, Forward opens it again.
    await other.goBack();
    await other.waitForSelector('#tab-genes[aria-selected="true"]');
    await other.goForward();
    await other.waitForSelector('#tab-gene[aria-selected="true"]');
    expect((await seen(other)).gene).toBe(before.gene);
    await other.keyboard.press('Escape');
    // The columns by condition came with the session.
    await other.waitForSelector('#tab-genes[aria-selected="true"]');
    await waitForText(other, '[role="tabpanel"]:not([hidden])', 'of the rows of the fit at each level');
    const heads = await other.$$eval('.gene-row.head .cell', (all) => all.map((cell) => cell.textContent).join('|'));
    expect(heads).toMatch(/ctrl.*\|.*stim/);
    expect(errors).toEqual([]);
  });

  it('of files are read for their data, whichever way these come, and not for others', async () => {
    const { page, errors } = demo;
    const { data, obs, path } = await bulkSession('bulk');
    await tab(page, 'genes');
    const { provenance, outcome } = await seen(page);
    const stands = async (other: Page): Promise<void> => {
      await isLive(other);
      expect(await seen(other)).toMatchObject({ provenance, outcome });
      expect(await complaints(other)).toEqual([]);
    };
    const said = async (other: Page, words: RegExp): Promise<void> => {
      await other.waitForFunction(
        (text) => new RegExp(text).test(document.querySelector('#stale')?.textContent ?? ''),
        {},
        words.source,
      );
      await tab(other, 'models');
      await waitForText(other, '#view-models .lacking-data', 'data');
      expect(await other.$eval('#view-models .lacking-data', (host) => (host as HTMLElement).innerText)).toMatch(words);
      expect(await other.$('[data-live]')).toBeNull();
    };
    // Session first, then the data by the button.
    const first = await freshPage();
    await chooseFiles(first, [path]);
    await waitForText(first, '#provenance', 'patient');
    await tab(first, 'models');
    await waitForText(first, '#view-models .lacking-data', 'open expression.csv, samples.csv');
    await chooseFiles(first, [data, obs]);
    await stands(first);
    // Once more, in another order.
    await readAgain(first, () => chooseFiles(first, [obs, data]));
    await stands(first);

    // As a folder with other files in it, and the session after it.
    const inside = join(folder, 'study');
    mkdirSync(inside);
    for (const file of [data, obs]) copyFileSync(file, join(inside, basename(file)));
    writeFileSync(join(inside, 'README.md'), 'read me\n');
    const second = await freshPage();
    await dropFiles(second, [inside]);
    await waitForText(second, '.file', 'expression.csv');
    await dropFiles(second, [path]);
    await stands(second);

    // Other data first, and between; then its own.
    const third = await freshPage();
    await third.click('[data-example="visits"]');
    await waitForText(third, '.file', 'visits.csv');
    await chooseFiles(third, [path]);
    await said(third, /^Other data are open: fit again\. These results are of expression\.csv, samples\.csv\.$/);
    expect(await third.$eval('.file', (host) => host.textContent)).toBe('visits.csv');
    expect(await third.$eval('#formula', (box) => (box as HTMLInputElement).value)).toMatch(/subject/);
    await chooseFiles(third, [example('clinic.csv')]);
    await waitForText(third, '.file', 'clinic.csv');
    await said(third, /^Other data are open/);
    await chooseFiles(third, [data, obs]);
    await stands(third);
    expect(await third.$eval('#formula', (box) => (box as HTMLInputElement).value)).toBe('~ arm + (1 | patient)');

    // Files of the same names and shape with another value.
    const changed = join(folder, 'changed');
    mkdirSync(changed);
    copyFileSync(obs, join(changed, basename(obs)));
    const lines = readFileSync(data, 'utf8').split('\n');
    const cells = lines[5].split(',');
    cells[3] = String(Number(cells[3]) + 0.001);
    lines[5] = cells.join(',');
    writeFileSync(join(changed, basename(data)), lines.join('\n'));
    await chooseFiles(third, [join(changed, basename(data)), join(changed, basename(obs))]);
    await said(third, /^These files hold other data than those of the results: fit again\. .*the mean of 'gene5'/);
    expect(errors).toEqual([]);
  });

  it('of an example are read for it when it is opened by hand, too', async () => {
    const { page, errors } = demo;
    await fitVisits(page);
    const path = await saveSession(demo, folder, 'visits');
    const { provenance, outcome } = await seen(page);
    // Clicked again the same data are opened again.
    await readAgain(page, () => page.click('[data-example="visits"]'));
    expect(await complaints(page)).toEqual([]);
    expect(await seen(page)).toMatchObject({ provenance, outcome });
    const other = await freshPage();
    await other.click('[data-example="cells"]');
    await waitForText(other, '.facts', 'genes');
    await dropFiles(other, [path]);
    await isLive(other);
    expect(await seen(other)).toMatchObject({ provenance, outcome });
    expect(await other.$eval('.file', (host) => host.textContent)).toBe('visits.csv');
    expect(await complaints(other)).toEqual([]);
    // After a reload results stand and are read for likewise.
    await other.reload({ waitUntil: 'load' });
    await isLive(other);
    expect(await seen(other)).toMatchObject({ provenance, outcome });
    expect(errors).toEqual([]);
  });

  it('keep the choices of comparisons, and what they found', async () => {
    const { page, errors } = demo;
    await fitVisits(page);
    await tab(page, 'models');
    await page.waitForSelector('#add-model');
    await addModel('y ~ time + (1 | subject)');
    const set = (label: string, value: string): Promise<void> => setLabelled(label, value, '#view-models');
    await set('Ranked by', 'BIC');
    await set('Likelihood', 'ML');
    await set('Ratios of variances held against', 'chisq');
    await set('Bootstrap of the ratios', '120');
    // How long it takes is said before it is begun.
    const outcome = await page.$eval('#outcome', (line) => line.textContent ?? '');
    expect(outcome).toMatch(/on \d threads?/);
    expect(await page.$eval('#ratio-time', (line) => line.textContent)).toMatch(
      /^120 draws take about .* for a pair of models inside each other, going by the time of the fit; each term/,
    );
    await page.evaluate(() => {
      const line = document.querySelector('#view-models .task-strip [role="status"]');
      const said: string[] = [];
      Object.assign(window, { said });
      if (line) new MutationObserver(() => said.push(line.textContent ?? '')).observe(line, { childList: true });
    });
    await page.waitForSelector('#compare-models:not([disabled])');
    await press(page, '#compare-models');
    await page.waitForSelector('#models-table', { timeout: 60_000 });
    const said = await page.evaluate(() => Reflect.get(window, 'said') as string[]); // as set above
    expect(said.filter((line) => /reading 100|\d+ of \d+$/.test(line))).toEqual([]);
    expect(said.some((line) => /^Comparing: (\d+ of 120 draws|drawing …)/.test(line))).toBe(true);
    await page.waitForSelector('#validate-models:not([disabled])');
    await set('Folds', '3');
    await set('Seed', '9');
    await press(page, '#validate-models');
    await page.waitForSelector('#validation-table', { timeout: 60_000 });
    await set('A term goes with p above', '0.2');
    await press(page, '#select-terms');
    await page.waitForSelector('#selection-table', { timeout: 60_000 });
    await press(page, '#fit-beside');
    await page.waitForSelector('#beside-table', { timeout: 60_000 });
    const inView = (of: Page) =>
      of.$eval('#view-models', (view) => ({
        boxes: [...view.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')].map((box) =>
          box.type === 'checkbox' && box instanceof HTMLInputElement ? String(box.checked) : box.value,
        ),
        tables: [...view.querySelectorAll('table')].map((table) => table.textContent),
        notes: [...view.querySelectorAll('.analysis-results p, .analysis-results li')].map((line) => line.textContent),
      }));
    const before = await inView(page);
    expect(before.boxes).toEqual(expect.arrayContaining(['BIC', 'ML', 'chisq', '120', '3', '9', '0.2']));
    const path = await saveSession(demo, folder, 'models');
    const stands = async (other: Page): Promise<void> => {
      await waitForText(other, '#view-models', 'Fold by fold');
      await other.waitForSelector('#beside-table');
      const { boxes, tables, notes } = await inView(other);
      expect(boxes).toEqual(before.boxes);
      expect(tables).toEqual(before.tables);
      expect(notes).toEqual(before.notes);
    };
    const other = await freshPage();
    await chooseFiles(other, [path]);
    // The view from which one went to save them.
    await stands(other);
    await isLive(other);
    await stands(other);
    await new Promise((wait) => setTimeout(wait, 900));
    await other.reload({ waitUntil: 'load' });
    await stands(other);
    await isLive(other);
    // With the data they are asked for again as they were.
    await press(other, '#compare-models');
    await other.waitForFunction(() => document.querySelector('#cancel:not([hidden])') === null);
    await stands(other);
    expect(errors).toEqual([]);
  });

  it('and the history: no page is empty, and none holds back', async () => {
    const { errors } = demo;
    const { path: bulk } = await bulkSession('bulk-again');
    // As an earlier version wrote it: without what was open, chosen and found.
    const session = JSON.parse(gunzipSync(readFileSync(bulk)).toString()) as Record<string, unknown>;
    for (const key of ['view', 'gene', 'search', 'choices', 'answers', 'geneSets']) delete session[key];
    const older = join(folder, 'older.session.json');
    writeFileSync(older, JSON.stringify(session));

    const other = await freshPage();
    const selected = (name: string): Promise<unknown> => other.waitForSelector(`#tab-${name}[aria-selected="true"]`);
    await chooseFiles(other, [older]);
    await waitForText(other, '#provenance', 'expression.csv');
    await selected('genes');
    await other.waitForSelector('.gene-body .gene-row');
    await press(other, '.gene-body .gene-row');
    await selected('gene');
    await other.goBack();
    await selected('genes');
    // The gene ahead is of results that are gone by then.
    await chooseFiles(other, [bulk]);
    await other.waitForFunction(() => history.state?.results?.endsWith(' 2'));
    await other.goForward();
    await selected('genes');
    expect(await other.$('.gene-body .gene-row')).not.toBeNull();
    // Of one response there is its page alone, whatever lies behind.
    await fitVisits(other);
    await selected('gene');
    const length = await other.evaluate(() => history.length);
    await other.goBack();
    await other.waitForFunction(() => history.state?.view === 'gene');
    expect(await other.$eval('#gene-name', (host) => host.textContent)).toBe('y');
    expect(await other.evaluate(() => history.length)).toBe(length);
    expect(errors).toEqual([]);
  });
});
