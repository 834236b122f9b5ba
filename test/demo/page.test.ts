import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { readTable, simulateVisits } from '../../src/doors/node.ts';
import { chooseFiles, pressFit, savedFile, typeFormula, WITH_WEBGPU, waitForFit } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';

/** Of script before the first paint. */
const FIRST_PAINT_BYTES = 200_000;
/** The same with the worker, which starts when the page is idle. */
const WITH_WORKER_BYTES = 300_000;
/** Trial data with many responses as CSV text. */
function manyResponses(responses: number, subjects: number): string {
  const { table } = simulateVisits({ subjects, visits: 5, responses, seed: 8, missing: 0.1 });
  const names = [...table.columns.keys()];
  const lines = [names.join(',')];
  for (let row = 0; row < table.rows; row++) {
    lines.push(
      [...table.columns.values()]
        .map((column) => {
          if (column.kind === 'factor') return column.levels[column.codes[row]] ?? '';
          const value = column.values[row];
          return Number.isNaN(value) ? 'NA' : String(Number(value.toPrecision(6)));
        })
        .join(','),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** A bulk table of many genes with names of all kinds, and its samples. */
function bulkFiles(folder: string, names: readonly string[]): string[] {
  const samples = Array.from({ length: 16 }, (_, i) => `s${i + 1}`);
  const obs = join(folder, 'samples.csv');
  writeFileSync(
    obs,
    `sample,patient,arm\n${samples.map((name, i) => `${name},p${i % 8},${i < 8 ? 'a' : '<b>b</b>'}`).join('\n')}\n`,
  );
  const rows = names.map((name, g) => {
    const values = samples.map((_, i) =>
      (Math.sin(g * 12.9898 + i * 78.233) * 2 + (i < 8 ? 0 : Math.sin(g) * 0.8)).toFixed(4),
    );
    return [`"${name.replaceAll('"', '""')}"`, ...values].join(',');
  });
  const data = join(folder, 'expression.csv');
  writeFileSync(data, `gene,${samples.join(',')}\n${rows.join('\n')}\n`);
  return [data, obs];
}

const HOSTILE = [
  '<img src=x onerror="globalThis.hacked=1">',
  '<script>globalThis.hacked=2</script>',
  '"><svg onload=globalThis.hacked=3>',
  "'; drop table",
  '__proto__',
  'constructor',
  '$' + '{globalThis.hacked=4}',
  '=cmd|calc',
];

describeDemo('the application, without WebGPU and on a plain server', { headers: false }, (demo) => {
  const { setBox } = pageHands(demo);

  it('paints first with little script', async () => {
    const { page, url } = demo;
    const paint = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) => resolve(list.getEntries()[0].startTime)).observe({
            type: 'paint',
            buffered: true,
          });
        }),
    );
    const scripts = await page.evaluate(() =>
      performance.getEntriesByType('resource').map((entry) => ({ name: entry.name, start: entry.startTime })),
    );
    const bytes = async (names: readonly string[]): Promise<number> => {
      let sum = 0;
      for (const name of names)
        sum += gzipSync(Buffer.from(await (await fetch(name)).arrayBuffer()), { level: 9 }).length;
      return sum;
    };
    const before = scripts.filter(({ name, start }) => name.endsWith('.js') && start <= paint).map(({ name }) => name);
    expect(before.length).toBeGreaterThan(0);
    const first = await bytes(before);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const all = [...new Set(demo.requests.filter((name) => name.endsWith('.js')))];
    const idle = await bytes(all);
    console.log(
      `script, gzipped: ${first} bytes before the first paint at ${Math.round(paint)} ms, ${idle} with the worker`,
    );
    expect(first).toBeLessThan(FIRST_PAINT_BYTES);
    expect(idle).toBeLessThan(WITH_WORKER_BYTES);
    expect(all.every((name) => name.startsWith(url))).toBe(true);
    expect(all.some((name) => /hdf5_hl|h5wasm/.test(name))).toBe(false);
  });

  it('goes from the example to a volcano in two clicks', async () => {
    const { page } = demo;
    await page.click('[data-example="cells"]');
    await pressFit(page);
    expect(await waitForFit(page)).toMatch(/2,000 models fitted in float64/);
    await page.waitForSelector('.volcano canvas');
    expect(await page.$eval('#found-count', (host) => host.textContent)).toMatch(
      /^\d+ found of (2,000|1,\d{3}) genes tested(; \d+ others?: constant)?$/,
    );
    expect(await page.$eval('.gene-scroll', (host) => host.getAttribute('aria-rowcount'))).toBe('2001');
    expect(await page.$eval('.top .device', (host) => host.textContent)).toMatch(/no WebGPU/);
    const edges = await page.evaluate(() => {
      const box = (selector: string): DOMRect => {
        const found = document.querySelector(selector);
        if (!found) throw new Error(`no ${selector}`);
        return found.getBoundingClientRect();
      };
      const { height } = box('.volcano .plot-lasso');
      return { formula: box('#formula').bottom, panel: box('.steps > .step:last-child').top, lasso: height };
    });
    expect(edges.formula, 'the panel of the run covers the formula').toBeLessThanOrEqual(edges.panel);
    expect(edges.lasso, 'the button reaches into the plot').toBeLessThan(30);
  });

  it('agrees with R on its examples', async () => {
    const { page } = demo;
    await page.click('#tab-compare');
    await page.waitForSelector('#reference-table');
    const worst = await page.$$eval('#reference-table td', (cells) => cells.map((cell) => Number(cell.textContent)));
    console.log('against R:', worst);
    expect(worst).toHaveLength(4);
    const { TOLERANCE } = await import('../tolerance.ts');
    expect(worst[0]).toBeLessThan(TOLERANCE.demo.reference.logLik);
    expect(worst[1]).toBeLessThan(TOLERANCE.demo.reference.coefficient);
    expect(worst[2]).toBeLessThan(TOLERANCE.demo.reference.standardError);
    expect(worst[3]).toBeLessThan(TOLERANCE.demo.reference.df);
  });

  it('shows one gene with values, means and effects, by keyboard', async () => {
    const { page } = demo;
    await page.click('#tab-genes');
    await page.waitForSelector('.gene-body .gene-row');
    await page.focus('.gene-scroll');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.plot.gene canvas');
    await page.waitForSelector('.caterpillar canvas');
    expect(await page.$eval('#gene-name', (host) => host.textContent)).toMatch(/^gene\d+$/);
    expect(await page.$eval('#coefficients-table', (host) => host.textContent)).toMatch(/stimstim/);
    expect(await page.$eval('#certificate', (host) => host.textContent)).toMatch(/converged/);
    expect(await page.$eval('.gene-content .code', (host) => host.textContent)).toMatch(
      /lmer\(y ~ stim \+ \(1 \| donor\) \+ \(1 \| sample\), d, /,
    );
  });

  it('marks mistakes of a formula where they stand, and completes names', async () => {
    const { page } = demo;
    await typeFormula(page, '~ stim + (1 | donor');
    const syntax = await page.$eval('#formula-error', (host) => host.textContent);
    expect(syntax).toMatch(/column \d+/);
    await typeFormula(page, '~ stimm + (1 | donor)');
    await page.waitForFunction(() => /stimm/.test(document.querySelector('#formula-error')?.textContent ?? ''));
    const unknown = await page.$eval('#formula-error', (host) => host.textContent ?? '');
    expect(unknown).toMatch(/column 3/);
    expect(unknown).toMatch(/did you mean 'stim'/i);
    await page.$eval('#formula', (box) => (box as HTMLInputElement).select());
    await page.type('#formula', '~ st');
    await page.waitForSelector('.suggestions li');
    expect(await page.$eval('.suggestions', (list) => list.textContent)).toMatch(/stim/);
    await page.keyboard.press('Tab');
    expect(await page.$eval('#formula', (box) => (box as HTMLInputElement).value)).toBe('~ stim');
    await typeFormula(page, '~ stim + (1 | donor)');
    await page.waitForSelector('#run:not([disabled])');
  });

  it('shows cells by donor and condition', async () => {
    const { page } = demo;
    await page.waitForSelector('.crosstab table');
    expect(await page.$eval('.crosstab table', (host) => host.querySelectorAll('tbody tr').length)).toBe(12);
    expect(await page.$eval('.warnings', (host) => host.textContent)).toMatch(/'stim' varies within 'donor'/);
  });

  it('gives the command and the code of the same run', async () => {
    const { page } = demo;
    await page.$eval('#elsewhere', (host) => {
      (host as HTMLDetailsElement).open = true;
    });
    await page.waitForSelector('#elsewhere pre');
    const text = await page.$eval('#elsewhere', (host) => host.textContent ?? '');
    expect(text).toMatch(/webgpu-lmm fit example\.h5ad --formula '~ stim \+ \(1 \| donor\)'/);
    expect(text).toMatch(/--normalize log1p-cp10k/);
    expect(text).toMatch(/await fit\(data/);
  });

  it('forces no device that is not there, and says who did the work', async () => {
    const { page } = demo;
    await page.select('.run select', 'webgpu');
    await pressFit(page);
    await page.waitForSelector('#fallback');
    expect(await page.$eval('#fallback', (host) => host.textContent)).toMatch(/float64 workers instead/);
    await page.select('.run select', 'auto');
  });

  it('survives a reload with its settings and results', async () => {
    const { page } = demo;
    await page.click('#tab-genes');
    await pressFit(page);
    await waitForFit(page);
    const before = await page.$eval('.gene-body', (host) => host.querySelector('[data-index="0"]')?.textContent);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await page.reload({ waitUntil: 'load' });
    await page.waitForSelector('.gene-body .gene-row');
    expect(await page.$eval('.gene-body', (host) => host.querySelector('[data-index="0"]')?.textContent)).toBe(before);
    // The example is opened again by itself.
    await page.waitForSelector('#run:not([disabled])', { timeout: 30_000 });
    expect(await page.$eval('#formula', (box) => (box as HTMLInputElement).value)).toBe('~ stim + (1 | donor)');
  });

  it('saves and reopens a session', async () => {
    const { page, downloads } = demo;
    await page.click('#tab-keep');
    await page.locator('[data-export="session"]').click();
    const path = await savedFile(downloads, /\.session\.json\.gz$/);
    const stored = JSON.parse(gunzipSync(readFileSync(path)).toString());
    expect(stored.format).toBe('webgpu-lmm session');
    await page.evaluate(() => {
      localStorage.clear();
      indexedDB.deleteDatabase('webgpu-lmm');
    });
    await page.reload({ waitUntil: 'load' });
    await page.waitForSelector('[data-ready]');
    expect(await page.$eval('.results .empty', (host) => (host as HTMLElement).hidden)).toBe(false);
    await chooseFiles(page, [path]);
    await page.waitForSelector('.gene-body .gene-row');
    expect(await page.$eval('.gene-scroll', (host) => host.getAttribute('aria-rowcount'))).toBe('2001');
    // The data of the example come with it, and are fitted again.
    await page.waitForSelector('[data-live]');
    expect(await page.$eval('#provenance', (host) => host.textContent)).toContain('~ stim + (1 | donor)');
    const broken = join(downloads, 'broken.session.json');
    writeFileSync(broken, '{"format": "webgpu-lmm session", "version": 1, "results": {"outcome": {"table": {}}}}');
    await chooseFiles(page, [broken]);
    await page.waitForSelector('.problem p');
    expect(await page.$eval('.problem', (host) => host.textContent)).toMatch(/session cannot be read/);
  });

  it('writes the tables of a session whose data are not there', async () => {
    const { page, downloads } = demo;
    const path = await savedFile(downloads, /\.session\.json\.gz$/);
    const session = JSON.parse(gunzipSync(readFileSync(path)).toString());
    session.results.source = { kind: 'files', names: ['elsewhere.h5ad'] };
    delete session.results.fitted;
    const moved = join(downloads, 'moved.session.json');
    writeFileSync(moved, JSON.stringify(session));
    await page.click('#tab-keep');
    await page.locator('[data-export="tidy csv"]').click();
    const whole = readFileSync(await savedFile(downloads, /\.tidy\.csv$/), 'utf8');
    await chooseFiles(page, [moved]);
    await page.waitForFunction(() => document.querySelector('#provenance')?.textContent?.includes('unknown'));
    await page.click('#tab-keep');
    await page.waitForSelector('[data-export="ranef csv"]');
    expect(await page.$eval('[data-export="ranef csv"]', (button) => (button as HTMLButtonElement).disabled)).toBe(
      true,
    );
    rmSync(await savedFile(downloads, /\.tidy\.csv$/));
    await page.locator('[data-export="tidy csv"]').click();
    expect(readFileSync(await savedFile(downloads, /\.tidy\.csv$/), 'utf8')).toBe(whole);
  });

  it('opens a session with its data in one go', async () => {
    const { page, downloads } = demo;
    const files = bulkFiles(downloads, ['one', 'two', 'three', 'four']);
    await chooseFiles(page, files);
    await page.waitForSelector('#run:not([disabled])', { timeout: 30_000 });
    await typeFormula(page, '~ arm + (1 | patient)');
    await pressFit(page);
    await waitForFit(page);
    await page.click('#tab-keep');
    await page.locator('[data-export="session"]').click();
    const session = await savedFile(downloads, /^expression\.session\.json\.gz$/);
    await page.click('[data-example="cells"]');
    await page.waitForFunction(() => document.querySelector('#stale')?.textContent?.startsWith('Other data are open'));
    await chooseFiles(page, [session, ...files]);
    await page.waitForFunction(() => (document.querySelector('#stale') as HTMLElement).hidden);
    await page.waitForSelector('[data-live]');
    expect(await page.$eval('#provenance', (host) => host.textContent)).toMatch(/^expression.*16 of 16 samples/);
  });

  it('stores nothing where that is refused', async () => {
    const { page } = demo;
    const stored = () =>
      page.evaluate(async () => ({ databases: (await indexedDB.databases()).length, keys: Object.keys(localStorage) }));
    await page.$$eval('label.check', (labels) => {
      labels.find((label) => label.textContent?.startsWith('Keep settings'))?.click();
    });
    await page.waitForFunction(() => localStorage.getItem('webgpu-lmm') === null);
    await pressFit(page);
    await waitForFit(page);
    expect((await stored()).keys).toEqual(['webgpu-lmm-stores-nothing']);
    // Nothing is kept of these results, so leaving asks.
    let asked = false;
    page.once('dialog', (dialog) => {
      asked = true;
      void dialog.accept();
    });
    await page.reload({ waitUntil: 'load' });
    expect(asked).toBe(true);
    await page.waitForSelector('[data-ready]');
    expect(await page.$eval('.results .empty', (host) => (host as HTMLElement).hidden)).toBe(false);
    await page.$$eval('label.check', (labels) => {
      labels.find((label) => label.textContent?.startsWith('Keep settings'))?.click();
    });
    await page.waitForFunction(() => localStorage.getItem('webgpu-lmm-stores-nothing') === null);
    await page.click('[data-example="cells"]');
    await pressFit(page);
    await waitForFit(page);
  });

  it('goes back from a gene and forward to it, and says what the numbers belong to', async () => {
    const { page } = demo;
    await page.click('#tab-genes');
    await page.waitForSelector('.gene-body .gene-row');
    await page.click('.gene-body .gene-row');
    await page.waitForSelector('#gene-name');
    const name = await page.$eval('#gene-name', (host) => host.textContent);
    const selected = (tab: string): Promise<unknown> => page.waitForSelector(`#${tab}[aria-selected="true"]`);
    await selected('tab-gene');
    await page.goBack();
    await selected('tab-genes');
    await page.goForward();
    await selected('tab-gene');
    expect(await page.$eval('#gene-name', (host) => host.textContent)).toBe(name);
    await page.keyboard.press('Escape');
    await selected('tab-genes');
    const facts = await page.$$eval('#provenance span', (spans) =>
      Object.fromEntries(spans.map((span) => [(span as HTMLElement).dataset['fact'], span.textContent])),
    );
    expect(facts).toMatchObject({
      formula: '~ stim + (1 | donor) + (1 | sample)',
      model: 'linear mixed model, REML',
      weights: 'no weights',
    });
    expect(facts['rows']).toMatch(/^[\d,]+ of [\d,]+ cells$/);
    expect(facts['donor']).toMatch(/^\d+ donors$/);
    expect(facts['fitted']).toMatch(/^fitted \d+ \w+ \d{4}/);
    await typeFormula(page, '~ (1 | donor)');
    await page.waitForFunction(() =>
      document.querySelector('#stale')?.textContent?.startsWith('The design has changed'),
    );
    await typeFormula(page, '~ stim + (1 | donor) + (1 | sample)');
    await page.waitForFunction(() => (document.querySelector('#stale') as HTMLElement).hidden);
  });

  // How soon, and what blocks the page meanwhile, is for bench/page.mjs.
  it('cancels a fit and stays usable', async () => {
    const { page, downloads } = demo;
    const path = join(downloads, 'many.csv');
    writeFileSync(path, manyResponses(3000, 60));
    await chooseFiles(page, [path]);
    await page.waitForFunction(() => document.querySelector('.file')?.textContent === 'many.csv');
    await typeFormula(page, '~ time * arm + (time | subject)');
    await setBox('[data-key="responses"] input', '/^y/');
    await pressFit(page);
    await page.waitForFunction(
      () => /Fitting: [\d,]+ of 3,000/.test(document.querySelector('#status')?.textContent ?? ''),
      { timeout: 60_000 },
    );
    expect(await page.$eval('#status', (host) => host.textContent)).toMatch(/a second/);
    await page.click('#cancel');
    await page.waitForFunction(() => document.querySelector<HTMLElement>('#cancel')?.hidden === true);
    await pressFit(page);
    await page.waitForFunction(
      () => /3,000 models fitted/.test(document.querySelector('#outcome')?.textContent ?? ''),
      { timeout: 120_000 },
    );
  });

  it('shows hostile names as text, in the page, in plots and in the report', async () => {
    const { page, downloads } = demo;
    await chooseFiles(page, bulkFiles(downloads, [...HOSTILE, ...Array.from({ length: 30 }, (_, i) => `g${i}`)]));
    await page.waitForFunction(() => document.querySelector('.file')?.textContent === 'expression.csv');
    await typeFormula(page, '~ arm + (1 | patient)');
    await pressFit(page);
    await page.waitForFunction(() => /38 models/.test(document.querySelector('#outcome')?.textContent ?? ''), {
      timeout: 60_000,
    });
    // The table of the fit before stands until the new one is drawn.
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.gene-body .cell.gene')].some((cell) => /^g\d+$/.test(cell.textContent ?? '')),
    );
    const names = await page.$$eval('.gene-body .cell.gene', (cells) => cells.map((cell) => cell.textContent));
    await page.click('.gene-row.head .gene');
    const sorted = await page.$$eval('.gene-body .cell.gene', (cells) => cells.map((cell) => cell.textContent));
    for (const name of HOSTILE) expect([...names, ...sorted]).toContain(name);
    for (const name of HOSTILE) {
      // Rows are made when the table has its size again, after the gene before was left.
      await page.waitForFunction(
        (wanted) => {
          const rows = [...document.querySelectorAll<HTMLElement>('.gene-body .gene-row')];
          const row = rows.find((each) => each.querySelector('.gene')?.textContent === wanted);
          row?.click();
          return row !== undefined;
        },
        {},
        name,
      );
      // The page of a gene is loaded with the first one that is opened.
      await page.waitForFunction((wanted) => document.querySelector('#gene-name')?.textContent === wanted, {}, name);
      await page.waitForSelector('.plot.gene canvas');
      await page.click('#tab-genes');
    }
    await page.click('#tab-keep');
    await page.locator('[data-export="report"]').click();
    const report = readFileSync(await savedFile(downloads, /report\.html$/), 'utf8');
    expect(report).not.toMatch(/<img|<script|<svg onload/);
    expect(report).toContain('&lt;img src=x onerror=');
    expect(report).toContain("default-src 'none'");
    const opened = await demo.browser.newPage();
    await opened.setContent(report);
    expect(await opened.evaluate(() => Reflect.get(globalThis, 'hacked') === undefined)).toBe(true);
    // Of all genes, then the values and the effects of the gene that was opened last.
    expect(await opened.$$eval('svg', (plots) => plots.length)).toBe(6 + 2);
    await opened.close();
    expect(await page.evaluate(() => Reflect.get(globalThis, 'hacked') === undefined)).toBe(true);
  });

  it('saves tables that read back and pictures', async () => {
    const { page, downloads } = demo;
    await page.locator('[data-export="toptable parquet"]').click();
    const parquet = await readTable(await savedFile(downloads, /toptable\.parquet$/));
    expect(parquet.rows).toBe(38);
    expect([...parquet.columns.keys()]).toEqual([
      'response',
      'logFC',
      'AveExpr',
      't',
      'P.Value',
      'adj.P.Val',
      'log10p',
      'df.method',
    ]);
    await page.locator('[data-export="json json"]').click();
    const json = JSON.parse(readFileSync(await savedFile(downloads, /expression\.json$/), 'utf8'));
    expect(json.models).toHaveLength(38);
    expect(json.models.map((model: { response: string }) => model.response)).toContain(HOSTILE[0]);
    await page.locator('[data-export="volcano svg"]').click();
    expect(readFileSync(await savedFile(downloads, /volcano\.svg$/), 'utf8')).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
    await page.locator('[data-export="volcano png"]').click();
    const png = readFileSync(await savedFile(downloads, /volcano\.png$/));
    expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect(png.length).toBeGreaterThan(5000);
  });

  // How smoothly is for bench/page.mjs.
  it('scrolls, sorts and searches 20,000 genes', async () => {
    const { page, downloads } = demo;
    await chooseFiles(
      page,
      bulkFiles(
        downloads,
        Array.from({ length: 20_000 }, (_, i) => `gene${i}`),
      ),
    );
    await page.waitForFunction(() => /20,000 responses/.test(document.querySelector('.facts')?.textContent ?? ''), {
      timeout: 60_000,
    });
    await typeFormula(page, '~ arm + (1 | patient)');
    await pressFit(page);
    await page.waitForFunction(() => /20,000 models/.test(document.querySelector('#outcome')?.textContent ?? ''), {
      timeout: 120_000,
    });
    await page.click('#tab-genes');
    /** Names and effects of the rows in sight, from the top. */
    const rows = () =>
      page.evaluate(async () => {
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
        const box = document.querySelector('.gene-scroll')?.getBoundingClientRect();
        if (!box) throw new Error('no table');
        const inSight = [...document.querySelectorAll<HTMLElement>('.gene-body .gene-row')].filter((row) => {
          const { top, bottom } = row.getBoundingClientRect();
          return bottom > box.top && top < box.bottom;
        });
        return inSight
          .map((row) => ({
            index: Number(row.dataset['index']),
            name: row.querySelector('.gene')?.textContent ?? '',
            effect: Number(row.querySelector('.effect')?.textContent?.replace('\u2212', '-')),
          }))
          .sort((a, b) => a.index - b.index);
      });
    const first = await rows();
    expect(first.length).toBeGreaterThan(5);
    expect(first[0].index).toBe(0);
    await page.$eval('.gene-scroll', (scroller) => {
      scroller.scrollTop = scroller.scrollHeight;
    });
    const last = await rows();
    expect(last.at(-1)?.index).toBe(19_999);
    expect(last.map(({ index }) => index)).toEqual(last.map((_, i) => last[0].index + i));
    expect(last[0].name).not.toBe(first[0].name);

    await page.click('.gene-row.head .effect');
    const sorted = (await rows()).map(({ effect }) => effect);
    expect(sorted.length).toBeGreaterThan(5);
    await page.click('.gene-row.head .effect');
    const turned = (await rows()).map(({ effect }) => effect);
    const up = sorted[0] < turned[0] ? [sorted, turned] : [turned, sorted];
    expect(up[0]).toEqual([...up[0]].sort((a, b) => a - b));
    expect(up[1]).toEqual([...up[1]].sort((a, b) => b - a));
    expect(up[0][0]).toBeLessThan(up[1][0]);

    await page.evaluate(() => {
      const box = document.querySelector<HTMLInputElement>('#search');
      if (!box) throw new Error('no search');
      box.value = 'gene1999';
      box.dispatchEvent(new Event('input'));
    });
    expect((await rows()).every(({ name }) => name.includes('gene1999'))).toBe(true);
    expect(await page.$eval('#row-count', (host) => host.textContent)).toMatch(/11 rows/);
  });

  it('asks for nothing outside its own server, and raises no error', () => {
    const outside = demo.requests.filter(
      (address) => !address.startsWith(demo.url) && !/^(?:data|blob):/.test(address),
    );
    expect(outside).toEqual([]);
    expect(demo.errors).toEqual([]);
  });
});

describeDemo('the application with WebGPU and the headers it wants', { flags: WITH_WEBGPU }, (demo) => {
  const { setBox } = pageHands(demo);

  it('is isolated, and its policy stops what it does not need', async () => {
    const { page } = demo;
    expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
    const blocked = await page.evaluate(async () => {
      const refused = await fetch('https://example.org/').then(
        () => false,
        () => true,
      );
      const image = new Image();
      const picture = await new Promise<boolean>((resolve) => {
        image.onload = () => resolve(false);
        image.onerror = () => resolve(true);
        image.src = 'https://example.org/x.png';
      });
      const script = document.createElement('script');
      script.textContent = 'globalThis.hacked = 5';
      document.head.append(script);
      return [refused, picture, Reflect.get(globalThis, 'hacked') === undefined];
    });
    expect(blocked).toEqual([true, true, true]);
    demo.errors.length = 0; // the refusals themselves
    demo.requests.length = 0;
  });

  it('fits on the device when asked to, and loses it without losing the fit', async () => {
    const { page, downloads, browser } = demo;
    const path = join(downloads, 'many.csv');
    writeFileSync(path, manyResponses(8000, 24));
    await chooseFiles(page, [path]);
    await page.waitForFunction(() => document.querySelector('.file')?.textContent === 'many.csv');
    await typeFormula(page, '~ time * arm + (1 | subject)');
    await setBox('[data-key="responses"] input', '/^y/');
    await page.select('.run select', 'webgpu');
    await pressFit(page);
    await page.waitForFunction(
      () => /8,000 models fitted/.test(document.querySelector('#outcome')?.textContent ?? ''),
      { timeout: 120_000 },
    );
    expect(await page.$eval('#outcome', (host) => host.textContent)).toMatch(/swiftshader/i);

    await typeFormula(page, '~ time * arm + (time | subject)');
    await new Promise((resolve) => setTimeout(resolve, 500)); // until the design is checked anew
    await pressFit(page);
    await page.waitForFunction(
      () => /Fitting: [\d,]+ of 8,000/.test(document.querySelector('#status')?.textContent ?? ''),
      { timeout: 120_000 },
    );
    const session = await browser.target().createCDPSession();
    await session.send('Browser.crashGpuProcess');
    await page.waitForFunction(
      () =>
        document.querySelector<HTMLElement>('#cancel')?.hidden === true && document.querySelector('#outcome') !== null,
      { timeout: 240_000, polling: 200 },
    );
    const outcome = await page.$$eval('.outcome', (hosts) => hosts.map((host) => host.textContent ?? '').join(' '));
    console.log(outcome);
    expect(outcome).toMatch(/8,000 models fitted/);
    expect(outcome).toMatch(/WebGPU device is gone/);
  }, 400_000);

  it('compares device, threads and one thread', async () => {
    const { page, downloads } = demo;
    await page.click('[data-example="visits"]');
    await page.waitForFunction(() => document.querySelector('.file')?.textContent === 'visits.csv');
    await pressFit(page);
    await page.waitForFunction(() => /1 model fitted/.test(document.querySelector('#outcome')?.textContent ?? ''), {
      timeout: 60_000,
    });
    await page.click('#tab-compare');
    await page.waitForSelector('#reference-table');
    await page.click('#benchmark');
    await page.waitForSelector('#benchmark-table', { timeout: 120_000 });
    const rows = await page.$$eval('#benchmark-table tbody tr', (lines) => lines.map((line) => line.textContent));
    console.log(rows);
    expect(rows.length).toBeGreaterThanOrEqual(2);
    await page.locator('[data-export="benchmark json"]').click();
    const stored = JSON.parse(readFileSync(await savedFile(downloads, /benchmark\.json$/), 'utf8'));
    expect(stored.runs.length).toBe(rows.length);
    expect(stored.reference.models).toBe(1);
  });

  it('asks for nothing outside its own server, and raises no error', () => {
    const outside = demo.requests.filter(
      (address) => !address.startsWith(demo.url) && !/^(?:data|blob|chrome):/.test(address),
    );
    expect(outside).toEqual([]);
    expect(demo.errors).toEqual([]);
  });
});
