/** Every kernel as text, in every number type and variant that a plan can ask for: what compilers are shown. */
import { blockCode } from '../../src/backend/webgpu/factor-kernel.ts';
import { familyCode } from '../../src/backend/webgpu/family-kernel.ts';
import { link, NUMBER_FORMATS, type NumberFormat } from '../../src/backend/webgpu/link.ts';
import { patternCode } from '../../src/backend/webgpu/pattern-kernel.ts';
import { SHADERS } from '../../src/backend/webgpu/shaders.gen.ts';
import { BLOCK_COEFFICIENTS } from '../../src/plan/device-bins.ts';

/** Values for every `//#param` of any kernel: what it compiles with, not what it is used with. */
const EXAMPLE_CONSTANTS: Readonly<Record<string, number>> = {
  LANES: 64,
  RANDOM: 1,
  DISPERSION: 0,
  LITTLE: 1,
  TERMS: 5,
  SQUARES: 17,
  REML: 1,
  SCATTER: 1,
  STRUCTURE: 4,
};

/** Entry points: modules with a compute stage. */
export const KERNELS: readonly string[] = Object.keys(SHADERS).filter((name) => SHADERS[name].includes('@compute'));

/** Number types that a kernel is linked with. The transforms are those of pairs. */
export function numbersOf(kernel: string): readonly NumberFormat[] {
  if (!SHADERS[kernel].includes('//#number')) return ['f32'];
  return NUMBER_FORMATS.filter((number) => kernel !== 'probe/transforms' || number !== 'f32');
}

/** What stands in the slots of kernels; the other families are linked by {@link familySearches}. */
const MODULES = { family: 'glmm/poisson' };

/** Modules that a kernel is linked from, but for the number and what stands in slots. */
function modulesOf(kernel: string, found = new Set<string>()): Set<string> {
  found.add(kernel);
  for (const [, name] of SHADERS[kernel].matchAll(/^\s*\/\/#import\s+(\S+)/gm)) {
    if (!found.has(name)) modulesOf(name, found);
  }
  return found;
}

/** Constants that a kernel and its modules ask for. */
function constantsOf(kernel: string): Record<string, number> {
  const texts = [...modulesOf(kernel)].map((name) => SHADERS[name]);
  const names = texts.flatMap((text) => [...text.matchAll(/^\s*\/\/#param\s+(\w+)/gm)].map((match) => match[1]));
  return Object.fromEntries(names.map((name) => [name, EXAMPLE_CONSTANTS[name] ?? 4]));
}

export function kernelCode(kernel: string, number: NumberFormat): string {
  return link(kernel, { number, constants: constantsOf(kernel), modules: MODULES });
}

/** Every block search of so many effects a level. */
export function blockSearches(q: number): string[] {
  const codes: string[] = [];
  for (let p = 1; p <= BLOCK_COEFFICIENTS; p++) {
    for (const parameters of new Set([q, (q * (q + 1)) / 2])) {
      for (const method of ['REML', 'ML'] as const) {
        for (const scatter of [true, false]) codes.push(blockCode('search', { q, p, parameters, scatter }, method));
      }
    }
  }
  return codes;
}

/** The pattern search of every structure that it has, with few coefficients and with the most. */
export function patternSearches(): string[] {
  const structures = ['us', 'cs', 'csh', 'ar1', 'ar1h', 'ad', 'adh', 'diag'] as const;
  const sizes = { visits: 6, parameters: 32 };
  return structures.flatMap((structure) => [
    patternCode({ ...sizes, structure, p: 1, scales: 1 }, 'ML'),
    patternCode({ ...sizes, structure, p: 16, scales: 12 }, 'REML'),
  ]);
}

/** The search of every family that it has, by thread and by workgroup, with few coefficients and with the most. */
export function familySearches(): string[] {
  const families = ['poisson', 'binomial', 'nbinom2'] as const;
  return families.flatMap((family) =>
    (['thread', 'workgroup'] as const).flatMap((mapping) => [
      familyCode({ family, p: 1, random: 0 }, mapping),
      familyCode({ family, p: 16, random: 1 }, mapping),
    ]),
  );
}
