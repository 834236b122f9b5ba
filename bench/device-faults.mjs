/**
 * Does a run end with the right fits whatever becomes of the device? Every way through the engine is fitted on a device that
 * fails at one call after another (it is lost, calls reject, memory is full, no other device is to be had), and on devices
 * with small limits.
 *
 *     node bench/device-faults.mjs                             # up to 60 calls of each path and fault
 *     node bench/device-faults.mjs --only 'bootstrap' --calls 1000
 *     node bench/device-faults.mjs --only '^spectral$' --true  # true devices, destroyed: compiles at each attack
 *     node bench/device-faults.mjs --only '^slopes$' --replay '{"fault":"lostAfter","at":12}'
 *
 * --only    paths whose name matches this regular expression
 * --calls   calls of a path at which each fault strikes, at most
 * --dist    another build
 *
 * Exits with 1 when a run hung, ended in an error without a tag, or gave other fits.
 */
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { attack, attacksOn, nameOf, openPath } from './device-faults/campaign.mjs';
import { openStage } from './device-faults/faulty-gpu.mjs';
import { PATHS } from './device-faults/paths.mjs';
import { LIMITS } from './device-faults/pretended-limits.mjs';

const { values } = parseArgs({
  options: {
    ...{ only: { type: 'string', default: '' }, calls: { type: 'string', default: '60' }, true: { type: 'boolean' } },
    ...{ replay: { type: 'string' }, dist: { type: 'string' } },
  },
});
const dist = resolve(values.dist ?? fileURLToPath(new URL('../dist', import.meta.url)));
const doors = ['node', 'steps'].map((door) => import(pathToFileURL(`${dist}/${door}.js`).href));
const library = Object.assign({}, ...(await Promise.all(doors)));
const { create } = await import('webgpu');
const gpu = create([]);
const small = Object.values(LIMITS).map((limits) => ({ limits, features: [] }));
const stage = await openStage(gpu);
const names = Object.keys(PATHS).filter((name) => new RegExp(values.only).test(name));
let failed = false;

for (const name of names) {
  const path = await openPath(library, { gpu, stage }, name);
  const plans = values.replay ? [JSON.parse(values.replay)] : [...attacksOn(path, Number(values.calls)), ...small];
  const tallies = {};
  let [worst, struck, slowest] = [0, 0, 0];
  const faults = new Map();
  for (const plan of plans) {
    const made = values.true ? { ...plan, real: true } : plan;
    const started = performance.now();
    const outcome = await attack(path, made);
    slowest = Math.max(slowest, performance.now() - started);
    tallies[outcome.verdict] = (tallies[outcome.verdict] ?? 0) + 1;
    worst = Math.max(worst, outcome.worst);
    if (outcome.struck > 0 || made.first || made.limits) struck++;
    if (values.replay) console.log({ ...outcome, calls: outcome.calls.length });
    const expected = outcome.verdict === 'same' || outcome.verdict === 'refused';
    // A refusal of a run that had a device is told too: only a df64 run may end so.
    if (expected && !(outcome.verdict === 'refused' && !made.first)) continue;
    const key = `${outcome.verdict}: ${outcome.message}`;
    faults.set(key, [...(faults.get(key) ?? []), made]);
  }
  const told = Object.entries(tallies).map(([verdict, count]) => `${count} ${verdict}`);
  console.log(
    `${name}: ${path.calls.length} calls, ${plans.length} attacks, ${struck} struck: ${told.join(', ')};`,
    `worst ${worst.toExponential(1)}, slowest ${(slowest / 1000).toFixed(1)} s`,
  );
  for (const [key, made] of faults) {
    if (!key.startsWith('refused')) failed = true;
    console.log(
      `  ${key}\n    ${made.length} times, first ${nameOf(made[0], path.calls)}: --replay '${JSON.stringify(made[0])}'`,
    );
  }
}
stage.close();
process.exitCode = failed ? 1 : 0;
