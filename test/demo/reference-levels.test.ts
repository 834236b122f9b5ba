/** Visits before and after: what the page proposes to compare, in its effects, means and commands, and what it calls the rest. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shortNumber } from '../../demo/src/words/number-text.ts';
import { example, ROOT, rowsOf, temporaryFolder } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { noise } from './analysis-data.ts';
import { pressFit, waitForFit } from './demo-page.ts';
import { expectSameTable } from './host-fit.ts';
import { describeDemo, pageHands } from './page-hands.ts';
import { runShown, shownCommand } from './shown-command.ts';

const folder = temporaryFolder();

/** Answers of 20 patients at three visits, whose alphabet is that of nobody, in two groups. */
function visitsFile(): string {
  const rows = Array.from({ length: 60 }, (_, i) => {
    const [patient, visit] = [Math.floor(i / 3), i % 3];
    const group = patient < 10 ? 'active' : 'control';
    const value = 20 + 3 * noise(patient, 1) + noise(patient, visit + 5) + (group === 'active' ? visit : 0);
    return `P${patient + 1},${group},${['baseline', 'week 2', 'week 12'][visit]},${value.toFixed(3)}`;
  });
  const path = join(folder, 'visits.csv');
  writeFileSync(path, `patient,group,visit,score\n${rows.join('\n')}\n`);
  return path;
}

describeDemo('levels whose names tell an order', {}, (demo) => {
  const { text, words, exists, waitForText, press, saved, openFiles } = pageHands(demo);

  it('have proteins after treatment less those before', async () => {
    const { page } = demo;
    await openFiles(example('proteins.tsv'), example('proteins.samples.tsv'));
    await waitForText('#effect-list', 'after − before');
    // Boxes are called as their column, and hints know no genes.
    const labels = await page.$$eval('.choices label.field > span', (all) => all.map((own) => own.textContent));
    expect(labels).toEqual(
      expect.arrayContaining(['Patient (random)', 'By patient vary', 'Alike within a patient', 'One fit for each']),
    );
    expect(labels.filter((label) => /subject \(|by subject|within a subject|donor/i.test(label ?? ''))).toEqual([]);
    await pressFit(page);
    await waitForFit(page);
    await exists('.gene-body .gene-row');
    const command = await shownCommand(page);
    expect(command).toContain('--factor time=before,after');
    const [plain] = runShown(command, join(ROOT, 'examples'), ['plain.tsv'], folder);
    const terms = [...new Set(rowsOf(plain).map(({ term }) => term))];
    expect(terms).toContain('timeafter');
    const hints = await page.$$eval('#view-genes [title], .gene-row [title]', (all) =>
      all.map((own) => own.getAttribute('title') ?? ''),
    );
    expect(hints.filter((hint) => /\bgenes?\b/i.test(hint))).toEqual([]);
    expect(await words('#view-genes')).not.toMatch(/\bgenes?\b/i);
    // One that was not tested is none of those that some are found of.
    const tested = rowsOf(plain).filter((row) => row['term'] === 'timeafter' && row['p.value'] !== 'NA');
    const found = tested.filter((row) => Number(row['p.adjusted']) <= 0.05).length;
    expect(tested).toHaveLength(149);
    expect(await words('#found-count')).toBe(`${found} found of 149 responses tested; 1 other: too few rows`);
    await press('#tab-keep');
    expectSameTable(await saved('tidy tsv', /tidy\.tsv$/), plain, TOLERANCE.demo.betweenEngines);
    expect(await words('#view-keep')).toContain('Patient effects');
    expect(demo.errors).toEqual([]);
  });

  it('have the active drug less the control, and later visits less the baseline', async () => {
    const { page } = demo;
    const path = visitsFile();
    await openFiles(path);
    await waitForText('#effect-list', 'active − control');
    const reference = (column: string): Promise<string> =>
      page.$eval(`[data-key="${column} reference"] select`, (box) => (box as HTMLSelectElement).value);
    expect(await reference('group')).toBe('control');
    await exists('#take-trial');
    await press('#take-trial');
    await waitForText('#effect-list', 'visit week 12');
    expect(await reference('visit')).toBe('baseline');
    expect(await text('#effect-list')).toContain('(active − control) at visit week 12 − the same at baseline');
    await pressFit(page);
    await waitForFit(page);
    await exists('#coefficients-table');
    const command = await shownCommand(page);
    expect(command).toContain('--factor group=control,active');
    expect(command).toContain("--factor 'visit=baseline,week 2,week 12'");
    // Differences of means have the same direction, in the order of the visits.
    await press('#tab-means');
    await exists('#compute-means');
    await press('#compute-means');
    await exists('#pairs-table');
    const [pairs] = runShown(
      command,
      folder,
      ['pairs=pairs.tsv'],
      folder,
      '--emmeans',
      'group | visit',
      '--pairs-reverse',
    );
    const rows = rowsOf(pairs);
    expect(rows.map(({ contrast, visit }) => `${contrast}, ${visit}`)).toEqual(
      ['baseline', 'week 2', 'week 12'].map((visit) => `active - control, ${visit}`),
    );
    const shown = await page.$$eval('#pairs-table tbody tr', (all) => all.map((row) => row.textContent ?? ''));
    for (const [k, row] of rows.entries()) {
      expect(shown[k]).toContain('active − control');
      expect(shown[k]).toContain(shortNumber(Number(row['estimate'])));
    }
    expect(demo.errors).toEqual([]);
  });
});
