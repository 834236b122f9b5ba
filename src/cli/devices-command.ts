import type { WebGpu } from '../backend/webgpu/device.ts';
import { openWebGpu } from '../backend/webgpu/device.ts';
import { type ProbeReport, probeArithmetic } from '../backend/webgpu/probe.ts';
import { writeStream } from '../result/stream.node.ts';

/** `webgpu-lmm devices`: the adapter, its limits, and what the arithmetic probe found; returns the exit status. */
export async function devicesCommand(): Promise<number> {
  const gpu = await openWebGpu();
  try {
    const report = await probeArithmetic(gpu, { all: true });
    await writeStream(process.stdout, [`${describeDevice(gpu, report).join('\n')}\n`]);
  } finally {
    gpu.destroy();
  }
  return 0;
}

function describeDevice({ adapter, limits, features }: WebGpu, report: ProbeReport): string[] {
  const name = [adapter.vendor, adapter.architecture, adapter.device, adapter.description].filter(
    (text) => text !== '',
  );
  const lines = [
    `adapter: ${name.join(', ')}${adapter.software ? ' (software: for tests, auto never takes it)' : ''}`,
    `runtime: ${report.runtime}`,
    `features: ${[...features].join(', ') || 'none that are used'}`,
    'limits:',
    ...Object.entries(limits).map(([limit, value]) => `  ${limit} ${value}`),
    'arithmetic:',
  ];
  for (const { name: variant, passed, checks, failure } of report.variants) {
    const failed = checks.filter(({ worst, bound }) => !(worst <= bound)).map((check) => check.name);
    lines.push(`  ${variant}: ${passed ? 'exact where it has to be' : `fails: ${failure ?? failed.join(', ')}`}`);
  }
  lines.push(
    'facts:',
    ...Object.entries(report.facts).map(([fact, value]) => `  ${fact} ${String(value)}`),
    `chosen for work that stays on the device: ${report.chosen ?? 'none'}; fits are searched in f32 and finished in float64 on the host`,
  );
  return lines;
}
