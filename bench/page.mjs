/**
 * Does the application stay responsive? The built page in a headless Chromium without WebGPU: what blocks its thread during
 * a fit, how soon it can be used again after a cancelled one, and how its table of 20,000 genes scrolls, sorts and searches.
 *
 *     node bench/page.mjs --runs 3
 *
 * A time counts where the page shows what it should: the numbers of the same run in Node, and the rows that belong there.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { delimitedText, diskFiles, simulateVisits, tidy } from '../dist/node.js';
import { fitMoments, prepareMoments, readInput } from '../dist/steps.js';
import { argument, format, openBench } from './harness.mjs';
import { browserOrSkip, openThreadClock, withFolder, withPage } from './headless.mjs';
import { median, spreadOf } from './verdicts.mjs';

const runs = argument('runs', 5);
const RESPONSES = 3000;
const GENES = 20_000;
const SLOPES = '~ time * arm + (time | subject)';
const ARMS = '~ arm + (1 | patient)';
/** Frames of one run of scrolling, and the share of them that a time has to hold. */
const FRAMES = 200;
const SHARE = 0.99;

/** Bars in milliseconds: what is felt as a stutter, as a delay, and as an answer at once. */
const FRAME = 50;
const BLOCK = 200;
const CANCEL = 100;
/** Of tables saved by the page and by Node, as the tests hold them: V8's Math.log differs between versions. */
const SAME_TABLE = 1e-6;

const FLAGS = ['--disable-gpu', '--disable-features=WebGPU', '--disable-background-networking', '--no-first-run'];

function visitsFile(folder) {
  const { table } = simulateVisits({ subjects: 60, visits: 5, responses: RESPONSES, seed: 8, missing: 0.1 });
  const columns = [...table.columns.values()];
  const cell = (column, row) => {
    if (column.kind === 'factor') return column.levels[column.codes[row]] ?? '';
    return Number.isNaN(column.values[row]) ? 'NA' : String(column.values[row]);
  };
  const lines = Array.from({ length: table.rows }, (_, row) => columns.map((column) => cell(column, row)).join(','));
  const path = join(folder, 'many.csv');
  writeFileSync(path, `${[...table.columns.keys()].join(',')}\n${lines.join('\n')}\n`);
  return path;
}

/** A bulk table of many genes, and its samples. */
function bulkFiles(folder) {
  const samples = Array.from({ length: 16 }, (_, i) => `s${i + 1}`);
  const obs = join(folder, 'samples.csv');
  const arm = (i) => (i < 8 ? 'a' : 'b');
  writeFileSync(obs, `sample,patient,arm\n${samples.map((name, i) => `${name},p${i % 8},${arm(i)}`).join('\n')}\n`);
  const value = (g, i) => Math.sin(g * 12.9898 + i * 78.233) * 2 + (i < 8 ? 0 : Math.sin(g) * 0.8);
  const rows = Array.from({ length: GENES }, (_, g) =>
    [`gene${g}`, ...samples.map((_, i) => value(g, i).toFixed(4))].join(','),
  );
  const data = join(folder, 'expression.csv');
  writeFileSync(data, `gene,${samples.join(',')}\n${rows.join('\n')}\n`);
  return [data, obs];
}

/** Gives files to the page and a formula to fit. */
async function load(page, paths, formula, responses = '') {
  await (await page.$('#files')).uploadFile(...paths);
  const name = paths[0].split('/').pop();
  await page.waitForFunction((wanted) => document.querySelector('.file')?.textContent === wanted, {}, name);
  await page.evaluate(
    (text, names) => {
      const box = document.querySelector('#formula');
      box.value = text;
      for (const event of ['input', 'blur']) box.dispatchEvent(new Event(event));
      const input = document.querySelector('[data-key="responses"] input');
      if (input === null || names === '') return;
      input.value = names;
      input.dispatchEvent(new Event('change'));
    },
    formula,
    responses,
  );
}

async function pressFit(page) {
  await page.waitForSelector('#run:not([disabled])', { timeout: 60_000 });
  await page.click('#run');
}

async function waitForModels(page, models) {
  const text = `${models.toLocaleString('en-US')} models fitted`;
  await page.waitForFunction(
    (wanted) =>
      document.querySelector('#cancel')?.hidden === true &&
      document.querySelector('#outcome')?.textContent?.includes(wanted),
    { timeout: 300_000 },
    text,
  );
}

/** The largest difference of the table that the page saves from the same run in Node, relative or of one. */
async function differenceFromNode(page, browser, folder, path, options) {
  const downloads = join(folder, 'downloads');
  mkdirSync(downloads, { recursive: true });
  const session = await browser.target().createCDPSession();
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
  await page.click('#tab-keep');
  await page.click('[data-export="tidy tsv"]');
  const until = Date.now() + 60_000;
  const saved = () => readdirSync(downloads).find((name) => /tidy\.tsv$/.test(name));
  while (saved() === undefined) {
    if (Date.now() > until) throw new Error('the page saved no table');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const input = await readInput(path, options, diskFiles);
  const { moments } = await prepareMoments(input, options);
  await input.close();
  const here = [...delimitedText([tidy(await fitMoments(moments, { threads: 1 }))], '\t')].join('');
  const [a, b] = [readFileSync(join(downloads, saved()), 'utf8'), here].map((text) => text.trimEnd().split(/[\t\n]/));
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  a.forEach((cell, i) => {
    if (cell === b[i]) return;
    const difference = Math.abs(cell - b[i]) / Math.max(SAME_TABLE, Math.abs(b[i]));
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  });
  return worst;
}

/** Milliseconds from a click on Cancel, in the middle of a fit, until another fit could be started. */
async function timeCancel(page) {
  await page.waitForFunction(
    (pattern) => new RegExp(pattern).test(document.querySelector('#status')?.textContent ?? ''),
    { timeout: 120_000 },
    'Fitting: [\\d,]+ of',
  );
  return page.evaluate(async () => {
    const started = performance.now();
    document.querySelector('#cancel').click();
    const usable = () => document.querySelector('#cancel').hidden && !document.querySelector('#run').disabled;
    while (!usable()) await new Promise((resolve) => setTimeout(resolve, 1));
    return performance.now() - started;
  });
}

async function measureFits(bench, page, browser, folder) {
  const path = visitsFile(folder);
  await load(page, [path], SLOPES, '/^y/');
  await page.evaluate(() => {
    globalThis.blocks = [];
    new PerformanceObserver((list) =>
      globalThis.blocks.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({ type: 'longtask' });
  });
  const [cancels, blocks] = [[], []];
  for (let run = 0; run < runs; run++) {
    await pressFit(page);
    cancels.push(await timeCancel(page));
    await page.evaluate(() => globalThis.blocks.splice(0));
    await pressFit(page);
    await waitForModels(page, RESPONSES);
    blocks.push(Math.max(0, ...(await page.evaluate(() => globalThis.blocks))));
  }
  const difference = await differenceFromNode(page, browser, folder, path, { formula: SLOPES, responses: '/^y/' });
  const errors = [{ name: 'saved table', value: difference, bound: SAME_TABLE }];
  const size = `${RESPONSES.toLocaleString('en-US')} responses, ${SLOPES}`;
  const each = (values) => `runs: ${values.map((value) => Math.round(value)).join(', ')}`;
  const row = (name, values, bar, detail) =>
    bench.row({ case: `${size}: ${name}`, ...spreadOf(values), unit: 'ms', bar: { atMost: bar }, errors, detail });
  row('longest task of the page during a fit', blocks, BLOCK, `${each(blocks)} (0: none of 50 ms or more)`);
  row('from Cancel to the next fit', cancels, CANCEL, each(cancels));
}

/** Milliseconds in which 99 of a hundred frames were drawn, while the table scrolls by so many pixels a frame. */
function timeFrames(page, step) {
  return page.evaluate(
    async (pixels, frames, share) => {
      const scroller = document.querySelector('.gene-scroll');
      const times = [];
      for (let i = 0; i < frames; i++) {
        const started = performance.now();
        scroller.scrollTop += pixels;
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
        times.push(performance.now() - started);
      }
      return times.sort((a, b) => a - b)[Math.ceil(share * frames) - 1];
    },
    step,
    FRAMES,
    SHARE,
  );
}

/** Rows in sight that are not there, or lie elsewhere. */
function rowsMissing(page) {
  return page.evaluate(() => {
    const { top, bottom } = document.querySelector('.gene-scroll').getBoundingClientRect();
    const rows = [...document.querySelectorAll('.gene-body .gene-row')].map((row) => row.getBoundingClientRect());
    const seen = rows.filter((row) => row.bottom > top && row.top < bottom);
    const gap = bottom - top - seen.reduce((sum, row) => sum + row.height, 0);
    return Math.max(0, gap / (seen[0]?.height ?? 1));
  });
}

/** Milliseconds of a sort by effect, and how many rows are wrong afterwards. */
function timeSort(page) {
  return page.evaluate(async () => {
    const rows = () =>
      [...document.querySelectorAll('.gene-body .gene-row')].sort((a, b) => a.dataset.index - b.dataset.index);
    const begun = performance.now();
    document.querySelector('.gene-row.head .effect').click();
    const time = performance.now() - begun;
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)));
    const effects = rows().map((row) => Number(row.querySelector('.effect').textContent.replace('\u2212', '-')));
    const signs = effects.slice(1).map((value, i) => Math.sign(value - effects[i]));
    const wrong =
      effects.length < 2 ? 1 : Math.min(signs.filter((s) => s > 0).length, signs.filter((s) => s < 0).length);
    return { time, wrong };
  });
}

/** Milliseconds of a search that finds eleven genes, and how many rows are wrong afterwards. */
function timeSearch(page) {
  return page.evaluate(async () => {
    const settled = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)));
    const box = document.querySelector('#search');
    const search = (text) => {
      box.value = text;
      const asked = performance.now();
      box.dispatchEvent(new Event('input'));
      return performance.now() - asked;
    };
    const time = search('gene1999');
    await settled();
    const names = [...document.querySelectorAll('.gene-body .gene-row .gene')].map((cell) => cell.textContent);
    const wrong = Math.abs(names.length - 11) + names.filter((name) => !name.includes('gene1999')).length;
    search('');
    await settled();
    return { time, wrong };
  });
}

async function measureTable(bench, page, folder) {
  await load(page, bulkFiles(folder), ARMS);
  const blocks = [];
  for (let run = 0; run < runs; run++) {
    await page.evaluate(() => globalThis.blocks.splice(0));
    await pressFit(page);
    await waitForModels(page, GENES);
    // What is drawn of the results belongs to it.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
    blocks.push(Math.max(0, ...(await page.evaluate(() => globalThis.blocks))));
  }
  bench.row({
    case: `${GENES.toLocaleString('en-US')} genes, ${ARMS}: longest task of the page during a fit and the drawing of its results`,
    ...spreadOf(blocks),
    unit: 'ms',
    bar: { atMost: BLOCK },
    // One is the row with the heads.
    errors: [{ name: 'rows that are missing', value: await rowsMissing(page), bound: 1 }],
    detail: `runs: ${blocks.map((value) => Math.round(value)).join(', ')}`,
  });
  await page.click('#tab-genes');
  const threadClock = await openThreadClock(page);
  /** Runs something on the page: what it says, and seconds of the page's thread. */
  const timed = async (work) => {
    const before = await threadClock();
    const said = await work();
    return { ...said, thread: (await threadClock()) - before };
  };
  const row = (name, found, bar, detail) => {
    const times = found.map(({ time }) => time);
    bench.row({
      case: `table of ${GENES.toLocaleString('en-US')} genes: ${name}`,
      ...spreadOf(times),
      clock: 'wall',
      times: { wall: median(times) / 1000, thread: median(found.map(({ thread }) => thread)) },
      unit: 'ms',
      bar: { atMost: bar },
      errors: [{ name: 'rows that are wrong', value: Math.max(...found.map(({ wrong }) => wrong)), bound: 0 }],
      detail,
    });
  };
  const [still, scrolling, sorting, searching] = [[], [], [], []];
  for (let run = 0; run < runs; run++) {
    still.push(await timeFrames(page, 0));
    const frames = await timed(async () => ({ time: await timeFrames(page, 1500) }));
    scrolling.push({ ...frames, thread: frames.thread / FRAMES, wrong: await rowsMissing(page) });
  }
  for (let run = 0; run < runs; run++) {
    sorting.push(await timed(() => timeSort(page)));
    searching.push(await timed(() => timeSearch(page)));
  }
  row('99 % of the frames while scrolling', scrolling, FRAME, `standing still ${format(median(still))} ms`);
  row('sorting', sorting, BLOCK, 'the thread draws it, too');
  row('searching', searching, BLOCK, 'the thread draws it, too, and takes it back');
}

const executable = browserOrSkip('page');
const bench = openBench('page', 'Does the application stay responsive?');
await withFolder(async (folder) => {
  const built = join(folder, 'built');
  const configFile = fileURLToPath(new URL('../demo/vite.config.ts', import.meta.url));
  await build({ configFile, logLevel: 'error', build: { outDir: built } });
  await withPage(executable, built, FLAGS, async (page, browser) => {
    await measureFits(bench, page, browser, folder);
    await measureTable(bench, page, folder);
  });
});
bench.close();
