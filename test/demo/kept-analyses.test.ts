/** Means, F tests, intervals and calibrations stand in a session and after a reload as they were left, with the data and without. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Page } from 'puppeteer';
import { expect, it } from 'vitest';
import { example, temporaryFolder } from '../cli/command.ts';
import { bulkFiles } from './analysis-data.ts';
import { chooseFiles, pressFit, typeFormula, waitForFit, waitForText } from './demo-page.ts';
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
    expect(result.boxes.slice(0, 2)).toEqual(['profile', '0.9']);
    expect(result.boxes).toContain('30');
    expect(result.pictures).toBe(1);
    const path = await saveSession(demo, folder, 'analyses');

    const other = await openFresh();
    const stands = async (): Promise<void> => {
      await other.waitForSelector('#calibration-table');
      expect(await inView(other, 'gene')).toEqual(result);
      await tab(other, 'means');
      await other.waitForSelector('#pairs-table');
      const { boxes: _, ...found } = await inView(other, 'means');
      const { boxes: __, ...wanted } = means;
      expect(found).toEqual(wanted);
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
      answers: { means: Record<string, unknown>; calibration: { svg: string }; anova: { columns: unknown[] } };
      choices: Record<string, unknown>;
    };
    const { calibration, means, anova } = session.answers;
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
    await tab(other, 'means');
    await other.waitForSelector('#test-units');
    expect(await other.$('#anova-table, #pairs-table')).toBeNull();
    await chooseFiles(other, [join(folder, 'visits.csv')]);
    await isLive(other);
    // Asked anew, with what is usual in the boxes.
    await other.waitForSelector('#anova-table');
    await other.waitForSelector('#compute-means');
    expect((await inView(other, 'means')).boxes).toContain('tukey');
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
