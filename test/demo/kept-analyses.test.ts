/** Means, F tests, intervals and calibrations stand in a session and after a reload as they were left, with the data and without. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Page } from 'puppeteer';
import { expect, it } from 'vitest';
import { example, temporaryFolder } from '../cli/command.ts';
import { bulkFiles } from './analysis-data.ts';
import { chooseFiles, pressFit, press as pressOn, typeFormula, waitForFit, waitForText } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';
import { freshPages, isLive, saveSession, tab } from './session-hands.ts';

/** Boxes, tables, sentences and pictures of a view. */
const inView = (page: Page, view: string) =>
  page.$eval(`#view-${view}`, (host) => ({
    boxes: [...host.querySelectorAll<HTMLInputElement | HTMLSelectElement>('.analysis-options :is(input, select)')].map(
      (box) => box.value,
    ),
    tables: [...host.querySelectorAll('.analysis-results table, #means table')].map((table) => table.textContent),
    lines: [...host.querySelectorAll('.analysis-results li, .analysis-results .hint, #means figcaption')].map(
      (line) => line.textContent,
    ),
    pictures: host.querySelectorAll('.plot.means svg, .calibration-picture').length,
  }));

/** Intervals that were found of the open model. */
const ofModel = (page: Page) =>
  page.$eval('.intervals', (host) => ({
    title: host.querySelector('.table-title')?.textContent ?? '',
    intervals: host.querySelector('#intervals-table')?.textContent ?? '',
  }));

async function openPredictions(page: Page): Promise<void> {
  await page.waitForSelector('#predictions > summary');
  if ((await page.$('#predictions[open]')) === null) await pressOn(page, '#predictions > summary');
  await page.waitForSelector('#predictions[data-done] form');
}

/** Asks for the mean at an age. */
async function predictAt(page: Page, age: string): Promise<void> {
  await openPredictions(page);
  await page.evaluate((value) => {
    const label = [...document.querySelectorAll('#predictions label')].find(
      (own) => own.querySelector('span')?.textContent === 'age',
    );
    const box = label?.querySelector('input');
    if (!box) throw new Error('no box of ages');
    box.value = value;
    box.dispatchEvent(new Event('change', { bubbles: true }));
  }, age);
  await pressOn(page, '#predict');
  await page.waitForSelector('.predictions tbody tr');
}

/** Boxes and rows. */
async function predictions(page: Page) {
  await openPredictions(page);
  return page.$eval('#predictions', (host) => ({
    boxes: [...host.querySelectorAll<HTMLInputElement | HTMLSelectElement>('.prediction-form :is(input, select)')].map(
      (box) => box.value,
    ),
    rows: [...host.querySelectorAll('.predictions tbody tr')].map((row) => row.textContent ?? ''),
  }));
}

describeDemo('analyses beside a fit', {}, (demo) => {
  const folder = temporaryFolder();
  const openFresh = freshPages(demo);
  const { press, exists, setLabelled, saved } = pageHands(demo);

  it('of one response stand in a session without its data, after a reload, and with the data', async () => {
    const { page, errors } = demo;
    const data = join(folder, 'visits.csv');
    copyFileSync(example('visits.csv'), data);
    await chooseFiles(page, [data]);
    await waitForText(page, '.file', 'visits.csv');
    await typeFormula(page, 'y ~ time * arm + age + (time | subject)');
    await pressFit(page);
    await waitForFit(page);
    await exists('#calibrate:not([disabled])');
    await setLabelled('Intervals', 'bootstrap');
    await setLabelled('Draws', '30');
    // The least that the library takes.
    expect((await inView(page, 'gene')).boxes.slice(0, 3)).toEqual(['bootstrap', '0.95', '100']);
    await setLabelled('Intervals', 'profile');
    await setLabelled('Level', '0.9');
    await press('[data-action="intervals"]');
    await exists('#intervals-table');
    await predictAt(page, '33');
    await setLabelled('Tests of each effect', '30');
    await press('#calibrate');
    await exists('#calibration-table');
    await tab(page, 'means');
    await exists('#anova-table');
    await exists('#compute-means');
    await setLabelled('Show', 'time');
    await setLabelled('p adjusted by', 'holm');
    await setLabelled('Level of intervals', '0.9');
    await press('#compute-means');
    await exists('#pairs-table');
    const means = await inView(page, 'means');
    expect(means.boxes).toEqual(expect.arrayContaining(['arm', 'time', 'holm', '0.9']));
    expect(means.pictures).toBeGreaterThan(0);
    await tab(page, 'gene');
    const result = await inView(page, 'gene');
    const found = await ofModel(page);
    expect(found.intervals).toMatch(/^Parameter.*sd of time/);
    await exists('#predictions > summary');
    const predicted = await predictions(page);
    expect(predicted.rows).toHaveLength(1);
    expect(predicted.rows[0]).toContain('age 33');
    expect(result.boxes.slice(0, 2)).toEqual(['profile', '0.9']);
    expect(result.boxes).toContain('30');
    expect(result.pictures).toBe(1);
    const path = await saveSession(demo, folder, 'analyses');

    const other = await openFresh();
    const stands = async (): Promise<void> => {
      await other.waitForSelector('#calibration-table');
      expect(await inView(other, 'gene')).toEqual(result);
      expect(await ofModel(other)).toEqual(found);
      await tab(other, 'means');
      await other.waitForSelector('#pairs-table');
      const { boxes: _, ...shown } = await inView(other, 'means');
      const { boxes: __, ...wanted } = means;
      expect(shown).toEqual(wanted);
    };
    await chooseFiles(other, [path]);
    await stands();
    await tab(other, 'gene');
    // It is written a moment after the last change.
    await new Promise((wait) => setTimeout(wait, 900));
    await other.reload({ waitUntil: 'load' });
    await stands();
    await chooseFiles(other, [data]);
    await isLive(other);
    await other.waitForSelector('#compute-means');
    expect(await inView(other, 'means')).toEqual(means);
    await tab(other, 'gene');
    expect(await predictions(other)).toEqual(predicted);
    await tab(other, 'means');
    // Nothing was asked of the worker again.
    expect(await other.$eval('#view-means .task-strip', (strip) => (strip as HTMLElement).innerText.trim())).toBe('');
    expect(errors).toEqual([]);
  });

  it('of many genes stand with the gene whose means were on show', async () => {
    const { page, errors } = demo;
    const { data, obs } = bulkFiles(folder);
    await chooseFiles(page, [data, obs]);
    await waitForText(page, '.file', 'expression.csv');
    await typeFormula(page, '~ arm + (1 | patient)');
    await page.evaluate(() => document.querySelector('#outcome')?.remove());
    await pressFit(page);
    await waitForFit(page);
    await tab(page, 'means');
    await exists('#test-terms:not([disabled])');
    await press('#test-terms');
    await exists('#anova .output-grid .output-row');
    await exists('#compute-means');
    await press('#compute-means');
    await exists('#pairs-table');
    await setLabelled('Response', 'gene7');
    await waitForText(page, '#means-table', 'a');
    const means = await inView(page, 'means');
    expect(means.tables.length).toBeGreaterThan(1);
    expect(means.lines.some((line) => line?.startsWith('gene7'))).toBe(true);
    const path = await saveSession(demo, folder, 'many');
    const other = await openFresh();
    await chooseFiles(other, [path]);
    await other.waitForSelector('#pairs-table');
    const { boxes: _, ...wanted } = means;
    expect(await inView(other, 'means')).toMatchObject(wanted);
    expect(await other.$eval('#anova .pair-lines', (list) => list.textContent)).toMatch(/^arm: found for \d+ of 24 /);
    expect(errors).toEqual([]);
  });

  it('of an edited session break nothing and run nothing', async () => {
    const { errors } = demo;
    const text = gunzipSync(readFileSync(join(folder, 'analyses.session.json.gz'))).toString();
    const session = JSON.parse(text) as {
      answers: {
        means: Record<string, unknown>;
        calibration: { svg: string };
        anova: { columns: unknown[] };
        intervals: { rows: Record<string, unknown>[] }[];
        predictions: { values: Record<string, string>; rows: string[][] }[];
      };
      choices: Record<string, unknown>;
    };
    const { calibration, means, anova, intervals, predictions: asked } = session.answers;
    const markup = '<img src=x onerror="document.title = \'run\'">';
    for (const row of intervals[0].rows) Object.assign(row, { term: markup, group: 'constructor', reason: markup });
    asked[0].rows[0][0] = markup;
    Object.assign(asked[0].values, { age: markup, arm: '__proto__' });
    calibration.svg = calibration.svg.replace('</svg>', '<script>document.title = "run"</script></svg>');
    means['question'] = { over: { length: 1 } };
    anova.columns = anova.columns.slice(0, 1);
    session.choices['means'] = { axis: '__proto__', lines: 'constructor', adjust: 'x', level: 7, model: 1e9 };
    session.choices['intervals'] = { method: 'constructor', level: '1', draws: -1 };
    const edited = join(folder, 'edited.session.json');
    writeFileSync(edited, JSON.stringify(session));
    const other = await openFresh();
    const failed: string[] = [];
    other.on('pageerror', (error) => failed.push(String(error)));
    await chooseFiles(other, [edited]);
    await waitForText(other, '#provenance', 'visits.csv');
    await other.waitForSelector('#calibrate');
    expect(await other.$('#calibration-table, .calibration-picture')).toBeNull();
    expect(await other.$eval('#intervals-table', (table) => table.textContent)).toContain(markup);
    expect(await other.$$('#view-gene img')).toHaveLength(0);
    await tab(other, 'means');
    await other.waitForSelector('#test-units');
    expect(await other.$('#anova-table, #pairs-table')).toBeNull();
    await chooseFiles(other, [join(folder, 'visits.csv')]);
    await isLive(other);
    // Asked anew, with what is usual in the boxes.
    await other.waitForSelector('#anova-table');
    await other.waitForSelector('#compute-means');
    expect((await inView(other, 'means')).boxes).toContain('tukey');
    await tab(other, 'gene');
    const shown = await predictions(other);
    expect(shown.rows[0]).toContain(markup);
    expect(shown.boxes[1]).toBe('treated');
    expect(await other.$$('#view-gene img')).toHaveLength(0);
    expect(await other.title()).not.toBe('run');
    expect(failed).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('have their pictures in a report that is saved from the session', async () => {
    const { page, errors } = demo;
    await chooseFiles(page, [join(folder, 'analyses.session.json.gz')]);
    await waitForText(page, '#provenance', 'visits.csv');
    await exists('#calibration-table');
    await tab(page, 'keep');
    const report = await saved('report', /report\.html$/);
    expect(report).toContain('Calibration of the tests on this design');
    expect(report).toContain('observed -log10 p');
    expect(errors).toEqual([]);
  });
});
