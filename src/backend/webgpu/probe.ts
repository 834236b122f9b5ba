import type { AdapterFacts } from './adapter.ts';
import type { WebGpu } from './device.ts';
import { NUMBER_FORMATS, type NumberFormat } from './link.ts';
import { type ArithmeticFacts, probeFacts } from './probe-facts.ts';
import { probeVariant, type VariantReport } from './probe-variant.ts';

/** What a device's arithmetic was found to do. */
export interface ProbeReport extends AdapterFacts {
  /** Browser or Node version: the same GPU computes differently under different compilers. */
  readonly runtime: string;
  /** In the order tried. */
  readonly variants: readonly VariantReport[];
  readonly facts: ArithmeticFacts;
  /** The first df64 variant that passed, or f32; null when not even f32 and the integers are right. */
  readonly chosen: NumberFormat | null;
}

export interface ProbeOptions {
  /** Tries all variants, for a report; otherwise none after the first df64 variant that passes. */
  readonly all?: boolean;
}

const reports = new WeakMap<WebGpu, Promise<ProbeReport>>();

/**
 * Finds out which double-float variant the device computes right: a few small dispatches for each, compared with float64
 * on the host, from raw transforms to dot products, because compilers and drivers break each at another place. Results
 * are kept per device.
 *
 * @throws FitError DeviceError when the device goes away meanwhile
 */
export async function probeArithmetic(gpu: WebGpu, { all = false }: ProbeOptions = {}): Promise<ProbeReport> {
  const known = reports.get(gpu);
  if (known !== undefined) {
    const report = await known;
    if (!all || report.variants.length === NUMBER_FORMATS.length) return report;
  }
  const probing = probe(gpu, all);
  reports.set(gpu, probing);
  probing.catch(() => reports.delete(gpu));
  return probing;
}

async function probe(gpu: WebGpu, all: boolean): Promise<ProbeReport> {
  const facts = await probeFacts(gpu);
  const variants: VariantReport[] = [];
  for (const number of NUMBER_FORMATS) {
    const found = variants.some(({ passed }) => passed);
    if (found && !all && number !== 'f32') continue;
    variants.push(await probeVariant(gpu, number));
    // A variant that fails because the device is gone says nothing about the device.
    gpu.check();
  }
  const chosen = variants.find(({ passed }) => passed)?.name ?? null;
  return {
    ...gpu.adapter,
    runtime: globalThis.navigator?.userAgent ?? `Node ${globalThis.process?.version ?? ''}`,
    variants,
    facts,
    chosen: facts.philoxMismatches === 0 ? chosen : null,
  };
}
