/** What a clumsy and a hostile stranger meet: proposals to take, names that are no words, damaged files, narrow pages. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { example, rowsOf, succeed, temporaryFolder } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { fourDigits, noise } from './analysis-data.ts';
import { chooseFiles, pressFit, savedFile, waitForFit } from './demo-page.ts';
import { expectSameTable } from './host-fit.ts';
import { describeDemo, pageHands } from './page-hands.ts';

const folder = temporaryFolder();

/** Would run if a page, a picture or a report took it for more than text. */
const HOSTILE = [
  '<img src=x onerror=document.title=1>',
  '</svg><script>document.title=1</script>',
  '&lt;b&gt;',
  'tab\there',
  '😀'.repeat(200),
  'very long '.repeat(80).trim(),
  "x'); q('no')",
  '`tick` \\ slash',
];

/** Values of responses with such names in 24 samples of 12 units, whose columns have such names as well. */
function hostileFiles(): { readonly data: string; readonly obs: string } {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const samples = Array.from({ length: 24 }, (_, i) => `s${i}`);
  const arms = ['<b>a</b>', 'b "c" - d'];
  const rows = samples.map((name, i) => [name, `unit <${i % 12}>`, arms[i < 12 ? 0 : 1]].map(quoted).join(','));
  const obs = join(folder, 'hostile-samples.csv');
  writeFileSync(obs, `sample,${quoted('patient `x` + 1')},${quoted('arm <i>')}\n${rows.join('\n')}\n`);
  const lines = HOSTILE.map((name, g) =>
    [quoted(name), ...samples.map((_, i) => (5 + noise(g, i) + noise(g + 40, i % 12)).toFixed(4))].join(','),
  );
  const data = join(folder, 'hostile-values.csv');
  writeFileSync(data, `gene,${samples.join(',')}\n${lines.join('\n')}\n`);
  return { data, obs };
}

describeDemo('the rough edges of the application', {}, (demo) => {
  const { text, words, exists, waitForText, press, setLabelled, saved, savedFigure, openFiles } = pageHands(demo);

  const fitDesign = async (): Promise<void> => {
    await pressFit(demo.page);
    expect(await waitForFit(demo.page)).toMatch(/fitted in float64/);
  };
  /** Elements of a picture that is whole. */
  const elementsOf = (svg: string): Promise<string[]> =>
    demo.page.evaluate((source) => {
      const parsed = new DOMParser().parseFromString(source, 'image/svg+xml');
      return [...new Set([...parsed.querySelectorAll('*')].map(({ localName }) => localName))].sort();
    }, svg);

  it('leads single cells of several types to a fit for each', async () => {
    const { page } = demo;
    const cells = join(folder, 'types.h5ad');
    await succeed(
      ...['simulate', '--kind', 'cells', '--genes', '40', '--cells', '700', '--donors', '5'],
      ...['--density', '0.3', '--seed', '3', '--quiet', '--out', cells],
    );
    await openFiles(cells);
    await exists('#take-split');
    const said = await words('#split-proposal');
    expect(said).toMatch(/3 types by 'cell_type': A \d+, B \d+, C \d+\./);
    const numbers = [...said.matchAll(/[ABC] (\d+)/g)].map(([, number]) => Number(number));
    expect(numbers.reduce((a, b) => a + b, 0)).toBe(700);
    await press('#take-split');
    await page.waitForFunction(() => document.querySelector('#split-proposal') === null);
    expect(await page.$eval('[data-key="split"] select', (box) => (box as HTMLSelectElement).value)).toBe('cell_type');
    await fitDesign();
    expect(await page.$$eval('.split-choice option', (all) => all.map((one) => one.textContent))).toEqual([
      'A',
      'B',
      'C',
    ]);
    expect(demo.errors).toEqual([]);
  });

  it('says why a file of gene sets cannot be taken, and takes the next', async () => {
    const { page } = demo;
    await press('#tab-sets');
    await exists('#gene-set-file');
    const genes = ['gene01', 'gene02', 'gene03', 'gene04', 'gene05', 'gene06'].join('\t');
    const packed = gzipSync(Array.from({ length: 99 }, (_, k) => `S${k}\td\t${Math.sin(k)}\t${genes}`).join('\n'));
    const files: readonly (readonly [string, string | Buffer, RegExp])[] = [
      ['empty.gmt', '', /holds no gene sets/],
      ['words.gmt', 'no tabs at all\n', /has no genes/],
      ['twice.gmt', `A\td\t${genes}\nA\td\t${genes}\n`, /'A' stands in line 1 already/],
      ['other.gmt', 'A\td\tQ1\tQ2\tQ3\tQ4\tQ5\n', /none of the 5 genes/],
      ['binary.gmt', Buffer.from([...Array(400).keys()].map((k) => (k * 37) % 256)), /binary\.gmt is no text/],
      ['cut.gmt.gz', packed.subarray(0, 300), /cut\.gmt\.gz is cut off or damaged/],
    ];
    const give = async (name: string, content: string | Buffer): Promise<void> => {
      const path = join(folder, name);
      writeFileSync(path, content);
      const picker = await page.$('#gene-set-file');
      await (picker as import('puppeteer').ElementHandle<HTMLInputElement>).uploadFile(path); // an input of files
    };
    for (const [name, content, problem] of files) {
      await give(name, content);
      await page.waitForFunction(
        (source) => new RegExp(source).test(document.querySelector('#view-sets [role="alert"]')?.textContent ?? ''),
        {},
        problem.source,
      );
      expect(await page.$('#gene-sets-table')).toBeNull();
    }
    await give('good.gmt', `<b>set</b>\t<i>words</i>\t${genes}\r\n\r\nB\t\t${genes}\tgene09\n`);
    await waitForText('#gene-set-facts', 'good.gmt: ');
    await exists('#gene-sets-table');
    expect(await text('#gene-sets-table')).toContain('<b>set</b>');
    expect(await words('#view-sets [role="alert"]')).toBe('');
  });

  it('offers a trial its baseline, says what is missing, and reports it', async () => {
    const { page } = demo;
    await openFiles(example('trial.csv'));
    await exists('#take-adjusted');
    // In sight without scrolling.
    const top = await page.$eval('#take-adjusted', (button) => button.getBoundingClientRect().bottom);
    expect(top).toBeLessThan(900);
    await press('#take-trial');
    await waitForText('#baseline-proposal', "'base' is, by its name, the value of each subject before treatment");
    expect(await text('#missing-visits')).toContain('Of 320 visits 43 are missing');
    await press('#take-baseline');
    await page.waitForFunction(() => document.querySelector('#baseline-proposal') === null);
    const formula = 'score ~ arm * visit + base';
    expect(await page.$eval('#formula', (box) => (box as HTMLInputElement).value)).toBe(formula);
    expect(await text('#missing-visits')).toContain('Of 320 visits 43 are missing');
    await fitDesign();
    await press('#tab-means');
    await exists('#compute-means');
    await press('#compute-means');
    await exists('#pairs-table');
    // As the effects are, with their sign; the other way round where that is asked for.
    expect(await text('#pairs-table')).toContain('treated − placebo');
    const model = ['fit', example('trial.csv'), '--formula', formula, '--residual', 'us(visit | subject)', '--quiet'];
    const asked = [...model, '--emmeans', 'arm | visit', '--conf-int'];
    for (const [direction, more] of [
      ['later', ['--pairs-reverse']],
      ['earlier', []],
    ] as const) {
      await setLabelled('Differences', direction);
      await press('#compute-means');
      await waitForText('#pairs-table', direction === 'later' ? 'treated − placebo' : 'placebo − treated');
      const path = join(folder, `${direction}.tsv`);
      await succeed(...asked, ...more, '--out', `pairs=${path}`);
      const wanted = readFileSync(path, 'utf8');
      expectSameTable(await saved('comparisons tsv', /pairs\.tsv$/), wanted, TOLERANCE.demo.betweenEngines);
      const [first] = rowsOf(wanted);
      expect(await text('#pairs-table')).toContain(fourDigits(first['estimate'] ?? ''));
    }
    await press('#tab-keep');
    await exists('[data-export="report"]');
    const report = await saved('report', /report\.html$/);
    expect(report).toContain('Of 320 visits 43 are missing');
    expect(report).not.toContain('<li>fitted</li>');
    expect(report).toContain('rests on 80 subjects (277 visits)');
    expect(demo.errors).toEqual([]);
  });

  it('shows answers of yes or no as shares, and every number of an effect at 390 pixels', async () => {
    const { page } = demo;
    await openFiles(example('clinic.csv'));
    await exists('#run:not([disabled])');
    await fitDesign();
    await exists('.plot.trajectories canvas');
    expect(await text('.gene-figure figcaption')).toContain('Dots are the shares that were seen by arm');
    const svg = (await savedFigure('well.trajectories', 'svg', /trajectories\.svg$/)).toString('utf8');
    expect(svg).toContain('dots: share seen');
    expect(svg).not.toContain('each subject');
    expect(await text('#coefficients-table tr[data-term="(Intercept)"]')).toMatch(/^log odds where week is 0/);
    await page.setViewport({ width: 390, height: 800 });
    const widths = await page.$eval('#coefficients-table', (table) => {
      const box = table.parentElement;
      return [table.scrollWidth, box?.scrollWidth, box?.clientWidth, document.documentElement.scrollWidth];
    });
    expect(widths[1]).toBe(widths[2]);
    expect(widths[3]).toBe(390);
    const row = await text('#coefficients-table tr[data-term="week:armtreated"]');
    for (const label of ['Estimate', 'SE', '95 % interval (Wald)', 'Odds ratio', 'z', 'p']) {
      const labels = await page.$$eval('#coefficients-table tr[data-term="week:armtreated"] td', (cells) =>
        cells.map((cell) => getComputedStyle(cell, '::before').content),
      );
      expect(labels).toContain(JSON.stringify(label));
    }
    expect(row).toContain('rests on 60 patients');
    await page.setViewport({ width: 1280, height: 900 });
    // Slopes are of the linear predictor, whatever the scale of the means was.
    await press('#tab-means');
    await exists('#compute-means');
    await setLabelled('Show', 'week');
    await setLabelled('Differences', 'later');
    await press('#compute-means');
    await waitForText('#pairs-table', 'treated − placebo');
    const slopes = join(folder, 'slopes.tsv');
    const model = ['fit', example('clinic.csv'), '--formula', 'well ~ week * arm + (week | patient)', '--quiet'];
    await succeed(
      ...model,
      ...['--family', 'binomial', '--emmeans', 'arm', '--slopes', 'week', '--out', `emmeans=${slopes}`],
    );
    for (const row of rowsOf(readFileSync(slopes, 'utf8'))) {
      expect(await text('#means-table')).toContain(fourDigits(row['estimate'] ?? ''));
    }
    expect(demo.errors).toEqual([]);
  });

  it('takes hostile names of everything for text, on the page and in files', async () => {
    const { page } = demo;
    const { data, obs } = hostileFiles();
    const title = await page.title();
    await openFiles(data, obs);
    await exists('#run:not([disabled])');
    // The boxes know the columns of the formula, whatever is in their names.
    expect(await page.$eval('[data-key="donor"] select', (box) => (box as HTMLSelectElement).value)).toBe(
      'patient `x` + 1',
    );
    expect(await page.$eval('[data-key="condition"] select', (box) => (box as HTMLSelectElement).value)).toBe(
      'arm <i>',
    );
    await fitDesign();
    await press('#tab-sets');
    await exists('[data-export="rnk"]');
    const ranks = (await saved('rnk', /\.rnk$/)).trim().split('\n');
    expect(ranks.map((line) => line.split('\t').length)).toEqual(HOSTILE.map(() => 2));
    for (const name of [HOSTILE[1], HOSTILE[4], HOSTILE[5]]) {
      await press('#tab-genes');
      await exists('.gene-body .gene-row');
      await page.$eval(
        '#search',
        (box, wanted) => {
          (box as HTMLInputElement).value = wanted;
          box.dispatchEvent(new Event('input'));
        },
        name.slice(0, 20),
      );
      await page.waitForFunction(() => /^ 1 row/.test(document.querySelector('#row-count')?.textContent ?? ''));
      await press('.gene-body .gene-row');
      await exists('.plot.gene canvas');
      expect(await page.$eval('#gene-name', (host) => host.textContent)).toBe(name);
      await press('#view-gene .gene-figure [data-save="svg"]');
      const path = await savedFile(demo.downloads, /values\.svg$/);
      const svg = readFileSync(path, 'utf8');
      rmSync(path);
      expect(await elementsOf(svg)).toEqual(['path', 'svg', 'text', 'title']);
      // No half of a character.
      expect(svg).not.toContain('\ufffd');
    }
    await press('#tab-keep');
    await exists('[data-export="report"]');
    const report = await saved('report', /report\.html$/);
    const live = await page.evaluate(
      (source) => {
        const parsed = new DOMParser().parseFromString(source, 'text/html');
        return [...parsed.querySelectorAll('img, script, b, i, [onerror]')].map(({ outerHTML }) => outerHTML);
      },
      report.replace(/<style>.*?<\/style>/gs, ''),
    );
    expect(live).toEqual([]);
    for (const name of HOSTILE.slice(0, 2))
      expect(report).toContain(name.replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
    expect(await page.title()).toBe(title);
    for (const width of [390, 1280]) {
      await page.setViewport({ width, height: 900 });
      await press('#tab-genes');
      await exists('.gene-body .gene-row');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
    expect(demo.errors).toEqual([]);
  });

  it('opens no session whose reading of the design is damaged', async () => {
    const { page } = demo;
    await press('[data-export="session"]');
    const path = await savedFile(demo.downloads, /session\.json\.gz$/);
    const session = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as {
      results: { summary: { reading: unknown } };
    };
    session.results.summary.reading = 7;
    const bad = join(folder, 'bad.session.json.gz');
    writeFileSync(bad, gzipSync(JSON.stringify(session)));
    await chooseFiles(page, [bad]);
    await waitForText('.problem', 'its summary of the data is damaged');
    expect(demo.errors).toEqual([]);
  });
});
