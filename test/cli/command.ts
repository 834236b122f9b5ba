/** Runs the built command as a user does, and reads what it wrote. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect } from 'vitest';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** The command as `npm run build` leaves it; `npm test` builds first. */
export const COMMAND = join(ROOT, 'dist/cli.js');

/** Text without colours, whatever runs the tests. */
const ENVIRONMENT: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };

/** A file of the reference data that come with the tests. */
export function reference(path: string): string {
  return join(ROOT, 'test/reference', path);
}

/** A file of the examples that ship with the package. */
export function example(path: string): string {
  return join(ROOT, 'examples', path);
}

/** What a process left behind. */
export interface Outcome {
  /** Exit status; null after a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Folder that it runs in, this process's unless named. */
  readonly cwd?: string | undefined;
  /** Interrupts the command (SIGINT, once) as soon as its stderr contains this. */
  readonly interruptAt?: string;
}

/** `webgpu-lmm ...args` in a process of its own, in colourless text. */
export function runProcess(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return outcomeOf(process.execPath, [COMMAND, ...args], options);
}

/** A line of bash, which has pipes; `$CLI` is the command. */
export function runShell(line: string, { environment, cwd }: RunOptions = {}): Promise<Outcome> {
  const words = { environment: { CLI: `${process.execPath} ${COMMAND}`, ...environment }, cwd };
  return outcomeOf('bash', ['-o', 'pipefail', '-c', line], words);
}

function outcomeOf(program: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...ENVIRONMENT, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    let stderr = '';
    let interrupted = false;
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.on('data', (piece: Buffer) => {
      stderr += piece.toString();
      if (interrupted || options.interruptAt === undefined || !stderr.includes(options.interruptAt)) return;
      interrupted = true;
      child.kill('SIGINT');
    });
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, stdout: Buffer.concat(out).toString(), stderr });
    });
  });
}

type Answer = { readonly id: number; readonly outcome: Outcome };

interface Waiting {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

/** A process that runs the command many times (command-server.mjs), and those who wait for it. */
interface Server {
  readonly child: ChildProcess;
  readonly waiting: Map<number, Waiting>;
}

let server: Server | null = null;
let asked = 0;

function startServer(): Server {
  const child = fork(join(ROOT, 'test/cli/command-server.mjs'), [COMMAND], {
    env: { ...ENVIRONMENT },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const started: Server = { child, waiting: new Map() };
  child.on('message', ({ id, outcome }: Answer) => {
    started.waiting.get(id)?.resolve(outcome);
    started.waiting.delete(id);
  });
  child.on('exit', (status, signal) => {
    if (server === started) server = null;
    for (const { reject } of started.waiting.values())
      reject(new Error(`the command ended its process: ${signal ?? status}`));
  });
  // It ends with this process, and does not keep it.
  child.unref();
  child.channel?.unref();
  return started;
}

/**
 * `webgpu-lmm ...args` as a process of its own would run it, without starting one. Tests of the process itself (signals,
 * streams, its environment, attacks on it) call {@link runProcess}; `process.test.ts` compares the two.
 */
export function run(args: readonly string[]): Promise<Outcome> {
  server ??= startServer();
  const { child, waiting } = server;
  const id = asked++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    child.send({ id, args }, (error) => {
      if (error) reject(error);
    });
  });
}

/** Runs what must succeed; the message of a failure is the test's message. */
export async function succeed(...args: readonly string[]): Promise<Outcome> {
  const outcome = await run(args);
  expect(outcome.status, outcome.stderr).toBe(0);
  return outcome;
}

/** A row of a table by column name; `NA` stays text. */
export type Row = Readonly<Record<string, string>>;

/** The rows of a tab- or comma-separated text without quoted values. */
export function rowsOf(text: string, separator = '\t'): Row[] {
  const [header, ...lines] = text.trimEnd().split(/\r?\n/);
  const names = header.split(separator);
  return lines.map((line) => Object.fromEntries(line.split(separator).map((value, i) => [names[i], value])));
}

/** Text of a file, gunzipped where its name says so. */
export function textOf(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
}

/** A folder for the files of one test file, removed after its tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Asserts the contract of a refusal: the exit status, one error on stderr that says what the pattern asks for, no
 * stack trace, nothing on stdout.
 */
export function expectRefusal(outcome: Outcome, status: 1 | 2, ...says: readonly RegExp[]): void {
  // Notes on the data may come before it.
  expect(outcome.stderr).toMatch(/^error: /m);
  for (const pattern of says) expect(outcome.stderr).toMatch(pattern);
  expect(outcome.stderr).not.toMatch(/\n\s+at |node:internal|undefined|\[object/);
  expect(outcome.stderr.match(/^error: /gm), outcome.stderr).toHaveLength(1);
  expect(outcome.stdout).toBe('');
  expect(outcome.status, outcome.stderr).toBe(status);
}
