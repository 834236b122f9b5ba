/**
 * What some tests need and a machine may lack: a browser, a WebGPU adapter, Python, R, Slurm, data that the repository has not. This is the
 * one place that decides what then happens. Tests are skipped under a name that says why, `NAME (skipped: REASON)`, which
 * `scripts/skipped-tests.mjs` counts at the end of a run; with REQUIRE_WEBGPU=1, as CI has it, a missing browser or adapter
 * is an error.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { findBrowser, findFirefox, findWebKit } from '../scripts/find-browser.mjs';
import { findPython } from '../scripts/find-python.mjs';
import { findR } from '../scripts/find-r.mjs';
import { findSlurm } from '../scripts/local-slurm.mjs';

/** Why a test cannot run here, or null where it can. */
export type Lacking = string | null;

const REQUIRED = process.env['REQUIRE_WEBGPU'] === '1';

/**
 * Says that a browser or an adapter is missing.
 *
 * @throws where the machine promises to have both
 */
export function lackHardware(reason: string): string {
  if (REQUIRED) throw new Error(`REQUIRE_WEBGPU=1, but ${reason}`);
  return reason;
}

/** The browser that tests start; null together with the reason. */
export function findTestBrowser(): { readonly browser: string | null; readonly lacking: Lacking } {
  const browser = findBrowser();
  if (browser !== null) return { browser, lacking: null };
  return { browser, lacking: lackHardware('no browser found, set PUPPETEER_EXECUTABLE_PATH') };
}

/** The same for Firefox. */
export function findTestFirefox(): { readonly firefox: string | null; readonly lacking: Lacking } {
  const firefox = findFirefox();
  if (firefox !== null) return { firefox, lacking: null };
  return { firefox, lacking: lackHardware('no Firefox found, set FIREFOX_PATH') };
}

/** WebKit with its driver and a screen; null with the reason. */
export function findTestWebKit(): { readonly webkit: ReturnType<typeof findWebKit>; readonly lacking: Lacking } {
  const webkit = findWebKit();
  if (webkit !== null) return { webkit, lacking: null };
  return { webkit, lacking: lackHardware('no WebKit found, install webkit2gtk-driver and xvfb') };
}

/** What starts Deno (a script for Node, which the package brings with a binary for most platforms); null with the reason. */
export function findDeno(): { readonly deno: string | null; readonly lacking: Lacking } {
  const deno = createRequire(import.meta.url).resolve('deno/bin.cjs');
  if (spawnSync(process.execPath, [deno, '--version']).status === 0) return { deno, lacking: null };
  return { deno: null, lacking: lackHardware('Deno has no binary for this platform') };
}

/**
 * A Python with anndata, pandas and pytest.
 *
 * @throws where REQUIRE_PYTHON=1 promises one
 */
export function findTestPython(): { readonly python: string | null; readonly lacking: Lacking } {
  const python = findPython();
  if (python !== null) return { python, lacking: null };
  const reason = 'no Python with anndata, pandas and pytest';
  if (process.env['REQUIRE_PYTHON'] === '1') throw new Error(`REQUIRE_PYTHON=1, but ${reason}`);
  return { python, lacking: reason };
}

/**
 * An R with the package Matrix.
 *
 * @throws where REQUIRE_R=1 promises one
 */
export function findTestR(): { readonly r: string | null; readonly lacking: Lacking } {
  const r = findR();
  if (r !== null) return { r, lacking: null };
  const reason = 'no R with the package Matrix';
  if (process.env['REQUIRE_R'] === '1') throw new Error(`REQUIRE_R=1, but ${reason}`);
  return { r, lacking: reason };
}

/** Why R code that needs some packages cannot run here; these are nowhere promised. */
export function lackingInR(packages: readonly string[]): Lacking {
  const key = [...new Set(packages)].sort().join(', ');
  const known = ASKED_OF_R.get(key);
  if (known !== undefined) return known;
  const lacking = findR([...packages]) === null ? `no R with ${packages.join(', ')}` : null;
  ASKED_OF_R.set(key, lacking);
  return lacking;
}

/** Each answer takes the start of an R: cases by the dozen need the same packages. */
const ASKED_OF_R = new Map<string, Lacking>();

/**
 * Whether Snakemake and a Slurm to start are there.
 *
 * @throws where REQUIRE_SLURM=1 promises both
 */
export function findTestSlurm(): { readonly snakemake: string | null; readonly lacking: Lacking } {
  const snakemake = findSlurm();
  if (snakemake !== null) return { snakemake, lacking: null };
  const reason = 'no Snakemake with Slurm';
  if (process.env['REQUIRE_SLURM'] === '1') throw new Error(`REQUIRE_SLURM=1, but ${reason}`);
  return { snakemake: null, lacking: reason };
}

const REAL = fileURLToPath(new URL('../../shared/reference/data/real/', import.meta.url));

/** A file or folder of the real data, which lie beside the repository where they are at all. */
export function realData(name: string): { readonly path: string; readonly lacking: Lacking } {
  const path = join(process.env['WEBGPU_LMM_REAL_DATA'] ?? REAL, name);
  return { path, lacking: existsSync(path) ? null : 'real data, which a clone lacks' };
}

function named(name: string, lacking: Lacking): string {
  return lacking === null ? name : `${name} (skipped: ${lacking})`;
}

/** `describe`, or a skipped one that says why. */
export function describeUnless(lacking: Lacking, name: string, body: () => void): void {
  describe.skipIf(lacking !== null)(named(name, lacking), body);
}

/** `it`, or a skipped one that says why. */
export function itUnless(lacking: Lacking, name: string, body: () => void | Promise<void>): void {
  it.skipIf(lacking !== null)(named(name, lacking), body);
}
