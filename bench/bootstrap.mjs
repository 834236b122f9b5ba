/**
 * How many bootstrap draws a second are drawn, fitted and judged, on the CPU and on a device, from moments to p-values?
 *
 *     node bench/bootstrap.mjs --responses 20000 --draws 1000     # the size that a graphics card should do in a second
 *
 * The error is the largest difference of log10 p between the two, from the same random numbers.
 */
import { availableParallelism } from 'node:os';
import { openDevice } from '../dist/node.js';
import { fitMoments } from '../dist/steps.js';
import { alternate, measured } from './clocks.mjs';
import { argument, format, openBench } from './harness.mjs';
import { openCase, TIMED } from './webgpu-cases.mjs';

const draws = argument('draws', 1000);
const responses = argument('responses', 200);
/** Of log10 p, with 1 + its size: single precision, and optima that tie. */
const LOG_P = 5e-3;
/** Vector terms and crossed factors take some hundred times as long a draw. */
const SHARE = { spectral: 1, block: 0.1, crossed: 0.1 };

const { adapter } = await openDevice();
const said = [adapter.vendor, adapter.architecture, adapter.description].filter((word) => word !== '');
const bench = openBench('bootstrap', 'Draws a second, from moments to p-values, CPU against device.');
bench.note(`adapter ${said.join(', ')}${adapter.software ? ', SOFTWARE: no graphics card measured' : ''}`);

for (const description of TIMED.filter(({ name }) => !/weights|1,000/.test(name))) {
  const opened = await openCase(description);
  const count = Math.max(1, Math.round(responses * SHARE[description.engine]));
  const moments = await opened.moments(count);
  const bootstrap = { draws, seed: 1 };
  const ways = [{ backend: 'cpu', threads: availableParallelism() }, { backend: 'webgpu' }];
  // The run before those that count compiles.
  const [cpu, device] = await alternate(
    ways.map((way) => () => fitMoments(moments, { ...way, bootstrap })),
    { runs: argument('runs', 3) },
  );
  let worst = 0;
  const exact = cpu.last.table.bootstrap.coefficients.log10P;
  const found = device.last.table.bootstrap.coefficients.log10P;
  exact.forEach((value, i) => {
    if (!Number.isNaN(value)) worst = Math.max(worst, Math.abs(found[i] - value) / (1 + Math.abs(value)));
  });
  const rate = (seconds) => (count * draws) / seconds;
  bench.row({
    case: `${description.name}, ${count} responses x ${draws} draws`,
    ...measured(cpu, 'wall', rate),
    unit: `draws/s on ${availableParallelism()} threads (device ${format(rate(device.seconds))} draws/s, ${format(device.seconds)} s in all)`,
    errors: [{ name: 'log10 p', value: worst, bound: LOG_P }],
    detail: device.last.notes.join('; '),
  });
}
bench.close();
(await openDevice()).destroy();
