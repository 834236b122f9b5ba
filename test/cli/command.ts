/** Runs the built command as a user does, and reads what it wrote. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect } from 'vitest';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** The command as `npm run build` leaves it; `npm test` builds first. */
export const COMMAND = join(ROOT, 'dist/cli.js');

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
  readonly environment?: Readonly<Record<string, string>>;
  /** Interrupts the command (SIGINT, once) as soon as its stderr contains this. */
  readonly interruptAt?: string;
}

/** `webgpu-lmm ...args`, in colourless text. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [COMMAND, ...args], {
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...options.environment },
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
