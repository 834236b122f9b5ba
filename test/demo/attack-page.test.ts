/** What a hostile tester does to the page: names that objects have, p below every double, splits, files that change. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { DataSummary } from '../../demo/src/protocol/protocol.ts';
import { DEFAULT_SETTINGS } from '../../demo/src/protocol/settings.ts';
import type { Results } from '../../demo/src/results/results-view.ts';
import { staleReason } from '../../demo/src/state/stale.ts';
import { INITIAL } from '../../demo/src/state/store.ts';
import { probability } from '../../demo/src/words/number-text.ts';
import { adjustLog10P } from '../../src/infer/adjust-logs.ts';
import { rowsOf } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { fourDigits, noise } from './analysis-data.ts';
import { pressFit, typeFormula, waitForFit } from './demo-page.ts';
import { expectSameTable } from './host-fit.ts';
import { describeDemo, pageHands } from './page-hands.ts';

/** Would run if a page took it for more than text. */
const IMAGE = '<img src=x onerror=document.title=1>';

function writeCsv(path: string, rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number): string =>
    /[",]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
  writeFileSync(path, `${rows.map((row) => row.map(cell).join(',')).join('\n')}\n`);
  return path;
}

/** A table of 24 units with four rows each, whose columns are called what every object has, or what results are. */
function hostileTable(folder: string): string {
  const rows = Array.from({ length: 96 }, (_, i) => {
    const unit = i >> 2;
    const y = 10 + noise(unit, 1) + (unit % 2) * 0.5 + 0.5 * noise(i, 3);
    return [
      y.toFixed(4),
      [IMAGE, 'b:c', 'd "e"'][unit % 3],
      ['u', 'v'][unit % 2],
      ['g1', 'g2'][(unit >> 1) % 2],
      `id ${unit}`,
      ((i * 7) % 5) + 1,
    ];
  });
  return writeCsv(join(folder, 'hostile.csv'), [['y', 'constructor', '__proto__', 'gene', 'unit', 'grade'], ...rows]);
}

/** A bulk table of 8 genes in 80 samples of 40 patients in two tissues; the effect on the first is far beyond every double. */
function bulkTable(folder: string): { readonly data: string; readonly obs: string } {
  const samples = Array.from({ length: 160 }, (_, i) => `s${i + 1}`);
  const tissue = (i: number): string => (i < 80 ? 'T cell' : 'B:cell');
  const arm = (i: number): string => (i % 2 === 0 ? 'a' : 'b');
  const obs = writeCsv(join(folder, 'attack-samples.csv'), [
    ['sample', 'patient', 'arm', 'tissue'],
    ...samples.map((name, i) => [name, `p${(i >> 1) % 40}`, arm(i), tissue(i)]),
  ]);
  const data = writeCsv(join(folder, 'attack-values.csv'), [
    ['gene', ...samples],
    ...Array.from({ length: 8 }, (_, g) => [
      g === 1 ? IMAGE : `gene${g}`,
      ...samples.map((_, i) => {
        const spread = g === 0 ? 1e-9 : 1;
        const effect = arm(i) === 'b' ? (g === 0 ? 1 : 0.2 * g * (i < 80 ? 1 : -1)) : 0;
        return 5 + effect + spread * (noise(g, i) + 0.5 * noise(g + 50, (i >> 1) % 40));
      }),
    ]),
  ]);
  return { data, obs };
}

describeDemo('the application under attack', {}, (demo) => {
  const { text, exists, press, saved, openFiles, fitted, commanded, ...hands } = pageHands(demo);
  /** Sets a box of the page. */
  const setLabelled = (label: string, value: string, within = 'body'): Promise<void> =>
    hands.setLabelled(label, value, within);

  it('takes columns that are called what every object has', async () => {
    const { page, errors } = demo;
    const data = hostileTable(demo.downloads);
    const formula = 'y ~ constructor + `__proto__` + (1 | unit)';
    await openFiles(data);
    await fitted(formula);
    // The page of the response has its figure, and all that comes after it.
    await exists('#gene-name');
    await exists('.gene-figure canvas');
    expect(await text('#coefficients-table')).toMatch(/v − u[\s\S]*rests on levels of 'unit', 12 against 12/);
    for (const id of ['residuals', 'influence', 'predictions']) {
      await press(`#${id} > summary`);
      await exists(`#${id}[data-done]`);
      expect(await page.$(`#${id} [role="alert"]`)).toBeNull();
    }
    await press('#predict');
    await exists('.predictions tbody tr');
    // Its reference is chosen like any other's, and a coding outlives no formula.
    expect(await page.$eval('.levels legend', (legend) => legend.textContent)).toBe('constructor');
    await page.click('#tab-means');
    await exists('#compute-means');
    await hands.setLabelled('For each level of', '');
    await press('#compute-means');
    await exists('#means-table');
    expectSameTable(
      await saved('means tsv', /emmeans\.tsv$/),
      await commanded('emmeans', 'fit', data, '--formula', formula, '--emmeans', 'constructor', '--conf-int'),
      TOLERANCE.demo.analyses,
    );
    await setLabelled('Compared as', 'sum', '.levels');
    await fitted('y ~ gene + (1 | unit)');
    await page.click('#tab-means');
    await exists('#compute-means');
    await press('#compute-means');
    await page.waitForFunction(() => document.querySelectorAll('#means-table tbody tr').length === 2);
    expect(await text('#means-table')).toMatch(/g1[\s\S]*g2/);
    expect(errors).toEqual([]);
  });

  it('takes means of grades on the one scale that they have', async () => {
    const { page } = demo;
    await page.click('#tab-gene');
    await setLabelled('Kind of response', 'cumulative');
    await fitted('grade ~ gene + (1 | unit)');
    await page.click('#tab-means');
    await exists('#compute-means');
    await press('#compute-means');
    await page.waitForFunction(() => document.querySelectorAll('#means-table tbody tr').length === 2);
    expect(await text('#view-means')).not.toMatch(/--|command line/);
  });

  it('cuts no adjusted p, and counts and means by the split on show', async () => {
    const { page, errors } = demo;
    const { data, obs } = bulkTable(demo.downloads);
    await openFiles(data, obs);
    await typeFormula(page, '~ arm + (1 | patient)');
    await setLabelled('One fit for each', 'tissue');
    await pressFit(page);
    expect(await waitForFit(page)).toMatch(/16 models/);
    const command = ['fit', data, '--obs', obs, '--formula', '~ arm + (1 | patient)', '--split-by', 'tissue'];
    const rows = rowsOf(await commanded('tidy', ...command)).filter(({ term }) => term === 'armb');
    const adjusted = (split: string): number[] => {
      const own = rows.filter((row) => row['split'] === split);
      return [
        ...adjustLog10P(
          Float64Array.from(own, (row) => Number(row['log10p'])),
          'BH',
        ),
      ];
    };
    const [first, second] = [...new Set(rows.map((row) => row['split']))];
    expect(rows[0]['p.adjusted']).toBe('0');
    const least = adjusted(first)[0];
    expect(least).toBeLessThan(-320);
    await page.evaluate(() => document.querySelector<HTMLElement>('#tab-gene')?.click());
    await page.click('#tab-genes');
    await page.click('#tab-means');
    await exists('#test-terms');
    await press('#test-terms');
    await exists('#anova .output-row:not(.head)');
    const anova = rowsOf(await commanded('anova', ...command, '--anova'));
    const found = anova.filter((row) => Number(row['p.adjusted']) <= 0.05).length;
    expect(await text('#anova')).toContain(`arm: found for ${found} of 16 responses in all 2 tissues`);
    expect(await text('#anova .output-row:not(.head)')).toContain(probability(least));
    await press('#compute-means');
    await exists('#means-table');
    const means = rowsOf(await commanded('emmeans', ...command, '--emmeans', 'arm', '--conf-int'));
    for (const split of [second, first]) {
      await setLabelled('Split', split, '.chooser');
      await setLabelled('Response', 'gene3', '#view-means');
      await page.waitForFunction(
        (name) => document.querySelector('#means-table')?.getAttribute('aria-label') === name,
        {},
        `Means of gene3, ${split}`,
      );
      const own = means.filter((row) => row['split'] === split && row['response'] === 'gene3');
      const shown = await page.$$eval('#means-table tbody tr', (lines) =>
        lines.map((line) => line.children[1].textContent),
      );
      expect(shown).toEqual(own.map((row) => fourDigits(row['estimate'])));
    }
    // The gene of the other split that was on show goes along.
    await setLabelled('Split', second, '.chooser');
    expect(await text('#view-means')).toContain(`Means of gene3, ${second}`);
    // The table of coefficients of the gene, and the report of it.
    await page.evaluate(() => document.querySelector<HTMLElement>('#anova .output-row:not(.head)')?.click());
    await exists('#coefficients-table');
    expect(await text('#coefficients-table [data-term="armb"]')).toContain(probability(least));
    await page.click('#tab-keep');
    await exists('[data-export="report"]');
    const report = await saved('report', /report\.html$/);
    expect(report).toContain(`<td>${probability(least)}</td>`);
    expect(report).not.toMatch(/< 1e−300|<img src/);
    expect(await page.title()).not.toBe('1');
    expect(errors).toEqual([]);
  });

  it('says of which data results are where files changed under their names', () => {
    const summary = {
      ...{ kind: 'bulk', name: 'a.csv', roles: { data: 'a.csv', obs: 'b.csv', weights: null }, tables: [] },
      ...{ rows: 4, responses: 2, rowNoun: 'samples', columns: [], layers: [], looksLikeCounts: null, entries: null },
      ...{ notes: [], reading: null },
    } as const satisfies DataSummary;
    const source = { kind: 'files', names: ['a.csv', 'b.csv', 'c.csv'] } as const;
    const levels = { x: ['b', 'a'], y: ['d', 'c'] };
    const settings = { ...DEFAULT_SETTINGS, levels };
    // No part of the outcome is looked at.
    const results = { outcome: {}, settings, source, summary } as unknown as Results;
    const state = { ...INITIAL, results, settings, source, summary };
    expect(staleReason(state)).toBeNull();
    expect(staleReason({ ...state, summary: { ...summary, roles: { ...summary.roles, weights: 'c.csv' } } })).toMatch(
      /fit again/,
    );
    expect(staleReason({ ...state, summary: { ...summary, rows: 5 } })).toMatch(/other data/);
    const turned = { ...settings, levels: { y: ['d', 'c'], x: ['b', 'a'] } };
    expect(staleReason({ ...state, settings: turned })).toBeNull();
    expect(staleReason({ ...state, settings: { ...settings, levels: { ...levels, x: ['a', 'b'] } } })).toMatch(
      /options/,
    );
  });
});
