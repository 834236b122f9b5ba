/** What runs in the browser: the same moments through WebGL2, the library's workers and its WebGPU search. */
import { deserialiseMoments, fitMoments } from '../../dist/steps.js';
import { openSearch } from './search.mjs';
import { criterionAt, spectralProblem } from './spectral-problem.mjs';

/** Runs before those that count: code is compiled in them. */
const WARM_UP = 3;

async function timed(work, runs) {
  const seconds = [];
  let last;
  for (let k = 0; k < WARM_UP + runs; k++) {
    const started = performance.now();
    last = await work();
    if (k >= WARM_UP) seconds.push((performance.now() - started) / 1000);
  }
  return { seconds, last };
}

/** Largest differences from the criterion of float64: of the value reported, and of the true one at the gamma found. */
function worst(problem, wanted, pairs) {
  const found = { atGamma: 0, reported: 0 };
  for (let g = 0; g < problem.count; g++) {
    const [gamma, value] = pairs[g];
    found.atGamma = Math.max(found.atGamma, Math.abs(criterionAt(problem, g, gamma) - wanted[g]));
    found.reported = Math.max(found.reported, Math.abs(value + problem.constant[g] - wanted[g]));
  }
  return found;
}

globalThis.runBench = async (runs) => {
  const bytes = new Uint8Array(await (await fetch('moments.bin')).arrayBuffer());
  const { moments } = deserialiseMoments(bytes);
  const ways = [];
  const threads = navigator.hardwareConcurrency;
  const library = async (name, options) => {
    let used = null;
    const onPlan = (plan) => {
      used = plan.threads;
    };
    const { seconds, last } = await timed(() => fitMoments(moments, { ...options, onPlan }), runs);
    ways.push({ name, seconds, threads: used, device: last.table.device });
    return last.table;
  };
  const { criterion } = await library('float64 workers', { backend: 'cpu', threads });
  const onDevice = await library('WebGPU, finished in float64', { backend: 'webgpu' });
  ways[1].error = onDevice.criterion.reduce((most, value, g) => Math.max(most, Math.abs(value - criterion[g])), 0);
  const formed = await timed(() => spectralProblem(moments.batches[0]), 1);
  const problem = formed.last;
  const search = openSearch(problem);
  const { seconds, last } = await timed(() => search.search(), runs);
  ways.push({
    name: 'WebGL2 by gpu.js',
    seconds,
    forming: formed.seconds,
    mode: search.mode,
    ...worst(problem, criterion, last),
  });
  await search.close();
  return { models: moments.names.length, ways };
};
document.documentElement.dataset.ready = 'true';
