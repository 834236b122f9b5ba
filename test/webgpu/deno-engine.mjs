/**
 * Runs in Deno, whose WebGPU is wgpu with naga as its compiler: shows the built library kernels to compile, or lets it fit each
 * way through the device engine beside the CPU. Prints one line of JSON.
 *
 *     deno run --allow-all deno-engine.mjs compile KERNELS.json
 *     deno run --allow-all deno-engine.mjs fit
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { momentsOf, PATHS } from '../../bench/device-faults/paths.mjs';
import * as index from '../../dist/index.js';
import * as steps from '../../dist/steps.js';

const library = { ...index, ...steps };
const [task, file] = process.argv.slice(2);
const gpu = await library.openDevice();

/** What the compiler says against each of the kernels { label: code } of `read`, and the driver against those named in `build`. */
async function compileAll({ read, build }) {
  const refused = [];
  let [readable, built] = [0, 0];
  for (const [label, code] of Object.entries(read)) {
    const { messages } = await gpu.device.createShaderModule({ label, code }).getCompilationInfo();
    const errors = messages.filter(({ type }) => type === 'error').map(({ message }) => `${label}: ${message}`);
    if (errors.length === 0) readable++;
    refused.push(...errors);
  }
  for (const label of build) {
    await gpu.pipeline(label, read[label]).then(
      () => built++,
      (error) => refused.push(`${label}: ${error.message}`),
    );
  }
  return { readable, built, refused };
}

/** Largest difference of two columns; infinite where one of them has a number and the other none. */
function worst(found, expected, distance) {
  let most = 0;
  expected.forEach((value, i) => {
    if (Number.isNaN(value) && Number.isNaN(found[i])) return;
    const apart = distance(found[i], value, i);
    most = Math.max(most, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart);
  });
  return most;
}

const relative = (a, b) => (a === b ? 0 : Math.abs(a / b - 1));
const ofSize = (a, b) => Math.abs(a - b) / (1 + Math.abs(b));

/** Largest differences of the device's table from the CPU's. */
function differences(device, cpu) {
  const [a, b] = [device.coefficients, cpu.coefficients];
  const found = {
    status: worst(device.status, cpu.status, (x, y) => Math.abs(x - y)),
    criterion: worst(device.criterion, cpu.criterion, (x, y) => Math.abs(x - y) / Math.max(1, Math.abs(y))),
    estimate: worst(a.estimate, b.estimate, (x, y, i) => Math.abs(x - y) / b.standardError[i]),
    standardError: worst(a.standardError, b.standardError, relative),
    df: worst(a.df, b.df, relative),
  };
  if (cpu.bootstrap === null) return found;
  const [drawn, exact] = [device.bootstrap.coefficients, cpu.bootstrap.coefficients];
  return { ...found, log10P: worst(drawn.log10P, exact.log10P, ofSize) };
}

async function fitAll() {
  const fits = {};
  for (const [name, path] of Object.entries(PATHS)) {
    const moments = await momentsOf(library, path);
    const { precision, ...options } = path.options;
    const { table, notes } = await library.fitMoments(moments, { threads: 1, ...path.options, backend: 'webgpu' });
    const cpu = await library.fitMoments(moments, { ...options, backend: 'cpu', threads: 1, ddf: table.ddf });
    const count = (column, code) => column.reduce((sum, value) => sum + (value === code ? 1 : 0), 0);
    fits[name] = {
      models: table.models,
      searched: count(table.search, 1),
      refits: count(table.finish, library.FINISHES.indexOf('cpu-refit')),
      notes: notes.filter((note) => note.startsWith('device:')),
      differences: differences(table, cpu.table),
    };
  }
  const { chosen, variants, runtime } = await library.probeDevice(gpu);
  return {
    adapter: gpu.adapter,
    runtime,
    chosen,
    variants: variants.map(({ name, failure }) => [name, failure]),
    fits,
  };
}

console.log(
  JSON.stringify(task === 'compile' ? await compileAll(JSON.parse(readFileSync(file, 'utf8'))) : await fitAll()),
);
gpu.destroy();
