/** Four analyses by someone new to the page, from the files to the report, with the numbers of the command that it shows. */
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { probability, shortNumber } from '../../demo/src/words/number-text.ts';
import { example, ROOT, type Row, rowsOf, succeed, temporaryFolder } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { chooseFiles, type DemoOptions, pressFit, waitForFit } from './demo-page.ts';
import { expectSameTable } from './host-fit.ts';
import { describeDemo, pageHands } from './page-hands.ts';
import { runShown, shownCommand } from './shown-command.ts';

const BROWSERS: Readonly<Record<string, DemoOptions>> = { Chromium: {}, Firefox: { firefox: { webgpu: false } } };

const folder = temporaryFolder();
const CELLS = join(folder, 'pbmc');
const PATIENTS = join(folder, 'patients.h5ad');

beforeAll(async () => {
  const cells = ['simulate', '--kind', 'cells', '--density', '0.3', '--quiet'];
  await succeed(...cells, '--genes', '60', '--cells', '600', '--donors', '2', '--seed', '3', '--out', CELLS);
  const patients = ['--genes', '60', '--cells', '1000', '--donors', '5', '--sample-sd', '0.3', '--seed', '11'];
  await succeed(...cells, ...patients, '--out', PATIENTS);
});

/** What the command wrote, by what it was asked: both browsers show the same one. */
const commanded = new Map<string, string[]>();
function ofCommand(command: string, data: string, outputs: readonly string[], ...more: readonly string[]): string[] {
  const key = JSON.stringify([command, outputs, more]);
  const found = commanded.get(key) ?? runShown(command, data, outputs, folder, ...more);
  commanded.set(key, found);
  return found;
}

/** The coefficients that a file of schema 1 holds, in order. */
function jsonNumbers(text: string): unknown[][] {
  const { models } = JSON.parse(text) as {
    models: readonly { response: string; coefficients: readonly Readonly<Record<string, number | string | null>>[] }[];
  };
  return models.flatMap(({ response, coefficients }) =>
    (coefficients ?? []).map(({ term, estimate, se, df, p }) => [response, term, estimate, se, df, p]),
  );
}

/** The text of a saved report, and its figures. */
function readReport(html: string): { readonly text: string; readonly figures: readonly string[] } {
  const figures = [...html.matchAll(/<figure>(.*?)<\/figure>/gs)].map(([, inner]) => inner);
  const text = html
    .replace(/<style>.*?<\/style>/gs, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
  return { text, figures };
}

/** A row as the page's table of coefficients prints it. */
function printed(row: Row | undefined): string[] {
  const number = (name: string): string => shortNumber(Number(row?.[name] === 'NA' ? 'NaN' : row?.[name]));
  return [number('estimate'), number('std.error'), number('statistic'), probability(Number(row?.['log10p']))];
}

for (const [name, options] of Object.entries(BROWSERS)) {
  describeDemo(`a new user in ${name}`, options, (demo) => {
    const { words: text, exists, press, waitForText, saved } = pageHands(demo);
    const boxValue = (selector: string): Promise<string> =>
      demo.page.$eval(selector, (host) => (host as HTMLInputElement | HTMLSelectElement).value);

    /** Chooses files on a page that knows nothing of those before. */
    async function open(paths: readonly string[]): Promise<void> {
      const { page, downloads } = demo;
      rmSync(downloads, { recursive: true, force: true });
      mkdirSync(downloads);
      await chooseFiles(page, paths);
      await waitForText('.file', basename(paths[0]));
      await exists('#run:not([disabled])');
      await exists('#compared');
    }

    /** Leaves nothing behind, as the button under Keep does. */
    async function leave(): Promise<void> {
      await demo.page.evaluate(() => document.documentElement.setAttribute('data-old', ''));
      await press('[data-export="forget"]');
      // Asked anew each time: what waits inside a page can be lost with it.
      const isNew = (): Promise<boolean> =>
        demo.page
          .evaluate(
            () => !document.documentElement.hasAttribute('data-old') && document.querySelector('[data-ready]') !== null,
          )
          .catch(() => false);
      await expect.poll(isNew, { timeout: 60_000, interval: 100 }).toBe(true);
      expect(await demo.page.$('.file')).toBeNull();
    }

    /** Fits; the rows of the command that the page shows, to which every saved number is held. */
    async function pressAndRead(data: string): Promise<{ readonly rows: Row[]; readonly command: string }> {
      await pressFit(demo.page);
      await waitForFit(demo.page);
      const command = await shownCommand(demo.page);
      const [tidy, json] = ofCommand(command, data, ['story.tsv', 'story.json'], '--conf-int');
      await press('#tab-keep');
      await exists('[data-export="tidy tsv"]');
      const [plain] = ofCommand(command, data, ['plain.tsv']);
      expectSameTable(await saved('tidy tsv', /tidy\.tsv$/), plain, TOLERANCE.demo.betweenEngines);
      const lines = (content: string): string =>
        ['response\tterm\testimate\tse\tdf\tp', ...jsonNumbers(content).map((row) => row.join('\t'))].join('\n');
      expectSameTable(lines(await saved('json json', /\.json$/)), lines(json), TOLERANCE.demo.betweenEngines);
      return { rows: rowsOf(tidy), command };
    }

    /** The rows of the page's table of coefficients are those of the command, digit by digit. */
    async function expectCoefficients(rows: readonly Row[]): Promise<void> {
      await exists('#coefficients-table');
      const shown = await demo.page.$$eval('#coefficients-table tbody tr', (all) =>
        all.map((row) => ({
          term: (row as HTMLElement).dataset['term'] ?? '',
          cells: [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? ''),
        })),
      );
      const fixed = rows.filter(({ effect }) => effect === 'fixed');
      expect(shown.map(({ term }) => term)).toEqual(fixed.map(({ term }) => term));
      for (const [k, row] of fixed.entries()) {
        for (const cell of printed(row)) expect(shown[k].cells, `${row['term']} ${cell}`).toContain(cell);
        const limits = [row['conf.low'], row['conf.high']].map((limit) => shortNumber(Number(limit)));
        expect(shown[k].cells).toContain(limits.join(' to '));
      }
    }

    /** Takes the means that the page offers first; they and their comparisons are the command's. */
    async function expectMeans(command: string, data: string, asked: string, adjusted: string): Promise<Row[]> {
      await press('#tab-means');
      await exists('#compute-means');
      await press('#compute-means');
      await exists('#pairs-table');
      expect(await text('#means .analysis-results')).toContain(adjusted);
      const more = ['--emmeans', asked, '--pairs-reverse', '--conf-int'];
      const [means, pairs] = ofCommand(command, data, ['emmeans=means.tsv', 'pairs=pairs.tsv'], ...more);
      expectSameTable(await saved('means tsv', /emmeans\.tsv$/), means, TOLERANCE.demo.betweenEngines);
      expectSameTable(await saved('comparisons tsv', /pairs\.tsv$/), pairs, TOLERANCE.demo.betweenEngines);
      return rowsOf(pairs);
    }

    async function report(words: readonly string[], figures: readonly RegExp[]): Promise<string> {
      await press('#tab-keep');
      await exists('[data-export="report"]');
      const ofGenes = /gene|donor/i.test(await text('#view-keep'));
      expect(ofGenes).toBe((await demo.page.$('#tab-genes:not([hidden])')) !== null);
      const read = readReport(await saved('report', /report\.html$/));
      for (const part of words) expect(read.text).toContain(part);
      expect(read.text).toMatch(/Methods .* fitted by the .* in double precision/);
      const unlike = figures.filter((kind) => !read.figures.some((figure) => kind.test(figure)));
      expect(unlike).toEqual([]);
      for (const figure of read.figures)
        expect(figure.match(/<(?:path|circle|rect|line|text)/g)?.length).toBeGreaterThan(5);
      return read.text;
    }

    it('learns that cells of two donors are two units, in each cell type', async () => {
      const { page } = demo;
      await open(['matrix.mtx.gz', 'features.tsv.gz', 'barcodes.tsv.gz', 'obs.tsv'].map((file) => join(CELLS, file)));
      expect(await boxValue('#formula')).toBe('~ stim + (1 | donor) + (1 | sample)');
      expect(await text('.design-check .warning')).toMatch(/^Only 2 levels of 'donor' .* too few\./);
      expect(await text('.design-check')).toContain('the test rests on 2 of them, not on the cells');
      expect(await text('.design-check')).toMatch(/Not advised ~ stim \+ \(1 \| donor\) ?Right only where/);
      await page.select('[data-key="split"] select', 'cell_type');
      const { rows, command } = await pressAndRead(CELLS);
      expect(command).toContain('--split-by cell_type');
      expect(await text('.outcome .note')).toMatch(/2 levels of 'donor'.*its p-value is fragile/);
      const tests = rows.filter(({ term }) => term === 'stimstim');
      // Neither cells nor samples are taken for replicates.
      expect(Math.max(...tests.map(({ df }) => (df === 'NA' ? 0 : Number(df))))).toBeLessThan(2);
      await press('#tab-genes');
      await exists('.volcano canvas');
      await page.focus('.gene-scroll');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await exists('.plot.gene canvas');
      await exists('.caterpillar canvas');
      const [gene, split] = [await text('#gene-name'), await text('.gene-head .badge')];
      const own = rows.filter((row) => row['response'] === gene && row['split'] === split);
      await expectCoefficients(own);
      expect(await text('#coefficients-table tr[data-term="stimstim"]')).toContain('rests on 2 donors');
      expect(await text('#gene-name')).toBe(gene);
      await report(
        [
          '~ stim + (1 | donor) + (1 | sample)',
          'Each level of cell_type was analysed by itself.',
          'its p-value is fragile',
          'rests on 2 donors',
          ...printed(own.find(({ term }) => term === 'stimstim')),
        ],
        [/Volcano/, /values by stim and donor/, /effects of donor/],
      );
      expect(demo.errors).toEqual([]);
      await leave();
    });

    it('tests a treatment of five patients on the patients', async () => {
      const { page } = demo;
      await open([PATIENTS]);
      expect(await boxValue('#formula')).toBe('~ stim + (1 | donor) + (1 | sample)');
      expect(await text('#compared')).toContain('stim is compared within donor: 5 units');
      expect(await text('#effect-list')).toContain('rests on 5 donors with both sides');
      const { rows, command } = await pressAndRead(folder);
      const tests = rows.filter(({ term }) => term === 'stimstim');
      // A paired t test of five has four.
      expect(Math.max(...tests.map(({ df }) => Number(df)))).toBeLessThan(4 + TOLERANCE.demo.betweenEngines);
      await press('#tab-genes');
      await exists('.volcano canvas');
      await page.focus('.gene-scroll');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await exists('.plot.gene canvas');
      await exists('.caterpillar canvas');
      const gene = await text('#gene-name');
      const own = rows.filter((row) => row['response'] === gene);
      await expectCoefficients(own);
      const pairs = await expectMeans(command, folder, 'stim', 'Tukey');
      const pair = pairs.find((row) => row['response'] === gene);
      expect(await text('#pairs-table')).toContain(shortNumber(Number(pair?.['estimate'])));
      await report(
        [
          '~ stim + (1 | donor) + (1 | sample)',
          '--normalize log1p-cp10k',
          'rests on 5 donors with both sides',
          'stim − ctrl (stimstim)',
          ...printed(own.find(({ term }) => term === 'stimstim')),
        ],
        [/Volcano/, /values by stim and donor/, /effects of donor/, /: means by stim/],
      );
      expect(demo.errors).toEqual([]);
      await leave();
    });

    it('has the last visit of a trial with drop-out first', async () => {
      await open([example('trial.csv')]);
      await exists('#take-trial');
      expect(await text('.family:has(#take-trial)')).toContain('Of 320 visits 43 are missing');
      await press('#take-trial');
      await waitForText('#effect-list', 'visit week12');
      expect(await boxValue('#formula')).toBe('score ~ arm * visit');
      const first = '(treated − placebo) at visit week12 − the same at week02';
      expect(await text('#effect-list li.first')).toContain(first);
      const data = join(ROOT, 'examples');
      const { rows, command } = await pressAndRead(data);
      expect(command).toContain("--residual 'us(visit | subject)'");
      await press('#tab-gene');
      await exists('.plot.trajectories canvas');
      await exists('.plot.covariance svg');
      expect(await text('.gene-figure figcaption')).toContain('marginal means by arm with 95 % bands');
      await expectCoefficients(rows);
      const sd = shortNumber(Number(rows.find(({ term }) => term === 'sd__week12')?.['estimate']));
      await waitForText('#variation-table tr[data-parameter="Residual sd__week12"]', sd);
      const pairs = await expectMeans(command, data, 'arm | visit', 'Tukey');
      expect(await text('#view-means')).not.toMatch(/genes?\b/i);
      expect(pairs).toHaveLength(4);
      const last = pairs.find((row) => row['visit'] === 'week12');
      expect(await text('#pairs-table tbody tr:last-child')).toContain(shortNumber(Number(last?.['estimate'])));
      await report(
        [
          'score ~ arm * visit',
          'Residuals had the covariance us(visit | subject)',
          'units of the tests',
          `${first} (armtreated:visitweek12), rests on`,
          ...printed(rows.find(({ term }) => term === 'armtreated:visitweek12')),
          `sd of week12 ${sd}`,
        ],
        [/score over visit/, /covariance of the rows of a subject/, /means by visit and arm/],
      );
      expect(demo.errors).toEqual([]);
      await leave();
    });

    it('reads yes or no as odds, and ratios with their intervals', async () => {
      await open([example('clinic.csv')]);
      expect(await text('#family-proposal')).toBe("'well' holds no and yes: the odds of yes are modelled.");
      expect(await boxValue('[data-key="family"] select')).toBe('binomial');
      expect(await boxValue('[data-key="arm reference"] select')).toBe('placebo');
      expect(await boxValue('#formula')).toBe('well ~ week * arm + (week | patient)');
      const { rows, command } = await pressAndRead(join(ROOT, 'examples'));
      expect(command).toContain('--family binomial');
      expect(await text('.outcome:has(#statuses)')).toContain('left out 17 of 300 rows with missing values');
      await press('#tab-gene');
      await exists('.plot.trajectories canvas');
      await expectCoefficients(rows);
      const change = rows.find(({ term }) => term === 'week:armtreated');
      const ratio = (column: string): string => shortNumber(Math.exp(Number(change?.[column])));
      const shown = await text('#coefficients-table tr[data-term="week:armtreated"]');
      const interval = `${ratio('conf.low')} to ${ratio('conf.high')}`;
      expect(shown).toContain(ratio('estimate'));
      expect(shown).toContain(interval);
      expect(shown).toContain('rests on 60 patients');
      expect(await text('#singular-words')).toContain('perfectly correlated');
      await report(
        [
          'well ~ week * arm + (week | patient)',
          'with a binomial distribution and the link logit',
          'left out 17 of 300 rows',
          'odds ratio',
          `${ratio('estimate')} ${interval}`,
          'those of one patient with the random effects at zero',
          'perfectly correlated',
          ...printed(change),
        ],
        [/well over week/, /effects of patient/],
      );
      expect(demo.errors).toEqual([]);
      await leave();
    });
  });
}
