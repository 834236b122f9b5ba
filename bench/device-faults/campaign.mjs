/**
 * Fits on a device that fails at a chosen call, and says what became of the run: its results must be those of a run that
 * nothing disturbed, fit by fit, whoever finished them, or the error must have a tag.
 */
import { FALLIBLE, openFaultyGpu } from './faulty-gpu.mjs';
import { momentsOf, PATHS } from './paths.mjs';

/** Columns of a table of fits that say how a fit was come by, not what it is. */
const PROVENANCE = ['search', 'finish', 'evaluations', 'gradient'];
/** Agreement of a fit with the CPU's, of itself: both end in float64 at one optimum, known to the root of its rounding. */
const AGREEMENT = 1e-6;
/** Draws of single precision against those of float64, of themselves. */
const DRAW_AGREEMENT = 0.05;
/** Code of a fit whose optimum the device searched. */
const ON_DEVICE = 1;
/** Compilations take many seconds where processors are shared. */
const SECONDS = 90;

/** Opens a path: its moments, the run that nothing disturbs and its calls, the run of the CPU. */
export async function openPath(library, { gpu, stage }, name) {
  const path = PATHS[name];
  const moments = await momentsOf(library, path);
  const open = { library, gpu, stage, name, path, moments };
  const whole = await run(open, {});
  if (whole.error) throw whole.error;
  if (whole.fit.table.search.some((code) => code !== ON_DEVICE)) {
    throw new Error(`“${name}” leaves the device undisturbed: ${whole.fit.notes.join('; ')}`);
  }
  const { precision, ...options } = path.options;
  const cpu = await library.fitMoments(moments, { ...options, backend: 'cpu', threads: 1, ddf: whole.fit.table.ddf });
  return { ...open, calls: whole.calls, device: whole.fit, cpu };
}

/** One run on a faulty device; `verdict` is same, refused, or the name of a fault of the library. */
export async function attack(open, plan) {
  const found = await run(open, plan);
  const { struck, asked, calls } = found;
  const { verdict, message, worst = 0 } = judge(open, found, plan);
  return { verdict, message, worst, struck, devices: asked, notes: found.fit?.notes ?? [], calls };
}

/** Fits on a device of its own, in place of the one of the process. */
async function run({ library, gpu, stage, moments, path }, plan) {
  const { gpu: faulty, record } = openFaultyGpu(plan.real ? { gpu } : { gpu, stage }, plan);
  const restore = install(faulty);
  const unhandled = [];
  const listener = (reason) => unhandled.push(reason);
  process.on('unhandledRejection', listener);
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve({ error: new Error('hangs'), hung: true }), SECONDS * 1000);
  });
  const options = { threads: 1, ...path.options, backend: 'webgpu' };
  const work = library.fitMoments(moments, options).then(
    ({ table, notes }) => ({ fit: { table, notes: notes.filter((note) => note.startsWith('device:')) } }),
    (error) => ({ error }),
  );
  const outcome = await Promise.race([work, late]);
  clearTimeout(timer);
  // The process forgets a device when it is told of its loss, which a faulty one tells late.
  for (const device of record.devices) device.destroy();
  await Promise.all(record.devices.map(({ lost }) => lost));
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off('unhandledRejection', listener);
  restore();
  return { ...outcome, ...record, unhandled };
}

/** Puts a GPU where the library looks for the browser's. */
function install(gpu) {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, hardwareConcurrency: 1 }, configurable: true });
  return () => {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else delete globalThis.navigator;
  };
}

function judge({ library, device, cpu }, { fit, error, hung, unhandled, asked }, plan) {
  if (hung) return { verdict: 'hang', message: `no end after ${SECONDS} s` };
  if (unhandled.length > 0) return { verdict: 'unhandled rejection', message: String(unhandled[0]) };
  if (error) {
    const tagged = library.isFitError(error, 'DeviceError');
    return { verdict: tagged ? 'refused' : 'untagged error', message: `${error.name}: ${error.message}` };
  }
  const { wrong, worst, moved } = compareTables(fit.table, device.table, cpu.table);
  if (wrong) return { verdict: 'other results', message: wrong, worst };
  const said = fit.notes.join('; ');
  if (moved > 0 && said === '') return { verdict: 'silent', message: `${moved} fits left to the CPU without a note` };
  if (asked > 1 && said === '') return { verdict: 'silent', message: 'a second device without a note' };
  const lost = plan.fault?.startsWith('lost') && (moved > 0 || asked > 1);
  if (lost && !/gone|lost|destroyed|reset|a new one goes on/.test(said))
    return { verdict: 'note without loss', message: said, worst };
  return { verdict: 'same', message: said, worst };
}

/**
 * Every fit must be bit by bit the one of the device or the one of the CPU, or near that: a search that goes on from a device's
 * optimum on the CPU may be neither.
 */
function compareTables(found, device, cpu) {
  let [worst, moved, wrong] = [0, 0, ''];
  const columns = columnsOf(found);
  const whole = columnsOf(device);
  const other = columnsOf(cpu);
  for (let k = 0; k < found.models; k++) {
    if (found.search[k] !== device.search[k]) moved++;
    else if (found.bootstrap && !sameRow(columns, whole, k, found.models, isDraw)) moved++;
  }
  for (const [name, values] of columns) {
    const width = values.length / found.models;
    const [a, b] = [whole.get(name), other.get(name)];
    for (let i = 0; i < values.length; i++) {
      if (Object.is(values[i], a[i]) || Object.is(values[i], b[i])) continue;
      const apart = Math.min(distance(values[i], a[i]), distance(values[i], b[i]));
      if (!(apart <= (isDraw(name) ? DRAW_AGREEMENT : AGREEMENT))) {
        wrong ||= `${name}, model ${Math.floor(i / width)}: ${values[i]}, device ${a[i]}, CPU ${b[i]}`;
      } else if (!isDraw(name)) worst = Math.max(worst, apart);
    }
  }
  return { wrong, worst, moved };
}

const isDraw = (name) => name.startsWith('bootstrap');

function sameRow(one, two, k, models, which) {
  for (const [name, values] of one) {
    if (!which(name)) continue;
    const width = values.length / models;
    const other = two.get(name);
    for (let i = k * width; i < (k + 1) * width; i++) if (!Object.is(values[i], other[i])) return false;
  }
  return true;
}

const distance = (a, b) => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), 1e-3);

/** All columns with a row a model, by their path in the table. */
function columnsOf(table, prefix = '', models = table.models, columns = new Map()) {
  for (const [name, value] of Object.entries(table)) {
    if (ArrayBuffer.isView(value)) {
      if (!PROVENANCE.includes(name) && value.length > 0 && value.length % models === 0)
        columns.set(prefix + name, value);
    } else if (value?.constructor === Object) columnsOf(value, `${prefix}${name}.`, models, columns);
  }
  return columns;
}

/** The attacks on a path: every fault at up to `most` of the calls at which it can strike, evenly spread from `first` on. */
export function attacksOn({ calls }, most = 60, first = 0) {
  const numbers = calls.map((_, k) => k);
  const named = (names) => numbers.filter((k) => names.includes(calls[k]));
  const spread = (all, count) => {
    const step = Math.max(1, all.length / count);
    const picked = [];
    for (let at = first % step; at < all.length; at += step) picked.push(all[Math.floor(at)]);
    return picked;
  };
  const few = Math.ceil(most / 4);
  const attacks = [{ first: 'refused' }, { first: 'absent' }];
  const add = (count, at, plan) => {
    for (const k of spread(at, count)) attacks.push({ ...plan, at: k });
  };
  for (const fault of ['lostBefore', 'lostAfter', 'lostTold', 'lostUnsaid', 'lostRejects'])
    add(most, numbers, { fault });
  for (const next of ['refused', 'absent']) add(few, numbers, { fault: 'lostBefore', next });
  add(few, numbers, { fault: 'lostRejects', next: 'refused' });
  for (const fault of ['lostBefore', 'lostAfter', 'lostTold', 'lostRejects']) add(few, numbers, { fault, every: true });
  const fail = (fault, names) => add(few, named(names), { fault, calls: names });
  for (const name of FALLIBLE) fail('fails', [name]);
  fail('outOfMemory', ['createBuffer']);
  fail('invalid', ['createBuffer', 'createBindGroup', 'createShaderModule', 'submit']);
  return attacks;
}

/** What it takes to repeat an attack. */
export function nameOf({ fault = 'none', at = -1, next, first, every, real }, calls) {
  const where = at >= 0 ? ` at call ${at} (${calls[at]})` : '';
  const more = [next && `next ${next}`, first && `first ${first}`, every && 'every device', real && 'true device'];
  return [`${fault}${where}`, ...more.filter(Boolean)].join(', ');
}
