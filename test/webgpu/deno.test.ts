/**
 * The built library in Deno: another WebGPU (wgpu), another compiler of WGSL (naga), another software driver (Mesa's lavapipe)
 * than those of Chromium and Dawn. What is asked of a fit there is what is asked of it anywhere.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lavapipeIcd, vulkanIcd } from '../../scripts/find-browser.mjs';
import { BLOCK_COLUMNS } from '../../src/plan/device-bins.ts';
import { describeUnless, findDeno, lackHardware } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { blockSearches, familySearches, KERNELS, kernelCode, numbersOf, patternSearches } from './kernel-variants.ts';

const { deno, lacking } = findDeno();
const ENGINE = fileURLToPath(new URL('deno-engine.mjs', import.meta.url));
/** Milliseconds: lavapipe compiles a kernel in seconds where processors are shared. */
const PATIENCE = 400_000;

const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-deno-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the engine prints for a task, on a driver. */
async function ask(driver: string, ...task: readonly string[]): Promise<unknown> {
  const flags = ['run', '--quiet', '--allow-all', '--no-remote', '--no-lock', '--node-modules-dir=manual'];
  const environment = {
    ...{ ...process.env, VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver, XDG_RUNTIME_DIR: folder },
    ...{ DENO_DIR: join(folder, 'cache'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
  };
  const options = { env: environment, maxBuffer: 2 ** 26, timeout: PATIENCE };
  const { stdout } = await promisify(execFile)(process.execPath, [deno ?? '', ...flags, ENGINE, ...task], options);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

interface DenoFits {
  readonly adapter: { readonly description: string; readonly software: boolean };
  readonly runtime: string;
  readonly chosen: string | null;
  readonly variants: readonly (readonly [string, string | null])[];
  readonly fits: Readonly<
    Record<
      string,
      {
        readonly models: number;
        readonly searched: number;
        readonly refits: number;
        readonly notes: readonly string[];
        readonly differences: Readonly<Record<string, number>>;
      }
    >
  >;
}

/**
 * `pairs` is the variant of pairs of f32 that is exact there. lavapipe ends all loops of a thread after 65,535 turns together
 * (LP_MAX_TGSI_LOOP_ITERATIONS of Mesa), in the midst of longer searches: float64 refuses them, and the CPU does them again.
 */
const DRIVERS = [
  { name: 'lavapipe', driver: lavapipeIcd(), described: /llvmpipe/, pairs: 'df64-xor', endsLoops: true },
  { name: 'SwiftShader', driver: vulkanIcd(), described: /SwiftShader/, pairs: 'df64-opaque', endsLoops: false },
];

for (const { name, driver, described, pairs, endsLoops } of DRIVERS) {
  const without = lacking ?? (driver === null ? lackHardware(`no ${name}`) : null);
  describeUnless(without, `Deno on ${name}`, () => {
    let found: DenoFits;
    beforeAll(async () => {
      found = (await ask(driver ?? '', 'fit')) as DenoFits; // printed by deno-engine.mjs
    }, PATIENCE);

    it('says what it runs on, and finds pairs of f32 that are exact', () => {
      expect(found.runtime).toMatch(/^Deno/);
      expect(found.adapter.description).toMatch(described);
      expect(found.adapter.software).toBe(true);
      expect(found.variants).toEqual(['df64-opaque', 'df64-xor', 'df64-fma', 'f32'].map((variant) => [variant, null]));
      expect(found.chosen).toBe(pairs);
    });

    it('fits as the CPU does, every way through the engine', () => {
      const { criterion, coefficient, standardError, df } = TOLERANCE.device;
      const bounds = { status: 0, criterion, estimate: coefficient, standardError, df };
      expect(Object.keys(found.fits).length).toBe(18);
      for (const [path, { differences, models, searched }] of Object.entries(found.fits)) {
        expect(searched, path).toBe(models);
        const drawn = path.startsWith('bootstrap') ? { log10P: TOLERANCE.deviceDraws.log10P } : {};
        expect(Object.keys(differences), path).toEqual(Object.keys({ ...bounds, ...drawn }));
        for (const [quantity, bound] of Object.entries({ ...bounds, ...drawn })) {
          expect(differences[quantity], `${path}: ${quantity}`).toBeLessThanOrEqual(bound);
        }
      }
    });

    it('leaves nothing to the CPU but what the driver cuts short', () => {
      for (const [path, { refits, notes, models }] of Object.entries(found.fits)) {
        if (endsLoops && /slopes|crossed/.test(path)) continue;
        expect(notes, path).toEqual([]);
        expect(refits, path).toBeLessThanOrEqual(Math.max(1, TOLERANCE.device.refits * models));
      }
    });
  });
}

const [{ driver: ownDriver }] = DRIVERS;
describeUnless(lacking ?? (ownDriver === null ? lackHardware('no lavapipe') : null), 'naga', () => {
  // Deno's wgpu has no subgroups, and such kernels are not asked for where the feature is missing.
  const kernels = KERNELS.flatMap((kernel) =>
    numbersOf(kernel).map((number) => [`${kernel} ${number}`, kernelCode(kernel, number)] as const),
  ).filter(([, code]) => !code.includes('enable subgroups'));
  const searches = Array.from({ length: BLOCK_COLUMNS }, (_, k) =>
    blockSearches(k + 1).map((code, i) => [`block search ${k + 1} ${i}`, code] as const),
  );

  it(
    'takes every kernel, every variant of the block search, every structure and family; a driver builds the kernels',
    async () => {
      const file = join(folder, 'kernels.json');
      const patterns = patternSearches().map((code, i) => [`pattern search ${i}`, code] as const);
      const families = familySearches().map((code, i) => [`family search ${i}`, code] as const);
      const read = Object.fromEntries([...kernels, ...searches.flat(), ...patterns, ...families]);
      // The variants differ in their sizes: of each number of effects a level the smallest and the largest are built, too.
      const build = [...kernels, ...searches.flatMap((codes) => [codes[0], codes[codes.length - 1]])].map(
        ([label]) => label,
      );
      writeFileSync(file, JSON.stringify({ read, build }));
      const { readable, built, refused } = (await ask(ownDriver ?? '', 'compile', file)) as {
        readonly readable: number;
        readonly built: number;
        readonly refused: readonly string[];
      }; // printed by deno-engine.mjs
      expect(refused).toEqual([]);
      expect(readable).toBe(Object.keys(read).length);
      expect(built).toBe(build.length);
      expect(kernels.length).toBeGreaterThan(30);
      expect(readable).toBeGreaterThan(200);
    },
    PATIENCE,
  );
});
