/**
 * The parent of the campaign: hands attacks to a worker, watches its time and memory, restarts it when it hangs or dies,
 * counts verdicts, and keeps what was at fault with the command that shows it.
 */
import { fork } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMAND_KINDS } from './commands.mjs';
import { LANGUAGE_KINDS } from './language-attacks.mjs';
import { watchProcess } from './process-watch.mjs';
import { FILE_KINDS } from './specimens.mjs';
import { isFault, signature, VERDICTS } from './verdicts.mjs';

/** All kinds of attacks. */
export const KINDS = [
  ...[...FILE_KINDS, ...LANGUAGE_KINDS, 'designs', 'structured', 'families', 'methods'],
  ...COMMAND_KINDS,
];

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));
const HEAP_MB = 1500;
/** Offences of one signature that are kept as files; further ones are counted. */
const KEPT = 3;
/** Attacks of one signature that are listed. */
const LISTED = 200;

/** A worker process and the attack that it is at. */
function openWorker({ dist, seed, limit }, folder) {
  const child = fork(WORKER, [dist, folder, String(seed), String(limit)], {
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  let current = null;
  let announced = {};
  child.stderr.on('data', (piece) => (stderr = (stderr + piece).slice(-20_000)));
  const settle = (outcome) => {
    if (current === null) return;
    const { resolve, unwatch } = current;
    unwatch();
    current = null;
    resolve({ ...announced, ...outcome });
  };
  const kill = (outcome) => {
    settle({ ...outcome, restart: true });
    child.kill('SIGKILL');
  };
  /** A build that cannot be loaded is no fault of an attack. */
  const loaded = new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error(`the build in ${dist} cannot be loaded: ${lastWords(stderr)}`)));
  });
  child.on('message', ({ announced: said, outcome }) => {
    if (said) {
      announced = said;
      // Each step of an attack has the whole time.
      current?.watch();
    }
    if (outcome) settle(outcome);
  });
  child.on('exit', (code, signal) =>
    settle({ verdict: 'crash', message: `the process ends (${signal ?? code})\n${lastWords(stderr)}`, restart: true }),
  );
  return {
    async run(kind, number) {
      await loaded;
      announced = {};
      stderr = '';
      // A command has its own limit, and is killed by the worker.
      const seconds = COMMAND_KINDS.includes(kind) ? 3 * limit + 20 : limit;
      return new Promise((resolve) => {
        current = { resolve, unwatch: () => {} };
        current.watch = () => {
          current.unwatch();
          current.unwatch = watchProcess(child.pid, seconds, kill);
        };
        current.watch();
        child.send(
          { kind, number },
          (error) => error && settle({ verdict: 'crash', message: String(error), restart: true }),
        );
      });
    },
    close: () => child.kill('SIGKILL'),
  };
}

/** What a dying process said that tells why. */
function lastWords(stderr) {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => /FATAL|Error|abort|Aborted/i.test(line));
  return (telling.length > 0 ? telling : lines).slice(0, 4).join('\n');
}

const quoted = (text) => (/^[\w./=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** Keeps the files of an offence and how to repeat it. */
function keep(
  folder,
  kind,
  number,
  seed,
  { verdict, message, what, command = [], folder: from, files = {}, frames = [] },
) {
  const place = join(folder, `${verdict}-${kind}-${number}`);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  if (from !== undefined && existsSync(from)) cpSync(from, place, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), content);
  const shown = command.map(String).map(quoted).join(' ');
  const lines = [
    `verdict: ${verdict}`,
    `what: ${what ?? ''}`,
    ...(shown.length < 4000 && command.length > 0 ? [`command: webgpu-lmm ${shown}`] : []),
    `again: node bench/fuzz.mjs --seed ${seed} --replay ${kind}:${number}`,
    `message: ${message}`,
    ...frames.map((frame) => `    ${frame}`),
  ];
  writeFileSync(join(place, 'offence.txt'), `${lines.join('\n')}\n`);
  return place;
}

/** A campaign before its first attack, or before that of some number. */
export function newState(seed, from = 0) {
  return { seed, from, kinds: {}, faults: {} };
}

/** Reads the state of a campaign, or begins one. */
export function readState(path, seed, from = 0) {
  return path !== undefined && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : newState(seed, from);
}

function writeState(path, state) {
  if (path === undefined) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, JSON.stringify(state, null, 1));
  renameSync(`${path}.part`, path);
}

/**
 * Runs attacks until `isDone(state)`, or until each kind has had those below the number that `counts` says. The kind that has had the least
 * time is next.
 *
 * @returns the state: counts of verdicts by kind, and distinct faults by signature
 */
export async function runCampaign({
  dist,
  state,
  counts,
  statePath,
  keepFolder,
  limit = 20,
  isDone = () => false,
  onFault = () => {},
}) {
  const kinds = Object.keys(counts);
  for (const kind of kinds)
    state.kinds[kind] ??= {
      next: state.from ?? 0,
      seconds: 0,
      verdicts: Object.fromEntries(VERDICTS.map((name) => [name, 0])),
    };
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  let worker = null;
  let saved = performance.now();
  try {
    while (!isDone(state)) {
      const open = kinds.filter((kind) => state.kinds[kind].next < counts[kind]);
      if (open.length === 0) break;
      const kind = open.reduce((a, b) => (state.kinds[b].seconds < state.kinds[a].seconds ? b : a));
      const entry = state.kinds[kind];
      const number = entry.next;
      worker ??= openWorker({ dist, seed: state.seed, limit }, folder);
      const started = performance.now();
      const outcome = await worker.run(kind, number);
      entry.seconds += (performance.now() - started) / 1000;
      entry.next = number + 1;
      entry.verdicts[outcome.verdict]++;
      if (isFault(outcome.verdict)) {
        const key = signature({ kind, ...outcome });
        const fault = (state.faults[key] ??= {
          verdict: outcome.verdict,
          kind,
          count: 0,
          kept: [],
          numbers: [],
          message: String(outcome.message).slice(0, 1000),
          what: outcome.what ?? '',
          number,
        });
        fault.count++;
        if (fault.numbers.length < LISTED) fault.numbers.push(number);
        if (keepFolder !== undefined && fault.kept.length < KEPT)
          fault.kept.push(keep(keepFolder, kind, number, state.seed, outcome));
        if (fault.count === 1) onFault(fault);
      }
      if (outcome.restart) {
        worker.close();
        worker = null;
      }
      if (performance.now() - saved > 5000) {
        writeState(statePath, state);
        saved = performance.now();
      }
    }
  } finally {
    worker?.close();
    writeState(statePath, state);
    rmSync(folder, { recursive: true, force: true });
  }
  return state;
}

/** One attack again, with its files kept in a folder. */
export async function replay({ dist, seed, kind, number, limit = 20, keepFolder }) {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const worker = openWorker({ dist, seed, limit }, folder);
  try {
    const outcome = await worker.run(kind, number);
    const place = keepFolder === undefined ? null : keep(keepFolder, kind, number, seed, outcome);
    return { ...outcome, place };
  } finally {
    worker.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
