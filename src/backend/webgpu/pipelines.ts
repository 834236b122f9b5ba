import { FitError } from '../../errors.ts';
import { messageOf } from './adapter.ts';
import type { DeviceLoss } from './device-loss.ts';
import { sourceOfLine } from './link.ts';

/**
 * Compute pipelines of one device by the text of their shader: compiled once, asynchronously; those who ask meanwhile
 * wait for the same compilation. Layouts are derived from the text, so a binding that it never uses does not exist.
 */
export type PipelineSource = (label: string, code: string, entryPoint?: string) => Promise<GPUComputePipeline>;

/** @throws (the source) FitError DeviceError with the compiler's message and the line of the module it stands in */
export function openPipelines(device: GPUDevice, loss: DeviceLoss): PipelineSource {
  const known = new Map<string, Promise<GPUComputePipeline>>();
  return (label, code, entryPoint = 'main') => {
    const key = `${entryPoint}\n${code}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const compiled = compile(device, loss, label, code, entryPoint);
    known.set(key, compiled);
    // A failure may pass (memory, a lost device): the next who asks tries again.
    compiled.catch(() => known.delete(key));
    return compiled;
  };
}

async function compile(
  device: GPUDevice,
  loss: DeviceLoss,
  label: string,
  code: string,
  entryPoint: string,
): Promise<GPUComputePipeline> {
  loss.check();
  // Errors of the module are read from its compilation info; the scope keeps them from being reported twice.
  device.pushErrorScope('validation');
  let module: GPUShaderModule;
  let scope: Promise<GPUError | null>;
  try {
    module = device.createShaderModule({ label, code });
  } catch (cause) {
    throw new FitError('DeviceError', `shader '${label}' is refused: ${messageOf(cause)}`, { cause });
  } finally {
    scope = device.popErrorScope();
    scope.catch(() => {});
  }
  const [info, invalid] = await loss.orLost(`shader '${label}'`, Promise.all([module.getCompilationInfo(), scope]));
  const first = info.messages.find((message) => message.type === 'error');
  if (first !== undefined) throw compileError(label, code, first.lineNum, first.linePos, first.message);
  if (invalid !== null) throw new FitError('DeviceError', `shader '${label}' is not valid: ${invalid.message}`);
  return loss.orLost(
    `pipeline '${label}' cannot be built`,
    device.createComputePipelineAsync({ label, layout: 'auto', compute: { module, entryPoint } }),
  );
}

function compileError(label: string, code: string, line: number, position: number, message: string): FitError {
  const source = sourceOfLine(code, line);
  const place = source === null ? `line ${line}` : `${source.path}:${source.line}`;
  const text = code.split('\n')[line - 1]?.trim() ?? '';
  return new FitError('DeviceError', `shader '${label}' does not compile: ${place}:${position}: ${message}: ${text}`, {
    ...(source === null ? { line } : source),
    position,
    remedy: 'Report it with the name of the browser or GPU driver, and use the CPU backend (“backend: cpu”).',
  });
}
