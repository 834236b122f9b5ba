import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareMa } from '../../demo/src/plots/ma.ts';
import { prepareVolcano } from '../../demo/src/plots/volcano.ts';
import {
  type GeneFilters,
  isFound,
  listedGenes,
  NO_FILTERS,
  passes,
  restoreFilters,
} from '../../demo/src/results/gene-filters.ts';
import { rankedListText } from '../../demo/src/results/gene-set-file.ts';
import { type ResultsView, resultsView } from '../../demo/src/results/results-view.ts';
import { probability } from '../../demo/src/words/number-text.ts';
import { fit as fitRows, readTable } from '../../src/doors/node.ts';
import { cameraRanked, zScores } from '../../src/doors/statistics.ts';
import { type Row, rowsOf } from '../cli/command.ts';
import { dropFiles, fitAnew, savedFile } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';

/** A view with no more than what the functions look at. */
function viewOf(parts: Partial<ResultsView>): ResultsView {
  return parts as ResultsView; // the rest is not read
}

describe('lists of genes', () => {
  const view = viewOf({
    names: ['ENSG1', 'ENSG2', 'ENSG3', 'ENSG4', 'protein A'],
    symbols: ['HLA-A', 'MT-CO1', 'Actb', 'ACTB', 'protein A'],
  });

  it('are found however their names are parted, by id and symbol', () => {
    const found = listedGenes(view, 'HLA-A, "MT-CO1";ensg3\tnone\r\n(ENSG1) protein A\nNONE|none');
    // `protein A` stands behind a name that is known, so it is read as two words.
    expect(found.places).toEqual([0, 1, 2]);
    expect(found.unknown).toEqual(['none', 'protein', 'A', 'NONE']);
    expect(listedGenes(view, 'protein A\nMT-CO1').places).toEqual([1, 4]);
  });

  it('tell capitals apart only where there are both', () => {
    expect(listedGenes(view, 'Actb').places).toEqual([2]);
    expect(listedGenes(view, 'ACTB').places).toEqual([3]);
    expect(listedGenes(view, 'actb').places).toEqual([2, 3]);
    expect(listedGenes(view, 'hla-a').places).toEqual([0]);
    expect(listedGenes(view, ' \n ')).toEqual({ places: [], unknown: [], names: 0 });
  });
});

describe('filters of genes', () => {
  const view = viewOf({
    adjusted: Float64Array.of(0.01, 0.01, 0.2, 0.01),
    effect: Float64Array.of(-2, 0.1, 3, 1),
    expressed: Float64Array.of(0.5, 0.05, Number.NaN, 1),
    singular: Uint8Array.of(0, 1, 0, 1),
  });
  const kept = (filters: Partial<GeneFilters>): number[] =>
    [0, 1, 2, 3].filter((i) => passes(view, i, { ...NO_FILTERS, ...filters }));

  it('go by effect, rows that are not zero, and singular fits', () => {
    const found = (effect: number): number[] =>
      [0, 1, 2, 3].filter((i) => isFound(view, i, 0.05, { ...NO_FILTERS, effect }));
    expect(found(0)).toEqual([0, 1, 3]);
    expect(found(1)).toEqual([0, 3]);
    expect(kept({})).toEqual([0, 1, 2, 3]);
    // What was not counted is not left out for it.
    expect(kept({ expressed: 10 })).toEqual([0, 2, 3]);
    expect(kept({ singular: 'without' })).toEqual([0, 2]);
    expect(kept({ singular: 'only' })).toEqual([1, 3]);
  });

  it('come back from a store where they have the right kinds', () => {
    const own = { ...NO_FILTERS, effect: 0.5, singular: 'only', list: 'a b', plot: 'ma' } as const;
    expect(restoreFilters(JSON.parse(JSON.stringify(own)))).toEqual(own);
    const bad = { effect: -1, expressed: 101, singular: 'x', found: 1, listed: 'yes', plot: 3, list: {} };
    expect(restoreFilters(bad)).toEqual(NO_FILTERS);
    expect(restoreFilters(null)).toEqual(NO_FILTERS);
  });

  it('are those of the plots, whose points are hollow where fits are singular', () => {
    const data = {
      names: ['a', 'b', 'c', 'd'],
      log10P: Float64Array.of(-4, -5, -1, -3),
      mean: Float64Array.of(1, 2, Number.NaN, 4),
      sigma: new Float64Array(4).fill(1),
      threshold: 0.05,
      labels: 2,
      ...{ effect: view.effect, adjusted: view.adjusted, singular: view.singular, leastEffect: 1 },
    };
    const volcano = prepareVolcano(data);
    expect(volcano.counts).toEqual({ up: 1, down: 1 });
    expect([...volcano.singular]).toEqual([0, 1, 0, 1]);
    const ma = prepareMa(data);
    // A gene without a mean has no place there.
    expect([...ma.index]).toEqual([0, 1, 3]);
    expect([...ma.singular]).toEqual([0, 1, 1]);
    expect(ma.counts).toEqual({ up: 1, down: 1 });
    expect(prepareVolcano({ ...data, leastEffect: 0 }, volcano).counts).toEqual({ up: 2, down: 1 });
  });
});

describe('tiny p-values', () => {
  it('keep their digits, adjusted ones too', () => {
    expect(probability(-339.9208187539524)).toBe('1.20e−340');
    expect(probability(-Infinity)).toBe('0');
  });

  it('are adjusted in logarithms, within a split and over all', async () => {
    const table = await readTable('examples/trial.csv');
    const { table: fitted } = await fitRows(table, { formula: 'score ~ week + arm + (1 | subject)' });
    const { coefficients } = fitted;
    const width = coefficients.names.length;
    const at = coefficients.names.indexOf('week');
    // The same model many times, with p-values far below every double.
    const models = 4;
    const repeat = <T extends Float64Array | Int32Array | Uint8Array>(values: T): T =>
      new (values.constructor as new (list: number[]) => T)(Array.from({ length: models }, () => [...values]).flat()); // of its own kind
    const log10P = repeat(coefficients.log10P);
    for (let m = 0; m < models; m++) log10P[m * width + at] = -400 - m;
    const many = {
      ...fitted,
      models,
      responses: ['a', 'b', 'c', 'd'],
      genes: null,
      splits: ['x', 'x', 'y', 'y'],
      status: repeat(fitted.status),
      singular: repeat(fitted.singular),
      nobs: repeat(fitted.nobs),
      expressed: Int32Array.of(-1, 0, fitted.nobs[0], -1),
      mean: repeat(fitted.mean),
      sigma: repeat(fitted.sigma),
      coefficients: {
        names: coefficients.names,
        estimate: repeat(coefficients.estimate),
        standardError: repeat(coefficients.standardError),
        df: repeat(coefficients.df),
        statistic: repeat(coefficients.statistic),
        pValue: new Float64Array(models * width),
        log10P,
        adjustedP: new Float64Array(models * width),
      },
    };
    const within = resultsView({ ...many, adjust: 'BH', adjustAcross: 'within' }, 'week', 'x', '');
    // Benjamini and Hochberg of two: the smaller one times two.
    expect(within.log10Adjusted[1]).toBeCloseTo(-401 + Math.log10(2), 10);
    expect(within.log10Adjusted[0]).toBeCloseTo(-400, 10);
    expect([...within.expressed]).toEqual([Number.NaN, 0]);
    const all = resultsView({ ...many, adjust: 'bonferroni', adjustAcross: 'all' }, 'week', 'y', '');
    expect(all.log10Adjusted[0]).toBeCloseTo(-402 + Math.log10(4), 10);
  });
});

describeDemo('the views of all genes', {}, (demo) => {
  /** The table of coefficients that the page saves, of its test. */
  let tidy: Row[] = [];
  const { press, saved, setBox } = pageHands(demo);
  beforeAll(async () => {
    const { page } = demo;
    await page.click('[data-example="cells"]');
    await page.waitForSelector('#run:not([disabled])');
    await setBox('[data-key="split"] select', 'cell_type');
    await fitAnew(page);
    await press('#tab-keep');
    tidy = rowsOf(await saved('tidy tsv', /tidy\.tsv$/)).filter(({ term }) => term === 'stimstim');
    // Models that have none, of constant genes, are not among them.
    expect(tidy.length).toBeGreaterThan(5000);
  });

  const number = (text: string | undefined): number =>
    text === undefined || text === '' || text === 'NA' ? Number.NaN : Number(text);
  const splitOf = (row: Row): string => row['split'] ?? '';

  it('count what was found in every cell type, and lead to it', async () => {
    const { page } = demo;
    await page.click('#tab-overview');
    await page.waitForSelector('.found-bars svg');
    const said = await page.$eval('.found-bars svg', (plot) => plot.getAttribute('aria-label') ?? '');
    for (const type of ['A', 'B', 'C']) {
      const own = tidy.filter((row) => splitOf(row) === type && !Number.isNaN(number(row['p.value'])));
      const found = own.filter((row) => number(row['p.adjusted']) <= 0.05);
      const up = found.filter((row) => number(row['estimate']) > 0).length;
      expect(said).toContain(`${type}: ${up} up, ${found.length - up} down of ${own.length}`);
    }
    await page.$eval('.found-bars svg', (plot) => (plot as SVGElement).focus());
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('#tab-genes')?.getAttribute('aria-selected') === 'true');
    expect(await page.$eval('.split-choice select', (box) => (box as HTMLSelectElement).value)).toBe('B');
    // The strongest gene of all types, which the keyboard meets first.
    await page.click('#tab-overview');
    await page.waitForSelector('.dot-plot svg');
    await page.$eval('.dot-plot svg', (plot) => (plot as SVGElement).focus());
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#gene-name');
    const best = tidy
      .filter((row) => number(row['log10p']) < 0)
      .sort((a, b) => number(a['log10p']) - number(b['log10p']))[0];
    expect(await page.$eval('#gene-name', (host) => host.textContent)).toContain(best['response']);
    // Escape leads back to where it was opened.
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('.dot-plot')?.contains(document.activeElement) === true);
    expect(await page.$eval('#tab-overview', (tab) => tab.getAttribute('aria-selected'))).toBe('true');
  });

  it('filter by effect, by rows that are not zero, and by list, and say which names are unknown', async () => {
    const { page } = demo;
    await page.click('#tab-genes');
    await page.select('.split-choice select', 'A');
    const own = tidy.filter((row) => splitOf(row) === 'A');
    const rows = (): Promise<string> => page.$eval('#row-count', (host) => host.textContent ?? '');
    await setBox('#least-effect', '0.5');
    const found = own.filter((row) => number(row['p.adjusted']) <= 0.05 && Math.abs(number(row['estimate'])) >= 0.5);
    const tested = own.filter((row) => number(row['p.adjusted']) <= 1).length;
    const rest = tested < 2000 ? `; ${2000 - tested} others: constant` : '';
    expect(await page.$eval('#found-count', (host) => host.textContent)).toBe(
      `${found.length} found of ${tested.toLocaleString('en')} genes tested${rest}`,
    );
    await setBox('#least-effect', '');
    // Shares of rows are counted apart: n.expressed of the table of models.
    await page.click('#tab-keep');
    await page.locator('[data-export="glance tsv"]').click();
    const glance = rowsOf(readFileSync(await savedFile(demo.downloads, /glance\.tsv$/), 'utf8')).filter(
      (row) => splitOf(row) === 'A',
    );
    await page.click('#tab-genes');
    await setBox('#least-expressed', '20');
    const often = glance.filter((row) => number(row['n.expressed']) / number(row['nobs']) >= 0.2);
    expect(often.length).toBeGreaterThan(10);
    expect(await rows()).toContain(`${often.length.toLocaleString('en')} rows`);
    await setBox('#least-expressed', '');
    await page.evaluate(() => {
      const box = document.querySelector<HTMLTextAreaElement>('#gene-list');
      if (!box) throw new Error('no box of the list');
      box.value = 'gene0387; gene1571,\nnobody';
      box.dispatchEvent(new Event('input'));
    });
    await page.waitForFunction(() => /nobody/.test(document.querySelector('#gene-list-found')?.textContent ?? ''));
    expect(await page.$eval('#gene-list-found', (host) => host.textContent)).toMatch(
      /2 genes of these results.*Not among them: nobody\./,
    );
    expect(await rows()).toContain('2,000 rows');
    await press('.gene-list input[type="checkbox"]');
    expect(await rows()).toContain('2 rows');
    await press('.gene-list button');
    expect(await rows()).toContain('2,000 rows');
  });

  it('draw mean and effect', async () => {
    const { page } = demo;
    await page.evaluate(() => {
      const box = [...document.querySelectorAll<HTMLSelectElement>('.plot-choice select')][0];
      box.value = 'ma';
      box.dispatchEvent(new Event('change'));
    });
    const said = await page.$eval('.volcano svg', (plot) => plot.getAttribute('aria-label') ?? '');
    const tested = tidy.filter((row) => splitOf(row) === 'A' && !Number.isNaN(number(row['p.value'])));
    expect(said).toMatch(/^MA plot\./);
    expect(said).toContain(`${tested.length} genes by mean and effect`);
  });

  it('test the gene sets of a file that is dropped, and save the ranked list', async () => {
    const { page, downloads } = demo;
    await page.select('.split-choice select', 'A');
    const own = tidy.filter((row) => splitOf(row) === 'A');
    const names = own.map((row) => row['response'] ?? '');
    const strong = own
      .filter((row) => number(row['log10p']) < 0 && number(row['estimate']) > 0)
      .sort((a, b) => number(a['log10p']) - number(b['log10p']))
      .slice(0, 30)
      .map((row) => row['response'] ?? '');
    const sets: Record<string, string[]> = {
      UP_GENES: [...strong, 'UNKNOWN1'],
      OTHERS: names.filter((_, i) => i % 40 === 3),
      SMALL: names.slice(0, 2),
    };
    const path = join(downloads, 'own.gmt');
    writeFileSync(
      path,
      Object.entries(sets)
        .map(([name, genes]) => `${name}\tabout\t${genes.join('\t')}\n`)
        .join(''),
    );
    await dropFiles(page, [path]);
    await page.waitForSelector('#gene-sets-table');
    const facts = await page.$eval('#gene-set-facts', (host) => host.textContent ?? '');
    expect(facts).toMatch(/1 set with fewer than 5 of them left out\. Correlation 0\.01\./);
    // What cannot be a correlation is refused in words, and the one before stays.
    const correlation = '#view-sets .field.inline input';
    await page.$eval(correlation, (box) => {
      (box as HTMLInputElement).value = 'abc';
      box.dispatchEvent(new Event('change', { bubbles: true }));
    });
    expect(await page.$eval('#view-sets [role="alert"]', (host) => host.textContent)).toBe(
      '“abc” is not taken: a correlation lies between −1 and 1.',
    );
    expect(await page.$eval(correlation, (box) => (box as HTMLInputElement).value)).toBe('0.01');
    expect(facts).toMatch(/in A\. .*genes ranked; the results have \d+ of the \d+ genes/);
    await page.locator('[data-export="gene-sets tsv"]').click();
    const rows = rowsOf(readFileSync(await savedFile(downloads, /gene-sets\.tsv$/), 'utf8'));
    // The same by the library, from the table of coefficients.
    const score = zScores(
      Float64Array.from(own, (row) => number(row['estimate'])),
      Float64Array.from(own, (row) => number(row['log10p'])),
    );
    const places = ['UP_GENES', 'OTHERS'].map((name) =>
      Int32Array.from((sets[name] ?? []).map((gene) => names.indexOf(gene)).filter((at) => at >= 0)),
    );
    const judged = cameraRanked(score, places);
    expect(rows.map((row) => row['set'])).toEqual(['UP_GENES', 'OTHERS']);
    rows.forEach((row, k) => {
      expect(number(row['genes'])).toBe(judged.size[k]);
      expect(number(row['log10p'])).toBeCloseTo(judged.log10P[k], 8);
      expect(number(row['p.adjusted']) / judged.adjustedP[k]).toBeCloseTo(1, 6);
    });
    expect(rows[0]['direction']).toBe('up');
    await page.locator('[data-export="rnk"]').click();
    const ranked = readFileSync(await savedFile(downloads, /\.rnk$/), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(ranked).toHaveLength(score.filter((value) => Number.isFinite(value)).length);
    const scores = ranked.map(([, value]) => Number(value));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(scores[0]).toBeCloseTo(Math.max(...score.filter((value) => Number.isFinite(value))), 8);
    // A set shows its genes.
    await press('#gene-sets-table tbody button');
    await page.waitForFunction(() => /\b30 rows/.test(document.querySelector('#row-count')?.textContent ?? ''));
  });

  it('keep filters and lists in a session', async () => {
    const { page, downloads } = demo;
    await page.click('#tab-keep');
    await page.locator('[data-export="session"]').click();
    const session = await savedFile(downloads, /session\.json\.gz$/);
    await page.click('#tab-genes');
    await press('.gene-list button');
    await dropFiles(page, [session]);
    await page.waitForFunction(
      () => (document.querySelector<HTMLTextAreaElement>('#gene-list')?.value.length ?? 0) > 100,
    );
    expect(await page.$eval('.gene-list summary', (host) => host.textContent)).toBe('List of genes: 30');
  });

  it('raise no error', () => {
    expect(demo.errors).toEqual([]);
  });
});

it('ranks each symbol once, by its score farthest from zero', () => {
  const view = viewOf({
    symbols: ['A', 'B', 'A', 'C'],
    effect: Float64Array.of(1, 1, -1, 1),
    log10P: Float64Array.of(-1, -2, -3, Number.NaN),
  });
  const lines = rankedListText(view)
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  expect(lines.map(([name]) => name)).toEqual(['B', 'A']);
  expect(Number(lines[1][1])).toBeCloseTo(-3.2905267314919255, 10); // qnorm(5e-4)
});
