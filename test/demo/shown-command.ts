/** The command as the page shows it, run as it stands. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { COMMAND } from '../cli/command.ts';

/** The command line below the Fit button. */
export async function shownCommand(page: Page): Promise<string> {
  await page.$eval('#elsewhere', (host) => host.setAttribute('open', ''));
  await page.waitForSelector('#elsewhere pre');
  return page.$eval('#elsewhere pre', (host) => host.textContent ?? '');
}

/** Runs it in the folder of the data, with further words, and returns its outputs, `FILE` or `TABLE=FILE` each. */
export function runShown(
  command: string,
  folder: string,
  outputs: readonly string[],
  into: string,
  ...more: readonly string[]
): string[] {
  const files = outputs.map((output) => join(into, output.replace(/^.*=/, '')));
  const outs = outputs.map((output, k) => `--out '${output.replace(/[^=]*$/, '')}${files[k]}'`);
  const line = command.replace('--out results.tsv', '').replaceAll('\\\n', ' ');
  const words = [...outs, '--quiet', ...more.map((word) => `'${word}'`)].join(' ');
  const script = `webgpu-lmm() { '${process.execPath}' '${COMMAND}' "$@"; }\n${line} ${words}`;
  execFileSync('bash', ['-c', script], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  return files.map((file) => readFileSync(file, 'utf8'));
}
