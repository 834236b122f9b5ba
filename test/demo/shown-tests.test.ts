/** One test of each response, wherever it is shown: moderated where these were asked for; and filters that stay with their data. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { example, rowsOf } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { fourDigits } from './analysis-data.ts';
import { fitAnew, savedFile } from './demo-page.ts';
import { expectSameTable } from './host-fit.ts';
import { describeDemo, pageHands } from './page-hands.ts';

const PROTEINS = [example('proteins.tsv'), example('proteins.samples.tsv')];
const COMMAND = [
  'fit',
  PROTEINS[0],
  '--obs',
  PROTEINS[1],
  '--formula',
  '~ time + (1 | patient)',
  '--factor',
  'time=before,after',
  '--moderate',
  '--no-notes',
];

describeDemo('the tests on show', {}, (demo) => {
  const { text, press, exists, waitForText, openFiles, saved, setBox, commandedAll, words } = pageHands(demo);

  const fitted = async (...settings: (readonly [string, string])[]): Promise<void> => {
    for (const [key, value] of settings) {
      await exists(`[data-key="${key}"] select`);
      await setBox(`[data-key="${key}"] select`, value);
    }
    expect(await fitAnew(demo.page)).toMatch(/fitted in float64/);
  };
  /** The cells of a row of the list, by the names of its columns. */
  const listed = async (name: string): Promise<Record<string, string>> => {
    await press('#tab-genes');
    await waitForText('.gene-body', name);
    return demo.page.evaluate((wanted) => {
      const texts = (row: Element | undefined) => [...(row?.children ?? [])].map((cell) => cell.textContent ?? '');
      const rows = [...document.querySelectorAll('.gene-body .gene-row')];
      const heads = texts(document.querySelector('.gene-row.head') ?? undefined);
      const cells = texts(rows.find((row) => row.firstElementChild?.textContent === wanted));
      return Object.fromEntries(heads.map((head, k) => [head.replace(/^[▴▾] /, ''), cells[k] ?? '']));
    }, name);
  };
  const open = async (name: string): Promise<string> => {
    await press('#tab-genes');
    await waitForText('.gene-body', name);
    await demo.page.evaluate((wanted) => {
      const rows = [...document.querySelectorAll<HTMLElement>('.gene-body .gene-row')];
      rows.find((row) => row.firstElementChild?.textContent === wanted)?.click();
    }, name);
    await waitForText('#gene-name', name);
    return words('#coefficients-table');
  };

  it('are moderated where these were asked for: list, counts, plots, page, sets and report, as the top table', async () => {
    await openFiles(...PROTEINS);
    await fitted(['moderate', 'plain']);
    const [top, tidy] = await commandedAll(['toptable:timeafter', 'tidy'], ...COMMAND);
    const wanted = rowsOf(top);
    const found = wanted.filter((row) => Number(row['adj.P.Val']) <= 0.05);
    expect(found).toHaveLength(8);
    expect(await text('#found-count')).toBe('8 found of 149 responses tested; 1 other: too few rows');
    expect(await words('.plot.volcano')).toContain('▲ 4 up▼ 4 down');
    for (const name of ['protein063', 'protein138', 'protein086']) {
      const row = wanted.find(({ response }) => response === name);
      const shown = await listed(name);
      expect(shown['Estimate']).toBe(fourDigits(row?.['logFC'] ?? ''));
      expect(shown['mod. t']).toBe(fourDigits(row?.['t'] ?? ''));
      for (const [head, column] of [
        ['p', 'P.Value'],
        ['adj. p', 'adj.P.Val'],
      ] as const) {
        const number = Number(shown[head]?.replace('−', '-'));
        expect(Math.abs(number / Number(row?.[column]) - 1)).toBeLessThan(TOLERANCE.demo.shownDigits * 10);
      }
      const page = await open(name);
      for (const head of ['mod. t', 'p', 'adj. p', 'df', 'SE']) expect(page).toContain(shown[head]);
      expect(page).toContain('moderated t');
    }
    // Both tests stand in the table that is saved, by the names of the command.
    await press('#tab-keep');
    expectSameTable(await saved('tidy tsv', /\.tidy\.tsv$/), tidy, TOLERANCE.demo.betweenEngines);
    expectSameTable(await saved('toptable tsv', /\.toptable\.tsv$/), top, TOLERANCE.demo.betweenEngines);
    await press('[data-export="report"]');
    const report = readFileSync(await savedFile(demo.downloads, /report\.html$/), 'utf8');
    expect(report).toContain('8 found of 149 responses tested');
    expect(report).toContain('moderated t');
    // Tables of other tests say what they rest on as the list does, and which variances they take.
    await press('#tab-means');
    await exists('#test-units');
    expect(await words('#test-units')).toBe(
      'F tests, means and their comparisons rest on 11 to 14 patients (15 to 28 samples). They are of the ordinary variances, not of the moderated ones.',
    );
    // Gene sets and ranked lists go by the same p.
    await press('#tab-sets');
    await exists('[data-export="rnk"]');
    expect(await words('#gene-set-units')).toBe(
      'The test that ranks the genes rests on 11 to 14 patients (15 to 28 samples).',
    );
    const ranked = rowsOf(`name\tz\n${await saved('rnk', /\.rnk$/)}`);
    expect(ranked.at(0)?.['name']).toBe('protein073');
  });

  it('stand beside the p-values of a bootstrap, which are a column of the list', async () => {
    await press('#tab-genes');
    await fitted(['moderate', ''], ['ddf', 'satterthwaite'], ['bootstrap', '200']);
    const [tidy] = await commandedAll(
      ['tidy'],
      ...COMMAND.filter((word) => word !== '--moderate'),
      ...['--bootstrap', '200', '--ddf', 'satterthwaite'],
    );
    const row = rowsOf(tidy).find((one) => one['response'] === 'protein073' && one['term'] === 'timeafter');
    const shown = await listed('protein073');
    expect(shown['t']).toBe(fourDigits(row?.['statistic'] ?? ''));
    const p = shown['p, bootstrap'] ?? '';
    expect(p.startsWith('≤ ')).toBe(row?.['p.bootstrap.bound'] === 'TRUE');
    expect(Math.abs(Number(p.replace('≤ ', '')) / Number(row?.['p.bootstrap']) - 1)).toBeLessThan(
      TOLERANCE.demo.shownDigits * 10,
    );
    expect(await open('protein073')).toContain(p);
  });

  it('have filters of their own data: a new fit keeps them, other data do not', async () => {
    await press('#tab-genes');
    const filter = async (): Promise<string[]> =>
      demo.page.$$eval('#least-effect, #threshold, #gene-list', (boxes) =>
        boxes.map((box) => (box as HTMLInputElement).value),
      );
    await setBox('#least-effect', '5');
    await setBox('#threshold', '0.2');
    await demo.page.$eval('#gene-list', (box) => {
      (box as HTMLTextAreaElement).value = 'protein073';
      box.dispatchEvent(new Event('input'));
    });
    await waitForText('.gene-list summary', ': 1');
    await fitted(['bootstrap', '0']);
    expect(await filter()).toEqual(['0.2', '5', 'protein073']);
    expect(await text('#found-count')).toBe('0 found of 149 responses tested; 1 other: too few rows');
    await press('[data-example="cells"]');
    await exists('#run:not([disabled])');
    await demo.page.waitForFunction(() => document.querySelector('.file')?.textContent !== 'proteins.tsv');
    await fitted();
    expect(await filter()).toEqual(['0.05', '', '']);
    expect(await text('#found-count')).not.toMatch(/^0 /);
  });

  it('raise no error on the page', () => {
    expect(demo.errors).toEqual([]);
  });
});
