/**
 * How long does a plot of 20,000 genes take to draw anew? Time of the page's own thread on a processor, in a headless
 * Chromium, so that what else runs on the machine does not count; the wall time to the next frame stands beside it.
 *
 *     node bench/plots.mjs --runs 12
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { argument, openBench } from './harness.mjs';
import { browserOrSkip, openThreadClock, withFolder, withPage } from './headless.mjs';
import { median, spreadOf } from './verdicts.mjs';

const runs = argument('runs', 12);
const GENES = 20_000;
/** Milliseconds of work: less than three frames. */
const REDRAW = 50;
/** Pixels with something on them: an empty plot would be drawn fast. */
const LEAST_PIXELS = 5000;
const PLOTS = ['volcanoPlot', 'qqPlot', 'meanVariancePlot'];

const PAGE = `<!doctype html><meta charset="utf-8"><title>plots</title><link rel="icon" href="data:,">
<style>body { margin: 12px; background: #fff; color: #1b1f24; font-family: sans-serif }</style><div id="host"></div>
<script type="module">import * as plots from './plots.js'; globalThis.plots = plots; document.body.dataset.ready = '';</script>`;

/** A data set with known places; runs in the page, so it refers to nothing outside. */
function genes(count) {
  // A linear congruential generator: any spread of points will do.
  let state = 1;
  const uniform = () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return (state + 0.5) / 4294967296;
  };
  const column = (make) => Float64Array.from({ length: count }, (_, i) => make(i));
  return {
    names: Array.from({ length: count }, (_, i) => `gene ${i}`),
    effect: column(() => uniform() - 0.5),
    log10P: column((i) => (i === 0 ? -20 : Math.log10(uniform()))),
    adjusted: column((i) => (i < 2 ? 1e-10 : 0.9)),
    mean: column(() => 3 * uniform()),
    sigma: column(() => 0.5 + uniform()),
    threshold: 0.05,
    labels: 10,
  };
}

async function buildPage(folder) {
  const input = fileURLToPath(new URL('../demo/src/plots/index.ts', import.meta.url));
  const bundle = await rolldown({ input, platform: 'browser', logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  writeFileSync(join(folder, 'plots.js'), output[0].code);
  writeFileSync(join(folder, 'index.html'), PAGE);
}

/** Seconds of the thread and by the wall of each redraw, and how many pixels the last one painted. */
async function measure(page, threadClock, kind) {
  await page.evaluate(
    (name, count) => {
      const host = document.querySelector('#host');
      host.replaceChildren();
      globalThis.handle = globalThis.plots[name](host, globalThis.makeGenes(count));
    },
    kind,
    GENES,
  );
  const [thread, wall] = [[], []];
  for (let run = 0; run < runs; run++) {
    await page.evaluate((count) => {
      globalThis.next = globalThis.makeGenes(count);
    }, GENES);
    const before = await threadClock();
    const spent = await page.evaluate(async () => {
      const started = performance.now();
      globalThis.handle.update(globalThis.next);
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return (performance.now() - started) / 1000;
    });
    thread.push((await threadClock()) - before);
    wall.push(spent);
  }
  const painted = await page.evaluate(() => {
    let pixels = 0;
    for (const canvas of document.querySelectorAll('#host canvas')) {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let i = 3; i < data.length; i += 4) if (data[i] > 0) pixels++;
    }
    return pixels;
  });
  return { thread, wall, painted };
}

const executable = browserOrSkip('plots');
const bench = openBench('plots', 'How long does a plot of 20,000 genes take to draw anew?');
await withFolder(async (folder) => {
  await buildPage(folder);
  await withPage(executable, folder, ['--disable-background-networking', '--no-first-run'], async (page) => {
    await page.evaluate(`globalThis.makeGenes = ${genes.toString()}`);
    const threadClock = await openThreadClock(page);
    for (const kind of PLOTS) {
      const { thread, wall, painted } = await measure(page, threadClock, kind);
      bench.row({
        case: `${kind}, ${GENES.toLocaleString('en-US')} new points`,
        ...spreadOf(thread.map((seconds) => 1000 * seconds)),
        clock: 'thread',
        times: { wall: median(wall), thread: median(thread) },
        unit: 'ms of work',
        bar: { atMost: REDRAW },
        errors: [{ name: 'pixels short of a plot', value: Math.max(0, LEAST_PIXELS - painted), bound: 0 }],
        detail: 'the wall counts to the next frame',
      });
    }
  });
});
bench.close();
