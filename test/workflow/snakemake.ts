/** Runs the workflow as its users do. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../cli/command.ts';

export const WORKFLOW = join(ROOT, 'workflow');

export interface SnakemakeOutcome {
  readonly status: number | null;
  /** Standard output and error together, as Snakemake mixes them. */
  readonly said: string;
}

/**
 * `snakemake ...args` in a folder. With CI=true Snakemake looks after its jobs every second, in place of every ten.
 */
export function snakemake(
  folder: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<SnakemakeOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn('snakemake', ['--nocolor', ...args], {
      cwd: folder,
      env: { ...environment, CI: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece: Buffer) => {
        said += piece.toString();
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, said }));
  });
}

/** Words that name the workflow. */
export const OURS = ['--snakefile', join(WORKFLOW, 'Snakefile')];

/** The configuration of a run, written where the workflow looks for it; YAML has JSON in it. */
export function writeConfig(folder: string, config: object): void {
  mkdirSync(join(folder, 'config'), { recursive: true });
  writeFileSync(join(folder, 'config/config.yaml'), JSON.stringify(config, null, 2));
}

/** Little enough for any machine. */
export const RESOURCES = Object.fromEntries(
  ['design', 'moments', 'merge', 'fit', 'gather', 'report'].map((rule) => [
    rule,
    { threads: 1, mem_mb: 100, runtime: 10 },
  ]),
);
