/**
 * What starves every kernel? Bytes, operations and memory of each from the sizes of a case (kernel-counts.mjs), the time that
 * they take at least on three devices (rooflines.mjs), and beside them the float64 finish of the host, which is measured here.
 * A row is recorded only where the bytes, chunks and dispatches that pass through the queue of the device at hand are those of
 * the formulas; a software adapter will do for that.
 *
 *     node bench/kernels.mjs
 *
 * --responses  of each case, for the counts and the host's time (512)
 * --columns    responses for which the rooflines hold (100,000)
 * --draws      of a bootstrap (400), and responses that draw (16)
 * --threads    of the host, that finish (1): its time is that of one thread, divided by so many
 * --only       cases whose name matches this regular expression
 */
import { openDevice, STATUSES } from '../dist/node.js';
import { buildDesign, fitDesign, fitMoments } from '../dist/steps.js';
import { clocksSince, readClocks } from './clocks.mjs';
import { CASES } from './device-cases.mjs';
import { openModel } from './device-models.mjs';
import { begin, bytesOf, openTape, passed } from './device-watch.mjs';
import { argument, format, openBench, textArgument } from './harness.mjs';
import { KERNEL_CASES } from './kernel-cases.mjs';
import * as counts from './kernel-counts.mjs';
import { openRandom } from './random.mjs';
import { CARDS, EFFICIENCY, LOCKSTEP, lockstepShare, roofline } from './rooflines.mjs';
import { openCase } from './webgpu-cases.mjs';

const standard = argument('responses', 512);
const columns = argument('columns', 100_000);
const draws = argument('draws', 400);
const drawing = 16;
const threads = argument('threads', 1);
const wanted = new RegExp(textArgument('only', ''));

/** Seconds of this thread, the least of some runs. */
async function threadTime(work, runs = 3) {
  let least = Number.POSITIVE_INFINITY;
  for (let r = 0; r < runs; r++) {
    const before = readClocks();
    await work();
    least = Math.min(least, clocksSince(before).thread);
  }
  return least;
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => sum(values) / values.length;
const filled = (models) => counts.WORKGROUP * Math.ceil(models / counts.WORKGROUP);
/** Uniforms that went up for one owner. */
const uniformsOf = (owner, kind) =>
  passed.uniforms.filter(({ label }) => label === `${owner} ${kind}`).map(({ words }) => words);

/** What passed beside what should have, for the chunks that did; none of it may differ. */
function differences(owner, labels, predicted) {
  const dispatches = sum([...passed.dispatches].map(([label, count]) => (labels.includes(label) ? count : 0)));
  const error = (name, value, expected) => ({
    name: `${name} (${value})`,
    value: Math.abs(value - expected),
    bound: 0,
  });
  return [
    error('bytes up', bytesOf(passed.up, owner), predicted.up),
    error('bytes down', bytesOf(passed.down, owner), predicted.down),
    error('bytes mapped', passed.mapped, bytesOf(passed.down, '')),
    error('columns', predicted.columns.found, predicted.columns.expected),
    error('dispatches', dispatches, predicted.dispatches),
  ];
}

/** Of a search: every chunk uploads its shape once. What warms a variant up uploads twelve words and no models. */
function searchTraffic(search, finish, owner, responses) {
  const shapes = uniformsOf(owner, 'shape');
  const chunks = shapes.filter(([models]) => models > 0);
  const warmUps = shapes.length - chunks.length;
  const strides = sum(chunks.map(([models]) => filled(models)));
  return {
    up: search.once + (finish?.once ?? 0) + strides * search.up + chunks.length * search.uniforms + 48 * warmUps,
    down: strides * (finish ?? search).down,
    columns: { found: sum(chunks.map(([models]) => models)), expected: responses },
    dispatches: chunks.length * (finish ? 2 : 1) + warmUps,
  };
}

/** Of a bootstrap: some responses at a time, slices of their draws, then tails, whose uniform has no stride. */
function drawTraffic(draw, tails) {
  const slices = uniformsOf('bootstrap', 'shape');
  const judged = uniformsOf('bootstrap', 'draws').filter(([, stride]) => stride === 0);
  const width = sum(judged.map(([, , models]) => models));
  return {
    up: draw.once + slices.length * draw.uniforms + judged.length * tails.uniforms + width * tails.up,
    down: width * tails.down,
    columns: { found: sum(slices.map(([models]) => models)), expected: width * draws },
    dispatches: 3 * slices.length + judged.length,
  };
}

const { adapter } = await openDevice();
const bench = openBench(
  'kernels',
  'What starves every kernel? Rooflines from counts that the device at hand confirms.',
);
bench.note(`counts on ${adapter.description || adapter.architecture || adapter.vendor}`);
for (const card of CARDS) {
  bench.note(
    `${card.name}: ${format(card.flops / 1e12)} TFLOP/s, ${format(card.memory / 1e9)} GB/s, bus ${format(card.transfer / 1e9)} GB/s`,
  );
}
bench.note(
  `shares of the peak: arithmetic ${EFFICIENCY.arithmetic} (times the share of a group's turns that its threads use), memory ${EFFICIENCY.memory}, bus ${EFFICIENCY.transfer}; ${threads} ${threads === 1 ? 'thread' : 'threads'} of this host finish`,
);

/** A row a card. `unit` is what a column is: a fit, or all draws of a response. */
function rows(name, count, errors, { host = 0, lockstep = 1, unit = 'fits/s', said = '' }) {
  for (const card of CARDS) {
    const { limits, starved, device, seconds } = roofline(count, card, { columns, host: host / threads, lockstep });
    const micro = Object.entries(limits).map(([limit, time]) => `${limit} ${format(time * 1e6)} us`);
    bench.row({
      case: `${name}: ${card.name}`,
      value: 1 / seconds,
      unit: `${unit} at most, starved by ${starved}${starved === device ? '' : `, on the device by ${device}`}`,
      errors,
      detail: [
        `${format(count.up)} bytes up, ${format(count.down)} down, ${format(counts.trafficOf(count))} of traffic, ${format(count.operations)} operations, ${count.privateNumbers} numbers in a thread's arrays`,
        micro.join(', '),
        ...(said ? [said] : []),
      ].join('; '),
    });
  }
}

/** A search, and of some the finish on the device after it. */
async function search({ name, shape, sizes, family, finisher, responses = standard, searched }) {
  const finishes = finisher !== undefined;
  const gpu = await openDevice();
  const moments = await (await openCase(shape)).moments(responses);
  // Pairs go with Satterthwaite's tests: all that a finish is compared with has them too.
  const tests = finishes ? { ddf: 'satterthwaite' } : {};
  const options = { backend: 'webgpu', threads: 1, ...tests, ...(finishes ? { precision: 'df64' } : {}) };
  const again = () => fitMoments(moments, options);
  const tape = openTape(gpu);
  let number;
  const { pipeline } = gpu;
  gpu.pipeline = (label, code, ...rest) => {
    if (label === finisher?.label) {
      const hidden = code.includes('fn rounded(x: f32) -> f32 { return opaque(x); }');
      number = code.includes('fma(a, b, -p)') ? 'df64-fma' : hidden ? 'df64-xor' : 'df64-opaque';
    }
    return pipeline(label, code, ...rest);
  };
  await again(); // a probe of pairs, and what is compiled, passes through the same queue
  tape.restart();
  begin();
  const { table } = await again();
  gpu.pipeline = pipeline;
  const own = tape.columns.map((column) =>
    finishes ? new Float32Array(column.buffer)[finisher.evaluationsAt] : column.at(-1) & 0xffff,
  );
  const evaluations = finishes ? searched.evaluations : mean(own);
  const found = family.count({ ...sizes, evaluations });
  const steps = Math.max(1, mean(own) - evaluations);
  const finish = finishes ? finisher.count({ ...sizes, steps, evaluations: steps, number }) : null;
  const labels = finishes ? [...family.labels, finisher.label] : family.labels;
  const errors = differences(family.owner, labels, searchTraffic(found, finish, family.owner, responses));
  const failed = table.status.filter((status) => status !== STATUSES.indexOf('ok')).length;
  errors.push({ name: 'fits that failed', value: failed / responses, bound: 0.01 });
  const host = (await threadTime(() => tape.play(again))) / responses;
  tape.close();
  let hosted = '';
  if (finishes) {
    const onHost = () => fitMoments(moments, { ...options, precision: 'f64' });
    const other = openTape(gpu);
    await onHost();
    hosted = `, ${format((1e6 * (await threadTime(() => other.play(onHost)))) / responses)} us with its own finish`;
    other.close();
  }
  const cpu = (await threadTime(() => fitMoments(moments, { backend: 'cpu', threads: 1, ...tests }))) / responses;
  const lockstep = finishes ? 1 : lockstepShare(own);
  const turns = `${format(evaluations)} evaluations, ${format(100 * lockstep)} % of the turns of ${LOCKSTEP} used`;
  const said = `${finishes ? `${number}, ${format(steps)} steps; the host takes ${format(1e6 * host)} us${hosted}` : turns}; the host's part alone allows ${format(cpu / host)} times the fits of as many threads`;
  // What goes up for the search is what the finish reads.
  const count = finish ? { ...finish, up: found.up, once: found.once + finish.once } : found;
  const shared = finishes || sizes.kept ? 1 : lockstep;
  rows(name, count, errors, { host, lockstep: shared, said });
  return { evaluations, lockstep };
}

async function bootstrap({ name, shape, sizes, family, kernels, searched }) {
  const gpu = await openDevice();
  const opened = await openCase(shape);
  const moments = await opened.moments(drawing);
  const again = () => fitMoments(moments, { backend: 'webgpu', threads: 1, bootstrap: { draws, seed: 1 } });
  const tape = openTape(gpu);
  begin();
  await again();
  const { evaluations, lockstep } = searched;
  const spectral = sizes.q === undefined;
  // Degrees of freedom that nothing in the model reaches: rows less fixed effects and levels, about.
  const all = { ...sizes, outside: Math.max(0, opened.design.n - opened.design.q) };
  const parameters = sizes.parameters ?? 1;
  const draw = spectral ? counts.spectralDraw(all) : counts.factorDraw(all);
  const search = counts.searchOfDraws(family.count({ ...sizes, evaluations, signed: true }));
  const statistics = spectral
    ? counts.spectralStatistics(all)
    : counts.factorStatistics(sizes, sizes.columns, family.sweeps(sizes));
  const tails = counts.bootstrapTails({ ...sizes, draws, parameters });
  const errors = differences('bootstrap', [...kernels, 'bootstrap tails'], drawTraffic(draw, tails));
  const host = (await threadTime(() => tape.play(again), 2)) / drawing;
  tape.close();
  const unit = 'draws/s';
  const said = 'evaluations as of the responses';
  rows(`${name}: draw`, draw, errors, { unit });
  rows(`${name}: search`, search, errors, { lockstep, unit, said });
  rows(`${name}: statistics`, statistics, errors, { unit });
  rows(`${name}: tails of ${draws} draws`, tails, errors, {
    ...{ host, unit: 'responses/s' },
    said: `the host's part is fits, and draws in float64 of one response in 64, or of ${drawing}`,
  });
}

async function moments({ name, shape, sizes, responses }) {
  const gpu = await openDevice();
  const facts = gpu.adapter;
  gpu.adapter = { ...facts, software: false }; // which is passed over otherwise
  const model = openModel(shape, buildDesign);
  const { dense } = model.draw(responses, openRandom(7));
  begin();
  await fitDesign(model.design, dense, { backend: 'webgpu', threads: 1 });
  gpu.adapter = facts;
  const owner = [...passed.dispatches.keys()].find((label) => label.startsWith('dense moments')) ?? 'dense moments';
  const number = owner.slice('dense moments '.length);
  const { n } = model.design;
  const count = counts.denseMoments({ ...sizes, rows: n, entries: sizes.q * n, number });
  const shapes = uniformsOf(owner, 'shape');
  const chunks = shapes
    .filter(([models, , , , stage]) => models > 0 && stage === 2)
    .map(([models, stride]) => ({ models, stride }));
  const strides = sum(chunks.map(({ stride }) => stride));
  const errors = differences(owner, [owner], {
    up:
      count.once +
      strides * count.up +
      chunks.length * count.uniforms +
      32 * shapes.filter(([models]) => models === 0).length,
    down: strides * count.down,
    columns: { found: strides, expected: sum(chunks.map(({ models }) => filled(models))) },
    dispatches: shapes.length,
  });
  errors.push({ name: 'chunks missing', value: chunks.length > 0 ? 0 : 1, bound: 0 });
  rows(`${name}, ${number}`, count, errors, { unit: 'responses/s' });
}

const KINDS = { search, finish: search, bootstrap, moments };
const found = new Map();
for (const given of KERNEL_CASES.filter(({ name }) => wanted.test(name))) {
  const shape = given.shape ?? CASES.find(({ name }) => name === given.of);
  found.set(given.name, await KINDS[given.kind]({ ...given, shape, searched: found.get(given.after) }));
}
bench.close();
(await openDevice()).destroy();
