/**
 * Does a process that fits on the device over and over keep anything? Growth of its memory over a thousand fits of a few
 * responses, after two hundred to warm up. It has to be resident memory: buffers of the device lie outside the heap.
 *
 *     VK_ICD_FILENAMES=... node --expose-gc bench/leaks.mjs --fits 1000
 *
 * Without a graphics card, VK_ICD_FILENAMES names the software driver beside the browser; it is found where it is not set.
 */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { vulkanIcd } from '../scripts/find-browser.mjs';
import { argument, openBench } from './harness.mjs';
import { spreadOfSum } from './verdicts.mjs';

const driver = vulkanIcd();
if (globalThis.gc === undefined || (process.env['VK_ICD_FILENAMES'] === undefined && driver !== null)) {
  // Both have to be there before a process starts.
  const own = fileURLToPath(import.meta.url);
  const env = { ...process.env, ...(driver === null ? {} : { VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: tmpdir() }) };
  const { status } = spawnSync(process.execPath, ['--expose-gc', own, ...process.argv.slice(2)], {
    env,
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}
const { fit: fitTable, openDevice, simulateVisits } = await import('../dist/node.js');

const fits = argument('fits', 1000);
const WARM_UP = 200;
/** Readings of the memory on the way, whose scatter tells how well the growth is known. */
const READINGS = 10;
/** MB. A leak of the buffers of one run alone would add 0.1 for each. */
const KEPT = 60;
/** Of fits that float64 finishes, as in comparison.mjs. */
const CRITERION = 1e-8;

const bench = openBench('leaks', 'Does a process that fits on the device over and over keep anything?');
const { table } = simulateVisits({ subjects: 40, visits: 6, responses: 3, seed: 4, missing: 0.2 });
const formula = 'cbind(y1, y2, y3) ~ time + (1 | subject)';
const cpu = await fitTable(table, { formula, backend: 'cpu', threads: 1 });
let worst = 0;
async function once() {
  const { table: fits } = await fitTable(table, { formula, backend: 'webgpu', threads: 1 });
  fits.criterion.forEach((value, m) => {
    const expected = cpu.table.criterion[m];
    worst = Math.max(worst, Math.abs(value - expected) / Math.max(1, Math.abs(expected)));
    if (fits.search[m] !== 1) worst = Number.POSITIVE_INFINITY; // not on the device
  });
}
const memory = () => {
  globalThis.gc();
  return process.memoryUsage().rss / 1e6;
};
for (let k = 0; k < WARM_UP; k++) await once();
const readings = [memory()];
for (let reading = 0; reading < READINGS; reading++) {
  for (let k = 0; k < fits / READINGS; k++) await once();
  readings.push(memory());
}
const growth = readings.slice(1).map((value, k) => value - readings[k]);
bench.row({
  case: `resident memory after ${fits.toLocaleString('en-US')} fits of 3 responses on the device`,
  ...spreadOfSum(growth),
  unit: 'MB more',
  bar: { atMost: KEPT },
  errors: [{ name: 'criterion', value: worst, bound: CRITERION }],
  detail: `${Math.round(readings[0])} MB after the ${WARM_UP} before them`,
});
bench.close();
(await openDevice()).destroy();
