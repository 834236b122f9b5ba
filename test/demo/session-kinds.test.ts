/** Sessions of each kind of fit: tables, figures and words without the data, the page of a response with them, and no new fit. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { expect, it } from 'vitest';
import { DEFAULT_SETTINGS, restoreSettings, type Settings } from '../../demo/src/protocol/settings.ts';
import type { Results } from '../../demo/src/results/results-view.ts';
import { decode, sessionBlob } from '../../demo/src/state/session-file.ts';
import { Store } from '../../demo/src/state/store.ts';
import { example, temporaryFolder } from '../cli/command.ts';
import { countAt } from './analysis-data.ts';
import { chooseFiles, fitAnew, press, typeFormula, waitForText } from './demo-page.ts';
import { describeDemo } from './page-hands.ts';
import { complaints, freshPages, isLive, saveSession, seen, tab } from './session-hands.ts';

/** Counts of 60 genes in 24 samples of six donors, in two kinds of cells, and the samples. */
function countFiles(folder: string): readonly string[] {
  const samples = Array.from({ length: 24 }, (_, i) => `s${i + 1}`);
  const of = (i: number): string => `d${(i >> 1) % 6}\t${i % 2 ? 'stim' : 'ctrl'}\t${i < 12 ? 'B' : 'T'}`;
  const lines = samples.map((name, i) => `${name}\t${of(i)}`);
  const obs = join(folder, 'count-samples.tsv');
  writeFileSync(obs, `sample\tdonor\tstim\tkind\n${lines.join('\n')}\n`);
  const rows = Array.from({ length: 60 }, (_, g) => [`GENE${g}`, ...samples.map((_s, i) => countAt(g, i))].join('\t'));
  const data = join(folder, 'counts-by-sample.tsv');
  writeFileSync(data, `gene\t${samples.join('\t')}\n${rows.join('\n')}\n`);
  return [data, obs];
}

interface Case {
  readonly name: string;
  files(folder: string): readonly string[];
  readonly formula: string;
  /** Boxes of the design by their key. */
  readonly boxes: Readonly<Record<string, string>>;
  /** What the provenance says of it. */
  readonly words: RegExp;
}

const visits = () => [example('trial.csv')];
const proteins = () => [example('proteins.tsv'), example('proteins.samples.tsv')];
const CASES: readonly Case[] = [
  {
    name: 'voom',
    files: countFiles,
    formula: '~ stim + (1 | donor)',
    boxes: { weights: 'voom' },
    words: /voom weights/,
  },
  {
    name: 'moderated tests',
    files: proteins,
    formula: '~ time + (1 | patient)',
    boxes: { moderate: 'robust,trend' },
    words: /moderated, robust, by trend/,
  },
  { name: 'a split', files: countFiles, formula: '~ stim + (1 | donor)', boxes: { split: 'kind' }, words: /by kind/ },
  {
    name: 'structured residuals',
    files: visits,
    formula: 'score ~ base + arm * visit',
    boxes: { 'residual written': 'us(visit | subject)' },
    words: /residuals us\(visit \| subject\)/,
  },
  {
    name: 'a binary outcome',
    files: () => [example('clinic.csv')],
    formula: 'well ~ arm * week + (1 | patient)',
    boxes: {},
    words: /binomial, logit link/,
  },
  {
    name: 'a bootstrap',
    files: () => [example('visits.csv')],
    formula: 'y ~ time + (1 | subject)',
    boxes: { bootstrap: '100' },
    words: /visits\.csv/,
  },
];

/** What stands without data: the table of all, tables of one, notes, figures of all. */
async function standing(page: Page) {
  return page.evaluate(() => {
    const texts = (selector: string): string[] =>
      [...document.querySelectorAll(selector)].map((host) => host.textContent?.replace(/\s+/g, ' ').trim() ?? '');
    return {
      belongs: texts('#provenance, #statuses, .results .outcome .note, #found-count, #outcome'),
      coefficients: texts('#coefficients-table'),
      title: texts('#gene-name'),
      certificate: texts('.certificate'),
      maps: document.querySelectorAll('.plot.covariance svg').length,
      chooser: texts('.chooser'),
    };
  });
}

it('settings come back as they were, all of them', () => {
  const chosen: Settings = {
    ...{ formula: 'y ~ arm + (1 | g)', family: 'binomial', link: 'probit', trials: 'n', nagq: 5, reml: true },
    ...{
      residual: 'us(v | s)',
      dispersion: '~ 0 + sex',
      information: 'observed',
      moderate: 'robust,trend',
      method: 'ML',
    },
    ...{ ddf: 'satterthwaite', contrasts: [{ name: 'c', expression: 'a - b' }], normalize: 'log1p-cpm', layer: 'raw' },
    ...{ where: 'x > 1', splitBy: 'kind', minCells: 3, minCounts: 4, weights: 'voom', normFactors: 'tmm', offset: 'o' },
    ...{ totals: 't', transform: 'log2', zeroIsMissing: true, responses: '/^y/', factors: ['f'], ordered: ['g'] },
    ...{ levels: { f: ['b', 'a'], $number: ['1', '2'] }, codings: { f: 'sum', $number: 'sum' }, na: 'omit' },
    ...{ adjust: 'holm', adjustAcross: 'all', backend: 'cpu', threads: 2, bootstrap: 200, condition: 'arm' },
  };
  const unchanged = Object.entries(chosen).filter(([key, value]) => Reflect.get(DEFAULT_SETTINGS, key) === value);
  expect(unchanged).toEqual([]);
  expect(Object.keys(chosen).sort()).toEqual(Object.keys(DEFAULT_SETTINGS).sort());
  expect(restoreSettings(chosen)).toEqual(chosen);
});

it('numbers that JSON lacks come back with a session', async () => {
  const store = new Store();
  const table = { models: 0 } as unknown as Results['outcome']['table']; // nothing of it is read
  const seconds = { read: Number.NaN, fit: -Infinity };
  const results = { outcome: { table, seconds, notes: [] } } as unknown as Results; // as above
  store.set({ results, settings: { ...DEFAULT_SETTINGS, codings: { $number: 'sum' } } });
  const text = await new Response(
    (await sessionBlob(store.state)).stream().pipeThrough(new DecompressionStream('gzip')),
  ).text();
  const read = JSON.parse(text, decode) as { readonly results: Results; readonly settings: Settings };
  expect(read.results.outcome.seconds).toEqual(seconds);
  expect(read.settings.codings).toEqual({ $number: 'sum' });
});

/** The rows of the table of all, on whose view one is: hidden, it holds them or not. */
async function listed(page: Page): Promise<string[]> {
  await page.waitForSelector('.gene-body .gene-row');
  return page.evaluate(async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    return [...document.querySelectorAll('.gene-body .gene-row')].map((row) => row.textContent ?? '');
  });
}

/** All of the page of a response. */
const onePage = (page: Page): Promise<string> =>
  page.$eval('#view-gene', (host) => (host as HTMLElement).innerText.replace(/\s+/g, ' '));
const belongsTo = (page: Page, words: RegExp): Promise<unknown> =>
  page.waitForFunction(
    (text) => new RegExp(text).test(document.querySelector('#provenance')?.textContent ?? ''),
    {},
    words.source,
  );
const settled = (page: Page): Promise<unknown> =>
  page.waitForFunction(
    () => document.querySelector('.gene-figure svg, .gene-figure canvas, .gene-figure .plot') !== null,
    {
      timeout: 60_000,
    },
  );

describeDemo('a session', {}, (demo) => {
  const folder = temporaryFolder();
  const freshPage = freshPages(demo);

  /** Opens files that are read anew, and types a formula. */
  async function design(paths: readonly string[], formula: string): Promise<void> {
    const { page } = demo;
    await page.evaluate(() => document.querySelector('.file')?.remove());
    await chooseFiles(page, paths);
    await page.waitForSelector('.file', { timeout: 60_000 });
    await typeFormula(page, formula);
  }

  it.each(CASES)('of $name comes back whole', async ({ name, files, formula, boxes, words }) => {
    const { page, errors } = demo;
    const paths = files(folder);
    await design(paths, formula);
    for (const [key, value] of Object.entries(boxes)) {
      await page.waitForSelector(`[data-key="${key}"]`);
      await page.$eval(
        `[data-key="${key}"] select, [data-key="${key}"] input`,
        (box, wanted) => {
          (box as HTMLInputElement).value = wanted;
          box.dispatchEvent(new Event('change', { bubbles: true }));
        },
        value,
      );
    }
    await fitAnew(page);
    await belongsTo(page, words);
    const isMany = (await page.$('#tab-genes[hidden]')) === null;
    const rows = isMany ? await listed(page) : [];
    if (isMany) await press(page, '.gene-body .gene-row');
    await settled(page);
    const before = await standing(page);
    const one = await onePage(page);
    const path = await saveSession(demo, folder, name.replaceAll(' ', '-'));

    const other = await freshPage();
    await chooseFiles(other, [path]);
    await belongsTo(other, words);
    await other.waitForSelector('#coefficients-table');
    if (isMany) {
      await tab(other, 'genes');
      expect(await listed(other)).toEqual(rows);
      await other.waitForSelector(
        '.volcano svg, [role="tabpanel"]:not([hidden]) .plot svg, [role="tabpanel"]:not([hidden]) canvas',
      );
      await tab(other, 'gene');
    }
    expect(await standing(other)).toEqual(before);
    expect((await complaints(other))[0]).toMatch(/not open: open .*Nothing is fitted again/);

    await chooseFiles(other, paths);
    await isLive(other);
    await settled(other);
    await other
      .waitForFunction(
        (text) => {
          const host = document.querySelector<HTMLElement>('#view-gene');
          return host?.innerText.replace(/\s+/g, ' ') === text;
        },
        { timeout: 30_000 },
        one,
      )
      .catch(() => undefined);
    expect(await onePage(other)).toBe(one);
    expect(await standing(other)).toEqual(before);
    expect(await complaints(other)).toEqual([]);
    expect(await other.$eval('#formula', (box) => (box as HTMLInputElement).value)).toBe(formula);
    expect(errors).toEqual([]);
  });

  it('of gene sets tests them again without the data', async () => {
    const { page, errors } = demo;
    const paths = countFiles(folder);
    await design(paths, '~ stim + (1 | donor)');
    await fitAnew(page);
    await waitForText(page, '#provenance', 'counts-by-sample');
    const set = (name: string, step: number): string =>
      [name, 'own', ...Array.from({ length: 12 }, (_, g) => `GENE${(g * step) % 60}`)].join('\t');
    const sets = join(folder, 'own.gmt');
    writeFileSync(sets, `${set('fifth', 5)}\n${set('seventh', 7)}\n`);
    await chooseFiles(page, [sets]);
    await page.waitForSelector('#gene-sets-table');
    await page.evaluate(() => {
      const label = [...document.querySelectorAll('#view-sets label')].find((own) =>
        own.textContent?.startsWith('Correlation'),
      );
      const box = label?.querySelector('input');
      if (!box) throw new Error('no box');
      box.value = '0.05';
      box.dispatchEvent(new Event('change'));
    });
    await waitForText(page, '#gene-set-facts', 'Correlation 0.05');
    const read = (of: Page): Promise<string[]> =>
      of.$$eval('#gene-set-facts, #gene-sets-table', (hosts) => hosts.map((host) => host.textContent ?? ''));
    const before = await read(page);
    const path = await saveSession(demo, folder, 'sets');
    const other = await freshPage();
    await chooseFiles(other, [path]);
    await waitForText(other, '#gene-set-facts', 'Correlation 0.05');
    await other.waitForSelector('#gene-sets-table');
    expect(await read(other)).toEqual(before);
    await chooseFiles(other, paths);
    await isLive(other);
    expect((await seen(other)).tab).toBe('Gene sets');
    expect(await read(other)).toEqual(before);
    expect(errors).toEqual([]);
  });
});
