/**
 * Attacks by the command line: random subcommands with random options, sensible and not, as processes of their own; and
 * damaged files given to the real command, whose exit status only a process has.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawArguments } from './command-arguments.mjs';
import { placeDamage, placeUndamaged } from './file-attacks.mjs';
import { awkwardTable } from './language-attacks.mjs';
import { watchProcess } from './process-watch.mjs';
import { randomStream } from './random.mjs';
import { designText, randomDesign } from './random-designs.mjs';
import { FILE_KINDS, specimensOf } from './specimens.mjs';
import { isFault, judgeProcess } from './verdicts.mjs';

/** Runs the command in a folder; `ended` says why it had to be ended, or is null. */
export function runCommand(args, { cli, folder, limit }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--max-old-space-size=1500', cli, ...args], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, DEBUG: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr, ended] = ['', '', null];
    const unwatch = watchProcess(child.pid, limit, (outcome) => {
      ended = outcome;
      child.kill('SIGKILL');
    });
    child.stdout.on('data', (piece) => (stdout = (stdout + piece).slice(0, 1 << 22)));
    child.stderr.on('data', (piece) => (stderr = (stderr + piece).slice(-(1 << 16))));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      unwatch();
      resolve({ status, signal, stdout, stderr, ended });
    });
  });
}

/** Names that the operating system or the command would not take as arguments. */
const usable = (args) => args.every((text) => !text.includes('\0') && text.length < 100_000);

async function placeInputs(random, context, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = {
    'awkward.csv': awkwardTable(),
    'design.csv': designText(randomDesign(random)),
    'names.txt': 'y\ny2\n',
    'empty.csv': '',
  };
  for (const kind of ['h5ad', 'tenx', 'weights', 'moments', 'fits']) {
    const specimens = await specimensOf(kind, context);
    for (const specimen of kind === 'fits' ? specimens.slice(0, 2) : specimens.slice(0, 1)) {
      for (const [name, bytes] of Object.entries(specimen.files))
        files[kind === 'tenx' ? `tenx/${name}` : name] = bytes;
    }
  }
  mkdirSync(join(folder, 'tenx'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

/** What is wrong with the files that a finished command left. */
function brokenOutputs(folder, { status, stdout }, args) {
  const left = readdirSync(folder).filter((name) => name.endsWith('.tmp'));
  if (left.length > 0) return `it leaves ${left[0]}`;
  if (status === 1 || status === 2) return null;
  const json = join(folder, 'out.json');
  const texts = [existsSync(json) ? readFileSync(json, 'utf8') : '', args.includes('json') ? stdout : ''];
  for (const text of texts) {
    if (!text.trimStart().startsWith('{')) continue;
    try {
      JSON.parse(text);
    } catch (error) {
      return `JSON that is none: ${error.message}`;
    }
  }
  return null;
}

async function finish(args, folder, context, files) {
  const done = await runCommand(args, { cli: context.cli, folder, limit: context.limit });
  const outcome = { ...judgeProcess(done, files), stdout: done.stdout };
  if (isFault(outcome.verdict)) return outcome;
  const leftover = brokenOutputs(folder, done, args);
  return leftover === null ? outcome : { verdict: 'wrong', message: leftover };
}

async function attackOptions(number, context) {
  const random = randomStream(context.seed, 'options', number);
  const folder = join(context.folder, 'attack');
  let args = drawArguments(random);
  while (!usable(args)) args = drawArguments(random);
  await placeInputs(random, context, folder);
  context.announce({ what: args.join(' ').slice(0, 500), folder, command: args });
  return finish(args, folder, context, []);
}

async function attackProcess(number, context) {
  const kind = randomStream(context.seed, 'files', number).pick(FILE_KINDS);
  const damage = await placeDamage(kind, number, { ...context, seed: `${context.seed}/files` });
  const { specimen, folder, covered } = damage;
  const more = specimen.read === 'fit' ? [] : ['--backend', 'cpu', '--format', 'json'];
  const args = [...context.announced.command, ...more];
  context.announce({ ...context.announced, command: args });
  const files = [...Object.keys(specimen.files), specimen.data];
  const outcome = await finish(args, folder, context, files);
  if (!covered || outcome.verdict !== 'ok') return outcome;
  context.outputs ??= new Map();
  if (!context.outputs.has(specimen.name)) {
    const undamaged = await finish(args, placeUndamaged(specimen, context), context, files);
    context.outputs.set(specimen.name, undamaged.stdout);
  }
  if (outcome.stdout === context.outputs.get(specimen.name)) return outcome;
  return { verdict: 'silent', message: 'another result, though a checksum covers the damage' };
}

const KINDS = { options: attackOptions, files: attackProcess };

/** Kinds of attacks that start processes. */
export const COMMAND_KINDS = Object.keys(KINDS);

/** Attack `number` of a kind on the command. */
export const attackCommand = (kind, number, context) => KINDS[kind](number, context);
