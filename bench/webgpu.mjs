/**
 * Where does the device pay? The same moments through the CPU (all threads, and one) and through WebGPU in one run.
 * The ratio is to the CPU as users run it: with as many threads as the library takes.
 *
 *     node bench/webgpu.mjs --sizes 1000,10000,100000,1000000
 *
 * --sizes      responses of each case
 * --only       cases whose name matches this regular expression
 * --runs       runs of which the median counts (5), fewer where they are long
 * --limit      seconds that one thread may need by the library's plan; longer sizes are skipped (300)
 * --memory     GB that moments and results may take; larger sizes are skipped (half of the machine's)
 * --bandwidth  GB/s and --flops TFLOP/s of the device, for the floor beside each number. Those of an H200 stand in for
 *              them, as an example; a software adapter has no floor.
 */
import { availableParallelism, totalmem } from 'node:os';
import { FINISHES, openDevice, STATUSES } from '../dist/node.js';
import { fitMoments } from '../dist/steps.js';
import { alternate, measuredRatio, repeat } from './clocks.mjs';
import { argument, format, openBench, textArgument } from './harness.mjs';
import { openCase, operationsPerEvaluation, TIMED } from './webgpu-cases.mjs';

const sizes = textArgument('sizes', '1000,10000').split(',').map(Number);
const limit = argument('limit', 300);
const memory = argument('memory', totalmem() / 2e9) * 1e9;
const [bandwidth, flops] = [argument('bandwidth', 4300) * 1e9, argument('flops', 60) * 1e12];
const runs = argument('runs', 5);
/** Seconds from which on the first run of each way is the only one, and over which others are spread. */
const LONG = 3;

/** What the design of the package asks of WebGPU against the CPU: relative, and in standard errors. */
const CRITERION = 1e-8;
const ESTIMATE = 1e-6;
/** Share of the fits that float64 may refuse; it holds where half of the fits have zero variances, too. */
const REFITS = 0.01;
/** A speed of "the device" to which the CPU contributed more than this share of the fits would be none. */
const LEFT = 0.01;

/** Opens a device of its own, so that nothing is compiled yet, and notes what passes through it. */
async function openWatched() {
  const earlier = await openDevice();
  earlier.destroy();
  await earlier.lost;
  const started = performance.now();
  const gpu = await openDevice();
  const watch = { gpu, kernel: '', opened: (performance.now() - started) / 1000, compiled: 0, bytes: 0 };
  const { pipeline, upload, readBack } = gpu;
  gpu.pipeline = async (label, ...rest) => {
    const from = performance.now();
    const compiled = await pipeline(label, ...rest);
    watch.compiled += (performance.now() - from) / 1000;
    watch.kernel = label;
    return compiled;
  };
  gpu.upload = (buffer, data, ...rest) => {
    watch.bytes += data.byteLength;
    return upload(buffer, data, ...rest);
  };
  gpu.readBack = (buffer, size, ...rest) => {
    watch.bytes += size;
    return readBack(buffer, size, ...rest);
  };
  return watch;
}

/** How often fits are timed that took so long the first time. */
const runsOf = (seconds) => (seconds > LONG ? 0 : Math.min(runs, Math.ceil(LONG / seconds)));

/** A first fit on the CPU, which warms up, and how to do it again. */
async function onCpu(moments, threads) {
  let plan;
  const options = { backend: 'cpu', threads, onPlan: (made) => (plan = made) };
  const again = () => fitMoments(moments, options);
  const timed = await repeat(again, { runs: 1, warmUp: 0 });
  return { timed, again, table: timed.last.table, threads: plan.threads };
}

/** The same on a device: the first fit tells how long a user waits, a later one how fast it is. */
async function onDevice(moments) {
  const watch = await openWatched();
  let firstChunk = Number.NaN;
  const started = performance.now();
  const onProgress = () => {
    if (Number.isNaN(firstChunk)) firstChunk = (performance.now() - started) / 1000;
  };
  const timed = await repeat(() => fitMoments(moments, { backend: 'webgpu', onProgress }), { runs: 1, warmUp: 0 });
  const { opened, compiled, kernel } = watch;
  // A long run is not done twice: less the compilation it is as good as warm.
  timed.seconds -= compiled;
  timed.samples.wall = [timed.seconds];
  const { table, notes } = timed.last;
  const bytes = watch.bytes / table.models;
  const first = `first result after ${format(opened + firstChunk)} s (device ${format(opened)}, pipeline ${format(compiled)}, first chunk ${format(firstChunk - compiled)})`;
  return { timed, again: () => fitMoments(moments, { backend: 'webgpu' }), table, notes, first, kernel, bytes };
}

/** Largest differences of the device's fits from the CPU's, over all fits. */
function differences(device, cpu) {
  const worst = { criterion: 0, estimate: 0 };
  const grow = (name, value) => {
    if (!(value <= worst[name])) worst[name] = Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
  };
  const ok = STATUSES.indexOf('ok');
  const k = cpu.coefficients.names.length;
  let other = 0;
  for (let m = 0; m < cpu.models; m++) {
    if (device.status[m] !== cpu.status[m]) other++;
    if (device.status[m] !== ok || cpu.status[m] !== ok) continue;
    const size = Math.max(1, Math.abs(cpu.criterion[m]));
    grow('criterion', Math.abs(device.criterion[m] - cpu.criterion[m]) / size);
    for (let i = m * k; i < (m + 1) * k; i++) {
      const { estimate, standardError } = cpu.coefficients;
      grow('estimate', Math.abs(device.coefficients.estimate[i] - estimate[i]) / standardError[i]);
    }
  }
  const share = (codes, code) => codes.filter((value) => value === code).length / cpu.models;
  return [
    { name: 'criterion', value: worst.criterion, bound: CRITERION },
    { name: 'estimate', value: worst.estimate, bound: ESTIMATE },
    { name: 'refits', value: share(device.finish, FINISHES.indexOf('cpu-refit')), bound: REFITS },
    { name: 'left to the CPU', value: share(device.search, 0), bound: LEFT },
    { name: 'fits of another status', value: other, bound: 0 },
  ];
}

/** What a device of that bandwidth and rate would need at least if it did nothing else. */
function floorText({ kernel, table, bytes, timed }, design) {
  const evaluations = table.evaluations.reduce((sum, count) => sum + count, 0) / table.models;
  const operations = evaluations * operationsPerEvaluation(kernel, design);
  const floor = Math.max(bytes / bandwidth, operations / flops);
  const times = timed.seconds / table.models / floor;
  return `floor ${format(1 / floor)} fits/s (${format(bytes)} bytes, about ${format(operations)} operations a fit): ${format(times)} times that time`;
}

async function compare(bench, name, opened, responses, software) {
  const moments = await opened.moments(responses);
  const one = await onCpu(moments, 1);
  const all = availableParallelism() > 1 ? await onCpu(moments, availableParallelism()) : one;
  const device = await onDevice(moments);
  const ways = [...new Set([device, all, one])];
  const count = runsOf(Math.max(...ways.map(({ timed }) => timed.seconds)));
  if (count > 0) {
    const timings = await alternate(
      ways.map(({ again }) => again),
      { runs: count, warmUp: 0 },
    );
    for (const [k, way] of ways.entries()) way.timed = timings[k];
  }
  const speed = ({ timed }) => format(responses / timed.seconds);
  const threads = (count) => `${count} ${count === 1 ? 'thread' : 'threads'}`;
  const cpus = all.threads === 1 ? [all] : [all, one];
  const speeds = [`device ${speed(device)}`, ...cpus.map((cpu) => `${threads(cpu.threads)} ${speed(cpu)}`)];
  const singular = one.table.singular.reduce((sum, flag) => sum + flag, 0) / responses;
  const errors = differences(device.table, one.table);
  // By the wall: a card works while the processor waits.
  const ratio = measuredRatio(all.timed, device.timed, 'wall');
  bench.row({
    case: `${name}, ${responses.toLocaleString('en-US')} responses`,
    ...ratio,
    unit: `times the CPU (${speeds.join(', ')} fits/s)`,
    errors,
    detail: [
      `${device.kernel}: ${device.first}`,
      `${format(100 * singular)} % singular`,
      ...(software ? [] : [floorText(device, opened.design)]),
    ].join('; '),
  });
  for (const note of device.notes) bench.note(note);
  return errors.every(({ value, bound }) => value <= bound) && (ratio.interval?.[0] ?? ratio.value) > 1;
}

const started = performance.now();
const { adapter } = await openDevice();
const opening = (performance.now() - started) / 1000;
const said = [adapter.vendor, adapter.architecture, adapter.description].filter((word) => word !== '');
const slug = (adapter.software ? adapter.architecture : adapter.description || said.join(' '))
  .toLowerCase()
  .replace(/[^a-z0-9]+/g, '-');
const bench = openBench(
  `webgpu-${slug || 'unknown'}`,
  'Where does the device pay? Fits a second from the same moments, device against CPU.',
);
bench.note(
  `adapter ${said.join(', ')}${adapter.software ? ', SOFTWARE: no floor, and no graphics card measured' : ''}; opened in ${format(opening)} s the first time`,
);
if (!adapter.software) bench.note(`floors at ${format(bandwidth / 1e9)} GB/s and ${format(flops / 1e12)} TFLOP/s`);
const paying = [];
for (const description of TIMED.filter(({ name }) => new RegExp(textArgument('only', '')).test(name))) {
  const opened = await openCase(description);
  for (const responses of sizes) {
    const { seconds, bytes } = opened.estimate(responses);
    if (seconds > limit || bytes > memory) {
      bench.note(
        `${description.name}: ${responses} responses skipped: about ${format(seconds)} s on one thread (--limit ${limit}), ${format(bytes / 1e9)} GB (--memory ${format(memory / 1e9)})`,
      );
    } else if (await compare(bench, description.name, opened, responses, adapter.software)) {
      paying.push(`${description.name} at ${responses}`);
    }
  }
}
bench.note(`\nthe device pays in: ${paying.join('; ') || 'none of these cases'}`);
bench.close();
(await openDevice()).destroy();
