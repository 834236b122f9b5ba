/**
 * What a JavaScript developer would reach for, gpu.js on WebGL2, against the library, in one headless Chromium (WebGL2 and
 * WebGPU both on SwiftShader): random-intercept REML fits of the same moments. The kernel only searches: gamma and the
 * criterion in single precision. The library's times hold the finish too: estimates, standard errors, df and p.
 *
 *     node bench/webgl.mjs --responses 50000 --runs 3
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { serialiseMoments } from '../dist/steps.js';
import { argument, format, openBench } from './harness.mjs';
import { browserOrSkip, withFolder, withPage } from './headless.mjs';
import { median, spreadOf } from './verdicts.mjs';
import { openCase, TIMED } from './webgpu-cases.mjs';

const responses = argument('responses', 50_000);
const runs = argument('runs', 3);

/** Units of the criterion. Sums of single precision over its parts, which are some hundreds, leave no more. */
const SINGLE = 1e-3;
/** Of fits that float64 finishes, as in comparison.mjs. */
const FINISHED = 1e-6;

const FLAGS = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

/** Builds the page into a folder, with the moments to fit. */
async function buildPage(folder) {
  await build({
    configFile: false,
    root: fileURLToPath(new URL('webgl/', import.meta.url)),
    base: './',
    logLevel: 'error',
    worker: { format: 'es' },
    // gpu.js makes shaders of the text of functions.
    build: { outDir: folder, emptyOutDir: false, target: 'es2022', minify: false, chunkSizeWarningLimit: 5000 },
  });
  const opened = await openCase(TIMED[0]);
  writeFileSync(join(folder, 'moments.bin'), Buffer.concat([...serialiseMoments(await opened.moments(responses))]));
}

/** The rows of what the page measured. */
function report(bench, { models, ways }) {
  const [workers, device, webgl] = ways;
  const size = `${models.toLocaleString('en-US')} responses, ${TIMED[0].name}`;
  const threads = workers.threads === 1 ? '1 thread, as planned' : `${workers.threads} threads`;
  // By the wall: a browser works in processes that no clock of its page counts.
  const rates = ({ seconds }) => ({
    ...spreadOf(seconds.map((one) => models / one)),
    clock: 'wall',
    times: { wall: median(seconds) },
  });
  bench.row({
    case: `${size}: float64 workers, ${threads}`,
    ...rates(workers),
    unit: 'fits/s',
    errors: [],
  });
  bench.row({
    case: `${size}: WebGPU, finished in float64`,
    ...rates(device),
    unit: 'fits/s',
    errors: [{ name: 'criterion', value: device.error, bound: FINISHED }],
    detail: device.device ?? '',
  });
  bench.row({
    case: `${size}: gpu.js on WebGL2, the search alone`,
    ...rates(webgl),
    unit: 'searches/s',
    errors: [
      { name: 'criterion at its gamma', value: webgl.atGamma, bound: SINGLE },
      { name: 'criterion as it reports it', value: webgl.reported, bound: SINGLE },
    ],
    detail: `${webgl.mode}; forming its sums takes ${format(median(webgl.forming))} s more`,
  });
  bench.note(
    `WebGL2 searches ${format(median(workers.seconds) / median(webgl.seconds))} times as fast as the workers fit and test`,
  );
}

const browser = browserOrSkip('webgl');
const bench = openBench('webgl-swiftshader', 'Would gpu.js on WebGL2 be faster than the float64 workers?');
await withFolder(async (folder) => {
  await buildPage(folder);
  const measured = await withPage(browser, folder, FLAGS, (page) =>
    page.evaluate((count) => globalThis.runBench(count), runs),
  );
  report(bench, measured);
});
bench.close();
